//! Migration of the contract itself, and what it does not accept.

use cosmwasm_std::testing::{mock_dependencies, mock_env};
use governance::ContractError;
use governance_api::MigrateMsg;
use testing::{Suite, DENOM};

#[test]
fn only_this_contract_migrates() {
    let mut deps = mock_dependencies();
    cw2::set_contract_version(&mut deps.storage, "somebody:else", "0.0.1").unwrap();
    let refused = governance::contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {});
    assert!(matches!(refused, Err(ContractError::Version(_))));
}

#[test]
fn a_migration_needs_all_deposits_to_be_held() {
    let mut suite = Suite::builder().build();
    suite.pass(1);
    let (proposer, governance, owner) =
        (suite.providers[0].owner.clone(), suite.governance.clone(), suite.owner.clone());
    suite.propose(&proposer, vec![crate::common::payment(&proposer, 1)]).unwrap();
    {
        let mut storage = suite.app.contract_storage_mut(&governance);
        cw2::set_contract_version(storage.as_mut(), governance::contract::CONTRACT_NAME, "0.0.1").unwrap();
    }
    // The deposit disappears, as no message could make it.
    suite.app.init_modules(|router, _, storage| {
        router.bank.keeper.init_balance(storage, &governance, vec![]).unwrap();
    });
    let code_id = suite.app.wrap().query_wasm_contract_info(&governance).unwrap().code_id;
    let migrate = |suite: &mut Suite| {
        let msg = cosmwasm_std::WasmMsg::Migrate {
            contract_addr: governance.to_string(),
            new_code_id: code_id,
            msg: b"{}".into(),
        };
        cw_multi_test::Executor::execute(&mut suite.app, owner.clone(), msg.into())
    };
    let refused = format!("{:#}", migrate(&mut suite).unwrap_err());
    assert!(refused.contains("do not balance: 100 of deposits is owed, 0 is held"), "{refused}");
    suite.fund(&governance, 100, DENOM);
    migrate(&mut suite).unwrap();
}

#[test]
fn an_unknown_reply_is_refused() {
    let mut deps = mock_dependencies();
    let reply: cosmwasm_std::Reply = serde_json::from_value(serde_json::json!({
        "id": 9, "payload": "", "gas_used": 0, "result": {"error": "x"}
    }))
    .unwrap();
    let refused = governance::contract::reply(deps.as_mut(), mock_env(), reply);
    assert!(matches!(refused, Err(ContractError::UnknownReply(9))));
}
