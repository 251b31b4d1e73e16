//! Parameters, wiring, ownership, migration.

use cloud_std::OwnershipAction;
use cosmwasm_std::testing::{mock_dependencies, mock_env};
use cw_multi_test::Executor;
use staking::ContractError;
use staking_api::{Config, Destination, ExecuteMsg, Floors, InstantiateMsg, Limits, MigrateMsg, QueryMsg};

use crate::chain::{params, Chain, ErrorText, FLOORS, UNBONDING};

#[test]
fn the_owner_changes_parameters_and_running_unbondings_keep_their_period() {
    let mut chain = Chain::new();
    let (alice, owner) = (chain.alice.clone(), chain.owner.clone());
    chain.stake(&alice, 100);
    chain.unbond(&alice, 40);
    let mut changed = params(&chain.treasury);
    changed.unbonding_seconds = 5;
    changed.on_governance = Destination::Burn;
    chain.run(&owner, &ExecuteMsg::UpdateParams { params: changed.clone() }).unwrap();
    assert_eq!(chain.query::<Config>(&QueryMsg::Config {}).params, changed);

    chain.unbond(&alice, 1);
    chain.pass(5);
    chain.run(&alice, &ExecuteMsg::Claim {}).unwrap();
    assert_eq!(chain.info(&alice).unbonding.u128(), 40);
    chain.pass(UNBONDING - 5);
    chain.run(&alice, &ExecuteMsg::Claim {}).unwrap();
}

#[test]
fn parameters_out_of_bounds_are_refused() {
    let mut chain = Chain::new();
    let owner = chain.owner.clone();
    let good = params(&chain.treasury);
    let staking = chain.staking.to_string();
    let mut attempt = |change: &dyn Fn(&mut staking_api::Params), parts: &[&str]| {
        let mut params = good.clone();
        change(&mut params);
        chain.run(&owner, &ExecuteMsg::UpdateParams { params }).refused(parts);
    };
    attempt(&|p| p.unbonding_seconds = 0, &["3 to 7776000 seconds, got 0"]);
    attempt(&|p| p.unbonding_seconds = 2, &["3 to 7776000 seconds, got 2"]);
    attempt(&|p| p.unbonding_seconds = 7_776_001, &["got 7776001"]);
    attempt(&|p| p.denom = "uother".into(), &["never changes", "uakash", "uother"]);
    attempt(&|p| p.denom = "1x".into(), &["is not a denom"]);
    attempt(&|p| p.treasury = "nobody".into(), &["parse failed"]);
    attempt(&|p| p.treasury = staking.clone(), &["cannot be this contract itself"]);
    assert_eq!(chain.query::<Config>(&QueryMsg::Config {}).params, good);
}

#[test]
fn a_contract_with_bad_parameters_does_not_start() {
    let mut deps = mock_dependencies();
    let owner = deps.api.addr_make("owner");
    let info = cosmwasm_std::testing::message_info(&owner, &[]);
    let mut bad = params(&owner);
    bad.denom = "x".into();
    let msg = InstantiateMsg { owner: owner.to_string(), params: bad, floors: None };
    let refused = staking::contract::instantiate(deps.as_mut(), mock_env(), info, msg);
    assert!(matches!(refused, Err(ContractError::NotADenom(denom)) if denom == "x"));
}

#[test]
fn only_the_owner_administers() {
    let mut chain = Chain::new();
    let market = chain.market.to_string();
    let messages = [
        ExecuteMsg::UpdateParams { params: params(&chain.treasury) },
        ExecuteMsg::SetMarket { market },
        ExecuteMsg::Ownership(OwnershipAction::Offer { new_owner: chain.alice.to_string() }),
        ExecuteMsg::Ownership(OwnershipAction::Withdraw {}),
    ];
    for msg in &messages {
        for stranger in [chain.alice.clone(), chain.market.clone(), chain.treasury.clone()] {
            chain.run(&stranger, msg).refused(&["is not the owner of this contract"]);
        }
        chain.run(&chain.owner.clone(), msg).unwrap();
    }
}

