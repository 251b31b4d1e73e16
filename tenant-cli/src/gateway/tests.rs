//! The client against a server that speaks the gateway's protocol over plain TCP.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, put};
use axum::Router;
use futures::{SinkExt, StreamExt};
use gateway_api::{LogStream, ShellControl, ShellFrame};
use tokio::net::{TcpListener, TcpStream};

use super::*;

struct Plain {
    address: SocketAddr,
    dialled: Arc<AtomicUsize>,
}

impl Dial for Plain {
    fn dial<'a>(&'a self, authority: &'a str) -> BoxFuture<'a, Result<Box<dyn Io>>> {
        Box::pin(async move {
            if authority.starts_with("dead") {
                return Err(CliError::unreachable("nobody there"));
            }
            self.dialled.fetch_add(1, Ordering::SeqCst);
            let io = TcpStream::connect(self.address).await;
            io.map(|io| Box::new(io) as Box<dyn Io>).map_err(|error| CliError::unreachable(error.to_string()))
        })
    }
}

fn problem(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status()).unwrap();
    (status, axum::Json(ErrorBody::from(problem))).into_response()
}

async fn take_manifest(Path(lease): Path<u64>, body: Bytes) -> Response {
    match lease {
        1 => axum::Json(ManifestAccepted {
            lease: LeaseId(1),
            version: body.to_vec().into(),
            already_held: false,
        })
        .into_response(),
        2 => problem(Problem::VersionMismatch { expected: vec![1].into(), got: vec![2].into() }),
        3 => problem(Problem::ImageMissing { image: "nginx:9".into() }),
        4 => (StatusCode::BAD_GATEWAY, "a proxy that is in the way").into_response(),
        _ => problem(Problem::NotFound),
    }
}

async fn logs(RawQuery(query): RawQuery) -> Response {
    let line = |text: &str| {
        let line = LogLine {
            service: "web".into(),
            replica: 0,
            stream: LogStream::Stdout,
            at_ms: 1,
            line: text.into(),
        };
        serde_json::to_string(&line).unwrap()
    };
    // Cut in the middle of a line, with a blank one between and no newline at the end.
    let all = format!("{}\n\n{}\n{}", line("one"), line(&query.unwrap_or_default()), line("three"));
    let chunks: Vec<Result<Bytes, std::io::Error>> =
        all.as_bytes().chunks(7).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    axum::body::Body::from_stream(futures::stream::iter(chunks)).into_response()
}

async fn shell(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let Some(upgrade) = upgrade.ok().filter(|_| query.contains("service=web")) else {
        return problem(Problem::NoSuchService { service: "x".into(), services: vec!["web".into()] });
    };
    upgrade.on_upgrade(|mut socket| async move {
        // Says the input back, and ends with a code.
        if let Some(Ok(Message::Binary(bytes))) = socket.recv().await {
            if let Ok(ShellFrame::Stdin(input)) = ShellFrame::decode(&bytes) {
                let _ = socket.send(Message::Binary(ShellFrame::Stdout(input).encode().into())).await;
            }
        }
        let exit = ShellFrame::Control(ShellControl::Exit { code: 3 });
        let _ = socket.send(Message::Binary(exit.encode().into())).await;
    })
}

