//! What ends a tunnel, and what brings it back.

use identity::Side;
use overlay::{Config, State, TunnelSpec, Way};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_tunnel_resets_its_streams_at_either_end() {
    for at_caller in [true, false] {
        let pair = Pair::new(config()).await;
        pair.target(echo().await);
        let mut stream = pair.connect().await;
        within("an echo", ping(&mut stream)).await.unwrap();
        let end = if at_caller { &pair.caller } else { &pair.callee };
        end.overlay.set(Vec::new());
        let ended = within("the stream is reset", stream.read(&mut [0])).await;
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert!(end.overlay.status().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stays_set_goes_on_undisturbed() {
    let pair = Pair::new(config()).await;
    pair.target(echo().await);
    let mut stream = pair.connect().await;
    for _ in 0..10 {
        within("an echo", ping(&mut stream)).await.unwrap();
        pair.set();
    }
    assert_eq!(pair.caller.status().resets, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_is_gone_resets_its_streams_and_is_found_again() {
    let pair = Pair::new(config()).await;
    pair.target(echo().await);
    let mut stream = pair.connect().await;
    within("an echo", ping(&mut stream)).await.unwrap();
    let Pair { chain, caller, callee, connection, address, .. } = &pair;
    let (identity, port) = (callee.identity.clone(), callee.gateway.port());
    callee.overlay.stop();
    let ended = within("the stream is reset", stream.read(&mut [0])).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
    // Its gateway's port must be free before it can come back to it.
    callee.end_serving().await;
    let again = Provider::start_as(identity, chain, config(), Some(port)).await;
    *again.targets.addresses.lock().unwrap() = vec![echo().await];
    again.overlay.set(vec![spec(Side::To, caller, connection)]);
    let mut stream = TcpStream::connect(address).await.unwrap();
    within("an echo from the new one", ping(&mut stream)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_called_end_dials_when_the_calling_one_cannot() {
    let (_chain, caller, callee) = providers(config(), Duration::from_secs(3600)).await;
    *callee.targets.addresses.lock().unwrap() = vec![echo().await];
    caller.overlay.set(vec![TunnelSpec { endpoints: Vec::new(), ..spec(Side::From, &callee, CONNECTION) }]);
    callee.overlay.set(vec![spec(Side::To, &caller, CONNECTION)]);
    let way = Way::Tunnel(id(Side::From, CALLEE, CONNECTION));
    let any = "127.0.0.1:0".parse().unwrap();
    let listening = caller.overlay.listen_tcp(any, Arc::new(move |_| vec![way.clone()])).unwrap();
    let mut streams = Vec::new();
    // More than it keeps idle.
    for _ in 0..8 {
        let mut stream = TcpStream::connect(listening.local_addr()).await.unwrap();
        within("an echo", ping(&mut stream)).await.unwrap();
        streams.push(stream);
    }
    assert_eq!(caller.status().state, State::Up);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_change_under_streams() {
    let pair = Pair::new(Config { records_per_key: 3, ..config() }).await;
    pair.target(echo().await);
    for size in [10, 100_000, 3_000_000] {
        let sent = pattern(size);
        let mut stream = pair.connect().await;
        let (mut read, mut write) = stream.split();
        let mut got = Vec::new();
        let both = async {
            tokio::join!(
                async {
                    for piece in sent.chunks(30_000) {
                        write.write_all(piece).await.unwrap();
                    }
                    write.shutdown().await.unwrap();
                },
                async { read.read_to_end(&mut got).await.unwrap() }
            )
        };
        within("the echo ends", both).await;
        assert!(got == sent, "{size}");
    }
    assert_eq!(pair.caller.status().resets, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drained_end_finishes_its_streams_and_takes_no_other() {
    for at_caller in [true, false] {
        let pair = Pair::new(config()).await;
        pair.target(echo().await);
        let mut stream = pair.connect().await;
        within("an echo", ping(&mut stream)).await.unwrap();
        let end = if at_caller { &pair.caller } else { &pair.callee };
        let draining = tokio::spawn({
            let overlay = end.overlay.clone();
            async move { overlay.drain(LIMIT).await }
        });
        until("idle carriers end", || end.status().idle == 0).await;
        within("an echo while draining", ping(&mut stream)).await.unwrap();
        assert!(!draining.is_finished());
        stream.shutdown().await.unwrap();
        assert_eq!(within("the end", stream.read(&mut [0])).await.unwrap(), 0);
        within("it is drained", draining).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_are_renewed_under_a_live_stream() {
    // A leaf begins 60 s in the past, so these live for 2 s; a new one is issued for every handshake.
    let pair = Pair::with_lifetime(config(), Duration::from_secs(62)).await;
    pair.target(echo().await);
    let mut long = pair.connect().await;
    let first = {
        until("a carrier is up", || pair.caller.status().state == State::Up).await;
        pair.caller.status().leaf_expires
    };
    // Idle carriers end with their leaves and are replaced; streams that are open go on.
    until("four lives have passed", || {
        assert!(pair.caller.status().failed == 0);
        pair.caller.status().leaf_expires >= first + 8
    })
    .await;
    within("the old stream", ping(&mut long)).await.unwrap();
    let mut new = pair.connect().await;
    within("a new stream", ping(&mut new)).await.unwrap();
    assert_eq!(pair.caller.overlay.refusals().certificate, 0);
    assert_eq!(pair.caller.status().resets, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_here_goes_before_a_tunnel_and_a_way_that_fails_is_skipped() {
    let pair = Pair::new(config()).await;
    pair.target(echo().await);
    let (closed, listener) = held().await;
    drop(listener);
    let here = echo().await;
    let any = "127.0.0.1:0".parse().unwrap();
    let tunnel = Way::Tunnel(id(Side::From, CALLEE, CONNECTION));
    let ways = vec![Way::Local(closed), Way::Local(here), tunnel.clone()];
    let listening = pair.caller.overlay.listen_tcp(any, Arc::new(move |_| ways.clone())).unwrap();
    let sent = pattern(2_000_000);
    let mut stream = TcpStream::connect(listening.local_addr()).await.unwrap();
    let (mut read, mut write) = stream.split();
    let mut got = Vec::new();
    let both = async {
        tokio::join!(
            async {
                write.write_all(&sent).await.unwrap();
                write.shutdown().await.unwrap();
            },
            async { read.read_to_end(&mut got).await.unwrap() }
        )
    };
    within("the echo ends", both).await;
    assert!(got == sent);
    assert_eq!(pair.caller.status().streams, 0);
    let ways = vec![Way::Local(closed), tunnel];
    let listening = pair.caller.overlay.listen_tcp(any, Arc::new(move |_| ways.clone())).unwrap();
    let mut stream = TcpStream::connect(listening.local_addr()).await.unwrap();
    within("an echo through the tunnel", ping(&mut stream)).await.unwrap();
    assert_eq!(pair.caller.status().streams, 1);
}
