//! The administrative HTTP server; it listens on loopback only.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio_util::sync::CancellationToken;

use super::{Health, Metrics, StatusReport};

/// Makes a fresh report.
pub type Report = Arc<dyn Fn() -> StatusReport + Send + Sync>;

#[derive(Clone)]
struct Shared {
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    report: Report,
}

pub fn router(health: Arc<Health>, metrics: Arc<Metrics>, report: Report) -> Router {
    Router::new()
        .route("/live", get(|| async { "alive\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(render_metrics))
        .route("/status", get(|State(shared): State<Shared>| async move { Json((shared.report)()) }))
        .with_state(Shared { health, metrics, report })
}

async fn ready(State(shared): State<Shared>) -> Response {
    let reasons = shared.health.unready();
    if reasons.is_empty() {
        (StatusCode::OK, "ready\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Json(reasons)).into_response()
    }
}

async fn render_metrics(State(shared): State<Shared>) -> Response {
    let health = &shared.health;
    let metrics = &shared.metrics;
    let (height, _, tip) = health.heights();
    let (block_age, orders_age, withdrawal_age) = health.ages();
    metrics.height.set(height);
    metrics.tip.set(tip);
    metrics.block_age.set(block_age);
    metrics.orders_age.set(orders_age);
    metrics.withdrawal_age.set(withdrawal_age);
    metrics.ready.set(u64::from(health.unready().is_empty()));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.render()).into_response()
}

/// Serves until it is cancelled.
pub async fn serve(address: SocketAddr, router: Router, cancel: CancellationToken) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|e| anyhow::anyhow!("ops.listen {address} cannot be opened: {e}; set another port"))?;
    axum::serve(listener, router).with_graceful_shutdown(async move { cancel.cancelled().await }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use std::time::Duration;
    use tower::ServiceExt;

    async fn status_of(router: &Router, path: &str) -> StatusCode {
        router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn alive_before_it_is_ready() {
        let health = Arc::new(Health::new(Duration::from_secs(30)));
        let report: Report = Arc::new(|| unreachable!("not asked for"));
        let router = router(health.clone(), Arc::new(Metrics::default()), report);
        assert_eq!(status_of(&router, "/live").await, StatusCode::OK);
        assert_eq!(status_of(&router, "/ready").await, StatusCode::SERVICE_UNAVAILABLE);
        health.block_handled(1, 1);
        assert_eq!(status_of(&router, "/ready").await, StatusCode::OK);
        assert_eq!(status_of(&router, "/metrics").await, StatusCode::OK);
        assert_eq!(status_of(&router, "/nothing").await, StatusCode::NOT_FOUND);
    }
}
