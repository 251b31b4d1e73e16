//! The threats of the catalogue that concern the contracts, each as a story. Those that the agent and the network answer
//! for (T12 to T20 and T24) are tested with them.

use cloud_std::Bps;
use cosmwasm_std::{Addr, Uint128};
use governance_api::Vote;
use market_api::{BidState, EndReason, ExecuteMsg, LeasePhase, OrderId};
use registry_api::ExecuteMsg as Registry;
use staking_api::{ExecuteMsg as Staking, Fault, StakeInfo};
use testing::{call, certificate, spec, version, Suite, DENOM};

fn suite() -> Suite {
    Suite::builder().providers(2).tenants(2).build()
}

fn stake_of(suite: &Suite, who: &Addr) -> StakeInfo {
    suite.query_staking(&staking_api::QueryMsg::Stake { provider: who.to_string() })
}

/// T1: a tenant that runs on after its funds end. The end is known from the first second, the provider gets exactly the
/// funds, and anyone ends the lease.
#[test]
fn a_lease_is_over_with_its_funds_whoever_says_so_and_whenever() {
    let mut suite = suite();
    let (tenant, stranger) = (suite.tenants[0].clone(), suite.tenants[1].clone());
    let lease = suite.active_lease(&tenant, 0, 1_000).unwrap();
    let announced = suite.lease(lease).ends_at;
    suite.pass_until(announced - 1);
    assert_eq!(suite.lease(lease).phase, LeasePhase::Active);
    suite.market(&stranger, &ExecuteMsg::Settle { lease }, &[]).unwrap_err();
    suite.pass(1);
    assert_eq!(suite.lease(lease).phase, LeasePhase::Due);
    suite.pass(365 * 86_400);
    suite.market(&stranger, &ExecuteMsg::Settle { lease }, &[]).unwrap();
    suite.market(&stranger, &ExecuteMsg::Withdraw { lease }, &[]).unwrap();
    let ended = suite.lease(lease);
    assert_eq!((ended.ends_at, ended.end_reason), (announced, Some(EndReason::FundsExhausted)));
    assert_eq!(suite.balance(&suite.providers[0].payout), 1_000);
    suite.assert_invariants();
}

/// T2: a tenant that takes its funds out from under a running lease. The only way out is to end it, and that pays what
/// is earned; a top-up and an end in one block give back the top-up and nothing more.
#[test]
fn a_tenant_gets_back_what_is_not_earned_and_only_by_ending_the_lease() {
    let mut suite = suite();
    let tenant = suite.tenants[0].clone();
    let lease = suite.active_lease(&tenant, 0, 3_600).unwrap();
    suite.pass(600);
    let order = suite.lease(lease).order;
    suite.market(&tenant, &ExecuteMsg::CloseOrder { order }, &[]).unwrap_err();
    let held = suite.balance(&tenant);
    let coins = cosmwasm_std::coins(1_800, DENOM);
    suite.market(&tenant, &ExecuteMsg::TopUp { lease }, &coins).unwrap();
    suite.market(&tenant, &ExecuteMsg::CloseLease { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&tenant), held + 3_000);
    suite.market(&tenant, &ExecuteMsg::Withdraw { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&suite.providers[0].payout), 600);
    suite.assert_invariants();
}

/// T3: a tenant that floods the chain with orders of dust.
#[test]
fn an_order_of_dust_is_refused_and_every_other_locks_its_price() {
    let mut suite = suite();
    let tenant = suite.tenants[0].clone();
    let before = suite.state_hash();
    suite.order(&tenant, spec(9)).unwrap_err().says(&["accepted are 10 to"]);
    assert_eq!(suite.state_hash(), before);
    let held = suite.balance(&tenant);
    suite.order(&tenant, spec(10)).unwrap();
    assert_eq!(suite.balance(&tenant), held - 10);
}

