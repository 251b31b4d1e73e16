//! Contracts that re-enter, and accounts that cannot be paid: nobody gets anything twice, and nobody is held up.

use cosmwasm_std::{Addr, Coin, Uint128};
use market_api::{EndReason, ExecuteMsg, LeaseId, OrderId};
use testing::evil::{self, Call};
use testing::{spec, version, Ledger, Suite, DENOM};

fn suite() -> Suite {
    Suite::builder().providers(2).tenants(1).build()
}

/// An order of the evil contract, paid from its own funds.
fn evil_order(suite: &mut Suite, evil: &Addr) -> OrderId {
    suite.fund(evil, 10_000, DENOM);
    let create = ExecuteMsg::CreateDeployment { version: version(1), orders: vec![spec(1_000)] };
    let call = Call::new(&suite.market, &create, &[Coin::new(1_000u128, DENOM)]);
    let anyone = suite.tenants[0].clone();
    suite.execute(evil, &anyone, &evil::ExecuteMsg::All { calls: vec![call] }, &[]).unwrap();
    OrderId(1)
}

/// Sends this twice, the second time in the reply to the first; the second must be refused.
fn twice(suite: &mut Suite, evil: &Addr, msg: &ExecuteMsg) {
    let call = Call::new(&suite.market, msg, &[]);
    let anyone = suite.tenants[0].clone();
    let reenter = evil::ExecuteMsg::Reenter { first: call.clone(), again: call };
    let answer = suite.execute(evil, &anyone, &reenter, &[]).unwrap();
    let told: Vec<_> = answer
        .events
        .iter()
        .flat_map(|event| &event.attributes)
        .filter(|attribute| ["first", "again"].contains(&attribute.key.as_str()))
        .map(|attribute| (attribute.key.clone(), attribute.value.clone()))
        .collect();
    let expected = [("first", "accepted"), ("again", "refused")];
    assert_eq!(told, expected.map(|(key, value)| (key.to_owned(), value.to_owned())), "{msg:?}");
    suite.assert_invariants();
}

#[test]
fn a_tenant_that_re_enters_is_refunded_once() {
    let mut suite = suite();
    let evil = suite.evil();
    let order = evil_order(&mut suite, &evil);
    twice(&mut suite, &evil, &ExecuteMsg::CloseOrder { order });
    assert_eq!(suite.balance(&evil), 10_000);
}

#[test]
fn a_tenant_that_closes_a_lease_in_its_own_reply_is_refunded_once() {
    let mut suite = suite();
    let evil = suite.evil();
    let order = evil_order(&mut suite, &evil);
    suite.bid(0, order, 1_000).unwrap();
    suite.end_bidding(order);
    let lease = suite.match_order(order).unwrap();
    suite.activate(lease).unwrap();
    suite.pass(1_800);
    twice(&mut suite, &evil, &ExecuteMsg::CloseLease { lease });
    assert_eq!(suite.balance(&evil), 9_500);
    // Whoever triggers it: the provider is paid once.
    twice(&mut suite, &evil, &ExecuteMsg::Withdraw { lease });
    assert_eq!(suite.balance(&suite.providers[0].payout), 500);
}

#[test]
fn a_deposit_is_returned_once() {
    let mut suite = suite();
    let evil = suite.evil();
    let tenant = suite.tenants[0].clone();
    let order = suite.order(&tenant, spec(1_000)).unwrap();
    suite.bid(0, order, 500).unwrap();
    suite.bid(1, order, 600).unwrap();
    suite.end_bidding(order);
    suite.match_order(order).unwrap();
    let operator = suite.providers[1].operator.clone();
    let before = suite.balance(&operator);
    let provider = suite.providers[1].owner.to_string();
    twice(&mut suite, &evil, &ExecuteMsg::ReclaimDeposit { order, provider });
    assert_eq!(suite.balance(&operator), before + 5);
}

#[test]
fn a_payout_address_that_cannot_be_paid_holds_up_nobody_but_itself() {
    let mut suite = suite();
    let tenant = suite.tenants[0].clone();
    let payout = suite.providers[0].payout.clone();
    let lease = suite.active_lease(&tenant, 0, 1_000).unwrap();
    suite.pass(900);
    suite.refuse_payments_to(&payout);
    let withdraw = ExecuteMsg::Withdraw { lease };
    let before = suite.state_hash();
    suite.market(&tenant, &withdraw, &[]).unwrap_err().says(&["not allowed to receive funds"]);
    assert_eq!(suite.state_hash(), before);

    let held = suite.balance(&tenant);
    suite.market(&tenant, &ExecuteMsg::CloseLease { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&tenant), held + 750);
    assert_eq!(suite.lease(lease).end_reason, Some(EndReason::TenantClosed));
    suite.assert_invariants();

    suite.accept_payments_to(&payout);
    suite.market(&tenant, &withdraw, &[]).unwrap();
    assert_eq!(suite.balance(&payout), 250);
}

