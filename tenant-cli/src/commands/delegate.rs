//! `akash delegate`: keys that act for a tenant.

mod act;

use chain_client::Msg;
use cloud_std::Money;
use cosmwasm_std::Uint128;
use market_api::{DeploymentId, ExecuteMsg, Grant, QueryMsg, Rights};
use serde_json::json;

use super::lists::{self, List};
use crate::cli::{DelegateCommand, GrantArgs};
use crate::error::{CliError, Result};
use crate::output::{table, Answer};
use crate::session::Session;
use crate::show;
use crate::units::moment;

/// Deployments of one key that are listed.
const MAX_SHOWN: u32 = 10_000;

pub async fn run(session: &Session, command: DelegateCommand) -> Result<Answer> {
    match command {
        DelegateCommand::Grant(args) => grant(session, args).await,
        DelegateCommand::List { deployment: Some(deployment), .. } => {
            let items = session.chain()?.contracts.market.grants(deployment).await?;
            let text = text(&items, &format!("deployment {deployment} has no delegates"));
            Ok(lists::answer(List { items, more: false }, text))
        }
        DelegateCommand::List { deployment: None, delegate } => {
            let delegate = session.address_or(delegate)?;
            let market = session.chain()?.contracts.market.address().to_owned();
            let list = lists::pages(session, &market, MAX_SHOWN, |start_after, limit| {
                json!(QueryMsg::GrantsOfDelegate { delegate: delegate.clone(), start_after, limit })
            });
            let list: List<Grant> = list.await?;
            let text = text(&list.items, &format!("{delegate} may act for no deployment"));
            Ok(lists::answer(list, text))
        }
        DelegateCommand::Revoke { deployment, delegate } => {
            let msg = ExecuteMsg::RevokeGrant { deployment, delegate: delegate.clone() };
            let result = session.execute_market(&msg, vec![]).await?;
            let event = result.event("delegate_revoked");
            let returned =
                event.and_then(|event| Some(Money::new(event.get("denom")?, event.parse::<u128>("budget")?)));
            let money = returned.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
            let value = json!({
                "deployment": deployment, "delegate": delegate, "returned": returned, "transaction": result.hash,
            });
            let text =
                format!("{delegate} may do nothing for deployment {deployment} any more; {money} came back");
            Ok(Answer::new(value, text))
        }
        DelegateCommand::Fund { deployment, delegate, amount } => {
            session.confirm(&format!("Give {amount} into the hands of {delegate}?"))?;
            let msg = ExecuteMsg::FundGrant { deployment, delegate: delegate.clone() };
            let result = session.execute_market(&msg, vec![amount]).await?;
            granted(session, deployment, &delegate, result.hash).await
        }
        DelegateCommand::Act(command) => act::run(session, command).await,
    }
}

async fn grant(session: &Session, args: GrantArgs) -> Result<Answer> {
    let now = session.chain()?.client.status().await?.time;
    let rights = rights(&args, now)?;
    let GrantArgs { deployment, delegate, budget, .. } = args;
    let money = budget.as_ref().map_or_else(String::new, |budget| format!(" and {budget}"));
    session.confirm(&format!("Let {delegate} {}{money}, for deployment {deployment}?", actions(&rights)))?;
    let market = session.chain()?.contracts.market.address();
    let msg = ExecuteMsg::Grant { deployment, delegate: delegate.clone(), rights };
    let mut msgs = vec![Msg::execute(market, &msg, vec![])?];
    if let Some(budget) = budget {
        let msg = ExecuteMsg::FundGrant { deployment, delegate: delegate.clone() };
        msgs.push(Msg::execute(market, &msg, vec![budget])?);
    }
    let result = session.send(msgs).await?;
    granted(session, deployment, &delegate, result.hash).await
}

