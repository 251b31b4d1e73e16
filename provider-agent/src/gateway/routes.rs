//! Paths, and what each of them does.

use axum::extract::rejection::PathRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use bytes::Bytes;
use gateway_api::{
    ContentHave, LogsQuery, Metrics, Problem, QuoteRequest, ShellQuery, INFO_PATH, MAX_BODY_BYTES,
    MAX_SHELL_FRAME_BYTES, QUOTE_PATH,
};
use http::{header, Method};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use identity::{PerKey, Place};
use market_api::LeaseId;
use serde::de::DeserializeOwned;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::backend::GatewayBackend;
use super::peer::Caller;
use super::problem::{from_runtime, response, Refusal};
use super::{logs, shell};
use crate::runtime::{ExecRequest, Runtime};

#[derive(Clone)]
pub(super) struct Shared {
    pub backend: Arc<dyn GatewayBackend>,
    pub runtime: Arc<dyn Runtime>,
    pub requests: Arc<PerKey<String>>,
    pub body_timeout: Duration,
}

/// The service of one connection, whose peer is `caller`.
pub(super) fn router(shared: Shared, caller: Caller) -> Router {
    Router::new()
        .route(INFO_PATH, any(info))
        .route(QUOTE_PATH, any(quote))
        .route("/v1/leases/{lease}/{resource}", any(lease))
        .route("/v1/leases/{lease}/content/{id}", any(one_content))
        .fallback(|| async { Refusal(Problem::NotFound) })
        .with_state((shared, caller))
}

/// A connection whose certificates are sound but for the clock or the chain: every request is told so.
pub(super) fn refusing(problem: Problem) -> Router {
    Router::new().fallback(move || {
        let problem = problem.clone();
        async move { Refusal(problem) }
    })
}

type Context = State<(Shared, Caller)>;

async fn info(State((shared, caller)): Context, request: Request) -> Response {
    let method = request.method().clone();
    answer(async move {
        let (_, _place) = admit(&shared, &caller).await?;
        only(&Method::GET, &method)?;
        Ok(Json(shared.backend.info().await?).into_response())
    })
    .await
}

async fn quote(State((shared, caller)): Context, request: Request) -> Response {
    let method = request.method().clone();
    answer(async move {
        let (account, _place) = admit(&shared, &caller).await?;
        only(&Method::POST, &method)?;
        let body = read_body(request, shared.body_timeout).await?;
        let asked: QuoteRequest = parse(&body)?;
        Ok(Json(shared.backend.quote(&account, asked).await?).into_response())
    })
    .await
}

async fn lease(
    State((shared, caller)): Context,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let method = request.method().clone();
    answer(async move {
        let (account, place) = admit(&shared, &caller).await?;
        let Path((lease, resource)) = path.map_err(|_| Problem::NotFound)?;
        let lease = own_lease(&shared, &account, &lease).await?;
        let allowed = match resource.as_str() {
            "secrets" if method == Method::GET => Method::GET,
            "manifest" | "secrets" => Method::PUT,
            "trials" => Method::POST,
            "content" | "status" | "events" | "metrics" | "logs" | "shell" => Method::GET,
            _ => return Err(Problem::NotFound),
        };
        only(&allowed, &method)?;
        match resource.as_str() {
            "manifest" => {
                let body = read_body(request, shared.body_timeout).await?;
                json(shared.backend.submit_manifest(lease, body).await?)
            }
            "secrets" if method == Method::GET => json(shared.backend.secrets(lease).await?),
            "secrets" => {
                let body = read_body(request, shared.body_timeout).await?;
                json(shared.backend.put_secrets(lease, unshown(&body)?).await?)
            }
            "content" => json(shared.backend.contents(lease).await?),
            "status" => json(shared.backend.status(lease).await?),
            "trials" => json(shared.backend.try_connections(lease).await?),
            "events" => json(shared.backend.events(lease).await?),
            "metrics" => {
                let services = shared.runtime.stats(lease).await.map_err(from_runtime)?;
                json(Metrics { at_ms: now_ms(), services })
            }
            "logs" => {
                let query = logs_query(request.uri().query())?;
                logs::serve(&*shared.runtime, lease, query, caller.clone(), place).await
            }
            "shell" => open_shell(&shared, lease, request, caller.clone(), place).await,
            _ => Err(Problem::NotFound),
        }
    })
    .await
}

async fn one_content(
    State((shared, caller)): Context,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    answer(async move {
        let (account, _place) = admit(&shared, &caller).await?;
        let Path((lease, id)) = path.map_err(|_| Problem::NotFound)?;
        let lease = own_lease(&shared, &account, &lease).await?;
        let no_such = || Problem::NoSuchContent { id: id.chars().take(64).collect() };
        let content = shared.backend.open_content(lease, id.parse().map_err(|_| no_such())?).await?;
        match *request.method() {
            Method::GET => {}
            Method::PUT => super::content::take(&shared, lease, &content, request.into_body()).await?,
            ref method => {
                return Err(Problem::MethodNotAllowed {
                    method: method.to_string(),
                    allowed: "GET, PUT".to_owned(),
                })
            }
        }
        json(ContentHave::new(content.content(), &content.have()))
    })
    .await
}

