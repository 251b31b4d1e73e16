//! Puts the parts together, watches over them, and ends them in order.

use std::fs::File;
use std::future::Future;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::exchange::Exchange;
use ::overlay::Overlay;
use anyhow::Context;
use async_trait::async_trait;
use chain_client::{
    AddressBook, Client, Contracts, GasPrice, KeyFile, Passphrase, QueryError, Signer, TxConfig, TxQueue,
};
use identity::{CachePolicy, CachedRoots, Fingerprint, Identity, Role, Root, RootStatus, Roots, Unknown};
use registry_api::RootState;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bidding::Bidder;
use crate::chain::{LiveChain, SharedChain};
use crate::config::{Config, Firewall};
use crate::core::Core;
use crate::exchange::{ChainHost, Sharing};
use crate::follow::Follower;
use crate::gateway::{Gateway, GatewayConfig};
use crate::journal::StoreJournal;
use crate::leases::{Backend, Leases};
use crate::ops::{self, StatusReport};
use crate::overlay::{Joiner, Targets};
use crate::runtime::{DockerConfig, DockerRuntime, Runtime};
use crate::store::Store;

/// The database's file in the data directory, and the lock's.
const DATABASE: &str = "agent.redb";
const LOCK: &str = "agent.lock";
/// The directory of carried content in the data directory.
const CONTENT: &str = "content";

/// Holds the data directory for this process; freed by the kernel when it ends, however it ends.
pub struct Lock(#[allow(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Creates the directory if needed. Refused when another agent works with it.
    pub fn take(dir: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("data_dir {} cannot be made", dir.display()))?;
        let path = dir.join(LOCK);
        let file = File::create(&path).with_context(|| format!("{} cannot be opened", path.display()))?;
        file.try_lock().map_err(|e| {
            anyhow::anyhow!(
                "another agent works with {} ({e}): stop it, or set another data_dir",
                dir.display()
            )
        })?;
        Ok(Self(file))
    }
}

/// Two agents with one key would fight over its sequence, also from different data directories: the key file itself
/// is locked too.
fn lock_key(path: &Path) -> anyhow::Result<File> {
    let file = File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    file.try_lock().map_err(|e| {
        anyhow::anyhow!(
            "another agent works with the key {} ({e}): stop it, or use another operator key",
            path.display()
        )
    })?;
    Ok(file)
}

/// Named tasks; the first that ends on its own ends all.
struct Group {
    tasks: JoinSet<(&'static str, anyhow::Result<()>)>,
    running: Vec<&'static str>,
}

impl Group {
    fn new() -> Self {
        Self { tasks: JoinSet::new(), running: Vec::new() }
    }

    fn spawn(&mut self, name: &'static str, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.running.push(name);
        self.tasks.spawn(async move { (name, task.await) });
    }

