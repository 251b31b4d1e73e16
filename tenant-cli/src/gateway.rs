//! A provider's gateway as its client sees it: HTTP/1.1 over a connection that both sides proved themselves on.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use content::ContentId;
use futures::future::BoxFuture;
use gateway_api::{
    content_path, lease_path, ContentHave, Contents, ErrorBody, Events, LeaseStatus, LogLine, LogsQuery,
    ManifestAccepted, Problem, PutSecrets, Quote, QuoteRequest, Secrets, ShellQuery, Trials,
    CHUNKS_CONTENT_TYPE, MANIFEST_CONTENT_TYPE, QUOTE_PATH,
};
use http::{header, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use market_api::LeaseId;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest, protocol::WebSocketConfig};
use tokio_tungstenite::WebSocketStream;

use crate::error::{CliError, Kind, Result};

/// Longest time for a connection with its handshake, for each endpoint.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time for carried content that one request brings, which a slow line needs.
const CONTENT_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest time for an answer that is not a stream.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is not a stream, in bytes.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// The longest log line that is taken, in bytes.
const MAX_LINE_BYTES: usize = 1024 * 1024;

/// A request's bytes and their type.
type Body = (Bytes, &'static str);

/// A connection.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// How a connection to one provider's gateway is made and both sides are proved.
pub trait Dial: Send + Sync {
    /// `host:port`.
    fn dial<'a>(&'a self, authority: &'a str) -> BoxFuture<'a, Result<Box<dyn Io>>>;
}

/// One provider's gateway.
pub struct Gateway {
    provider: String,
    /// `https://host:port` each, in the order in which they are tried.
    endpoints: Vec<String>,
    dialer: Box<dyn Dial>,
    /// A connection that is kept for the next request.
    idle: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

/// Why a request failed: nobody answered, or the gateway said no.
#[derive(Debug)]
pub enum GatewayError {
    Transport(CliError),
    Refused(Box<ErrorBody>),
}

impl GatewayError {
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(body) => Some(&body.error),
            Self::Transport(_) => None,
        }
    }

    /// Whether the same request may succeed in a moment: nobody answered, or the provider has not caught up.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Transport(error) => matches!(error.kind, Kind::Unreachable | Kind::TimedOut),
            Self::Refused(body) => matches!(
                body.error,
                Problem::NotFound
                    | Problem::TrustUnknown { .. }
                    | Problem::Unauthorised { .. }
                    | Problem::EngineUnavailable { .. }
                    | Problem::Unavailable { .. }
                    | Problem::TooManyRequests { .. }
                    | Problem::CertificateNotYetValid { .. }
            ),
        }
    }

    fn transport(error: CliError) -> Self {
        Self::Transport(error)
    }
}

impl From<GatewayError> for CliError {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Transport(error) => error,
            GatewayError::Refused(body) => {
                let kind = match body.error {
                    Problem::NotFound => Kind::NotFound,
                    Problem::TrustUnknown { .. }
                    | Problem::EngineUnavailable { .. }
                    | Problem::Unavailable { .. }
                    | Problem::TooManyRequests { .. } => Kind::Unreachable,
                    Problem::BodyTooSlow { .. } => Kind::TimedOut,
                    Problem::Internal { .. } => Kind::Failure,
                    Problem::ImageMissing { .. } => Kind::WorkloadFailed,
                    _ => Kind::Refused,
                };
                let details = serde_json::to_value(&body.error).unwrap_or_default();
                CliError::new(kind, format!("the provider answered: {}", body.message))
                    .hint(body.what_to_do)
                    .details(serde_json::json!({ "problem": details }))
            }
        }
    }
}

impl Gateway {
    pub fn new(provider: impl Into<String>, endpoints: Vec<String>, dialer: Box<dyn Dial>) -> Self {
        Self { provider: provider.into(), endpoints, dialer, idle: Mutex::new(None) }
    }

    pub fn provider(&self) -> &str {
        &self.provider
    }

