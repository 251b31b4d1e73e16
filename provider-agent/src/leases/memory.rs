//! What is remembered of a lease while the agent runs; losing it costs a look at chain and engine.

use std::collections::BTreeMap;
use std::time::Duration;

use market_api::{Group, Lease};
use tokio::time::Instant;

use crate::carried::FetchingContents;
use crate::config::Leases as Limits;
use crate::exchange::Fetching;
use crate::plan::{Failure, Stage};
use crate::runtime::{ContainerState, ObservedContainer, ObservedLease};

/// The pause after a start that the engine refused.
const AFTER_REFUSED_START: Duration = Duration::from_secs(5);
/// The longest pause between two attempts to run what could not be run.
const LONGEST_RETRY: Duration = Duration::from_secs(10);

#[derive(Default)]
pub struct Memory {
    /// As the chain said last.
    pub lease: Option<Lease>,
    /// The deployment's version, in hex.
    pub version: Option<String>,
    /// What the order sold; it never changes.
    pub group: Option<Group>,
    pub observed: Option<ObservedLease>,
    pub stage: Option<Stage>,
    /// An activation or a decline is under way.
    pub answering: bool,
    /// A withdrawal is under way.
    pub collecting: bool,
    /// The manifest that is being got from other participants.
    pub fetching: Option<Fetching>,
    /// What the manifest carries and is being got from other participants.
    pub fetching_contents: Option<FetchingContents>,
    failure: Option<(Failure, u32, Instant)>,
    crashes: BTreeMap<(String, u32), Crash>,
}

/// Crashes in a row of one replica.
struct Crash {
    /// Container and moment of the latest end that was counted.
    seen: (String, Option<u64>),
    in_a_row: u32,
    total: u32,
    next: Instant,
    last_error: String,
}

impl Memory {
    pub fn failed(&mut self, version: &str, code: &str, message: String, what_to_do: &str, now: Instant) {
        let count = match &self.failure {
            Some((failure, count, _)) if failure.version == version && failure.code == code => count + 1,
            _ => 1,
        };
        let pause = Duration::from_secs(1).saturating_mul(1 << (count - 1).min(6)).min(LONGEST_RETRY);
        let failure = Failure {
            version: version.to_owned(),
            code: code.to_owned(),
            message,
            what_to_do: what_to_do.to_owned(),
            retry_now: false,
        };
        self.failure = Some((failure, count, now + pause));
    }

    pub fn succeeded(&mut self) {
        self.failure = None;
    }

    pub fn failure(&self, now: Instant) -> Option<Failure> {
        self.failure.as_ref().map(|(failure, _, next)| Failure { retry_now: now >= *next, ..failure.clone() })
    }

    /// The time until the next attempt.
    pub fn retry_in(&self, now: Instant) -> Option<Duration> {
        self.failure.as_ref().map(|(_, _, next)| next.saturating_duration_since(now))
    }

    /// Counts ends that are new. Answers with each new crash as a text.
    pub fn count_crashes(
        &mut self,
        observed: &ObservedLease,
        limits: &Limits,
        now: Instant,
    ) -> Vec<(String, u32, String)> {
        let mut news = Vec::new();
        for container in &observed.containers {
            let Some((at, text)) = ended(container) else { continue };
            let key = (container.service.clone(), container.replica);
            let seen = (container.container.id.clone(), at);
            if self.crashes.get(&key).is_some_and(|crash| crash.seen == seen) {
                continue;
            }
            let ran = container.started_at.zip(at).map_or(0, |(from, to)| to.saturating_sub(from));
            let before = self.crashes.get(&key);
            let recovered = ran >= limits.restart_reset.0.as_secs();
            let in_a_row =
                if recovered { 1 } else { before.map_or(1, |crash| crash.in_a_row.saturating_add(1)) };
            let pause =
                limits.restart_min.0.saturating_mul(1 << (in_a_row - 1).min(16)).min(limits.restart_max.0);
            let crash = Crash {
                seen,
                in_a_row,
                total: before.map_or(1, |crash| crash.total.saturating_add(1)),
                next: now + pause,
                last_error: text.clone(),
            };
            self.crashes.insert(key, crash);
            let text = format!("{text}; started again in {}", humantime::format_duration(pause));
            news.push((container.service.clone(), container.replica, text));
        }
        news
    }

