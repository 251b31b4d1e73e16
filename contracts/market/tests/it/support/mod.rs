//! A market with its neighbours, and short words for what tests do with it.

pub mod bank;
pub mod neighbour;

use std::collections::BTreeMap;

use cloud_std::{Bps, Money, Page, MAX_PAGE_LIMIT};
use cosmwasm_std::{coin, Addr, Coin, Event, HexBinary, Timestamp, Uint128};
use cw_multi_test::{AppBuilder, AppResponse, Contract, ContractWrapper, Executor};
use market_api::msg::{LeaseFilter, OrderFilter};
use market_api::*;
use registry_api::{Attribute, Contact, Provider};
use serde::de::DeserializeOwned;

use bank::TestApp;
use neighbour::NeighbourMsg;

pub const DENOM: &str = "uakash";
/// A denom without bid deposit.
pub const FREE: &str = "ufree";
pub const START: u64 = 1_700_000_000;
pub const DEPOSIT: u128 = 5;
pub const RICH: u128 = 1 << 100;

pub const BID_WINDOW: u64 = 60;
pub const MATCH_WINDOW: u64 = 600;
pub const ACTIVATION: u64 = 30;
pub const NOTICE: u64 = 50;
pub const TERM: u64 = 100;

pub struct World {
    pub app: TestApp,
    pub market: Addr,
    pub registry: Addr,
    pub staking: Addr,
    pub owner: Addr,
    pub tenant: Addr,
    pub stranger: Addr,
    pub code: u64,
}

pub fn params() -> Params {
    Params {
        denoms: vec![
            DenomParams {
                denom: DENOM.into(),
                bid_deposit: DEPOSIT.into(),
                min_order_price: Uint128::new(10),
            },
            DenomParams { denom: FREE.into(), bid_deposit: Uint128::zero(), min_order_price: Uint128::one() },
        ],
        activation_window: ACTIVATION,
        notice_window: NOTICE,
        match_window: MATCH_WINDOW,
        min_bid_window: 10,
        max_bid_window: 3600,
        min_term: 1,
        max_term: 366 * 24 * 3600,
        expiry_slash: Bps(500),
        expiry_jail: 120,
        break_slash: Bps(1000),
        break_penalty: Bps(2000),
    }
}

pub fn market_contract() -> Box<dyn Contract<cosmwasm_std::Empty>> {
    Box::new(
        ContractWrapper::new(
            market::contract::execute,
            market::contract::instantiate,
            market::contract::query,
        )
        .with_reply(market::contract::reply),
    )
}

pub fn version(byte: u8) -> HexBinary {
    HexBinary::from(vec![byte; 32])
}

/// One service for one term of 100 seconds.
pub fn spec(max_price: u128) -> OrderSpec {
    OrderSpec {
        group: Group {
            name: "web".into(),
            resources: vec![Resources {
                cpu: 500,
                memory: 1 << 28,
                storage: vec![Volume {
                    name: "data".into(),
                    size: 1 << 30,
                    persistent: true,
                    class: Some("beta2".into()),
                }],
                bandwidth: 0,
                gpu: None,
                endpoints: 1,
                count: 1,
            }],
            requirements: Requirements::default(),
        },
        term: TERM,
        max_price: Money::new(DENOM, max_price),
        bid_window: BID_WINDOW,
        fallback: false,
    }
}

pub fn fallback_spec(max_price: u128) -> OrderSpec {
    OrderSpec { fallback: true, ..spec(max_price) }
}

pub fn price(amount: u128) -> Uint128 {
    Uint128::new(amount)
}

impl World {
    pub fn new() -> Self {
        Self::with(params())
    }

