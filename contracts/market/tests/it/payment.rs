use crate::support::*;
use cosmwasm_std::coin;
use market_api::limits::{MAX_AMOUNT, MAX_FUNDED_SECONDS};
use market_api::*;

fn withdraw(lease: LeaseId) -> ExecuteMsg {
    ExecuteMsg::Withdraw { lease }
}

#[test]
fn earnings_are_rounded_down_at_every_second() {
    // 7 for 100 seconds: a unit is whole at ceil(k x 100 / 7).
    let mut world = World::new();
    let lease = world.active(7);
    let whole_at = [15u64, 29, 43, 58, 72, 86, 100];
    for second in 1..=110u64 {
        world.pass(1);
        let expected = whole_at.iter().filter(|at| **at <= second).count() as u128;
        assert_eq!(world.lease(lease.id).earned, price(expected), "after {second} s");
    }
}

#[test]
fn a_lease_ends_exactly_with_its_funds() {
    let mut world = World::new();
    let lease = world.active(1000);
    let stranger = world.stranger.clone();
    world.until(lease.ends_at - 1);
    assert_eq!((world.lease(lease.id).phase, world.lease(lease.id).earned), (LeasePhase::Active, price(990)));
    world.fails(&stranger, ExecuteMsg::Settle { lease: lease.id }, &[], "its time is not over");
    world.pass(1);
    assert_eq!((world.lease(lease.id).phase, world.lease(lease.id).earned), (LeasePhase::Due, price(1000)));
    world.pass(1);
    assert_eq!((world.lease(lease.id).phase, world.lease(lease.id).earned), (LeasePhase::Due, price(1000)));
    world.ok(&stranger, ExecuteMsg::Settle { lease: lease.id });
    let ended = world.lease(lease.id);
    assert_eq!((ended.end_reason, ended.ends_at), (Some(EndReason::FundsExhausted), lease.ends_at));
    assert_eq!((ended.earned, ended.refunded), (price(1000), price(0)));
    assert_eq!(world.record(&ended.provider).record.seconds_served, TERM);
}

#[test]
fn a_second_withdrawal_in_the_same_block_has_nothing_to_pay() {
    let mut world = World::new();
    let lease = world.active(1000);
    let stranger = world.stranger.clone();
    world.fails(&stranger, withdraw(lease.id), &[], "earned 0, withdrawn 0");
    world.pass(10);
    world.ok(&stranger, withdraw(lease.id));
    world.fails(&stranger, withdraw(lease.id), &[], "earned 100, withdrawn 100");
    let payout = world.addr("alice-payout");
    assert_eq!(world.balance(&payout), 100);
}

#[test]
fn withdrawals_at_any_times_pay_what_one_withdrawal_at_the_end_pays() {
    let total = |waits: &[u64]| {
        let mut world = World::new();
        let lease = world.active(997);
        let stranger = world.stranger.clone();
        for wait in waits {
            world.pass(*wait);
            world.ok(&stranger, withdraw(lease.id));
        }
        let payout = world.addr("alice-payout");
        (world.balance(&payout), world.record(&lease.provider).record.seconds_served)
    };
    assert_eq!(total(&[83]), (827, 83));
    assert_eq!(total(&[1, 1, 1, 7, 13, 60]), (827, 83));
    assert_eq!(total(&[83, 17]), (997, 100));
    assert_eq!(total(&[99, 200]), (997, 100));
}

#[test]
fn withdraw_then_close_equals_close_then_withdraw() {
    let outcome = |withdraw_first: bool| {
        let mut world = World::new();
        let lease = world.active(997);
        world.pass(31);
        let mut messages = [withdraw(lease.id), ExecuteMsg::CloseLease { lease: lease.id }];
        if !withdraw_first {
            messages.reverse();
        }
        for msg in messages {
            world.ok(&lease.tenant, msg);
        }
        let payout = world.addr("alice-payout");
        let ended = world.lease(lease.id);
        let record = world.record(&lease.provider);
        (world.balance(&payout), world.spent(&lease.tenant), ended.earned, ended.refunded, record)
    };
    assert_eq!(outcome(true), outcome(false));
    assert_eq!(outcome(true).0, 309);
}

