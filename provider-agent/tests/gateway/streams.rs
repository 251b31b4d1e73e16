//! Logs, shell, and what is open when the agent stops.

use crate::bench::*;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use gateway_api::*;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use identity::RootStatus;
use provider_agent::gateway::GatewayConfig;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::{client::IntoClientRequest, Message};

fn watchful() -> GatewayConfig {
    GatewayConfig { recheck_interval: Duration::from_millis(100), ..Default::default() }
}

/// The next line with something in it; none at the end.
async fn next_line(body: &mut Incoming, rest: &mut Vec<u8>) -> Option<LogLine> {
    let reading = async {
        loop {
            while let Some(end) = rest.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                if line.len() > 1 {
                    return Some(serde_json::from_slice(&line).unwrap());
                }
            }
            match body.frame().await {
                Some(Ok(frame)) => rest.extend_from_slice(&frame.into_data().unwrap_or_default()),
                _ => return None,
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap()
}

async fn follow(bench: &Bench) -> Incoming {
    let mut http = bench.http(&bench.tenant).await;
    let request = Request::get(path("logs?follow=true&service=db"))
        .header("host", "x")
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = http.send_request(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], NDJSON_CONTENT_TYPE);
    response.into_body()
}

#[tokio::test]
async fn logs_come_as_lines_and_end_when_they_are_not_followed() {
    let bench = Bench::new().await;
    let answer = bench.get(&bench.tenant, &path("logs")).await;
    let text = std::str::from_utf8(&answer.body).unwrap();
    let lines: Vec<LogLine> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].line, "started");
}

#[tokio::test]
async fn followed_logs_stay_open_until_the_root_is_revoked() {
    let bench = Bench::with(watchful()).await;
    let mut body = follow(&bench).await;
    let mut rest = Vec::new();
    assert_eq!(next_line(&mut body, &mut rest).await.unwrap().service, "db");
    // Kept alive by empty lines while nothing happens, and a silent chain changes nothing.
    let frame = tokio::time::timeout(PATIENCE, body.frame()).await.unwrap().unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "\n");
    bench.chain.set(&bench.tenant, RootStatus::Revoked);
    assert_eq!(next_line(&mut body, &mut rest).await, None);
}

#[tokio::test]
async fn an_open_stream_outlives_a_silent_chain() {
    let bench = Bench::with(watchful()).await;
    let mut body = follow(&bench).await;
    bench.chain.silence();
    let mut rest = Vec::new();
    next_line(&mut body, &mut rest).await.unwrap();
    // Several checks have passed by the time that so many signs of life have come.
    for _ in 0..5 {
        let frame = tokio::time::timeout(PATIENCE, body.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "\n");
    }
}

async fn shell(
    bench: &Bench,
    query: &ShellQuery,
) -> Result<
    tokio_tungstenite::WebSocketStream<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>,
    tokio_tungstenite::tungstenite::Error,
> {
    let stream = bench.connect(&bench.tenant).await;
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(query.to_pairs());
    let uri = format!("ws://provider{}?{}", path("shell"), encoded.finish());
    let request = uri.into_client_request().unwrap();
    Ok(tokio_tungstenite::client_async(request, stream).await?.0)
}

fn query(service: &str) -> ShellQuery {
    ShellQuery {
        service: service.into(),
        replica: 0,
        tty: true,
        stdin: true,
        size: Some((24, 80)),
        command: vec!["sh".into(), "-c".into(), "echo a & b=?".into()],
    }
}

#[tokio::test]
async fn a_shell_carries_input_sizes_output_and_the_exit_code() {
    let bench = Bench::new().await;
    let mut socket = shell(&bench, &query("web")).await.unwrap();
    for frame in [
        ShellFrame::Stdin(b"ls\n".to_vec()),
        ShellFrame::Control(ShellControl::Resize { rows: 50, columns: 132 }),
        ShellFrame::Stdin(vec![]),
    ] {
        socket.send(Message::Binary(frame.encode().into())).await.unwrap();
    }
    let mut seen = Vec::new();
    while let Some(Ok(message)) = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap() {
        if let Message::Binary(bytes) = message {
            seen.push(ShellFrame::decode(&bytes).unwrap());
        }
    }
    assert_eq!(
        seen,
        [
            ShellFrame::Stdout(b"ls\n".to_vec()),
            ShellFrame::Stderr(b"50x132".to_vec()),
            ShellFrame::Stdout(b"bye".to_vec()),
            ShellFrame::Control(ShellControl::Exit { code: 3 }),
        ]
    );
}

#[tokio::test]
async fn a_shell_that_cannot_be_opened_is_an_ordinary_refusal() {
    let bench = Bench::new().await;
    let error = shell(&bench, &query("db")).await.unwrap_err();
    let tokio_tungstenite::tungstenite::Error::Http(response) = error else { panic!("{error}") };
    assert_eq!(response.status(), 409);
}

#[tokio::test]
async fn a_shell_ends_when_its_root_is_revoked_or_its_client_misbehaves() {
    let bench = Bench::with(watchful()).await;
    let last = |mut socket: tokio_tungstenite::WebSocketStream<_>| async move {
        let mut last = None;
        while let Some(Ok(message)) = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap() {
            if let Message::Binary(bytes) = message {
                last = Some(ShellFrame::decode(&bytes).unwrap());
            }
        }
        last
    };
    let mut socket = shell(&bench, &query("web")).await.unwrap();
    socket.send(Message::Binary(vec![9, 9].into())).await.unwrap();
    let ended = last(socket).await;
    assert!(
        matches!(&ended, Some(ShellFrame::Control(ShellControl::Error { message })) if message.contains("channel 9"))
    );

    let socket = shell(&bench, &query("web")).await.unwrap();
    bench.chain.set(&bench.tenant, RootStatus::Revoked);
    let ended = last(socket).await;
    assert!(
        matches!(&ended, Some(ShellFrame::Control(ShellControl::Error { message })) if message.contains("revoked"))
    );
}

#[tokio::test]
async fn stopping_ends_streams_lets_requests_finish_and_takes_no_new_ones() {
    let bench = Bench::new().await;
    let mut body = follow(&bench).await;
    let mut rest = Vec::new();
    next_line(&mut body, &mut rest).await.unwrap();
    let mut idle = bench.http(&bench.tenant).await;
    let _: Info = ask(&mut idle, Method::GET, INFO_PATH, "").await.json();
    let started = Instant::now();
    bench.stop.cancel();
    assert_eq!(next_line(&mut body, &mut rest).await, None);
    tokio::time::timeout(PATIENCE, bench.running).await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "nothing had to be waited for");
    assert!(tokio::net::TcpStream::connect(bench.address).await.is_err());
}

#[tokio::test]
async fn what_does_not_end_by_itself_is_cut_after_the_drain_time() {
    let config = GatewayConfig { drain_timeout: Duration::from_millis(300), ..Default::default() };
    let bench = Bench::with(config).await;
    // In the middle of a request for ever.
    let mut stream = bench.connect(&bench.tenant).await;
    let head = format!("PUT {} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n", path("manifest"));
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    // Served means that the request has been read: ask for something else over another connection first.
    let _: Info = bench.get(&bench.tenant, INFO_PATH).await.json();
    bench.stop.cancel();
    tokio::time::timeout(PATIENCE, bench.running).await.unwrap().unwrap();
}
