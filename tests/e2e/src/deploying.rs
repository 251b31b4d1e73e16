use std::time::Duration;

use market_api::{DeploymentId, Lease, LeaseFilter, LeaseId, LeasePhase, Order, OrderFilter, OrderPhase};

use crate::{until, Account, Engine, Lab};

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);
/// Seconds in which bids come, one after the other until they were enough.
const BID_WINDOWS: [u64; 4] = [5, 20, 60, 180];

/// How an order is put up for sale.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Seconds.
    pub term: u64,
    /// Seconds.
    pub bid_window: u64,
    pub fallback: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self { term: 3600, bid_window: 3, fallback: false }
    }
}

impl Terms {
    /// The command that deploys this file on these terms.
    pub fn command(self, file: &str) -> Vec<String> {
        let (term, window) = (format!("{}s", self.term), format!("{}s", self.bid_window));
        let words = ["deploy", file, "-y", "--term", &term, "--bid-window", &window];
        let fallback = self.fallback.then_some("--fallback");
        words.into_iter().chain(fallback).map(str::to_owned).collect()
    }
}

/// A deployment whose orders are open.
#[derive(Debug)]
pub struct Pending {
    pub id: u64,
    pub order: u64,
}

/// Opens the orders and returns.
pub fn deploy_without_waiting(tenant: &Account, file: &str, terms: &Terms) -> Pending {
    let mut command = terms.command(file);
    command.push("--no-wait".to_owned());
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let answer = tenant.ok(&words);
    let number =
        |value: &serde_json::Value| value.as_u64().unwrap_or_else(|| panic!("no number in {answer}"));
    Pending { id: number(&answer["deployment"]), order: number(&answer["orders"][0]) }
}

/// All leases of a deployment that there ever were.
pub fn leases(lab: &Lab, deployment: u64) -> Vec<Lease> {
    let filter = LeaseFilter::Deployment { deployment: DeploymentId(deployment) };
    lab.wait(lab.contracts.market.leases_all(filter, 100)).expect("the market answers")
}

fn orders(lab: &Lab, deployment: u64) -> Option<Vec<Order>> {
    let filter = OrderFilter::Deployment { deployment: DeploymentId(deployment) };
    lab.wait(lab.contracts.market.orders_all(filter, 100)).ok()
}

/// Opens the orders and waits until each is matched; gives the leases by their groups. On a machine that does much
/// else a bid can come after a short bidding window, so it is tried again with a longer one.
pub fn matched(lab: &Lab, tenant: &Account, file: &str, groups: &[&str]) -> (u64, Vec<Lease>) {
    matched_with(lab, tenant, file, groups, Terms::default(), |_| true)
}

/// The same on these terms but for the bidding window. While bids come in, `bidding` sees the open orders until it is
/// satisfied; what is matched before that is closed and tried again.
pub fn matched_with(
    lab: &Lab,
    tenant: &Account,
    file: &str,
    groups: &[&str],
    terms: Terms,
    mut bidding: impl FnMut(&[Order]) -> bool,
) -> (u64, Vec<Lease>) {
    for bid_window in BID_WINDOWS {
        let pending = deploy_without_waiting(tenant, file, &Terms { bid_window, ..terms });
        let mut satisfied = false;
        let outcome = until("the orders are matched or lapse", PATIENCE * 3, || {
            let orders = orders(lab, pending.id)?;
            satisfied = satisfied || bidding(&orders);
            let all = leases(lab, pending.id);
            let of = |group: &&str| all.iter().find(|lease| lease.group == **group).cloned();
            let leases: Option<Vec<Lease>> = groups.iter().map(of).collect();
            let over = [OrderPhase::Matching, OrderPhase::Lapsed, OrderPhase::Expired];
            let lapsed = orders.iter().any(|order| over.contains(&order.phase) && order.bids == 0);
            leases.map(Some).or(lapsed.then_some(None))
        });
        if let Some(leases) = outcome.filter(|_| satisfied) {
            return (pending.id, leases);
        }
        tenant.ok(&["close", &pending.id.to_string(), "-y"]);
    }
    panic!("no provider bid within three minutes");
}

/// Waits until a lease is paid and its one container at this engine has this colour in its environment.
pub fn runs(lab: &Lab, engine: &Engine, lease: LeaseId, colour: &str) {
    until(&format!("lease {lease} runs in {colour}"), PATIENCE, || {
        let running = engine.running(lease.0);
        let [container] = &running[..] else { return None };
        let inspected = engine.try_inspect(container)?;
        let right = inspected["Config"]["Env"].to_string().contains(&format!("COLOUR={colour}"));
        (right && lab.lease(lease.0).phase == LeasePhase::Active).then_some(())
    });
}