    /// The next task that ended, with its failure. A panic is a failure of an unnamed task.
    async fn next(&mut self) -> Option<(&'static str, anyhow::Result<()>)> {
        let (name, result) = match self.tasks.join_next().await? {
            Ok(ended) => ended,
            Err(e) => ("a task", Err(anyhow::anyhow!("{e}"))),
        };
        if let Some(at) = self.running.iter().position(|running| *running == name) {
            self.running.swap_remove(at);
        }
        Some((name, result))
    }
}

/// The registry's word on roots.
struct ChainRoots(Contracts);

#[async_trait]
impl Roots for ChainRoots {
    async fn root(&self, account: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown> {
        match self.0.registry.root(account, fingerprint.0.to_vec().into()).await {
            Ok(root) => Ok(match root.state {
                RootState::Active => RootStatus::Active,
                RootState::Expired => RootStatus::Expired,
                RootState::Revoked => RootStatus::Revoked,
            }),
            Err(QueryError::NotFound { .. }) => Ok(RootStatus::NotPublished),
            Err(e) => Err(Unknown::new(e)),
        }
    }
}

/// What a run needs from files, checked before anything starts.
struct Parts {
    book: AddressBook,
    client: Client,
    contracts: Contracts,
    gas_price: GasPrice,
    signer: Arc<dyn Signer>,
    root: Root,
}

fn load(config: &Config) -> anyhow::Result<Parts> {
    let book = AddressBook::load(&config.chain.address_book)?;
    let endpoints = if config.chain.endpoints.is_empty() { &book.rpc } else { &config.chain.endpoints };
    let client = Client::new(&book.chain_id, endpoints)?;
    let contracts = Contracts::new(&client, &book)?;
    let gas_price = match config.chain.gas_price.as_str() {
        "" => book.gas_price.clone(),
        text => text.parse().map_err(|e| anyhow::anyhow!("chain.gas_price: {e}"))?,
    };
    let passphrase = match config.provider.passphrase_file.as_path() {
        path if path.as_os_str().is_empty() => {
            Passphrase::None { hint: "name a file with it in provider.passphrase_file".to_owned() }
        }
        path => Passphrase::File(path.to_owned()),
    };
    let signer = KeyFile::load(&config.provider.operator_key, &passphrase)?;
    let root = Root::load(&config.provider.root)?;
    Ok(Parts { book, client, contracts, gas_price, signer: Arc::new(signer), root })
}

/// The provider that the operator key works for: as configured, as remembered, or as the chain says.
async fn owner_of(
    config: &Config,
    parts: &Parts,
    store: &Store,
    cancel: &CancellationToken,
) -> anyhow::Result<String> {
    if !config.provider.owner.is_empty() {
        return Ok(config.provider.owner.clone());
    }
    let operator = parts.signer.address();
    let name = format!("owner of {operator}");
    if let Some(owner) = store.meta::<String>(&name)? {
        return Ok(owner);
    }
    // Also the owner's own key may run an agent.
    let mut told = false;
    loop {
        let text = match parts.contracts.registry.provider_of_operator(operator).await {
            Ok(Some(owner)) => {
                store.set_meta(&name, &owner.to_string())?;
                return Ok(owner.into_string());
            }
            Ok(None) if parts.root.account() == operator => return Ok(operator.to_owned()),
            Ok(None) => format!("no provider has {operator} as an operator: run `akash provider operator add` with the owner's key"),
            Err(e) => e.to_string(),
        };
        if !std::mem::replace(&mut told, true) {
            tracing::warn!(reason = text, "waiting to learn which provider this agent works for");
        }
        tokio::select! {
            () = cancel.cancelled() => anyhow::bail!("stopped before it was known which provider to work for: {text}"),
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// The name under which tenants reach this machine.
async fn public_host(config: &Config, chain: &LiveChain, store: &Store) -> anyhow::Result<String> {
    for host in [&config.ports.host, &config.gateway.host] {
        if !host.is_empty() {
            return Ok(host.clone());
        }
    }
    if let Ok(record) = chain.contracts.registry.provider(&chain.provider).await {
        let endpoint = record.endpoints.first().and_then(|text| text.parse::<identity::Endpoint>().ok());
        if let Some(endpoint) = endpoint {
            store.set_meta("public host", &endpoint.host)?;
            return Ok(endpoint.host);
        }
    }
    let known = store.meta::<String>("public host")?;
    let listen = config.gateway.listen.ip();
    let fallback = if listen.is_unspecified() { "127.0.0.1".to_owned() } else { listen.to_string() };
    Ok(known.unwrap_or(fallback))
}

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// Asked to stop, and everything came to rest in time.
    Drained { after: Duration },
    /// Asked to stop, and these were cut off.
    CutOff { tasks: Vec<&'static str> },
}

/// Runs the agent until a signal or a failure.
pub async fn run(config: Config) -> anyhow::Result<Ended> {
    let stop = CancellationToken::new();
    spawn_signal_listener(stop.clone())?;
    run_until(config, stop).await
}

/// Runs the agent until `stop` is cancelled or a part fails.
pub async fn run_until(config: Config, stop: CancellationToken) -> anyhow::Result<Ended> {
    let _lock = Lock::take(&config.data_dir)?;
    let parts = load(&config)?;
    let _key_lock = lock_key(&config.provider.operator_key)?;
    let path: PathBuf = config.data_dir.join(DATABASE);
    let store = Store::open(&path).with_context(|| format!("database {}", path.display()))?;
    let owner = owner_of(&config, &parts, &store, &stop).await?;
    anyhow::ensure!(
        parts.root.account() == owner,
        "the root in {} is of {}, the provider is {owner}: set provider.root to the owner's root",
        config.provider.root.display(),
        parts.root.account(),
    );
    let chain_id = parts.book.chain_id.clone();

    // The queue is cancelled last, so that what the others sent still finds its outcome.
    let tx_stop = CancellationToken::new();
    let mut tx_config = TxConfig::new(parts.gas_price.clone());
    tx_config.timeout_blocks = config.chain.timeout_blocks;
    tx_config.drain = config.ops.drain.0 / 2;
    let journal = Arc::new(StoreJournal(store.clone()));
    let (queue, tx_task) =
        TxQueue::start(parts.client.clone(), parts.signer.clone(), tx_config, journal, tx_stop.clone());
    let live = Arc::new(LiveChain {
        client: parts.client.clone(),
        contracts: parts.contracts.clone(),
        queue,
        gas_price: parts.gas_price,
        provider: owner.clone(),
    });
    let host = public_host(&config, &live, &store).await?;
    let chain: SharedChain = live.clone();
    let core = Arc::new(Core::new(config.clone(), chain_id.clone(), chain, store)?);
    let host_ip: IpAddr = config.ports.bind.parse().context("ports.bind")?;
    let runtime: Arc<dyn Runtime> = Arc::new(DockerRuntime::new(docker_config(&config, &owner)));
    let leases = Arc::new(Leases::new(core.clone(), runtime.clone(), host_ip, host));
    leases.refresh_capacity().await;

    let identity = Arc::new(Identity::new(parts.root, &chain_id, Role::Provider)?);
    let cached = Arc::new(CachedRoots::new(ChainRoots(parts.contracts.clone()), CachePolicy::default()));
    let roots: Arc<dyn Roots> = cached.clone();
    let host = Arc::new(ChainHost::new(core.clone()));
    let content = Arc::new(content::Store::open(config.data_dir.join(CONTENT))?);
    let limits = ::exchange::Config::default();
    let exchange = Exchange::new(limits, identity.clone(), roots.clone(), host.clone(), content);
    leases.share(Sharing { exchange: exchange.clone(), host: host.clone() });
    let targets = Arc::new(Targets::default());
    let overlay = Arc::new(Overlay::start(
        ::overlay::Config::default(),
        identity.clone(),
        roots.clone(),
        targets.clone(),
    )?);
    leases.connect(overlay.clone());
    let gateway = Gateway::bind(
        config.gateway.listen,
        GatewayConfig { drain_timeout: config.ops.drain.0 / 2, ..GatewayConfig::default() },
        identity,
        roots,
        Arc::new(Backend(leases.clone())),
        runtime.clone(),
    )
    .await?
    .with_exchange(exchange)?
    .with_overlay(overlay.clone());

    tracing::info!(provider = owner, operator = live.queue.address(), chain = chain_id, "started");
    let mut group = Group::new();
    group.spawn("gateway", {
        let stop = stop.clone();
        async move {
            gateway.run(stop).await;
            Ok(())
        }
    });
    let report = reporter(core.clone(), leases.clone(), live.queue.address().to_owned());
    let router = ops::router(core.health.clone(), core.metrics.clone(), report);
    group.spawn("ops", ops::serve(config.ops.listen, router, stop.clone()));
    group.spawn("bidding", Bidder::new(core.clone()).run(stop.clone()));
    for _ in 0..config.leases.parallel {
        group.spawn("leases", leases.clone().work(stop.clone()));
    }
    group.spawn("resync", leases.clone().resync(stop.clone()));
    group.spawn("watch", leases.clone().watch(stop.clone()));
    group.spawn("money", crate::money::run(core.clone(), stop.clone()));
    let joiner = Joiner {
        leases: leases.clone(),
        host,
        overlay,
        targets,
        refresh: Box::new(move |account| cached.refresh(account)),
        drain: config.ops.drain.0 / 2,
    };
    group.spawn("overlay", joiner.run(stop.clone()));
    let follower = Follower {
        chain: core.chain.clone(),
        chain_id,
        store: core.store.clone(),
        mine: core.mine.clone(),
        health: core.health.clone(),
        on_block: Box::new({
            let core = core.clone();
            move |block, keys| core.on_block(block, keys)
        }),
        poll: config.chain.poll.0,
        snapshot_due: true,
    };
    group.spawn("follow", follower.run(stop.clone()));

    // ---- until something ends
    let failure = tokio::select! {
        // First, because parts that end when they are asked to have not failed.
        biased;
        () = stop.cancelled() => None,
        ended = group.next() => ended,
    };
    let began = Instant::now();
    stop.cancel();
    if let Some((name, result)) = &failure {
        tracing::error!(task = name, error = ?result.as_ref().err(), "a part ended: stopping");
    }
    let drained = tokio::time::timeout(config.ops.drain.0, drain(&mut group, &core, tx_stop, tx_task)).await;
    match failure {
        Some((name, Err(e))) => Err(e.context(format!("{name} failed"))),
        Some((name, Ok(()))) => Err(anyhow::anyhow!("{name} ended by itself")),
        None if drained.is_ok() => Ok(Ended::Drained { after: began.elapsed() }),
        None => Ok(Ended::CutOff { tasks: group.running.clone() }),
    }
}

/// Intake first, then what was sent, then the transaction queue. Workloads are not touched.
async fn drain(
    group: &mut Group,
    core: &Core,
    tx_stop: CancellationToken,
    tx_task: tokio::task::JoinHandle<()>,
) {
    while let Some((name, result)) = group.next().await {
        if let Err(e) = result {
            tracing::error!(task = name, error = ?e, "failed while stopping");
        }
    }
    tx_stop.cancel();
    // A panic in it has shown as cancelled messages already.
    let _ = tx_task.await;
    core.tasks.close();
    core.tasks.wait().await;
}

fn docker_config(config: &Config, owner: &str) -> DockerConfig {
    let runtime = &config.runtime;
    let mut docker = DockerConfig::new(&runtime.endpoint, owner);
    docker.firewall = runtime.firewall == Firewall::Nftables;
    docker.pids = runtime.pids;
    docker.open_files = runtime.open_files;
    docker.oci_runtime = runtime.oci_runtime.clone();
    docker.log_size = runtime.log_size.0;
    docker.log_files = runtime.log_files;
    docker
}

fn reporter(
    core: Arc<Core>,
    leases: Arc<Leases>,
    operator: String,
) -> Arc<dyn Fn() -> StatusReport + Send + Sync> {
    Arc::new(move || {
        let (height, _, tip) = core.health.heights();
        let unready = core.health.unready();
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            chain_id: core.chain_id.clone(),
            provider: core.chain.provider().to_owned(),
            operator: operator.clone(),
            height,
            tip,
            ready: unready.is_empty(),
            unready: unready.into_iter().map(|u| format!("{}: {}", u.part, u.reason)).collect(),
            uptime_seconds: core.health.uptime().as_secs(),
            memory_bytes: ops::resident_bytes(),
            capacity: core.capacity(),
            reserved: core.reservations.reserved(),
            reconcile_queue: core.queue.len(),
            tx_queue: core.chain.depth(),
            ports_taken: core.store.ports_taken().unwrap_or_default(),
            leases: leases.lines(),
            orders: core.decisions(),
        }
    })
}

/// SIGTERM and SIGINT ask to stop.
fn spawn_signal_listener(stop: CancellationToken) -> anyhow::Result<()> {
    use tokio::signal::unix::{signal, SignalKind};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping; workloads keep running"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping; workloads keep running"),
        }
        stop.cancel();
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_agent_on_the_same_data_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        let refused = Lock::take(dir.path()).err().unwrap().to_string();
        assert!(refused.contains("another agent"), "{refused}");
        drop(first);
        Lock::take(dir.path()).unwrap();
    }
}
