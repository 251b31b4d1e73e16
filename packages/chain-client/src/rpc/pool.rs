use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::json;

use super::answers::StatusAnswer;
use super::http::Http;
use super::{Fault, Link};
use crate::{ClientConfig, QueryError};

/// The chain id of an endpoint is asked again after this time: what is behind a name changes.
const VERIFY_AGAIN: Duration = Duration::from_secs(60);
/// A failed endpoint rests this long, twice as long after each further failure.
const FIRST_REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// What one endpoint gets of a deadline at least, while others are left to ask.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// The endpoints of one chain, the best ones first.
pub struct Pool {
    config: ClientConfig,
    endpoints: Vec<Endpoint>,
    /// The highest height that any endpoint has shown.
    best: AtomicU64,
}

struct Endpoint {
    link: Link,
    health: Mutex<Health>,
}

struct Health {
    failures: u32,
    rests_until: Option<Instant>,
    height: u64,
    moved_at: Instant,
    seen_at: Instant,
    verified_at: Option<Instant>,
}

impl Endpoint {
    fn health(&self) -> MutexGuard<'_, Health> {
        // Each critical section is a few assignments; a panic elsewhere leaves it whole.
        self.health.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn failed(&self, cause: &str) {
        let mut health = self.health();
        health.failures = health.failures.saturating_add(1);
        let rest = FIRST_REST.saturating_mul(1 << (health.failures - 1).min(10)).min(LONGEST_REST);
        health.rests_until = Some(Instant::now() + rest);
        health.verified_at = None;
        drop(health);
        tracing::warn!(endpoint = %self.link.shown(), cause, rest_ms = rest.as_millis() as u64, "endpoint demoted");
    }

    fn worked(&self) {
        let mut health = self.health();
        if health.failures > 0 {
            tracing::info!(endpoint = %self.link.shown(), "endpoint works again");
        }
        health.failures = 0;
        health.rests_until = None;
    }
}

impl Pool {
    pub fn new(config: ClientConfig) -> Result<Self, QueryError> {
        let bad = |what: &str, cause: String| QueryError::BadConfig { what: what.to_owned(), cause };
        if config.chain_id.is_empty() {
            return Err(bad("the chain id", "it is empty".to_owned()));
        }
        if config.rpc.is_empty() {
            return Err(bad("the list of rpc endpoints", "it is empty; name at least one URL".to_owned()));
        }
        let http = Http::new(config.body_cap).map_err(|cause| bad("TLS", cause))?;
        let mut endpoints = Vec::new();
        for text in &config.rpc {
            let url = parse(text).map_err(|cause| bad(&format!("rpc endpoint {text:?}"), cause))?;
            endpoints.push(Endpoint {
                link: Link { http: http.clone(), url },
                health: Mutex::new(Health {
                    failures: 0,
                    rests_until: None,
                    height: 0,
                    moved_at: Instant::now(),
                    seen_at: Instant::now(),
                    verified_at: None,
                }),
            });
        }
        Ok(Self { config, endpoints, best: AtomicU64::new(0) })
    }

    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Asks one endpoint after the other until one answers or the deadline is over.
    pub async fn run<T, F, Fut>(&self, what: &str, ask: F) -> Result<T, QueryError>
    where
        F: Fn(Link) -> Fut,
        Fut: Future<Output = Result<T, Fault>>,
    {
        let started = Instant::now();
        let order = self.order();
        let mut causes = Vec::new();
        let mut lacking = None;
        let mut timed_out = true;
        for (position, &index) in order.iter().enumerate() {
            let endpoint = &self.endpoints[index];
            let remaining = self.config.deadline.saturating_sub(started.elapsed());
            if remaining.is_zero() {
                break;
            }
            let left = (order.len() - position) as u32;
            let share = (remaining / left).max(SHORTEST_ATTEMPT).min(remaining);
            let attempt = async {
                self.verify(endpoint).await?;
                ask(endpoint.link.clone()).await
            };
            let cause = match tokio::time::timeout(share, attempt).await {
                Ok(Ok(answer)) => {
                    endpoint.worked();
                    return Ok(answer);
                }
                Ok(Err(Fault::Final(error))) => {
                    endpoint.worked();
                    return Err(error);
                }
                Ok(Err(Fault::Lacking(error))) => {
                    endpoint.worked();
                    lacking = Some(error);
                    continue;
                }
                Ok(Err(Fault::Rpc { code, message })) => {
                    timed_out = false;
                    format!("{message} (code {code})")
                }
                Ok(Err(Fault::Broken(cause) | Fault::NotSent(cause))) => {
                    timed_out = false;
                    cause
                }
                Err(_) => format!("no answer within {:.1} s", share.as_secs_f32()),
            };
            endpoint.failed(&cause);
            causes.push(format!("{}: {cause}", endpoint.link.shown()));
        }
        // An endpoint that is well and says "I lack this" tells more than one that is down.
        if let Some(error) = lacking {
            return Err(error);
        }
        let detail = format!("{what}: {}", causes.join("; "));
        if timed_out {
            return Err(QueryError::Timeout { seconds: self.config.deadline.as_secs(), detail });
        }
        Err(QueryError::Unreachable { detail })
    }