#[test]
fn a_withdrawal_from_a_due_lease_settles_it() {
    let mut world = World::new();
    let lease = world.active(1000);
    world.pass(40);
    world.ok(&lease.provider, withdraw(lease.id));
    world.pass(10_000);
    let response = world.ok(&lease.provider, withdraw(lease.id));
    assert_eq!(names(&response), ["lease_ended", "lease_withdrawn"]);
    let ended = world.lease(lease.id);
    assert_eq!((ended.state, ended.end_reason), (LeaseState::Ended, Some(EndReason::FundsExhausted)));
    assert_eq!((ended.earned, ended.withdrawn), (price(1000), price(1000)));
    world.fails(&lease.provider, withdraw(lease.id), &[], "nothing to pay");
}

#[test]
fn earnings_go_to_the_payout_address_of_that_moment_and_to_the_owner_once_it_left() {
    let mut world = World::new();
    let lease = world.active(1000);
    let (alice, stranger) = (lease.provider.clone(), world.stranger.clone());
    let (old, new) = (world.addr("alice-payout"), world.addr("elsewhere"));
    world.pass(10);
    world.ok(&stranger, withdraw(lease.id));
    world.change_provider(&alice, |provider| provider.payout = new.clone());
    world.pass(10);
    world.ok(&stranger, withdraw(lease.id));
    world.remove_provider(&alice);
    let before = world.balance(&alice);
    world.pass(10);
    world.ok(&stranger, withdraw(lease.id));
    assert_eq!((world.balance(&old), world.balance(&new)), (100, 100));
    assert_eq!(world.balance(&alice) - before, 100);
}

#[test]
fn anyone_tops_up_at_the_agreed_rate() {
    let mut world = World::new();
    let lease = world.active(1000);
    let stranger = world.stranger.clone();
    let top_up = ExecuteMsg::TopUp { lease: lease.id };
    world.pass(50);
    world.send(&stranger, &top_up, &[coin(505, DENOM)]).unwrap();
    let topped = world.lease(lease.id);
    assert_eq!((topped.funds, topped.funded_seconds), (price(1505), 150));
    assert_eq!((topped.ends_at, topped.earned), (lease.ends_at + 50, price(500)));
    // Five more fill the broken second of the first top-up.
    world.send(&stranger, &top_up, &[coin(5, DENOM)]).unwrap();
    assert_eq!(world.lease(lease.id).funded_seconds, 151);

    world.until(lease.ends_at + 51);
    world.ok(&stranger, ExecuteMsg::Settle { lease: lease.id });
    assert_eq!(world.lease(lease.id).earned, price(1510));
    assert_eq!(world.lease(lease.id).refunded, price(0));
}

#[test]
fn dust_that_pays_no_second_returns_to_the_tenant() {
    let mut world = World::new();
    let lease = world.active(1000);
    world.send(&lease.tenant, &ExecuteMsg::TopUp { lease: lease.id }, &[coin(9, DENOM)]).unwrap();
    assert_eq!(world.lease(lease.id).ends_at, lease.ends_at);
    world.until(lease.ends_at);
    world.ok(&lease.tenant, ExecuteMsg::Settle { lease: lease.id });
    assert_eq!((world.lease(lease.id).refunded, world.spent(&lease.tenant)), (price(9), 1000));
}