/// A server that lives as long as the test, its client, and the number of connections made to it.
async fn gateway(endpoints: &[&str]) -> (Gateway, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new()
        .route("/v1/leases/{lease}/manifest", put(take_manifest))
        .route("/v1/leases/{lease}/logs", get(logs))
        .route("/v1/leases/{lease}/events", get(|| async { axum::Json(Events::default()) }))
        .route("/v1/leases/{lease}/shell", any(shell));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let dialled = Arc::new(AtomicUsize::new(0));
    let dialer = Plain { address, dialled: dialled.clone() };
    let endpoints = endpoints.iter().map(|endpoint| (*endpoint).to_owned()).collect();
    (Gateway::new("wasm1provider", endpoints, Box::new(dialer)), dialled)
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let (gateway, dialled) = gateway(&["https://live:1"]).await;
    for _ in 0..5 {
        gateway.events(LeaseId(1)).await.unwrap();
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 1);
    // One that has gone stale is replaced without an error.
    *gateway.idle.lock().await = {
        let (io, other) = tokio::io::duplex(64);
        drop(other);
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(io)).await.unwrap();
        let _ = connection.await;
        Some(sender)
    };
    gateway.events(LeaseId(1)).await.unwrap();
    assert_eq!(dialled.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_manifest_arrives_and_refusals_keep_their_reason() {
    let (gateway, _) = gateway(&["https://live:1"]).await;
    let manifest = Bytes::from_static(b"[]");
    let accepted = gateway.send_manifest(LeaseId(1), manifest.clone()).await.unwrap();
    assert_eq!(accepted.version.as_slice(), b"[]");

    let refused = gateway.send_manifest(LeaseId(2), manifest.clone()).await.unwrap_err();
    assert!(matches!(refused.problem(), Some(Problem::VersionMismatch { .. })) && !refused.is_passing());
    let error = CliError::from(refused);
    assert_eq!(error.kind, Kind::Refused);
    assert!(error.message.contains("01") && error.message.contains("02"), "both versions: {error}");

    let missing = CliError::from(gateway.send_manifest(LeaseId(3), manifest.clone()).await.unwrap_err());
    assert_eq!(missing.kind, Kind::WorkloadFailed);
    assert!(missing.message.contains("nginx:9") && missing.hint.is_some());

    let absent = gateway.send_manifest(LeaseId(9), manifest.clone()).await.unwrap_err();
    assert!(absent.is_passing(), "the agent may not have seen the block yet");
    assert_eq!(CliError::from(absent).kind, Kind::NotFound);

    let proxy = CliError::from(gateway.send_manifest(LeaseId(4), manifest).await.unwrap_err());
    assert!(proxy.message.contains("502") && proxy.message.contains("in the way"));
}

#[tokio::test]
async fn log_lines_come_whole_however_they_are_cut() {
    let (gateway, _) = gateway(&["https://live:1"]).await;
    let query = LogsQuery { service: Some("a b".into()), tail: Some(5), ..LogsQuery::default() };
    let mut lines = gateway.logs(LeaseId(1), &query).await.unwrap();
    let mut texts = Vec::new();
    while let Some(line) = lines.next().await.unwrap() {
        texts.push(line.line);
    }
    assert_eq!(texts, ["one", "follow=false&service=a+b&tail=5", "three"]);
}

#[tokio::test]
async fn a_shell_passes_bytes_both_ways_and_a_refusal_keeps_its_reason() {
    let (gateway, _) = gateway(&["https://live:1"]).await;
    let mut query = ShellQuery {
        service: "web".into(),
        replica: 0,
        tty: false,
        stdin: true,
        size: None,
        command: vec!["cat".into()],
    };
    let mut socket = gateway.shell(LeaseId(1), &query).await.unwrap();
    let input = ShellFrame::Stdin(vec![0, 255, b'\n']);
    socket.send(tungstenite::Message::binary(input.encode())).await.unwrap();
    let mut frames = Vec::new();
    while let Some(Ok(tungstenite::Message::Binary(bytes))) = socket.next().await {
        frames.push(ShellFrame::decode(&bytes).unwrap());
    }
    let exit = ShellFrame::Control(ShellControl::Exit { code: 3 });
    assert_eq!(frames, [ShellFrame::Stdout(vec![0, 255, b'\n']), exit]);

    query.service = "other".into();
    let refused = gateway.shell(LeaseId(1), &query).await.err().unwrap();
    assert!(matches!(refused.problem(), Some(Problem::NoSuchService { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_next_endpoint_is_tried_and_none_is_said_plainly() {
    let (two, dialled) = gateway(&["https://dead:1", "https://live:1"]).await;
    two.events(LeaseId(1)).await.unwrap();
    assert_eq!(dialled.load(Ordering::SeqCst), 1);
    let (dead, _) = gateway(&["https://dead:1", "https://dead:2"]).await;
    let error = CliError::from(dead.events(LeaseId(1)).await.unwrap_err());
    assert_eq!(error.kind, Kind::Unreachable);
    assert!(error.message.contains("https://dead:1") && error.message.contains("https://dead:2"));
    let (none, _) = gateway(&[]).await;
    let error = CliError::from(none.events(LeaseId(1)).await.unwrap_err());
    assert!(error.message.contains("no gateway endpoint"));
}
