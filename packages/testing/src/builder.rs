use cloud_std::Bps;
use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{Addr, Api, Coin, DepsMut, Env, MigrateInfo, Response, StdResult, Storage, Uint128};
use cw_multi_test::{AddressGenerator, AppBuilder, ContractWrapper, Executor, WasmKeeper};
use governance_api::{DepositLoss, Floors};
use market_api::DenomParams;
use registry_api::Attribute;
use sha2::{Digest, Sha256};
use staking_api::Destination;

use crate::bank::RefusingBank;
use crate::digested::Digested;
use crate::suite::{Chain, ProviderKeys, Suite};
use crate::{DENOM, PURSE};

/// What a suite starts with. The defaults make one provider that could win at once and one tenant.
pub struct SuiteBuilder {
    providers: usize,
    tenants: usize,
    denoms: Vec<String>,
    stake: u128,
    ready: bool,
    attributes: Vec<Attribute>,
    market: market_api::Params,
    staking: Option<staking_api::Params>,
    governance: governance_api::Params,
    floors: Floors,
    prefix: &'static str,
    naming: Option<Naming>,
}

/// From the name of an account to its address.
pub type Naming = fn(&str) -> Addr;

impl Default for SuiteBuilder {
    fn default() -> Self {
        Self {
            providers: 1,
            tenants: 1,
            denoms: vec![DENOM.to_owned()],
            stake: 1_000_000,
            ready: true,
            attributes: vec![Attribute::new("region", "eu-west")],
            market: market_params(&[DENOM]),
            staking: None,
            governance: governance_params(),
            floors: FLOORS,
            prefix: "cosmwasm",
            naming: None,
        }
    }
}

impl SuiteBuilder {
    pub fn providers(mut self, count: usize) -> Self {
        self.providers = count;
        self
    }

    pub fn tenants(mut self, count: usize) -> Self {
        self.tenants = count;
        self
    }

    /// The denom of orders, in place of [`DENOM`]; stake stays in that.
    pub fn denom(self, denom: &str) -> Self {
        self.denoms(&[denom])
    }

    /// The denoms of orders; helpers use the first.
    pub fn denoms(mut self, denoms: &[&str]) -> Self {
        self.denoms = denoms.iter().map(|denom| (*denom).to_owned()).collect();
        self.market.denoms = market_params(denoms).denoms;
        self
    }

    /// What every provider has bonded, in [`DENOM`]; 0 for nothing.
    pub fn stake(mut self, amount: u128) -> Self {
        self.stake = amount;
        self
    }

    /// Accounts only: the providers are neither registered nor staked, and have no root.
    pub fn strangers(mut self) -> Self {
        self.ready = false;
        self
    }

    pub fn attributes(mut self, attributes: Vec<Attribute>) -> Self {
        self.attributes = attributes;
        self
    }

    /// Changes the market's parameters.
    pub fn market(mut self, change: impl FnOnce(&mut market_api::Params)) -> Self {
        change(&mut self.market);
        self
    }

    /// Replaces staking's parameters.
    pub fn staking(mut self, params: staking_api::Params) -> Self {
        self.staking = Some(params);
        self
    }

    /// Changes governance's parameters.
    pub fn governance(mut self, change: impl FnOnce(&mut governance_api::Params)) -> Self {
        change(&mut self.governance);
        self
    }

    /// Replaces [`FLOORS`].
    pub fn floors(mut self, floors: Floors) -> Self {
        self.floors = floors;
        self
    }

    /// Accounts and contracts have the addresses that a chain gives them whose addresses begin with `prefix`.
    pub fn accounts(mut self, prefix: &'static str, naming: Naming) -> Self {
        self.prefix = prefix;
        self.naming = Some(naming);
        self
    }

