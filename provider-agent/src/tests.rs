//! The parts together, on a chain and an engine in memory.

mod carried;

use std::sync::Arc;

use bytes::Bytes;
use cloud_std::Bps;
use gateway_api::{Control, Problem};
use market_api::{LeaseId, LeasePhase, OrderPhase};
use registry_api::Attestation;

use crate::bidding::Bidder;
use crate::core::Core;
use crate::exchange::{ChainHost, Sharing};
use crate::fakes::{core, tick, FakeChain, FakeRuntime};
use crate::gateway::GatewayBackend;
use crate::leases::{Backend, Leases};
use crate::queue::Key;
use crate::store::Store;

const SDL: &str = r#"
version: "2.0"
services:
  web:
    image: nginx:1
    expose:
      - port: 8080
        to:
          - global: true
profiles:
  compute:
    web:
      resources:
        cpu: { units: 0.5 }
        memory: { size: 512Mi }
        storage: { size: 1Gi }
  placement:
    web:
      pricing:
        web: { denom: uakt, amount: 1000 }
deployment:
  web:
    web: { profile: web, count: 1 }
"#;

fn manifest(image: &str) -> manifest::Manifest {
    manifest::parse("test.yaml", SDL.replace("nginx:1", image).as_bytes()).unwrap().manifest()
}

struct Rig {
    chain: FakeChain,
    runtime: FakeRuntime,
    store: Store,
    core: Arc<Core>,
    bidder: Bidder,
    leases: Arc<Leases>,
    backend: Backend,
}

impl Rig {
    fn new() -> Self {
        let chain = FakeChain::new();
        chain.state().versions.insert(1, manifest("nginx:1").version().0.to_vec());
        Self::on(chain, FakeRuntime::default(), Store::in_memory().unwrap())
    }

    fn on(chain: FakeChain, runtime: FakeRuntime, store: Store) -> Self {
        let core = core(&chain, store.clone());
        let bidder = Bidder::new(core.clone());
        let host = "127.0.0.1".parse().unwrap();
        let leases = Arc::new(Leases::new(core.clone(), Arc::new(runtime.clone()), host, "here".into()));
        let backend = Backend(leases.clone());
        Self { chain, runtime, store, core, bidder, leases, backend }
    }

    /// The process ends and another one starts, with the same database or an empty one.
    fn restart(self, keep: bool) -> Self {
        let store = if keep { self.store } else { Store::in_memory().unwrap() };
        Self::on(self.chain, self.runtime, store)
    }

    /// A block that touched everything there is, then all that follows from it.
    async fn block(&mut self) {
        let keys: Vec<Key> = {
            let state = self.chain.state();
            let orders = state.orders.keys().map(|id| Key::Order(*id));
            orders.collect()
        };
        tick(&self.core, &self.chain, &keys);
        let _ = self.bidder.on_head(self.core.head()).await;
        self.settle().await;
        let leases: Vec<u64> = {
            let ours = self.chain.state().leases.values().map(|l| l.id.0).collect::<Vec<_>>();
            let known = self.core.mine.leases();
            let there = self.runtime.engine().leases.keys().copied().collect::<Vec<_>>();
            [ours, known, there].concat()
        };
        for lease in leases {
            let _ = self.leases.reconcile(lease).await;
        }
        self.settle().await;
    }

    /// Waits for the outcomes of what was sent.
    async fn settle(&self) {
        self.core.tasks.close();
        self.core.tasks.wait().await;
        self.core.tasks.reopen();
    }

    async fn send_manifest(&self, lease: u64, image: &str) -> Result<(), Problem> {
        let bytes = Bytes::from(manifest(image).to_canonical_json());
        self.backend.submit_manifest(LeaseId(lease), bytes).await.map(|_| ())
    }

    fn count(&self, prefix: &str) -> usize {
        self.chain.state().submitted.iter().filter(|key| key.starts_with(prefix)).count()
    }

    fn end(&self, lease: u64) {
        self.chain.state().leases.get_mut(&lease).unwrap().phase = LeasePhase::Ended;
    }

    fn pass(&self, seconds: u64) {
        self.chain.state().time += seconds;
    }

    /// Up to leases that wait for their manifests.
    async fn matched(&mut self, orders: &[u64]) {
        for order in orders {
            self.chain.open(*order);
        }
        self.block().await;
        self.pass(10);
        self.block().await;
    }

