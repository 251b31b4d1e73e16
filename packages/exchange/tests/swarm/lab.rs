//! A chain that tests decide over, honest peers, and peers that follow a script.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use content::{ContentRef, Store, CHUNK_BYTES};
use exchange::wire::{self, Answer, Request};
use exchange::{Config, Exchange, Fetched, Host, Item, Participant, Participants, Progress, Unknown, ALPN};
use futures::{SinkExt, StreamExt};
use identity::{
    Acceptor, Connector, Endpoint, Fingerprint, Identity, Presented, Role, Root, RootStatus, Roots,
    DEFAULT_ROOT_VALIDITY,
};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::codec::{Framed, LengthDelimitedCodec};
use tokio_util::sync::CancellationToken;

const CHAIN: &str = "akash-test-1";
/// The deployment that most tests are about.
pub const DEPLOYMENT: u64 = 7;
/// Longer than anything here takes, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Fails the test when it takes longer than anything may.
pub async fn patiently<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => panic!("not within {PATIENCE:?}: {what}"),
    }
}

#[derive(Default)]
pub struct Chain {
    roots: Mutex<HashSet<(String, Fingerprint)>>,
    deployments: Mutex<HashMap<u64, Participants>>,
}

#[async_trait]
impl Roots for Chain {
    async fn root(&self, account: &str, root: &Fingerprint) -> Result<RootStatus, identity::Unknown> {
        let known = self.roots.lock().unwrap().contains(&(account.to_owned(), *root));
        Ok(if known { RootStatus::Active } else { RootStatus::NotPublished })
    }
}

impl Chain {
    pub fn join(&self, deployment: u64, one: Participant) {
        self.deployments.lock().unwrap().entry(deployment).or_default().push(one);
    }

    pub fn leave(&self, deployment: u64, account: &str) {
        self.deployments.lock().unwrap().entry(deployment).or_default().retain(|one| one.account != account);
    }

    fn participants(&self, deployment: u64) -> Participants {
        self.deployments.lock().unwrap().get(&deployment).cloned().unwrap_or_default()
    }

    /// An account with a root on the chain.
    pub fn account(&self, name: &str, role: Role) -> Arc<Identity> {
        let account = format!("wasm1{name}00000000000000000000");
        let root = Root::generate(&account, DEFAULT_ROOT_VALIDITY).unwrap();
        self.roots.lock().unwrap().insert((account, root.fingerprint()));
        Arc::new(Identity::new(root, CHAIN, role).unwrap())
    }
}

/// What a peer of the tests knows beside the chain.
pub struct Memory {
    account: String,
    chain: Arc<Chain>,
    manifests: Mutex<HashMap<[u8; 32], Bytes>>,
    carried: Mutex<HashSet<ContentRef>>,
}

#[async_trait]
impl Host for Memory {
    async fn participants(&self, deployment: u64) -> Result<Participants, Unknown> {
        let mut all = self.chain.participants(deployment);
        if !all.iter().any(|one| one.account == self.account) {
            all.clear();
        }
        Ok(all)
    }

    async fn manifest(&self, deployment: u64, version: &[u8; 32]) -> Option<Bytes> {
        self.manifests.lock().unwrap().get(version).filter(|_| deployment == DEPLOYMENT).cloned()
    }

    async fn carries(&self, deployment: u64, content: &ContentRef) -> bool {
        deployment == DEPLOYMENT && self.carried.lock().unwrap().contains(content)
    }
}

/// Quicker than in earnest where a test would only wait, never so quick that a busy machine fails.
pub fn config() -> Config {
    Config {
        look: Duration::from_millis(100),
        recheck: Duration::from_millis(200),
        backoff: (Duration::from_millis(50), Duration::from_millis(500)),
        ..Config::default()
    }
}

/// An honest peer that listens.
pub struct Node {
    pub identity: Arc<Identity>,
    pub exchange: Arc<Exchange>,
    pub endpoint: Endpoint,
    memory: Arc<Memory>,
    stop: CancellationToken,
    listening: JoinHandle<()>,
    dir: Option<tempfile::TempDir>,
}

impl Node {
    pub async fn start(chain: &Arc<Chain>, name: &str) -> Self {
        Self::start_with(chain, name, config(), tempfile::tempdir().unwrap()).await
    }

    pub async fn start_with(chain: &Arc<Chain>, name: &str, config: Config, dir: tempfile::TempDir) -> Self {
        let identity = chain.account(name, Role::Provider);
        let memory = Arc::new(Memory {
            account: identity.account().to_owned(),
            chain: chain.clone(),
            manifests: Mutex::default(),
            carried: Mutex::default(),
        });
        let store = Arc::new(Store::open(dir.path()).unwrap());
        let exchange = Exchange::new(config, identity.clone(), chain.clone(), memory.clone(), store);
        let stop = CancellationToken::new();
        let (listener, endpoint) = listen().await;
        let acceptor = Acceptor::new(identity.clone(), &Role::ALL, &[ALPN]).unwrap();
        let listening = tokio::spawn({
            let (exchange, stop) = (exchange.clone(), stop.clone());
            async move {
                loop {
                    let tcp = tokio::select! {
                        () = stop.cancelled() => return,
                        accepted = listener.accept() => accepted.unwrap().0,
                    };
                    let (exchange, stop, acceptor) = (exchange.clone(), stop.clone(), acceptor.clone());
                    tokio::spawn(async move {
                        if let Ok((stream, Presented::Sound(claim))) = acceptor.accept(tcp).await {
                            exchange.serve(stream, claim, stop).await;
                        }
                    });
                }
            }
        });
        Self { identity, exchange, endpoint, memory, stop, listening, dir: Some(dir) }
    }