    pub async fn quote(&self, request: &QuoteRequest) -> Result<Quote, GatewayError> {
        let body = serde_json::to_vec(request)
            .map_err(|error| GatewayError::transport(CliError::failure(error.to_string())))?;
        self.ask(Method::POST, QUOTE_PATH, Some(body.into())).await
    }

    /// Sends the canonical manifest.
    pub async fn send_manifest(
        &self,
        lease: LeaseId,
        manifest: Bytes,
    ) -> Result<ManifestAccepted, GatewayError> {
        self.ask(Method::PUT, &lease_path(lease, "manifest"), Some(manifest)).await
    }

    /// What the lease's manifest carries and the provider keeps, as far as it has come there.
    pub async fn contents(&self, lease: LeaseId) -> Result<Contents, GatewayError> {
        self.ask(Method::GET, &lease_path(lease, "content"), None).await
    }

    /// One of these.
    pub async fn content(&self, lease: LeaseId, content: ContentId) -> Result<ContentHave, GatewayError> {
        self.ask(Method::GET, &content_path(lease, content), None).await
    }

    /// Sends frames of [`gateway_api::ChunkFrame`].
    pub async fn put_chunks(
        &self,
        lease: LeaseId,
        content: ContentId,
        frames: Bytes,
    ) -> Result<ContentHave, GatewayError> {
        let body = Some((frames, CHUNKS_CONTENT_TYPE));
        self.ask_within(CONTENT_TIMEOUT, Method::PUT, &content_path(lease, content), body).await
    }

    /// The secrets of the lease's services, and whether the provider holds their values.
    pub async fn secrets(&self, lease: LeaseId) -> Result<Secrets, GatewayError> {
        self.ask(Method::GET, &lease_path(lease, "secrets"), None).await
    }

    /// Gives the provider values of these.
    pub async fn put_secrets(&self, lease: LeaseId, secrets: &PutSecrets) -> Result<Secrets, GatewayError> {
        let body = serde_json::to_vec(secrets)
            .map_err(|error| GatewayError::transport(CliError::failure(error.to_string())))?;
        self.ask(Method::PUT, &lease_path(lease, "secrets"), Some(body.into())).await
    }

    pub async fn status(&self, lease: LeaseId) -> Result<LeaseStatus, GatewayError> {
        self.ask(Method::GET, &lease_path(lease, "status"), None).await
    }

    /// Has the provider try every connection of the lease.
    pub async fn try_connections(&self, lease: LeaseId) -> Result<Trials, GatewayError> {
        self.ask(Method::POST, &lease_path(lease, "trials"), None).await
    }

    pub async fn events(&self, lease: LeaseId) -> Result<Events, GatewayError> {
        self.ask(Method::GET, &lease_path(lease, "events"), None).await
    }