/// T4: a manifest that is not the one on the chain. A provider that was handed another cannot activate with it.
#[test]
fn a_lease_is_activated_only_with_a_version_that_the_tenant_wrote() {
    let mut suite = suite();
    let tenant = suite.tenants[0].clone();
    let order = suite.order(&tenant, spec(1_000)).unwrap();
    suite.bid(0, order, 900).unwrap();
    suite.end_bidding(order);
    let lease = suite.match_order(order).unwrap();
    let operator = suite.providers[0].operator.clone();
    let forged = ExecuteMsg::Activate { lease, version: version(9) };
    suite.market(&operator, &forged, &[]).unwrap_err().says(&["got"]);
    suite.activate(lease).unwrap();
}

/// T5: a provider that takes a lease and never runs it. Nothing is earned before it activates, the tenant may leave at
/// once, and after the window the provider's stake makes up for the wait.
#[test]
fn a_provider_that_does_not_begin_earns_nothing_and_pays_for_it() {
    let mut suite = suite();
    let tenant = suite.tenants[0].clone();
    let funds = suite.balance(&tenant);
    let pending = |suite: &mut Suite| {
        let order = suite.order(&tenant, spec(1_000)).unwrap();
        suite.bid(0, order, 900).unwrap();
        suite.end_bidding(order);
        suite.match_order(order).unwrap()
    };
    let lease = pending(&mut suite);
    suite.pass(200);
    suite.market(&tenant, &ExecuteMsg::Withdraw { lease }, &[]).unwrap_err();
    suite.market(&tenant, &ExecuteMsg::CloseLease { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&tenant), funds);

    let lease = pending(&mut suite);
    suite.pass(301);
    suite.market(&tenant, &ExecuteMsg::ExpireLease { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&tenant), funds);
    // A twentieth of its stake is the tenant's to claim.
    assert_eq!(stake_of(&suite, &suite.providers[0].owner).bonded, Uint128::new(950_000));
    suite.staking(&tenant, &Staking::Claim {}, &[]).unwrap();
    assert_eq!(suite.balance(&tenant), funds + 50_000);
    suite.assert_invariants();
}

/// T6: a provider that withdraws more than it served, or runs ahead of the tenant's end.
#[test]
fn withdrawing_before_or_after_the_end_comes_to_the_same() {
    let totals = |before: bool| {
        let mut suite = suite();
        let (tenant, operator) = (suite.tenants[0].clone(), suite.providers[0].operator.clone());
        let lease = suite.active_lease(&tenant, 0, 1_000).unwrap();
        suite.pass(777);
        let withdraw = ExecuteMsg::Withdraw { lease };
        if before {
            suite.market(&operator, &withdraw, &[]).unwrap();
            // Again in the same block: nothing.
            suite.market(&operator, &withdraw, &[]).unwrap_err();
        }
        suite.market(&tenant, &ExecuteMsg::CloseLease { lease }, &[]).unwrap();
        if !before {
            suite.market(&operator, &withdraw, &[]).unwrap();
        }
        suite.market(&operator, &withdraw, &[]).unwrap_err();
        suite.assert_invariants();
        (suite.balance(&tenant), suite.balance(&suite.providers[0].payout))
    };
    assert_eq!(totals(true), totals(false));
    assert_eq!(totals(true).1, 215);
}

/// T7: a provider whose stake leaves before the slash: in the block after the fault, and in the last second before it
/// would be free.
#[test]
fn stake_that_leaves_after_the_fault_is_slashed_until_it_is_free() {
    for wait in [1, 24 * 3_600 - 1] {
        let mut suite = suite();
        let (owner, keys) = (suite.owner.clone(), suite.providers[0].owner.clone());
        let fault_at = suite.now();
        suite.pass(1);
        suite.staking(&keys, &Staking::Unbond { amount: Uint128::new(1_000_000) }, &[]).unwrap();
        suite.pass(wait);
        let slash = Staking::Slash {
            provider: keys.to_string(),
            fraction: Bps(5_000),
            fault: Fault::Governance,
            fault_at,
            harmed: None,
            reason: "decided".into(),
        };
        suite.staking(&owner, &slash, &[]).unwrap();
        assert_eq!(suite.balance(&suite.treasury), 500_000, "after {wait} s");
        suite.pass(24 * 3_600);
        let held = suite.balance(&keys);
        suite.staking(&keys, &Staking::Claim {}, &[]).unwrap();
        assert_eq!(suite.balance(&keys), held + 500_000);
        suite.assert_invariants();
    }
}

