//! A chain and an engine in memory, for tests of the parts together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chain_client::{Block, QueryError, Status, TxError, TxResult};
use cloud_std::{Bps, Money, Page, MAX_PAGE_LIMIT};
use content::ContentId;
use cosmwasm_std::{Addr, Uint128};
use futures::stream::BoxStream;
use gateway_api::{LogLine, LogsQuery, ServiceMetrics};
use market_api::eligibility::{self, Facts};
use market_api::*;
use registry_api::Attestation;

use crate::bidding::{tests as samples, Standing};
use crate::chain::{Answer, Chain, Outcome};
use crate::clock;
use crate::config::Config;
use crate::core::Core;
use crate::follow::NewBlock;
use crate::inventory::Amounts;
use crate::queue::Key;
use crate::runtime::*;
use crate::store::Store;

pub const ME: &str = "me";
pub const TENANT: &str = "tenant";

#[derive(Default)]
pub struct State {
    pub height: u64,
    pub time: u64,
    pub orders: BTreeMap<u64, Order>,
    pub bids: BTreeMap<u64, Bid>,
    /// The best bid of somebody else.
    pub rivals: BTreeMap<u64, u128>,
    pub leases: BTreeMap<u64, Lease>,
    pub versions: BTreeMap<u64, Vec<u8>>,
    /// What auditors vouch for at this provider.
    pub attestations: Vec<Attestation>,
    /// This provider's, in basis points.
    pub reputation: u16,
    /// Where other providers' gateways listen.
    pub endpoints: BTreeMap<String, String>,
    /// Keys of everything that was submitted.
    pub submitted: Vec<String>,
    /// Nobody answers.
    pub silent: bool,
    /// Messages take effect and their sender does not learn it.
    pub lose_outcomes: bool,
}

#[derive(Clone)]
pub struct FakeChain(pub Arc<Mutex<State>>);

impl FakeChain {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State { height: 10, time: clock::now(), ..State::default() })))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn ask<T>(&self, read: impl FnOnce(&State) -> T) -> Answer<T> {
        let state = self.state();
        if state.silent {
            return Err(QueryError::Unreachable { detail: "silent".into() });
        }
        Ok(read(&state))
    }

    pub fn open(&self, id: u64) {
        let mut state = self.state();
        let mut order = samples::order(id, 3600, 1_000_000);
        order.open_until = state.time + 10;
        order.match_until = state.time + 1000;
        state.orders.insert(id, order);
    }

    fn execute(&self, msg: &ExecuteMsg) -> Result<(), TxError> {
        let refuse = |text: &str| Err(TxError::Contract { message: text.to_owned() });
        let mut state = self.state();
        state.height += 1;
        let (height, time) = (state.height, state.time);
        match msg {
            ExecuteMsg::PlaceBid { order, price, .. } => {
                if state.bids.contains_key(&order.0) {
                    return refuse("already bid");
                }
                let bid = Bid {
                    order: *order,
                    provider: Addr::unchecked(ME),
                    price: *price,
                    sequence: height,
                    state: BidState::Open,
                    deposit: Uint128::zero(),
                    depositor: Addr::unchecked(ME),
                    placed_at: time,
                };
                state.bids.insert(order.0, bid);
            }
            ExecuteMsg::Match { order: id } => {
                let ours = state.bids[&id.0].price.u128();
                let wins = state.rivals.get(&id.0).is_none_or(|rival| ours < *rival);
                let Some(order) = state.orders.get_mut(&id.0) else { return refuse("there is no order") };
                if order.phase != OrderPhase::Bidding || time < order.open_until {
                    return refuse("cannot be matched");
                }
                order.phase = OrderPhase::Matched;
                order.state = OrderState::Matched;
                order.lease = Some(LeaseId(id.0));
                let order = order.clone();
                let mut lease = lease(id.0, time);
                lease.matched_version = state.versions[&1].clone().into();
                lease.provider = Addr::unchecked(if wins { ME } else { "rival" });
                lease.group = order.spec.group.name;
                state.leases.insert(id.0, lease);
                if let Some(bid) = state.bids.get_mut(&id.0) {
                    bid.state = if wins { BidState::Won } else { BidState::Lost };
                }
            }
            ExecuteMsg::Activate { lease, .. } => {
                let Some(lease) = state.leases.get_mut(&lease.0) else { return refuse("there is no lease") };
                if lease.phase != LeasePhase::Pending {
                    return refuse("not pending");
                }
                lease.phase = LeasePhase::Active;
                lease.started_at = Some(time);
            }
            ExecuteMsg::Withdraw { lease } => {
                let Some(lease) = state.leases.get_mut(&lease.0) else { return refuse("there is no lease") };
                lease.withdrawn = lease.earned;
            }
            other => return refuse(&format!("{other:?} is not part of this test")),
        }
        Ok(())
    }
}