    /// The lease's log, line by line, until the provider ends it.
    pub async fn logs(&self, lease: LeaseId, query: &LogsQuery) -> Result<Lines, GatewayError> {
        let path = lease_path(lease, "logs");
        let mut pairs = vec![("follow", query.follow.to_string())];
        pairs.extend(query.service.iter().map(|service| ("service", service.clone())));
        pairs.extend(query.replica.iter().map(|replica| ("replica", replica.to_string())));
        pairs.extend(query.tail.iter().map(|tail| ("tail", tail.to_string())));
        let path = format!("{path}?{}", encode(&pairs));
        let mut connection = self.connect().await.map_err(GatewayError::Transport)?;
        let response = self.request(&mut connection, Method::GET, &path, None).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refusal(status, response.into_body()).await);
        }
        Ok(Lines {
            body: response.into_body(),
            buffer: BytesMut::new(),
            ended: false,
            _connection: connection,
        })
    }

    /// A session inside one replica.
    pub async fn shell(
        &self,
        lease: LeaseId,
        query: &ShellQuery,
    ) -> Result<WebSocketStream<Box<dyn Io>>, GatewayError> {
        let (io, authority) = self.open().await.map_err(GatewayError::Transport)?;
        let uri = format!("wss://{authority}{}?{}", lease_path(lease, "shell"), encode(&query.to_pairs()));
        let request = uri.into_client_request().map_err(|error| self.broken(&error))?;
        let config =
            WebSocketConfig::default().max_message_size(Some(gateway_api::MAX_SHELL_FRAME_BYTES * 2));
        let opened = tokio_tungstenite::client_async_with_config(request, io, Some(config));
        match tokio::time::timeout(ANSWER_TIMEOUT, opened).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(tungstenite::Error::Http(response))) => {
                let body = response.body().clone().unwrap_or_default();
                Err(self.parse_refusal(response.status(), &body))
            }
            Ok(Err(error)) => Err(self.broken(&error)),
            Err(_) => Err(GatewayError::Transport(self.silent(ANSWER_TIMEOUT))),
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
    ) -> Result<T, GatewayError> {
        let body = body.map(|body| (body, MANIFEST_CONTENT_TYPE));
        self.ask_within(ANSWER_TIMEOUT, method, path, body).await
    }

    async fn ask_within<T: DeserializeOwned>(
        &self,
        limit: Duration,
        method: Method,
        path: &str,
        body: Option<Body>,
    ) -> Result<T, GatewayError> {
        let asked = tokio::time::timeout(limit, self.ask_once(method, path, body));
        asked.await.unwrap_or_else(|_| Err(GatewayError::Transport(self.silent(limit))))
    }

    async fn ask_once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Body>,
    ) -> Result<T, GatewayError> {
        let mut idle = self.idle.lock().await;
        // Every request of this client may be repeated: a kept connection that has gone stale is replaced once.
        let mut response = None;
        if let Some(mut kept) = idle.take() {
            if let Ok(answer) = self.request(&mut kept, method.clone(), path, body.clone()).await {
                response = Some((answer, kept));
            }
        }
        let (response, connection) = match response {
            Some(answered) => answered,
            None => {
                let mut fresh = self.connect().await.map_err(GatewayError::Transport)?;
                (self.request(&mut fresh, method, path, body).await?, fresh)
            }
        };
        let status = response.status();
        let body = self.collect(response.into_body()).await?;
        *idle = Some(connection);
        if !status.is_success() {
            return Err(self.parse_refusal(status, &body));
        }
        serde_json::from_slice(&body).map_err(|error| {
            let message =
                format!("the gateway of {} answered what is not understood: {error}", self.provider);
            GatewayError::Transport(
                CliError::failure(message).hint("this client may be older than the agent: update it"),
            )
        })
    }

    async fn request(
        &self,
        connection: &mut SendRequest<Full<Bytes>>,
        method: Method,
        path: &str,
        body: Option<Body>,
    ) -> Result<http::Response<Incoming>, GatewayError> {
        connection.ready().await.map_err(|error| self.broken(&error))?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.authority())
            .header(header::USER_AGENT, concat!("akash/", env!("CARGO_PKG_VERSION")));
        if let Some((_, kind)) = body {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let body = body.map(|(bytes, _)| bytes).unwrap_or_default();
        let request = request.body(Full::new(body)).map_err(|error| self.broken(&error))?;
        connection.send_request(request).await.map_err(|error| self.broken(&error))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let (io, _) = self.open().await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(io))
            .await
            .map_err(|error| CliError::unreachable(format!("{}: {error}", self.named())))?;
        // Ends by itself when the sender is dropped or the other side closes; requests see the error.
        tokio::spawn(connection);
        Ok(sender)
    }

    /// The first endpoint that answers, with its `host:port`.
    async fn open(&self) -> Result<(Box<dyn Io>, String)> {
        let (mut failures, mut kind) = (Vec::new(), Kind::Unreachable);
        for endpoint in &self.endpoints {
            let authority = authority(endpoint);
            match tokio::time::timeout(CONNECT_TIMEOUT, self.dialer.dial(authority)).await {
                Ok(Ok(io)) => return Ok((io, authority.to_owned())),
                Ok(Err(error)) => {
                    if error.kind != Kind::Unreachable {
                        kind = error.kind;
                    }
                    // Most errors of a connection name the endpoint themselves.
                    let named = error.message.contains(authority);
                    failures.push(if named {
                        error.message
                    } else {
                        format!("{endpoint}: {}", error.message)
                    });
                }
                Err(_) => {
                    failures
                        .push(format!("{endpoint}: no connection within {} s", CONNECT_TIMEOUT.as_secs()));
                }
            }
        }
        if failures.is_empty() {
            return Err(CliError::unreachable(format!("{} names no gateway endpoint", self.provider)).hint(
                "ask the provider to register one: akash provider update --endpoint https://HOST:PORT",
            ));
        }
        Err(CliError::new(kind, format!("{} cannot be reached: {}", self.named(), failures.join("; ")))
            .hint("try again; if it lasts, close the lease and let another provider win"))
    }

    async fn collect(&self, body: Incoming) -> Result<Bytes, GatewayError> {
        let collected = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        collected.map(|body| body.to_bytes()).map_err(|error| {
            GatewayError::Transport(CliError::unreachable(format!(
                "{} broke off its answer: {error}",
                self.named()
            )))
        })
    }

    async fn refusal(&self, status: StatusCode, body: Incoming) -> GatewayError {
        match self.collect(body).await {
            Ok(body) => self.parse_refusal(status, &body),
            Err(error) => error,
        }
    }

    fn parse_refusal(&self, status: StatusCode, body: &[u8]) -> GatewayError {
        match serde_json::from_slice::<ErrorBody>(body) {
            Ok(body) => GatewayError::Refused(Box::new(body)),
            Err(_) => {
                let text = String::from_utf8_lossy(body);
                let text = text.chars().take(200).collect::<String>();
                GatewayError::Transport(CliError::failure(format!(
                    "{} answered {status}: {text}",
                    self.named()
                )))
            }
        }
    }

    fn broken(&self, error: &dyn std::fmt::Display) -> GatewayError {
        GatewayError::Transport(CliError::unreachable(format!("{} broke off: {error}", self.named())))
    }

    fn silent(&self, limit: Duration) -> CliError {
        let seconds = limit.as_secs();
        CliError::timed_out(format!("{} did not answer within {seconds} s", self.named())).hint("try again")
    }

    fn named(&self) -> String {
        format!("the gateway of {}", self.provider)
    }

    fn authority(&self) -> &str {
        self.endpoints.first().map(|endpoint| authority(endpoint)).unwrap_or("gateway")
    }
}

