//! `akash deploy`: one transaction, and then everything until the workload is reachable.

use std::time::{Duration, Instant};

use bytes::Bytes;
use chain_client::TxResult;
use cloud_std::Money;
use cosmwasm_std::HexBinary;
use futures::future::try_join_all;
use gateway_api::ServiceStatus;
use market_api::msg::OrderFilter;
use market_api::{DeploymentId, EndReason, ExecuteMsg, LeaseId, Order, OrderId};
use serde::Serialize;
use serde_json::{json, Value};

use crate::cli::DeployArgs;
use crate::error::{CliError, Kind, Result};
use crate::flow::bidding::{Bidding, Outcome, SeenBid};
use crate::flow::candidates::candidates;
use crate::flow::close;
use crate::flow::start::{Sent, Start, Started, Timings};
use crate::output::{facts, Answer};
use crate::progress::Progress;
use crate::sdl::{self, Cost};
use crate::secrets::Secrets;
use crate::session::Session;
use crate::units::duration;
use crate::{kept, show};

/// Orders of one deployment that are followed.
const MAX_ORDERS: usize = 1_000;

#[derive(Serialize)]
struct Deployed {
    deployment: DeploymentId,
    version: String,
    transaction: String,
    /// Milliseconds from the start of the command to the block of the transaction.
    created_ms: u64,
    orders: Vec<OrderId>,
    /// One for each order; empty with `--no-wait`.
    leases: Vec<Running>,
    urls: Vec<String>,
}

/// One group of the deployment, as it runs.
#[derive(Serialize)]
struct Running {
    group: String,
    order: OrderId,
    lease: LeaseId,
    provider: String,
    price: Money,
    max_price: Money,
    /// Seconds.
    term: u64,
    bids: Vec<SeenBid>,
    services: Vec<ServiceStatus>,
    urls: Vec<String>,
    timings: Timings,
}

pub async fn run(session: &Session, args: DeployArgs) -> Result<Answer> {
    let sdl = sdl::read(session, &args.file)?;
    let manifest = sdl.manifest();
    let sources = sdl::sources(&sdl, &args.file)?;
    let version = manifest.version();
    let mut secrets = Secrets::read(&args.secret_file, &args.secret_env)?;
    if !args.no_wait {
        secrets.complete(&manifest)?;
    }
    let specs = sdl::orders(session, &sdl, &args.terms).await?;
    let cost = Cost::of(&specs)?;
    if !session.global.quiet {
        eprintln!("{}", cost.text());
    }
    // Everything that would only show after the money is locked is asked before.
    session.identity().await?;
    can_pay(session, &cost.total).await?;
    let orders = if specs.len() == 1 { "1 order".to_owned() } else { format!("{} orders", specs.len()) };
    session.confirm(&format!("Open {orders} and lock {}?", cost.total))?;
    session.unlock().await?;
    kept::keep(&session.home, &manifest, &sources)?;

    let progress = session.progress();
    progress.wait("sending the transaction");
    let create = ExecuteMsg::CreateDeployment { version: HexBinary::from(version.0), orders: specs };
    let created = session.execute_market(&create, vec![cost.total.clone()]).await?;
    let deployment = created_id(&created)?;
    let created_ms = u64::try_from(progress.elapsed().as_millis()).unwrap_or(u64::MAX);
    progress
        .step(format!("deployment {deployment} is on the chain, version {version}, {} locked", cost.total));

    let filter = OrderFilter::Deployment { deployment };
    let orders = session.chain()?.contracts.market.orders_all(filter, MAX_ORDERS).await;
    let orders = orders.map_err(|error| go_on(error.into(), deployment))?;
    let leases = if args.no_wait {
        Vec::new()
    } else {
        let sent = Sent { manifest: Bytes::from(manifest.to_canonical_json()), sources, secrets };
        let all = try_join_all(
            orders.iter().map(|order| one_group(session, &progress, order, sent.clone(), args.timeout)),
        );
        let outcome = tokio::select! {
            outcome = all => outcome,
            () = interrupted() => Err(CliError::new(Kind::Interrupted, "interrupted")),
        };
        match outcome {
            Ok(leases) => leases,
            Err(error) => return Err(clean_up(session, &progress, deployment, error, args.keep).await),
        }
    };
    progress.finish();
    let deployed = Deployed {
        deployment,
        version: version.to_string(),
        transaction: created.hash,
        created_ms,
        orders: orders.iter().map(|order| order.id).collect(),
        urls: leases.iter().flat_map(|lease| lease.urls.clone()).collect(),
        leases,
    };
    let text = text(&deployed, args.no_wait, !manifest.secrets().is_empty());
    Ok(Answer::new(deployed, text))
}