pub fn lease(id: u64, time: u64) -> Lease {
    Lease {
        id: LeaseId(id),
        deployment: DeploymentId(1),
        order: OrderId(id),
        group: "web".into(),
        tenant: Addr::unchecked(TENANT),
        provider: Addr::unchecked(ME),
        state: LeaseState::Pending,
        phase: LeasePhase::Pending,
        price: Money::new("uakash", 1000u128),
        term: 3600,
        matched_version: vec![0; 32].into(),
        funds: Uint128::new(1000),
        funded_seconds: 3600,
        earned: Uint128::zero(),
        withdrawn: Uint128::zero(),
        refunded: Uint128::zero(),
        matched_at: time,
        activate_until: time + 100,
        started_at: None,
        notice_until: None,
        ends_at: time + 3600,
        end_reason: None,
    }
}

fn page<T: Clone, C>(
    rows: &BTreeMap<u64, T>,
    after: Option<u64>,
    keep: impl Fn(&T) -> bool,
    cursor: impl Fn(u64) -> C,
) -> Page<T, C> {
    let from = after.map_or(0, |id| id + 1);
    let mut items: Vec<(u64, T)> =
        rows.range(from..).filter(|(_, row)| keep(row)).map(|(id, row)| (*id, row.clone())).collect();
    let limit = MAX_PAGE_LIMIT as usize;
    let next = (items.len() > limit).then(|| cursor(items[limit - 1].0));
    items.truncate(limit);
    Page { items: items.into_iter().map(|(_, row)| row).collect(), next }
}

