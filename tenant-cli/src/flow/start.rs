//! From a lease to a running workload.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::TryFutureExt;
use gateway_api::{Control, EventKind, LeaseStatus, LogsQuery, Problem, ReplicaState};
use market_api::{EndReason, ExecuteMsg, Lease, LeaseId, LeasePhase};
use serde::Serialize;
use serde_json::json;

use crate::error::{CliError, Kind, Result};
use crate::flow::{PATIENCE, POLL};
use crate::gateway::{Gateway, GatewayError};
use crate::progress::Progress;
use crate::secrets::Secrets;
use crate::session::Session;
use crate::show;
use crate::sources::Sources;

/// How often the chain is asked about a lease whose provider is being watched.
const CHAIN_POLL: Duration = Duration::from_secs(1);
/// How long the gateway of a live lease may be silent or refuse before it is given up, while the chain says nothing
/// against it.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(60);
/// Lines of the log that are shown with a workload that ended.
const LAST_LINES: u32 = 10;

/// How the start of a lease ended.
pub enum Started {
    /// The status says that everything runs.
    Ready(Box<LeaseStatus>),
    /// The lease ended before it ran.
    Lost(EndReason),
}

/// When the steps were done, in milliseconds since the command began.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Timings {
    pub lease_seen_ms: Option<u64>,
    pub manifest_sent_ms: Option<u64>,
    pub starting_ms: Option<u64>,
    /// All replicas run; the paid time may not have begun.
    pub running_ms: Option<u64>,
    pub ready_ms: Option<u64>,
}

/// What a provider gets from the tenant's machine.
#[derive(Clone)]
pub struct Sent {
    /// Canonical.
    pub manifest: Bytes,
    pub sources: Sources,
    pub secrets: Secrets,
}

/// Follows one lease.
pub struct Start<'a> {
    session: &'a Session,
    pub(super) progress: &'a Progress,
    pub(super) lease: LeaseId,
    pub(super) label: String,
    pub(super) sent: Sent,
    /// Sends also what only the deployment's other providers need, for them to get it there.
    pub for_others: bool,
    deadline: Instant,
    pub timings: Timings,
    last: String,
    pub(super) chain_asked: Option<Instant>,
    chain_unknown: Option<Instant>,
    gateway_unknown: Option<Instant>,
    /// The winner has a window to answer in, which the chain watches over; until then silence is no failure.
    pending: bool,
}

impl<'a> Start<'a> {
    pub fn new(
        session: &'a Session,
        progress: &'a Progress,
        lease: LeaseId,
        label: String,
        sent: Sent,
        deadline: Instant,
    ) -> Self {
        let mut start = Self {
            session,
            progress,
            lease,
            label,
            sent,
            for_others: false,
            deadline,
            timings: Timings::default(),
            last: String::new(),
            chain_asked: None,
            chain_unknown: None,
            gateway_unknown: None,
            pending: true,
        };
        start.timings.lease_seen_ms = Some(start.elapsed());
        start
    }

    /// Sends the manifest and waits until everything runs.
    pub async fn run(&mut self, provider: &str) -> Result<Started> {
        let gateway = loop {
            match self.session.gateway(provider).await {
                Ok(gateway) => break gateway,
                Err(error) if error.kind == Kind::Unreachable => self.gateway_silent(&error)?,
                Err(error) => return Err(error),
            }
            if let Some(lost) = self.ask_chain().await? {
                return Ok(Started::Lost(lost));
            }
            self.pause().await?;
        };
        if let Some(lost) = self.send(&gateway).await? {
            return Ok(Started::Lost(lost));
        }
        self.watch(&gateway, |_| true).await
    }

    /// Sends the manifest and waits until its version runs in place of an older one.
    pub async fn update(&mut self, provider: &str, version: &[u8]) -> Result<Started> {
        let gateway = self.session.gateway(provider).await?;
        if let Some(lost) = self.send(&gateway).await? {
            return Ok(Started::Lost(lost));
        }
        self.watch(&gateway, |status| {
            status.version.as_ref().is_some_and(|running| running.as_slice() == version)
        })
        .await
    }

    /// Sends the manifest and what it carries until the provider has it; says how the lease ended if it did.
    pub async fn send(&mut self, gateway: &Gateway) -> Result<Option<EndReason>> {
        self.progress.wait(format!(
            "{}: sending the manifest to {}",
            self.label,
            show::short(gateway.provider())
        ));
        loop {
            match gateway.send_manifest(self.lease, self.sent.manifest.clone()).await {
                Ok(_) => {
                    self.gateway_unknown = None;
                    self.timings.manifest_sent_ms = Some(self.elapsed());
                    self.progress
                        .step(format!("{}: the provider has the manifest and checked it", self.label));
                    return self.send_contents(gateway).await;
                }
                // The agent may not have seen the block yet that this client has seen.
                Err(error) if error.is_passing() || self.not_caught_up(&error) => {
                    self.gateway_silent(&error.into())?
                }
                Err(error) => {
                    if let Some(Problem::LeaseEnded { .. }) = error.problem() {
                        self.chain_asked = None;
                        if let Some(lost) = self.ask_chain().await? {
                            return Ok(Some(lost));
                        }
                    }
                    return Err(self.failed(error.into()));
                }
            }
            if let Some(lost) = self.ask_chain().await? {
                return Ok(Some(lost));
            }
            self.pause().await?;
        }
    }

