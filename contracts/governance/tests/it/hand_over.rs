//! After the hand-over no key but governance controls anything.

use std::collections::BTreeSet;

use cloud_std::{Bps, OwnershipAction, OwnershipMsg};
use cosmwasm_std::{Addr, CosmosMsg, WasmMsg};
use cw_multi_test::Executor;
use governance_api::ExecuteMsg;
use serde_json::{json, Value};
use staking_api::Fault;
use testing::{call, market_params, migration, staking_params, Suite, DENOM};

use crate::common::{governed, provider};

/// What the goldens of the contracts list as the owner's, so that a new message has to be added here.
const PERMISSIONS: [(&str, &str); 3] = [
    ("market", include_str!("../../../market/tests/golden/permissions.txt")),
    ("staking", include_str!("../../../staking/tests/it/snapshots/it__golden__permissions.snap")),
    ("registry", include_str!("../../../provider-registry/tests/it/snapshots/it__golden__permissions.snap")),
];

/// Every message that only an owner may send, by contract, with arguments that the owner's would be accepted with.
fn owner_messages(suite: &Suite) -> Vec<(&'static str, Addr, Value)> {
    let value = |msg: &dyn erased::Json| msg.json();
    let offer = OwnershipMsg::Ownership(OwnershipAction::Offer { new_owner: suite.tenants[0].to_string() });
    let withdraw = OwnershipMsg::Ownership(OwnershipAction::Withdraw {});
    let offender = provider(suite, 2).to_string();
    let market = suite.market.to_string();
    let mut messages = vec![
        (
            "market",
            suite.market.clone(),
            value(&market_api::ExecuteMsg::UpdateParams { params: market_params(&[DENOM]) }),
        ),
        ("staking", suite.staking.clone(), value(&slash(suite, 1_000))),
        (
            "staking",
            suite.staking.clone(),
            value(&staking_api::ExecuteMsg::UpdateParams { params: staking_params(&suite.treasury) }),
        ),
        (
            "staking",
            suite.staking.clone(),
            value(&staking_api::ExecuteMsg::SetMarket { market: market.clone() }),
        ),
        (
            "registry",
            suite.registry.clone(),
            value(&registry_api::ExecuteMsg::Jail {
                provider: offender.clone(),
                seconds: 60,
                reason: "r".into(),
            }),
        ),
        ("registry", suite.registry.clone(), value(&registry_api::ExecuteMsg::Unjail { provider: offender })),
        ("registry", suite.registry.clone(), value(&registry_api::ExecuteMsg::SetMarket { market })),
    ];
    for (name, contract) in
        [("market", &suite.market), ("staking", &suite.staking), ("registry", &suite.registry)]
    {
        messages.push((name, contract.clone(), value(&offer)));
        messages.push((name, contract.clone(), value(&withdraw)));
    }
    messages
}

mod erased {
    pub trait Json {
        fn json(&self) -> serde_json::Value;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> serde_json::Value {
            serde_json::to_value(self).expect("a message is serialisable")
        }
    }
}

fn slash(suite: &Suite, bps: u16) -> staking_api::ExecuteMsg {
    staking_api::ExecuteMsg::Slash {
        provider: provider(suite, 2).to_string(),
        fraction: Bps(bps),
        fault: Fault::Governance,
        fault_at: 1,
        harmed: None,
        reason: "proposal".into(),
    }
}

/// As the goldens spell it: `update_params`, `ownership.offer`.
fn name(msg: &Value) -> String {
    let (outer, inner) = msg.as_object().unwrap().iter().next().unwrap();
    match inner.as_object().and_then(|inner| inner.keys().next()) {
        Some(action) if outer == "ownership" => format!("{outer}.{action}"),
        _ => outer.clone(),
    }
}

/// All accounts and contracts of a suite but governance, and somebody whom nobody knows.
fn everyone_else(suite: &Suite) -> Vec<Addr> {
    let keys = suite.providers.iter().flat_map(|keys| [&keys.owner, &keys.operator, &keys.payout]);
    let contracts = [&suite.market, &suite.staking, &suite.registry];
    let others = [&suite.owner, &suite.treasury];
    let mut all: Vec<_> = keys.chain(&suite.tenants).chain(contracts).chain(others).cloned().collect();
    all.push(suite.app.api().addr_make("nobody"));
    all
}

#[test]
fn the_list_of_owner_messages_is_complete() {
    let suite = governed();
    let listed: BTreeSet<_> =
        owner_messages(&suite).iter().map(|(contract, _, msg)| (*contract, name(msg))).collect();
    let mut expected = BTreeSet::new();
    for (contract, golden) in PERMISSIONS {
        for line in golden.lines() {
            if let Some((message, permission)) = line.split_once(": ") {
                if permission.starts_with("Owner") {
                    expected.insert((contract, message.to_owned()));
                }
            }
        }
    }
    assert_eq!(listed, expected);
    assert!(expected.len() >= 13);
}