/// What the flags ask for, from this second on.
fn rights(args: &GrantArgs, now: u64) -> Result<Rights> {
    if let (Some(price), Some(budget)) = (&args.max_order_price, &args.budget) {
        if price.denom != budget.denom {
            return Err(CliError::bad_input(format!(
                "--max-order-price {price}: orders are paid from the budget, which is in {}",
                budget.denom
            ))
            .hint(format!("write {}{}", price.amount, budget.denom)));
        }
    }
    let most = args.max_order_price.as_ref().or(args.budget.as_ref());
    let max_order_price = match (most, args.open_groups.is_empty()) {
        (Some(most), _) => most.amount,
        (None, true) => Uint128::zero(),
        (None, false) => {
            return Err(CliError::bad_input("--open without a limit on what an order may cost")
                .hint("give --max-order-price AMOUNT, or --budget AMOUNT"))
        }
    };
    Ok(Rights {
        open_groups: args.open_groups.clone(),
        close_leases: args.close_leases,
        top_up: args.top_up,
        set_version: args.set_version,
        max_order_price,
        max_live_per_group: args.max_live,
        allowed_attributes: args.attributes.clone(),
        expires_at: now.saturating_add(args.expires_in),
    })
}

async fn granted(
    session: &Session,
    deployment: DeploymentId,
    delegate: &str,
    hash: String,
) -> Result<Answer> {
    let grant = session.chain()?.contracts.market.grant(deployment, delegate).await?;
    let text = text(std::slice::from_ref(&grant), "");
    Ok(Answer::new(json!({ "grant": grant, "transaction": hash }), text))
}

/// Such as `open orders for web, close leases`.
fn actions(rights: &Rights) -> String {
    let mut parts = Vec::new();
    if !rights.open_groups.is_empty() {
        parts.push(format!("open orders for {}", rights.open_groups.join(" ")));
    }
    for (granted, action) in [
        (rights.close_leases, "close leases"),
        (rights.top_up, "top up leases"),
        (rights.set_version, "set a version"),
    ] {
        if granted {
            parts.push(action.to_owned());
        }
    }
    parts.join(", ")
}

fn text(items: &[Grant], empty: &str) -> String {
    let rows = items.iter().map(|grant| {
        let rights = &grant.rights;
        vec![
            grant.deployment.to_string(),
            grant.delegate.to_string(),
            actions(rights),
            grant.budget.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string),
            grant.spent.to_string(),
            rights.max_order_price.to_string(),
            rights.max_live_per_group.to_string(),
            show::pairs(&rights.allowed_attributes),
            moment(rights.expires_at),
        ]
    });
    let headers =
        ["deployment", "delegate", "may", "budget", "spent", "max price", "max live", "only with", "until"];
    table(&headers, rows.collect(), empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;
    use registry_api::Attribute;

    fn args(line: &str) -> GrantArgs {
        let words = ["akash", "delegate", "grant", "7", "wasm1d"].into_iter().chain(line.split(' '));
        match Cli::try_parse_from(words).unwrap().command {
            Command::Delegate(DelegateCommand::Grant(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_become_rights_from_now_on() {
        let line = "--open web --open db --top-up --max-order-price 5uakash --budget 9uakash --max-live 2 \
                    --attribute region=eu --expires-in 1h";
        let rights = rights(&args(line), 1_000).unwrap();
        assert_eq!(rights.open_groups, ["web", "db"]);
        assert_eq!((rights.close_leases, rights.top_up, rights.set_version), (false, true, false));
        assert_eq!((rights.max_order_price.u128(), rights.max_live_per_group), (5, 2));
        assert_eq!(rights.allowed_attributes, [Attribute::new("region", "eu")]);
        assert_eq!(rights.expires_at, 4_600);
        assert_eq!(actions(&rights), "open orders for web db, top up leases");
    }

    #[test]
    fn an_order_costs_the_budget_at_most_and_needs_some_limit() {
        assert_eq!(rights(&args("--open web --budget 9uakash"), 0).unwrap().max_order_price.u128(), 9);
        assert_eq!(rights(&args("--close-leases"), 0).unwrap().max_order_price.u128(), 0);
        let error = rights(&args("--open web"), 0).unwrap_err();
        assert!(error.hint.unwrap().contains("--max-order-price"));
        let error = rights(&args("--open web --budget 9uakash --max-order-price 5uosmo"), 0).unwrap_err();
        assert!(error.message.contains("5uosmo"), "{}", error.message);
    }
}
