//! A simulated chain with the contract, an owner and a market that is a plain account.

use cosmwasm_std::{coins, Addr, Coin, Uint128};
use cw_multi_test::{App, AppResponse, ContractWrapper, Executor};
use serde::Serialize;
use staking_api::{
    Destination, ExecuteMsg, Fault, Floors, InstantiateMsg, Invariants, Params, QueryMsg, StakeInfo,
};

pub const DENOM: &str = "uakash";
pub const UNBONDING: u64 = 1_000;
pub const PURSE: u128 = 1_000_000_000;

/// What no test's parameters can go below.
pub const FLOORS: Floors = Floors { unbonding_seconds: 3 };

pub struct Chain {
    pub app: App,
    pub staking: Addr,
    pub owner: Addr,
    pub market: Addr,
    pub treasury: Addr,
    pub alice: Addr,
    pub bob: Addr,
    pub tenant: Addr,
}

impl Chain {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Params)) -> Self {
        let mut app = App::default();
        let [owner, market, treasury, alice, bob, tenant] =
            ["owner", "market", "treasury", "alice", "bob", "tenant"].map(|name| app.api().addr_make(name));
        app.init_modules(|router, _, storage| {
            for who in [&owner, &market, &alice, &bob, &tenant] {
                let purse = vec![Coin::new(PURSE, DENOM), Coin::new(PURSE, "uother")];
                router.bank.init_balance(storage, who, purse).unwrap();
            }
        });
        let mut params = params(&treasury);
        change(&mut params);
        let code = app.store_code(Box::new(
            ContractWrapper::new(
                staking::contract::execute,
                staking::contract::instantiate,
                staking::contract::query,
            )
            .with_migrate(migrate),
        ));
        let msg = InstantiateMsg { owner: owner.to_string(), params, floors: Some(FLOORS) };
        let admin = Some(owner.to_string());
        let staking = app.instantiate_contract(code, owner.clone(), &msg, &[], "staking", admin).unwrap();
        let mut chain = Self { app, staking, owner, market, treasury, alice, bob, tenant };
        let set = ExecuteMsg::SetMarket { market: chain.market.to_string() };
        chain.run(&chain.owner.clone(), &set).unwrap();
        chain
    }

    /// Sends a message without funds.
    pub fn run(&mut self, sender: &Addr, msg: &impl Serialize) -> Result<AppResponse, String> {
        self.run_with(sender, msg, &[])
    }

    /// Sends a message; an error comes as text. The books must balance afterwards in either case.
    pub fn run_with(
        &mut self,
        sender: &Addr,
        msg: &(impl Serialize + ?Sized),
        funds: &[Coin],
    ) -> Result<AppResponse, String> {
        let msg = cosmwasm_std::WasmMsg::Execute {
            contract_addr: self.staking.to_string(),
            msg: cosmwasm_std::to_json_binary(msg).unwrap(),
            funds: funds.to_vec(),
        };
        let outcome = self.app.execute(sender.clone(), msg.into()).map_err(|error| format!("{error:#}"));
        assert!(self.invariants().holds, "{:?}", self.invariants());
        outcome
    }

    pub fn stake(&mut self, who: &Addr, amount: u128) {
        self.run_with(who, &ExecuteMsg::Stake {}, &coins(amount, DENOM)).unwrap();
    }

    pub fn unbond(&mut self, who: &Addr, amount: u128) {
        self.run(who, &ExecuteMsg::Unbond { amount: amount.into() }).unwrap();
    }

    pub fn now(&self) -> u64 {
        self.app.block_info().time.seconds()
    }

    pub fn pass(&mut self, seconds: u64) {
        self.app.update_block(|block| {
            block.time = block.time.plus_seconds(seconds);
            block.height += 1;
        });
    }

    pub fn query<T: serde::de::DeserializeOwned>(&self, msg: &QueryMsg) -> T {
        self.app.wrap().query_wasm_smart(&self.staking, msg).unwrap()
    }

    pub fn info(&self, who: &Addr) -> StakeInfo {
        self.query(&QueryMsg::Stake { provider: who.to_string() })
    }

    pub fn invariants(&self) -> Invariants {
        self.query(&QueryMsg::Invariants {})
    }

    pub fn balance(&self, who: &Addr) -> u128 {
        let held = self.app.wrap().query_balance(who, DENOM).unwrap().amount;
        Uint128::try_from(held).unwrap().u128()
    }
}

pub fn params(treasury: &Addr) -> Params {
    Params {
        denom: DENOM.into(),
        unbonding_seconds: UNBONDING,
        treasury: treasury.to_string(),
        on_activation_expired: Destination::Tenant,
        on_lease_broken: Destination::Burn,
        on_governance: Destination::Treasury,
    }
}

fn migrate(
    deps: cosmwasm_std::DepsMut,
    env: cosmwasm_std::Env,
    msg: staking_api::MigrateMsg,
    _info: cosmwasm_std::MigrateInfo,
) -> Result<cosmwasm_std::Response, staking::ContractError> {
    staking::contract::migrate(deps, env, msg)
}

/// A slash by the market at this fraction, for a fault of this time, with a harmed tenant.
pub fn slash(chain: &Chain, who: &Addr, bps: u16, fault: Fault, fault_at: u64) -> ExecuteMsg {
    ExecuteMsg::Slash {
        provider: who.to_string(),
        fraction: cloud_std::Bps(bps),
        fault,
        fault_at,
        harmed: Some(chain.tenant.to_string()),
        reason: "because".into(),
    }
}

pub trait ErrorText {
    /// The text of an error that must contain all of these.
    fn refused(self, parts: &[&str]);
}

impl<T: std::fmt::Debug> ErrorText for Result<T, String> {
    fn refused(self, parts: &[&str]) {
        let text = self.expect_err("expected an error");
        // Before the cause the text repeats the message itself, which may hold anything.
        let text = text.rsplit("error: ").next().unwrap_or_default();
        for part in parts {
            assert!(text.contains(part), "expected {part:?} in: {text}");
        }
    }
}
