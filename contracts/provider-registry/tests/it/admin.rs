//! Jailing, wiring, ownership, migration, and messages that are not what they should be.

use cloud_std::OwnershipAction;
use cosmwasm_std::coins;
use cosmwasm_std::testing::{mock_dependencies, mock_env};
use cw_multi_test::Executor;
use registry_api::{Config, ExecuteMsg, Limits, MigrateMsg, QueryMsg};
use serde_json::json;

use crate::chain::{nothing, register, Chain, ErrorText};

fn jail(chain: &Chain, seconds: u64) -> ExecuteMsg {
    ExecuteMsg::Jail { provider: chain.alice.to_string(), seconds, reason: "silent".into() }
}

#[test]
fn a_jailing_runs_out_by_itself_and_a_longer_one_is_kept() {
    let mut chain = Chain::new();
    let (alice, owner, market) = (chain.alice.clone(), chain.owner.clone(), chain.market.clone());
    chain.register(&alice);
    let now = chain.now();
    chain.run(&market, &jail(&chain, 100)).unwrap();
    chain.run(&owner, &jail(&chain, 10)).unwrap();
    assert_eq!(chain.provider(&alice).jailed_until, now + 100);
    chain.run(&owner, &jail(&chain, 200)).unwrap();
    assert_eq!(chain.provider(&alice).jailed_until, now + 200);
    assert!(chain.provider(&alice).is_jailed(now + 199));
    assert!(!chain.provider(&alice).is_jailed(now + 200));
}

#[test]
fn the_owner_ends_a_jailing() {
    let mut chain = Chain::new();
    let (alice, owner) = (chain.alice.clone(), chain.owner.clone());
    let unjail = ExecuteMsg::Unjail { provider: alice.to_string() };
    chain.run(&owner, &unjail).refused(&["is not jailed"]);
    chain.register(&alice);
    chain.run(&owner, &unjail).refused(&["is not jailed"]);
    chain.run(&owner, &jail(&chain, 100)).unwrap();
    chain.run(&owner, &unjail).unwrap();
    assert_eq!(chain.provider(&alice).jailed_until, 0);
    chain.run(&owner, &jail(&chain, 100)).unwrap();
    chain.pass(100);
    chain.run(&owner, &unjail).refused(&["is not jailed"]);
}

#[test]
fn leaving_and_coming_back_is_no_way_out_of_jail() {
    let mut chain = Chain::new();
    let (alice, market) = (chain.alice.clone(), chain.market.clone());
    chain.register(&alice);
    let until = chain.now() + 100;
    chain.run(&market, &jail(&chain, 100)).unwrap();
    chain.run(&alice, &ExecuteMsg::Deregister {}).unwrap();
    chain.run(&alice, &register()).unwrap();
    assert_eq!(chain.provider(&alice).jailed_until, until);
}

#[test]
fn the_market_jails_also_who_is_gone_and_the_owner_is_told_of_a_wrong_address() {
    let mut chain = Chain::new();
    let (alice, market, owner) = (chain.alice.clone(), chain.market.clone(), chain.owner.clone());
    chain.run(&owner, &jail(&chain, 100)).refused(&["is not a registered provider"]);
    let until = chain.now() + 100;
    chain.run(&market, &jail(&chain, 100)).unwrap();
    chain.run(&market, &jail(&chain, 50)).unwrap();
    chain.register(&alice);
    assert_eq!(chain.provider(&alice).jailed_until, until);
    chain.run(&alice, &ExecuteMsg::Deregister {}).unwrap();
    chain.run(&owner, &ExecuteMsg::Unjail { provider: alice.to_string() }).unwrap();
    chain.register(&alice);
    assert_eq!(chain.provider(&alice).jailed_until, 0);
}

#[test]
fn a_jailing_of_who_is_gone_runs_out_by_itself_too() {
    let mut chain = Chain::new();
    let (owner, market) = (chain.owner.clone(), chain.market.clone());
    let unjail = ExecuteMsg::Unjail { provider: chain.alice.to_string() };
    for (seconds, jailed) in [(99, true), (100, false)] {
        chain.run(&market, &jail(&chain, 100)).unwrap();
        chain.pass(seconds);
        match jailed {
            true => drop(chain.run(&owner, &unjail).unwrap()),
            false => chain.run(&owner, &unjail).refused(&["is not jailed"]),
        }
    }
}

#[test]
fn a_jailing_is_bounded() {
    let mut chain = Chain::new();
    let (alice, owner) = (chain.alice.clone(), chain.owner.clone());
    chain.register(&alice);
    let year = 366 * 24 * 3_600;
    for seconds in [0, year + 1, u64::MAX] {
        let text = seconds.to_string();
        chain.run(&owner, &jail(&chain, seconds)).refused(&["1 to 31622400 seconds", &text]);
    }
    chain.run(&owner, &jail(&chain, year)).unwrap();
    let long = ExecuteMsg::Jail { provider: alice.to_string(), seconds: 1, reason: "x".repeat(257) };
    chain.run(&owner, &long).refused(&["256 bytes, got 257"]);
}

#[test]
fn only_the_owner_administers_and_only_it_and_the_market_jail() {
    let mut chain = Chain::new();
    let (alice, bob, market, owner) =
        (chain.alice.clone(), chain.bob.clone(), chain.market.clone(), chain.owner.clone());
    chain.register(&alice);
    for stranger in [&alice, &bob] {
        chain.run(stranger, &jail(&chain, 1)).refused(&["only the owner", "and the market"]);
    }
    let messages = [
        ExecuteMsg::Unjail { provider: alice.to_string() },
        ExecuteMsg::SetMarket { market: market.to_string() },
        ExecuteMsg::Ownership(OwnershipAction::Offer { new_owner: bob.to_string() }),
        ExecuteMsg::Ownership(OwnershipAction::Withdraw {}),
    ];
    chain.run(&owner, &jail(&chain, 9)).unwrap();
    for msg in &messages {
        for stranger in [&alice, &bob, &market] {
            chain.run(stranger, msg).refused(&["is not the owner"]);
        }
        chain.run(&owner, msg).unwrap();
    }
}

