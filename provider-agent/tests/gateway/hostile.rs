//! What clients do that mean harm, or whose connection died.

use crate::bench::*;
use bytes::Bytes;
use gateway_api::*;
use http::Method;
use identity::Identity;
use provider_agent::gateway::GatewayConfig;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Reads until the other side closes, however it does.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut seen = Vec::new();
    let reading = async {
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(n) => seen.extend_from_slice(&buffer[..n]),
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("the connection stays open");
    seen
}

fn impatient() -> GatewayConfig {
    GatewayConfig {
        handshake_timeout: Duration::from_millis(500),
        header_timeout: Duration::from_millis(500),
        body_timeout: Duration::from_millis(500),
        idle_timeout: Duration::from_millis(1500),
        ..Default::default()
    }
}

#[test]
fn the_limits_that_stand_between_a_stranger_and_the_agent_are_on_by_default() {
    let config = GatewayConfig::default();
    assert!(config.handshake_timeout <= Duration::from_secs(10));
    assert!(config.header_timeout <= Duration::from_secs(10));
    assert!(config.idle_timeout <= Duration::from_secs(90));
    assert_eq!(MAX_BODY_BYTES, 256 * 1024);
}

#[tokio::test]
async fn a_hello_that_never_comes_is_not_waited_for() {
    let bench = Bench::with(impatient()).await;
    let mut silent = TcpStream::connect(bench.address).await.unwrap();
    let mut slow = TcpStream::connect(bench.address).await.unwrap();
    let started = Instant::now();
    let dripping = async {
        // The head of a hello, then a byte now and then: each counts as movement, the time runs all the same.
        let mut bytes = [22, 3, 1, 0, 200, 1, 0, 0, 196].into_iter().chain(std::iter::repeat(0));
        while slow.write_all(&[bytes.next().unwrap()]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(started.elapsed() < PATIENCE);
        }
    };
    tokio::join!(until_closed(&mut silent), dripping);
    assert!(started.elapsed() >= Duration::from_millis(400), "closed before its time");
}

