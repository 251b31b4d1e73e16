//! Messages that are not what they should be.

use cosmwasm_std::{coins, testing::message_info, testing::mock_dependencies, testing::mock_env, Binary};
use serde_json::json;
use staking_api::{ExecuteMsg, QueryMsg};

use crate::chain::{slash, Chain, ErrorText, DENOM};

#[test]
fn unknown_and_repeated_fields_are_refused() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.stake(&alice, 10);
    for msg in [
        json!({"stake": {"extra": 1}}),
        json!({"unbond": {"amount": "1", "amuont": "2"}}),
        json!({"unbond": {"amount": "-1"}}),
        json!({"unbond": {"amount": "1e3"}}),
        json!({"unbond": {}}),
        json!({"claim": {"to": "x"}}),
        json!({"bond": {}}),
        json!({"ownership": {"accept": {"x": 1}}}),
    ] {
        chain.run(&alice, &msg).unwrap_err();
    }
    let twice = Binary::from(br#"{"unbond":{"amount":"1","amount":"2"}}"#.to_vec());
    assert!(cosmwasm_std::from_json::<ExecuteMsg>(&twice).is_err());
    assert!(cosmwasm_std::from_json::<QueryMsg>(br#"{"stake":{"provider":"a","x":1}}"#).is_err());
    assert_eq!(chain.info(&alice).bonded.u128(), 10);
}

#[test]
fn funds_on_a_message_that_takes_none_are_refused() {
    let mut chain = Chain::new();
    let (owner, market, alice) = (chain.owner.clone(), chain.market.clone(), chain.alice.clone());
    chain.stake(&alice, 10);
    let funds = coins(1, DENOM);
    let text = &["takes no funds, got 1uakash"];
    chain.run_with(&alice, &ExecuteMsg::Unbond { amount: 1u128.into() }, &funds).refused(text);
    chain.run_with(&alice, &ExecuteMsg::Claim {}, &funds).refused(text);
    let msg = slash(&chain, &alice, 1, staking_api::Fault::LeaseBroken, chain.now());
    chain.run_with(&market, &msg, &funds).refused(text);
    let params = crate::chain::params(&chain.treasury);
    chain.run_with(&owner, &ExecuteMsg::UpdateParams { params }, &funds).refused(text);
    let market = market.to_string();
    chain.run_with(&owner, &ExecuteMsg::SetMarket { market }, &funds).refused(text);
    let offer = cloud_std::OwnershipAction::Offer { new_owner: alice.to_string() };
    chain.run_with(&owner, &ExecuteMsg::Ownership(offer), &funds).refused(text);
}

#[test]
fn addresses_are_accepted_only_as_the_chain_writes_them() {
    let mut chain = Chain::new();
    let (market, good) = (chain.market.clone(), chain.alice.to_string());
    let mut mixed = good.clone();
    mixed.replace_range(..1, "C");
    for bad in
        [String::new(), good.to_uppercase(), mixed, format!(" {good}"), "osmo1abc".into(), "x".repeat(300)]
    {
        let mut msg = slash(&chain, &chain.alice, 1, staking_api::Fault::LeaseBroken, chain.now());
        if let ExecuteMsg::Slash { provider, .. } = &mut msg {
            *provider = bad.clone();
        }
        chain.run(&market, &msg).unwrap_err();
        let mut msg = slash(&chain, &chain.alice, 1, staking_api::Fault::LeaseBroken, chain.now());
        if let ExecuteMsg::Slash { harmed, .. } = &mut msg {
            *harmed = Some(bad.clone());
        }
        chain.run(&market, &msg).unwrap_err();
    }
}

#[test]
fn a_zero_coin_is_no_stake() {
    let chain = Chain::new();
    let mut deps = mock_dependencies();
    let owner = deps.api.addr_make("owner");
    let msg = staking_api::InstantiateMsg {
        owner: owner.to_string(),
        params: crate::chain::params(&chain.treasury),
        floors: Some(crate::chain::FLOORS),
    };
    staking::contract::instantiate(deps.as_mut(), mock_env(), message_info(&owner, &[]), msg).unwrap();
    let info = message_info(&owner, &coins(0, DENOM));
    let refused = staking::contract::execute(deps.as_mut(), mock_env(), info, ExecuteMsg::Stake {});
    assert!(matches!(refused, Err(staking::ContractError::Funds(_))));
}
