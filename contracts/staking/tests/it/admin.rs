//! Parameters, wiring, ownership, migration.

use cloud_std::OwnershipAction;
use cosmwasm_std::testing::{mock_dependencies, mock_env};
use cw_multi_test::Executor;
use staking::ContractError;
use staking_api::{Config, Destination, ExecuteMsg, InstantiateMsg, Limits, MigrateMsg, QueryMsg};

use crate::chain::{params, Chain, ErrorText, UNBONDING};

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
    attempt(&|p| p.unbonding_seconds = 0, &["1 to 7776000 seconds, got 0"]);
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
    let msg = InstantiateMsg { owner: owner.to_string(), params: bad };
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
    let same = chain.app.migrate_contract(chain.owner.clone(), chain.staking.clone(), &MigrateMsg {}, 1);
    same.map_err(|e| format!("{e:#}")).refused(&["only an older version migrates"]);

    let mut deps = mock_dependencies();
    cw2::set_contract_version(&mut deps.storage, "somebody:else", "0.0.1").unwrap();
    let refused = staking::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {});
    assert!(matches!(refused, Err(ContractError::Version(_))));
}

#[test]
fn an_older_version_migrates_when_the_books_balance() {
    let mut deps = mock_dependencies();
    let owner = deps.api.addr_make("owner");
    let info = cosmwasm_std::testing::message_info(&owner, &[]);
    let msg = InstantiateMsg { owner: owner.to_string(), params: params(&owner) };
    staking::contract::instantiate(deps.as_mut(), mock_env(), info, msg).unwrap();
    cw2::set_contract_version(&mut deps.storage, staking::contract::CONTRACT_NAME, "0.0.9").unwrap();
    staking::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap();

    // The same with a stake on the books that the contract does not hold.
    cw2::set_contract_version(&mut deps.storage, staking::contract::CONTRACT_NAME, "0.0.9").unwrap();
    staking_api::raw::TOTAL.save(&mut deps.storage, &5, 1).unwrap();
    let refused = staking::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {});
    assert!(matches!(refused, Err(ContractError::InvariantBroken { .. })));
}

#[test]
fn limits_are_the_public_constants() {
    let limits: Limits = Chain::new().query(&QueryMsg::Limits {});
    assert_eq!(limits.max_unbondings as usize, staking_api::limits::MAX_UNBONDINGS);
    assert_eq!(limits.max_slash.0, staking_api::limits::MAX_SLASH_BPS);
    assert_eq!(limits.max_page_limit, 100);
}
