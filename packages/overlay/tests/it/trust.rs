//! Who gets a carrier, and who does not.

use identity::{RootStatus, Side};
use overlay::{Config, Refusals, State, TunnelSpec};
use rcgen::{ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::forge::*;
use crate::support::*;

/// The callee of a tunnel, and whoever comes by hand as its caller.
struct Gate {
    pair: Pair,
}

impl Gate {
    async fn new() -> Self {
        Self { pair: Pair::of_callee(config()).await }
    }

    async fn enters(&self, forge: &Forge) -> bool {
        self.pair.chain.say_of(CALLER, forge.fingerprint(), RootStatus::Active);
        let config = client(forge.chain(), &forge.leaf_key, overlay::ALPN);
        enters(self.pair.callee.gateway, config, label()).await.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_exact_leaf_under_the_published_root_gets_in() {
    let gate = Gate::new().await;
    assert!(gate.enters(&Forge::new()).await, "what the table below changes is sound");
    type Change = fn(&mut Forge);
    let table: [(&str, Change); 16] = [
        ("expired", |f| f.leaf_validity(-7200, -120)),
        ("not yet valid", |f| f.leaf_validity(120, 7200)),
        ("too long a life", |f| f.leaf_validity(-60, 91 * 86_400)),
        ("an authority", |f| f.leaf.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained)),
        ("may sign certificates", |f| f.leaf.key_usages.push(KeyUsagePurpose::KeyCertSign)),
        ("only for servers", |f| {
            f.leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        }),
        ("no name", |f| f.leaf.subject_alt_names = Vec::new()),
        ("two names", |f| f.leaf.subject_alt_names.push(uri(&name(CALLER, Side::To)))),
        ("the same name twice", |f| f.leaf.subject_alt_names.push(uri(&name(CALLER, Side::From)))),
        ("a wildcard", |f| {
            let any = format!("akash://{CHAIN}/{CALLER}/tunnel/5/*/from");
            f.leaf.subject_alt_names = vec![SanType::URI(any.try_into().unwrap())];
        }),
        ("a host's name", |f| {
            f.leaf.subject_alt_names = vec![SanType::DnsName(label().try_into().unwrap())];
        }),
        ("the other side", |f| f.leaf.subject_alt_names = vec![uri(&name(CALLER, Side::To))]),
        ("another connection", |f| {
            let mut other = name(CALLER, Side::From);
            other.connection = "web.db.5433.tcp".to_owned();
            f.leaf.subject_alt_names = vec![uri(&other)];
        }),
        ("another deployment", |f| {
            let mut other = name(CALLER, Side::From);
            other.deployment = 6;
            f.leaf.subject_alt_names = vec![uri(&other)];
        }),
        ("another chain", |f| {
            let mut other = name(CALLER, Side::From);
            other.chain_id = "akash-other".to_owned();
            f.leaf.subject_alt_names = vec![uri(&other)];
        }),
        ("signed by another key", |f| f.other_signer = Some(KeyPair::generate().unwrap())),
    ];
    for (count, (what, change)) in table.into_iter().enumerate() {
        let mut forge = Forge::new();
        change(&mut forge);
        assert!(!gate.enters(&forge).await, "{what}");
        until(what, || gate.pair.callee.overlay.refusals().certificate == count as u64 + 1).await;
    }
    // A gateway's leaf is no tunnel's.
    let mut forge = Forge::new();
    let gateway = format!("akash://{CHAIN}/{CALLER}/provider");
    forge.leaf.subject_alt_names = vec![SanType::URI(gateway.try_into().unwrap())];
    assert!(!gate.enters(&forge).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_name_under_another_accounts_root_is_refused() {
    let gate = Gate::new().await;
    let mut forge = Forge::new();
    forge.root.distinguished_name.push(rcgen::DnType::CommonName, CALLEE);
    gate.pair.chain.say_of(CALLEE, forge.fingerprint(), RootStatus::Active);
    assert!(!gate.enters(&forge).await);
    until("it is counted", || gate.pair.callee.overlay.refusals().certificate == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_that_the_chain_does_not_vouch_for_is_refused() {
    let gate = Gate::new().await;
    let forge = Forge::new();
    let config = || client(forge.chain(), &forge.leaf_key, overlay::ALPN);
    let gateway = gate.pair.callee.gateway;
    // An outsider's: sound in itself, and with the right name, but published by nobody.
    assert!(!enters(gateway, config(), label()).await.0);
    for status in [RootStatus::Revoked, RootStatus::Expired] {
        gate.pair.chain.say_of(CALLER, forge.fingerprint(), status);
        assert!(!enters(gateway, config(), label()).await.0);
    }
    until("all are counted", || gate.pair.callee.overlay.refusals().root == 3).await;
    let status = gate.pair.callee.status();
    assert_eq!((status.idle, status.busy), (0, 0));
    assert!(status.last_error.is_some_and(|(_, error)| error.contains("root")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_of_no_tunnel_is_not_answered() {
    let gate = Gate::new().await;
    let forge = Forge::new();
    gate.pair.chain.say_of(CALLER, forge.fingerprint(), RootStatus::Active);
    let config = || client(forge.chain(), &forge.leaf_key, overlay::ALPN);
    let gateway = gate.pair.callee.gateway;
    assert!(!enters(gateway, config(), "tunnel.example".to_owned()).await.0);
    // The right label, but the connection is no longer set.
    gate.pair.callee.overlay.set(Vec::new());
    assert!(!enters(gateway, config(), label()).await.0);
    assert_eq!(gate.pair.callee.overlay.refusals(), Refusals { unknown: 2, ..Refusals::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_the_other_way_through_a_tunnel_of_one_direction() {
    let pair = Pair::new(config()).await;
    pair.target(echo().await);
    let mut stream = pair.connect().await;
    within("the allowed direction", ping(&mut stream)).await.unwrap();
    // The callee holds only the end that is called: its own workloads find no way into it.
    let way = overlay::Way::Tunnel(id(Side::To, CALLER, CONNECTION));
    let any = "127.0.0.1:0".parse().unwrap();
    let listening =
        pair.callee.overlay.listen_tcp(any, std::sync::Arc::new(move |_| vec![way.clone()])).unwrap();
    assert!(resets(listening.local_addr()).await);
    // Nor does the caller take one that pretends to have the other direction.
    let reverse = TunnelSpec {
        id: id(Side::From, CALLER, CONNECTION),
        endpoints: vec![pair.caller.endpoint()],
        secret: SECRET,
    };
    pair.callee.overlay.set(vec![reverse]);
    until("it is refused", || pair.caller.overlay.refusals().unknown > 0).await;
    assert_eq!(pair.callee.status().handshakes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_handshake_opens_nothing_when_it_is_sent_again() {
    let gate = Gate::new().await;
    let forge = Forge::new();
    gate.pair.chain.say_of(CALLER, forge.fingerprint(), RootStatus::Active);
    let config = client(forge.chain(), &forge.leaf_key, overlay::ALPN);
    let (entered, recorded) = enters(gate.pair.callee.gateway, config, label()).await;
    assert!(entered);
    let mut again = TcpStream::connect(gate.pair.callee.gateway).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut again, &recorded).await.unwrap();
    let mut answer = Vec::new();
    // Whatever comes, it ends.
    let _ = within("it is closed", again.read_to_end(&mut answer)).await;
    until("it is counted", || gate.pair.callee.overlay.refusals().handshake >= 1).await;
    assert_eq!(gate.pair.callee.status().idle, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_handshakes_are_bounded() {
    let limits =
        Config { max_handshakes_per_tunnel: 4, handshake_timeout: Duration::from_secs(2), ..config() };
    let pair = Pair::of_callee(limits).await;
    let forge = Forge::new();
    let mut hello = Vec::new();
    let config = std::sync::Arc::new(client(forge.chain(), &forge.leaf_key, overlay::ALPN));
    let name = rustls::pki_types::ServerName::try_from(label()).unwrap();
    rustls::ClientConnection::new(config, name).unwrap().write_tls(&mut hello).unwrap();
    let mut open = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(pair.callee.gateway).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, &hello).await.unwrap();
        open.push(stream);
    }
    until("those beyond the limit are refused", || pair.callee.overlay.refusals().busy >= 6).await;
    // The others are given up in time, and then there is room again.
    until("the rest is given up", || pair.callee.overlay.refusals().handshake >= 4).await;
    pair.set();
    until("an honest peer gets in", || pair.callee.status().state == State::Up).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_root_ends_its_tunnels_and_a_silent_chain_does_not() {
    let pair = Pair::new(config()).await;
    pair.target(echo().await);
    let mut stream = pair.connect().await;
    within("an echo", ping(&mut stream)).await.unwrap();
    pair.chain.silence(true);
    pair.caller.overlay.recheck();
    pair.callee.overlay.recheck();
    within("an echo while the chain is silent", ping(&mut stream)).await.unwrap();
    pair.chain.silence(false);
    pair.chain.say(pair.caller.identity.root(), RootStatus::Revoked);
    pair.callee.overlay.recheck();
    let ended = within("the stream is reset", stream.read(&mut [0])).await;
    assert_eq!(ended.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    until("no carrier is left", || pair.callee.status().state != State::Up).await;
    until("none comes back", || pair.callee.overlay.refusals().root > 0).await;
}
