//! What others parse: permissions and events, word for word.

use cloud_std::OwnershipAction;
use cw_multi_test::AppResponse;
use provider_registry::contract::permission;
use registry_api::{Attribute, ExecuteMsg};

use crate::chain::{nothing, register, Chain};

#[test]
fn permissions() {
    let text = String::new;
    let messages = [
        register(),
        nothing(),
        ExecuteMsg::Deregister {},
        ExecuteMsg::AddOperator { operator: text() },
        ExecuteMsg::RemoveOperator { operator: text() },
        ExecuteMsg::PublishRoot { der: Default::default() },
        ExecuteMsg::RevokeRoot { fingerprint: Default::default() },
        ExecuteMsg::Attest { provider: text(), attributes: vec![] },
        ExecuteMsg::RevokeAttestation { provider: text() },
        ExecuteMsg::Jail { provider: text(), seconds: 1, reason: text() },
        ExecuteMsg::Unjail { provider: text() },
        ExecuteMsg::SetMarket { market: text() },
        ExecuteMsg::Ownership(OwnershipAction::Offer { new_owner: text() }),
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
    let (owner, market, alice, bob) =
        (chain.owner.clone(), chain.market.clone(), chain.alice.clone(), chain.bob.clone());
    let mut lines = vec![];
    let mut note = |answer: AppResponse| {
        for event in answer.events.iter().filter(|event| event.ty.starts_with("wasm-")) {
            lines.push(event.ty.clone());
            for attribute in event.attributes.iter().filter(|a| a.key != "_contract_address") {
                // Keys and certificates differ in every run; that they are 32 bytes in hex does not.
                let hashed = ["fingerprint", "key_hash"].contains(&attribute.key.as_str());
                let value = if hashed && attribute.value.len() == 64 { "(hash)" } else { &attribute.value };
                lines.push(format!("  {} = {value}", attribute.key));
            }
        }
    };
    note(chain.run(&alice, &register()).unwrap());
    let mut update = nothing();
    if let ExecuteMsg::Update { attributes, .. } = &mut update {
        *attributes = Some(vec![Attribute::new("region", "eu")]);
    }
    note(chain.run(&alice, &update).unwrap());
    note(chain.run(&alice, &ExecuteMsg::AddOperator { operator: bob.to_string() }).unwrap());
    note(chain.run(&alice, &ExecuteMsg::RemoveOperator { operator: bob.to_string() }).unwrap());
    for who in [&alice, &bob] {
        let der = chain.factory(who).der();
        note(chain.publish(who, der.clone()).unwrap());
        let fingerprint = cosmwasm_std::HexBinary::from(cosmwasm_std::Checksum::generate(&der).as_slice());
        note(chain.revoke(who, &fingerprint).unwrap());
    }
    let provider = alice.to_string();
    let attributes = vec![Attribute::new("region", "eu")];
    note(chain.run(&bob, &ExecuteMsg::Attest { provider: provider.clone(), attributes }).unwrap());
    note(chain.run(&bob, &ExecuteMsg::RevokeAttestation { provider: provider.clone() }).unwrap());
    let jail =
        |reason: &str| ExecuteMsg::Jail { provider: provider.clone(), seconds: 60, reason: reason.into() };
    note(chain.run(&market, &jail("silent")).unwrap());
    note(chain.run(&market, &jail("")).unwrap());
    note(chain.run(&owner, &ExecuteMsg::Unjail { provider: provider.clone() }).unwrap());
    note(chain.run(&alice, &ExecuteMsg::Deregister {}).unwrap());
    note(chain.run(&owner, &ExecuteMsg::SetMarket { market: market.to_string() }).unwrap());
    let act = ExecuteMsg::Ownership;
    let offer = OwnershipAction::Offer { new_owner: alice.to_string() };
    note(chain.run(&owner, &act(offer.clone())).unwrap());
    note(chain.run(&owner, &act(OwnershipAction::Withdraw {})).unwrap());
    chain.run(&owner, &act(offer)).unwrap();
    note(chain.run(&alice, &act(OwnershipAction::Accept {})).unwrap());
    insta::assert_snapshot!(lines.join("\n"));
}
