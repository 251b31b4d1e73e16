//! Who may put what to the vote.

use cosmwasm_std::{coins, BankMsg, Binary, Coin, CosmosMsg, WasmMsg};
use governance_api::{ExecuteMsg, Floors, Status};
use serde_json::json;
use staking_api::ExecuteMsg as Staking;
use testing::{call, migration, proposal_id, Suite, DENOM, FLOORS};

use crate::common::{books, config, governed, governed_with, payment, provider};

fn draft(title: &str, description: &str, messages: Vec<CosmosMsg>) -> ExecuteMsg {
    ExecuteMsg::Propose { title: title.into(), description: description.into(), messages }
}

#[test]
fn a_staker_proposes_and_the_proposal_carries_the_terms_of_its_beginning() {
    let mut suite = governed();
    let (alice, params) = (provider(&suite, 0), config(&suite).params);
    let (now, height) = (suite.now(), suite.height());
    let id = suite.propose(&alice, vec![payment(&alice, 1)]).unwrap();
    let proposal = suite.proposal(id);
    assert_eq!((proposal.id.0, proposal.proposer, proposal.status), (1, alice, Status::Voting));
    assert_eq!((proposal.start_height, proposal.total_weight.u128()), (height, 3_000_000));
    assert_eq!((proposal.created_at, proposal.voting_ends_at), (now, now + params.voting_seconds));
    assert_eq!(proposal.executable_at, proposal.voting_ends_at + params.timelock_seconds);
    assert_eq!(proposal.expires_at, proposal.executable_at + params.execution_seconds);
    assert_eq!(
        (proposal.quorum, proposal.threshold, proposal.veto),
        (params.quorum, params.threshold, params.veto)
    );
    assert_eq!(config(&suite).last_proposal, Some(id));
    let next = provider(&suite, 1);
    assert_eq!(suite.propose(&next, vec![payment(&next, 1)]).unwrap().0, 2);
}

#[test]
fn an_account_without_stake_cannot_propose() {
    let mut suite = governed();
    for stranger in [suite.tenants[0].clone(), suite.owner.clone(), suite.providers[0].operator.clone()] {
        let refused = suite.propose(&stranger, vec![payment(&stranger, 1)]).unwrap_err();
        refused.says(&["had no stake at the beginning of block", "only stakers propose"]);
    }
    assert_eq!(books(&suite).balance.u128(), 0);
}

#[test]
fn stake_bought_in_the_same_block_does_not_propose_and_counts_a_block_later() {
    let mut suite = governed();
    let tenant = suite.tenants[0].clone();
    suite.stake(&tenant, 5_000_000).unwrap();
    let messages = vec![payment(&tenant, 1)];
    suite.propose(&tenant, messages.clone()).unwrap_err().says(&["had no stake"]);
    suite.pass(1);
    suite.propose(&tenant, messages).unwrap();
}

#[test]
fn stake_that_left_before_the_block_does_not_propose() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    suite.staking(&alice, &Staking::Unbond { amount: 1_000_000u128.into() }, &[]).unwrap();
    suite.pass(1);
    suite.propose(&alice, vec![payment(&alice, 1)]).unwrap_err().says(&["had no stake"]);
}

#[test]
fn nothing_is_proposed_before_enough_is_bonded_in_all() {
    let floors = Floors { total_stake: 2_000_001u128.into(), ..FLOORS };
    let mut suite = Suite::builder().providers(2).tenants(1).floors(floors).build();
    suite.pass(1);
    let (alice, tenant) = (provider(&suite, 0), suite.tenants[0].clone());
    let messages = vec![payment(&alice, 1)];
    let refused = suite.propose(&alice, messages.clone()).unwrap_err();
    refused.says(&["once 2000001 is bonded", "it was 2000000"]);
    suite.stake(&tenant, 1).unwrap();
    suite.propose(&alice, messages.clone()).unwrap_err().says(&["it was 2000000"]);
    suite.pass(1);
    let id = suite.propose(&alice, messages.clone()).unwrap();
    // Once it has begun it goes on, also when stake leaves.
    suite.staking(&tenant, &Staking::Unbond { amount: 1u128.into() }, &[]).unwrap();
    suite.pass(1);
    suite.propose(&alice, messages).unwrap_err().says(&["it was 2000000"]);
    suite.vote(&alice, id, governance_api::Vote::Yes).unwrap();
}