#[test]
fn a_treasury_that_cannot_be_paid_does_not_hold_up_a_tenants_refund() {
    let mut suite = suite();
    let (tenant, owner, treasury) = (suite.tenants[0].clone(), suite.owner.clone(), suite.treasury.clone());
    let mut params = testing::staking_params(&treasury);
    params.on_activation_expired = staking_api::Destination::Treasury;
    suite.staking(&owner, &staking_api::ExecuteMsg::UpdateParams { params }, &[]).unwrap();
    suite.refuse_payments_to(&treasury);

    let order = suite.order(&tenant, spec(1_000)).unwrap();
    suite.bid(0, order, 800).unwrap();
    suite.end_bidding(order);
    let lease = suite.match_order(order).unwrap();
    suite.pass(301);
    let held = suite.balance(&tenant);
    suite.market(&owner, &ExecuteMsg::ExpireLease { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&tenant), held + 800);
    // The slash was undone whole.
    let msg = staking_api::QueryMsg::Stake { provider: suite.providers[0].owner.to_string() };
    let stake: staking_api::StakeInfo = suite.query_staking(&msg);
    assert_eq!((stake.bonded, stake.slashed), (Uint128::new(1_000_000), Uint128::zero()));
    suite.assert_invariants();
}

#[test]
fn a_tenant_that_cannot_be_paid_does_not_keep_a_provider_from_its_money() {
    let mut suite = suite();
    let tenant = suite.tenants[0].clone();
    let lease = suite.active_lease(&tenant, 0, 1_000).unwrap();
    suite.refuse_payments_to(&tenant);
    suite.pass(1_800);
    suite.market(&suite.owner.clone(), &ExecuteMsg::Withdraw { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&suite.providers[0].payout), 500);
    suite.assert_invariants();
}

#[test]
fn a_stolen_operator_key_gets_nothing() {
    let mut suite = suite();
    let tenant = suite.tenants[0].clone();
    let keys = suite.providers[0].clone();
    let lease = suite.active_lease(&tenant, 0, 1_000).unwrap();
    suite.pass(3_600);
    let accounts = [&keys.owner, &keys.operator, &keys.payout, &tenant];
    let mut ledger = Ledger::of(&suite, accounts, &[DENOM]);
    let thief = keys.operator.clone();
    let stolen = thief.to_string();

    let update = registry_api::ExecuteMsg::Update {
        payout: Some(stolen.clone()),
        endpoints: None,
        attributes: None,
        contact: None,
    };
    suite.registry(&thief, &update).unwrap_err();
    suite.registry(&thief, &registry_api::ExecuteMsg::Deregister {}).unwrap_err();
    let unbond = staking_api::ExecuteMsg::Unbond { amount: Uint128::new(1) };
    suite.staking(&thief, &unbond, &[]).unwrap_err();
    suite.staking(&thief, &staking_api::ExecuteMsg::Claim {}, &[]).unwrap_err();
    let broken = ExecuteMsg::BreakLease { lease, reason: "mine".into() };
    suite.market(&thief, &broken, &[]).unwrap_err();
    suite.market(&thief, &ExecuteMsg::GiveNotice { lease }, &[]).unwrap_err();
    ledger.assert_matches(&suite);

    // What it may do pays the payout address.
    suite.market(&thief, &ExecuteMsg::Withdraw { lease }, &[]).unwrap();
    ledger.mints(&keys.payout, 1_000, DENOM);
    ledger.assert_matches(&suite);
}

#[test]
fn what_is_over_can_be_taken_in_any_order_with_the_same_outcome() {
    let end = |close_first: bool| {
        let mut suite = suite();
        let tenant = suite.tenants[0].clone();
        let lease = suite.active_lease(&tenant, 0, 1_000).unwrap();
        suite.pass(1_234);
        let (close, withdraw) = (ExecuteMsg::CloseLease { lease }, ExecuteMsg::Withdraw { lease });
        let order = if close_first { [&close, &withdraw] } else { [&withdraw, &close] };
        for msg in order {
            suite.market(&tenant, msg, &[]).unwrap();
        }
        (suite.balance(&tenant), suite.balance(&suite.providers[0].payout))
    };
    assert_eq!(end(true), end(false));
    assert_eq!(end(true).1, 342);
}

#[test]
fn settling_twice_in_one_block_is_settling_once() {
    let mut suite = suite();
    let evil = suite.evil();
    let tenant = suite.tenants[0].clone();
    suite.active_lease(&tenant, 0, 1_000).unwrap();
    suite.pass(4_000);
    twice(&mut suite, &evil, &ExecuteMsg::Settle { lease: LeaseId(1) });
}