/// T8: a competitor that underbids everybody and vanishes. Its bid binds it, its deposit stays, its silence costs stake,
/// and the next bid takes over in the same call.
#[test]
fn who_underbids_and_vanishes_pays_and_the_next_bid_takes_over() {
    let mut suite = suite();
    let (tenant, vanisher) = (suite.tenants[0].clone(), suite.providers[0].clone());
    let mut wish = spec(1_000);
    wish.fallback = true;
    let order = suite.order(&tenant, wish).unwrap();
    suite.bid(0, order, 1).unwrap();
    suite.bid(1, order, 900).unwrap();
    // No second bid, and no way to a lower one by another key.
    suite.bid(0, order, 2).unwrap_err().says(&["already bid"]);
    let reclaim = ExecuteMsg::ReclaimDeposit { order, provider: vanisher.owner.to_string() };
    suite.market(&vanisher.owner, &reclaim, &[]).unwrap_err().says(&["still in the book"]);
    suite.end_bidding(order);
    let lease = suite.match_order(order).unwrap();
    suite.pass(301);
    suite.market(&tenant, &ExecuteMsg::ExpireLease { lease }, &[]).unwrap();
    assert_eq!(stake_of(&suite, &vanisher.owner).bonded, Uint128::new(950_000));
    let next = suite.order_record(order).lease.unwrap();
    let next = suite.lease(next);
    assert_eq!((&next.provider, next.price.amount.u128()), (&suite.providers[1].owner, 900));
    suite.assert_invariants();
}

/// T9: a competitor that sends coins to the contracts, so that their books would no longer add up.
#[test]
fn coins_from_nowhere_change_nobodys_money() {
    let mut suite = suite();
    let (tenant, stranger) = (suite.tenants[0].clone(), suite.tenants[1].clone());
    let lease = suite.active_lease(&tenant, 0, 1_000).unwrap();
    for contract in [suite.market.clone(), suite.staking.clone(), suite.registry.clone()] {
        suite.donate(&stranger, &contract, 777, DENOM).unwrap();
        suite.fund(&contract, 5, "uodd");
    }
    suite.assert_invariants();
    suite.pass(1_800);
    let held = suite.balance(&tenant);
    suite.market(&tenant, &ExecuteMsg::CloseLease { lease }, &[]).unwrap();
    suite.market(&tenant, &ExecuteMsg::Withdraw { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&tenant), held + 500);
    assert_eq!(suite.balance(&suite.providers[0].payout), 500);
    suite.assert_invariants();
}

/// T10: a validator that orders a block as it likes. Transactions that do not depend on each other lead to the same state
/// in any order; among equal prices the earlier bid wins, which is the documented use of an order.
#[test]
fn the_order_within_a_block_decides_nothing_but_ties() {
    let play = |bids: [(usize, u128); 2]| {
        let mut suite = suite();
        let tenant = suite.tenants[0].clone();
        let running = suite.active_lease(&tenant, 1, 500).unwrap();
        let order = suite.order(&tenant, spec(1_000)).unwrap();
        for (n, price) in bids {
            suite.bid(n, order, price).unwrap();
        }
        suite.end_bidding(order);
        let lease = suite.match_order(order).unwrap();
        suite.market(&tenant, &ExecuteMsg::Withdraw { lease: running }, &[]).unwrap();
        suite.assert_invariants();
        let states = [0, 1].map(|n| suite.bid_record(order, n).state);
        let won = states.iter().position(|state| *state == BidState::Won);
        (won, suite.lease(lease).price.amount.u128(), suite.balance(&tenant))
    };
    assert_eq!(play([(0, 800), (1, 700)]), play([(1, 700), (0, 800)]));
    assert_eq!(play([(0, 800), (1, 700)]).0, Some(1));
    assert_eq!((play([(0, 700), (1, 700)]).0, play([(1, 700), (0, 700)]).0), (Some(0), Some(1)));
}

