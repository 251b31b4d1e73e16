//! When a proposal is executed, what happens when it fails, and that it happens once.

use governance_api::{ExecuteMsg, ProposalId, Status, Vote};
use serde_json::json;
use testing::{call, evil, Suite, DENOM, PURSE};

use crate::common::{books, end_timelock, end_voting, endow, governed, payment, provider, status};

fn last_event<'a>(response: &'a cw_multi_test::AppResponse, ty: &str) -> Option<&'a cosmwasm_std::Event> {
    response.events.iter().rev().find(|event| event.ty == format!("wasm-{ty}"))
}

#[test]
fn a_stranger_executes_after_the_time_lock_and_never_before() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let (alice, stranger) = (provider(&suite, 0), suite.tenants[1].clone());
    let id = suite.propose(&alice, vec![payment(&suite.treasury, 7)]).unwrap();
    for n in 0..3 {
        let voter = provider(&suite, n);
        suite.vote(&voter, id, Vote::Yes).unwrap();
    }
    let execute = ExecuteMsg::Execute { proposal: id };
    // The outcome is certain, and yet voting goes on.
    suite.governance(&stranger, &execute, &[]).unwrap_err().says(&["it is Voting", "earliest execution"]);
    end_voting(&mut suite, id);
    suite.governance(&stranger, &execute, &[]).unwrap_err().says(&["it is Passed", "earliest execution"]);
    let at = suite.proposal(id).executable_at;
    suite.pass_until(at - 1);
    suite.governance(&stranger, &execute, &[]).unwrap_err().says(&["it is Passed"]);
    suite.pass(1);
    assert_eq!(status(&suite, id), Status::Executable);
    suite.governance(&stranger, &execute, &[]).unwrap();
    assert_eq!(suite.balance(&suite.treasury), 7);
    let proposal = suite.proposal(id);
    assert_eq!((proposal.status, proposal.executed_at, proposal.failure), (Status::Executed, Some(at), None));
}

#[test]
fn a_proposal_is_executed_once() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let id = suite.passed(vec![payment(&suite.treasury, 1)]).unwrap();
    suite.execute_proposal(id).unwrap();
    suite.execute_proposal(id).unwrap_err().says(&["it is Executed"]);
    suite.pass(100);
    suite.execute_proposal(id).unwrap_err().says(&["it is Executed"]);
    assert_eq!(suite.balance(&suite.treasury), 1);
}

#[test]
fn what_did_not_pass_is_not_executed() {
    for (votes, expected) in [
        (vec![], "NoQuorum"),
        (vec![Vote::No, Vote::Yes], "Rejected"),
        (vec![Vote::Veto, Vote::Yes], "Vetoed"),
    ] {
        let mut suite = governed();
        let alice = provider(&suite, 0);
        let id = suite.propose(&alice, vec![payment(&alice, 0)]).unwrap();
        for (n, vote) in votes.into_iter().enumerate() {
            let voter = provider(&suite, n);
            suite.vote(&voter, id, vote).unwrap();
        }
        end_timelock(&mut suite, id);
        suite.execute_proposal(id).unwrap_err().says(&[expected]);
    }
    let mut suite = governed();
    suite.execute_proposal(ProposalId(1)).unwrap_err().says(&["no proposal 1"]);
}

#[test]
fn what_nobody_executes_in_time_expires() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let messages = vec![payment(&suite.treasury, 1)];
    let (first, second) = (suite.passed(messages.clone()).unwrap(), suite.passed(messages).unwrap());
    suite.pass_until(suite.proposal(second).expires_at - 1);
    assert_eq!((status(&suite, first), status(&suite, second)), (Status::Expired, Status::Executable));
    suite.execute_proposal(first).unwrap_err().says(&["it is Expired since"]);
    suite.execute_proposal(second).unwrap();
    assert_eq!(suite.balance(&suite.treasury), 1);
}

