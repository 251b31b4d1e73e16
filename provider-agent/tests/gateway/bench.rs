//! A gateway with a backend, a runtime and a chain that tests decide over, and clients of it.

use async_trait::async_trait;
use bytes::Bytes;
use cloud_std::Money;
use content::{ContentId, Entry};
use cosmwasm_std::{Addr, HexBinary};
use futures::stream::{self, BoxStream, StreamExt};
use gateway_api::*;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use identity::*;
use market_api::{LeaseId, LeasePhase};
use provider_agent::gateway::{Gateway, GatewayBackend, GatewayConfig};
use provider_agent::runtime::*;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

pub const CHAIN: &str = "akash-test-1";
pub const PROVIDER: &str = "wasm1provider00000000000000000000000000000";
pub const TENANT: &str = "wasm1tenant0000000000000000000000000000000";
pub const STRANGER: &str = "wasm1stranger00000000000000000000000000000";
/// The tenant's lease. No other exists.
pub const LEASE: LeaseId = LeaseId(7);
/// Longer than anything here takes, on a busy machine too.
pub const PATIENCE: Duration = Duration::from_secs(20);

// ---- the chain

#[derive(Default)]
pub struct Chain(Mutex<(HashMap<Fingerprint, RootStatus>, bool)>);

impl Chain {
    pub fn publish(&self, identity: &Identity) {
        self.set(identity, RootStatus::Active);
    }

    pub fn set(&self, identity: &Identity, status: RootStatus) {
        self.0.lock().unwrap().0.insert(identity.root().fingerprint(), status);
    }

    pub fn silence(&self) {
        self.0.lock().unwrap().1 = true;
    }
}

#[async_trait]
impl Roots for Chain {
    async fn root(&self, _: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown> {
        let state = self.0.lock().unwrap();
        if state.1 {
            return Err(Unknown::new("connection refused"));
        }
        Ok(state.0.get(fingerprint).copied().unwrap_or(RootStatus::NotPublished))
    }
}

// ---- the agent

#[derive(Default)]
pub struct Backend {
    pub manifests: Mutex<Vec<Bytes>>,
    /// What the lease carries.
    pub content: Mutex<Option<Arc<Entry>>>,
    pub secrets: Mutex<Vec<Secret>>,
    /// Whether it was whole, each time that some of it had come.
    pub grew: Mutex<Vec<bool>>,
}

#[async_trait]
impl GatewayBackend for Backend {
    async fn lease_tenant(&self, lease: LeaseId) -> Result<Option<Addr>, Problem> {
        Ok((lease == LEASE).then(|| Addr::unchecked(TENANT)))
    }

    async fn submit_manifest(&self, lease: LeaseId, manifest: Bytes) -> Result<ManifestAccepted, Problem> {
        self.manifests.lock().unwrap().push(manifest.clone());
        if manifest.starts_with(b"wrong") {
            let (expected, got) = (HexBinary::from(vec![1; 32]), HexBinary::from(vec![2; 32]));
            return Err(Problem::VersionMismatch { expected, got });
        }
        Ok(ManifestAccepted { lease, version: HexBinary::from(vec![1; 32]), already_held: false })
    }

    async fn contents(&self, _: LeaseId) -> Result<Contents, Problem> {
        Ok(Contents { contents: vec![] })
    }

    async fn secrets(&self, _: LeaseId) -> Result<Secrets, Problem> {
        Ok(Secrets { secrets: vec![SecretState { name: "KEY".into(), held: false }] })
    }

    async fn put_secrets(&self, lease: LeaseId, put: PutSecrets) -> Result<Secrets, Problem> {
        self.secrets.lock().unwrap().extend(put.secrets);
        self.secrets(lease).await
    }

    async fn open_content(&self, _: LeaseId, content: ContentId) -> Result<Arc<Entry>, Problem> {
        let held = self.content.lock().unwrap().clone();
        let no_such = || Problem::NoSuchContent { id: content.to_string() };
        held.filter(|held| held.content().id == content).ok_or_else(no_such)
    }

    fn content_grew(&self, _: LeaseId, whole: bool) {
        self.grew.lock().unwrap().push(whole);
    }

    async fn status(&self, lease: LeaseId) -> Result<LeaseStatus, Problem> {
        Ok(LeaseStatus {
            lease,
            provider: Addr::unchecked(PROVIDER),
            tenant: Addr::unchecked(TENANT),
            phase: LeasePhase::Active,
            control: Control::Active,
            version: None,
            services: vec![],
            fetching: None,
            connections: vec![],
            height: 9,
        })
    }