#[test]
fn ownership_moves_in_two_steps() {
    let mut chain = Chain::new();
    let (alice, bob, owner) = (chain.alice.clone(), chain.bob.clone(), chain.owner.clone());
    let act = ExecuteMsg::Ownership;
    chain.run(&alice, &act(OwnershipAction::Accept {})).refused(&["was not offered"]);
    chain.run(&owner, &act(OwnershipAction::Offer { new_owner: alice.to_string() })).unwrap();
    chain.run(&bob, &act(OwnershipAction::Accept {})).refused(&["was not offered"]);
    chain.run(&alice, &act(OwnershipAction::Accept {})).unwrap();
    let config: Config = chain.query(&QueryMsg::Config {}).unwrap();
    assert_eq!((config.owner, config.pending_owner), (alice, None));
    chain.run(&owner, &act(OwnershipAction::Withdraw {})).refused(&["is not the owner"]);
}

#[test]
fn no_message_takes_funds() {
    let mut chain = Chain::new();
    let (alice, owner) = (chain.alice.clone(), chain.owner.clone());
    let funds = coins(1, "uakash");
    let operator = chain.bob.to_string();
    for msg in [
        register(),
        nothing(),
        ExecuteMsg::Deregister {},
        ExecuteMsg::AddOperator { operator: operator.clone() },
        ExecuteMsg::RemoveOperator { operator: operator.clone() },
        ExecuteMsg::RevokeRoot { fingerprint: Default::default() },
    ] {
        chain.run_with(&alice, &msg, &funds).refused(&["takes no funds, got 1uakash"]);
    }
    for msg in [
        jail(&chain, 1),
        ExecuteMsg::Unjail { provider: operator.clone() },
        ExecuteMsg::SetMarket { market: operator.clone() },
        ExecuteMsg::Ownership(OwnershipAction::Offer { new_owner: operator }),
    ] {
        chain.run_with(&owner, &msg, &funds).refused(&["takes no funds, got 1uakash"]);
    }
}

#[test]
fn unknown_fields_are_refused() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    for msg in [
        json!({"register": {"endpoints": [], "attributes": [], "payuot": "x"}}),
        json!({"register": {"endpoints": [], "attributes": [{"key": "k", "value": "v", "x": 1}]}}),
        json!({"register": {"endpoints": [], "attributes": [], "contact": {"name": "a", "email": "", "website": "", "x": ""}}}),
        json!({"deregister": {"x": 1}}),
    ] {
        chain.run(&alice, &msg).refused(&["unknown field"]);
    }
}

#[test]
fn addresses_are_accepted_only_as_the_chain_writes_them() {
    let mut chain = Chain::new();
    let (alice, owner, bob) = (chain.alice.clone(), chain.owner.clone(), chain.bob.to_string());
    chain.register(&alice);
    for bad in [String::new(), bob.to_uppercase(), format!("{bob} "), "osmo1abc".into(), "x".repeat(300)] {
        chain.run(&alice, &ExecuteMsg::AddOperator { operator: bad.clone() }).unwrap_err();
        chain.run(&alice, &ExecuteMsg::RemoveOperator { operator: bad.clone() }).unwrap_err();
        chain.run(&owner, &ExecuteMsg::Unjail { provider: bad.clone() }).unwrap_err();
        chain.run(&owner, &ExecuteMsg::SetMarket { market: bad.clone() }).unwrap_err();
        let jail = ExecuteMsg::Jail { provider: bad.clone(), seconds: 1, reason: String::new() };
        chain.run(&owner, &jail).unwrap_err();
        let queried: Result<registry_api::Provider, _> = chain.query(&QueryMsg::Provider { provider: bad });
        queried.unwrap_err();
    }
}

#[test]
fn a_market_is_another_contract() {
    let mut chain = Chain::new();
    let owner = chain.owner.clone();
    let itself = ExecuteMsg::SetMarket { market: chain.registry.to_string() };
    chain.run(&owner, &itself).refused(&["market cannot be"]);
}

#[test]
fn only_an_older_version_of_this_contract_migrates() {
    let mut chain = Chain::new();
    let (owner, registry) = (chain.owner.clone(), chain.registry.clone());
    let same = chain.app.migrate_contract(owner, registry, &MigrateMsg {}, 2);
    same.map_err(|error| format!("{error:#}")).refused(&["only an older version migrates"]);

    let mut deps = mock_dependencies();
    cw2::set_contract_version(&mut deps.storage, "somebody:else", "0.0.1").unwrap();
    provider_registry::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap_err();
    let name = provider_registry::contract::CONTRACT_NAME;
    cw2::set_contract_version(&mut deps.storage, name, "0.0.9").unwrap();
    provider_registry::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap();
}

#[test]
fn limits_are_the_public_constants() {
    let limits: Limits = Chain::new().query(&QueryMsg::Limits {}).unwrap();
    assert_eq!(limits.max_roots as usize, registry_api::limits::MAX_ROOTS);
    assert_eq!(limits.max_root_validity_seconds, registry_api::limits::MAX_ROOT_VALIDITY_SECONDS);
    assert_eq!(limits.max_jail_seconds, registry_api::limits::MAX_JAIL_SECONDS);
}