    pub fn build(self) -> Suite {
        // Other tests have addresses of the simulated chain in what they compare with.
        let wasm = match self.naming {
            Some(_) => WasmKeeper::new().with_address_generator(CountedFromOne),
            None => WasmKeeper::new(),
        };
        let mut app: Chain = AppBuilder::new()
            .with_wasm(wasm)
            .with_api(MockApi::default().with_prefix(self.prefix))
            .with_bank(RefusingBank::default())
            .with_storage(Digested::default())
            .build(|_, _, _| {});
        let naming = self.naming;
        let name = |app: &Chain, name: &str| match naming {
            Some(naming) => naming(name),
            None => app.api().addr_make(name),
        };
        let (owner, treasury) = (name(&app, "owner"), name(&app, "treasury"));
        let tenants: Vec<_> = (0..self.tenants).map(|n| name(&app, &format!("tenant{n}"))).collect();
        let providers: Vec<_> = (0..self.providers)
            .map(|n| ProviderKeys {
                owner: name(&app, &format!("provider{n}")),
                operator: name(&app, &format!("operator{n}")),
                payout: name(&app, &format!("payout{n}")),
            })
            .collect();

        let mut denoms = self.denoms.clone();
        if !denoms.iter().any(|denom| denom == DENOM) {
            denoms.push(DENOM.to_owned());
        }
        let purse: Vec<_> = denoms.iter().map(|denom| Coin::new(PURSE, denom)).collect();
        let keys = providers.iter().flat_map(|keys| [&keys.owner, &keys.operator]);
        let rich: Vec<&Addr> = tenants.iter().chain(keys).chain([&owner]).collect();
        app.init_modules(|router, _, storage| {
            for account in &rich {
                let filled = router.bank.keeper.init_balance(storage, account, purse.clone());
                filled.expect("the bank takes balances");
            }
        });

        let staking_params = self.staking.unwrap_or_else(|| staking_params(&treasury));
        let (market, staking, registry) = deploy(&mut app, &owner, staking_params, self.market);
        let denom = self.denoms.first().cloned().unwrap_or_else(|| DENOM.to_owned());
        let governance = deploy_governance(&mut app, &owner, &staking, self.floors, self.governance);
        let mut suite = Suite {
            app,
            market,
            staking,
            registry,
            governance,
            owner,
            treasury,
            tenants,
            providers,
            denom,
            naming,
        };
        if self.ready {
            for n in 0..self.providers {
                suite.make_ready(n, self.stake, &self.attributes).expect("a provider becomes ready");
            }
        }
        suite
    }
}

/// Addresses of contracts as wasmd makes them (`BuildContractAddressClassic`). The simulated chain hashes the same, but
/// counts its contracts from 0.
struct CountedFromOne;

impl AddressGenerator for CountedFromOne {
    fn contract_address(
        &self,
        api: &dyn Api,
        _: &mut dyn Storage,
        code_id: u64,
        instance_id: u64,
    ) -> StdResult<Addr> {
        let id = [b"wasm\0".as_slice(), &code_id.to_be_bytes(), &(instance_id + 1).to_be_bytes()].concat();
        let hash = Sha256::new().chain_update(Sha256::digest(b"module")).chain_update(id).finalize();
        api.addr_humanize(&hash.to_vec().into())
    }
}

/// Stores, instantiates and wires market, staking and registry.
fn deploy(
    app: &mut Chain,
    owner: &Addr,
    staking_params: staking_api::Params,
    market_params: market_api::Params,
) -> (Addr, Addr, Addr) {
    let registry_code = app.store_code(Box::new(
        ContractWrapper::new(
            provider_registry::contract::execute,
            provider_registry::contract::instantiate,
            provider_registry::contract::query,
        )
        .with_migrate(migrate_registry),
    ));
    let staking_code = app.store_code(Box::new(
        ContractWrapper::new(
            staking::contract::execute,
            staking::contract::instantiate,
            staking::contract::query,
        )
        .with_migrate(migrate_staking),
    ));
    let market_code = app.store_code(Box::new(
        ContractWrapper::new(
            market::contract::execute,
            market::contract::instantiate,
            market::contract::query,
        )
        .with_reply(market::contract::reply)
        .with_migrate(migrate_market),
    ));

    let admin = Some(owner.to_string());
    let registry = {
        let msg = registry_api::InstantiateMsg { owner: owner.to_string() };
        app.instantiate_contract(registry_code, owner.clone(), &msg, &[], "registry", admin.clone())
    };
    let registry = registry.expect("the registry starts");
    let staking = {
        let msg = staking_api::InstantiateMsg {
            owner: owner.to_string(),
            params: staking_params,
            floors: Some(STAKING_FLOORS),
        };
        app.instantiate_contract(staking_code, owner.clone(), &msg, &[], "staking", admin.clone())
    };
    let staking = staking.expect("staking starts");
    let market = {
        let msg = market_api::InstantiateMsg {
            owner: owner.to_string(),
            registry: registry.to_string(),
            staking: staking.to_string(),
            params: market_params,
        };
        app.instantiate_contract(market_code, owner.clone(), &msg, &[], "market", admin)
    };
    let market = market.expect("the market starts");

    let set = registry_api::ExecuteMsg::SetMarket { market: market.to_string() };
    app.execute_contract(owner.clone(), registry.clone(), &set, &[]).expect("the registry is wired");
    let set = staking_api::ExecuteMsg::SetMarket { market: market.to_string() };
    app.execute_contract(owner.clone(), staking.clone(), &set, &[]).expect("staking is wired");
    (market, staking, registry)
}

