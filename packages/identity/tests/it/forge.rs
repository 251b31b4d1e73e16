//! Makes certificates that nobody should make, and presents them.

use identity::{AcceptError, Acceptor, Identity, Presented, Role, Root, DEFAULT_ROOT_VALIDITY};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

pub const CHAIN: &str = "akash-test-1";
pub const TENANT: &str = "wasm1tenant0000000000000000000000000000000";
pub const PROVIDER: &str = "wasm1provider00000000000000000000000000000";
pub const STRANGER: &str = "wasm1stranger00000000000000000000000000000";

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

pub fn uri(chain: &str, account: &str, role: &str) -> SanType {
    SanType::URI(format!("akash://{chain}/{account}/{role}").try_into().unwrap())
}

pub fn provider() -> Arc<Identity> {
    let root = Root::generate(PROVIDER, DEFAULT_ROOT_VALIDITY).unwrap();
    Arc::new(Identity::new(root, CHAIN, Role::Provider).unwrap())
}

pub fn tenant() -> Arc<Identity> {
    let root = Root::generate(TENANT, DEFAULT_ROOT_VALIDITY).unwrap();
    Arc::new(Identity::new(root, CHAIN, Role::Tenant).unwrap())
}

/// A root and a leaf that are sound until a test changes them.
pub struct Forge {
    pub root: CertificateParams,
    pub root_key: KeyPair,
    pub leaf: CertificateParams,
    pub leaf_key: KeyPair,
    /// Signs the leaf in the root's place.
    pub other_signer: Option<KeyPair>,
}

impl Forge {
    pub fn new(account: &str, role: Role) -> Self {
        let mut root = CertificateParams::default();
        root.distinguished_name = DistinguishedName::new();
        root.distinguished_name.push(DnType::CommonName, account);
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name = DistinguishedName::new();
        leaf.subject_alt_names = vec![uri(CHAIN, account, role.as_str())];
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = match role {
            Role::Tenant => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Role::Provider => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        };
        let mut forge = Self {
            root,
            root_key: KeyPair::generate().unwrap(),
            leaf,
            leaf_key: KeyPair::generate().unwrap(),
            other_signer: None,
        };
        forge.root_validity(-3600, 86_400 * 365);
        forge.leaf_validity(-60, 86_400);
        forge
    }

    /// Seconds from now.
    pub fn leaf_validity(&mut self, from: i64, to: i64) {
        (self.leaf.not_before, self.leaf.not_after) = (moment(from), moment(to));
    }

    pub fn root_validity(&mut self, from: i64, to: i64) {
        (self.root.not_before, self.root.not_after) = (moment(from), moment(to));
    }

    pub fn root_der(&self) -> CertificateDer<'static> {
        self.root.self_signed(&self.root_key).unwrap().der().clone()
    }

    pub fn leaf_der(&self) -> CertificateDer<'static> {
        let signer = self.other_signer.as_ref().unwrap_or(&self.root_key);
        let issuer = Issuer::from_params(&self.root, signer);
        self.leaf.signed_by(&self.leaf_key, &issuer).unwrap().der().clone()
    }

    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.leaf_der(), self.root_der()]
    }
}

fn moment(from_now: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(now() + from_now).unwrap()
}

/// A client that presents whatever it is given, and trusts any server.
pub fn client_config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> ClientConfig {
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = ring::sign::any_supported_type(&private).unwrap();
    let present = Arc::new(Present(Arc::new(CertifiedKey::new(chain, key))));
    any_server().with_client_cert_resolver(present)
}

pub fn anonymous_config() -> ClientConfig {
    any_server().with_no_client_auth()
}

fn any_server() -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer))
}

pub fn acceptor() -> Acceptor {
    Acceptor::new(provider(), &Role::ALL, &[b"http/1.1"]).unwrap()
}

/// What the server makes of a client over a real connection.
pub async fn accept(acceptor: &Acceptor, client: ClientConfig) -> Result<Presented, AcceptError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connecting = tokio::spawn(async move {
        let tcp = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("provider.example").unwrap();
        // Kept open until the server has made up its mind.
        TlsConnector::from(Arc::new(client)).connect(name, tcp).await
    });
    let (tcp, _) = listener.accept().await.unwrap();
    let outcome = acceptor.accept(tcp).await.map(|(_, presented)| presented);
    let _ = connecting.await.unwrap();
    outcome
}

#[derive(Debug)]
struct Present(Arc<CertifiedKey>);

impl ResolvesClientCert for Present {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
