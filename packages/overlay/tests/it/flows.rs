//! Datagrams.

use overlay::{Config, Way};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;

use crate::support::*;

async fn pair(config: Config) -> Pair {
    let (chain, caller, callee) = providers(config, Duration::from_secs(3600)).await;
    Pair::of(chain, caller, callee, DATAGRAMS)
}

/// Sends every datagram back to where it came from.
async fn echo_datagrams() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut room = vec![0; 65_536];
        while let Ok((count, from)) = socket.recv_from(&mut room).await {
            let _ = socket.send_to(&room[..count], from).await;
        }
    });
    address
}

/// Sends until it comes back: a datagram may be lost.
async fn asks(socket: &UdpSocket, datagram: &[u8]) {
    let mut room = vec![0; 65_536];
    let asking = async {
        loop {
            socket.send(datagram).await.unwrap();
            let answer = tokio::time::timeout(Duration::from_millis(500), socket.recv(&mut room)).await;
            match answer {
                Ok(Ok(count)) if room[..count] == *datagram => return,
                _ => {}
            }
        }
    };
    within("an answer", asking).await;
}

async fn workload(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(address).await.unwrap();
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_of_every_length_go_both_ways_whole() {
    let pair = pair(config()).await;
    pair.target(echo_datagrams().await);
    let socket = workload(pair.address).await;
    for size in [0, 1, 1200, 16_367, 16_368, 16_369, 40_000, 65_507] {
        asks(&socket, &pattern(size)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_source_has_a_flow_of_its_own_which_is_forgotten_when_idle() {
    let pair = pair(Config { udp_idle: Duration::from_secs(2), ..config() }).await;
    pair.target(echo_datagrams().await);
    for source in 0..5_u8 {
        asks(&workload(pair.address).await, &[source; 100]).await;
    }
    assert!(pair.caller.status().streams >= 5);
    until("idle flows end", || pair.caller.status().busy == 0 && pair.callee.status().busy == 0).await;
    asks(&workload(pair.address).await, b"again").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tunnel_of_streams_takes_no_flow() {
    let pair = Pair::new(config()).await;
    pair.target(echo_datagrams().await);
    let way = Way::Tunnel(id(identity::Side::From, CALLEE, CONNECTION));
    let any = "127.0.0.1:0".parse().unwrap();
    let listening = pair.caller.overlay.listen_udp(any, Arc::new(move |_| vec![way.clone()])).unwrap();
    let socket = workload(listening.local_addr()).await;
    socket.send(b"x").await.unwrap();
    let answer = tokio::time::timeout(Duration::from_millis(300), socket.recv(&mut [0; 8])).await;
    assert!(answer.is_err());
    assert_eq!(pair.caller.status().streams, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_here_gets_datagrams_without_a_tunnel() {
    let pair = pair(config()).await;
    let here = echo_datagrams().await;
    let any = "127.0.0.1:0".parse().unwrap();
    let listening = pair.caller.overlay.listen_udp(any, Arc::new(move |_| vec![Way::Local(here)])).unwrap();
    asks(&workload(listening.local_addr()).await, &pattern(9000)).await;
    assert_eq!(pair.caller.status().streams, 0);
}