    /// Up to a running and paid lease.
    async fn running() -> Self {
        let mut rig = Self::new();
        rig.chain.open(1);
        rig.block().await;
        rig.pass(10);
        rig.block().await;
        rig.send_manifest(1, "nginx:1").await.unwrap();
        rig.block().await;
        rig.block().await;
        assert_eq!(
            rig.chain.state().leases[&1].phase,
            LeasePhase::Active,
            "{:?}",
            rig.chain.state().submitted
        );
        rig
    }
}

#[tokio::test]
async fn an_order_becomes_a_running_container_that_is_paid() {
    let rig = Rig::running().await;
    assert_eq!((rig.count("bid/"), rig.count("match/"), rig.count("activate/")), (1, 1, 1));
    assert_eq!(rig.runtime.engine().applied, 1);
    let status = rig.backend.status(LeaseId(1)).await.unwrap();
    assert_eq!(status.control, Control::Active);
    assert!(status.is_ready());
    assert_eq!(status.services[0].urls[0].host, "here");
    assert!((41000..=41999).contains(&status.services[0].urls[0].host_port));
}

#[tokio::test]
async fn a_thousand_orders_get_one_bid_each_however_often_they_are_looked_at() {
    let mut rig = Rig::new();
    for id in 1..=1000 {
        rig.chain.open(id);
    }
    for _ in 0..3 {
        rig.block().await;
    }
    assert_eq!(rig.count("bid/"), 1000);
    assert_eq!(rig.core.reservations.len(), 1000);
    let mut rig = rig.restart(false);
    rig.block().await;
    assert_eq!(rig.count("bid/"), 1000, "the chain knows the bids when the database does not");
    assert_eq!(rig.core.reservations.len(), 1000);
}

#[tokio::test]
async fn a_bid_whose_outcome_was_lost_is_not_sent_again() {
    let mut rig = Rig::new();
    rig.chain.state().lose_outcomes = true;
    rig.chain.open(1);
    rig.block().await;
    rig.chain.state().lose_outcomes = false;
    rig.block().await;
    let mut rig = rig.restart(true);
    rig.block().await;
    assert_eq!(rig.count("bid/"), 1);
    assert!(rig.core.reservations.get(1).unwrap().placed_at.is_some());
}

#[tokio::test]
async fn an_order_that_asks_for_an_auditor_or_a_reputation_gets_a_bid_once_both_are_there() {
    let mut rig = Rig::new();
    for (order, least) in [(1, 0), (2, 5)] {
        rig.chain.open(order);
        let mut state = rig.chain.state();
        let requirements = &mut state.orders.get_mut(&order).unwrap().spec.group.requirements;
        requirements.signed_by.any_of = vec!["auditor".into()];
        requirements.min_reputation = Bps(least);
    }
    rig.block().await;
    assert_eq!(rig.count("bid/"), 0);
    let standing = crate::bidding::tests::standing();
    rig.chain.state().attestations.push(Attestation {
        provider: standing.record.owner.clone(),
        auditor: cosmwasm_std::Addr::unchecked("auditor"),
        attributes: standing.record.attributes,
        lapsed: vec![],
        attested_at: 0,
    });
    rig.block().await;
    assert_eq!((rig.count("bid/1"), rig.count("bid/2")), (1, 0));
    rig.chain.state().reputation = 5;
    rig.block().await;
    assert_eq!((rig.count("bid/1"), rig.count("bid/2")), (1, 1));
}

#[tokio::test]
async fn an_order_that_goes_to_another_frees_what_was_reserved() {
    let mut rig = Rig::new();
    rig.chain.open(1);
    rig.chain.state().rivals.insert(1, 1);
    rig.block().await;
    assert_eq!(rig.core.reservations.len(), 1);
    rig.pass(10);
    rig.block().await;
    rig.block().await;
    assert_eq!(rig.chain.state().orders[&1].phase, OrderPhase::Matched);
    assert_eq!(rig.core.reservations.len(), 0);
    assert_eq!(rig.runtime.engine().applied, 0);
}