#[async_trait]
impl Chain for FakeChain {
    async fn status(&self) -> Answer<Status> {
        self.ask(|s| Status {
            chain_id: "test-1".into(),
            height: s.height,
            time: s.time,
            catching_up: false,
            earliest_height: 1,
            endpoint: "memory".into(),
        })
    }
    async fn block(&self, height: u64) -> Answer<Block> {
        self.ask(|s| Block { height, time: s.time, hash: format!("{height}"), events: vec![] })
    }
    fn market_address(&self) -> &str {
        "market"
    }
    fn provider(&self) -> &str {
        ME
    }
    async fn params(&self, _: u64) -> Answer<Params> {
        self.ask(|_| Params {
            denoms: vec![],
            activation_window: 100,
            notice_window: 100,
            match_window: 100,
            min_bid_window: 1,
            max_bid_window: 100,
            min_term: 1,
            max_term: 10_000,
            expiry_slash: cloud_std::Bps(0),
            expiry_jail: 0,
            break_slash: cloud_std::Bps(0),
            break_penalty: cloud_std::Bps(0),
        })
    }
    async fn standing(&self, _: u64) -> Answer<Option<Standing>> {
        self.ask(|_| Some(samples::standing()))
    }
    async fn order(&self, _: u64, id: OrderId) -> Answer<Order> {
        self.ask(|s| s.orders[&id.0].clone())
    }
    async fn eligibility(&self, _: u64, order: OrderId) -> Answer<Eligibility> {
        self.ask(|s| {
            let standing = samples::standing();
            let facts = Facts {
                record: Some(&standing.record),
                attestations: &s.attestations,
                stake: standing.stake,
                reputation: Bps(s.reputation),
                punishment_due: None,
            };
            let requirements = &s.orders[&order.0].spec.group.requirements;
            let checks = eligibility::checks(requirements, &facts, s.time);
            let eligible = checks.iter().all(|check| check.met);
            Eligibility { provider: standing.record.owner.clone(), eligible, checks }
        })
    }
    async fn open_orders(&self, _: u64, after: Option<OrderId>) -> Answer<Page<Order, OrderId>> {
        self.ask(|s| page(&s.orders, after.map(|id| id.0), |o| o.state == OrderState::Open, OrderId))
    }
    async fn front(&self, _: u64, order: OrderId) -> Answer<Option<Bid>> {
        self.ask(|s| s.bids.get(&order.0).cloned())
    }
    async fn own_bid(&self, _: u64, order: OrderId) -> Answer<Option<Bid>> {
        self.ask(|s| s.bids.get(&order.0).cloned())
    }
    async fn own_bids(&self, _: u64, after: Option<OrderId>) -> Answer<Page<Bid, OrderId>> {
        self.ask(|s| page(&s.bids, after.map(|id| id.0), |b| b.state == BidState::Open, OrderId))
    }
    async fn lease(&self, _: u64, id: LeaseId) -> Answer<Option<Lease>> {
        self.ask(|s| s.leases.get(&id.0).cloned())
    }
    async fn live_leases(&self, _: u64, after: Option<LeaseId>) -> Answer<Page<Lease, LeaseId>> {
        let live = |l: &Lease| l.phase != LeasePhase::Ended && l.provider.as_str() == ME;
        self.ask(|s| page(&s.leases, after.map(|id| id.0), live, LeaseId))
    }
    async fn all_leases(&self, _: u64, after: Option<LeaseId>) -> Answer<Page<Lease, LeaseId>> {
        self.ask(|s| page(&s.leases, after.map(|id| id.0), |l| l.provider.as_str() == ME, LeaseId))
    }
    async fn leases_of(
        &self,
        _: u64,
        deployment: DeploymentId,
        after: Option<LeaseId>,
    ) -> Answer<Page<Lease, LeaseId>> {
        self.ask(|s| page(&s.leases, after.map(|id| id.0), |l| l.deployment == deployment, LeaseId))
    }
    async fn endpoints(&self, _: u64, provider: &str) -> Answer<Vec<String>> {
        self.ask(|s| s.endpoints.get(provider).cloned().into_iter().collect())
    }
    async fn deployment(&self, _: u64, id: DeploymentId) -> Answer<Deployment> {
        self.ask(|s| Deployment {
            id,
            tenant: Addr::unchecked(TENANT),
            state: DeploymentState::Active,
            version: s.versions[&id.0].clone().into(),
            revision: 1,
            live: 1,
            created_at: 0,
            updated_at: 0,
        })
    }
    async fn operator_balance(&self, denom: &str) -> Answer<Money> {
        Ok(Money::new(denom, 1_000_000u128))
    }
    fn submit(&self, key: String, msg: &ExecuteMsg, _: Vec<Money>) -> Result<Outcome, TxError> {
        self.state().submitted.push(key);
        let result = self.execute(msg);
        let state = self.state();
        let height = state.height;
        let lost = state.lose_outcomes;
        Ok(tokio::spawn(async move {
            if lost {
                let detail = "lost".to_owned();
                return Err(TxError::Unknown { hash: "AB".into(), timeout_height: height + 20, detail });
            }
            result.map(|()| TxResult {
                hash: "AB".into(),
                height,
                code: 0,
                codespace: String::new(),
                log: String::new(),
                gas_wanted: 1,
                gas_used: 1,
                events: vec![],
                raw_events: vec![],
            })
        }))
    }
    fn depth(&self) -> usize {
        0
    }
    fn fee(&self, _: u64) -> Money {
        Money::new("uakash", 1u128)
    }
}

/// An engine that runs everything it is told, and remembers.
#[derive(Default)]
pub struct Engine {
    pub leases: BTreeMap<u64, ObservedLease>,
    pub applied: u32,
    pub down: bool,
    pub missing_image: bool,
    /// Loaded from what manifests carry.
    pub images: BTreeSet<ContentId>,
    /// What was applied last.
    pub last: Option<Workload>,
    next_id: u32,
}

#[derive(Clone, Default)]
pub struct FakeRuntime(pub Arc<Mutex<Engine>>);

impl FakeRuntime {
    pub fn engine(&self) -> MutexGuard<'_, Engine> {
        self.0.lock().unwrap()
    }

    pub fn ids(&self) -> Vec<String> {
        self.engine()
            .leases
            .values()
            .flat_map(|l| l.containers.iter().map(|c| c.container.id.clone()))
            .collect()
    }

    fn up(&self) -> Result<MutexGuard<'_, Engine>, RuntimeError> {
        let engine = self.engine();
        if engine.down {
            return Err(RuntimeError::EngineUnreachable { detail: "down".into() });
        }
        Ok(engine)
    }
}

#[async_trait]
impl Runtime for FakeRuntime {
    async fn capacity(&self) -> Result<Capacity, RuntimeError> {
        drop(self.up()?);
        Ok(Capacity { cpu_millis: 100_000, memory: 1 << 40, storage: 1 << 44, storage_free: 1 << 44 })
    }

