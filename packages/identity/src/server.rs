use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::server::TlsStream;
use tokio_rustls::TlsAcceptor;

use crate::verify::{verify_chain, Expect, Usage};
use crate::{tls, unix_now, Claim, Identity, Role, RootError, VerifyError};

/// The server's end: demands a client's certificates and verifies them in the handshake.
#[derive(Clone)]
pub struct Acceptor {
    tls: TlsAcceptor,
    chain_id: Arc<str>,
    roles: Arc<[Role]>,
}

/// What the client's certificates say, once the handshake is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Sound. Ask [`crate::authorise`] before anything is served.
    Sound(Claim),
    /// Sound but for the clock or the chain: nothing may be served, but the client can be told.
    Refused(VerifyError),
}

#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The client's certificates are refused; the client got a TLS alert.
    #[error(transparent)]
    Peer(VerifyError),
    #[error("TLS handshake failed: {0}")]
    Tls(#[source] io::Error),
}

impl Acceptor {
    /// `roles` may come as clients. `alpn` are the protocols to offer, best first.
    pub fn new(identity: Arc<Identity>, roles: &[Role], alpn: &[&[u8]]) -> Result<Self, RootError> {
        let role = identity.name().role;
        if !role.may_serve() {
            return Err(RootError::Make(format!("a leaf of role {role} may not be a server's")));
        }
        let provider = tls::provider();
        let verifier = Verifier {
            provider: provider.clone(),
            chain_id: identity.chain_id().into(),
            roles: roles.into(),
        };
        let (chain_id, roles) = (verifier.chain_id.clone(), verifier.roles.clone());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| RootError::Make(e.to_string()))?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_cert_resolver(Arc::new(ServerLeaf(identity)));
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        // Every connection is verified anew: nothing is resumed, nothing is sent early.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        Ok(Self { tls: TlsAcceptor::from(Arc::new(config)), chain_id, roles })
    }

    /// Completes the handshake. The caller limits its time.
    pub async fn accept<IO>(&self, io: IO) -> Result<(TlsStream<IO>, Presented), AcceptError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.tls.accept(io).await.map_err(|e| match tls::refused(&e) {
            Some(error) => AcceptError::Peer(error),
            None => AcceptError::Tls(e),
        })?;
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let presented = match verify_chain(certificates, &self.expect(unix_now())) {
            Ok(claim) => Presented::Sound(claim),
            Err(error) => Presented::Refused(error),
        };
        Ok((stream, presented))
    }

    fn expect(&self, now: u64) -> Expect<'_> {
        Expect { chain_id: &self.chain_id, account: None, roles: &self.roles, usage: Usage::Client, now }
    }
}

#[derive(Debug)]
struct ServerLeaf(Arc<Identity>);

impl ResolvesServerCert for ServerLeaf {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.certified_key())
    }
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    chain_id: Arc<str>,
    roles: Arc<[Role]>,
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
        let expect = Expect {
            chain_id: &self.chain_id,
            account: None,
            roles: &self.roles,
            usage: Usage::Client,
            now: tls::seconds(now),
        };
        let verified = tls::chain(end_entity, intermediates).and_then(|chain| verify_chain(&chain, &expect));
        match verified {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            // Told after the handshake: a TLS alert would look like a broken connection to the client.
            Err(error) if error.is_explainable() => Ok(ClientCertVerified::assertion()),
            Err(error) => Err(tls::refuse(error)),
        }
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
