//! Two providers on one host, their chain, and their workloads.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use identity::{Endpoint, Fingerprint, Identity, Role, Root, RootStatus, Roots, Side, Unknown};
use overlay::{Config, Hello, Host, Listening, Overlay, TunnelId, TunnelSpec, TunnelStatus, Way};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub const CHAIN: &str = "akash-test";
pub const CALLER: &str = "wasm1caller0000";
pub const CALLEE: &str = "wasm1callee0000";
pub const CONNECTION: &str = "web.db.5432.tcp";
pub const DATAGRAMS: &str = "web.dns.53.udp";
pub const SECRET: [u8; 32] = [7; 32];
/// For whatever must happen; never waited for in full.
pub const LIMIT: Duration = Duration::from_secs(30);

/// What the chain says of roots; nothing was published of those that are absent.
#[derive(Default)]
pub struct Chain {
    known: Mutex<HashMap<(String, Fingerprint), RootStatus>>,
    silent: AtomicBool,
}

impl Chain {
    pub fn say(&self, root: &Root, status: RootStatus) {
        self.say_of(root.account(), root.fingerprint(), status);
    }

    pub fn say_of(&self, account: &str, root: Fingerprint, status: RootStatus) {
        self.known.lock().unwrap().insert((account.to_owned(), root), status);
    }

    pub fn silence(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }
}

#[async_trait]
impl Roots for Chain {
    async fn root(&self, account: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown> {
        if self.silent.load(Ordering::SeqCst) {
            return Err(Unknown::new("no answer"));
        }
        let known = self.known.lock().unwrap().get(&(account.to_owned(), *fingerprint)).copied();
        Ok(known.unwrap_or(RootStatus::NotPublished))
    }
}

#[derive(Default)]
pub struct Targets {
    pub addresses: Mutex<Vec<SocketAddr>>,
    pub unreachable: Mutex<Vec<SocketAddr>>,
}

impl Host for Targets {
    fn targets(&self, _tunnel: &TunnelId) -> Vec<SocketAddr> {
        self.addresses.lock().unwrap().clone()
    }

    fn unreachable(&self, _tunnel: &TunnelId, target: SocketAddr) {
        self.unreachable.lock().unwrap().push(target);
    }
}

/// A provider: an overlay behind a gateway's port.
pub struct Provider {
    pub overlay: Arc<Overlay>,
    pub identity: Arc<Identity>,
    pub targets: Arc<Targets>,
    pub gateway: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
        self.overlay.stop();
    }
}

pub fn identity(account: &str, chain: &Chain, lifetime: Duration) -> Arc<Identity> {
    let root = Root::generate(account, Duration::from_secs(3600 * 24)).unwrap();
    chain.say(&root, RootStatus::Active);
    Arc::new(Identity::with_lifetime(root, CHAIN, Role::Provider, lifetime).unwrap())
}

impl Provider {
    /// Again under the same identity, on the same port if one is given.
    pub async fn start_as(
        identity: Arc<Identity>,
        chain: &Arc<Chain>,
        config: Config,
        port: Option<u16>,
    ) -> Self {
        let targets = Arc::new(Targets::default());
        let overlay = Overlay::start(config, identity.clone(), chain.clone(), targets.clone()).unwrap();
        let overlay = Arc::new(overlay);
        let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await.unwrap();
        let gateway = listener.local_addr().unwrap();
        let serving = tokio::spawn(serve(listener, overlay.clone()));
        Self { overlay, identity, targets, gateway, serving }
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint { host: self.gateway.ip().to_string(), port: self.gateway.port() }
    }

    /// Closes the gateway's port.
    pub async fn end_serving(&self) {
        self.serving.abort();
        until("the gateway ends", || self.serving.is_finished()).await;
    }

    pub fn status(&self) -> TunnelStatus {
        self.overlay.status().into_iter().next().expect("a tunnel was set")
    }
}

async fn serve(listener: TcpListener, overlay: Arc<Overlay>) {
    while let Ok((mut stream, from)) = listener.accept().await {
        let overlay = overlay.clone();
        tokio::spawn(async move {
            if let Ok(Ok(hello)) = tokio::time::timeout(LIMIT, Hello::read(&mut stream)).await {
                assert!(hello.is_tunnel());
                let _ = overlay.accept(stream, hello, from);
            }
        });
    }
}

pub fn id(side: Side, peer: &str, connection: &str) -> TunnelId {
    TunnelId { deployment: 5, connection: connection.to_owned(), side, peer: peer.to_owned() }
}