    /// Refuses an answer that is older than what was seen before: acting on it would undo what is already known.
    pub fn check_height(&self, link: &Link, height: u64) -> Result<(), Fault> {
        self.note_height(link, height);
        let best = self.best.load(Ordering::Relaxed);
        if height.saturating_add(self.config.max_lag) < best {
            return Err(Fault::Broken(format!("it is at height {height}, while height {best} was seen")));
        }
        Ok(())
    }

    fn note_height(&self, link: &Link, height: u64) {
        self.best.fetch_max(height, Ordering::Relaxed);
        let Some(endpoint) = self.endpoints.iter().find(|endpoint| endpoint.link.url == link.url) else {
            return;
        };
        let mut health = endpoint.health();
        health.seen_at = Instant::now();
        if height > health.height {
            health.height = height;
            health.moved_at = Instant::now();
        }
    }

    /// Before the first use and now and then: is it our chain, and does it keep up?
    async fn verify(&self, endpoint: &Endpoint) -> Result<(), Fault> {
        let due = endpoint.health().verified_at.is_none_or(|at| at.elapsed() >= VERIFY_AGAIN);
        if !due {
            return Ok(());
        }
        let status: StatusAnswer = endpoint.link.call("status", json!({})).await?;
        self.check_chain(&status.node_info.network)?;
        self.check_height(&endpoint.link, status.sync_info.latest_block_height)?;
        if status.sync_info.catching_up {
            return Err(Fault::Broken("the node is still catching up with its chain".to_owned()));
        }
        endpoint.health().verified_at = Some(Instant::now());
        Ok(())
    }

    pub fn check_chain(&self, network: &str) -> Result<(), Fault> {
        if network == self.config.chain_id {
            return Ok(());
        }
        let expected = &self.config.chain_id;
        Err(Fault::Broken(format!("it serves chain {network:?}, expected {expected:?}")))
    }

    /// Well ones in their configured order, then those that stall or lag, then those that rest.
    fn order(&self) -> Vec<usize> {
        let now = Instant::now();
        let best = self.best.load(Ordering::Relaxed);
        let class = |endpoint: &Endpoint| {
            let health = endpoint.health();
            if health.rests_until.is_some_and(|until| until > now) {
                return 2;
            }
            let known = health.height > 0;
            // Also when nobody is known to be ahead: only asking the others tells whether the chain itself stands.
            let stalls = known && health.seen_at.duration_since(health.moved_at) > self.config.stall;
            let lags = known && health.height.saturating_add(self.config.max_lag) < best;
            u8::from(stalls || lags)
        };
        let mut order: Vec<(u8, usize)> =
            self.endpoints.iter().enumerate().map(|(index, endpoint)| (class(endpoint), index)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, index)| index).collect()
    }
}

fn parse(text: &str) -> Result<http::Uri, String> {
    // `tcp://` is how CometBFT writes its own listen address.
    let text = text.trim();
    let text = text.strip_prefix("tcp://").map(|rest| format!("http://{rest}")).unwrap_or(text.to_owned());
    let url: http::Uri = text.parse().map_err(|e: http::uri::InvalidUri| e.to_string())?;
    match url.scheme_str() {
        Some("http" | "https") if url.host().is_some() => Ok(url),
        _ => Err("use http://HOST:PORT or https://HOST".to_owned()),
    }
}
