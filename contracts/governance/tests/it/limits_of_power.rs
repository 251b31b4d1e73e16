//! What governance does to the market, staking and the registry, and what it cannot do (invariant I-24).

use cloud_std::Bps;
use cosmwasm_std::{BankMsg, Coin, CosmosMsg, Uint128};
use governance_api::limits::MAX_MESSAGES_BYTES;
use governance_api::Status;
use market_api::{ExecuteMsg as Market, LeaseId, Params};
use staking_api::{ExecuteMsg as Staking, Fault, StakeInfo};
use testing::{call, market_params, spec, staking_params, Suite, DENOM};

use crate::common::{books, governed, provider};

fn stake(suite: &Suite, n: usize) -> StakeInfo {
    suite.query_staking(&staking_api::QueryMsg::Stake { provider: provider(suite, n).to_string() })
}

fn slash(suite: &Suite, n: usize, bps: u16) -> Staking {
    Staking::Slash {
        provider: provider(suite, n).to_string(),
        fraction: Bps(bps),
        fault: Fault::Governance,
        fault_at: suite.now(),
        harmed: None,
        reason: "served nothing for weeks".into(),
    }
}

/// Parameters as far from the suite's as the bounds allow.
fn harshest() -> Params {
    let mut params = market_params(&[DENOM]);
    params.activation_window = 1;
    params.notice_window = market_api::limits::MAX_NOTICE_WINDOW;
    params.match_window = 1;
    params.expiry_slash = Bps(market_api::limits::MAX_FAULT_SLASH_BPS);
    params.expiry_jail = market_api::limits::MAX_FAULT_JAIL_SECONDS;
    params.break_slash = Bps(market_api::limits::MAX_FAULT_SLASH_BPS);
    params.break_penalty = Bps(market_api::limits::MAX_BREAK_PENALTY_BPS);
    params.denoms[0].bid_deposit = Uint128::new(1_000_000);
    params.denoms[0].min_order_price = Uint128::new(1_000_000);
    params
}

#[test]
fn a_proposal_changes_a_parameter_of_the_market() {
    let mut suite = governed();
    let mut params = market_params(&[DENOM]);
    params.activation_window = 77;
    suite.decide(vec![call(&suite.market, &Market::UpdateParams { params: params.clone() })]).unwrap();
    let config: market_api::Config = suite.query_market(&market_api::QueryMsg::Config {});
    assert_eq!(config.params, params);
}

#[test]
fn a_proposal_slashes_into_its_own_treasury() {
    let mut suite = governed();
    let params = staking_params(&suite.governance);
    suite.decide(vec![call(&suite.staking, &Staking::UpdateParams { params })]).unwrap();
    let (alice, offender) = (stake(&suite, 0), stake(&suite, 2));
    assert_eq!(books(&suite).treasury.u128(), 0);
    suite.decide(vec![call(&suite.staking, &slash(&suite, 2, 2_500))]).unwrap();
    assert_eq!(stake(&suite, 2).bonded.u128(), offender.bonded.u128() * 3 / 4);
    assert_eq!(stake(&suite, 0), alice);
    assert_eq!(books(&suite).treasury.u128(), 250_000);
    suite.assert_invariants();
}

#[test]
fn no_proposal_slashes_more_than_half() {
    let mut suite = governed();
    let id = suite.passed(vec![call(&suite.staking, &slash(&suite, 2, 5_001))]).unwrap();
    suite.execute_proposal(id).unwrap();
    assert_eq!((suite.proposal(id).status, stake(&suite, 2).bonded.u128()), (Status::Executable, 1_000_000));
}