    pub fn may_restart(&self, now: Instant) -> impl Iterator<Item = (String, u32)> + '_ {
        self.crashes.iter().filter(move |(_, crash)| crash.next <= now).map(|(key, _)| key.clone())
    }

    /// The engine did not start a replica that was down.
    pub fn start_refused(&mut self, service: &str, replica: u32, now: Instant) {
        if let Some(crash) = self.crashes.get_mut(&(service.to_owned(), replica)) {
            crash.next = now + AFTER_REFUSED_START;
        }
    }

    /// The time until the next replica that is down may be started.
    pub fn restart_in(&self, observed: &ObservedLease, now: Instant) -> Option<Duration> {
        observed
            .containers
            .iter()
            .filter(|container| ended(container).is_some())
            .filter_map(|container| self.crashes.get(&(container.service.clone(), container.replica)))
            .map(|crash| crash.next.saturating_duration_since(now))
            .min()
    }

    /// Restarts since the agent watches this replica, and how its last run ended.
    pub fn crashes_of(&self, service: &str, replica: u32) -> (u32, Option<String>) {
        let crash = self.crashes.get(&(service.to_owned(), replica));
        crash.map_or((0, None), |crash| (crash.total, Some(crash.last_error.clone())))
    }

    /// After a new version all counts start anew.
    pub fn forget_crashes(&mut self) {
        self.crashes.clear();
    }
}

/// When a container ended and how, when it is down.
fn ended(container: &ObservedContainer) -> Option<(Option<u64>, String)> {
    match &container.state {
        ContainerState::Exited { code, out_of_memory, error, at } => {
            let text = if *out_of_memory {
                "killed because it used more memory than it may".to_owned()
            } else if error.is_empty() {
                format!("ended with exit code {code}")
            } else {
                format!("could not start: {error}")
            };
            Some((*at, text))
        }
        ContainerState::Paused => Some((None, "paused from outside".to_owned())),
        ContainerState::Created | ContainerState::Running | ContainerState::Dead => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::runtime::ContainerRef;
    use market_api::LeaseId;

    fn exited(started: u64, at: u64) -> ObservedLease {
        ObservedLease {
            lease: LeaseId(1),
            network: true,
            containers: vec![ObservedContainer {
                container: ContainerRef { id: "c".into(), name: "c".into() },
                service: "web".into(),
                replica: 0,
                image: "web".into(),
                version: "v".into(),
                spec: "s".into(),
                state: ContainerState::Exited {
                    code: 1,
                    out_of_memory: false,
                    error: String::new(),
                    at: Some(at),
                },
                created_at: None,
                started_at: Some(started),
                ports: vec![],
                address: None,
                gateway: None,
            }],
        }
    }

    #[test]
    fn the_pause_doubles_with_each_crash_and_starts_anew_after_a_long_run() {
        let limits = Config::default().leases;
        let mut memory = Memory::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for n in 0..10 {
            let observed = exited(n * 10, n * 10 + 1);
            assert_eq!(memory.count_crashes(&observed, &limits, now).len(), 1);
            // The same end is counted once.
            assert!(memory.count_crashes(&observed, &limits, now).is_empty());
            let pause = memory.restart_in(&observed, now).unwrap();
            assert_eq!(memory.may_restart(now).count(), 0);
            now += pause;
            assert_eq!(memory.may_restart(now).count(), 1);
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses[..4], [1, 2, 4, 8]);
        assert_eq!(*pauses.last().unwrap(), limits.restart_max.0.as_secs());
        let recovered = exited(1000, 1000 + limits.restart_reset.0.as_secs());
        memory.count_crashes(&recovered, &limits, now);
        assert_eq!(memory.restart_in(&recovered, now).unwrap().as_secs(), 1);
        assert_eq!(memory.crashes_of("web", 0).0, 11);
    }

    #[test]
    fn attempts_that_fail_the_same_way_come_ever_more_rarely() {
        let mut memory = Memory::default();
        let now = Instant::now();
        memory.failed("v", "image_missing", "no".into(), "", now);
        assert!(!memory.failure(now).unwrap().retry_now);
        assert!(memory.failure(now + Duration::from_secs(1)).unwrap().retry_now);
        for _ in 0..10 {
            memory.failed("v", "image_missing", "no".into(), "", now);
        }
        assert_eq!(memory.retry_in(now), Some(LONGEST_RETRY));
        memory.succeeded();
        assert_eq!(memory.failure(now), None);
    }
}