    pub fn with(params: Params) -> Self {
        let mut app = AppBuilder::new().with_bank(bank::GatedBank::default()).build(|_, _, _| {});
        app.update_block(|block| block.time = Timestamp::from_seconds(START));
        let make = |name: &str| app.api().addr_make(name);
        let (owner, tenant, stranger) = (make("owner"), make("tenant"), make("stranger"));
        let neighbour = app.store_code(neighbour::contract());
        let mut start = |label: &str| {
            app.instantiate_contract(neighbour, owner.clone(), &cosmwasm_std::Empty {}, &[], label, None)
                .unwrap()
        };
        let (registry, staking) = (start("registry"), start("staking"));
        let code = app.store_code(market_contract());
        let init = InstantiateMsg {
            owner: owner.to_string(),
            registry: registry.to_string(),
            staking: staking.to_string(),
            params,
        };
        let market = app
            .instantiate_contract(code, owner.clone(), &init, &[], "market", Some(owner.to_string()))
            .unwrap();
        let mut world = Self { app, market, registry, staking, owner, tenant, stranger, code };
        for account in [world.tenant.clone(), world.stranger.clone()] {
            world.fund(&account);
        }
        world
    }

    pub fn fund(&mut self, account: &Addr) {
        self.give(account, RICH, DENOM);
        self.give(account, RICH, FREE);
    }

    pub fn give(&mut self, account: &Addr, amount: u128, denom: &str) {
        bank::mint(&mut self.app, account, coin(amount, denom));
    }

    pub fn addr(&self, name: &str) -> Addr {
        self.app.api().addr_make(name)
    }

    // ---- time

    pub fn now(&self) -> u64 {
        self.app.block_info().time.seconds()
    }

    pub fn pass(&mut self, seconds: u64) {
        self.app.update_block(|block| {
            block.time = block.time.plus_seconds(seconds);
            block.height += 1;
        });
    }

    pub fn until(&mut self, second: u64) {
        let now = self.now();
        self.pass(second.checked_sub(now).expect("time does not run backwards"));
    }

    // ---- messages

    /// Sends a message, and audits the market's money whatever the outcome.
    pub fn send(&mut self, sender: &Addr, msg: &ExecuteMsg, funds: &[Coin]) -> Result<AppResponse, String> {
        let result = self
            .app
            .execute_contract(sender.clone(), self.market.clone(), msg, funds)
            .map_err(|error| error.to_string());
        self.audit();
        result
    }

    /// Sends a message that must succeed.
    #[track_caller]
    pub fn ok(&mut self, sender: &Addr, msg: ExecuteMsg) -> AppResponse {
        self.send(sender, &msg, &[]).unwrap_or_else(|error| panic!("{msg:?} failed: {error}"))
    }

    /// Sends a message that must fail with this text, and leaves no trace.
    #[track_caller]
    pub fn fails(&mut self, sender: &Addr, msg: ExecuteMsg, funds: &[Coin], text: &str) {
        match self.send(sender, &msg, funds) {
            Ok(_) => panic!("{msg:?} succeeded, expected {text:?}"),
            Err(error) => assert!(error.contains(text), "{msg:?}: expected {text:?} in {error:?}"),
        }
    }

    pub fn neighbour(&mut self, contract: &Addr, msg: &NeighbourMsg) {
        self.app.execute_contract(self.owner.clone(), contract.clone(), msg, &[]).unwrap();
    }

    // ---- providers

    /// Registers a provider whose earnings go to `<name>-payout`; `<name>-operator` may act for it.
    pub fn provider(&mut self, name: &str) -> Addr {
        let owner = self.addr(name);
        let (payout, operator) =
            (self.addr(&format!("{name}-payout")), self.addr(&format!("{name}-operator")));
        self.fund(&owner);
        self.fund(&operator);
        self.put_provider(Provider {
            owner: owner.clone(),
            payout,
            operators: vec![operator],
            endpoints: vec![],
            attributes: vec![Attribute::new("region", "eu-west")],
            contact: Contact::default(),
            jailed_until: 0,
            root_valid_until: u64::MAX,
            registered_at: 0,
            updated_at: 0,
        });
        owner
    }

    pub fn put_provider(&mut self, provider: Provider) {
        let registry = self.registry.clone();
        self.neighbour(&registry, &NeighbourMsg::PutProvider { provider });
    }

    pub fn change_provider(&mut self, owner: &Addr, change: impl FnOnce(&mut Provider)) {
        let registry = registry_api::RegistryClient(&self.registry);
        let mut provider = registry.provider(&self.app.wrap(), owner).unwrap().expect("registered");
        change(&mut provider);
        self.put_provider(provider);
    }