/// T11: somebody between tenant and provider, with a copy of what both ever said. All that a peer goes by is the root and
/// the endpoint on the chain: neither can be put there by another, what was said once cannot be said again by another,
/// and a root that is lost ends with one message of its owner, whatever was recorded under it. The connection itself is
/// tested with the gateway.
#[test]
fn who_listens_gets_no_root_or_endpoint_of_its_own_in_between() {
    let mut suite = suite();
    let (provider, listener) = (suite.providers[0].clone(), suite.tenants[1].clone());
    let now = suite.now();
    let root = certificate::root(&provider.owner, now - 10, now + 1_000);
    let publish = Registry::PublishRoot { der: root.der.clone() };
    suite.registry(&provider.owner, &publish).unwrap();
    let before = suite.state_hash();
    // The message that was heard, sent again by who heard it, and by the operator's key, which is not the owner's.
    for replayer in [&listener, &provider.operator] {
        suite.registry(replayer, &publish).unwrap_err();
    }
    let elsewhere = Registry::Update {
        payout: None,
        endpoints: Some(vec!["https://between.example:8443".into()]),
        attributes: None,
        contact: None,
    };
    for stranger in [&listener, &provider.operator] {
        suite.registry(stranger, &elsewhere).unwrap_err();
    }
    assert_eq!(suite.state_hash(), before);

    let state = |suite: &Suite, fingerprint: &cosmwasm_std::HexBinary| {
        let asked = registry_api::QueryMsg::Root {
            account: provider.owner.to_string(),
            fingerprint: fingerprint.clone(),
        };
        let root: registry_api::Root = suite.query_registry(&asked);
        root.state
    };
    // Stolen: gone with one message, in the same block, and not to be brought back by the old recording.
    assert_eq!(state(&suite, &root.fingerprint), registry_api::RootState::Active);
    suite.registry(&provider.owner, &Registry::RevokeRoot { fingerprint: root.fingerprint.clone() }).unwrap();
    assert_eq!(state(&suite, &root.fingerprint), registry_api::RootState::Revoked);
    suite.registry(&provider.owner, &publish).unwrap_err();
    // Old: it ends by itself.
    let next = certificate::root(&provider.owner, now - 10, now + 1_000);
    suite.registry(&provider.owner, &Registry::PublishRoot { der: next.der.clone() }).unwrap();
    suite.pass_until(next.not_after + 1);
    assert_eq!(state(&suite, &next.fingerprint), registry_api::RootState::Expired);
}

/// T21: governance that steals or bricks, with every vote on its side. It reaches no lease, no escrow and no more of a
/// stake than half.
#[test]
fn all_votes_together_reach_no_lease_and_no_escrow() {
    let mut suite = suite();
    let tenant = suite.tenants[0].clone();
    suite.hand_over().unwrap();
    let lease = suite.active_lease(&tenant, 0, 36_000).unwrap();
    let terms = |suite: &Suite| {
        let lease = suite.lease(lease);
        (lease.price, lease.term, lease.funds, lease.ends_at)
    };
    let before = terms(&suite);
    let books = |suite: &Suite| -> u128 {
        let answer: market_api::Invariants = suite.query_market(&market_api::QueryMsg::Invariants {});
        answer.denoms.iter().map(|totals| totals.live_leases.u128()).sum()
    };
    let owed = books(&suite);
    // The hardest parameters that the code accepts.
    let mut params = testing::market_params(&[DENOM]);
    params.break_penalty = Bps(5_000);
    params.expiry_slash = Bps(5_000);
    params.notice_window = 0;
    let harsh = call(&suite.market, &ExecuteMsg::UpdateParams { params: params.clone() });
    suite.decide(vec![harsh]).unwrap();
    params.break_penalty = Bps(5_001);
    let beyond = call(&suite.market, &ExecuteMsg::UpdateParams { params });
    let close = call(&suite.market, &ExecuteMsg::CloseLease { lease });
    let slash = Staking::Slash {
        provider: suite.providers[0].owner.to_string(),
        fraction: Bps(5_001),
        fault: Fault::Governance,
        fault_at: suite.now(),
        harmed: None,
        reason: "decided".into(),
    };
    let slash = call(&suite.staking, &slash);
    for message in [beyond, close, slash] {
        let proposal = suite.passed(vec![message]).unwrap();
        suite.execute_proposal(proposal).unwrap();
        assert!(suite.proposal(proposal).failure.is_some());
    }
    assert_eq!((terms(&suite), books(&suite)), (before, owed));
    suite.assert_invariants();
}

