use crate::support::*;
use cosmwasm_std::coin;
use market_api::*;

fn notice(lease: LeaseId) -> ExecuteMsg {
    ExecuteMsg::GiveNotice { lease }
}

fn break_lease(lease: LeaseId) -> ExecuteMsg {
    ExecuteMsg::BreakLease { lease, reason: "the machine burnt".into() }
}

/// An active lease at 1000 for 100 seconds that is funded for five terms.
fn long_lease(world: &mut World) -> Lease {
    let lease = world.active(1000);
    let tenant = world.tenant.clone();
    world.send(&tenant, &ExecuteMsg::TopUp { lease: lease.id }, &[coin(4000, DENOM)]).unwrap();
    world.lease(lease.id)
}

#[test]
fn notice_is_given_from_the_end_of_the_first_term_and_ends_the_lease_after_its_window() {
    let mut world = World::new();
    let lease = long_lease(&mut world);
    let alice = lease.provider.clone();
    world.pass(TERM - 1);
    world.fails(&alice, notice(lease.id), &[], "from the end of its first term");
    world.pass(1);
    world.ok(&alice, notice(lease.id));
    let noticed = world.lease(lease.id);
    assert_eq!(noticed.notice_until, Some(world.now() + NOTICE));
    assert_eq!(noticed.ends_at, world.now() + NOTICE);
    world.fails(&alice, notice(lease.id), &[], "gave notice");
    let stranger = world.stranger.clone();
    world.fails(&stranger, ExecuteMsg::TopUp { lease: lease.id }, &[coin(10, DENOM)], "gave notice");

    world.pass(NOTICE + 1000);
    world.ok(&stranger, ExecuteMsg::Settle { lease: lease.id });
    let ended = world.lease(lease.id);
    assert_eq!(ended.end_reason, Some(EndReason::ProviderNotice));
    assert_eq!((ended.earned, ended.refunded), (price(1500), price(3500)));
    assert_eq!(world.record(&alice).record.leases_completed, 1);
    assert_eq!(world.record(&alice).record.seconds_served, TERM + NOTICE);
}

#[test]
fn funds_that_run_out_before_the_notice_end_the_lease() {
    let mut world = World::new();
    let lease = world.active(1000);
    let tenant = world.tenant.clone();
    world.send(&tenant, &ExecuteMsg::TopUp { lease: lease.id }, &[coin(100, DENOM)]).unwrap();
    world.pass(TERM);
    world.ok(&lease.provider, notice(lease.id));
    assert_eq!(world.lease(lease.id).ends_at, world.now() + 10);
    world.pass(NOTICE);
    world.ok(&tenant, ExecuteMsg::CloseLease { lease: lease.id });
    assert_eq!(world.lease(lease.id).end_reason, Some(EndReason::FundsExhausted));
}

#[test]
fn a_tenant_may_close_during_the_notice_window() {
    let mut world = World::new();
    let lease = long_lease(&mut world);
    world.pass(TERM);
    world.ok(&lease.provider, notice(lease.id));
    world.pass(1);
    world.ok(&lease.tenant, ExecuteMsg::CloseLease { lease: lease.id });
    let ended = world.lease(lease.id);
    assert_eq!((ended.end_reason, ended.earned), (Some(EndReason::TenantClosed), price(1010)));
}

#[test]
fn breaking_a_lease_costs_a_penalty_from_what_is_not_withdrawn_and_stake() {
    // 20 % of 1000, at most what was earned and not withdrawn.
    for (withdrawn_at, broken_at, penalty) in [(0, 50, 200), (0, 5, 50), (40, 50, 100), (45, 45, 0)] {
        let mut world = World::new();
        let lease = world.active(1000);
        let payout = world.addr("alice-payout");
        world.pass(withdrawn_at);
        if withdrawn_at > 0 {
            world.ok(&lease.tenant, ExecuteMsg::Withdraw { lease: lease.id });
        }
        world.until(lease.started_at.unwrap() + broken_at);
        world.ok(&lease.provider, break_lease(lease.id));
        let (ended, earned) = (world.lease(lease.id), u128::from(broken_at) * 10 - penalty);
        assert_eq!(ended.end_reason, Some(EndReason::ProviderBroke));
        assert_eq!((ended.earned, ended.refunded), (price(earned), price(1000 - earned)));
        assert_eq!(world.spent(&lease.tenant), earned as i128);
        let _ = world.send(&lease.tenant, &ExecuteMsg::Withdraw { lease: lease.id }, &[]);
        assert_eq!(world.balance(&payout), earned);
        let record = world.record(&lease.provider);
        assert_eq!((record.record.leases_broken, record.record.leases_completed), (1, 0));
        let total: u128 = record.earned.iter().map(|money| money.amount.u128()).sum();
        assert_eq!(total, earned, "the record counts what was really earned");
        let slashes = world.punishments(&world.staking);
        assert_eq!(slashes.len(), 1);
        assert!(slashes[0].contains("lease_broken"), "{slashes:?}");
    }
}

#[test]
fn a_due_lease_behaves_as_if_settled_at_its_end() {
    let mut world = World::new();
    let lease = world.active(1000);
    world.pass(TERM);
    world.fails(&lease.provider, break_lease(lease.id), &[], "is Due");
    world.fails(&lease.provider, notice(lease.id), &[], "is Due");
    world.pass(500);
    world.ok(&lease.tenant, ExecuteMsg::CloseLease { lease: lease.id });
    let ended = world.lease(lease.id);
    assert_eq!((ended.end_reason, ended.ends_at), (Some(EndReason::FundsExhausted), lease.ends_at));
    assert_eq!(ended.earned, price(1000));
}

#[test]
fn a_live_lease_keeps_its_terms_when_parameters_change() {
    let mut world = World::new();
    let lease = long_lease(&mut world);
    let owner = world.owner.clone();
    let harsher = Params {
        notice_window: 1,
        break_penalty: cloud_std::Bps(0),
        break_slash: cloud_std::Bps(0),
        ..params()
    };
    world.ok(&owner, ExecuteMsg::UpdateParams { params: harsher });
    world.pass(TERM);
    world.ok(&lease.provider, notice(lease.id));
    assert_eq!(world.lease(lease.id).notice_until, Some(world.now() + NOTICE));
    world.ok(&lease.provider, break_lease(lease.id));
    assert_eq!(world.lease(lease.id).earned, price(800));
    assert_eq!(world.punishments(&world.staking).len(), 1);
}

#[test]
fn faults_that_cost_nothing_send_nothing() {
    let mut world = World::with(Params {
        expiry_slash: cloud_std::Bps(0),
        expiry_jail: 0,
        break_slash: cloud_std::Bps(0),
        ..params()
    });
    let lease = world.active(1000);
    world.ok(&lease.provider, break_lease(lease.id));
    let order = world.create(vec![spec(100)]);
    world.bid(&lease.provider, order, 50);
    let silent = world.matches(order);
    world.pass(ACTIVATION + 1);
    world.ok(&lease.tenant, ExecuteMsg::ExpireLease { lease: silent.id });
    assert!(world.punishments(&world.staking).is_empty());
    assert!(world.punishments(&world.registry).is_empty());
}
