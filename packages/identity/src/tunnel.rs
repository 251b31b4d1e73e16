use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{
    CipherSuite, ClientConfig, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
};
use std::sync::{Arc, Mutex, PoisonError};

use crate::identity::{sign, Leaf};
use crate::verify::{verify_tunnel, Usage};
use crate::{tls, unix_now, Fingerprint, Identity, Role, RootError, Side, TunnelName, VerifyError};

/// One end of a tunnel: the leaf that is presented there, and the one name that the other end must bear.
///
/// Leaves live in memory only and are renewed like those of [`Identity`], at handshakes. The configurations made here
/// speak TLS 1.3 with AES-128-GCM alone, resume nothing, and let the connection's secrets be taken out, because the
/// overlay seals its records itself.
#[derive(Debug)]
pub struct TunnelEnd {
    identity: Arc<Identity>,
    name: TunnelName,
    peer: TunnelName,
    current: Mutex<Option<Leaf>>,
}

/// Whoever proved to be the other end. Whether the chain vouches for the root is still to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TunnelPeer {
    pub root_fingerprint: Fingerprint,
    /// Seconds since the epoch: the earlier end of leaf and root.
    pub expires: u64,
}

impl TunnelEnd {
    /// This identity's `side` of a connection, whose other side `peer` holds. No leaf is issued yet.
    pub fn new(identity: Arc<Identity>, deployment: u64, connection: &str, side: Side, peer: &str) -> Self {
        let name = |account: &str, side| TunnelName {
            chain_id: identity.chain_id().to_owned(),
            account: account.to_owned(),
            deployment,
            connection: connection.to_owned(),
            side,
        };
        let (name, peer) = (name(identity.account(), side), name(peer, side.opposite()));
        Self { identity, name, peer, current: Mutex::default() }
    }

    pub fn name(&self) -> &TunnelName {
        &self.name
    }

    /// What the other end's leaf must say.
    pub fn peer_name(&self) -> &TunnelName {
        &self.peer
    }

    /// Makes sure that there is a leaf for a handshake now; returns when it ends, in seconds since the epoch.
    pub fn renew(&self) -> Result<u64, RootError> {
        let now = unix_now();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaf) = current.as_ref().filter(|leaf| now < leaf.renew_at) {
            return Ok(leaf.not_after);
        }
        let uri = self.name.to_uri();
        if TunnelName::from_uri(&uri).as_ref() != Some(&self.name) {
            return Err(RootError::Make(format!("{uri:?} cannot be the name of a tunnel")));
        }
        let leaf = sign(self.identity.root(), uri, Role::Provider, self.identity.lifetime(), now)?;
        for usage in [Usage::Client, Usage::Server] {
            verify_tunnel(&leaf.key.cert, &self.name, usage, now)
                .map_err(|e| RootError::Make(e.to_string()))?;
        }
        let expires = leaf.not_after;
        *current = Some(leaf);
        Ok(expires)
    }

    /// When the leaf in use ends, in seconds since the epoch; 0 before the first.
    pub fn leaf_expires(&self) -> u64 {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |leaf| leaf.not_after)
    }

    /// For the end that dials.
    pub fn client_config(self: &Arc<Self>, alpn: &[u8]) -> Result<ClientConfig, rustls::Error> {
        let provider = provider();
        let mut config = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { end: self.clone(), provider }))
            .with_client_cert_resolver(Arc::new(Leaves(self.clone())));
        config.alpn_protocols = vec![alpn.to_vec()];
        config.resumption = Resumption::disabled();
        config.enable_early_data = false;
        config.enable_secret_extraction = true;
        Ok(config)
    }

    /// For the end that is dialled.
    pub fn server_config(self: &Arc<Self>, alpn: &[u8]) -> Result<ServerConfig, rustls::Error> {
        let provider = provider();
        let mut config = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(Arc::new(Verifier { end: self.clone(), provider }))
            .with_cert_resolver(Arc::new(Leaves(self.clone())));
        config.alpn_protocols = vec![alpn.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        config.enable_secret_extraction = true;
        Ok(config)
    }

    /// What certificates that a handshake with one of these configurations has verified say.
    pub fn peer(&self, certificates: &[CertificateDer<'_>], usage: Usage) -> Result<TunnelPeer, VerifyError> {
        let (root_fingerprint, expires) = verify_tunnel(certificates, &self.peer, usage, unix_now())?;
        Ok(TunnelPeer { root_fingerprint, expires })
    }

    /// Why certificates were refused, if that is what the error of a handshake means.
    pub fn refused(error: &rustls::Error) -> Option<VerifyError> {
        tls::refused_by(error)
    }

    fn certified_key(&self) -> Option<Arc<CertifiedKey>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|leaf| leaf.key.clone())
    }
}

/// One suite: the record layer of the overlay knows no other.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = CryptoProvider::clone(&tls::provider());
    provider.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256);
    Arc::new(provider)
}

#[derive(Debug)]
struct Leaves(Arc<TunnelEnd>);

impl ResolvesServerCert for Leaves {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.certified_key()
    }
}

impl ResolvesClientCert for Leaves {
    fn resolve(&self, _hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        schemes.contains(&SignatureScheme::ECDSA_NISTP256_SHA256).then(|| self.0.certified_key()).flatten()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct Verifier {
    end: Arc<TunnelEnd>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        tls::chain(leaf, others)
            .and_then(|chain| verify_tunnel(&chain, &self.end.peer, usage, tls::seconds(now)))
            .map(|_| ())
            .map_err(tls::refuse)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // The name asked for is an opaque label; who answers is known by the tunnel's name in the leaf.
        self.verify(end_entity, intermediates, Usage::Server, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        tls::no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        tls::verify_handshake(&self.provider, message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        tls::schemes()
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.verify(end_entity, intermediates, Usage::Client, now).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        tls::no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        tls::verify_handshake(&self.provider, message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        tls::schemes()
    }
}