#[test]
fn a_failure_undoes_all_messages_stays_on_the_record_and_holds_up_nothing() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let nonsense = call(&suite.market, &json!({"update_params": {"params": 1}}));
    let messages = vec![payment(&suite.treasury, 1), nonsense];
    let (bad, good) =
        (suite.passed(messages).unwrap(), suite.passed(vec![payment(&suite.treasury, 2)]).unwrap());

    let response = suite.execute_proposal(bad).unwrap();
    let reason = last_event(&response, "proposal_failed").unwrap();
    assert!(reason.attributes.iter().any(|a| a.key == "reason" && !a.value.is_empty()));
    assert!(last_event(&response, "proposal_executed").is_none());
    assert_eq!(suite.balance(&suite.treasury), 0);
    let proposal = suite.proposal(bad);
    assert_eq!((proposal.status, proposal.executed_at), (Status::Executable, None));
    let failure = proposal.failure.unwrap();
    assert_eq!(failure.at, suite.now());
    let bytes = 1..=governance_api::limits::MAX_FAILURE_BYTES;
    assert!(bytes.contains(&failure.reason.len()));

    suite.execute_proposal(good).unwrap();
    assert_eq!(suite.balance(&suite.treasury), 2);
    suite.assert_invariants();
}

#[test]
fn a_failed_execution_is_tried_again_until_it_expires() {
    let mut suite = governed();
    let messages = vec![payment(&suite.treasury, 7)];
    let (first, second) = (suite.passed(messages.clone()).unwrap(), suite.passed(messages).unwrap());
    for id in [first, second, first] {
        suite.execute_proposal(id).unwrap();
        assert_eq!((status(&suite, id), suite.balance(&suite.treasury)), (Status::Executable, 0));
    }
    // What failed for lack of money succeeds once there is some, once.
    endow(&mut suite, 100);
    suite.execute_proposal(first).unwrap();
    let proposal = suite.proposal(first);
    assert_eq!((proposal.status, suite.balance(&suite.treasury)), (Status::Executed, 7));
    assert!(proposal.failure.is_some() && proposal.executed_at == Some(suite.now()));
    suite.execute_proposal(first).unwrap_err().says(&["it is Executed"]);

    suite.pass_until(suite.proposal(second).expires_at);
    suite.execute_proposal(second).unwrap_err().says(&["it is Expired"]);
    assert_eq!(suite.balance(&suite.treasury), 7);
}

#[test]
fn the_treasury_is_spent_and_deposits_are_not() {
    let mut suite = governed();
    endow(&mut suite, 50);
    // The deposit of 100 lies beside the 50.
    let too_much = suite.passed(vec![payment(&suite.treasury, 30), payment(&suite.treasury, 21)]).unwrap();
    assert_eq!((books(&suite).balance.u128(), books(&suite).treasury.u128()), (150, 50));
    suite.execute_proposal(too_much).unwrap();
    let proposal = suite.proposal(too_much);
    assert!(proposal.failure.is_some());
    assert_eq!((suite.balance(&suite.treasury), books(&suite).treasury.u128()), (0, 50));

    let all = suite.passed(vec![payment(&suite.treasury, 30), payment(&suite.treasury, 20)]).unwrap();
    suite.execute_proposal(all).unwrap();
    assert_eq!(status(&suite, all), Status::Executed);
    assert_eq!((suite.balance(&suite.treasury), books(&suite).treasury.u128()), (50, 0));
    for id in [too_much, all] {
        let stranger = suite.tenants[1].clone();
        suite.governance(&stranger, &ExecuteMsg::SettleDeposit { proposal: id }, &[]).unwrap();
    }
    assert_eq!(books(&suite).balance.u128(), 0);
}

#[test]
fn coins_that_go_with_a_call_or_are_burned_count_as_spent() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let stake = |amount: u128| {
        let msg = cosmwasm_std::to_json_binary(&staking_api::ExecuteMsg::Stake {}).unwrap();
        let funds = cosmwasm_std::coins(amount, DENOM);
        cosmwasm_std::WasmMsg::Execute { contract_addr: suite.staking.to_string(), msg, funds }.into()
    };
    let burn =
        |amount: u128| cosmwasm_std::BankMsg::Burn { amount: cosmwasm_std::coins(amount, DENOM) }.into();
    let (too_much, right) = (vec![stake(5), burn(6)], vec![stake(5), burn(5)]);
    let id = suite.passed(too_much).unwrap();
    suite.execute_proposal(id).unwrap();
    assert_eq!(status(&suite, id), Status::Executable);
    let id = suite.passed(right).unwrap();
    suite.execute_proposal(id).unwrap();
    assert_eq!((status(&suite, id), books(&suite).treasury.u128()), (Status::Executed, 0));
}