#[test]
fn ownership_moves_in_two_steps() {
    let mut chain = Chain::new();
    let (owner, alice, bob) = (chain.owner.clone(), chain.alice.clone(), chain.bob.clone());
    let act = ExecuteMsg::Ownership;
    let offer = |to: &str| act(OwnershipAction::Offer { new_owner: to.into() });
    chain.run(&alice, &act(OwnershipAction::Accept {})).refused(&["was not offered"]);
    chain.run(&owner, &offer("nobody")).refused(&["parse failed"]);
    chain.run(&owner, &offer(alice.as_str())).unwrap();
    chain.run(&owner, &act(OwnershipAction::Withdraw {})).unwrap();
    chain.run(&alice, &act(OwnershipAction::Accept {})).refused(&["was not offered"]);
    chain.run(&owner, &offer(alice.as_str())).unwrap();
    chain.run(&bob, &act(OwnershipAction::Accept {})).refused(&["was not offered"]);
    chain.run(&alice, &act(OwnershipAction::Accept {})).unwrap();
    let config: Config = chain.query(&QueryMsg::Config {});
    assert_eq!((config.owner, config.pending_owner), (alice, None));
    chain.run(&owner, &offer(bob.as_str())).refused(&["is not the owner"]);
}

#[test]
fn a_new_market_replaces_the_old_one() {
    let mut chain = Chain::new();
    let (owner, alice, market) = (chain.owner.clone(), chain.alice.clone(), chain.market.clone());
    chain.run(&owner, &ExecuteMsg::SetMarket { market: "nobody".into() }).refused(&["parse failed"]);
    let itself = ExecuteMsg::SetMarket { market: chain.staking.to_string() };
    chain.run(&owner, &itself).refused(&["cannot be this contract itself"]);
    chain.run(&owner, &ExecuteMsg::SetMarket { market: alice.to_string() }).unwrap();
    let msg = crate::chain::slash(&chain, &chain.bob, 1, staking_api::Fault::LeaseBroken, chain.now());
    chain.run(&market, &msg).refused(&["only the owner"]);
    chain.run(&alice, &msg).unwrap();
}

#[test]
fn only_an_older_version_of_this_contract_migrates() {
    let mut chain = Chain::new();
    let same = chain.app.migrate_contract(
        chain.owner.clone(),
        chain.staking.clone(),
        &MigrateMsg { floors: None },
        1,
    );
    same.map_err(|e| format!("{e:#}")).refused(&["only an older version migrates"]);

    let mut deps = mock_dependencies();
    cw2::set_contract_version(&mut deps.storage, "somebody:else", "0.0.1").unwrap();
    let refused = staking::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg { floors: None });
    assert!(matches!(refused, Err(ContractError::Version(_))));
}

#[test]
fn an_older_version_migrates_when_the_books_balance() {
    let mut deps = mock_dependencies();
    let owner = deps.api.addr_make("owner");
    let info = cosmwasm_std::testing::message_info(&owner, &[]);
    let msg = InstantiateMsg { owner: owner.to_string(), params: params(&owner), floors: Some(FLOORS) };
    staking::contract::instantiate(deps.as_mut(), mock_env(), info, msg).unwrap();
    cw2::set_contract_version(&mut deps.storage, staking::contract::CONTRACT_NAME, "0.0.9").unwrap();
    staking::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg { floors: None }).unwrap();

    // The same with a stake on the books that the contract does not hold.
    cw2::set_contract_version(&mut deps.storage, staking::contract::CONTRACT_NAME, "0.0.9").unwrap();
    staking_api::raw::TOTAL.save(&mut deps.storage, &5, 1).unwrap();
    let refused = staking::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg { floors: None });
    assert!(matches!(refused, Err(ContractError::InvariantBroken { .. })));
}