#[tokio::test]
async fn a_head_that_drips_is_cut_off() {
    let bench = Bench::with(impatient()).await;
    let stream = bench.connect(&bench.tenant).await;
    let (mut read, mut write) = tokio::io::split(stream);
    let started = Instant::now();
    let dripping = async {
        let head = format!("GET {} HTTP/1.1\r\nhost: x\r\nx: ", path("status"));
        let mut bytes = head.into_bytes().into_iter().chain(std::iter::repeat(b'a'));
        while write.write_all(&[bytes.next().unwrap()]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(30)).await;
            assert!(started.elapsed() < PATIENCE);
        }
    };
    tokio::select! {
        seen = until_closed(&mut read) => {
            assert!(!String::from_utf8_lossy(&seen).contains("200 OK"));
        }
        () = dripping => {}
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_head_that_never_ends_is_refused() {
    let bench = Bench::new().await;
    let mut stream = bench.connect(&bench.tenant).await;
    let head = format!("GET {} HTTP/1.1\r\nx: {}", path("status"), "a".repeat(64 * 1024));
    // It may be closed while we write.
    let _ = stream.write_all(head.as_bytes()).await;
    let seen = String::from_utf8_lossy(&until_closed(&mut stream).await).into_owned();
    assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 431"), "{seen}");
}

#[tokio::test]
async fn a_body_that_drips_is_not_waited_for() {
    let bench = Bench::with(impatient()).await;
    let stream = bench.connect(&bench.tenant).await;
    let (mut read, mut write) = tokio::io::split(stream);
    let started = Instant::now();
    let dripping = async {
        let head = format!("PUT {} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n", path("manifest"));
        write.write_all(head.as_bytes()).await.unwrap();
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    tokio::select! {
        seen = until_closed(&mut read) => {
            let seen = String::from_utf8_lossy(&seen).into_owned();
            assert!(seen.starts_with("HTTP/1.1 408"), "{seen}");
        }
        () = async { dripping.await; std::future::pending().await } => {}
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(bench.backend.manifests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_idle_connection_is_given_back() {
    let bench = Bench::with(impatient()).await;
    let mut stream = bench.connect(&bench.tenant).await;
    until_closed(&mut stream).await;
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_before_it_is_kept() {
    let bench = Bench::new().await;
    let exactly = bench.ask(&bench.tenant, Method::PUT, &path("manifest"), vec![b' '; MAX_BODY_BYTES]).await;
    let _: ManifestAccepted = exactly.json();
    let over = bench.ask(&bench.tenant, Method::PUT, &path("manifest"), vec![b' '; MAX_BODY_BYTES + 1]).await;
    assert_eq!(over.problem(), Problem::BodyTooLarge { limit: MAX_BODY_BYTES as u64 });

    // Announced: the answer comes before one byte of the body.
    let mut stream = bench.connect(&bench.tenant).await;
    let head = format!("PUT {} HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n", path("manifest"));
    stream.write_all(head.as_bytes()).await.unwrap();
    let seen = String::from_utf8_lossy(&until_closed(&mut stream).await).into_owned();
    assert!(seen.starts_with("HTTP/1.1 413"), "{seen}");

    // Not announced: chunks without end.
    let stream = bench.connect(&bench.tenant).await;
    let (mut read, mut write) = tokio::io::split(stream);
    let head = format!("PUT {} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n", path("manifest"));
    write.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    let sending = async {
        let mut sent = 0usize;
        while write.write_all(chunk.as_bytes()).await.is_ok() {
            sent += 0x4000;
            assert!(sent < 64 << 20, "the server reads on and on");
        }
        std::future::pending::<()>().await
    };
    tokio::select! {
        seen = until_closed(&mut read) => {
            let seen = String::from_utf8_lossy(&seen).into_owned();
            assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 413"), "{seen}");
        }
        () = sending => {}
    }
    // Only the one that fits arrived.
    assert_eq!(bench.backend.manifests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    let bench = Bench::new().await;
    let mut stream = bench.connect(&bench.tenant).await;
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nbomb",
        path("manifest")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let seen = String::from_utf8_lossy(&until_closed(&mut stream).await).into_owned();
    assert!(seen.starts_with("HTTP/1.1 400") && seen.contains("gzip"), "{seen}");
}

#[tokio::test]
async fn connections_are_counted_before_the_handshake() {
    let config = GatewayConfig { max_connections_per_ip: 3, ..Default::default() };
    let bench = Bench::with(config).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(bench.connect(&bench.tenant).await);
    }
    let mut over = TcpStream::connect(bench.address).await.unwrap();
    assert!(until_closed(&mut over).await.is_empty());
    drop(held);
    // A place that is given back is there for the next.
    let served = async {
        loop {
            let mut tcp = TcpStream::connect(bench.address).await.unwrap();
            let mut byte = [0];
            // Open and silent means that the gateway waits for our hello.
            if tokio::time::timeout(Duration::from_millis(200), tcp.read(&mut byte)).await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, served).await.unwrap();
}

#[tokio::test]
async fn one_account_cannot_take_all_there_is() {
    let config = GatewayConfig { max_requests_per_account: 2, ..Default::default() };
    let bench = Bench::with(config).await;
    let follow = |who: Arc<Identity>| {
        let bench = &bench;
        async move {
            let mut http = bench.http(&who).await;
            let request = http::Request::get(path("logs?follow=true"))
                .header("host", "x")
                .body(http_body_util::Full::<Bytes>::default())
                .unwrap();
            (http.send_request(request).await.unwrap(), http)
        }
    };
    let (first, first_http) = follow(bench.tenant.clone()).await;
    let (second, _second_http) = follow(bench.tenant.clone()).await;
    assert!(first.status().is_success() && second.status().is_success());
    let problem = bench.get(&bench.tenant, &path("status")).await.problem();
    assert_eq!(problem, Problem::TooManyRequests { limit: 2 });
    // Others are not held up by it.
    let _: Info = bench.get(&bench.stranger, INFO_PATH).await.json();
    drop((first, first_http));
    let freed = async {
        while bench.get(&bench.tenant, &path("status")).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, freed).await.unwrap();
}

#[tokio::test]
async fn garbage_in_the_place_of_a_request_harms_nobody() {
    let bench = Bench::new().await;
    for garbage in
        [&b"\x00\x01\x02\x03\r\n\r\n"[..], b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let mut stream = bench.connect(&bench.tenant).await;
        stream.write_all(garbage).await.unwrap();
        let seen = String::from_utf8_lossy(&until_closed(&mut stream).await).into_owned();
        assert!(seen.is_empty() || seen.starts_with("HTTP/1.1 4"), "{seen}");
    }
    let mut plain = TcpStream::connect(bench.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(!until_closed(&mut plain).await.starts_with(b"HTTP"));
    let _: Info = bench.get(&bench.tenant, INFO_PATH).await.json();
}