    /// A version that the chain has and the agent does not: it is a block behind, for a moment.
    fn not_caught_up(&self, error: &GatewayError) -> bool {
        let young = self.gateway_unknown.is_none_or(|since| since.elapsed() < Duration::from_secs(5));
        matches!(error.problem(), Some(Problem::VersionMismatch { .. })) && young
    }

    async fn watch(&mut self, gateway: &Gateway, accept: impl Fn(&LeaseStatus) -> bool) -> Result<Started> {
        loop {
            match gateway.status(self.lease).await {
                Ok(status) => {
                    self.gateway_unknown = None;
                    self.say(&status);
                    if status.is_ready() && accept(&status) {
                        self.timings.ready_ms = Some(self.elapsed());
                        return Ok(Started::Ready(Box::new(status)));
                    }
                    if let Some(error) = self.hopeless(gateway, &status).await {
                        return Err(error);
                    }
                    // Asked for by the provider and not sent ahead: before it has checked the manifest it knows no names.
                    if let Control::AwaitingSecrets { names } = &status.control {
                        if let Some(lost) = self.send_secrets(gateway, names).await? {
                            return Ok(Started::Lost(lost));
                        }
                    }
                }
                Err(error) if error.is_passing() => self.gateway_silent(&error.into())?,
                Err(error) => {
                    if !matches!(error.problem(), Some(Problem::LeaseEnded { .. })) {
                        return Err(error.into());
                    }
                    self.chain_asked = None;
                }
            }
            if let Some(lost) = self.ask_chain().await? {
                return Ok(Started::Lost(lost));
            }
            self.pause().await?;
        }
    }

    /// Says what changed since the last look.
    fn say(&mut self, status: &LeaseStatus) {
        let text = match &status.control {
            Control::AwaitingManifest { .. } => "the provider waits for the manifest".to_owned(),
            Control::AwaitingContent { missing } => {
                let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
                format!("the provider waits for what the manifest carries: {}", names.join("; "))
            }
            Control::AwaitingSecrets { names } if names.iter().all(|name| self.sent.secrets.has(name)) => {
                "sending the provider its secrets".to_owned()
            }
            Control::AwaitingSecrets { names } => format!(
                "the provider waits for secrets {}: akash secrets send DEPLOYMENT --lease {}",
                names.join(", "),
                self.lease
            ),
            Control::Verifying => "the provider checks the manifest".to_owned(),
            Control::Starting => "starting".to_owned(),
            Control::Activating => "the workload runs, the lease is being activated".to_owned(),
            Control::Updating { .. } => "the new version is being rolled out".to_owned(),
            Control::Ending { reason } | Control::Ended { reason } => format!("ending: {reason}"),
            Control::Failed { message, .. } => format!("failed: {message}"),
            Control::Active => {
                let waiting: Vec<&str> = status
                    .services
                    .iter()
                    .filter(|service| !service.is_ready())
                    .map(|service| service.name.as_str())
                    .collect();
                match waiting.as_slice() {
                    [] => "everything runs".to_owned(),
                    names => format!("active, waiting for {}", names.join(", ")),
                }
            }
        };
        let begun = !matches!(
            status.control,
            Control::AwaitingManifest { .. }
                | Control::AwaitingContent { .. }
                | Control::AwaitingSecrets { .. }
                | Control::Verifying
        );
        if begun && self.timings.starting_ms.is_none() {
            self.timings.starting_ms = Some(self.elapsed());
        }
        let running = !status.services.is_empty() && status.services.iter().all(|service| service.is_ready());
        if running && self.timings.running_ms.is_none() {
            self.timings.running_ms = Some(self.elapsed());
        }
        if text != self.last {
            self.progress.step(format!("{}: {text}", self.label));
            self.last = text;
        }
    }

    /// Whether waiting has no point any more, and why.
    async fn hopeless(&self, gateway: &Gateway, status: &LeaseStatus) -> Option<CliError> {
        if let Control::Failed { code, message, what_to_do } = &status.control {
            let error = CliError::new(Kind::WorkloadFailed, format!("{}: {message}", self.label))
                .hint(what_to_do.clone())
                .details(json!({
                    "lease": self.lease,
                    "provider": gateway.provider(),
                    "problem": { "code": code, "message": message },
                }));
            return Some(error);
        }
        let (service, replica) = status.services.iter().find_map(|service| {
            let crashed = |replica: &&gateway_api::ReplicaStatus| replica.state == ReplicaState::Crashed;
            service.replicas.iter().find(crashed).map(|replica| (service, replica))
        })?;
        let mut message = format!("{}: service {} ended again and again", self.label, service.name);
        if let Some(last) = &replica.last_error {
            message.push_str(&format!(": {last}"));
        }
        let lines = self.last_lines(gateway, &service.name).await;
        if !lines.is_empty() {
            message.push_str(&format!("; its last lines:\n{}", lines.join("\n")));
        }
        let error = CliError::new(Kind::WorkloadFailed, message)
            .hint("correct the image, command or environment in the manifest and deploy again")
            .details(json!({
                "lease": self.lease,
                "provider": gateway.provider(),
                "problem": { "code": "crashed", "service": service.name, "last_error": replica.last_error },
                "log": lines,
            }));
        Some(error)
    }

