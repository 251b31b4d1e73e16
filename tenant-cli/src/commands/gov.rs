//! `akash gov`: propose, vote, execute.

mod draft;
mod view;

use std::collections::BTreeMap;
use std::path::Path;

use chain_client::address_book::{GOVERNANCE, MARKET, STAKING};
use chain_client::{Governance, Msg};
use cloud_std::Money;
use governance_api::{ExecuteMsg, Proposal, ProposalId, QueryMsg};
use serde_json::{json, Value};

use super::lists;
use crate::cli::{GovCommand, PageArgs, ProposeArgs};
use crate::error::{CliError, Kind, Result};
use crate::output::{facts, Answer};
use crate::session::Session;
use draft::{Draft, Facts};
use view::View;

/// Votes of one proposal that are listed.
const MAX_VOTES: usize = 100_000;

pub async fn run(session: &Session, command: GovCommand) -> Result<Answer> {
    match command {
        GovCommand::List { page } => list(session, page).await,
        GovCommand::Show { proposal, votes } => show(session, proposal, votes, None).await,
        GovCommand::Propose(args) => propose(session, args).await,
        GovCommand::Vote { proposal, vote } => {
            let vote = vote.into();
            session.confirm(&format!("Vote {} on proposal {proposal}? It is final.", view::vote(vote)))?;
            let hash = send(session, &ExecuteMsg::Vote { proposal, vote }, vec![]).await?.hash;
            show(session, proposal, false, Some(hash)).await
        }
        GovCommand::Execute { proposal } => execute(session, proposal).await,
        GovCommand::Settle { proposal } => {
            let hash = send(session, &ExecuteMsg::SettleDeposit { proposal }, vec![]).await?.hash;
            show(session, proposal, false, Some(hash)).await
        }
        GovCommand::Upload { file } => upload(session, &file).await,
        GovCommand::Params => params(session).await,
    }
}

fn governance(session: &Session) -> Result<&Governance> {
    let chain = session.chain()?;
    chain.contracts.governance.as_ref().ok_or_else(|| {
        CliError::not_found(format!("the deployment on {} has no governance", chain.book.chain_id)).hint(
            "its contracts belong to the account that `akash query market '{\"config\":{}}'` names as owner",
        )
    })
}

async fn send(session: &Session, msg: &ExecuteMsg, funds: Vec<Money>) -> Result<chain_client::TxResult> {
    let address = governance(session)?.address();
    session.send(vec![Msg::execute(address, msg, funds)?]).await
}

/// Time of the newest block.
async fn now(session: &Session) -> Result<u64> {
    Ok(session.chain()?.client.status().await?.time)
}

async fn list(session: &Session, page: PageArgs) -> Result<Answer> {
    let address = governance(session)?.address().to_owned();
    let list = lists::pages(session, &address, page.limit, |start_after, limit| {
        json!(QueryMsg::Proposals { start_after, limit })
    });
    let list: lists::List<Proposal> = list.await?;
    let text = view::list(&list.items, now(session).await?);
    Ok(lists::answer(list, text))
}

async fn show(session: &Session, id: ProposalId, votes: bool, transaction: Option<String>) -> Result<Answer> {
    let governance = governance(session)?;
    let full = governance.proposal(id).await.map_err(|error| {
        let mut error = CliError::from(error);
        if error.kind == Kind::NotFound {
            error.hint = Some("akash gov list shows all proposals".to_owned());
        }
        error
    })?;
    let mut view = View::new(full, &collect(session).await?);
    if votes {
        view.votes = Some(governance.votes_all(id, MAX_VOTES).await?);
    }
    // Without a key there is no vote of one's own to tell.
    if let Ok(account) = session.address() {
        view.own_vote = governance.vote(id, &account).await?;
    }
    view.transaction = transaction;
    let text = view.text();
    Ok(Answer::new(view, text))
}

async fn propose(session: &Session, args: ProposeArgs) -> Result<Answer> {
    let check = args.check;
    let bad = |problem: String| {
        CliError::bad_input(problem)
            .hint("docs/govern.md shows a proposal; akash gov params lists parameters")
    };
    let draft = match &args.file {
        Some(file) => Draft::parse(&file.display().to_string(), &session.read_file(file)?).map_err(bad)?,
        None => Draft::of_flags(args)
            .map_err(bad)?
            .ok_or_else(|| bad("the proposal does nothing: give --set or --message, or a file".to_owned()))?,
    };
    let governance = governance(session)?;
    let config = governance.config().await?;
    let facts = collect(session).await?;
    let messages = draft.messages(&facts).map_err(|all| bad(all.join("\n")))?;
    let deposit = Money::new(&config.denom, config.params.deposit);
    let shown: Vec<Value> = messages.iter().map(view::readable).collect();
    let changes = view::changes(&shown, &facts);
    let told = view::messages(&shown, &changes);
    if check {
        let text = format!(
            "{}\n\n{}\n\n{}\n\nnothing was sent; proposing locks {deposit}",
            draft.title,
            draft.description.trim_end(),
            told
        );
        let value = json!({
            "title": draft.title, "description": draft.description, "messages": shown, "changes": changes,
            "deposit": deposit,
        });
        return Ok(Answer::new(value, text));
    }
    session.confirm(&format!("{told}\nPropose {:?} and lock {deposit}?", draft.title))?;
    let funds = if deposit.amount.is_zero() { vec![] } else { vec![deposit] };
    let Draft { title, description, .. } = draft;
    let result = send(session, &ExecuteMsg::Propose { title, description, messages }, funds).await?;
    let id = result.event("proposal_created").and_then(|event| event.parse("proposal")).ok_or_else(|| {
        CliError::failure(format!("transaction {} names no proposal", result.hash)).hint("akash gov list")
    })?;
    show(session, id, false, Some(result.hash)).await
}

