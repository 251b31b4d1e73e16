//! Operator keys: what they are, and that they may do nothing here.

use cosmwasm_std::Addr;
use registry_api::{ExecuteMsg, QueryMsg, RegistryClient};

use crate::chain::{nothing, Chain, ErrorText};

fn add(operator: &Addr) -> ExecuteMsg {
    ExecuteMsg::AddOperator { operator: operator.to_string() }
}

fn remove(operator: &Addr) -> ExecuteMsg {
    ExecuteMsg::RemoveOperator { operator: operator.to_string() }
}

#[test]
fn an_operator_is_added_and_removed_at_once() {
    let mut chain = Chain::new();
    let (alice, bob) = (chain.alice.clone(), chain.bob.clone());
    chain.register(&alice);
    chain.run(&alice, &add(&bob)).unwrap();
    assert!(chain.provider(&alice).may_operate(&bob));
    let of: Option<Addr> = chain.query(&QueryMsg::ProviderOfOperator { operator: bob.to_string() }).unwrap();
    assert_eq!(of, Some(alice.clone()));
    // Other contracts read the same.
    let raw = RegistryClient(&chain.registry).provider(&chain.app.wrap(), &alice).unwrap();
    assert_eq!(raw, Some(chain.provider(&alice)));

    chain.run(&alice, &remove(&bob)).unwrap();
    assert!(!chain.provider(&alice).may_operate(&bob));
    chain.run(&alice, &remove(&bob)).refused(&["is not an operator key of"]);
}

#[test]
fn a_key_works_for_one_provider_and_is_none_itself() {
    let mut chain = Chain::new();
    let (alice, bob, carol) = (chain.alice.clone(), chain.bob.clone(), chain.carol.clone());
    chain.register(&alice);
    chain.register(&carol);
    chain.run(&alice, &add(&bob)).unwrap();
    chain.run(&alice, &add(&bob)).refused(&["works for", alice.as_str(), "already"]);
    chain.run(&carol, &add(&bob)).refused(&["works for", alice.as_str(), "already"]);
    chain.run(&carol, &remove(&bob)).refused(&["is not an operator key of"]);
    chain.run(&alice, &add(&carol)).refused(&["is a provider itself"]);
    chain.run(&alice, &add(&alice)).refused(&["is a provider itself"]);
    chain.run(&bob, &crate::chain::register()).refused(&["is an operator key of", alice.as_str()]);
}

#[test]
fn operators_are_bounded() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.register(&alice);
    for n in 0..5 {
        let operator = chain.app.api().addr_make(&format!("operator{n}"));
        chain.run(&alice, &add(&operator)).unwrap();
    }
    let bob = chain.bob.clone();
    chain.run(&alice, &add(&bob)).refused(&["operator keys: at most 5", "got 6"]);
}

#[test]
fn a_stolen_operator_key_changes_nothing_of_its_provider() {
    let mut chain = Chain::new();
    let (alice, thief, carol) = (chain.alice.clone(), chain.bob.clone(), chain.carol.clone());
    chain.register(&alice);
    chain.run(&alice, &add(&thief)).unwrap();
    let fingerprint = chain.publish_good(&alice, 1_000);
    let before = chain.provider(&alice);
    let mut update = nothing();
    if let ExecuteMsg::Update { payout, .. } = &mut update {
        *payout = Some(thief.to_string());
    }
    for msg in [update, ExecuteMsg::Deregister {}, add(&carol), remove(&thief)] {
        chain.run(&thief, &msg).refused(&["is not a registered provider"]);
    }
    chain.revoke(&thief, &fingerprint).refused(&["has no root"]);
    let der = chain.factory(&alice).der();
    chain.publish(&thief, der).refused(&["expected the sender's address"]);
    assert_eq!(chain.provider(&alice), before);
}