    pub fn remove_provider(&mut self, owner: &Addr) {
        let registry = self.registry.clone();
        self.neighbour(&registry, &NeighbourMsg::RemoveProvider { owner: owner.clone() });
    }

    /// Lets an auditor vouch for these attributes, and for nothing when there are none.
    pub fn attest(&mut self, auditor: &Addr, provider: &Addr, attributes: &[(&str, &str)]) {
        let (registry, provider, auditor) = (self.registry.clone(), provider.clone(), auditor.clone());
        let attributes: Vec<_> = attributes.iter().map(|(key, value)| Attribute::new(*key, *value)).collect();
        let msg = if attributes.is_empty() {
            NeighbourMsg::RemoveAttestation { provider, auditor }
        } else {
            NeighbourMsg::PutAttestation { provider, auditor, attributes }
        };
        self.neighbour(&registry, &msg);
    }

    pub fn stake(&mut self, account: &Addr, weight: u64) {
        let staking = self.staking.clone();
        self.neighbour(&staking, &NeighbourMsg::PutStake { account: account.clone(), weight });
    }

    /// What the market asked a neighbour to punish.
    pub fn punishments(&self, contract: &Addr) -> Vec<String> {
        self.app.wrap().query_wasm_smart(contract, &cosmwasm_std::Empty {}).unwrap()
    }

    // ---- short words

    /// Creates a deployment of the tenant with these orders; answers the first order.
    #[track_caller]
    pub fn create(&mut self, orders: Vec<OrderSpec>) -> OrderId {
        let first = OrderId(self.totals().orders + 1);
        let total: u128 = orders.iter().map(|order| order.max_price.amount.u128()).sum();
        let denom = orders[0].max_price.denom.clone();
        let tenant = self.tenant.clone();
        let msg = ExecuteMsg::CreateDeployment { version: version(1), orders };
        self.send(&tenant, &msg, &[coin(total, denom)]).unwrap();
        first
    }

    #[track_caller]
    pub fn bid(&mut self, provider: &Addr, order: OrderId, amount: u128) -> AppResponse {
        self.try_bid(provider, order, amount).unwrap()
    }

    pub fn try_bid(&mut self, provider: &Addr, order: OrderId, amount: u128) -> Result<AppResponse, String> {
        let funds = match self.order(order).spec.max_price.denom == DENOM {
            true => vec![coin(DEPOSIT, DENOM)],
            false => vec![],
        };
        let msg = ExecuteMsg::PlaceBid { order, provider: None, price: price(amount) };
        self.send(provider, &msg, &funds)
    }

    /// Waits for the end of bidding and matches.
    #[track_caller]
    pub fn matches(&mut self, order: OrderId) -> Lease {
        let open_until = self.order(order).open_until;
        if self.now() < open_until {
            self.until(open_until);
        }
        let stranger = self.stranger.clone();
        self.ok(&stranger, ExecuteMsg::Match { order });
        let lease = self.order(order).lease.expect("a lease came of it");
        self.lease(lease)
    }

    #[track_caller]
    pub fn activate(&mut self, lease: LeaseId) -> Lease {
        let provider = self.lease(lease).provider;
        self.ok(&provider, ExecuteMsg::Activate { lease, version: version(1) });
        self.lease(lease)
    }

    /// A lease of `alice` at this price that starts now.
    #[track_caller]
    pub fn active(&mut self, amount: u128) -> Lease {
        let alice = self.provider("alice");
        let order = self.create(vec![spec(amount.max(10))]);
        self.bid(&alice, order, amount);
        let lease = self.matches(order);
        self.activate(lease.id)
    }

    // ---- delegates, on deployment 1

    #[track_caller]
    pub fn grant(&mut self, delegate: &Addr, rights: Rights) {
        let (tenant, delegate) = (self.tenant.clone(), delegate.to_string());
        self.ok(&tenant, ExecuteMsg::Grant { deployment: DeploymentId(1), delegate, rights });
    }

    #[track_caller]
    pub fn fund_grant(&mut self, delegate: &Addr, amount: u128) {
        let (tenant, delegate) = (self.tenant.clone(), delegate.to_string());
        let msg = ExecuteMsg::FundGrant { deployment: DeploymentId(1), delegate };
        self.send(&tenant, &msg, &[coin(amount, DENOM)]).unwrap();
    }