/// A state of version 0.1.0 with an unbonding period of 1000 seconds, which knows no floors.
fn first_version() -> cosmwasm_std::OwnedDeps<
    cosmwasm_std::testing::MockStorage,
    cosmwasm_std::testing::MockApi,
    cosmwasm_std::testing::MockQuerier,
> {
    let mut deps = mock_dependencies();
    let owner = deps.api.addr_make("owner");
    let info = cosmwasm_std::testing::message_info(&owner, &[]);
    let msg = InstantiateMsg { owner: owner.to_string(), params: params(&owner), floors: Some(FLOORS) };
    staking::contract::instantiate(deps.as_mut(), mock_env(), info, msg).unwrap();
    cosmwasm_std::Storage::remove(&mut deps.storage, b"floors");
    cw2::set_contract_version(&mut deps.storage, staking::contract::CONTRACT_NAME, "0.1.0").unwrap();
    deps
}

#[test]
fn a_state_without_floors_gets_them_within_its_parameters() {
    let floors_after = |wanted: Option<u64>| {
        let mut deps = first_version();
        let floors = wanted.map(|unbonding_seconds| Floors { unbonding_seconds });
        staking::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg { floors })?;
        let answer = staking::contract::query(deps.as_ref(), mock_env(), QueryMsg::Config {})?;
        let config: Config = cosmwasm_std::from_json(answer).unwrap();
        Ok::<_, ContractError>(config.floors.unbonding_seconds)
    };
    assert_eq!(floors_after(None).unwrap(), 1);
    assert_eq!(floors_after(Some(600)).unwrap(), 600);
    assert_eq!(floors_after(Some(1_000)).unwrap(), 1_000);
    for bad in [0, 1_001, u64::MAX] {
        assert!(matches!(floors_after(Some(bad)), Err(ContractError::UnbondingFloor { .. })), "{bad}");
    }
    // What is fixed stays fixed.
    let mut deps = first_version();
    let fixed = MigrateMsg { floors: Some(Floors { unbonding_seconds: 600 }) };
    staking::contract::migrate(deps.as_mut(), mock_env(), fixed).unwrap();
    cw2::set_contract_version(&mut deps.storage, staking::contract::CONTRACT_NAME, "0.1.9").unwrap();
    let lower = MigrateMsg { floors: Some(Floors { unbonding_seconds: 1 }) };
    staking::contract::migrate(deps.as_mut(), mock_env(), lower).unwrap();
    let answer = staking::contract::query(deps.as_ref(), mock_env(), QueryMsg::Config {}).unwrap();
    let config: Config = cosmwasm_std::from_json(answer).unwrap();
    assert_eq!(config.floors.unbonding_seconds, 600);
}

#[test]
fn floors_out_of_bounds_are_refused_at_the_instantiation() {
    for (floor, fits) in [(0, false), (1_000, true), (1_001, false), (7_776_001, false)] {
        let mut deps = mock_dependencies();
        let owner = deps.api.addr_make("owner");
        let info = cosmwasm_std::testing::message_info(&owner, &[]);
        let floors = Floors { unbonding_seconds: floor };
        let msg = InstantiateMsg { owner: owner.to_string(), params: params(&owner), floors: Some(floors) };
        let outcome = staking::contract::instantiate(deps.as_mut(), mock_env(), info, msg);
        assert_eq!(outcome.is_ok(), fits, "{floor}: {outcome:?}");
    }
}

#[test]
fn limits_are_the_public_constants() {
    let limits: Limits = Chain::new().query(&QueryMsg::Limits {});
    assert_eq!(limits.max_unbondings as usize, staking_api::limits::MAX_UNBONDINGS);
    assert_eq!(limits.max_slash.0, staking_api::limits::MAX_SLASH_BPS);
    assert_eq!(limits.max_page_limit, 100);
}
