//! The end of a deployment, with an account of the money.

use std::collections::BTreeMap;

use cloud_std::Money;
use cosmwasm_std::Uint128;
use market_api::msg::{LeaseFilter, OrderFilter};
use market_api::{DeploymentId, DeploymentState, ExecuteMsg, Lease, LeaseId, LeaseState, Order, OrderState};
use serde::Serialize;

use crate::error::{CliError, Kind, Result};
use crate::output::{facts, table};
use crate::progress::Progress;
use crate::session::Session;
use crate::show;
use crate::units::duration;

/// Orders and leases of one deployment that are looked at.
pub const MAX_OF_DEPLOYMENT: usize = 10_000;

/// What a lease came to.
#[derive(Clone, Debug, Serialize)]
pub struct ClosedLease {
    pub lease: LeaseId,
    pub provider: String,
    /// Seconds that were paid for.
    pub served: u64,
    pub paid: Money,
    pub refunded: Money,
    pub reason: Option<market_api::EndReason>,
}

impl ClosedLease {
    pub fn of(lease: &Lease) -> Self {
        let denom = &lease.price.denom;
        let ended = lease.ends_at.saturating_sub(lease.started_at.unwrap_or(lease.ends_at));
        Self {
            lease: lease.id,
            provider: lease.provider.to_string(),
            served: ended.min(lease.funded_seconds),
            paid: Money::new(denom, lease.earned),
            refunded: Money::new(denom, lease.refunded),
            reason: lease.end_reason,
        }
    }
}

/// What a deployment came to.
#[derive(Clone, Debug, Serialize)]
pub struct Closed {
    pub deployment: DeploymentId,
    pub state: DeploymentState,
    pub transactions: Vec<String>,
    pub leases: Vec<ClosedLease>,
    /// What orders without a lease had locked and gave back now.
    pub unlocked: Vec<Money>,
    /// Earned by providers, over the whole life of the deployment.
    pub paid: Vec<Money>,
    /// Back at the tenant, from leases and from the orders that were closed now.
    pub refunded: Vec<Money>,
}

impl Closed {
    pub fn text(&self) -> String {
        let rows = self.leases.iter().map(|lease| {
            vec![
                lease.lease.to_string(),
                show::short(&lease.provider),
                duration(lease.served),
                lease.paid.to_string(),
                lease.refunded.to_string(),
                lease.reason.map(show::end_reason).unwrap_or_default().to_owned(),
            ]
        });
        let leases =
            table(&["lease", "provider", "served", "paid", "refunded", "end"], rows.collect(), "no leases");
        let sums = facts(&[("paid", list(&self.paid)), ("refunded", list(&self.refunded))]);
        format!(
            "deployment {} is {}\n\n{leases}\n\n{sums}",
            self.deployment,
            show::deployment_state(self.state)
        )
    }
}

pub fn list(money: &[Money]) -> String {
    match money {
        [] => "nothing".to_owned(),
        money => money.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Closes until nothing is left, which takes several transactions when there is much.
pub async fn close(session: &Session, progress: &Progress, id: DeploymentId) -> Result<Closed> {
    let market = &session.chain()?.contracts.market;
    let mut deployment = market.deployment(id).await?;
    let me = session.address()?;
    if deployment.tenant.as_str() != me {
        return Err(CliError::refused(format!(
            "deployment {id} belongs to {}, this key is {me}",
            deployment.tenant
        ))
        .hint("choose the key of its tenant with --key NAME"));
    }
    let orders = market.orders_all(OrderFilter::Deployment { deployment: id }, MAX_OF_DEPLOYMENT).await?;
    let mut transactions = Vec::new();
    while deployment.state != DeploymentState::Closed {
        progress.wait(format!("closing deployment {id}, {} left", deployment.live));
        let sent = session
            .execute_market(&ExecuteMsg::CloseDeployment { deployment: id, limit: None }, vec![])
            .await;
        match sent {
            Ok(result) => transactions.push(result.hash),
            Err(error) if error.kind == Kind::Refused => {
                // Another process may have closed it meanwhile.
                if market.deployment(id).await?.state != DeploymentState::Closed {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        deployment = market.deployment(id).await?;
    }
    let leases = market.leases_all(LeaseFilter::Deployment { deployment: id }, MAX_OF_DEPLOYMENT).await?;
    let unlocked =
        sum(orders.iter().filter(|order| gives_back(order, &transactions)).map(|order| &order.locked));
    let leases: Vec<ClosedLease> = leases.iter().map(ClosedLease::of).collect();
    let refunded = sum(leases.iter().map(|lease| &lease.refunded).chain(&unlocked));
    Ok(Closed {
        deployment: id,
        state: deployment.state,
        transactions,
        paid: sum(leases.iter().map(|lease| &lease.paid)),
        refunded,
        unlocked,
        leases,
    })
}

fn gives_back(order: &Order, transactions: &[String]) -> bool {
    !transactions.is_empty() && order.state == OrderState::Open && !order.locked.amount.is_zero()
}

/// Ends one lease.
pub async fn close_lease(session: &Session, id: LeaseId) -> Result<(ClosedLease, Option<String>)> {
    let market = &session.chain()?.contracts.market;
    let lease = market.lease(id).await?;
    if lease.state == LeaseState::Ended {
        return Ok((ClosedLease::of(&lease), None));
    }
    let result = session.execute_market(&ExecuteMsg::CloseLease { lease: id }, vec![]).await?;
    let lease = market.lease(id).await?;
    Ok((ClosedLease::of(&lease), Some(result.hash)))
}

/// By denom; denoms without an amount are left out.
pub fn sum<'a>(money: impl IntoIterator<Item = &'a Money>) -> Vec<Money> {
    let mut sums: BTreeMap<&str, Uint128> = BTreeMap::new();
    for part in money {
        let sum = sums.entry(&part.denom).or_default();
        *sum = sum.saturating_add(part.amount);
    }
    sums.into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(denom, amount)| Money::new(denom, amount))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_by_denom_and_leave_nothing_out() {
        let money = [Money::new("a", 1u128), Money::new("b", 0u128), Money::new("a", 2u128)];
        assert_eq!(sum(&money), [Money::new("a", 3u128)]);
        assert_eq!(list(&sum(&money)), "3a");
        assert_eq!(list(&[]), "nothing");
    }
}
