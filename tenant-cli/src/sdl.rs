//! Manifest files, and what they put up for sale.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};

use cloud_std::Money;
use content::{ContentRef, Tree};
use manifest::{Errors, Sdl, Terms};
use market_api::{OrderSpec, Params};
use serde::Serialize;
use serde_json::json;

use crate::cli::TermsArgs;
use crate::error::{io_error, CliError, Result};
use crate::output::table;
use crate::session::Session;
use crate::show;
use crate::sources::Sources;
use crate::units::{duration, per_month};

/// Seconds that a price pays for when neither flags nor the file say it.
const TERM: u64 = 3_600;
/// Seconds that orders take bids when neither flags nor the file say it.
const BID_WINDOW: u64 = 10;

/// Reads a manifest and names the files that it carries; all its mistakes at once. What is accepted and may not be
/// what was meant is said on stderr.
pub fn read(session: &Session, path: &Path) -> Result<Sdl> {
    let source = session.read_file(path)?;
    let mut known: HashMap<PathBuf, ContentRef> = HashMap::new();
    let mut files = |written: &str| {
        let file = beside(path, written);
        if let Some(content) = known.get(&file) {
            return Ok(*content);
        }
        let content = name_of(&file)?;
        known.insert(file, content);
        Ok(content)
    };
    let name = path.display().to_string();
    let sdl = manifest::parse_with(&name, &source, &mut files).map_err(|errors| refusal(&errors))?;
    if !session.global.quiet {
        for warning in sdl.warnings() {
            eprintln!("warning: {warning}");
        }
    }
    Ok(sdl)
}

/// Where the files lie that a manifest carries, which was read from `path`.
pub fn sources(sdl: &Sdl, path: &Path) -> Result<Sources> {
    let absolute = |(content, written): (&ContentRef, &String)| {
        let file = beside(path, written);
        let file = std::path::absolute(&file).map_err(|error| io_error("find", &file, &error))?;
        Ok((content.id, file))
    };
    Ok(Sources::new(sdl.files().iter().map(absolute).collect::<Result<_>>()?))
}

/// A path that a manifest names counts from where the manifest lies.
fn beside(manifest: &Path, written: &str) -> PathBuf {
    match manifest.parent() {
        Some(folder) => folder.join(written),
        None => PathBuf::from(written),
    }
}

fn name_of(file: &Path) -> Result<ContentRef, String> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", file.display());
    let mut open = File::open(file).map_err(failed)?;
    if !open.metadata().map_err(failed)?.is_file() {
        return Err(format!("{} is no file", file.display()));
    }
    Ok(Tree::of(&mut open).map_err(failed)?.content())
}

/// Every mistake as a line of text and as an entry of `details.problems`.
pub fn refusal(errors: &Errors) -> CliError {
    let problems: Vec<_> = errors
        .0
        .iter()
        .map(|error| {
            json!({
                "file": error.file,
                "line": error.line,
                "column": error.column,
                "key": error.path,
                "message": error.message,
                "accepted": error.accepted,
            })
        })
        .collect();
    CliError::bad_input(errors.to_string())
        .hint("correct the file; akash manifest check FILE looks again without a chain")
        .details(json!({ "problems": problems }))
}

/// The orders of a file on these terms, held against what the market takes.
pub async fn orders(session: &Session, sdl: &Sdl, args: &TermsArgs) -> Result<Vec<OrderSpec>> {
    let chain = session.chain()?;
    if let Some(stake) = &args.min_stake {
        let denom = chain.contracts.staking.config().await?.params.denom;
        if stake.denom != denom {
            return Err(CliError::bad_input(format!("--min-stake {stake}: stake is counted in {denom}"))
                .hint(format!("write {}{denom}", stake.amount)));
        }
    }
    let terms = terms(sdl, args, denom_map(&chain.book.sdl_denoms));
    let specs = sdl.orders(&terms).map_err(|errors| refusal(&errors))?;
    let problems = against_params(&specs, &chain.contracts.market.config().await?.params);
    if problems.is_empty() {
        return Ok(specs);
    }
    Err(CliError::bad_input(problems.join("\n")).hint("change the flags or the prices in the file"))
}

/// What orders need beside the file: the flags, what the file itself wishes, and what holds when neither says it.
pub fn terms(sdl: &Sdl, args: &TermsArgs, denom_map: BTreeMap<String, String>) -> Terms {
    let wishes = sdl.wishes();
    Terms {
        term: args.term.or(wishes.term).unwrap_or(TERM),
        bid_window: args.bid_window.or(wishes.bid_window).unwrap_or(BID_WINDOW),
        fallback: args.fallback.or(wishes.fallback).unwrap_or(false),
        denom_map,
        min_stake: args.min_stake_amount().u128(),
    }
}

/// From the denoms of files to those of the chain: what the address book says, and the chain's own names.
fn denom_map(book: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let own = book.values().map(|denom| (denom.clone(), denom.clone()));
    own.chain(book.iter().map(|(file, chain)| (file.clone(), chain.clone()))).collect()
}