#[tokio::test]
async fn a_restart_finds_the_same_containers_with_and_without_its_database() {
    for keep in [true, false] {
        let rig = Rig::running().await;
        let before = rig.runtime.ids();
        let mut rig = rig.restart(keep);
        for _ in 0..3 {
            rig.block().await;
        }
        assert_eq!(rig.runtime.ids(), before);
        assert_eq!((rig.count("bid/"), rig.count("activate/")), (1, 1));
        assert_eq!(rig.backend.status(LeaseId(1)).await.unwrap().control, Control::Active);
    }
}

#[tokio::test]
async fn an_ended_lease_is_removed_after_a_second_height_and_its_money_taken() {
    let mut rig = Rig::running().await;
    {
        let mut state = rig.chain.state();
        let lease = state.leases.get_mut(&1).unwrap();
        lease.phase = LeasePhase::Ended;
        lease.earned = 500u128.into();
    }
    rig.block().await;
    assert_eq!(rig.runtime.ids().len(), 1, "one height is not enough");
    rig.block().await;
    assert!(rig.runtime.ids().is_empty());
    for _ in 0..3 {
        rig.block().await;
    }
    assert_eq!(rig.count("withdraw/"), 1);
    assert_eq!(rig.core.reservations.len(), 0);
    assert!(rig.store.lease_rows().unwrap().is_empty() && rig.store.ports_taken().unwrap() == 0);
}

#[tokio::test]
async fn a_silent_chain_removes_nothing_and_keeps_services_up() {
    let mut rig = Rig::running().await;
    rig.chain.state().silent = true;
    if let Some(lease) = rig.runtime.engine().leases.get_mut(&1) {
        let error = String::new();
        lease.containers[0].state =
            crate::runtime::ContainerState::Exited { code: 1, out_of_memory: false, error, at: Some(5) };
    }
    let before = rig.runtime.ids();
    let restarted = async {
        while !rig.runtime.engine().leases[&1].all_running() {
            rig.block().await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), restarted).await.unwrap();
    assert_eq!(rig.runtime.ids(), before);
}

#[tokio::test]
async fn what_no_lease_wants_is_collected() {
    let mut rig = Rig::running().await;
    let stray = {
        let mut engine = rig.runtime.engine();
        let mut stray = engine.leases[&1].clone();
        stray.lease = LeaseId(99);
        engine.leases.insert(99, stray);
        99
    };
    for _ in 0..3 {
        rig.block().await;
    }
    assert!(!rig.runtime.engine().leases.contains_key(&stray));
    assert!(rig.runtime.engine().leases.contains_key(&1));
}

#[tokio::test]
async fn a_manifest_of_another_version_is_refused_with_both_hashes_and_starts_nothing() {
    let mut rig = Rig::new();
    rig.chain.open(1);
    rig.block().await;
    rig.pass(10);
    rig.block().await;
    match rig.send_manifest(1, "other:2").await {
        Err(Problem::VersionMismatch { expected, got }) => {
            assert_eq!(expected.as_slice(), manifest("nginx:1").version().0);
            assert_eq!(got.as_slice(), manifest("other:2").version().0);
        }
        other => panic!("{other:?}"),
    }
    rig.block().await;
    assert_eq!(rig.runtime.engine().applied, 0);
    assert!(matches!(rig.send_manifest(7, "nginx:1").await, Err(Problem::NotFound)));
}

#[tokio::test]
async fn a_missing_image_is_told_at_once_and_works_once_it_is_there() {
    let mut rig = Rig::new();
    rig.chain.open(1);
    rig.block().await;
    rig.pass(10);
    rig.block().await;
    rig.runtime.engine().missing_image = true;
    rig.send_manifest(1, "nginx:1").await.unwrap();
    rig.block().await;
    match rig.backend.status(LeaseId(1)).await.unwrap().control {
        Control::Failed { code, .. } => assert_eq!(code, "image_missing"),
        other => panic!("{other:?}"),
    }
    rig.runtime.engine().missing_image = false;
    // Sending it again skips the pause.
    rig.send_manifest(1, "nginx:1").await.unwrap();
    rig.block().await;
    rig.block().await;
    assert_eq!(rig.chain.state().leases[&1].phase, LeasePhase::Active);
}