/// Governance as it starts: the deployer is its admin, and it owns nothing yet.
fn deploy_governance(
    app: &mut Chain,
    owner: &Addr,
    staking: &Addr,
    floors: Floors,
    params: governance_api::Params,
) -> Addr {
    let code = app.store_code(Box::new(
        ContractWrapper::new(
            governance::contract::execute,
            governance::contract::instantiate,
            governance::contract::query,
        )
        .with_reply(governance::contract::reply)
        .with_migrate(migrate_governance),
    ));
    let msg = governance_api::InstantiateMsg { staking: staking.to_string(), floors, params };
    let admin = Some(owner.to_string());
    let started = app.instantiate_contract(code, owner.clone(), &msg, &[], "governance", admin);
    started.expect("governance starts")
}

// The simulated chain passes who migrates, which the contracts have no use for.

fn migrate_registry(
    deps: DepsMut,
    env: Env,
    msg: registry_api::MigrateMsg,
    _: MigrateInfo,
) -> Result<Response, provider_registry::ContractError> {
    provider_registry::contract::migrate(deps, env, msg)
}

fn migrate_staking(
    deps: DepsMut,
    env: Env,
    msg: staking_api::MigrateMsg,
    _: MigrateInfo,
) -> Result<Response, staking::ContractError> {
    staking::contract::migrate(deps, env, msg)
}

fn migrate_market(
    deps: DepsMut,
    env: Env,
    msg: market_api::MigrateMsg,
    _: MigrateInfo,
) -> Result<Response, market::ContractError> {
    market::contract::migrate(deps, env, msg)
}

fn migrate_governance(
    deps: DepsMut,
    env: Env,
    msg: governance_api::MigrateMsg,
    _: MigrateInfo,
) -> Result<Response, governance::ContractError> {
    governance::contract::migrate(deps, env, msg)
}

/// Parameters with round numbers: a deposit of 5 for each bid, orders from 10, five minutes to activate.
pub fn market_params(denoms: &[&str]) -> market_api::Params {
    market_api::Params {
        denoms: denoms
            .iter()
            .map(|denom| DenomParams {
                denom: (*denom).to_owned(),
                bid_deposit: Uint128::new(5),
                min_order_price: Uint128::new(10),
            })
            .collect(),
        activation_window: 300,
        notice_window: 3_600,
        match_window: 600,
        min_bid_window: 5,
        max_bid_window: 3_600,
        min_term: 60,
        max_term: market_api::limits::MAX_TERM,
        expiry_slash: Bps(500),
        expiry_jail: 0,
        break_slash: Bps(1_000),
        break_penalty: Bps(1_000),
    }
}

/// A day of unbonding; a silent winner's stake goes to the tenant, the rest is burned or goes to the treasury.
pub fn staking_params(treasury: &Addr) -> staking_api::Params {
    staking_api::Params {
        denom: DENOM.to_owned(),
        unbonding_seconds: 24 * 3_600,
        treasury: treasury.to_string(),
        on_activation_expired: Destination::Tenant,
        on_lease_broken: Destination::Burn,
        on_governance: Destination::Treasury,
    }
}

/// What a suite's staking can never go below.
pub const STAKING_FLOORS: staking_api::Floors = staking_api::Floors { unbonding_seconds: 1_000 };

/// What a suite's governance can never go below: a minute of voting, half a minute to an execution, any stake.
pub const FLOORS: Floors = Floors {
    voting_seconds: 60,
    timelock_seconds: 30,
    upgrade_timelock_seconds: 60,
    total_stake: Uint128::zero(),
};

/// Ten minutes of voting, five to an execution, an hour to an upgrade, a day to execute; a deposit of 100, lost by
/// a veto.
pub fn governance_params() -> governance_api::Params {
    governance_api::Params {
        voting_seconds: 600,
        timelock_seconds: 300,
        upgrade_timelock_seconds: 3_600,
        execution_seconds: 24 * 3_600,
        quorum: Bps(4_000),
        threshold: Bps(5_000),
        veto: Bps(3_334),
        deposit: Uint128::new(100),
        deposit_loss: DepositLoss::Vetoed,
    }
}
