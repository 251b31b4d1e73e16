//! A simulated chain with the contract and a market that only says how many leases are live.

use cosmwasm_std::{
    to_json_binary, Addr, Binary, Coin, Deps, DepsMut, Empty, Env, HexBinary, MessageInfo, Response,
    StdResult, WasmMsg,
};
use cw_multi_test::{App, AppResponse, ContractWrapper, Executor};
use market_api::{ProviderRecord, Record};
use registry_api::{ExecuteMsg, InstantiateMsg, Provider, QueryMsg, Root};
use serde::{de::DeserializeOwned, Serialize};

use crate::factory::Factory;

pub struct Chain {
    pub app: App,
    pub registry: Addr,
    pub market: Addr,
    pub owner: Addr,
    pub alice: Addr,
    pub bob: Addr,
    pub carol: Addr,
}

fn start(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

/// Sets the number of live leases that the market tells of everyone.
fn set_live(deps: DepsMut, _: Env, _: MessageInfo, live: u64) -> StdResult<Response> {
    deps.storage.set(b"live", &live.to_be_bytes());
    Ok(Response::new())
}

fn record(deps: Deps, _: Env, msg: market_api::QueryMsg) -> StdResult<Binary> {
    let market_api::QueryMsg::ProviderRecord { provider } = msg else {
        return Err(cosmwasm_std::StdError::msg("only records"));
    };
    let live = deps.storage.get(b"live").map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
    let record = Record { leases_live: live, ..Default::default() };
    to_json_binary(&ProviderRecord { provider: Addr::unchecked(provider), record, earned: vec![] })
}

fn migrate(
    deps: DepsMut,
    env: Env,
    msg: registry_api::MigrateMsg,
    _: cosmwasm_std::MigrateInfo,
) -> Result<Response, provider_registry::ContractError> {
    provider_registry::contract::migrate(deps, env, msg)
}

impl Chain {
    pub fn new() -> Self {
        let mut app = App::default();
        let [owner, alice, bob, carol] =
            ["owner", "alice", "bob", "carol"].map(|name| app.api().addr_make(name));
        let market_code = app.store_code(Box::new(ContractWrapper::new(set_live, start, record)));
        let market = app.instantiate_contract(market_code, owner.clone(), &Empty {}, &[], "market", None);
        let market = market.unwrap();
        let code = app.store_code(Box::new(
            ContractWrapper::new(
                provider_registry::contract::execute,
                provider_registry::contract::instantiate,
                provider_registry::contract::query,
            )
            .with_migrate(migrate),
        ));
        let msg = InstantiateMsg { owner: owner.to_string() };
        let admin = Some(owner.to_string());
        let registry = app.instantiate_contract(code, owner.clone(), &msg, &[], "registry", admin).unwrap();
        app.init_modules(|router, _, storage| {
            for account in [&owner, &alice, &market] {
                router.bank.init_balance(storage, account, vec![Coin::new(100u128, "uakash")]).unwrap();
            }
        });
        let mut chain = Self { app, registry, market, owner, alice, bob, carol };
        let set = ExecuteMsg::SetMarket { market: chain.market.to_string() };
        chain.run(&chain.owner.clone(), &set).unwrap();
        chain
    }

    /// Sends a message; an error comes as the text of its innermost cause.
    pub fn run(&mut self, sender: &Addr, msg: &impl Serialize) -> Result<AppResponse, String> {
        self.run_with(sender, msg, &[])
    }

    pub fn run_with(
        &mut self,
        sender: &Addr,
        msg: &impl Serialize,
        funds: &[Coin],
    ) -> Result<AppResponse, String> {
        let msg = WasmMsg::Execute {
            contract_addr: self.registry.to_string(),
            msg: to_json_binary(msg).unwrap(),
            funds: funds.to_vec(),
        };
        self.app
            .execute(sender.clone(), msg.into())
            .map_err(|error| format!("{error:#}").rsplit("error: ").next().unwrap_or_default().to_owned())
    }

    pub fn live_leases(&mut self, live: u64) {
        self.app.execute_contract(self.owner.clone(), self.market.clone(), &live, &[]).unwrap();
    }

    pub fn register(&mut self, who: &Addr) {
        self.run(who, &register()).unwrap();
    }

    pub fn factory(&self, account: &Addr) -> Factory {
        Factory::new(account, self.now())
    }

    pub fn publish(&mut self, who: &Addr, der: Vec<u8>) -> Result<AppResponse, String> {
        self.run(who, &ExecuteMsg::PublishRoot { der: der.into() })
    }

    /// Publishes a good root with a new key, valid for this many seconds from now.
    pub fn publish_good(&mut self, who: &Addr, seconds: u64) -> HexBinary {
        let mut factory = self.factory(who);
        factory.valid(self.now() - 60, self.now() + seconds);
        let der = factory.der();
        self.publish(who, der.clone()).unwrap();
        HexBinary::from(cosmwasm_std::Checksum::generate(&der).as_slice())
    }

    pub fn revoke(&mut self, who: &Addr, fingerprint: &HexBinary) -> Result<AppResponse, String> {
        self.run(who, &ExecuteMsg::RevokeRoot { fingerprint: fingerprint.clone() })
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

    pub fn query<T: DeserializeOwned>(&self, msg: &QueryMsg) -> Result<T, String> {
        self.app.wrap().query_wasm_smart(&self.registry, msg).map_err(|error| format!("{error:#}"))
    }

    pub fn provider(&self, who: &Addr) -> Provider {
        self.query(&QueryMsg::Provider { provider: who.to_string() }).unwrap()
    }

    pub fn root(&self, who: &Addr, fingerprint: &HexBinary) -> Root {
        let fingerprint = fingerprint.clone();
        self.query(&QueryMsg::Root { account: who.to_string(), fingerprint }).unwrap()
    }
}

pub fn register() -> ExecuteMsg {
    ExecuteMsg::Register {
        payout: None,
        endpoints: vec!["https://p.example:8443".into()],
        attributes: vec![],
        contact: None,
    }
}

pub fn nothing() -> ExecuteMsg {
    ExecuteMsg::Update { payout: None, endpoints: None, attributes: None, contact: None }
}

pub trait ErrorText {
    /// An error whose text contains all of these.
    fn refused(self, parts: &[&str]);
}

impl<T: std::fmt::Debug> ErrorText for Result<T, String> {
    #[track_caller]
    fn refused(self, parts: &[&str]) {
        let text = self.expect_err("expected an error");
        for part in parts {
            assert!(text.contains(part), "expected {part:?} in: {text}");
        }
    }
}