#[test]
fn the_deposit_is_exact() {
    let mut suite = Suite::builder().providers(1).denoms(&[DENOM, "uother"]).build();
    suite.pass(1);
    let alice = provider(&suite, 0);
    let msg = draft("t", "d", vec![payment(&alice, 1)]);
    for (funds, parts) in [
        (vec![], ["exactly one denom", "got none"]),
        (coins(99, DENOM), ["exactly 100uakash", "got 99uakash"]),
        (coins(101, DENOM), ["exactly 100uakash", "got 101uakash"]),
        (coins(100, "uother"), ["exactly 100uakash", "got 100uother"]),
        (vec![Coin::new(100u128, DENOM), Coin::new(1u128, "uother")], ["exactly one denom", "uother"]),
    ] {
        suite.governance(&alice, &msg, &funds).unwrap_err().says(&parts);
    }
    suite.governance(&alice, &msg, &coins(100, DENOM)).unwrap();
    assert_eq!((books(&suite).deposits.u128(), books(&suite).balance.u128()), (100, 100));
}

#[test]
fn without_a_deposit_a_proposal_takes_no_funds() {
    let mut suite = governed_with(|params| params.deposit = 0u128.into());
    let alice = provider(&suite, 0);
    let msg = draft("t", "d", vec![payment(&alice, 1)]);
    suite.governance(&alice, &msg, &coins(1, DENOM)).unwrap_err().says(&["takes no funds"]);
    let id = proposal_id(&suite.governance(&alice, &msg, &[]).unwrap()).unwrap();
    crate::common::end_voting(&mut suite, id);
    let settle = ExecuteMsg::SettleDeposit { proposal: id };
    suite.governance(&alice, &settle, &[]).unwrap_err().says(&["no deposit left"]);
}

#[test]
fn texts_are_bounded_and_printable() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    let mut attempt = |title: &str, description: &str| {
        let msg = draft(title, description, vec![payment(&alice, 1)]);
        suite.governance(&alice, &msg, &coins(100, DENOM))
    };
    for (title, description, field) in [
        ("", "d", "title"),
        (" \t", "d", "title"),
        ("two\nlines", "d", "title"),
        ("\u{1b}[31m", "d", "title"),
        ("t", "", "description"),
        ("t", "a\u{0}b", "description"),
    ] {
        attempt(title, description).unwrap_err().says(&[field, "no control characters"]);
    }
    attempt(&"x".repeat(129), "d").unwrap_err().says(&["title must have 1 to 128 bytes"]);
    attempt("t", &"é".repeat(2_049)).unwrap_err().says(&["description must have 1 to 4096 bytes"]);
    attempt(&"x".repeat(128), &"é".repeat(2_048)).unwrap();
    attempt("t", "first line\nsecond line").unwrap();
}

#[test]
fn messages_are_bounded_in_number_and_size() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    suite.propose(&alice, vec![]).unwrap_err().says(&["1 to 10 messages, got 0"]);
    let eleven = vec![payment(&alice, 1); 11];
    suite.propose(&alice, eleven).unwrap_err().says(&["1 to 10 messages, got 11"]);
    suite.propose(&alice, vec![payment(&alice, 1); 10]).unwrap();
    let long = |bytes: usize| vec![call(&suite.market, &json!({ "x": "y".repeat(bytes) }))];
    let (too_long, fits) = (long(25_000), long(24_000));
    suite.propose(&alice, too_long).unwrap_err().says(&["at most 32768 bytes"]);
    suite.propose(&alice, fits).unwrap();
}

#[test]
fn addresses_in_messages_are_checked_when_proposed() {
    let mut suite = governed();
    let (alice, market) = (provider(&suite, 0), suite.market.to_string());
    let bad = "nobody".to_owned();
    let msg = Binary::from(b"{}");
    let (label, funds, salt) = (String::from("l"), vec![], Binary::from(b"s"));
    let (admin, code_id) = (Some(bad.clone()), 1);
    let messages: Vec<CosmosMsg> = vec![
        BankMsg::Send { to_address: alice.to_string().to_uppercase(), amount: coins(1, DENOM) }.into(),
        WasmMsg::Execute { contract_addr: bad.clone(), msg: msg.clone(), funds: vec![] }.into(),
        WasmMsg::Migrate { contract_addr: bad.clone(), new_code_id: 1, msg: msg.clone() }.into(),
        WasmMsg::ClearAdmin { contract_addr: bad.clone() }.into(),
        WasmMsg::UpdateAdmin { contract_addr: market, admin: bad.clone() }.into(),
        WasmMsg::UpdateAdmin { contract_addr: bad, admin: alice.to_string() }.into(),
        WasmMsg::Instantiate { admin: admin.clone(), code_id, msg: msg.clone(), funds, label }.into(),
        WasmMsg::Instantiate2 { admin, code_id, msg, funds: vec![], label: "l".into(), salt }.into(),
    ];
    for message in messages {
        // The second of two, so that the error has to name it.
        let both = vec![payment(&alice, 1), message];
        suite.propose(&alice, both).unwrap_err().says(&["message 1 names", "no address of this chain"]);
    }
}

