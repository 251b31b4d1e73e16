use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::TlsConnector;

use crate::verify::{verify_chain, Expect, Usage};
use crate::{authorise, tls, unix_now, AuthoriseError, Endpoint, Identity, Peer, Role, Roots, VerifyError};

/// Time for the TCP connection, and again for the handshake.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// The client's end: presents this identity and accepts one account in one role as the server.
#[derive(Clone)]
pub struct Connector {
    identity: Arc<Identity>,
    alpn: Vec<Vec<u8>>,
}

/// A connection to a peer that the chain vouches for.
pub struct Connection<IO> {
    pub stream: TlsStream<IO>,
    pub peer: Peer,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("{endpoint} cannot be reached: {source}")]
    Unreachable { endpoint: String, source: io::Error },
    #[error("{endpoint} did not answer within {seconds} s")]
    Timeout { endpoint: String, seconds: u64 },
    #[error("{endpoint} does not prove that it is {account}: {source}")]
    Peer { endpoint: String, account: String, source: VerifyError },
    #[error("{endpoint} is not trusted: {source}")]
    NotTrusted { endpoint: String, source: AuthoriseError },
    #[error("TLS handshake with {endpoint} failed: {source}")]
    Tls { endpoint: String, source: io::Error },
}

impl Connector {
    /// `alpn` are the protocols to offer, best first.
    pub fn new(identity: Arc<Identity>, alpn: &[&[u8]]) -> Self {
        Self { identity, alpn: alpn.iter().map(|protocol| protocol.to_vec()).collect() }
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Connects, shakes hands and asks the chain whether it vouches for the server's root.
    pub async fn connect(
        &self,
        endpoint: &Endpoint,
        account: &str,
        role: Role,
        roots: &dyn Roots,
    ) -> Result<Connection<TcpStream>, ConnectError> {
        let address = (endpoint.host.as_str(), endpoint.port);
        let tcp = match tokio::time::timeout(STEP_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(source)) => {
                return Err(ConnectError::Unreachable { endpoint: endpoint.to_string(), source })
            }
            Err(_) => return Err(timeout(endpoint)),
        };
        // Small requests and terminals: waiting to fill a packet only adds delay.
        tcp.set_nodelay(true)
            .map_err(|source| ConnectError::Unreachable { endpoint: endpoint.to_string(), source })?;
        self.handshake(tcp, endpoint, account, role, roots).await
    }

    /// The same over a stream that is connected already.
    pub async fn handshake<IO>(
        &self,
        io: IO,
        endpoint: &Endpoint,
        account: &str,
        role: Role,
        roots: &dyn Roots,
    ) -> Result<Connection<IO>, ConnectError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let refused = |source| ConnectError::Peer {
            endpoint: endpoint.to_string(),
            account: account.to_owned(),
            source,
        };
        let failed = |source| ConnectError::Tls { endpoint: endpoint.to_string(), source };
        let provider = tls::provider();
        let verifier = Verifier {
            provider: provider.clone(),
            chain_id: self.identity.chain_id().to_owned(),
            account: account.to_owned(),
            roles: [role],
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| failed(io::Error::other(e)))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier.clone()))
            .with_client_cert_resolver(Arc::new(ClientLeaf(self.identity.clone())));
        config.alpn_protocols.clone_from(&self.alpn);
        config.resumption = Resumption::disabled();
        config.enable_early_data = false;
        let name = ServerName::try_from(endpoint.host.clone()).map_err(|e| failed(io::Error::other(e)))?;
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, io);
        let stream = match tokio::time::timeout(STEP_TIMEOUT, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(e)) => {
                return Err(match tls::refused(&e) {
                    Some(error) => refused(error),
                    None => failed(e),
                })
            }
            Err(_) => return Err(timeout(endpoint)),
        };
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let claim = verify_chain(certificates, &verifier.expect(unix_now())).map_err(refused)?;
        let peer = authorise(&claim, roots)
            .await
            .map_err(|source| ConnectError::NotTrusted { endpoint: endpoint.to_string(), source })?;
        Ok(Connection { stream, peer })
    }
}

fn timeout(endpoint: &Endpoint) -> ConnectError {
    ConnectError::Timeout { endpoint: endpoint.to_string(), seconds: STEP_TIMEOUT.as_secs() }
}

#[derive(Debug)]
struct ClientLeaf(Arc<Identity>);

impl ResolvesClientCert for ClientLeaf {
    fn resolve(&self, _hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        schemes.contains(&SignatureScheme::ECDSA_NISTP256_SHA256).then(|| self.0.certified_key())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[derive(Clone, Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    chain_id: String,
    account: String,
    roles: [Role; 1],
}

impl Verifier {
    fn expect(&self, now: u64) -> Expect<'_> {
        Expect {
            chain_id: &self.chain_id,
            account: Some(&self.account),
            roles: &self.roles,
            usage: Usage::Server,
            now,
        }
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
        // The server is known by its account; the name of its host proves nothing here.
        tls::chain(end_entity, intermediates)
            .and_then(|chain| verify_chain(&chain, &self.expect(tls::seconds(now))))
            .map(|_| ServerCertVerified::assertion())
            .map_err(tls::refuse)
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
