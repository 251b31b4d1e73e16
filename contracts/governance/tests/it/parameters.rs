//! Governance's own parameters: bounded in code, changed by its own proposals, never for proposals that exist.

use cloud_std::Bps;
use cosmwasm_std::{testing::mock_dependencies, testing::mock_env, Uint128};
use governance_api::{DepositLoss, ExecuteMsg, Floors, Params, Status};
use staking_api::limits::MAX_TOTAL_STAKE;
use testing::{call, governance_params, Suite, FLOORS};

use crate::common::{config, governed, governed_with, payment, provider, status};

fn change(suite: &mut Suite, params: &Params) -> Status {
    let update = call(&suite.governance, &ExecuteMsg::UpdateParams { params: params.clone() });
    let id = suite.passed(vec![update]).unwrap();
    suite.execute_proposal(id).unwrap();
    status(suite, id)
}

#[test]
fn a_proposal_replaces_them_and_older_proposals_keep_theirs() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    let old = config(&suite).params;
    let new = Params {
        voting_seconds: 61,
        timelock_seconds: 31,
        upgrade_timelock_seconds: 62,
        execution_seconds: 3_600,
        quorum: Bps(8_000),
        threshold: Bps(6_000),
        veto: Bps(2_000),
        deposit: Uint128::new(30_000),
        deposit_loss: DepositLoss::NotPassed,
    };
    let update = call(&suite.governance, &ExecuteMsg::UpdateParams { params: new.clone() });
    let update = suite.passed(vec![update]).unwrap();
    let before = suite.propose(&alice, vec![payment(&alice, 0)]).unwrap();
    suite.execute_proposal(update).unwrap();
    assert_eq!(config(&suite).params, new);
    let after = suite.propose(&alice, vec![payment(&alice, 0)]).unwrap();

    let (before, after) = (suite.proposal(before), suite.proposal(after));
    assert_eq!((before.quorum, before.threshold, before.veto), (old.quorum, old.threshold, old.veto));
    assert_eq!(before.voting_ends_at - before.created_at, old.voting_seconds);
    assert_eq!((before.deposit.amount, before.deposit_loss), (old.deposit, old.deposit_loss));
    assert_eq!((after.quorum, after.threshold, after.veto), (new.quorum, new.threshold, new.veto));
    assert_eq!(after.voting_ends_at - after.created_at, new.voting_seconds);
    assert_eq!(after.executable_at - after.voting_ends_at, new.timelock_seconds);
    assert_eq!((after.deposit.amount, after.deposit_loss), (new.deposit, new.deposit_loss));
}

#[test]
fn no_vote_leaves_the_bounds() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    let day = 24 * 3_600;
    let mut attempt = |change: &dyn Fn(&mut Params), parts: &[&str]| {
        let mut params = governance_params();
        change(&mut params);
        let update = call(&suite.governance, &ExecuteMsg::UpdateParams { params });
        suite.propose(&alice, vec![update]).unwrap_err().says(parts);
    };
    attempt(&|p| p.voting_seconds = 59, &["voting_seconds must be 60 to 2592000 seconds, got 59"]);
    attempt(&|p| p.voting_seconds = 30 * day + 1, &["voting_seconds", "got 2592001"]);
    attempt(&|p| p.timelock_seconds = 29, &["timelock_seconds must be 30 to 2592000"]);
    attempt(&|p| p.timelock_seconds = 30 * day + 1, &["timelock_seconds", "got 2592001"]);
    attempt(&|p| p.upgrade_timelock_seconds = 299, &["upgrade_timelock_seconds must be 300 to 7776000"]);
    attempt(
        &|p| {
            p.timelock_seconds = 30;
            p.upgrade_timelock_seconds = 59;
        },
        &["upgrade_timelock_seconds must be 60 to"],
    );
    attempt(&|p| p.upgrade_timelock_seconds = 90 * day + 1, &["upgrade_timelock_seconds", "got 7776001"]);
    attempt(&|p| p.execution_seconds = 3_599, &["execution_seconds must be 3600 to 2592000"]);
    attempt(&|p| p.execution_seconds = 30 * day + 1, &["execution_seconds", "got 2592001"]);
    for (low, high, name) in [(999, 8_001, "quorum"), (4_999, 8_001, "threshold"), (1_999, 5_001, "veto")] {
        for bps in [0, low, high, u16::MAX] {
            let change = |p: &mut Params| match name {
                "quorum" => p.quorum = Bps(bps),
                "threshold" => p.threshold = Bps(bps),
                _ => p.veto = Bps(bps),
            };
            attempt(&change, &[name, "of 10000", &bps.to_string()]);
        }
    }
    attempt(&|p| p.deposit = Uint128::MAX, &["deposit may be at most 18446744073709551615"]);
}

