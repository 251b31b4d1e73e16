//! `akash status`: what the chain and the providers say of a deployment.

use gateway_api::{Control, LeaseStatus};
use market_api::msg::{LeaseFilter, OrderFilter};
use market_api::{Deployment, DeploymentId, DeploymentState, Lease, LeasePhase, Order, OrderPhase};
use serde::Serialize;

use super::deploy::urls;
use crate::cli::StatusArgs;
use crate::error::Result;
use crate::flow::close::MAX_OF_DEPLOYMENT;
use crate::output::{facts, Answer};
use crate::session::Session;
use crate::show;
use crate::units::now;

/// Deployments that are listed without a number.
const MAX_DEPLOYMENTS: usize = 1_000;

#[derive(Serialize)]
struct DeploymentStatus {
    deployment: Deployment,
    orders: Vec<Order>,
    leases: Vec<LeaseView>,
    urls: Vec<String>,
}

/// A lease as the chain has it, and as its provider sees it.
#[derive(Serialize)]
struct LeaseView {
    #[serde(flatten)]
    lease: Lease,
    /// Absent when the provider could not be asked or the lease has ended.
    status: Option<LeaseStatus>,
    /// Why there is no status.
    problem: Option<String>,
}

pub async fn run(session: &Session, args: StatusArgs) -> Result<Answer> {
    match args.deployment {
        Some(id) => {
            let status = one(session, id).await?;
            let text = text(&status);
            Ok(Answer::new(status, text))
        }
        None => all(session).await,
    }
}

async fn all(session: &Session) -> Result<Answer> {
    let market = &session.chain()?.contracts.market;
    let address = session.address()?;
    let mut items = market.deployments_all(&address, MAX_DEPLOYMENTS).await?;
    items.retain(|deployment| deployment.state != DeploymentState::Closed);
    let mut text = show::deployments(&items);
    if items.is_empty() {
        text = format!("{address} has no open deployments; akash deploy FILE makes one");
    }
    Ok(Answer::new(serde_json::json!({ "items": items, "more": false }), text))
}

async fn one(session: &Session, id: DeploymentId) -> Result<DeploymentStatus> {
    let market = &session.chain()?.contracts.market;
    let deployment = market.deployment(id).await?;
    let orders = market.orders_all(OrderFilter::Deployment { deployment: id }, MAX_OF_DEPLOYMENT).await?;
    let leases = market.leases_all(LeaseFilter::Deployment { deployment: id }, MAX_OF_DEPLOYMENT).await?;
    let asked = leases.iter().map(|lease| async {
        if lease.phase == LeasePhase::Ended {
            return Ok(None);
        }
        let gateway = session.gateway(lease.provider.as_str()).await?;
        Ok(Some(gateway.status(lease.id).await?))
    });
    let answers: Vec<Result<Option<LeaseStatus>>> = futures::future::join_all(asked).await;
    let leases: Vec<LeaseView> = leases
        .into_iter()
        .zip(answers)
        .map(|(lease, answer)| match answer {
            Ok(status) => LeaseView { lease, status, problem: None },
            Err(error) => LeaseView { lease, status: None, problem: Some(error.message) },
        })
        .collect();
    let urls =
        leases.iter().flat_map(|view| view.status.iter().flat_map(|status| urls(&status.services))).collect();
    Ok(DeploymentStatus { deployment, orders, leases, urls })
}

fn text(status: &DeploymentStatus) -> String {
    let deployment = &status.deployment;
    let mut out = facts(&[
        ("deployment", deployment.id.to_string()),
        ("state", show::deployment_state(deployment.state).to_owned()),
        ("tenant", deployment.tenant.to_string()),
        ("version", format!("{} (revision {})", deployment.version, deployment.revision)),
    ]);
    let waiting: Vec<Order> = status
        .orders
        .iter()
        .filter(|order| !matches!(order.phase, OrderPhase::Matched | OrderPhase::Closed))
        .cloned()
        .collect();
    if !waiting.is_empty() {
        out.push_str(&format!("\n\n{}", show::orders(&waiting)));
    }
    for view in &status.leases {
        out.push_str(&format!("\n\n{}", show::lease(&view.lease)));
        if let Some(problem) = &view.problem {
            out.push_str(&format!("\nstatus  not known: {problem}"));
        }
        if let Some(status) = &view.status {
            out.push_str(&format!("\n{}", provider_side(status)));
        }
    }
    out
}

/// What the provider says.
fn provider_side(status: &LeaseStatus) -> String {
    let mut lines = vec![format!("state   {}", control(&status.control))];
    lines.extend(status.fetching.iter().map(|fetching| format!("        {fetching}")));
    let now = now();
    lines.extend(status.connections.iter().map(|connection| connection.describe(now)));
    for service in &status.services {
        let mut line =
            format!("{}  {} of {} run, {}", service.name, service.running, service.desired, service.image);
        let restarts: u32 = service.replicas.iter().map(|replica| replica.restarts).sum();
        if restarts > 0 {
            line.push_str(&format!(", restarted {restarts} times"));
        }
        lines.push(line);
        for replica in service.replicas.iter().filter(|replica| replica.last_error.is_some()) {
            let error = replica.last_error.as_deref().unwrap_or_default();
            lines.push(format!("  replica {}: {error}", replica.replica));
        }
        lines.extend(service.urls.iter().map(|url| format!("  {url}")));
    }
    lines.join("\n")
}

fn control(control: &Control) -> String {
    match control {
        Control::AwaitingManifest { version } => {
            format!("waits for the manifest {version}: akash send-manifest")
        }
        Control::AwaitingContent { missing } => {
            let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
            format!("waits for what the manifest carries: {}; akash send-manifest sends it", names.join("; "))
        }
        Control::Verifying => "checks the manifest".to_owned(),
        Control::Starting => "starts".to_owned(),
        Control::Activating => "runs, being activated".to_owned(),
        Control::Active => "runs".to_owned(),
        Control::Updating { version } => format!("updates to {version}"),
        Control::Ending { reason } => format!("ends: {reason}"),
        Control::Ended { reason } => format!("ended: {reason}"),
        Control::Failed { message, what_to_do, .. } => format!("failed: {message}; {what_to_do}"),
    }
}