#[test]
fn a_proposal_slashes_each_account_once() {
    let mut suite = governed();
    let proposer = provider(&suite, 0);
    let once = |n| call(&suite.staking, &slash(&suite, n, 5_000));
    let (twice, others) = (vec![once(1), once(2), once(1)], vec![once(1), once(2)]);
    let name = provider(&suite, 1).to_string();
    suite.propose(&proposer, twice).unwrap_err().says(&["message 2 slashes", &name, "once"]);
    suite.decide(others).unwrap();
    assert_eq!((stake(&suite, 1).bonded.u128(), stake(&suite, 2).bonded.u128()), (500_000, 500_000));
}

#[test]
fn only_a_slash_of_stake_counts_as_one() {
    let mut suite = governed();
    let proposer = provider(&suite, 0);
    // Another contract may mean something else by these words; voters judge it.
    let elsewhere = call(&suite.registry, &slash(&suite, 1, 5_000));
    suite.propose(&proposer, vec![elsewhere.clone(), elsewhere]).unwrap();
}

#[test]
fn messages_of_a_proposal_are_bounded_together_to_the_byte() {
    let mut suite = governed();
    let proposer = provider(&suite, 0);
    let sized = |bytes: usize| -> Vec<CosmosMsg> {
        let of = |length: usize| {
            let to_address = suite.treasury.to_string();
            let amount = vec![Coin::new(1u128, "x".repeat(length))];
            vec![CosmosMsg::Bank(BankMsg::Send { to_address, amount })]
        };
        let around = cosmwasm_std::to_json_vec(&of(0)).unwrap().len();
        of(bytes - around)
    };
    let (most, more) = (sized(MAX_MESSAGES_BYTES), sized(MAX_MESSAGES_BYTES + 1));
    suite.propose(&proposer, most).unwrap();
    let bytes = (MAX_MESSAGES_BYTES + 1).to_string();
    suite.propose(&proposer, more).unwrap_err().says(&[&bytes, &MAX_MESSAGES_BYTES.to_string()]);
}

#[test]
fn a_proposal_jails_and_unjails() {
    let mut suite = governed();
    let name = provider(&suite, 1).to_string();
    let jail = registry_api::ExecuteMsg::Jail {
        provider: name.clone(),
        seconds: 86_400,
        reason: "attributes that are not true".into(),
    };
    suite.decide(vec![call(&suite.registry, &jail)]).unwrap();
    let query = registry_api::QueryMsg::Provider { provider: name.clone() };
    assert_eq!(suite.query_registry::<registry_api::Provider>(&query).jailed_until, suite.now() + 86_400);
    let unjail = registry_api::ExecuteMsg::Unjail { provider: name };
    suite.decide(vec![call(&suite.registry, &unjail)]).unwrap();
    assert!(suite.query_registry::<registry_api::Provider>(&query).jailed_until <= suite.now());
}

#[test]
fn parameters_out_of_the_markets_bounds_fail_and_change_nothing() {
    let mut suite = governed();
    let mut params = market_params(&[DENOM]);
    params.break_penalty = Bps(5_001);
    let id = suite.passed(vec![call(&suite.market, &Market::UpdateParams { params })]).unwrap();
    suite.execute_proposal(id).unwrap();
    assert_eq!(suite.proposal(id).status, Status::Executable);
    let config: market_api::Config = suite.query_market(&market_api::QueryMsg::Config {});
    assert_eq!(config.params, market_params(&[DENOM]));
}

/// What a lease promises, without what time does to it.
fn terms(suite: &Suite, lease: LeaseId) -> serde_json::Value {
    let mut lease = serde_json::to_value(suite.lease(lease)).unwrap();
    for moving in ["earned", "withdrawable", "unspent", "owed", "refundable"] {
        lease.as_object_mut().unwrap().remove(moving);
    }
    lease
}

