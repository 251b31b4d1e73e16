//! A deployment over several providers, one for each site.

use std::time::Duration;

use e2e::{until, Account, Lab, Provider};
use market_api::{DeploymentId, Lease, LeaseFilter, LeaseId, LeasePhase, OrderFilter, OrderPhase};

use super::{deploy_without_waiting, Terms};

/// Longer than anything here takes, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Two groups, each for the providers of one site.
pub fn sdl(colour: &str, sites: &[&str]) -> String {
    let each = |text: fn(&str, &str) -> String| -> String {
        sites.iter().map(|site| text(site, colour)).collect::<Vec<_>>().join("")
    };
    let services = each(|site, colour| {
        format!("  web-{site}:\n    image: nginx\n    env: [COLOUR={colour}]\n    expose:\n      - port: 80\n        to: [{{ global: true }}]\n")
    });
    let compute = each(|site, _| {
        format!("    {site}:\n      resources:\n        cpu: {{ units: 0.1 }}\n        memory: {{ size: 64Mi }}\n        storage: {{ size: 128Mi }}\n")
    });
    let placement = each(|site, _| {
        format!("    {site}:\n      attributes: {{ site: {site} }}\n      pricing:\n        {site}: {{ denom: uakt, amount: 10000 }}\n")
    });
    let deployment = each(|site, _| format!("  web-{site}:\n    {site}: {{ profile: {site}, count: 1 }}\n"));
    format!(
        "version: \"2.0\"\nservices:\n{services}profiles:\n  compute:\n{compute}  placement:\n{placement}deployment:\n{deployment}"
    )
}

pub fn start(provider: &Provider, site: &str) {
    let site = format!("site={site}");
    provider.owner.ok(&["provider", "update", "--attribute", "region=lab", "--attribute", &site, "-y"]);
    provider.launch();
    until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
}

pub fn leases(lab: &Lab, deployment: u64) -> Vec<Lease> {
    let filter = LeaseFilter::Deployment { deployment: DeploymentId(deployment) };
    lab.wait(lab.contracts.market.leases_all(filter, 100)).expect("the market answers")
}

/// Opens the orders and waits until each is matched; gives the leases by their groups. On a machine that does much
/// else a bid can come after a short bidding window, so it is tried again with a longer one.
pub fn matched(lab: &Lab, tenant: &Account, file: &str, groups: &[&str]) -> (u64, Vec<Lease>) {
    for bid_window in [5, 20, 60, 180] {
        let terms = Terms { bid_window, ..Terms::default() };
        let pending = deploy_without_waiting(tenant, file, &terms);
        let outcome = until("the orders are matched or lapse", PATIENCE * 3, || {
            let all = leases(lab, pending.id);
            let of = |group: &&str| all.iter().find(|lease| lease.group == **group).cloned();
            let leases: Option<Vec<Lease>> = groups.iter().map(of).collect();
            let filter = OrderFilter::Deployment { deployment: DeploymentId(pending.id) };
            let orders = lab.wait(lab.contracts.market.orders_all(filter, 100)).ok()?;
            let over = [OrderPhase::Matching, OrderPhase::Lapsed, OrderPhase::Expired];
            let lapsed = orders.iter().any(|order| over.contains(&order.phase) && order.bids == 0);
            leases.map(Some).or(lapsed.then_some(None))
        });
        if let Some(leases) = outcome {
            return (pending.id, leases);
        }
        tenant.ok(&["close", &pending.id.to_string(), "-y"]);
    }
    panic!("no provider bid within three minutes");
}

/// Waits until a lease is paid and its container has this colour.
pub fn runs(lab: &Lab, lease: LeaseId, colour: &str) {
    until(&format!("lease {lease} runs in {colour}"), PATIENCE, || {
        let running = lab.engine.running(lease.0);
        let [container] = &running[..] else { return None };
        let inspected = lab.engine.try_inspect(container)?;
        let right = inspected["Config"]["Env"].to_string().contains(&format!("COLOUR={colour}"));
        (right && lab.lease(lease.0).phase == LeasePhase::Active).then_some(())
    });
}
