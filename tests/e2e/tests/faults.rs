//! Things that die: agent, chain, engine, containers. Workloads and money must not notice.

mod common;

use std::time::{Duration, Instant};

use common::{deploy, deploy_in_background, open_order_of, sdl, Terms, CHEAP};
use e2e::{get, until, within, Account, Lab, Provider};
use market_api::{LeaseFilter, LeaseState, OrderPhase};

/// The newest lease of a tenant that has not ended.
fn live_lease(lab: &Lab, tenant: &str) -> Option<u64> {
    let filter = LeaseFilter::Tenant { tenant: tenant.to_owned() };
    let leases = lab.wait(lab.contracts.market.leases_all(filter, 1_000)).ok()?;
    leases.iter().rev().find(|lease| lease.state != LeaseState::Ended).map(|lease| lease.id.0)
}

/// A moment of a lease's life, seen from outside, at which the agent is killed.
type Moment = (&'static str, fn(&Lab, &str) -> bool);

const MOMENTS: [Moment; 9] = [
    ("the order is open", |lab, tenant| open_order_of(lab, tenant).is_some()),
    ("the bid is in the book", |lab, tenant| {
        open_order_of(lab, tenant).is_some_and(|order| lab.order(order).bids == 1)
    }),
    ("bidding is over", |lab, tenant| {
        let filter = market_api::OrderFilter::Tenant { tenant: tenant.to_owned() };
        let orders = lab.wait(lab.contracts.market.orders_all(filter, 1_000)).unwrap_or_default();
        orders.last().is_some_and(|order| order.phase != OrderPhase::Bidding)
    }),
    ("the lease is matched", |lab, tenant| live_lease(lab, tenant).is_some()),
    ("the network is there", |lab, tenant| {
        live_lease(lab, tenant).is_some_and(|lease| !lab.engine.remains(lease).is_empty())
    }),
    ("the container runs", |lab, tenant| {
        live_lease(lab, tenant).is_some_and(|lease| !lab.engine.running(lease).is_empty())
    }),
    ("the lease is active", |lab, tenant| {
        live_lease(lab, tenant).is_some_and(|lease| lab.lease(lease).state == LeaseState::Active)
    }),
    ("it has been active for a while", |lab, tenant| {
        let active = |lease: &u64| lab.lease(*lease).state == LeaseState::Active;
        let Some(lease) = live_lease(lab, tenant).filter(active) else { return false };
        lab.blocks(4);
        !lab.engine.running(lease).is_empty()
    }),
    ("earnings are being withdrawn", |lab, tenant| {
        live_lease(lab, tenant).is_some_and(|lease| lab.lease(lease).earned.u128() > 0)
    }),
];

#[test]
fn an_agent_killed_at_any_point_of_a_lease_converges_to_the_same() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    let file = lab.manifest("killed", &sdl("nginx", 1));
    for (name, reached) in MOMENTS {
        println!("killing the agent when {name}");
        provider.start();
        let mut waiting = deploy_in_background(&tenant, &file, &Terms { bid_window: 4, ..Terms::default() });
        until(name, Duration::from_secs(60), || reached(lab, tenant.address()).then_some(()));
        let ran_before =
            live_lease(lab, tenant.address()).map(|lease| lab.engine.running(lease)).unwrap_or_default();
        provider.kill();
        provider.start();

        assert!(
            waiting.wait().expect("akash deploy ends").success(),
            "killed when {name}: the deployment failed"
        );
        let lease = live_lease(lab, tenant.address()).expect("a lease lives");
        assert_eq!(lab.lease(lease).state, LeaseState::Active, "killed when {name}");
        let running = lab.engine.running(lease);
        assert_eq!(running.len(), 1, "killed when {name}: one container and no second one");
        if let [container] = ran_before.as_slice() {
            assert_eq!(container, &running[0], "killed when {name}: what ran is still what runs");
        }
        let order = lab.lease(lease).order;
        let log = std::fs::read_to_string(provider.log_path()).expect("the agent writes a log");
        let bids = log.lines().filter(|line| line.contains(&format!("bid placed order={order} "))).count();
        assert!(bids <= 1, "killed when {name}: one bid and no second one, not {bids}");
        close_and_check(lab, &tenant, &provider, lease, false, name);
        provider.kill();
    }
    println!("killing the agent when the tenant has closed");
    provider.start();
    let deployment = deploy(&tenant, &file, &Terms::default());
    close_and_check(lab, &tenant, &provider, deployment.lease, true, "the tenant has closed");
}

