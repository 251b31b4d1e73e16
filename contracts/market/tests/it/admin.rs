use crate::support::*;
use cloud_std::{Bps, OwnershipAction};
use cosmwasm_std::testing::{message_info, mock_dependencies, mock_env};
use cosmwasm_std::{coin, Binary, Reply, SubMsgResult};
use cw_multi_test::Executor;
use market::contract;
use market_api::limits::*;
use market_api::*;

/// A change that makes parameters invalid, and what the refusal names.
type Case = (fn(&mut Params), &'static str);

#[test]
fn parameters_out_of_bounds_are_refused() {
    let cases: Vec<Case> = vec![
        (|params| params.denoms.clear(), "params.denoms has 0"),
        (|params| params.denoms = vec![params.denoms[0].clone(); 9], "params.denoms has 9"),
        (|params| params.denoms = vec![params.denoms[0].clone(); 2], "twice"),
        (|params| params.denoms[0].denom = "1bad".into(), "1bad"),
        (|params| params.denoms[0].denom = "no".into(), "letters"),
        (|params| params.denoms[0].bid_deposit = price(MAX_AMOUNT + 1), "bid_deposit"),
        (|params| params.denoms[0].min_order_price = price(0), "min_order_price"),
        (|params| params.activation_window = 0, "activation_window"),
        (|params| params.activation_window = MAX_ACTIVATION_WINDOW + 1, "activation_window"),
        (|params| params.notice_window = MAX_NOTICE_WINDOW + 1, "notice_window"),
        (|params| params.match_window = 0, "match_window"),
        (|params| params.match_window = MAX_MATCH_WINDOW + 1, "match_window"),
        (|params| params.min_bid_window = 0, "min_bid_window"),
        (|params| params.min_bid_window = params.max_bid_window + 1, "min_bid_window"),
        (|params| params.max_bid_window = MAX_BID_WINDOW + 1, "max_bid_window"),
        (|params| params.min_term = 0, "min_term"),
        (|params| params.min_term = params.max_term + 1, "min_term"),
        (|params| params.max_term = MAX_TERM + 1, "max_term"),
        (|params| params.max_term = u64::MAX, "max_term"),
        (|params| params.expiry_slash = Bps(MAX_FAULT_SLASH_BPS + 1), "expiry_slash"),
        (|params| params.break_slash = Bps(MAX_FAULT_SLASH_BPS + 1), "break_slash"),
        (|params| params.break_penalty = Bps(MAX_BREAK_PENALTY_BPS + 1), "break_penalty"),
        (|params| params.expiry_jail = MAX_FAULT_JAIL_SECONDS + 1, "expiry_jail"),
    ];
    let mut world = World::new();
    let owner = world.owner.clone();
    for (change, text) in cases {
        let mut bad = params();
        change(&mut bad);
        world.fails(&owner, ExecuteMsg::UpdateParams { params: bad }, &[], text);
    }
    let config: Config = world.ask(&QueryMsg::Config {});
    assert_eq!(config.params, params());
}

#[test]
fn an_order_of_a_denom_that_is_no_longer_accepted_lives_on_without_deposits() {
    let mut world = World::new();
    let (alice, bob, owner) = (world.provider("alice"), world.provider("bob"), world.owner.clone());
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    let mut fewer = params();
    fewer.denoms.remove(0);
    world.ok(&owner, ExecuteMsg::UpdateParams { params: fewer });
    let place = ExecuteMsg::PlaceBid { order, provider: None, price: price(40) };
    world.fails(&bob, place.clone(), &[coin(DEPOSIT, DENOM)], "exactly none");
    world.ok(&bob, place);
    let lease = world.matches(order);
    world.activate(lease.id);
    world.pass(TERM);
    world.ok(&bob, ExecuteMsg::Withdraw { lease: lease.id });
    world.ok(&bob, ExecuteMsg::ReclaimDeposit { order, provider: alice.to_string() });
    let market = world.market.clone();
    assert_eq!(world.balance(&market), 0);
}

#[test]
fn ownership_changes_hands_in_two_steps() {
    let mut world = World::new();
    let (owner, next) = (world.owner.clone(), world.addr("next"));
    let send = |action| ExecuteMsg::Ownership(action);
    world.ok(&owner, send(OwnershipAction::Offer { new_owner: next.to_string() }));
    let config: Config = world.ask(&QueryMsg::Config {});
    assert_eq!((config.owner, config.pending_owner), (owner.clone(), Some(next.clone())));
    world.ok(&owner, send(OwnershipAction::Withdraw {}));
    world.fails(&next, send(OwnershipAction::Accept {}), &[], "was not offered");
    world.ok(&owner, send(OwnershipAction::Offer { new_owner: next.to_string() }));
    world.ok(&next, send(OwnershipAction::Accept {}));
    world.fails(&owner, ExecuteMsg::UpdateParams { params: params() }, &[], "is not the owner");
    world.ok(&next, ExecuteMsg::UpdateParams { params: params() });
}

fn instantiate_msg(world: &World) -> InstantiateMsg {
    InstantiateMsg {
        owner: world.owner.to_string(),
        registry: world.registry.to_string(),
        staking: world.staking.to_string(),
        params: params(),
    }
}

#[test]
fn instantiation_refuses_funds_wrong_addresses_and_wrong_parameters() {
    let mut world = World::new();
    let (code, sender) = (world.code, world.tenant.clone());
    let good = instantiate_msg(&world);
    let mut attempt = |msg: InstantiateMsg, funds: &[cosmwasm_std::Coin]| {
        let result = world.app.instantiate_contract(code, sender.clone(), &msg, funds, "market", None);
        result.map_err(|error| error.to_string())
    };
    assert!(attempt(good.clone(), &[coin(1, DENOM)]).unwrap_err().contains("takes no funds"));
    for mangle in [str::to_uppercase, |_: &str| String::new(), |_: &str| "x".repeat(300)] {
        attempt(InstantiateMsg { owner: mangle(&good.owner), ..good.clone() }, &[]).unwrap_err();
        attempt(InstantiateMsg { registry: mangle(&good.registry), ..good.clone() }, &[]).unwrap_err();
        attempt(InstantiateMsg { staking: mangle(&good.staking), ..good.clone() }, &[]).unwrap_err();
    }
    let bad = Params { match_window: 0, ..params() };
    assert!(attempt(InstantiateMsg { params: bad, ..good.clone() }, &[])
        .unwrap_err()
        .contains("match_window"));
    attempt(good, &[]).unwrap();
}

#[test]
fn only_an_older_market_migrates() {
    let world = World::new();
    let mut deps = mock_dependencies();
    let sender = deps.api.addr_make("owner");
    let mut msg = instantiate_msg(&world);
    (msg.owner, msg.registry, msg.staking) = (sender.to_string(), sender.to_string(), sender.to_string());
    contract::instantiate(deps.as_mut(), mock_env(), message_info(&sender, &[]), msg).unwrap();

    let error = contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap_err();
    assert!(error.to_string().contains("is not older"), "{error}");
    cw2::set_contract_version(deps.as_mut().storage, "another:market", "0.0.1").unwrap();
    let error = contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap_err();
    assert!(error.to_string().contains("another:market"), "{error}");
    cw2::set_contract_version(deps.as_mut().storage, contract::CONTRACT_NAME, "0.0.9").unwrap();
    contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap();
    let stored = cw2::get_contract_version(&deps.storage).unwrap();
    assert_eq!(stored.version, contract::CONTRACT_VERSION);
}

#[test]
fn a_migration_that_finds_money_missing_fails() {
    let mut deps = mock_dependencies();
    let sender = deps.api.addr_make("owner");
    let own = sender.to_string();
    let msg = InstantiateMsg { owner: own.clone(), registry: own.clone(), staking: own, params: params() };
    contract::instantiate(deps.as_mut(), mock_env(), message_info(&sender, &[]), msg).unwrap();
    // The mock bank is told nothing of these funds.
    let create = ExecuteMsg::CreateDeployment { version: version(1), orders: vec![spec(100)] };
    let info = message_info(&sender, &[coin(100, DENOM)]);
    contract::execute(deps.as_mut(), mock_env(), info, create).unwrap();
    cw2::set_contract_version(deps.as_mut().storage, contract::CONTRACT_NAME, "0.0.9").unwrap();
    let error = contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap_err();
    assert!(error.to_string().contains("misses 100uakash"), "{error}");
    deps.querier.bank.update_balance(mock_env().contract.address, vec![coin(100, DENOM)]);
    cw2::set_contract_version(deps.as_mut().storage, contract::CONTRACT_NAME, "0.0.9").unwrap();
    contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap();
}

#[test]
fn a_reply_that_nobody_asked_for_is_refused() {
    let mut deps = mock_dependencies();
    #[allow(deprecated)]
    let reply =
        Reply { id: 99, payload: Binary::default(), gas_used: 0, result: SubMsgResult::Err("failed".into()) };
    let error = contract::reply(deps.as_mut(), mock_env(), reply).unwrap_err();
    assert!(error.to_string().contains("reply 99"), "{error}");
}