/// T22: power that is bought late, moved, or used twice.
#[test]
fn a_vote_weighs_what_was_bonded_before_the_proposal_and_counts_once() {
    let mut suite = suite();
    suite.hand_over().unwrap();
    suite.pass(5);
    let [first, second] = [suite.providers[0].owner.clone(), suite.providers[1].owner.clone()];
    let late = suite.tenants[1].clone();
    suite.stake(&late, 100_000_000).unwrap();
    let harmless = call(&suite.registry, &Registry::SetMarket { market: suite.market.to_string() });
    let proposal = suite.propose(&first, vec![harmless]).unwrap();
    suite.vote(&first, proposal, Vote::Yes).unwrap();
    suite.vote(&first, proposal, Vote::No).unwrap_err().says(&["already voted"]);
    suite.staking(&first, &Staking::Unbond { amount: Uint128::new(1_000_000) }, &[]).unwrap();
    suite.vote(&late, proposal, Vote::No).unwrap_err().says(&["had no stake"]);
    suite.vote(&second, proposal, Vote::No).unwrap();
    let tally = suite.proposal(proposal).tally;
    assert_eq!((tally.yes.u128(), tally.no.u128()), (1_000_000, 1_000_000));
    assert_eq!(suite.proposal(proposal).total_weight.u128(), 2_000_000);
}

/// T23: a root of an account that is not the sender's, a revoked one published again, and the key of another.
#[test]
fn nobody_publishes_a_root_for_another_and_what_is_revoked_stays_so() {
    let mut suite = suite();
    let [first, second] = [suite.providers[0].owner.clone(), suite.providers[1].owner.clone()];
    let now = suite.now();
    let forged = certificate::root(&first, now - 10, now + 1_000);
    let publish = |der: &cosmwasm_std::Binary| Registry::PublishRoot { der: der.clone() };
    let before = suite.state_hash();
    suite.registry(&second, &publish(&forged.der)).unwrap_err();
    assert_eq!(suite.state_hash(), before);
    let own = certificate::deterministic_root(&first, [7; 32], now - 10, now + 1_000);
    suite.registry(&first, &publish(&own.der)).unwrap();
    let fingerprint = own.fingerprint.to_vec().into();
    suite.registry(&first, &Registry::RevokeRoot { fingerprint }).unwrap();
    suite.registry(&first, &publish(&own.der)).unwrap_err();
    // The same key under another name.
    let stolen = certificate::deterministic_root(&second, [7; 32], now - 10, now + 1_000);
    suite.registry(&second, &publish(&stolen.der)).unwrap_err().says(&["published already"]);
}

/// T8 again: many orders of one competitor do not stand in the way of another's.
#[test]
fn a_flood_of_orders_leaves_the_other_orders_alone() {
    let mut suite = suite();
    let (flooder, tenant) = (suite.tenants[1].clone(), suite.tenants[0].clone());
    for _ in 0..5 {
        suite.deploy(&flooder, vec![spec(10); 10]).unwrap();
    }
    let lease = suite.active_lease(&tenant, 0, 1_000).unwrap();
    assert_eq!(suite.lease(lease).order, OrderId(51));
}