#[tokio::test]
async fn a_new_version_replaces_the_old_one_when_its_manifest_comes() {
    let mut rig = Rig::running().await;
    let before = rig.runtime.ids();
    rig.chain.state().versions.insert(1, manifest("nginx:2").version().0.to_vec());
    rig.block().await;
    assert_eq!(rig.runtime.ids(), before);
    assert!(matches!(
        rig.backend.status(LeaseId(1)).await.unwrap().control,
        Control::AwaitingManifest { .. }
    ));
    rig.send_manifest(1, "nginx:2").await.unwrap();
    rig.block().await;
    assert_ne!(rig.runtime.ids(), before);
    let status = rig.backend.status(LeaseId(1)).await.unwrap();
    assert_eq!(status.control, Control::Active);
    assert_eq!(status.version.unwrap().as_slice(), manifest("nginx:2").version().0);
}

#[tokio::test]
async fn a_chain_that_went_back_is_not_acted_on() {
    let mut rig = Rig::running().await;
    rig.core.health.distrust("went back");
    rig.chain.state().leases.clear();
    rig.chain.open(2);
    for _ in 0..3 {
        rig.block().await;
    }
    assert_eq!(rig.runtime.ids().len(), 1);
    assert_eq!(rig.count("bid/"), 1);
}

// ---- manifests from other participants

/// Lets the rig take part in the exchange, with nobody else in it.
fn share(rig: &Rig, dir: &std::path::Path) -> Arc<ChainHost> {
    struct NoRoots;
    #[async_trait::async_trait]
    impl identity::Roots for NoRoots {
        async fn root(
            &self,
            _: &str,
            _: &identity::Fingerprint,
        ) -> Result<identity::RootStatus, identity::Unknown> {
            Ok(identity::RootStatus::NotPublished)
        }
    }
    let account = "wasm1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu";
    let root = identity::Root::generate(account, identity::DEFAULT_ROOT_VALIDITY).unwrap();
    let identity = Arc::new(identity::Identity::new(root, "test-1", identity::Role::Provider).unwrap());
    let host = Arc::new(ChainHost::new(rig.core.clone()));
    let store = Arc::new(content::Store::open(dir).unwrap());
    let limits = ::exchange::Config::default();
    let exchange = ::exchange::Exchange::new(limits, identity, Arc::new(NoRoots), host.clone(), store);
    rig.leases.share(Sharing { exchange, host: host.clone() });
    host
}

#[tokio::test]
async fn a_second_lease_of_a_deployment_takes_the_manifest_that_the_first_has() {
    let mut rig = Rig::new();
    let dir = tempfile::tempdir().unwrap();
    share(&rig, dir.path());
    rig.matched(&[1, 2]).await;
    rig.send_manifest(1, "nginx:1").await.unwrap();
    let both_run = async {
        // No blocks and so no time on the chain: how soon it happens does not matter.
        while !(1..=2).all(|id| rig.chain.state().leases[&id].phase == LeasePhase::Active) {
            for lease in 1..=2 {
                let _ = rig.leases.reconcile(lease).await;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(120), both_run).await.expect("both leases run");
    let status = rig.backend.status(LeaseId(2)).await.unwrap();
    assert_eq!(status.fetching, None, "nothing is asked for any more");
}

#[tokio::test]
async fn who_takes_part_is_who_has_a_live_lease_and_only_where_this_provider_has_one() {
    let mut rig = Rig::new();
    let dir = tempfile::tempdir().unwrap();
    let host = share(&rig, dir.path());
    rig.matched(&[1]).await;
    {
        let mut state = rig.chain.state();
        let time = state.time;
        for (id, provider, deployment, phase) in [
            (20, "neighbour", 1, LeasePhase::Active),
            (21, "gone", 1, LeasePhase::Ended),
            (22, "elsewhere", 2, LeasePhase::Active),
        ] {
            let mut lease = crate::fakes::lease(id, time);
            lease.provider = cosmwasm_std::Addr::unchecked(provider);
            lease.deployment = market_api::DeploymentId(deployment);
            lease.phase = phase;
            state.leases.insert(id, lease);
        }
        state.endpoints.insert("neighbour".into(), "https://neighbour.example:8443".into());
    }
    use ::exchange::Host;
    let all = host.participants(1).await.unwrap();
    let names: Vec<&str> = all.iter().map(|one| one.account.as_str()).collect();
    assert_eq!(names, [crate::fakes::TENANT, crate::fakes::ME, "neighbour"]);
    assert_eq!(all[2].endpoints.len(), 1);
    assert!(host.participants(2).await.unwrap().is_empty());
    assert!(host.participants(99).await.unwrap().is_empty());
}