#[test]
fn kinds_that_could_act_for_governance_elsewhere_are_not_carried() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    let any =
        cosmwasm_std::AnyMsg { type_url: "/cosmos.authz.v1beta1.MsgGrant".into(), value: Binary::default() };
    for message in [CosmosMsg::Any(any), CosmosMsg::Custom(cosmwasm_std::Empty {})] {
        suite.propose(&alice, vec![message]).unwrap_err().says(&["message 0", "do not carry"]);
    }
}

#[test]
fn to_itself_governance_sends_only_new_parameters_within_their_bounds() {
    let mut suite = governed();
    let (alice, this) = (provider(&suite, 0), suite.governance.clone());
    let good = config(&suite).params;
    let mut bad = good.clone();
    bad.quorum.0 = 999;
    let update = |params| ExecuteMsg::UpdateParams { params };
    let proposal = governance_api::ProposalId(1);
    for msg in [
        ExecuteMsg::Run { proposal },
        ExecuteMsg::Execute { proposal },
        ExecuteMsg::Vote { proposal, vote: governance_api::Vote::Yes },
        ExecuteMsg::SettleDeposit { proposal },
        ExecuteMsg::AcceptOwnership { contract: suite.market.to_string() },
        draft("t", "d", vec![]),
    ] {
        suite.propose(&alice, vec![call(&this, &msg)]).unwrap_err().says(&["only update_params"]);
    }
    suite.propose(&alice, vec![call(&this, &json!({"nonsense": 1}))]).unwrap_err().says(&["nonsense"]);
    let paid = WasmMsg::Execute {
        contract_addr: this.to_string(),
        msg: cosmwasm_std::to_json_binary(&update(good.clone())).unwrap(),
        funds: coins(1, DENOM),
    };
    suite.propose(&alice, vec![paid.into()]).unwrap_err().says(&["without funds"]);
    suite.propose(&alice, vec![call(&this, &update(bad))]).unwrap_err().says(&["message 0: quorum must be"]);
    suite.propose(&alice, vec![call(&this, &update(good))]).unwrap();
}

#[test]
fn what_changes_the_rules_waits_for_the_upgrade_time_lock() {
    let mut suite = governed();
    let (alice, market) = (provider(&suite, 0), suite.market.clone());
    let params = config(&suite).params;
    let offer = json!({"ownership": {"offer": {"new_owner": alice.to_string()}}});
    let (contract_addr, admin) = (market.to_string(), alice.to_string());
    let upgrades = [
        migration(&market, 1, &json!({})),
        WasmMsg::UpdateAdmin { contract_addr: contract_addr.clone(), admin }.into(),
        WasmMsg::ClearAdmin { contract_addr }.into(),
        call(&market, &offer),
        call(&suite.staking, &json!({"set_market": {"market": alice.to_string()}})),
        call(&suite.registry, &json!({"set_market": {"market": alice.to_string()}})),
        call(&suite.governance, &ExecuteMsg::UpdateParams { params: params.clone() }),
    ];
    for message in upgrades {
        // Hidden behind an ordinary one.
        let id = suite.propose(&alice, vec![payment(&alice, 1), message]).unwrap();
        let proposal = suite.proposal(id);
        assert!(proposal.upgrade);
        assert_eq!(proposal.executable_at - proposal.voting_ends_at, params.upgrade_timelock_seconds);
    }
    let id = suite.propose(&alice, vec![call(&market, &json!({"update_params": {}}))]).unwrap();
    assert!(!suite.proposal(id).upgrade);
}

#[test]
fn unknown_fields_are_refused() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    for msg in [
        json!({"propose": {"title": "t", "description": "d", "messages": [], "x": 1}}),
        json!({"vote": {"proposal": 1, "vote": "maybe"}}),
        json!({"vote": {"proposal": 1, "vote": "yes", "weight": "5"}}),
        json!({"execute": {"proposal": -1}}),
        json!({"cancel": {"proposal": 1}}),
    ] {
        suite.execute(&suite.governance.clone(), &alice, &msg, &[]).unwrap_err();
    }
}