pub fn spec(side: Side, peer: &Provider, connection: &str) -> TunnelSpec {
    let peer_account = peer.overlay.account();
    TunnelSpec { id: id(side, peer_account, connection), endpoints: vec![peer.endpoint()], secret: SECRET }
}

/// Quick to notice everything.
pub fn config() -> Config {
    Config {
        threads: 2,
        min_idle: 2,
        backoff: (Duration::from_millis(20), Duration::from_millis(200)),
        to_dials_after: Duration::from_millis(200),
        recheck: Duration::from_millis(100),
        open_wait: Duration::from_secs(20),
        ..Config::default()
    }
}

/// Caller and callee, joined by one tunnel.
pub struct Pair {
    pub chain: Arc<Chain>,
    pub caller: Provider,
    pub callee: Provider,
    pub connection: &'static str,
    _listening: Listening,
    /// Where the caller's workload finds its peer.
    pub address: SocketAddr,
}

impl Pair {
    pub async fn new(config: Config) -> Self {
        Self::with_lifetime(config, Duration::from_secs(3600)).await
    }

    pub async fn with_lifetime(config: Config, lifetime: Duration) -> Self {
        let (chain, caller, callee) = providers(config, lifetime).await;
        Self::of(chain, caller, callee, CONNECTION)
    }

    /// Only the callee knows of the tunnel, and dials nobody.
    pub async fn of_callee(config: Config) -> Self {
        let hour = Duration::from_secs(3600);
        let (chain, caller, callee) = providers(Config { to_dials_after: hour, ..config }, hour).await;
        let pair = Self::apart(chain, caller, callee, CONNECTION);
        pair.callee.overlay.set(vec![spec(Side::To, &pair.caller, CONNECTION)]);
        pair
    }

    pub fn of(chain: Arc<Chain>, caller: Provider, callee: Provider, connection: &'static str) -> Self {
        let pair = Self::apart(chain, caller, callee, connection);
        pair.set();
        pair
    }

    /// Before either end knows of the tunnel.
    pub fn apart(chain: Arc<Chain>, caller: Provider, callee: Provider, connection: &'static str) -> Self {
        let way = Way::Tunnel(id(Side::From, callee.overlay.account(), connection));
        let route = Arc::new(move |_| vec![way.clone()]);
        let any = "127.0.0.1:0".parse().unwrap();
        let listening = if connection.ends_with("udp") {
            caller.overlay.listen_udp(any, route)
        } else {
            caller.overlay.listen_tcp(any, route)
        };
        let listening = listening.unwrap();
        let address = listening.local_addr();
        Self { chain, caller, callee, connection, _listening: listening, address }
    }

    /// Tells both ends of their tunnel.
    pub fn set(&self) {
        self.callee.overlay.set(vec![spec(Side::To, &self.caller, self.connection)]);
        self.caller.overlay.set(vec![spec(Side::From, &self.callee, self.connection)]);
    }

    pub fn target(&self, address: SocketAddr) {
        *self.callee.targets.addresses.lock().unwrap() = vec![address];
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

pub async fn providers(config: Config, lifetime: Duration) -> (Arc<Chain>, Provider, Provider) {
    let chain = Arc::new(Chain::default());
    let [caller, callee] = [CALLER, CALLEE].map(|account| identity(account, &chain, lifetime));
    let caller = Provider::start_as(caller, &chain, config.clone(), None).await;
    let callee = Provider::start_as(callee, &chain, config, None).await;
    (chain, caller, callee)
}

/// Waits for a condition.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, waiting).await.is_ok(), "{what}");
}

/// Runs within the limit.
pub async fn within<T>(what: &str, future: impl std::future::Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.unwrap_or_else(|_| panic!("{what}"))
}

/// A target that sends everything back, and ends when the caller does.
pub async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                if tokio::io::copy(&mut read, &mut write).await.is_ok() {
                    let _ = write.shutdown().await;
                }
            });
        }
    });
    address
}

/// A target whose connections the test holds.
pub async fn held() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap(), listener)
}

/// Sends one line and gets it back.
pub async fn ping(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"ping\n").await?;
    let mut back = [0; 5];
    stream.read_exact(&mut back).await?;
    assert_eq!(&back, b"ping\n");
    Ok(())
}

/// Whether whoever connects there is reset, which may be so quick that connecting fails of it.
pub async fn resets(address: SocketAddr) -> bool {
    let reading = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.read(&mut [0]).await
    };
    let ended = within("it ends", reading).await;
    ended.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset)
}

/// Bytes that differ from place to place.
pub fn pattern(length: usize) -> Vec<u8> {
    let mut state = length as u64 | 1;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u8
        })
        .collect()
}