#[test]
fn no_other_key_does_anything_that_an_owner_may() {
    let mut suite = governed();
    let mut checked = 0;
    for (name, contract, msg) in owner_messages(&suite) {
        for sender in everyone_else(&suite) {
            // The market slashes and jails for faults that it sees itself: not for governance's, and no key is it.
            if sender == suite.market && name == "registry" && msg.get("jail").is_some() {
                continue;
            }
            suite.execute(&contract, &sender, &msg, &[]).unwrap_err();
            checked += 1;
        }
        let governance = suite.governance.clone();
        suite.execute(&contract, &governance, &msg, &[]).unwrap();
    }
    assert!(checked > 200, "{checked}");
}

#[test]
fn no_other_key_is_an_admin_on_the_chain() {
    let mut suite = governed();
    let all = [suite.market.clone(), suite.staking.clone(), suite.registry.clone(), suite.governance.clone()];
    for contract in &all {
        let info = suite.app.wrap().query_wasm_contract_info(contract).unwrap();
        assert_eq!(info.admin.as_ref(), Some(&suite.governance));
        let contract_addr = contract.to_string();
        for sender in everyone_else(&suite) {
            let admin = sender.to_string();
            for msg in [
                WasmMsg::UpdateAdmin { contract_addr: contract_addr.clone(), admin },
                WasmMsg::ClearAdmin { contract_addr: contract_addr.clone() },
                WasmMsg::Migrate {
                    contract_addr: contract_addr.clone(),
                    new_code_id: info.code_id,
                    msg: b"{}".into(),
                },
            ] {
                suite.app.execute(sender.clone(), CosmosMsg::from(msg)).unwrap_err();
            }
        }
    }
}

#[test]
fn nothing_is_left_on_offer() {
    let mut suite = governed();
    let accept = OwnershipMsg::Ownership(OwnershipAction::Accept {});
    for contract in [suite.market.clone(), suite.staking.clone(), suite.registry.clone()] {
        for sender in everyone_else(&suite) {
            suite.execute(&contract, &sender, &accept, &[]).unwrap_err().says(&["was not offered"]);
        }
    }
}

#[test]
fn governance_takes_what_is_offered_and_nothing_else() {
    let mut suite = Suite::builder().build();
    let (owner, stranger, market) = (suite.owner.clone(), suite.tenants[0].clone(), suite.market.clone());
    let accept = ExecuteMsg::AcceptOwnership { contract: market.to_string() };
    suite.governance(&stranger, &accept, &[]).unwrap_err().says(&["was not offered"]);
    let offer = OwnershipAction::Offer { new_owner: suite.governance.to_string() };
    suite.execute(&market, &owner, &OwnershipMsg::Ownership(offer), &[]).unwrap();
    suite.governance(&stranger, &accept, &[]).unwrap();
    let config: market_api::Config = suite.query_market(&market_api::QueryMsg::Config {});
    assert_eq!((config.owner, config.pending_owner), (suite.governance.clone(), None));
    let nobody = ExecuteMsg::AcceptOwnership { contract: "nobody".into() };
    suite.governance(&stranger, &nobody, &[]).unwrap_err();
    let account = ExecuteMsg::AcceptOwnership { contract: stranger.to_string() };
    suite.governance(&stranger, &account, &[]).unwrap_err();
}

#[test]
fn governance_can_hand_everything_to_a_successor() {
    let mut suite = governed();
    let (heir, market) = (suite.tenants[0].clone(), suite.market.clone());
    let offer = OwnershipMsg::Ownership(OwnershipAction::Offer { new_owner: heir.to_string() });
    let admin = WasmMsg::UpdateAdmin { contract_addr: market.to_string(), admin: heir.to_string() };
    suite.decide(vec![call(&market, &offer), admin.into()]).unwrap();
    let accept = OwnershipMsg::Ownership(OwnershipAction::Accept {});
    suite.execute(&market, &heir, &accept, &[]).unwrap();
    let info = suite.app.wrap().query_wasm_contract_info(&market).unwrap();
    assert_eq!(info.admin, Some(heir));
}

#[test]
fn the_admin_migrates_only_by_a_proposal_to_a_newer_version() {
    let mut suite = governed();
    for contract in
        [suite.market.clone(), suite.staking.clone(), suite.registry.clone(), suite.governance.clone()]
    {
        let code_id = suite.app.wrap().query_wasm_contract_info(&contract).unwrap().code_id;
        let id = suite.passed(vec![migration(&contract, code_id, &json!({}))]).unwrap();
        suite.execute_proposal(id).unwrap();
        // The same version is no newer one.
        assert_eq!(suite.proposal(id).status, governance_api::Status::Executable);
        set_older(&mut suite, &contract);
        let id = suite.passed(vec![migration(&contract, code_id, &json!({}))]).unwrap();
        suite.execute_proposal(id).unwrap();
        assert_eq!(suite.proposal(id).status, governance_api::Status::Executed, "{contract}");
        suite.assert_invariants();
    }
}

/// Pretends that the contract was stored by version 0.0.1.
fn set_older(suite: &mut Suite, contract: &Addr) {
    let mut storage = suite.app.contract_storage_mut(contract);
    let stored = cw2::get_contract_version(storage.as_ref()).unwrap();
    cw2::set_contract_version(storage.as_mut(), stored.contract, "0.0.1").unwrap();
}
