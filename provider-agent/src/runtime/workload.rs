use bytes::Bytes;
use content::ContentId;
use futures::stream::BoxStream;
use gateway_api::Protocol;
use market_api::LeaseId;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

use super::RuntimeError;

/// What one lease should look like in the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    pub lease: LeaseId,
    /// The manifest's version in hexadecimal. Changing it alone restarts nothing: a replica is replaced when its own
    /// specification differs, or when its image name means another image since.
    pub version: String,
    pub services: Vec<ServiceSpec>,
    /// Assigned by the caller from the provider's pool.
    pub ports: Vec<PublishedPort>,
    /// The address of this machine on which ports are published.
    pub host_ip: IpAddr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSpec {
    /// `[a-z0-9-]`, 1 to 63 characters; the name by which the lease's other services find it.
    pub name: String,
    /// A reference, or the id that [`super::Runtime::load_image`] gave when `carried_image` is set.
    pub image: String,
    pub carried_image: bool,
    /// Replaces the image's entry point; empty for the image's.
    pub command: Vec<String>,
    /// Replaces the image's arguments; empty for the image's, unless `command` is given.
    pub args: Vec<String>,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// Millicores of one replica.
    pub cpu_millis: u64,
    /// Bytes of one replica.
    pub memory: u64,
    /// Bytes of one replica's own files; enforced where the engine's storage can.
    pub storage: u64,
    pub count: u32,
    /// Every port that the service exposes, published or not.
    pub ports: Vec<ServicePort>,
    /// Files that its replicas see and cannot change.
    pub files: Vec<MountedFile>,
    /// Names that its replicas resolve to these addresses, beside those of the lease's own services; sorted.
    pub hosts: Vec<(String, Ipv4Addr)>,
}

/// A file of the agent's, at a place inside the containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedFile {
    pub content: ContentId,
    /// Where it lies on this machine, absolute. It stays there as long as the container does.
    pub source: PathBuf,
    /// Absolute path inside the container.
    pub mount: String,
}

/// What a lease's replicas send to an address that nobody has goes to a listener of the agent instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Redirect {
    pub lease: LeaseId,
    pub protocol: Protocol,
    /// What the replicas connect to.
    pub address: Ipv4Addr,
    pub port: u16,
    /// Where the agent listens, on the lease's own bridge.
    pub listener: SocketAddrV4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServicePort {
    pub port: u16,
    pub protocol: Protocol,
}

/// A port of one replica on the machine's own address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublishedPort {
    pub service: String,
    /// From 0.
    pub replica: u32,
    pub container_port: u16,
    pub protocol: Protocol,
    pub host_port: u16,
}

/// What a machine has in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    pub cpu_millis: u64,
    /// Bytes.
    pub memory: u64,
    /// Bytes of the file system that holds containers; 0 when it cannot be seen from here.
    pub storage: u64,
    /// Bytes of it that are free now.
    pub storage_free: u64,
}

/// What is left of one lease in the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedLease {
    pub lease: LeaseId,
    pub network: bool,
    /// By service, then replica.
    pub containers: Vec<ObservedContainer>,
}

impl ObservedLease {
    /// The version that all containers were created for or confirmed in; none when there are several or none.
    pub fn version(&self) -> Option<&str> {
        let (first, rest) = self.containers.split_first()?;
        rest.iter().all(|c| c.version == first.version).then_some(first.version.as_str())
    }

    pub fn all_running(&self) -> bool {
        !self.containers.is_empty() && self.containers.iter().all(|c| c.state == ContainerState::Running)
    }

    /// Ports that are taken by it, whether its containers run or not.
    pub fn ports(&self) -> impl Iterator<Item = &PublishedPort> {
        self.containers.iter().flat_map(|c| &c.ports)
    }
}

/// Names one container for [`super::Runtime::restart`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerRef {
    /// The engine's id.
    pub id: String,
    /// For people.
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedContainer {
    pub container: ContainerRef,
    pub service: String,
    /// From 0.
    pub replica: u32,
    pub image: String,
    /// The manifest's version in hexadecimal for which it was created; later versions may have kept it.
    pub version: String,
    /// Hash of its specification.
    pub spec: String,
    pub state: ContainerState,
    /// Seconds since the epoch.
    pub created_at: Option<u64>,
    /// Seconds since the epoch; the latest start.
    pub started_at: Option<u64>,
    pub ports: Vec<PublishedPort>,
    /// Its address in the lease's network, while it runs.
    pub address: Option<Ipv4Addr>,
    /// This machine's address in the lease's network, while it runs.
    pub gateway: Option<Ipv4Addr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Never started; [`super::Runtime::apply`] starts it.
    Created,
    Running,
    Paused,
    Exited {
        code: i64,
        /// Killed because it used more memory than it may.
        out_of_memory: bool,
        /// What the engine said of a start that failed; empty otherwise.
        error: String,
        /// Seconds since the epoch.
        at: Option<u64>,
    },
    /// The engine is removing it, or failed to.
    Dead,
}

/// A command to run in a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecRequest {
    pub service: String,
    /// From 0.
    pub replica: u32,
    pub command: Vec<String>,
    pub tty: bool,
    pub stdin: bool,
    /// Rows and columns of the terminal.
    pub size: Option<(u16, u16)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecInput {
    Data(Bytes),
    /// No more input comes.
    Eof,
    Resize {
        rows: u16,
        columns: u16,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecOutput {
    Stdout(Bytes),
    Stderr(Bytes),
}

/// A command that runs. Dropping it lets go of the command's terminal; the command gets a hang-up if it has one, and
/// ends with its container otherwise.
pub struct ExecSession {
    pub input: mpsc::Sender<ExecInput>,
    pub output: BoxStream<'static, Result<ExecOutput, RuntimeError>>,
    /// The exit code, once the output has ended.
    pub exit: oneshot::Receiver<Result<i64, RuntimeError>>,
}