    async fn try_connections(&self, _: LeaseId) -> Result<Trials, Problem> {
        Ok(Trials::default())
    }

    async fn events(&self, _: LeaseId) -> Result<Events, Problem> {
        Ok(Events::default())
    }

    async fn quote(&self, _: &str, request: QuoteRequest) -> Result<Quote, Problem> {
        Ok(Quote::WouldBid { price: Money::new(request.max_price.denom, 5u128) })
    }

    async fn info(&self) -> Result<Info, Problem> {
        Ok(Info {
            provider: Addr::unchecked(PROVIDER),
            version: "0.1.0".into(),
            chain_id: CHAIN.into(),
            height: 9,
            block_time: 1,
            bidding: true,
        })
    }
}

// ---- the engine

/// Answers with one line of log, then is silent; commands echo their input, and say "bye" at its end.
pub struct Engine;

#[async_trait]
impl Runtime for Engine {
    async fn capacity(&self) -> Result<Capacity, RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn isolate(&self) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn redirect(&self, _: Vec<Redirect>) -> Result<(), RuntimeError> {
        Ok(())
    }
    async fn observe(&self) -> Result<Vec<ObservedLease>, RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn observe_lease(&self, _: LeaseId) -> Result<Option<ObservedLease>, RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn apply(&self, _: &Workload) -> Result<ObservedLease, RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn remove(&self, _: LeaseId) -> Result<(), RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn restart(&self, _: &ContainerRef) -> Result<(), RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn loaded_image(&self, _: ContentId) -> Result<Option<String>, RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn load_image(&self, _: ContentId, _: &Path) -> Result<String, RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn keep_images(&self, _: &BTreeSet<ContentId>) -> Result<(), RuntimeError> {
        unreachable!("not the gateway's business")
    }
    async fn image_present(&self, _: &str) -> Result<bool, RuntimeError> {
        unreachable!("not the gateway's business")
    }

    async fn logs(
        &self,
        _: LeaseId,
        query: &LogsQuery,
    ) -> Result<BoxStream<'static, Result<LogLine, RuntimeError>>, RuntimeError> {
        let line = LogLine {
            service: query.service.clone().unwrap_or_else(|| "web".into()),
            replica: 0,
            stream: LogStream::Stdout,
            at_ms: 1,
            line: "started".into(),
        };
        let lines = stream::iter([Ok(line)]);
        Ok(if query.follow { lines.chain(stream::pending()).boxed() } else { lines.boxed() })
    }

    async fn exec(&self, lease: LeaseId, request: &ExecRequest) -> Result<ExecSession, RuntimeError> {
        if request.service != "web" {
            return Err(RuntimeError::NotRunning {
                lease: lease.to_string(),
                service: request.service.clone(),
                replica: request.replica,
            });
        }
        let (input, mut typed) = mpsc::channel(4);
        let (out, shown) = mpsc::channel(4);
        let (ended, exit) = oneshot::channel();
        tokio::spawn(async move {
            while let Some(input) = typed.recv().await {
                let piece = match input {
                    ExecInput::Data(data) => ExecOutput::Stdout(data),
                    ExecInput::Resize { rows, columns } => {
                        ExecOutput::Stderr(format!("{rows}x{columns}").into())
                    }
                    ExecInput::Eof => {
                        let _ = out.send(Ok(ExecOutput::Stdout("bye".into()))).await;
                        break;
                    }
                };
                if out.send(Ok(piece)).await.is_err() {
                    return;
                }
            }
            drop(out);
            let _ = ended.send(Ok(3));
        });
        let output = stream::unfold(shown, |mut shown| async move { Some((shown.recv().await?, shown)) });
        Ok(ExecSession { input, output: output.boxed(), exit })
    }

    async fn stats(&self, _: LeaseId) -> Result<Vec<ServiceMetrics>, RuntimeError> {
        Err(RuntimeError::EngineUnreachable { detail: "no such socket".into() })
    }
}

// ---- the gateway and its clients