/// A path that cannot be read, a lease that does not exist and a lease of somebody else are one answer.
async fn own_lease(shared: &Shared, account: &str, lease: &str) -> Result<LeaseId, Problem> {
    let lease: LeaseId = lease.parse().map_err(|_| Problem::NotFound)?;
    let tenant = shared.backend.lease_tenant(lease).await?;
    tenant.filter(|tenant| tenant.as_str() == account).map(|_| lease).ok_or(Problem::NotFound)
}

async fn answer(work: impl std::future::Future<Output = Result<Response, Problem>>) -> Response {
    work.await.unwrap_or_else(response)
}

/// The account that asks, once the chain vouches for it, and its place among the requests under way.
async fn admit(shared: &Shared, caller: &Caller) -> Result<(String, Place<String>), Problem> {
    let account = caller.claim.account().to_owned();
    // Before the chain is asked, so that one peer cannot have many questions under way.
    let place = shared
        .requests
        .take(account)
        .ok_or(Problem::TooManyRequests { limit: shared.requests.max() as u64 })?;
    let peer = caller.authorise().await?;
    Ok((peer.account, place))
}

fn only(allowed: &Method, got: &Method) -> Result<(), Problem> {
    if allowed == got {
        Ok(())
    } else {
        Err(Problem::MethodNotAllowed { method: got.to_string(), allowed: allowed.to_string() })
    }
}

fn json(body: impl Serialize) -> Result<Response, Problem> {
    Ok(Json(body).into_response())
}

/// Never more than the limit, and never longer than the time: neither is left to the client.
async fn read_body(request: Request, limit: Duration) -> Result<Bytes, Problem> {
    let too_large = || Problem::BodyTooLarge { limit: MAX_BODY_BYTES as u64 };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(too_large());
    }
    // Compressed bodies are not unpacked, so that none can grow.
    if let Some(encoding) = request.headers().get(header::CONTENT_ENCODING).filter(|e| *e != "identity") {
        return Err(Problem::BadRequest {
            detail: format!("content encoding {encoding:?}: bodies are sent as they are, without one"),
        });
    }
    let body = Limited::new(request.into_body(), MAX_BODY_BYTES).collect();
    match tokio::time::timeout(limit, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err(Problem::BadRequest { detail: format!("the body broke off: {error}") }),
        Err(_) => Err(Problem::BodyTooSlow { seconds: limit.as_secs() }),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|e| Problem::BadRequest { detail: e.to_string() })
}

/// The same for what must not come back in an answer, as a value would that is not written as it should be.
fn unshown<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let place =
        |e: serde_json::Error| format!("not what is expected at line {}, column {}", e.line(), e.column());
    serde_json::from_slice(body).map_err(|e| Problem::BadRequest { detail: place(e) })
}

fn logs_query(query: Option<&str>) -> Result<LogsQuery, Problem> {
    let mut parsed = LogsQuery::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let wrong = |accepted: &str| Problem::BadRequest {
            detail: format!("{name}={value:?} in the query: expected {accepted}"),
        };
        match &*name {
            "service" => parsed.service = Some(value.into_owned()),
            "replica" => parsed.replica = Some(value.parse().map_err(|_| wrong("a number from 0"))?),
            "tail" => parsed.tail = Some(value.parse().map_err(|_| wrong("a number of lines"))?),
            "follow" => parsed.follow = value.parse().map_err(|_| wrong("true or false"))?,
            _ => return Err(wrong("service, replica, tail or follow, and nothing else")),
        }
    }
    Ok(parsed)
}

async fn open_shell(
    shared: &Shared,
    lease: LeaseId,
    request: Request,
    caller: Caller,
    place: Place<String>,
) -> Result<Response, Problem> {
    let bad = |detail: String| Problem::BadRequest { detail };
    let pairs: Vec<_> =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).collect();
    let query = ShellQuery::from_pairs(pairs.iter().map(|(name, value)| (&**name, &**value))).map_err(bad)?;
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|e| bad(format!("the shell is a WebSocket: {e}")))?;
    // Started before the upgrade, so that a refusal is an ordinary answer.
    let session = shared
        .runtime
        .exec(
            lease,
            &ExecRequest {
                service: query.service,
                replica: query.replica,
                command: query.command,
                tty: query.tty,
                stdin: query.stdin,
                size: query.size,
            },
        )
        .await
        .map_err(from_runtime)?;
    Ok(upgrade
        .max_message_size(MAX_SHELL_FRAME_BYTES)
        .max_frame_size(MAX_SHELL_FRAME_BYTES)
        .on_upgrade(move |socket| shell::serve(socket, session, caller, place)))
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |passed| u64::try_from(passed.as_millis()).unwrap_or(u64::MAX))
}