/// The number that the market gave.
fn created_id(created: &TxResult) -> Result<DeploymentId> {
    let id = created.event("deployment_created").and_then(|event| event.parse("deployment"));
    id.ok_or_else(|| {
        CliError::failure(format!(
            "transaction {} took effect, but its event names no deployment",
            created.hash
        ))
        .hint("akash deployments lists it; the contracts and this command may be of different versions")
    })
}

/// Whether the account has what would be locked. Gas comes on top of it and is small.
async fn can_pay(session: &Session, total: &Money) -> Result<()> {
    let address = session.address()?;
    let balance = session.chain()?.client.balance(&address, &total.denom).await?;
    if balance.amount >= total.amount {
        return Ok(());
    }
    Err(CliError::refused(format!("{address} has {balance}, {total} would be locked"))
        .hint(format!("send {} to it, or choose a shorter --term or a lower price", total.denom)))
}

/// One order until its services run.
async fn one_group(
    session: &Session,
    progress: &Progress,
    order: &Order,
    sent: Sent,
    timeout: u64,
) -> Result<Running> {
    let label = order.spec.group.name.clone();
    let mut bidding = Bidding::new(session, progress, order.id, label.clone());
    // From the end of bidding on; extended for another winner, because each has its own window to start in.
    let left = order.open_until.saturating_sub(crate::units::now());
    let mut last_end: Option<(EndReason, Option<String>)> = None;
    loop {
        let lease = match bidding.outcome().await? {
            Outcome::Leased(lease) => lease,
            Outcome::Closed => {
                return Err(CliError::failure(format!("{label}: order {} was closed meanwhile", order.id)));
            }
            Outcome::Expired => return Err(nobody(session, order, &bidding, last_end).await),
        };
        let lease = session.chain()?.contracts.market.lease(lease).await?;
        let provider = lease.provider.to_string();
        progress.step(format!(
            "{label}: lease {} with {} at {} for {}",
            lease.id,
            show::short(&provider),
            lease.price,
            duration(lease.term)
        ));
        bidding.learn(&provider).await?;
        let bids = bidding.bids(Some(&provider));
        for bid in bids.iter().filter(|bid| !bid.won) {
            let reason = bid.reason.as_deref().unwrap_or("lost");
            progress.step(format!("{label}: {} did not win: {reason}", show::short(&bid.provider)));
        }
        let deadline = Instant::now() + Duration::from_secs(timeout.saturating_add(left));
        let mut start = Start::new(session, progress, lease.id, label.clone(), sent.clone(), deadline);
        match start.run(&provider).await? {
            Started::Ready(status) => {
                return Ok(Running {
                    group: label,
                    order: order.id,
                    lease: lease.id,
                    provider,
                    price: lease.price,
                    max_price: order.spec.max_price.clone(),
                    term: order.spec.term,
                    bids,
                    urls: urls(&status.services),
                    services: status.services,
                    timings: start.timings,
                });
            }
            Started::Lost(reason) => {
                let why = start.why_lost(&provider).await;
                let told = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                progress.step(format!(
                    "{label}: lease {} ended, {}{told}",
                    lease.id,
                    show::end_reason(reason)
                ));
                last_end = Some((reason, why));
                bidding.forget(lease.id);
            }
        }
    }
}

