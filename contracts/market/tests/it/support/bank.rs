//! A bank that refuses payments to one account, as the real one does for blocked addresses.

use std::cell::RefCell;
use std::rc::Rc;

use cosmwasm_std::{
    testing::{MockApi, MockStorage},
    Addr, Api, BankMsg, BankQuery, Binary, BlockInfo, Coin, CustomMsg, CustomQuery, Querier, StdError,
    StdResult, Storage,
};
use cw_multi_test::{App, AppResponse, Bank, BankKeeper, BankSudo, CosmosRouter, Module, SudoMsg};
use serde::de::DeserializeOwned;

pub type TestApp = App<GatedBank, MockApi, MockStorage>;

#[derive(Default)]
pub struct GatedBank {
    inner: BankKeeper,
    blocked: Rc<RefCell<Option<String>>>,
}

/// Blocks an account.
pub fn block(app: &mut TestApp, account: &Addr) {
    app.init_modules(|router, _, _| *router.bank.blocked.borrow_mut() = Some(account.to_string()));
}

/// Unblocks the blocked account.
pub fn unblock(app: &mut TestApp) {
    app.init_modules(|router, _, _| *router.bank.blocked.borrow_mut() = None);
}

pub fn mint(app: &mut TestApp, account: &Addr, amount: Coin) {
    app.sudo(SudoMsg::Bank(BankSudo::Mint { to_address: account.to_string(), amount: vec![amount] }))
        .unwrap();
}

impl Module for GatedBank {
    type ExecT = BankMsg;
    type QueryT = BankQuery;
    type SudoT = BankSudo;

    fn execute<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: BankMsg,
    ) -> StdResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        if let BankMsg::Send { to_address, amount } = &msg {
            if self.blocked.borrow().as_ref() == Some(to_address) {
                return Err(StdError::msg(format!("{to_address} is not allowed to receive funds")));
            }
            // The real bank refuses such coins; the one of the test framework does not.
            if amount.is_empty() || amount.iter().any(|coin| coin.amount.is_zero()) {
                return Err(StdError::msg("invalid coins"));
            }
        }
        self.inner.execute(api, storage, router, block, sender, msg)
    }

    fn query(
        &self,
        api: &dyn Api,
        storage: &dyn Storage,
        querier: &dyn Querier,
        block: &BlockInfo,
        request: BankQuery,
    ) -> StdResult<Binary> {
        self.inner.query(api, storage, querier, block, request)
    }

    fn sudo<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        msg: BankSudo,
    ) -> StdResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        self.inner.sudo(api, storage, router, block, msg)
    }
}

impl Bank for GatedBank {}