/// What the market would refuse, before it costs a transaction.
fn against_params(specs: &[OrderSpec], params: &Params) -> Vec<String> {
    let mut problems = Vec::new();
    let Some(first) = specs.first() else {
        return vec!["the file has no group to run: add a deployment".to_owned()];
    };
    let range = |what: &str, given: u64, min: u64, max: u64| {
        (given < min || given > max).then(|| {
            let (given, min, max) = (duration(given), duration(min), duration(max));
            format!("{what} {given}: this market takes {min} to {max}")
        })
    };
    problems.extend(range("--term", first.term, params.min_term, params.max_term));
    problems.extend(range("--bid-window", first.bid_window, params.min_bid_window, params.max_bid_window));
    for spec in specs {
        let (group, price) = (&spec.group.name, &spec.max_price);
        if price.denom != first.max_price.denom {
            problems.push(format!(
                "group {group} is priced in {}, group {} in {}: price all groups of a file in one denom",
                price.denom, first.group.name, first.max_price.denom
            ));
        }
        match params.denoms.iter().find(|denom| denom.denom == price.denom) {
            None => {
                let taken: Vec<&str> = params.denoms.iter().map(|denom| denom.denom.as_str()).collect();
                problems.push(format!(
                    "group {group} is priced in {}: this market takes {}",
                    price.denom,
                    taken.join(", ")
                ));
            }
            Some(denom) if price.amount < denom.min_order_price => problems.push(format!(
                "group {group} costs {price} at most for the term: the market takes orders from {}{}; make the term longer or the price higher",
                denom.min_order_price, denom.denom
            )),
            Some(_) => {}
        }
    }
    problems
}

/// What a deployment costs at most.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    pub groups: Vec<GroupCost>,
    /// Locked when the orders are opened.
    pub total: Money,
    /// Per 30.4 days.
    pub total_per_month: Money,
}

#[derive(Clone, Debug, Serialize)]
pub struct GroupCost {
    pub group: String,
    pub resources: Vec<market_api::Resources>,
    /// Seconds.
    pub term: u64,
    /// For the whole term.
    pub max_price: Money,
    /// Per 30.4 days.
    pub per_month: Money,
}

impl Cost {
    pub fn of(specs: &[OrderSpec]) -> Result<Self> {
        let groups: Vec<GroupCost> = specs
            .iter()
            .map(|spec| GroupCost {
                group: spec.group.name.clone(),
                resources: spec.group.resources.clone(),
                term: spec.term,
                max_price: spec.max_price.clone(),
                per_month: Money::new(&spec.max_price.denom, per_month(spec.max_price.amount, spec.term)),
            })
            .collect();
        let denom = groups.first().map(|group| group.max_price.denom.clone()).unwrap_or_default();
        let add = |amount: fn(&GroupCost) -> &Money| {
            groups
                .iter()
                .try_fold(cosmwasm_std::Uint128::zero(), |sum, group| sum.checked_add(amount(group).amount))
                .map(|sum| Money::new(&denom, sum))
                .map_err(|_| CliError::bad_input("the prices of the file are too large to add up"))
        };
        let total = add(|group| &group.max_price)?;
        let total_per_month = add(|group| &group.per_month)?;
        Ok(Self { groups, total, total_per_month })
    }

    pub fn text(&self) -> String {
        let rows = self.groups.iter().map(|group| {
            vec![
                group.group.clone(),
                group.resources.iter().map(show::resources).collect::<Vec<_>>().join(" + "),
                format!("{} for {}", group.max_price, duration(group.term)),
                group.per_month.to_string(),
            ]
        });
        let groups = table(&["group", "resources", "at most", "a month"], rows.collect(), "no groups");
        format!("{groups}\n\nat most {} for the term, {} a month", self.total, self.total_per_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_std::Bps;
    use market_api::{DenomParams, Group};

    fn params() -> Params {
        Params {
            denoms: vec![DenomParams {
                denom: "uakash".into(),
                bid_deposit: 0u128.into(),
                min_order_price: 10u128.into(),
            }],
            activation_window: 60,
            notice_window: 60,
            match_window: 60,
            min_bid_window: 2,
            max_bid_window: 600,
            min_term: 60,
            max_term: 1_000_000,
            expiry_slash: Bps(0),
            expiry_jail: 0,
            break_slash: Bps(0),
            break_penalty: Bps(0),
        }
    }

    fn spec(name: &str, price: Money) -> OrderSpec {
        OrderSpec {
            group: Group { name: name.into(), resources: vec![], requirements: Default::default() },
            term: 3600,
            max_price: price,
            bid_window: 10,
            fallback: false,
        }
    }

    #[test]
    fn what_the_market_takes_passes() {
        assert!(against_params(&[spec("a", Money::new("uakash", 10u128))], &params()).is_empty());
    }

    #[test]
    fn what_the_market_refuses_is_told_all_at_once_with_what_it_takes() {
        let mut wrong = spec("a", Money::new("uosmo", 10u128));
        (wrong.term, wrong.bid_window) = (1, 601);
        let problems = against_params(&[wrong, spec("b", Money::new("uakash", 9u128))], &params());
        for expected in
            ["--term 1s", "1m", "--bid-window 10m1s", "takes uakash", "one denom", "from 10uakash"]
        {
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected}: {problems:?}");
        }
        assert!(!against_params(&[], &params()).is_empty());
    }

    #[test]
    fn files_may_name_their_denom_and_the_chains() {
        let map = denom_map(&[("uakt".to_owned(), "uakash".to_owned())].into());
        assert_eq!(map.get("uakt").unwrap(), "uakash");
        assert_eq!(map.get("uakash").unwrap(), "uakash");
    }

    #[test]
    fn cost_adds_groups_up() {
        let money = |amount: u128| Money::new("uakash", amount);
        let cost = Cost::of(&[spec("a", money(100)), spec("b", money(50))]).unwrap();
        assert_eq!(cost.total, money(150));
        assert_eq!(cost.groups[0].per_month, money(73_000));
        assert_eq!(cost.total_per_month, money(109_500));
        assert!(cost.text().contains("at most 150uakash for the term, 109500uakash a month"));
        assert!(Cost::of(&[spec("a", money(u128::MAX)), spec("b", money(1))]).is_err());
    }
}
