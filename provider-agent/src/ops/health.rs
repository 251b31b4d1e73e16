//! Whether the agent makes progress, not only whether it is alive.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::clock;

/// The clock and the newest block may differ by this much before it is reported.
const CLOCK_SKEW_SECONDS: u64 = 30;

/// One reason why the agent is not ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unready {
    pub part: &'static str,
    pub reason: String,
}

struct Inner {
    started: Instant,
    height: u64,
    block_time: u64,
    handled_at: Option<Instant>,
    tip: u64,
    catching_up: bool,
    chain_error: Option<String>,
    distrust: Option<String>,
    engine_error: Option<String>,
    isolation_error: Option<String>,
    wallet_error: Option<String>,
    gateway_error: Option<String>,
    standing_error: Option<String>,
    orders_evaluated_at: Option<Instant>,
    withdrawn_at: Option<Instant>,
}

/// Shared by all parts; each reports its own side.
pub struct Health {
    inner: Mutex<Inner>,
    stall: Duration,
}

impl Health {
    pub fn new(stall: Duration) -> Self {
        Self {
            inner: Mutex::new(Inner {
                started: Instant::now(),
                height: 0,
                block_time: 0,
                handled_at: None,
                tip: 0,
                catching_up: false,
                chain_error: None,
                distrust: None,
                engine_error: None,
                isolation_error: None,
                wallet_error: None,
                gateway_error: None,
                standing_error: None,
                orders_evaluated_at: None,
                withdrawn_at: None,
            }),
            stall,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn chain_answered(&self, tip: u64, time: u64, catching_up: bool) {
        let skew = clock::now().abs_diff(time);
        let mut inner = self.lock();
        let news = inner.chain_error.take().is_some();
        inner.tip = tip;
        inner.catching_up = catching_up;
        drop(inner);
        if news {
            tracing::info!(tip, "the chain answers again");
        }
        if skew > CLOCK_SKEW_SECONDS && !catching_up {
            tracing::debug!(skew, "the newest block and this machine's clock differ");
        }
    }

    pub fn chain_failed(&self, error: &str) {
        let mut inner = self.lock();
        if inner.chain_error.as_deref() != Some(error) {
            tracing::warn!(error, "the chain cannot be read; workloads keep running");
        }
        inner.chain_error = Some(error.to_owned());
    }

    pub fn block_handled(&self, height: u64, time: u64) {
        let mut inner = self.lock();
        if inner.height != height || inner.handled_at.is_none() {
            inner.handled_at = Some(Instant::now());
        }
        inner.height = height;
        inner.block_time = time;
    }

    /// The chain is not the one that was followed: nothing is acted on until it is again.
    pub fn distrust(&self, reason: &str) {
        let mut inner = self.lock();
        if inner.distrust.as_deref() != Some(reason) {
            tracing::error!(alarm = "chain", reason, "stopped acting");
        }
        inner.distrust = Some(reason.to_owned());
    }

    pub fn trust_again(&self) {
        if self.lock().distrust.take().is_some() {
            tracing::info!("the chain is the one that was followed: acting again");
        }
    }

    /// Whether the chain's word may be acted on.
    pub fn trusted(&self) -> bool {
        self.lock().distrust.is_none()
    }

    pub fn engine(&self, error: Option<String>) {
        set(&mut self.lock().engine_error, error, "engine");
    }

    pub fn isolation(&self, error: Option<String>) {
        set(&mut self.lock().isolation_error, error, "isolation");
    }

    pub fn wallet(&self, error: Option<String>) {
        set(&mut self.lock().wallet_error, error, "wallet");
    }

    pub fn gateway(&self, error: Option<String>) {
        set(&mut self.lock().gateway_error, error, "gateway");
    }

    pub fn standing(&self, error: Option<String>) {
        set(&mut self.lock().standing_error, error, "provider");
    }

    pub fn orders_evaluated(&self) {
        self.lock().orders_evaluated_at = Some(Instant::now());
    }

    pub fn withdrawn(&self) {
        self.lock().withdrawn_at = Some(Instant::now());
    }

    /// Height and time of the last handled block, and the newest one that was seen.
    pub fn heights(&self) -> (u64, u64, u64) {
        let inner = self.lock();
        (inner.height, inner.block_time, inner.tip)
    }

    /// Seconds since a block was handled, since orders were evaluated, since money was withdrawn; since the start
    /// where it has not happened yet.
    pub fn ages(&self) -> (u64, u64, u64) {
        let inner = self.lock();
        let age = |at: Option<Instant>| at.unwrap_or(inner.started).elapsed().as_secs();
        (age(inner.handled_at), age(inner.orders_evaluated_at), age(inner.withdrawn_at))
    }

    pub fn uptime(&self) -> Duration {
        self.lock().started.elapsed()
    }

    /// Everything that keeps the agent from its work; empty when it is ready.
    pub fn unready(&self) -> Vec<Unready> {
        let inner = self.lock();
        let mut reasons = Vec::new();
        let mut add = |part: &'static str, reason: &Option<String>| {
            reasons.extend(reason.clone().map(|reason| Unready { part, reason }));
        };
        add("chain", &inner.distrust);
        add("chain", &inner.chain_error);
        let stalled = match inner.handled_at {
            None => Some("no block has been handled yet".to_owned()),
            Some(at) if at.elapsed() > self.stall => Some(format!(
                "no new block for {} s, the last one is {}",
                at.elapsed().as_secs(),
                inner.height
            )),
            Some(_) if inner.catching_up => Some("the node is still catching up".to_owned()),
            Some(_) => None,
        };
        add("blocks", &stalled);
        add("engine", &inner.engine_error);
        add("isolation", &inner.isolation_error);
        add("wallet", &inner.wallet_error);
        add("gateway", &inner.gateway_error);
        add("provider", &inner.standing_error);
        reasons
    }
}

fn set(slot: &mut Option<String>, error: Option<String>, part: &str) {
    if *slot != error {
        match &error {
            Some(error) => tracing::warn!(part, error, "not ready"),
            None => tracing::info!(part, "ready again"),
        }
        *slot = error;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_progress_and_nothing_missing() {
        let health = Health::new(Duration::from_secs(30));
        assert_eq!(health.unready()[0].part, "blocks");
        health.block_handled(5, 10);
        assert!(health.unready().is_empty());
        health.engine(Some("down".into()));
        health.distrust("went back");
        let parts: Vec<_> = health.unready().iter().map(|u| u.part).collect();
        assert_eq!(parts, ["chain", "engine"]);
        assert!(!health.trusted());
        health.trust_again();
        health.engine(None);
        assert!(health.unready().is_empty());
    }

    #[test]
    fn a_chain_that_stands_still_is_not_ready() {
        let health = Health::new(Duration::ZERO);
        health.block_handled(5, 10);
        std::thread::yield_now();
        assert!(health.unready().iter().any(|u| u.part == "blocks"));
    }
}
