//! Both ends together: who is let in once the chain is asked, and what each side is told.

use crate::forge::*;
use identity::{
    authorise, Acceptor, AuthoriseError, ConnectError, Connector, Endpoint, Fingerprint, Identity, Peer,
    Presented, Role, Root, RootStatus, Roots, Unknown, VerifyError, DEFAULT_ROOT_VALIDITY,
};
use rustls::pki_types::ServerName;
use rustls::HandshakeKind;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A chain that knows some roots, or does not answer.
#[derive(Default)]
struct Chain {
    known: HashMap<(String, Fingerprint), RootStatus>,
    silent: bool,
}

impl Chain {
    fn with(mut self, identity: &Identity, status: RootStatus) -> Self {
        self.known.insert((identity.account().to_owned(), identity.root().fingerprint()), status);
        self
    }
}

#[async_trait::async_trait]
impl Roots for Chain {
    async fn root(&self, account: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown> {
        if self.silent {
            return Err(Unknown::new("connection refused"));
        }
        let key = (account.to_owned(), *fingerprint);
        Ok(self.known.get(&key).copied().unwrap_or(RootStatus::NotPublished))
    }
}

fn endpoint() -> Endpoint {
    "https://127.0.0.1:1".parse().unwrap()
}

async fn connect(
    client: &Arc<Identity>,
    server: &Arc<Identity>,
    expected: &str,
    chain: &Chain,
) -> (Result<Peer, ConnectError>, Option<Presented>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    let acceptor = Acceptor::new(server.clone(), &[Role::Tenant], &[b"http/1.1"]).unwrap();
    let serving = tokio::spawn(async move { acceptor.accept(accepted).await });
    let connector = Connector::new(client.clone(), &[b"http/1.1"]);
    let connected = connector.handshake(tcp, &endpoint(), expected, Role::Provider, chain).await;
    let connected = connected.map(|connection| connection.peer);
    let presented = serving.await.unwrap().ok().map(|(_, presented)| presented);
    (connected, presented)
}

#[tokio::test]
async fn two_peers_of_one_chain_know_each_other() {
    let (client, server) = (tenant(), provider());
    let chain = Chain::default().with(&client, RootStatus::Active).with(&server, RootStatus::Active);
    let (connected, presented) = connect(&client, &server, PROVIDER, &chain).await;
    let peer = connected.unwrap();
    assert_eq!((peer.account.as_str(), peer.role), (PROVIDER, Role::Provider));
    assert_eq!(peer.root_fingerprint, server.root().fingerprint());
    assert_eq!(peer.expires, server.leaf_expires());
    let Some(Presented::Sound(claim)) = presented else { panic!("{presented:?}") };
    let peer = authorise(&claim, &chain).await.unwrap();
    assert_eq!((peer.account.as_str(), peer.role), (TENANT, Role::Tenant));
}

#[tokio::test]
async fn a_root_that_the_chain_does_not_vouch_for_is_refused_with_the_reason() {
    let (client, server) = (tenant(), provider());
    for (status, words) in [
        (RootStatus::Revoked, "it was revoked"),
        (RootStatus::Expired, "it has expired"),
        (RootStatus::NotPublished, "has not published it"),
    ] {
        let chain = Chain::default().with(&server, status).with(&client, status);
        let (connected, presented) = connect(&client, &server, PROVIDER, &chain).await;
        let error = connected.unwrap_err();
        assert!(matches!(error, ConnectError::NotTrusted { .. }));
        assert!(error.to_string().contains(words), "{error}");
        let Some(Presented::Sound(claim)) = presented else { panic!("{presented:?}") };
        let refused = authorise(&claim, &chain).await.unwrap_err();
        assert!(matches!(refused, AuthoriseError::NotTrusted { status: s, .. } if s == status));
    }
    let silent = Chain { silent: true, ..Default::default() };
    let (connected, _) = connect(&client, &server, PROVIDER, &silent).await;
    let error = connected.unwrap_err().to_string();
    assert!(error.contains("cannot be asked") && error.contains("connection refused"), "{error}");
}

#[tokio::test]
async fn another_root_of_the_same_subject_is_another_root() {
    let (client, server) = (tenant(), provider());
    // Published by the account; the peer presents one with the same subject and another key.
    let published = provider();
    let chain = Chain::default().with(&published, RootStatus::Active);
    let (connected, _) = connect(&client, &server, PROVIDER, &chain).await;
    assert!(matches!(connected, Err(ConnectError::NotTrusted { .. })));
}

#[tokio::test]
async fn a_client_accepts_only_the_account_that_it_asked_for() {
    let (client, server) = (tenant(), provider());
    let chain = Chain::default().with(&server, RootStatus::Active);
    let (connected, presented) = connect(&client, &server, STRANGER, &chain).await;
    let error = connected.unwrap_err();
    let expected = VerifyError::OtherAccount { expected: STRANGER.into(), got: PROVIDER.into() };
    assert!(matches!(&error, ConnectError::Peer { source, .. } if *source == expected), "{error}");
    assert_eq!(presented, None, "the server sees that the client went away");
}

/// What a client makes of a server that presents these certificates.
async fn ask_server(forge: &Forge) -> ConnectError {
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(forge.leaf_key.serialize_der().into());
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let leaf = Arc::new(rustls::sign::CertifiedKey::new(forge.chain(), key));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(leaf)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    tokio::spawn(async move { TlsAcceptor::from(Arc::new(config)).accept(accepted).await.map(|_| ()) });
    let connector = Connector::new(tenant(), &[b"http/1.1"]);
    let chain = Chain::default();
    connector.handshake(tcp, &endpoint(), PROVIDER, Role::Provider, &chain).await.err().unwrap()
}

#[tokio::test]
async fn a_servers_bad_certificate_is_told_apart_by_its_kind() {
    let cause = |error: ConnectError| match error {
        ConnectError::Peer { source, .. } => source,
        other => panic!("{other}"),
    };
    let mut expired = Forge::new(PROVIDER, Role::Provider);
    expired.leaf_validity(-3600, -120);
    let error = ask_server(&expired).await;
    assert!(error.to_string().contains("the clock here says"), "{error}");
    assert!(matches!(cause(error), VerifyError::Expired { .. }));

    let as_tenant = Forge::new(PROVIDER, Role::Tenant);
    assert!(matches!(cause(ask_server(&as_tenant).await), VerifyError::LeafKind { .. }));

    let mut elsewhere = Forge::new(PROVIDER, Role::Provider);
    elsewhere.leaf.subject_alt_names = vec![uri("akashnet-2", PROVIDER, "provider")];
    assert!(matches!(cause(ask_server(&elsewhere).await), VerifyError::OtherChain { .. }));

    // Sound: only the chain can refuse it.
    let sound = Forge::new(PROVIDER, Role::Provider);
    assert!(matches!(ask_server(&sound).await, ConnectError::NotTrusted { .. }));
}

#[tokio::test]
async fn nothing_is_resumed_and_nothing_is_sent_early() {
    let server = acceptor();
    let forge = Forge::new(TENANT, Role::Tenant);
    let mut config = client_config(forge.chain(), &forge.leaf_key);
    config.enable_early_data = true;
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for _ in 0..2 {
        let server = server.clone();
        let serving = async {
            let (tcp, _) = listener.accept().await.unwrap();
            let (mut stream, _) = server.accept(tcp).await.unwrap();
            // A ticket would come with the first bytes at the latest.
            stream.write_all(b"x").await.unwrap();
            stream.shutdown().await.unwrap();
            assert_eq!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        };
        let asking = async {
            let tcp = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from("provider.example").unwrap();
            let mut stream = TlsConnector::from(config.clone()).connect(name, tcp).await.unwrap();
            assert!(!stream.get_ref().1.is_early_data_accepted());
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.unwrap();
            assert_eq!(stream.get_ref().1.tls13_tickets_received(), 0);
            assert_eq!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        };
        tokio::join!(serving, asking);
    }
}

#[tokio::test]
async fn a_leaf_is_renewed_before_it_ends_and_is_never_longer_than_allowed() {
    let chain = |identity: &Arc<Identity>| Chain::default().with(identity, RootStatus::Active);
    // Past 70 % of its life at once: every handshake presents a new one.
    let root = Root::generate(PROVIDER, DEFAULT_ROOT_VALIDITY).unwrap();
    let brief = Duration::from_secs(61);
    let server = Arc::new(Identity::with_lifetime(root, CHAIN, Role::Provider, brief).unwrap());
    let first = server.leaf_expires();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let (connected, _) = connect(&tenant(), &server, PROVIDER, &chain(&server)).await;
    assert!(connected.unwrap().expires > first);

    let root = Root::generate(PROVIDER, DEFAULT_ROOT_VALIDITY).unwrap();
    let year = Duration::from_secs(365 * 86_400);
    let server = Arc::new(Identity::with_lifetime(root, CHAIN, Role::Provider, year).unwrap());
    assert!(server.leaf_expires() <= now() as u64 + identity::MAX_LEAF_LIFETIME.as_secs());
    let (connected, _) = connect(&tenant(), &server, PROVIDER, &chain(&server)).await;
    connected.unwrap();

    // Never beyond its root.
    let root = Root::generate(PROVIDER, Duration::from_secs(600)).unwrap();
    let end = root.not_after();
    let server = Identity::new(root, CHAIN, Role::Provider).unwrap();
    assert_eq!(server.leaf_expires(), end);
}

#[tokio::test]
async fn nobody_there_is_told_as_such() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let endpoint: Endpoint = format!("https://{free}").parse().unwrap();
    let connector = Connector::new(tenant(), &[b"http/1.1"]);
    let error =
        connector.connect(&endpoint, PROVIDER, Role::Provider, &Chain::default()).await.err().unwrap();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
}

#[test]
fn a_tenant_cannot_be_a_server() {
    assert!(Acceptor::new(tenant(), &Role::ALL, &[]).is_err());
}