/// Closes the lease's deployment; optionally the agent dies right after. Nothing may be left 30 s later.
fn close_and_check(lab: &Lab, tenant: &Account, provider: &Provider, lease: u64, kill: bool, when: &str) {
    let deployment = lab.lease(lease).deployment.to_string();
    tenant.ok(&["close", &deployment, "-y"]);
    if kill {
        provider.kill();
        provider.start();
    }
    until(&format!("nothing is left (killed when {when})"), Duration::from_secs(30), || {
        lab.engine.remains(lease).is_empty().then_some(())
    });
    lab.check_money();
}

#[test]
fn an_agent_without_its_database_takes_up_what_runs() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    provider.start();
    let deployment = deploy(&tenant, &lab.manifest("forgotten", &sdl("nginx", 1)), &Terms::default());
    let before = lab.engine.running(deployment.lease);
    provider.kill();
    provider.delete_data();
    provider.start();
    lab.blocks(20);
    assert_eq!(lab.engine.running(deployment.lease), before, "the same container");
    assert!(get(&deployment.url).is_some(), "and it answers where it did");
    tenant.ok(&["status", &deployment.id.to_string()]);
    close_and_check(lab, &tenant, &provider, deployment.lease, false, "nothing");
}

#[test]
fn a_chain_that_stands_still_for_a_minute_stops_no_workload() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    provider.start();
    let deployment = deploy(&tenant, &lab.manifest("halt", &sdl("nginx", 1)), &Terms::default());
    let before = lab.engine.running(deployment.lease);
    lab.chain("stop");
    let end = Instant::now() + Duration::from_secs(60);
    let disturbed = within(end - Instant::now(), || {
        let same = lab.engine.running(deployment.lease) == before && get(&deployment.url).is_some();
        (!same).then_some(())
    });
    assert!(disturbed.is_none(), "the workload was touched while the chain stood still");
    lab.chain("start");
    until("the agent follows again", Duration::from_secs(30), || provider.ready().then_some(()));
    lab.blocks(4);
    assert_eq!(lab.engine.running(deployment.lease), before, "the same container");
    assert_eq!(lab.lease(deployment.lease).state, LeaseState::Active);
    close_and_check(lab, &tenant, &provider, deployment.lease, false, "nothing");
}

#[test]
fn workloads_come_back_after_the_engine_died() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    provider.start();
    let deployment = deploy(&tenant, &lab.manifest("engine", &sdl("nginx", 1)), &Terms::default());
    lab.engine.control("kill");
    assert!(get(&deployment.url).is_none(), "the fault has struck");
    lab.engine.control("start");
    until("the web server answers again", Duration::from_secs(60), || get(&deployment.url));
    assert_eq!(lab.engine.running(deployment.lease).len(), 1);
    assert_eq!(lab.lease(deployment.lease).state, LeaseState::Active, "the lease is not lost");
    close_and_check(lab, &tenant, &provider, deployment.lease, false, "nothing");
}

#[test]
fn a_container_removed_by_hand_comes_back() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    provider.start();
    let deployment = deploy(&tenant, &lab.manifest("removed", &sdl("nginx", 1)), &Terms::default());
    let before = lab.engine.running(deployment.lease);
    lab.engine.remove(&before[0]);
    let after = until("another container runs", Duration::from_secs(60), || {
        let running = lab.engine.running(deployment.lease);
        (running.len() == 1 && running != before).then_some(running)
    });
    assert_ne!(after, before);
    until("it answers where it did", Duration::from_secs(20), || get(&deployment.url));
    close_and_check(lab, &tenant, &provider, deployment.lease, false, "nothing");
}