/// Why nobody runs it: what the chain and the providers say of themselves.
async fn nobody(
    session: &Session,
    order: &Order,
    bidding: &Bidding<'_>,
    last_end: Option<(EndReason, Option<String>)>,
) -> CliError {
    let group = &order.spec.group.name;
    let bids = bidding.bids(None);
    if let Some((reason, why)) = last_end {
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let message = format!("{group}: the lease ended before it ran, {}{why}", show::end_reason(reason));
        return CliError::new(Kind::WorkloadFailed, message)
            .hint("deploy again; with --fallback the next bid takes over by itself")
            .details(json!({ "order": order.id, "end_reason": reason, "bids": bids }));
    }
    let mut error =
        CliError::new(Kind::NoBids, format!("{group}: bidding ended without a bid that could be matched"));
    let mut details = json!({ "order": order.id, "bids": bids });
    // Explains only: when it cannot be asked, the outcome is the same.
    if let Ok(found) = candidates(session, std::slice::from_ref(&order.spec)).await {
        for found in &found {
            error.message.push_str(&format!("\n{}", found.text()));
            let hint = if found.candidates.is_empty() {
                "no provider is registered on this market yet"
            } else if found.any_might_bid() {
                "some could bid: try a longer --bid-window, or again in a moment"
            } else {
                "raise the price or ask for less, as the reasons say; akash plan FILE shows the same before paying"
            };
            error.hint = Some(hint.to_owned());
        }
        details["candidates"] = serde_json::to_value(&found).unwrap_or_default();
    }
    error.details(details)
}

/// A deployment that failed for good is closed, so that it costs nothing more; one that may still come up is left.
async fn clean_up(
    session: &Session,
    progress: &Progress,
    deployment: DeploymentId,
    error: CliError,
    keep: bool,
) -> CliError {
    let final_failure = matches!(error.kind, Kind::NoBids | Kind::WorkloadFailed | Kind::Refused);
    if keep || !final_failure {
        progress.finish();
        return go_on(error, deployment);
    }
    progress.step("closing the deployment");
    let closed = close::close(session, progress, deployment).await;
    progress.finish();
    let mut error = error;
    match closed {
        Ok(closed) => {
            let paid = if closed.paid.is_empty() {
                "nothing was paid".to_owned()
            } else {
                format!("{} was paid", close::list(&closed.paid))
            };
            error.message.push_str(&format!("\ndeployment {deployment} is closed, {paid}, the rest is back"));
            with_detail(&mut error, "closed", json!(closed));
        }
        Err(also) => {
            error.message.push_str(&format!("\nclosing the deployment failed too: {}", also.message));
            error = go_on(error, deployment);
        }
    }
    with_detail(&mut error, "deployment", json!(deployment));
    error
}

/// The deployment stays; what to do with it.
fn go_on(mut error: CliError, deployment: DeploymentId) -> CliError {
    let ways = format!(
        "deployment {deployment} is still open: akash status {deployment}, akash send-manifest {deployment}, akash close {deployment}"
    );
    error.hint = Some(match error.hint.take() {
        Some(hint) => format!("{hint}; {ways}"),
        None => ways,
    });
    with_detail(&mut error, "deployment", json!(deployment));
    error
}

fn with_detail(error: &mut CliError, name: &str, value: Value) {
    let details = error.details.get_or_insert_with(|| Box::new(json!({})));
    details[name] = value;
}

pub async fn interrupted() {
    // Without a handler the signal ends the process by itself.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

pub fn urls(services: &[ServiceStatus]) -> Vec<String> {
    services.iter().flat_map(|service| service.urls.iter().map(ToString::to_string)).collect()
}

fn text(deployed: &Deployed, no_wait: bool, secrets: bool) -> String {
    let id = deployed.deployment;
    if no_wait {
        let orders: Vec<String> = deployed.orders.iter().map(ToString::to_string).collect();
        let then = if secrets { format!(", then akash secrets send {id}") } else { String::new() };
        return format!(
            "deployment {id} is open for bids, order {}\n\nwhen it is matched: akash send-manifest {id}{then}",
            orders.join(", ")
        );
    }
    let mut out = format!("deployment {id} runs\n");
    for lease in &deployed.leases {
        let lines = [
            ("group", lease.group.clone()),
            ("lease", lease.lease.to_string()),
            ("provider", lease.provider.clone()),
            ("price", format!("{} for {}", lease.price, duration(lease.term))),
        ];
        out.push_str(&format!("\n{}\n", facts(&lines)));
        for url in &lease.urls {
            out.push_str(&format!("{url}\n"));
        }
    }
    out.push_str(&format!("\nakash logs -f {id}   akash status {id}   akash close {id}"));
    out
}
