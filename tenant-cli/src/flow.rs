//! The ways that several steps go together: from an order to a lease, from a lease to a running workload, and the
//! end of a deployment.

pub mod bidding;
pub mod candidates;
pub mod close;
mod contents;
mod secrets;
pub mod start;

use std::time::Duration;

use market_api::msg::LeaseFilter;
use market_api::{DeploymentId, Lease, LeasePhase};

use crate::error::{CliError, Result};
use crate::session::Session;
use crate::show;

/// How often the chain and the gateways are asked while something is awaited. A block takes several times as long,
/// so that little is lost between a block and what it allows.
pub const POLL: Duration = Duration::from_millis(120);
/// How long nodes may be silent while something is awaited.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The leases of a deployment that have not ended, in one group or in all.
pub async fn live_leases(session: &Session, id: DeploymentId, group: Option<&str>) -> Result<Vec<Lease>> {
    let market = &session.chain()?.contracts.market;
    let deployment = market.deployment(id).await?;
    let all = market.leases_all(LeaseFilter::Deployment { deployment: id }, close::MAX_OF_DEPLOYMENT).await?;
    let live: Vec<Lease> = all.into_iter().filter(|lease| lease.phase != LeasePhase::Ended).collect();
    let groups: Vec<String> = live.iter().map(|lease| lease.group.clone()).collect();
    let chosen: Vec<Lease> =
        live.into_iter().filter(|lease| group.is_none_or(|group| lease.group == group)).collect();
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    Err(match group.filter(|_| !groups.is_empty()) {
        Some(group) => CliError::not_found(format!("deployment {id} has no live lease of group {group:?}"))
            .hint(format!("groups with a live lease: {}", groups.join(", "))),
        None => {
            let state = show::deployment_state(deployment.state);
            CliError::not_found(format!("deployment {id} is {state} and has no live lease"))
                .hint(format!("akash status {id} shows its orders and past leases"))
        }
    })
}
