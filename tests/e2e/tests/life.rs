//! A deployment's life with two competing providers, as its tenant and its providers see it.

mod common;

use std::time::Duration;

use common::{deploy, sdl, Terms, CHEAP, DEAR};
use e2e::{get, until, Account, Lab, Provider};
use market_api::{EndReason, LeaseFilter, LeaseState};

#[test]
fn the_cheaper_provider_wins_and_is_paid_to_the_second() {
    let lab = Lab::get();
    let cheap = Provider::open(lab, 1, CHEAP);
    let dear = Provider::open(lab, 2, DEAR);
    let tenant = Account::open(lab, "tenant");
    cheap.start();
    dear.start();
    let before = lab.balance(tenant.address());
    let earned_before = lab.balance(cheap.address());

    let file = lab.manifest("life", &sdl("nginx", 1));
    let deployment = deploy(&tenant, &file, &Terms::default());
    let lease = lab.lease(deployment.lease);
    assert_eq!(lease.provider.as_str(), cheap.address());
    assert_eq!(lease.state, LeaseState::Active);
    assert!(get(&deployment.url).expect("the web server answers").body.contains("Served by a lease"));

    // The dearer one has its reason.
    assert!(deployment.bids.contains(dear.address()), "the tenant saw both bids: {}", deployment.bids);
    let said = until("the dearer provider says why it lost", Duration::from_secs(20), || {
        let log = std::fs::read_to_string(dear.log_path()).ok()?;
        log.lines().rev().find(|line| line.contains("went to another provider")).map(str::to_owned)
    });
    assert!(said.contains(&lease.price.amount.to_string()), "it names the winning price: {said}");

    // Let some paid time pass, then close.
    lab.blocks(6);
    let held = lab.balance(tenant.address());
    tenant.ok(&["close", &deployment.id.to_string(), "-y"]);
    let ended = lab.lease(deployment.lease);
    assert_eq!((ended.state, ended.end_reason), (LeaseState::Ended, Some(EndReason::TenantClosed)));
    let served = ended.ends_at - ended.started_at.expect("it was active");
    let owed = ended.price.amount.u128() * u128::from(served) / u128::from(ended.term);
    assert_eq!(ended.earned.u128(), owed, "exact to the second");
    assert_eq!(ended.refunded.u128(), ended.funds.u128() - owed, "exact to the unit");
    assert!(lab.balance(tenant.address()) < before && lab.balance(tenant.address()) + 100_000 > held);

    until("nothing of the lease is left on the engine", Duration::from_secs(15), || {
        lab.engine.remains(deployment.lease).is_empty().then_some(())
    });
    assert!(get(&deployment.url).is_none(), "the port is closed");

    // Anyone may see to it that the provider gets what it earned; the agent does it when it is worth the gas.
    if lab.lease(deployment.lease).withdrawn.is_zero() && owed > 0 {
        tenant.ok(&["provider", "withdraw", "--lease", &deployment.lease.to_string(), "-y"]);
    }
    assert_eq!(lab.lease(deployment.lease).withdrawn.u128(), owed);
    assert!(lab.balance(cheap.address()) >= earned_before + owed, "paid to the payout address");
    lab.check_money();
}

#[test]
fn a_tie_goes_to_the_bid_that_was_placed_first() {
    let lab = Lab::get();
    let first = Provider::open(lab, 1, CHEAP);
    let second = Provider::open(lab, 2, CHEAP);
    let tenant = Account::open(lab, "tenant");
    first.start();
    let file = lab.manifest("tie", &sdl("nginx", 1));
    let pending =
        common::deploy_without_waiting(&tenant, &file, &Terms { bid_window: 8, ..Terms::default() });
    until("the first bid", Duration::from_secs(10), || (lab.order(pending.order).bids == 1).then_some(()));
    second.start();
    until("the second bid", Duration::from_secs(20), || (lab.order(pending.order).bids == 2).then_some(()));
    let lease = until("the match", Duration::from_secs(20), || lab.order(pending.order).lease);
    assert_eq!(lab.lease(lease.0).provider.as_str(), first.address());
    tenant.ok(&["close", &pending.id.to_string(), "-y"]);
    lab.check_money();
}