pub struct Bench {
    pub address: SocketAddr,
    pub chain: Arc<Chain>,
    pub backend: Arc<Backend>,
    pub tenant: Arc<Identity>,
    pub stranger: Arc<Identity>,
    pub stop: CancellationToken,
    pub running: JoinHandle<()>,
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(GatewayConfig::default()).await
    }

    pub async fn with(config: GatewayConfig) -> Self {
        let root = Root::generate(PROVIDER, DEFAULT_ROOT_VALIDITY).unwrap();
        let provider = Arc::new(Identity::new(root, CHAIN, Role::Provider).unwrap());
        let chain = Arc::new(Chain::default());
        let backend = Arc::new(Backend::default());
        let (tenant, stranger) = (client(TENANT), client(STRANGER));
        for known in [&provider, &tenant, &stranger] {
            chain.publish(known);
        }
        let local = "127.0.0.1:0".parse().unwrap();
        let gateway =
            Gateway::bind(local, config, provider, chain.clone(), backend.clone(), Arc::new(Engine))
                .await
                .unwrap();
        let address = gateway.local_addr().unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(gateway.run(stop.clone()));
        Self { address, chain, backend, tenant, stranger, stop, running }
    }

    pub async fn connect(&self, who: &Arc<Identity>) -> TlsStream<TcpStream> {
        let endpoint = Endpoint { host: "127.0.0.1".into(), port: self.address.port() };
        let connector = Connector::new(who.clone(), &[ALPN]);
        let open = AlwaysActive;
        connector.connect(&endpoint, PROVIDER, Role::Provider, &open).await.unwrap().stream
    }

    pub async fn http(&self, who: &Arc<Identity>) -> SendRequest<Full<Bytes>> {
        speak(self.connect(who).await).await
    }

    pub async fn get(&self, who: &Arc<Identity>, path: &str) -> Answer {
        self.ask(who, Method::GET, path, "").await
    }

    pub async fn ask(
        &self,
        who: &Arc<Identity>,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Answer {
        ask(&mut self.http(who).await, method, path, body).await
    }
}

/// The client's own look at the chain is not what these tests are about.
struct AlwaysActive;

#[async_trait]
impl Roots for AlwaysActive {
    async fn root(&self, _: &str, _: &Fingerprint) -> Result<RootStatus, Unknown> {
        Ok(RootStatus::Active)
    }
}

pub fn client(account: &str) -> Arc<Identity> {
    let root = Root::generate(account, DEFAULT_ROOT_VALIDITY).unwrap();
    Arc::new(Identity::new(root, CHAIN, Role::Tenant).unwrap())
}

pub async fn speak<IO>(stream: IO) -> SendRequest<Full<Bytes>>
where
    IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender
}

#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    #[track_caller]
    pub fn problem(&self) -> Problem {
        let body: ErrorBody = serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        assert_eq!(self.status.as_u16(), body.error.status());
        assert!(!body.message.is_empty() && !body.what_to_do.is_empty());
        body.error
    }

    #[track_caller]
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub async fn ask(
    http: &mut SendRequest<Full<Bytes>>,
    method: Method,
    path: &str,
    body: impl Into<Bytes>,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(http::header::HOST, "provider")
        .body(Full::new(body.into()))
        .unwrap();
    let response = tokio::time::timeout(PATIENCE, http.send_request(request)).await.unwrap().unwrap();
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(http::header::DATE);
    let body = tokio::time::timeout(PATIENCE, body.collect()).await.unwrap().unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub fn path(resource: &str) -> String {
    lease_path(LEASE, resource)
}

/// A connection whose client presents a leaf made by hand.
pub async fn connect_forged(
    address: SocketAddr,
    chain_id: &str,
    leaf_from: i64,
    leaf_to: i64,
) -> TlsStream<TcpStream> {
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    let moment = |seconds: i64| time::OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    let mut root = CertificateParams::default();
    root.distinguished_name = DistinguishedName::new();
    root.distinguished_name.push(DnType::CommonName, TENANT);
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (root.not_before, root.not_after) = (moment(-7200), moment(7200));
    let root_key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::default();
    leaf.distinguished_name = DistinguishedName::new();
    let uri = format!("akash://{chain_id}/{TENANT}/tenant");
    leaf.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    (leaf.not_before, leaf.not_after) = (moment(leaf_from), moment(leaf_to));
    let leaf_key = KeyPair::generate().unwrap();
    let issuer = Issuer::from_params(&root, &root_key);
    let certificates = vec![
        leaf.signed_by(&leaf_key, &issuer).unwrap().der().clone(),
        root.self_signed(&root_key).unwrap().der().clone(),
    ];
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer))
            .with_client_auth_cert(certificates, PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into()))
            .unwrap();
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("provider.example").unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap()
}

#[derive(Debug)]
struct AnyServer;

impl rustls::client::danger::ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        unreachable!("only TLS 1.3 is offered")
    }
    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }
    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        vec![rustls::SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