    async fn last_lines(&self, gateway: &Gateway, service: &str) -> Vec<String> {
        let query =
            LogsQuery { service: Some(service.to_owned()), tail: Some(LAST_LINES), ..LogsQuery::default() };
        let collect = async {
            let mut stream = gateway.logs(self.lease, &query).map_err(CliError::from).await?;
            let mut lines = Vec::new();
            while let Some(line) = stream.next().await? {
                lines.push(line.line);
            }
            Ok::<_, CliError>(lines)
        };
        // The log only explains; without it the failure is still told.
        let collected = tokio::time::timeout(Duration::from_secs(5), collect).await;
        collected.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// Now and then: whether the lease still lives. A winner that is late is expired, so that nobody waits for it.
    pub(super) async fn ask_chain(&mut self) -> Result<Option<EndReason>> {
        if self.chain_asked.is_some_and(|asked| asked.elapsed() < CHAIN_POLL) {
            return Ok(None);
        }
        self.chain_asked = Some(Instant::now());
        let lease: Lease = match self.session.chain()?.contracts.market.lease(self.lease).await {
            Ok(lease) => lease,
            Err(error) if error.is_unknown() => {
                let since = *self.chain_unknown.get_or_insert_with(Instant::now);
                return if since.elapsed() > PATIENCE { Err(error.into()) } else { Ok(None) };
            }
            Err(error) => return Err(error.into()),
        };
        self.chain_unknown = None;
        self.pending = matches!(lease.phase, LeasePhase::Pending | LeasePhase::Overdue);
        match lease.phase {
            LeasePhase::Ended => Ok(Some(lease.end_reason.unwrap_or(EndReason::TenantClosed))),
            LeasePhase::Overdue => {
                self.progress.step(format!(
                    "{}: the winner is silent past its window, expiring the lease",
                    self.label
                ));
                let expired =
                    self.session.execute_market(&ExecuteMsg::ExpireLease { lease: self.lease }, vec![]).await;
                match expired {
                    Ok(_) => Ok(Some(EndReason::ActivationExpired)),
                    // Somebody else was first, or it was activated at the last moment; the next look tells.
                    Err(error) if matches!(error.kind, Kind::Refused | Kind::NotFound) => Ok(None),
                    Err(error) => Err(error),
                }
            }
            LeasePhase::Pending | LeasePhase::Active | LeasePhase::Due => Ok(None),
        }
    }

    pub(super) fn gateway_silent(&mut self, error: &CliError) -> Result<()> {
        let since = *self.gateway_unknown.get_or_insert_with(Instant::now);
        if !self.pending && since.elapsed() > GATEWAY_PATIENCE {
            let mut error = CliError { kind: error.kind, ..CliError::failure(error.message.clone()) };
            error.hint = Some(format!(
                "try again: akash send-manifest; or end it and get your money back: akash close --lease {}",
                self.lease
            ));
            return Err(error);
        }
        // The first refusals are a matter of a block.
        if since.elapsed() > Duration::from_secs(3) {
            self.progress.wait(format!("{}: {}", self.label, error.message));
        }
        Ok(())
    }

    pub(super) fn failed(&self, mut error: CliError) -> CliError {
        error.message = format!("{}: {}", self.label, error.message);
        error
    }

    pub(super) async fn pause(&self) -> Result<()> {
        if Instant::now() >= self.deadline {
            let lease = self.lease;
            return Err(CliError::timed_out(format!(
                "{}: lease {lease} does not run yet: {}",
                self.label, self.last
            ))
            .hint("it may still come up: akash status shows it, akash close ends it")
            .details(json!({ "lease": lease })));
        }
        tokio::time::sleep(POLL).await;
        Ok(())
    }

    /// What the provider says of a lease that it did not start.
    pub async fn why_lost(&self, provider: &str) -> Option<String> {
        let ask = async {
            let gateway = self.session.gateway(provider).await.ok()?;
            let events = gateway.events(self.lease).await.ok()?.events;
            let telling =
                |kind| matches!(kind, EventKind::Failed | EventKind::ManifestRefused | EventKind::GaveUp);
            events.into_iter().rev().find(|event| telling(event.kind)).map(|event| event.message)
        };
        // It only explains; a winner that is silent stays so.
        tokio::time::timeout(Duration::from_secs(3), ask).await.ok().flatten()
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.progress.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
