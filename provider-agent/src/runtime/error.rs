use std::time::Duration;

/// Why the runtime did not do what was asked. After any of these the same call may be made again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    #[error("image {image} is not in the engine, and images are not fetched: load it, or choose one that is there")]
    ImageMissing { image: String },
    #[error("image {image} could not be fetched: {detail}")]
    ImageFetch { image: String, detail: String },
    #[error("the carried image {content} cannot be used: {detail}")]
    BadArchive { content: String, detail: String },
    #[error("a container or network named {name} exists that is not ours: rename or remove it, it is never touched")]
    NameConflict { name: String },
    #[error("port {port} on {host_ip} is in use by something else on this machine")]
    PortInUse { host_ip: String, port: u16 },
    #[error("service {service:?} cannot be started: {detail}")]
    CannotStart { service: String, detail: String },
    #[error("no container of lease {lease} runs for service {service:?}, replica {replica}")]
    NotRunning { lease: String, service: String, replica: u32 },
    #[error("container {name} is gone")]
    Gone { name: String },
    #[error("no free subnet is left for another lease's network: {detail}")]
    NoSubnet { detail: String },
    #[error("what workloads may reach cannot be limited: {detail}; or set runtime.firewall to \"none\" and see to it otherwise")]
    Firewall { detail: String },
    #[error("the engine cannot be reached: {detail}")]
    EngineUnreachable { detail: String },
    #[error("the engine did not answer within {after:?} while {doing}")]
    Timeout { doing: &'static str, after: Duration },
    #[error("the engine refused while {doing}: {detail} (status {status})")]
    Refused { doing: &'static str, status: u16, detail: String },
    #[error("the engine's answer while {doing} is not understood: {detail}")]
    Answer { doing: &'static str, detail: String },
    #[error("the workload is not possible: {detail}")]
    Workload { detail: String },
}

impl RuntimeError {
    /// Stable and short, for status answers and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ImageMissing { .. } => "image_missing",
            Self::ImageFetch { .. } => "image_fetch",
            Self::BadArchive { .. } => "image_unusable",
            Self::NameConflict { .. } => "name_conflict",
            Self::PortInUse { .. } => "port_in_use",
            Self::CannotStart { .. } => "cannot_start",
            Self::NotRunning { .. } => "not_running",
            Self::Gone { .. } => "gone",
            Self::NoSubnet { .. } => "no_subnet",
            Self::Firewall { .. } => "firewall",
            Self::EngineUnreachable { .. } => "engine_unreachable",
            Self::Timeout { .. } => "engine_timeout",
            Self::Refused { .. } => "engine_refused",
            Self::Answer { .. } => "engine_answer",
            Self::Workload { .. } => "workload_impossible",
        }
    }

    /// Whether waiting may help: the engine is away or slow. The others stay until somebody changes something.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::EngineUnreachable { .. }
                | Self::Firewall { .. }
                | Self::Timeout { .. }
                | Self::Gone { .. }
                | Self::ImageFetch { .. }
        ) || matches!(self, Self::Refused { status, .. } if *status >= 500)
    }
}
