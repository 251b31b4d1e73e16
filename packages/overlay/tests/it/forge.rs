//! Carriers that should not get in: certificates that nobody should make, presented by hand.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use identity::{Fingerprint, Side, TunnelName};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use ring::hmac;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring as provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

pub fn name(account: &str, side: Side) -> TunnelName {
    TunnelName {
        chain_id: CHAIN.to_owned(),
        account: account.to_owned(),
        deployment: 5,
        connection: CONNECTION.to_owned(),
        side,
    }
}

pub fn uri(name: &TunnelName) -> SanType {
    SanType::URI(name.to_uri().try_into().unwrap())
}

/// The label of the tunnel that [`Pair`] sets up, as whoever has the secret computes it.
pub fn label() -> String {
    let (from, to) = (name(CALLER, Side::From).to_uri(), name(CALLEE, Side::To).to_uri());
    let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    let text = format!("akash-tunnel/1\n{from}\n{to}\n");
    format!("t{}", hex::encode(&hmac::sign(&key, text.as_bytes()).as_ref()[..16]))
}

/// A root and a leaf for the caller's end that are sound until a test changes them.
pub struct Forge {
    pub root: CertificateParams,
    root_key: KeyPair,
    root_der: OnceLock<CertificateDer<'static>>,
    pub leaf: CertificateParams,
    pub leaf_key: KeyPair,
    /// Signs the leaf in the root's place.
    pub other_signer: Option<KeyPair>,
}

impl Forge {
    pub fn new() -> Self {
        let mut root = CertificateParams::default();
        root.distinguished_name = DistinguishedName::new();
        root.distinguished_name.push(DnType::CommonName, CALLER);
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name = DistinguishedName::new();
        leaf.subject_alt_names = vec![uri(&name(CALLER, Side::From))];
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = || KeyPair::generate().unwrap();
        let mut forge = Self {
            root,
            root_key: key(),
            root_der: OnceLock::new(),
            leaf,
            leaf_key: key(),
            other_signer: None,
        };
        forge.leaf_validity(-60, 86_400);
        (forge.root.not_before, forge.root.not_after) = (moment(-3600), moment(86_400 * 365));
        forge
    }

    /// Seconds from now.
    pub fn leaf_validity(&mut self, from: i64, to: i64) {
        (self.leaf.not_before, self.leaf.not_after) = (moment(from), moment(to));
    }

    /// The same bytes each time, though signatures are random.
    pub fn root_der(&self) -> CertificateDer<'static> {
        self.root_der.get_or_init(|| self.root.self_signed(&self.root_key).unwrap().der().clone()).clone()
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.root_der())
    }

    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        let signer = self.other_signer.as_ref().unwrap_or(&self.root_key);
        let issuer = Issuer::from_params(&self.root, signer);
        vec![self.leaf.signed_by(&self.leaf_key, &issuer).unwrap().der().clone(), self.root_der()]
    }
}

fn moment(from_now: i64) -> time::OffsetDateTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    time::OffsetDateTime::from_unix_timestamp(now + from_now).unwrap()
}

/// A client that trusts any server.
pub fn client(chain: Vec<CertificateDer<'static>>, key: &KeyPair, alpn: &[u8]) -> ClientConfig {
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = provider::sign::any_supported_type(&private).unwrap();
    let present = Arc::new(Present(Arc::new(CertifiedKey::new(chain, key))));
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer))
        .with_client_cert_resolver(present);
    config.alpn_protocols = vec![alpn.to_vec()];
    config
}

/// Shakes hands and waits for the first record that comes behind the handshake. Returns whether there was one: the
/// server says with it that it trusts the client. Also what the client sent.
pub async fn enters(gateway: SocketAddr, config: ClientConfig, label: String) -> (bool, Vec<u8>) {
    let mut carrier = Carrier::connect(gateway, config, label).await;
    let entered = carrier.shake_hands().await;
    (entered, carrier.sent)
}

/// The same, to go on from there.
pub async fn enter(gateway: SocketAddr, config: ClientConfig, label: String) -> Option<Carrier> {
    let mut carrier = Carrier::connect(gateway, config, label).await;
    carrier.shake_hands().await.then_some(carrier)
}

/// A carrier that is driven by hand.
pub struct Carrier {
    socket: TcpStream,
    tls: ClientConnection,
    sent: Vec<u8>,
}

impl Carrier {
    async fn connect(gateway: SocketAddr, config: ClientConfig, label: String) -> Self {
        let socket = TcpStream::connect(gateway).await.unwrap();
        let name = ServerName::try_from(label).unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        Self { socket, tls, sent: Vec::new() }
    }

    async fn flush(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut out)?;
        }
        self.sent.extend_from_slice(&out);
        self.socket.write_all(&out).await
    }

    async fn shake_hands(&mut self) -> bool {
        loop {
            if self.flush().await.is_err() {
                return false;
            }
            let mut bytes = vec![0; 16_384];
            let count = match within("an answer or an end", self.socket.read(&mut bytes)).await {
                Ok(count) if count > 0 => count,
                _ => return false,
            };
            let mut rest = &bytes[..count];
            while !rest.is_empty() {
                self.tls.read_tls(&mut rest).unwrap();
            }
            match self.tls.process_new_packets() {
                Ok(state) if state.plaintext_bytes_to_read() > 0 => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Sends one record with this inside.
    pub async fn send(&mut self, content: &[u8]) -> io::Result<()> {
        self.tls.writer().write_all(content)?;
        self.flush().await
    }
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
        vec![SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519]
    }
}