/// What the short forms of a draft stand for.
async fn collect(session: &Session) -> Result<Facts> {
    let book = &session.chain()?.book;
    let contracts = book.contracts.iter().map(|(name, entry)| (name.clone(), entry.address.clone()));
    Ok(Facts {
        contracts: contracts.collect(),
        bech32_prefix: book.bech32_prefix.clone(),
        params: parameters(session).await?,
        now: now(session).await?,
    })
}

/// Of every contract that has any, by the contract's name, as they are now.
async fn parameters(session: &Session) -> Result<BTreeMap<String, Value>> {
    let contracts = &session.chain()?.contracts;
    let (market, staking) = futures::join!(contracts.market.config(), contracts.staking.config());
    Ok([
        (MARKET.to_owned(), json!(market?.params)),
        (STAKING.to_owned(), json!(staking?.params)),
        (GOVERNANCE.to_owned(), json!(governance(session)?.config().await?.params)),
    ]
    .into())
}

async fn execute(session: &Session, proposal: ProposalId) -> Result<Answer> {
    session.confirm(&format!("Carry out proposal {proposal}?"))?;
    let result = send(session, &ExecuteMsg::Execute { proposal }, vec![]).await?;
    if let Some(failed) = result.event("proposal_failed") {
        let reason = failed.get("reason").unwrap_or_default().to_owned();
        return Err(CliError::refused(format!(
            "the messages of proposal {proposal} were refused, none had an effect: {reason}"
        ))
        .hint("the failure is on the record; it can be tried again until the proposal expires")
        .details(json!({ "proposal": proposal, "reason": reason, "transaction": result.hash })));
    }
    show(session, proposal, false, Some(result.hash)).await
}

async fn upload(session: &Session, file: &Path) -> Result<Answer> {
    let wasm = session.read_file(file)?;
    if !wasm.starts_with(b"\0asm") {
        return Err(CliError::bad_input(format!("{} is no Wasm", file.display()))
            .hint("name a contract as scripts/build-wasm leaves it in target/artifacts"));
    }
    session.confirm(&format!("Store {} ({} bytes) on the chain?", file.display(), wasm.len()))?;
    let result = session.send(vec![Msg::store_code(wasm)]).await?;
    let stored = result.stored_codes();
    let Some((code_id, sha256)) = stored.first() else {
        return Err(CliError::failure(format!("transaction {} names no code", result.hash)));
    };
    let text = facts(&[
        ("code id", code_id.to_string()),
        ("sha256", (*sha256).to_owned()),
        ("transaction", result.hash.clone()),
    ]);
    let value = json!({ "code_id": code_id, "sha256": sha256, "transaction": result.hash });
    Ok(Answer::new(value, text))
}

async fn params(session: &Session) -> Result<Answer> {
    let governance = governance(session)?;
    let (config, books) = futures::join!(governance.config(), governance.invariants());
    let (config, books) = (config?, books?);
    let treasury = Money::new(&books.denom, books.treasury);
    let parameters = parameters(session).await?;
    let floors = json!(config.floors);
    let changeable: Vec<_> =
        parameters.iter().flat_map(|(contract, values)| named(contract, values)).collect();
    let mut fixed = named("floors", &floors);
    fixed.push(("treasury".to_owned(), treasury.to_string()));
    let text = format!("{}\n\nno vote goes below the floors:\n{}", lines(&changeable), lines(&fixed));
    let value = json!({ "params": parameters, "floors": floors, "treasury": treasury });
    Ok(Answer::new(value, text))
}

/// Each value as `PREFIX.KEY`, the way `--set` takes them.
fn named(prefix: &str, values: &Value) -> Vec<(String, String)> {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values = values.as_object().into_iter().flatten();
    values.map(|(key, value)| (format!("{prefix}.{key}"), shown(value))).collect()
}

fn lines(named: &[(String, String)]) -> String {
    let named: Vec<_> = named.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    facts(&named)
}
