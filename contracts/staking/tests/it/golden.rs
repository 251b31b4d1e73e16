//! What others parse: permissions and events, word for word.

use cloud_std::{Bps, OwnershipAction};
use cosmwasm_std::Uint128;
use cw_multi_test::AppResponse;
use staking::contract::permission;
use staking_api::{ExecuteMsg, Fault};

use crate::chain::{params, slash, Chain, UNBONDING};

#[test]
fn permissions() {
    let chain = Chain::new();
    let messages = [
        ExecuteMsg::Stake {},
        ExecuteMsg::Unbond { amount: Uint128::one() },
        ExecuteMsg::Claim {},
        slash(&chain, &chain.alice, 1, Fault::LeaseBroken, 1),
        ExecuteMsg::UpdateParams { params: params(&chain.treasury) },
        ExecuteMsg::SetMarket { market: String::new() },
        ExecuteMsg::Ownership(OwnershipAction::Offer { new_owner: String::new() }),
        ExecuteMsg::Ownership(OwnershipAction::Withdraw {}),
        ExecuteMsg::Ownership(OwnershipAction::Accept {}),
    ];
    let table: Vec<String> =
        messages.iter().map(|msg| format!("{}: {:?}", name(msg), permission(msg))).collect();
    insta::assert_snapshot!(table.join("\n"));
}

fn name(msg: &ExecuteMsg) -> String {
    let value = serde_json::to_value(msg).unwrap();
    let (outer, inner) = value.as_object().unwrap().iter().next().unwrap();
    match inner.as_object().and_then(|inner| inner.keys().next()) {
        Some(action) if outer == "ownership" => format!("{outer}.{action}"),
        _ => outer.clone(),
    }
}

#[test]
fn events() {
    let mut chain = Chain::new();
    let (owner, market, alice, tenant) =
        (chain.owner.clone(), chain.market.clone(), chain.alice.clone(), chain.tenant.clone());
    let mut lines = vec![];
    let mut note = |answer: AppResponse| {
        for event in answer.events.iter().filter(|event| event.ty.starts_with("wasm-")) {
            lines.push(event.ty.clone());
            for attribute in event.attributes.iter().filter(|a| a.key != "_contract_address") {
                lines.push(format!("  {} = {}", attribute.key, attribute.value));
            }
        }
    };
    let funds = cosmwasm_std::coins(1_000, "uakash");
    note(chain.run_with(&alice, &ExecuteMsg::Stake {}, &funds).unwrap());
    note(chain.run(&alice, &ExecuteMsg::Unbond { amount: 100u128.into() }).unwrap());
    for (sender, fault) in
        [(&market, Fault::ActivationExpired), (&market, Fault::LeaseBroken), (&owner, Fault::Governance)]
    {
        let msg = slash(&chain, &alice, 1_000, fault, chain.now());
        note(chain.run(sender, &msg).unwrap());
    }
    let bare = ExecuteMsg::Slash {
        provider: chain.bob.to_string(),
        fraction: Bps(1),
        fault: Fault::LeaseBroken,
        fault_at: 1,
        harmed: None,
        reason: String::new(),
    };
    note(chain.run(&market, &bare).unwrap());
    chain.pass(UNBONDING);
    note(chain.run(&alice, &ExecuteMsg::Claim {}).unwrap());
    note(chain.run(&tenant, &ExecuteMsg::Claim {}).unwrap());
    note(chain.run(&owner, &ExecuteMsg::UpdateParams { params: params(&chain.treasury) }).unwrap());
    note(chain.run(&owner, &ExecuteMsg::SetMarket { market: market.to_string() }).unwrap());
    let act = ExecuteMsg::Ownership;
    let offer = OwnershipAction::Offer { new_owner: alice.to_string() };
    note(chain.run(&owner, &act(offer.clone())).unwrap());
    note(chain.run(&owner, &act(OwnershipAction::Withdraw {})).unwrap());
    chain.run(&owner, &act(offer)).unwrap();
    note(chain.run(&alice, &act(OwnershipAction::Accept {})).unwrap());
    insta::assert_snapshot!(lines.join("\n"));
}
