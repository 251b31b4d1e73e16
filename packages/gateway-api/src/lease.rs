use crate::ConnectionStatus;
use cosmwasm_std::{Addr, HexBinary};
use market_api::{LeaseId, LeasePhase};
use serde::{Deserialize, Serialize};

use crate::ContentStatus;

/// The agent holds the manifest and has checked it against the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestAccepted {
    pub lease: LeaseId,
    /// SHA-256 of the bytes received, equal to the version on the chain.
    pub version: HexBinary,
    /// True when the agent already held this manifest.
    pub already_held: bool,
}

/// Where the agent stands with a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Control {
    /// The tenant has not sent a manifest of a version that the chain accepts.
    AwaitingManifest {
        /// The version to send.
        version: HexBinary,
    },
    /// The manifest is here, and not all that it carries: its tenant sends it, or other providers of the deployment do.
    AwaitingContent { missing: Vec<ContentStatus> },
    /// A manifest is here and is held against the chain and the lease's resources.
    Verifying,
    /// Containers are being created and started.
    Starting,
    /// Containers run; the transaction that starts the paid time is not confirmed yet.
    Activating,
    /// Running and paid.
    Active,
    /// A new version is being rolled out.
    Updating { version: HexBinary },
    /// Being torn down, because the lease ended on the chain.
    Ending { reason: String },
    /// Ended, and nothing of it is left here.
    Ended { reason: String },
    /// Stands still until the tenant or the provider does something.
    Failed {
        /// Stable and short, such as `image_missing`; the codes of `Problem` are used where one fits.
        code: String,
        message: String,
        what_to_do: String,
    },
}

/// A lease as its provider sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseStatus {
    pub lease: LeaseId,
    pub provider: Addr,
    pub tenant: Addr,
    /// On the chain, at `height`.
    pub phase: LeasePhase,
    pub control: Control,
    /// The version that runs; absent before the first start.
    pub version: Option<HexBinary>,
    pub services: Vec<ServiceStatus>,
    /// The manifest that the provider gets from other participants, while it lacks that of the version on the chain.
    #[serde(default)]
    pub fetching: Option<Fetching>,
    /// Its connections to and from services at other providers.
    #[serde(default)]
    pub connections: Vec<ConnectionStatus>,
    /// The last block that the agent has handled.
    pub height: u64,
}

/// A manifest on its way from the other participants of the deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetching {
    pub version: HexBinary,
    /// Others with a live lease of the deployment that can be asked.
    pub participants: u32,
    /// Those of them that answer at the moment.
    pub connected: u32,
    /// What last stood in the way.
    pub problem: Option<String>,
}

impl std::fmt::Display for Fetching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { version, participants, connected, problem } = self;
        write!(f, "asks for manifest {version}: {connected} of {participants} other participants answer")?;
        problem.as_ref().map_or(Ok(()), |problem| write!(f, "; {problem}"))
    }
}

impl LeaseStatus {
    /// Whether the paid time runs and every service has all its replicas running.
    pub fn is_ready(&self) -> bool {
        matches!(self.control, Control::Active) && self.services.iter().all(ServiceStatus::is_ready)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    pub name: String,
    pub image: String,
    /// Replicas that the manifest asks for.
    pub desired: u32,
    pub running: u32,
    pub replicas: Vec<ReplicaStatus>,
    /// Where the `global` ports of all replicas are reachable.
    pub urls: Vec<PublishedUrl>,
}

impl ServiceStatus {
    pub fn is_ready(&self) -> bool {
        self.running >= self.desired
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaStatus {
    /// From 0.
    pub replica: u32,
    pub state: ReplicaState,
    /// Restarts since the replica was created.
    pub restarts: u32,
    pub started_at: Option<u64>,
    /// How the last run ended or why the last start failed.
    pub last_error: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaState {
    /// Not created yet.
    Absent,
    Created,
    Running,
    Paused,
    /// Ended; the agent starts it again after a pause.
    BackingOff,
    /// Ended, and ended so often that the agent has given up until the next version.
    Crashed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One published port of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedUrl {
    pub replica: u32,
    /// The port inside the container.
    pub container_port: u16,
    pub protocol: Protocol,
    /// The provider's public name or address.
    pub host: String,
    pub host_port: u16,
    /// The names that the manifest's `accept` asks for.
    #[serde(default)]
    pub accept: Vec<String>,
    /// Whether the manifest exposes it as HTTP (port 80 or `as: 80`), so that a client may print `http://`.
    pub http: bool,
}

impl std::fmt::Display for PublishedUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.http, self.protocol) {
            (true, _) => write!(f, "http://{host}:{}", self.host_port),
            (false, protocol) => write!(f, "{protocol}://{host}:{}", self.host_port),
        }
    }
}

/// What happened to a lease here, newest last. Bounded; older ones are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    pub events: Vec<LeaseEvent>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseEvent {
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    pub kind: EventKind,
    pub service: Option<String>,
    pub replica: Option<u32>,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Won,
    ManifestReceived,
    ManifestRefused,
    ManifestVerified,
    Starting,
    Started,
    Activated,
    Crashed,
    Restarted,
    GaveUp,
    Updated,
    Ended,
    Removed,
    Failed,
    /// Kinds of a newer agent.
    #[serde(other)]
    Other,
}