    pub fn account(&self) -> &str {
        self.identity.account()
    }

    pub fn participant(&self) -> Participant {
        participant(&self.identity, Some(self.endpoint.clone()))
    }

    /// Takes part in the deployment, and carries the content.
    pub fn join(&self, chain: &Chain, content: impl IntoIterator<Item = ContentRef>) {
        chain.join(DEPLOYMENT, self.participant());
        self.memory.carried.lock().unwrap().extend(content);
    }

    pub fn has_manifest(&self, bytes: &Bytes) {
        self.memory.manifests.lock().unwrap().insert(version(bytes), bytes.clone());
        self.exchange.announce();
    }

    pub fn import(&self, bytes: &[u8]) -> ContentRef {
        self.exchange.store().import(&mut &*bytes).unwrap()
    }

    /// Fetches, and gives what it brought and how it went.
    pub async fn fetch(&self, item: Item) -> (Fetched, Progress) {
        let progress = watch::Sender::new(Progress::default());
        let fetching = self.exchange.fetch(DEPLOYMENT, item, &progress);
        let fetched = patiently("the item is here", fetching).await.unwrap();
        let reached = progress.borrow().clone();
        (fetched, reached)
    }

    pub async fn fetch_content(&self, content: ContentRef) -> Progress {
        let (fetched, progress) = self.fetch(Item::Content(content)).await;
        assert_eq!(fetched, Fetched::Content(content));
        assert_eq!(progress.done, progress.total);
        progress
    }

    /// The content as it lies on the disk.
    pub fn bytes(&self, content: ContentRef) -> Vec<u8> {
        let entry = self.exchange.store().get(content).unwrap().expect("the content is here");
        std::fs::read(entry.file().expect("the content is whole")).unwrap()
    }

    /// Ends as a process does; gives what is on its disk.
    pub async fn stop(mut self) -> tempfile::TempDir {
        self.stop.cancel();
        let _ = (&mut self.listening).await;
        self.dir.take().expect("it was not stopped before")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub async fn listen() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    (listener, endpoint)
}

pub fn participant(identity: &Identity, endpoint: Option<Endpoint>) -> Participant {
    Participant {
        account: identity.account().to_owned(),
        role: identity.name().role,
        endpoints: endpoint.into_iter().collect(),
    }
}

pub fn version(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Bytes of so many chunks and a bit, no two chunks alike.
pub fn bytes(chunks: usize) -> Vec<u8> {
    (0..chunks * CHUNK_BYTES - 1000).map(|at| (at / CHUNK_BYTES * 31 + at / 7 + 1) as u8).collect()
}

/// One connection as a script sees it: frames both ways.
pub type Frames<IO> = Framed<IO, LengthDelimitedCodec>;

pub fn frames<IO: tokio::io::AsyncRead + tokio::io::AsyncWrite>(io: IO) -> Frames<IO> {
    Framed::new(io, wire::codec(1 << 24))
}

/// A participant that answers by a script instead of honestly. `answers` gives the frames to send at the start (a
/// request of none) and to each request; none ends the connection.
pub async fn scripted(
    chain: &Chain,
    name: &str,
    answers: impl Fn(Option<Request>) -> Option<Vec<Bytes>> + Send + Sync + 'static,
) -> Participant {
    let identity = chain.account(name, Role::Provider);
    let (listener, endpoint) = listen().await;
    let acceptor = Acceptor::new(identity.clone(), &Role::ALL, &[ALPN]).unwrap();
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let (acceptor, answers) = (acceptor.clone(), answers.clone());
            tokio::spawn(async move {
                let Ok((stream, _)) = acceptor.accept(tcp).await else { return };
                let mut frames = frames(stream);
                let mut said = answers(None);
                loop {
                    let Some(send) = said else { return };
                    for frame in send {
                        if frames.send(frame).await.is_err() {
                            return;
                        }
                    }
                    let Some(Ok(frame)) = frames.next().await else { return };
                    said = answers(Some(Request::decode(frame.freeze()).unwrap()));
                }
            });
        }
    });
    participant(&identity, Some(endpoint))
}

/// All pieces, as a greeting.
pub fn welcome(pieces: u32) -> Bytes {
    let have = content::Bitmap::all(pieces);
    Answer::Welcome { have: Bytes::copy_from_slice(have.as_bytes()) }.encode()
}

/// A connection to a node by which a test says what it likes.
pub async fn connect(
    chain: &Chain,
    identity: &Arc<Identity>,
    node: &Node,
) -> Frames<tokio_rustls::client::TlsStream<TcpStream>> {
    let connector = Connector::new(identity.clone(), &[ALPN]);
    let connection = connector.connect(&node.endpoint, node.account(), Role::Provider, chain).await.unwrap();
    frames(connection.stream)
}

/// Everything that comes until the connection ends, as bytes.
pub async fn until_end<IO>(frames: &mut Frames<IO>) -> Vec<Bytes>
where
    IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut all = Vec::new();
    patiently("the connection ends", async {
        while let Some(Ok(frame)) = frames.next().await {
            all.push(frame.freeze());
        }
    })
    .await;
    all
}
