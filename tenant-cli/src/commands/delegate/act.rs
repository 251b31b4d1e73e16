//! `akash delegate act`: what a delegate does for its tenant.

use chain_client::TxResult;
use cloud_std::Money;
use cosmwasm_std::HexBinary;
use market_api::{DelegateAction, DeploymentId, ExecuteMsg, Lease, OrderSpec};
use serde_json::{json, Value};

use crate::cli::ActCommand;
use crate::error::{CliError, Result};
use crate::output::{facts, Answer};
use crate::sdl::{self, Cost};
use crate::session::Session;

pub async fn run(session: &Session, command: ActCommand) -> Result<Answer> {
    match command {
        ActCommand::Open { deployment, file, groups, terms } => {
            let sdl = sdl::read(session, &file)?;
            let orders = only(sdl::orders(session, &sdl, &terms).await?, &groups)?;
            let cost = Cost::of(&orders)?;
            if !session.global.quiet {
                eprintln!("{}", cost.text());
            }
            let question =
                format!("Take {} from your budget for orders of deployment {deployment}?", cost.total);
            session.confirm(&question)?;
            let result = send(session, deployment, DelegateAction::OpenOrders { orders }).await?;
            let opened = result.events.iter().filter(|event| event.kind == "order_created");
            let opened: Vec<u64> = opened.filter_map(|event| event.parse("order")).collect();
            let numbers = opened.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            answer(session, deployment, result, json!({ "orders": opened }), &[("orders", numbers)]).await
        }
        ActCommand::Close { lease } => {
            let lease = session.chain()?.contracts.market.lease(lease).await?;
            session.confirm(&format!(
                "End lease {} now? What it did not use goes to {}.",
                lease.id, lease.tenant
            ))?;
            let result =
                send(session, lease.deployment, DelegateAction::CloseLease { lease: lease.id }).await?;
            let ended = session.chain()?.contracts.market.lease(lease.id).await?;
            let refunded = Money::new(&ended.price.denom, ended.refunded);
            let text = [("lease", ended.id.to_string()), ("refunded to the tenant", refunded.to_string())];
            let value = json!({ "lease": ended.id, "refunded": refunded });
            answer(session, lease.deployment, result, value, &text).await
        }
        ActCommand::TopUp { lease, amount } => {
            let lease = session.chain()?.contracts.market.lease(lease).await?;
            paid_in(&lease, &amount)?;
            session.confirm(&format!("Take {amount} from your budget for lease {}?", lease.id))?;
            let action = DelegateAction::TopUp { lease: lease.id, amount: amount.amount };
            let result = send(session, lease.deployment, action).await?;
            let after = session.chain()?.contracts.market.lease(lease.id).await?;
            let bought = after.funded_seconds.saturating_sub(lease.funded_seconds);
            let text = [
                ("lease", lease.id.to_string()),
                ("bought", crate::units::duration(bought)),
                ("paid until", crate::units::moment(after.ends_at)),
            ];
            let value = json!({ "lease": lease.id, "bought_seconds": bought, "ends_at": after.ends_at });
            answer(session, lease.deployment, result, value, &text).await
        }
        ActCommand::SetVersion { deployment, file } => {
            let version = sdl::read(session, &file)?.manifest().version();
            session.confirm(&format!("Set version {version} on deployment {deployment}?"))?;
            let action = DelegateAction::SetVersion { version: HexBinary::from(version.0) };
            let result = send(session, deployment, action).await?;
            let next = format!("akash send-manifest {deployment} FILE, with the tenant's key");
            let value = json!({ "version": version.to_string() });
            answer(session, deployment, result, value, &[("version", version.to_string()), ("next", next)])
                .await
        }
    }
}

/// The orders of these groups; all when none is named.
fn only(orders: Vec<OrderSpec>, groups: &[String]) -> Result<Vec<OrderSpec>> {
    let there: Vec<_> = orders.iter().map(|order| order.group.name.clone()).collect();
    if let Some(unknown) = groups.iter().find(|group| !there.contains(group)) {
        return Err(CliError::bad_input(format!("--group {unknown}: the file has no such group"))
            .hint(format!("name one of {}", there.join(", "))));
    }
    Ok(orders.into_iter().filter(|order| groups.is_empty() || groups.contains(&order.group.name)).collect())
}

fn paid_in(lease: &Lease, amount: &Money) -> Result<()> {
    let denom = &lease.price.denom;
    if amount.denom == *denom {
        return Ok(());
    }
    Err(CliError::bad_input(format!("{amount}: lease {} is paid in {denom}", lease.id))
        .hint(format!("write {}{denom}", amount.amount)))
}

async fn send(session: &Session, deployment: DeploymentId, action: DelegateAction) -> Result<TxResult> {
    session.execute_market(&ExecuteMsg::Act { deployment, action }, vec![]).await
}

/// What was done, with what is left of the budget.
async fn answer(
    session: &Session,
    deployment: DeploymentId,
    result: TxResult,
    mut value: Value,
    done: &[(&str, String)],
) -> Result<Answer> {
    let delegate = session.address_or(None)?;
    let grant = session.chain()?.contracts.market.grant(deployment, &delegate).await?;
    value["deployment"] = json!(deployment);
    value["budget"] = json!(grant.budget);
    value["transaction"] = json!(result.hash);
    let left = grant.budget.map_or_else(|| "none".to_owned(), |budget| budget.to_string());
    let mut lines = done.to_vec();
    lines.extend([("left of the budget", left), ("transaction", result.hash)]);
    Ok(Answer::new(value, facts(&lines)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use market_api::Group;

    fn order(group: &str) -> OrderSpec {
        OrderSpec {
            group: Group { name: group.into(), resources: vec![], requirements: Default::default() },
            term: 60,
            max_price: Money::new("uakash", 5u128),
            bid_window: 60,
            fallback: false,
        }
    }

    #[test]
    fn groups_of_a_file_are_opened_as_named_and_all_without_a_name() {
        let names = |groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
            let orders = only(vec![order("web"), order("db")], &groups)?;
            Ok::<_, CliError>(orders.into_iter().map(|order| order.group.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).unwrap(), ["web", "db"]);
        assert_eq!(names(&["db"]).unwrap(), ["db"]);
        let error = names(&["cache"]).unwrap_err();
        assert!(error.message.contains("cache") && error.hint.unwrap().contains("web, db"));
    }
}