    // ---- questions

    #[track_caller]
    pub fn ask<T: DeserializeOwned>(&self, msg: &QueryMsg) -> T {
        self.app.wrap().query_wasm_smart(&self.market, msg).unwrap()
    }

    pub fn ask_fails(&self, msg: &QueryMsg) -> String {
        let answer: Result<serde_json::Value, _> = self.app.wrap().query_wasm_smart(&self.market, msg);
        answer.unwrap_err().to_string()
    }

    #[track_caller]
    pub fn order(&self, order: OrderId) -> Order {
        self.ask(&QueryMsg::Order { order })
    }

    #[track_caller]
    pub fn lease(&self, lease: LeaseId) -> Lease {
        self.ask(&QueryMsg::Lease { lease })
    }

    #[track_caller]
    pub fn bid_of(&self, order: OrderId, provider: &Addr) -> Bid {
        self.ask(&QueryMsg::Bid { order, provider: provider.to_string() })
    }

    pub fn totals(&self) -> Totals {
        self.ask(&QueryMsg::Totals {})
    }

    pub fn record(&self, provider: &Addr) -> ProviderRecord {
        self.ask(&QueryMsg::ProviderRecord { provider: provider.to_string() })
    }

    pub fn reputation(&self, provider: &Addr) -> Reputation {
        self.ask(&QueryMsg::Reputation { provider: provider.to_string() })
    }

    pub fn deployment(&self, id: u64) -> Deployment {
        self.ask(&QueryMsg::Deployment { deployment: DeploymentId(id) })
    }

    pub fn grants(&self, deployment: DeploymentId) -> Vec<Grant> {
        self.all(|start_after: Option<Addr>| QueryMsg::Grants {
            deployment,
            start_after: start_after.map(Addr::into_string),
            limit: None,
        })
    }

    pub fn balance(&self, account: &Addr) -> u128 {
        self.balance_in(account, DENOM)
    }

    pub fn balance_in(&self, account: &Addr, denom: &str) -> u128 {
        let amount = self.app.wrap().query_balance(account, denom).unwrap().amount;
        Uint128::try_from(amount).unwrap().u128()
    }

    /// What an account spent since it was funded; negative when it gained.
    pub fn spent(&self, account: &Addr) -> i128 {
        RICH as i128 - self.balance(account) as i128
    }

    // ---- audit

    /// Adds up every order, bid and lease, and compares with the ledgers, the counters and the bank.
    #[track_caller]
    pub fn audit(&self) {
        let stated: Invariants = self.ask(&QueryMsg::Invariants {});
        assert!(stated.holds, "{stated:?}");
        let (orders, leases) = (self.all_orders(), self.all_leases());
        let mut sums: BTreeMap<String, [u128; 5]> = BTreeMap::new();
        let mut live: BTreeMap<DeploymentId, u32> = BTreeMap::new();
        for order in &orders {
            let sum = sums.entry(order.locked.denom.clone()).or_default();
            sum[0] += order.locked.amount.u128();
            if order.state == OrderState::Open {
                *live.entry(order.deployment).or_default() += 1;
            }
            for bid in self.all_bids(order) {
                sum[1] += bid.deposit.u128();
            }
        }
        let mut live_of: BTreeMap<Addr, u64> = BTreeMap::new();
        for lease in &leases {
            let sum = sums.entry(lease.price.denom.clone()).or_default();
            if lease.state == LeaseState::Ended {
                sum[3] += (lease.earned - lease.withdrawn).u128();
            } else {
                sum[2] += (lease.funds - lease.withdrawn).u128();
                *live.entry(lease.deployment).or_default() += 1;
                *live_of.entry(lease.provider.clone()).or_default() += 1;
            }
            assert!(lease.earned <= lease.funds, "{lease:?}");
            assert!(lease.withdrawn <= lease.earned, "{lease:?}");
        }
        for grant in (1..=self.totals().deployments).flat_map(|id| self.grants(DeploymentId(id))) {
            if let Some(budget) = grant.budget {
                sums.entry(budget.denom).or_default()[4] += budget.amount.u128();
            }
        }
        for denom in &stated.denoms {
            let [locked, deposits, in_leases, earned, grants] = sums.remove(&denom.denom).unwrap_or_default();
            assert_eq!(denom.locked_in_orders.u128(), locked, "locked in orders, {}", denom.denom);
            assert_eq!(denom.bid_deposits.u128(), deposits, "deposits, {}", denom.denom);
            assert_eq!(denom.live_leases.u128(), in_leases, "live leases, {}", denom.denom);
            assert_eq!(denom.earned.u128(), earned, "earned, {}", denom.denom);
            assert_eq!(denom.grants.u128(), grants, "budgets of delegates, {}", denom.denom);
        }
        assert!(sums.values().all(|sum| *sum == [0; 5]), "a denom without ledger: {sums:?}");

        let totals = self.totals();
        let in_order = |state| orders.iter().filter(|order| order.state == state).count() as u64;
        let in_lease = |state| leases.iter().filter(|lease| lease.state == state).count() as u64;
        assert_eq!(totals.orders_open, in_order(OrderState::Open));
        assert_eq!(totals.leases_pending, in_lease(LeaseState::Pending));
        assert_eq!(totals.leases_active, in_lease(LeaseState::Active));
        assert_eq!(totals.orders, orders.len() as u64);
        assert_eq!(totals.leases, leases.len() as u64);
        for id in 1..=totals.deployments {
            let stored = self.deployment(id);
            assert_eq!(stored.live, live.get(&stored.id).copied().unwrap_or_default());
        }
        for lease in &leases {
            let counted = live_of.get(&lease.provider).copied().unwrap_or_default();
            assert_eq!(self.record(&lease.provider).record.leases_live, counted);
        }
    }