#[test]
fn the_harshest_decision_leaves_live_leases_and_what_is_locked_as_they_are() {
    let mut suite = governed();
    let (alice, bob) = (suite.tenants[0].clone(), suite.tenants[1].clone());
    let lease = suite.active_lease(&alice, 0, 36_000).unwrap();
    let mut long = spec(5_000);
    long.bid_window = 3_600;
    let order = suite.order(&bob, long).unwrap();
    suite.bid(1, order, 4_000).unwrap();
    let started = suite.lease(lease);
    let (locked, agreed) = (suite.order_record(order).locked, terms(&suite, lease));
    let held: market_api::Invariants = suite.query_market(&market_api::QueryMsg::Invariants {});
    let before = suite.balance(&suite.market);

    suite
        .decide(vec![
            call(&suite.market, &Market::UpdateParams { params: harshest() }),
            call(&suite.staking, &slash(&suite, 0, 5_000)),
            call(&suite.staking, &slash(&suite, 1, 5_000)),
        ])
        .unwrap();

    assert_eq!(suite.balance(&suite.market), before);
    let now: market_api::Invariants = suite.query_market(&market_api::QueryMsg::Invariants {});
    assert!(held.holds && now.holds);
    assert_eq!((suite.order_record(order).locked, terms(&suite, lease)), (locked, agreed));

    // It pays by the second as agreed, and the tenant gets back the rest.
    let tenant = suite.balance(&alice);
    let elapsed = suite.now() - started.started_at.unwrap();
    suite.market(&alice, &Market::CloseLease { lease }, &[]).unwrap();
    let owed = 36_000 * u128::from(elapsed) / 3_600;
    assert_eq!(suite.balance(&alice) - tenant, 36_000 - owed);
    let provider = suite.providers[0].payout.clone();
    suite.market(&bob, &Market::Withdraw { lease }, &[]).unwrap();
    assert_eq!(suite.balance(&provider), owed);
    // The order is matched and its lease takes the new parameters; its price is the bid.
    suite.end_bidding(order);
    let matched = suite.match_order(order).unwrap();
    assert_eq!(suite.lease(matched).price.amount.u128(), 4_000);
    suite.assert_invariants();
}

#[test]
fn governance_has_no_way_to_the_escrow_by_the_messages_of_users() {
    let mut suite = governed();
    let tenant = suite.tenants[0].clone();
    let lease = suite.active_lease(&tenant, 0, 36_000).unwrap();
    let deployment = suite.lease(lease).deployment;
    let before = suite.balance(&suite.market);
    let reason = String::from("because");
    for msg in [
        Market::CloseLease { lease },
        Market::CloseDeployment { deployment, limit: None },
        Market::GiveNotice { lease },
        Market::BreakLease { lease, reason: reason.clone() },
        Market::Decline { lease, reason },
    ] {
        let id = suite.passed(vec![call(&suite.market, &msg)]).unwrap();
        suite.execute_proposal(id).unwrap();
        assert_eq!(suite.proposal(id).status, Status::Executable, "{msg:?}");
        assert_eq!(suite.balance(&suite.market), before);
    }
}

#[test]
fn a_market_that_governance_replaced_reaches_no_escrow() {
    let mut suite = governed();
    let tenant = suite.tenants[0].clone();
    let lease = suite.active_lease(&tenant, 0, 36_000).unwrap();
    // Another hour, because this decision waits that long.
    suite.market(&tenant, &Market::TopUp { lease }, &cosmwasm_std::coins(36_000, DENOM)).unwrap();
    let before = suite.balance(&suite.market);
    let market = provider(&suite, 1).to_string();
    suite
        .decide(vec![
            call(&suite.staking, &Staking::SetMarket { market: market.clone() }),
            call(&suite.registry, &registry_api::ExecuteMsg::SetMarket { market }),
        ])
        .unwrap();
    assert_eq!(suite.balance(&suite.market), before);
    // The old one cannot slash any more, and its leases end as agreed all the same.
    let owner = provider(&suite, 0);
    let stake_before = stake(&suite, 0);
    suite.market(&owner, &Market::BreakLease { lease, reason: "gone".into() }, &[]).unwrap();
    assert_eq!(stake(&suite, 0), stake_before);
    suite.assert_invariants();
}
