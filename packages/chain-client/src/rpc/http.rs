use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{header, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::{json, Value};

use super::Fault;

/// Idle connections kept for each endpoint: as many as the queue simulates at once.
const IDLE_CONNECTIONS: usize = 16;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an unreadable answer an error shows, in characters.
const SHOWN: usize = 120;

/// Shared by all endpoints of a client.
#[derive(Clone)]
pub struct Http {
    client: HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    body_cap: usize,
}

impl Http {
    pub fn new(body_cap: usize) -> Result<Self, String> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_nodelay(true);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .map_err(|e| e.to_string())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = HttpClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Ok(Self { client, body_cap })
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default = "Option::default")]
    result: Option<T>,
    error: Option<RpcError>,
}

#[derive(Deserialize)]
struct RpcError {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

impl RpcError {
    /// CometBFT says "Internal error" in the message and what happened in the data.
    fn text(self) -> String {
        match self.data {
            Value::Null => self.message,
            Value::String(data) if data.is_empty() => self.message,
            Value::String(data) => data,
            data => format!("{}: {data}", self.message),
        }
    }
}

/// One endpoint. The caller sets the deadline around its calls.
#[derive(Clone)]
pub struct Link {
    pub http: Http,
    pub url: http::Uri,
}

impl Link {
    /// For people: without user, password, path and query, which may hold a token.
    pub fn shown(&self) -> String {
        let host = self.url.host().unwrap_or_default();
        let scheme = self.url.scheme_str().unwrap_or_default();
        match self.url.port_u16() {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }

    /// One JSON-RPC call.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, Fault> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(|e| Fault::Broken(format!("cannot build a request: {e}")))?;
        let response = self.http.client.request(request).await.map_err(|e| match e.is_connect() {
            true => Fault::NotSent(causes(&e)),
            false => Fault::Broken(causes(&e)),
        })?;
        let status = response.status();
        let bytes = self.read(response.into_body()).await?;
        decode(status, &bytes)
    }

    async fn read<B>(&self, mut body: B) -> Result<Bytes, Fault>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::error::Error,
    {
        let cap = self.http.body_cap;
        let too_large = || Fault::Broken(format!("the answer is larger than {cap} bytes"));
        let announced = body.size_hint().lower();
        if announced > cap as u64 {
            return Err(too_large());
        }
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|e| Fault::Broken(format!("the answer broke off: {}", causes(&e))))?;
            if let Some(data) = frame.data_ref() {
                if bytes.len() + data.len() > cap {
                    return Err(too_large());
                }
                bytes.extend_from_slice(data);
            }
        }
        Ok(bytes.freeze())
    }
}

fn decode<T: DeserializeOwned>(status: StatusCode, bytes: &[u8]) -> Result<T, Fault> {
    // Nodes send their own errors as JSON with status 500; proxies send anything.
    match serde_json::from_slice::<Envelope<T>>(bytes) {
        Ok(Envelope { error: Some(error), .. }) => {
            Err(Fault::Rpc { code: error.code, message: error.text() })
        }
        Ok(Envelope { result: Some(result), .. }) if status.is_success() => Ok(result),
        Ok(_) if !status.is_success() => Err(Fault::Broken(format!("HTTP status {status}"))),
        Ok(_) => Err(Fault::Broken("the answer has neither result nor error".to_owned())),
        Err(_) if !status.is_success() => Err(Fault::Broken(format!("HTTP status {status}"))),
        Err(error) => {
            let start: String = String::from_utf8_lossy(bytes).chars().take(SHOWN).collect();
            Err(Fault::Broken(format!("the answer is not what was asked for ({error}): {start:?}")))
        }
    }
}

/// An error with what caused it: hyper keeps the useful part ("connection refused") at the bottom.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