fn authority(endpoint: &str) -> &str {
    endpoint.strip_prefix("https://").unwrap_or(endpoint).trim_end_matches('/')
}

fn encode(pairs: &[(&str, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value);
    }
    query.finish()
}

/// Log lines as they arrive.
pub struct Lines {
    body: Incoming,
    buffer: BytesMut,
    ended: bool,
    /// The answer ends when this is dropped.
    _connection: SendRequest<Full<Bytes>>,
}

impl Lines {
    /// The next line; none at the end.
    pub async fn next(&mut self) -> Result<Option<LogLine>> {
        loop {
            while let Some(line) = take_line(&mut self.buffer, self.ended) {
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return serde_json::from_slice(&line).map(Some).map_err(|error| {
                    CliError::failure(format!("the provider sent a log line that is not understood: {error}"))
                });
            }
            if self.ended {
                return Ok(None);
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                    if self.buffer.len() > MAX_LINE_BYTES {
                        return Err(CliError::failure("the provider sent a log line of more than 1 MiB"));
                    }
                }
                Some(Err(error)) => {
                    return Err(
                        CliError::unreachable(format!("the log broke off: {error}")).hint("ask again")
                    );
                }
                None => self.ended = true,
            }
        }
    }
}

/// Cuts one line off the front; at the end also one without a newline.
fn take_line(buffer: &mut BytesMut, ended: bool) -> Option<BytesMut> {
    match buffer.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let line = buffer.split_to(end);
            buffer.advance(1);
            Some(line)
        }
        None if ended && !buffer.is_empty() => Some(buffer.split()),
        None => None,
    }
}

#[cfg(test)]
mod tests;