    pub fn all_orders(&self) -> Vec<Order> {
        [OrderState::Open, OrderState::Matched, OrderState::Expired, OrderState::Closed]
            .into_iter()
            .flat_map(|state| {
                self.all(|start_after| QueryMsg::Orders {
                    filter: OrderFilter::State { state },
                    start_after,
                    limit: Some(MAX_PAGE_LIMIT),
                })
            })
            .collect()
    }

    pub fn all_leases(&self) -> Vec<Lease> {
        [LeaseState::Pending, LeaseState::Active, LeaseState::Ended]
            .into_iter()
            .flat_map(|state| {
                self.all(|start_after| QueryMsg::Leases {
                    filter: LeaseFilter::State { state },
                    start_after,
                    limit: Some(MAX_PAGE_LIMIT),
                })
            })
            .collect()
    }

    /// Follows the cursor to the end.
    pub fn all<T: DeserializeOwned, C: DeserializeOwned>(
        &self,
        page: impl Fn(Option<C>) -> QueryMsg,
    ) -> Vec<T> {
        let (mut items, mut cursor) = (vec![], None);
        loop {
            let answer: Page<T, C> = self.ask(&page(cursor));
            items.extend(answer.items);
            match answer.next {
                Some(next) => cursor = Some(next),
                None => return items,
            }
        }
    }

    /// Bids on an order of every provider that the tests name.
    fn all_bids(&self, order: &Order) -> Vec<Bid> {
        let registered: Vec<Addr> =
            self.app.wrap().query_wasm_smart(&self.registry, &"providers").unwrap_or_default();
        registered
            .iter()
            .filter_map(|provider| {
                let msg = QueryMsg::Bid { order: order.id, provider: provider.to_string() };
                self.app.wrap().query_wasm_smart(&self.market, &msg).ok()
            })
            .collect()
    }
}

/// The market's events of a response: name and attributes without the contract's address.
pub fn events(response: &AppResponse) -> Vec<(String, Vec<(String, String)>)> {
    response.events.iter().filter_map(market_event).collect()
}

fn market_event(event: &Event) -> Option<(String, Vec<(String, String)>)> {
    let name = event.ty.strip_prefix("wasm-")?;
    let attributes = event
        .attributes
        .iter()
        .filter(|attribute| attribute.key != "_contract_address")
        .map(|attribute| (attribute.key.clone(), attribute.value.clone()))
        .collect();
    Some((name.to_owned(), attributes))
}

#[track_caller]
pub fn names(response: &AppResponse) -> Vec<String> {
    events(response).into_iter().map(|(name, _)| name).collect()
}