#[test]
fn a_deposit_is_raised_at_most_to_a_hundredth_of_all_stake() {
    let mut suite = governed();
    let mut params = governance_params();
    params.deposit = Uint128::new(30_001);
    assert_eq!(change(&mut suite, &params), Status::Executable);
    assert_eq!(config(&suite).params, governance_params());
    params.deposit = Uint128::new(30_000);
    assert_eq!(change(&mut suite, &params), Status::Executed);
    // All else can change at a deposit that is higher than that, and the deposit can fall.
    let mut suite = governed_with(|params| params.deposit = Uint128::new(1_000_000));
    let mut params = config(&suite).params;
    params.quorum = Bps(5_000);
    assert_eq!(change(&mut suite, &params), Status::Executed);
    params.deposit = Uint128::new(999_999);
    assert_eq!(change(&mut suite, &params), Status::Executed);
    params.deposit = Uint128::new(1_000_000);
    assert_eq!(change(&mut suite, &params), Status::Executable);
}

#[test]
fn a_contract_out_of_bounds_does_not_start() {
    let suite = Suite::builder().build();
    let start = |floors: Floors, params: Params, staking: &str| {
        let mut deps = mock_dependencies();
        let info = cosmwasm_std::testing::message_info(&suite.owner, &[]);
        let msg = governance_api::InstantiateMsg { staking: staking.into(), floors, params };
        let refused = governance::contract::instantiate(deps.as_mut(), mock_env(), info, msg);
        refused.unwrap_err().to_string()
    };
    let staking = suite.staking.as_str();
    let mut params = governance_params();
    params.quorum = Bps(1);
    assert!(start(FLOORS, params, staking).contains("quorum must be"));
    let day = 24 * 3_600;
    for (floors, name) in [
        (Floors { voting_seconds: 0, ..FLOORS }, "floors.voting_seconds"),
        (Floors { voting_seconds: 30 * day + 1, ..FLOORS }, "floors.voting_seconds"),
        (Floors { timelock_seconds: 0, ..FLOORS }, "floors.timelock_seconds"),
        (Floors { timelock_seconds: 30 * day + 1, ..FLOORS }, "floors.timelock_seconds"),
        (Floors { upgrade_timelock_seconds: 29, ..FLOORS }, "floors.upgrade_timelock_seconds"),
        (Floors { upgrade_timelock_seconds: 90 * day + 1, ..FLOORS }, "floors.upgrade_timelock_seconds"),
        (Floors { total_stake: Uint128::new(1 << 64), ..FLOORS }, "floors.total_stake"),
    ] {
        assert!(start(floors, governance_params(), staking).contains(name), "{floors:?}");
    }
    // As much as there can be is no mistake of the floors; what is refused then is that nothing answers as staking.
    let most = Floors { total_stake: Uint128::new(MAX_TOTAL_STAKE), ..FLOORS };
    assert!(!start(most, governance_params(), staking).contains("floors"));
    assert!(start(FLOORS, governance_params(), "nobody").contains("pars"));
    // An account that is no staking contract.
    assert!(!start(FLOORS, governance_params(), suite.owner.as_str()).is_empty());
}