#[test]
fn a_contract_that_is_called_cannot_execute_the_proposal_again() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let hostile = suite.evil();
    let (governance, treasury) = (suite.governance.clone(), suite.treasury.clone());
    let again = evil::Call::new(&governance, &ExecuteMsg::Execute { proposal: ProposalId(1) }, &[]);
    let msg = evil::ExecuteMsg::Reenter { first: again.clone(), again };
    let id = suite.passed(vec![payment(&treasury, 1), call(&hostile, &msg)]).unwrap();
    assert_eq!(id, ProposalId(1));
    suite.execute_proposal(id).unwrap();
    assert_eq!((status(&suite, id), suite.balance(&treasury)), (Status::Executed, 1));
}

#[test]
fn a_contract_that_is_called_cannot_take_the_deposit_twice() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let hostile = suite.evil();
    let alice = provider(&suite, 0);
    let settle = ExecuteMsg::SettleDeposit { proposal: ProposalId(1) };
    let settle = evil::Call::new(&suite.governance, &settle, &[]);
    let msg = evil::ExecuteMsg::Reenter { first: settle.clone(), again: settle };
    let id = suite.passed(vec![call(&hostile, &msg), payment(&suite.treasury, 10)]).unwrap();
    let before = suite.balance(&alice);
    suite.execute_proposal(id).unwrap();
    assert_eq!((status(&suite, id), suite.balance(&alice)), (Status::Executed, before + 100));
    assert_eq!((books(&suite).balance.u128(), suite.balance(&suite.treasury)), (0, 10));
}

#[test]
fn nobody_runs_messages_or_changes_parameters_but_a_proposal() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let id = suite.passed(vec![payment(&suite.treasury, 1)]).unwrap();
    let params = crate::common::config(&suite).params;
    let (alice, owner) = (provider(&suite, 0), suite.owner.clone());
    let peers = [suite.market.clone(), suite.staking.clone(), suite.registry.clone()];
    for sender in [alice, owner].into_iter().chain(peers) {
        for msg in [ExecuteMsg::Run { proposal: id }, ExecuteMsg::UpdateParams { params: params.clone() }] {
            suite.governance(&sender, &msg, &[]).unwrap_err().says(&["only a proposal"]);
        }
    }
    // Nor does the contract itself outside an execution.
    let itself = suite.governance.clone();
    suite
        .governance(&itself, &ExecuteMsg::Run { proposal: id }, &[])
        .unwrap_err()
        .says(&["not being executed"]);
    assert_eq!(suite.balance(&suite.treasury), 0);
}

#[test]
fn ten_messages_run_in_their_order() {
    let mut suite = governed();
    endow(&mut suite, 10);
    let (treasury, tenant) = (suite.treasury.clone(), suite.tenants[1].clone());
    let messages = (0..10).map(|n| payment(if n % 2 == 0 { &treasury } else { &tenant }, 1)).collect();
    let response = suite.decide(messages).unwrap();
    let receivers = response.events.iter().filter(|event| event.ty == "transfer");
    let receivers: Vec<_> = receivers
        .flat_map(|event| event.attributes.iter())
        .filter(|attribute| attribute.key == "recipient")
        .map(|attribute| attribute.value.as_str())
        .collect();
    assert_eq!(receivers, [treasury.as_str(), tenant.as_str()].repeat(5));
    assert_eq!((suite.balance(&treasury), suite.balance(&tenant)), (5, PURSE + 5));
}

#[test]
fn an_execution_takes_no_funds() {
    let mut suite: Suite = governed();
    let id = suite.passed(vec![payment(&suite.treasury, 0)]).unwrap();
    let (owner, funds) = (suite.owner.clone(), cosmwasm_std::coins(1, DENOM));
    let execute = ExecuteMsg::Execute { proposal: id };
    suite.governance(&owner, &execute, &funds).unwrap_err().says(&["takes no funds"]);
}