#[test]
fn a_top_up_is_refused_in_another_denom_beyond_the_limit_and_when_it_comes_too_late() {
    let mut world = World::new();
    let lease = world.active(1);
    let stranger = world.stranger.clone();
    let top_up = ExecuteMsg::TopUp { lease: lease.id };
    world.fails(&stranger, top_up.clone(), &[coin(1, FREE)], "is paid in uakash, got ufree");
    world.fails(&stranger, top_up.clone(), &[coin(MAX_AMOUNT + 1, DENOM)], "funds has");
    let most = u128::from(MAX_FUNDED_SECONDS) / u128::from(TERM) - 1;
    world.fails(&stranger, top_up.clone(), &[coin(most + 1, DENOM)], "would be funded for");
    world.send(&stranger, &top_up, &[coin(most, DENOM)]).unwrap();

    let mut world = World::new();
    let lease = world.active(1000);
    let top_up = ExecuteMsg::TopUp { lease: lease.id };
    world.until(lease.ends_at);
    world.fails(&stranger, top_up.clone(), &[coin(10, DENOM)], "is Due");
    world.ok(&stranger, ExecuteMsg::Settle { lease: lease.id });
    world.fails(&stranger, top_up, &[coin(10, DENOM)], "is Ended");
}

#[test]
fn a_blocked_payout_address_cannot_hold_up_the_tenant() {
    for how in ["close", "settle", "break", "close deployment"] {
        let mut world = World::new();
        let lease = world.active(1000);
        let payout = world.addr("alice-payout");
        bank::block(&mut world.app, &payout);
        world.pass(if how == "settle" { TERM } else { 40 });
        world.fails(&lease.provider, withdraw(lease.id), &[], "not allowed to receive funds");
        let (sender, msg) = match how {
            "close" => (&lease.tenant, ExecuteMsg::CloseLease { lease: lease.id }),
            "settle" => (&lease.tenant, ExecuteMsg::Settle { lease: lease.id }),
            "break" => (&lease.provider, ExecuteMsg::BreakLease { lease: lease.id, reason: "fire".into() }),
            _ => (&lease.tenant, ExecuteMsg::CloseDeployment { deployment: lease.deployment, limit: None }),
        };
        world.ok(sender, msg);
        let earned = world.lease(lease.id).earned.u128();
        assert_eq!(world.spent(&lease.tenant), earned as i128, "{how}");
        bank::unblock(&mut world.app);
        world.ok(&lease.tenant, withdraw(lease.id));
        assert_eq!(world.balance(&payout), earned, "{how}");
    }
}

#[test]
fn the_largest_amounts_and_terms_neither_wrap_nor_panic() {
    let longest = market_api::limits::MAX_TERM;
    let mut world = World::with(Params { max_term: longest, ..params() });
    let (alice, stranger) = (world.provider("alice"), world.stranger.clone());
    let order = world.create(vec![OrderSpec { term: longest, ..spec(MAX_AMOUNT) }]);
    world.bid(&alice, order, MAX_AMOUNT);
    let lease = world.matches(order);
    let lease = world.activate(lease.id);
    world.send(&stranger, &ExecuteMsg::TopUp { lease: lease.id }, &[coin(MAX_AMOUNT, DENOM)]).unwrap();
    let full = ExecuteMsg::TopUp { lease: lease.id };
    world.fails(&stranger, full, &[coin(MAX_AMOUNT, DENOM)], "would be funded for");
    world.pass(longest + 1);
    world.ok(&stranger, withdraw(lease.id));
    world.pass(2 * longest);
    world.ok(&stranger, withdraw(lease.id));
    let payout = world.addr("alice-payout");
    assert_eq!(world.balance(&payout), 2 * MAX_AMOUNT);
}

#[test]
fn records_keep_denoms_apart() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let stranger = world.stranger.clone();
    for denom in [DENOM, FREE] {
        let mut wanted = spec(100);
        wanted.max_price.denom = denom.into();
        let order = world.create(vec![wanted]);
        world.bid(&alice, order, 100);
        let lease = world.matches(order);
        world.activate(lease.id);
        world.pass(10);
        world.ok(&stranger, withdraw(lease.id));
    }
    let record = world.record(&alice);
    assert_eq!(record.earned, [cloud_std::Money::new(DENOM, 10u128), cloud_std::Money::new(FREE, 10u128)]);
    assert_eq!((record.record.seconds_served, record.record.distinct_tenants), (20, 1));
}