    async fn isolate(&self) -> Result<(), RuntimeError> {
        Ok(())
    }
    async fn redirect(&self, _: Vec<Redirect>) -> Result<(), RuntimeError> {
        Ok(())
    }
    async fn observe(&self) -> Result<Vec<ObservedLease>, RuntimeError> {
        Ok(self.up()?.leases.values().cloned().collect())
    }
    async fn observe_lease(&self, lease: LeaseId) -> Result<Option<ObservedLease>, RuntimeError> {
        Ok(self.up()?.leases.get(&lease.0).cloned())
    }
    async fn apply(&self, workload: &Workload) -> Result<ObservedLease, RuntimeError> {
        let mut engine = self.up()?;
        if engine.missing_image {
            return Err(RuntimeError::ImageMissing { image: workload.services[0].image.clone() });
        }
        engine.applied += 1;
        engine.last = Some(workload.clone());
        let mut containers = Vec::new();
        for service in &workload.services {
            for replica in 0..service.count {
                engine.next_id += 1;
                let container =
                    ContainerRef { id: format!("c{}", engine.next_id), name: service.name.clone() };
                containers.push(ObservedContainer {
                    container,
                    service: service.name.clone(),
                    replica,
                    image: service.image.clone(),
                    version: workload.version.clone(),
                    spec: String::new(),
                    state: ContainerState::Running,
                    created_at: Some(1),
                    started_at: Some(1),
                    ports: workload.ports.clone(),
                    address: None,
                    gateway: None,
                });
            }
        }
        let observed = ObservedLease { lease: workload.lease, network: true, containers };
        engine.leases.insert(workload.lease.0, observed.clone());
        Ok(observed)
    }
    async fn remove(&self, lease: LeaseId) -> Result<(), RuntimeError> {
        self.up()?.leases.remove(&lease.0);
        Ok(())
    }
    async fn loaded_image(&self, content: ContentId) -> Result<Option<String>, RuntimeError> {
        Ok(self.up()?.images.contains(&content).then(|| format!("sha256:{content}")))
    }
    async fn load_image(&self, content: ContentId, _: &Path) -> Result<String, RuntimeError> {
        self.up()?.images.insert(content);
        Ok(format!("sha256:{content}"))
    }
    async fn keep_images(&self, keep: &BTreeSet<ContentId>) -> Result<(), RuntimeError> {
        self.up()?.images.retain(|image| keep.contains(image));
        Ok(())
    }
    async fn restart(&self, container: &ContainerRef) -> Result<(), RuntimeError> {
        let mut engine = self.up()?;
        let all = engine.leases.values_mut().flat_map(|lease| &mut lease.containers);
        for known in all.filter(|known| known.container == *container) {
            known.state = ContainerState::Running;
        }
        Ok(())
    }
    async fn logs(
        &self,
        _: LeaseId,
        _: &LogsQuery,
    ) -> Result<BoxStream<'static, Result<LogLine, RuntimeError>>, RuntimeError> {
        Ok(Box::pin(futures::stream::empty()))
    }
    async fn exec(&self, lease: LeaseId, request: &ExecRequest) -> Result<ExecSession, RuntimeError> {
        let (service, replica) = (request.service.clone(), request.replica);
        Err(RuntimeError::NotRunning { lease: lease.to_string(), service, replica })
    }
    async fn stats(&self, _: LeaseId) -> Result<Vec<ServiceMetrics>, RuntimeError> {
        Ok(vec![])
    }
    async fn image_present(&self, _: &str) -> Result<bool, RuntimeError> {
        Ok(true)
    }
}

/// A core on a fake chain, with a head and room for sale.
pub fn core(chain: &FakeChain, store: Store) -> Arc<Core> {
    let mut config = Config::default();
    config.ports.from = 41000;
    config.ports.to = 41999;
    config.ports.bind = "127.0.0.1".into();
    let core = Core::new(config, "test-1".into(), Arc::new(chain.clone()), store).unwrap();
    core.set_capacity(Amounts { cpu: 10_000_000, memory: 1 << 50, storage: 1 << 50, endpoints: 100_000 });
    let core = Arc::new(core);
    tick(&core, chain, &[]);
    core
}

/// A new block, with the keys that it touched.
pub fn tick(core: &Core, chain: &FakeChain, keys: &[Key]) {
    let (height, time) = {
        let mut state = chain.state();
        state.height += 1;
        (state.height, state.time)
    };
    core.on_block(NewBlock { height, tip: height, time, snapshot: false }, keys);
}