#[test]
fn a_silent_winner_is_slashed_and_the_next_bid_is_matched() {
    let lab = Lab::get();
    let honest = Provider::open(lab, 1, CHEAP);
    // Registered and staked, but no agent of it runs: it bids by hand and never answers.
    let silent = Provider::open(lab, 3, CHEAP);
    let tenant = Account::open(lab, "tenant");
    honest.start();
    let stake = |lab: &Lab| {
        lab.wait(lab.contracts.staking.stake(silent.address())).expect("staking answers").bonded.u128()
    };
    let staked = stake(lab);
    let before = lab.balance(tenant.address());

    let file = lab.manifest("silent", &sdl("nginx", 1));
    let mut waiting = common::deploy_in_background(
        &tenant,
        &file,
        &Terms { fallback: true, bid_window: 6, ..Terms::default() },
    );
    let order =
        until("the order is open", Duration::from_secs(15), || common::open_order_of(lab, tenant.address()));
    let bid = format!(r#"{{"place_bid":{{"order":{order},"price":"1"}}}}"#);
    let deposit = format!("5000{}", lab.denom());
    silent.owner.ok(&["tx", "market", &bid, "--funds", &deposit, "-y"]);
    let first = until("the silent bidder wins", Duration::from_secs(20), || lab.order(order).lease);
    assert_eq!(lab.lease(first.0).provider.as_str(), silent.address());

    let second =
        until("the next bid is matched after the activation window", Duration::from_secs(150), || {
            lab.order(order).lease.filter(|lease| *lease != first)
        });
    assert_eq!(lab.lease(first.0).end_reason, Some(EndReason::ActivationExpired));
    assert_eq!(lab.lease(second.0).provider.as_str(), honest.address());
    assert!(stake(lab) < staked, "the silent winner lost stake");
    let record = lab.wait(lab.contracts.market.provider_record(silent.address())).expect("a record");
    assert!(record.record.leases_expired >= 1);

    until("the next bidder's workload runs", Duration::from_secs(60), || {
        (lab.lease(second.0).state == LeaseState::Active).then_some(())
    });
    assert!(waiting.wait().expect("akash deploy ends").success(), "the tenant's command rode it out");
    let id = lab.lease(second.0).deployment.0;
    tenant.ok(&["close", &id.to_string(), "-y"]);
    let ended = lab.lease(second.0);
    let spent = ended.earned.u128();
    let fees = 2_000_000;
    assert!(
        lab.balance(tenant.address()) + spent + fees > before,
        "the tenant is whole but for what was served"
    );
    lab.check_money();
}

#[test]
fn a_lease_ends_by_itself_when_its_funds_are_used_up() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    provider.start();
    let file = lab.manifest("funds", &sdl("nginx", 1));
    let deployment = deploy(&tenant, &file, &Terms { term: 12, ..Terms::default() });
    until("the workload is gone after the paid time", Duration::from_secs(60), || {
        lab.engine.remains(deployment.lease).is_empty().then_some(())
    });
    let ended = until("somebody settles it", Duration::from_secs(60), || {
        Some(lab.lease(deployment.lease)).filter(|lease| lease.state == LeaseState::Ended)
    });
    assert_eq!(ended.end_reason, Some(EndReason::FundsExhausted));
    assert_eq!(ended.earned, ended.price.amount, "the whole term was served and paid");
    tenant.ok(&["close", &deployment.id.to_string(), "-y"]);
    lab.check_money();
}

#[test]
fn a_new_version_is_followed_and_a_top_up_extends() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    provider.start();
    let file = lab.manifest("update", &sdl("nginx", 1));
    let deployment = deploy(&tenant, &file, &Terms::default());
    let old = lab.engine.running(deployment.lease);
    let changed = lab.manifest("update", &sdl("nginx", 1).replace("COLOUR=blue", "COLOUR=green"));
    tenant.ok(&["update", &deployment.id.to_string(), &changed, "-y"]);
    let new = until("the new version runs", Duration::from_secs(30), || {
        let running = lab.engine.running(deployment.lease);
        let fresh = running.len() == 1 && running != old;
        fresh.then(|| lab.engine.inspect(&running[0]))
    });
    assert!(new["Config"]["Env"].to_string().contains("COLOUR=green"));
    until("it answers", Duration::from_secs(20), || get(&deployment.url));

    let end = lab.lease(deployment.lease).ends_at;
    let lease = lab.lease(deployment.lease);
    let amount = format!("{}{}", lease.price.amount, lease.price.denom);
    tenant.ok(&["top-up", &deployment.lease.to_string(), &amount, "-y"]);
    assert_eq!(
        lab.lease(deployment.lease).ends_at,
        end + lease.term,
        "the agreed rate buys the same time again"
    );

    // The other things a tenant does with what runs.
    let logs = tenant.run(&["logs", &deployment.id.to_string(), "web", "--tail", "20"]);
    assert_eq!(logs.code, 0, "{logs:?}");
    let shell = tenant.run(&["shell", &deployment.id.to_string(), "web", "--", "cat", "/etc/passwd"]);
    assert_eq!(shell.code, 0, "{shell:?}");
    tenant.ok(&["status", &deployment.id.to_string()]);
    tenant.ok(&["close", &deployment.id.to_string(), "-y"]);
    lab.check_money();
}

#[test]
fn an_image_that_is_not_there_is_said_to_the_tenant_and_the_money_comes_back() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    provider.start();
    let file = lab.manifest("missing", &sdl("no-such-image:1", 1));
    let answer =
        tenant.run(&["deploy", &file, "--term", "1h", "--bid-window", "3s", "--timeout", "90s", "-y"]);
    assert_eq!(answer.code, 8, "{answer:?}");
    let text = format!("{} {}", answer.json, answer.stderr);
    assert!(text.contains("no-such-image:1"), "the tenant reads which image is missing: {text}");
    // The tenant's command takes the lease back at once; had it gone, the provider would have declined.
    let lease = until("the lease is over", Duration::from_secs(60), || {
        let filter = LeaseFilter::Tenant { tenant: tenant.address().to_owned() };
        let leases = lab.wait(lab.contracts.market.leases_all(filter, 1_000)).ok()?;
        leases.last().filter(|lease| lease.state == LeaseState::Ended).cloned()
    });
    let unserved = [Some(EndReason::TenantCancelled), Some(EndReason::Declined)];
    assert!(unserved.contains(&lease.end_reason), "{lease:?}");
    assert_eq!(lease.refunded, lease.funds);
    lab.check_money();
}
