use std::fmt;

use registry_api::Attribute;
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::carried::Carried;
use crate::connection::Outgoing;

/// What providers run: the groups, by name. Serialises to its canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "canonical::Groups", try_from = "canonical::Groups")]
pub struct Manifest {
    pub groups: Vec<ManifestGroup>,
}

/// Services that run together at one provider, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestGroup {
    pub name: String,
    pub services: Vec<Service>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The host name under which the group's other services reach this one.
    pub name: String,
    pub image: String,
    /// Replaces the image's entry point; empty keeps it.
    pub command: Vec<String>,
    /// Replaces the image's arguments; empty keeps them.
    pub args: Vec<String>,
    /// `KEY=VALUE` each; a key alone is an empty variable.
    pub env: Vec<String>,
    /// Of one replica.
    pub resources: ServiceResources,
    /// Replicas.
    pub count: u32,
    pub expose: Vec<Expose>,
    pub params: Option<Params>,
    /// For the registry that holds the image.
    pub credentials: Option<Credentials>,
    /// The services of the manifest, wherever they run, that this one may connect to; by name, port and protocol.
    pub connections: Vec<Outgoing>,
    /// What travels with the manifest for this service.
    pub carried: Carried,
}

/// How the provider signs in to a registry. Everyone who holds the manifest can read it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub host: String,
    /// Empty when none is given.
    pub email: String,
    pub username: String,
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?} at {:?})", self.username, self.host)
    }
}

/// What one replica of a service gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceResources {
    /// The number of the compute profile within the group, from 1.
    pub id: u32,
    /// Millicores.
    pub cpu: u64,
    /// What the processor must be, such as `arch` = `amd64`; by key.
    pub cpu_attributes: Vec<Attribute>,
    /// Bytes.
    pub memory: u64,
    /// At least one; the root file system's is the first that is not mounted.
    pub storage: Vec<Storage>,
    pub gpu: Gpu,
    /// For each global expose one, and one more when it has a leased address.
    pub endpoints: Vec<Endpoint>,
    /// Bytes per second, in and out; 0 when nothing is asked.
    pub bandwidth: u64,
}

/// Graphics processors of one replica.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gpu {
    pub units: u32,
    /// Any of them will do, such as `vendor/nvidia/model/a100` = `true`; none for any at all.
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// As the file says it; absent is not persistent.
    pub persistent: Option<bool>,
    /// Absent for the provider's default.
    pub class: Option<String>,
}

impl Storage {
    /// Whether the volume outlives a restart of the workload.
    pub fn is_persistent(&self) -> bool {
        self.persistent == Some(true)
    }
}

/// How the provider makes a global port reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// HTTP on the provider's shared port 80, told apart by host name.
    SharedHttp,
    /// A port of the provider's choice.
    RandomPort,
    /// The port itself, on a public address of the lease's own.
    LeasedIp {
        /// The address's number in the deployment, from 1: the same for every port on the same address.
        sequence: u32,
    },
}

/// One port of a service, opened to one kind of caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expose {
    /// The port inside the container.
    pub port: u16,
    /// The port that callers use; 0 for the same as `port`.
    pub external_port: u16,
    pub proto: Proto,
    /// The service of the group that may call; empty when none is named.
    pub service: String,
    /// Whether the internet may call.
    pub global: bool,
    /// HTTP host names that the provider accepts for it.
    pub hosts: Vec<String>,
    pub http_options: HttpOptions,
    /// The file's name for a leased address; empty without one.
    pub ip: String,
    /// The number of that address, as in [`Endpoint::LeasedIp`]; 0 without one.
    pub ip_sequence: u32,
}

impl Expose {
    /// The port that callers use.
    pub fn effective_port(&self) -> u16 {
        match self.external_port {
            0 => self.port,
            external => external,
        }
    }

    /// Whether this is plain HTTP for the internet: TCP port 80, which providers may serve by host name.
    pub fn is_ingress(&self) -> bool {
        self.global && self.proto == Proto::Tcp && self.effective_port() == 80
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proto {
    Tcp,
    Udp,
}

impl Proto {
    /// As the canonical manifest writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Proto::Tcp => "TCP",
            Proto::Udp => "UDP",
        }
    }
}

impl fmt::Display for Proto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a proxy in front of an HTTP port treats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// Bytes.
    pub max_body_size: u64,
    /// Milliseconds.
    pub read_timeout: u64,
    /// Milliseconds.
    pub send_timeout: u64,
    pub next_tries: u64,
    /// Milliseconds; 0 for no limit.
    pub next_timeout: u64,
    /// The failures after which the next replica is asked.
    pub next_cases: Vec<String>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            max_body_size: 1_048_576,
            read_timeout: 60_000,
            send_timeout: 60_000,
            next_tries: 3,
            next_timeout: 0,
            next_cases: vec!["error".to_string(), "timeout".to_string()],
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// By name.
    pub storage: Vec<StorageMount>,
    pub permissions: Option<Permissions>,
}

/// What a service may learn from its provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// As the file says it.
    pub read: Vec<Permission>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// What runs in the lease.
    Deployment,
    /// What the lease's services wrote to their logs.
    Logs,
}

impl Permission {
    pub(crate) const ALL: [Permission; 2] = [Permission::Deployment, Permission::Logs];

    pub fn as_str(self) -> &'static str {
        match self {
            Permission::Deployment => "deployment",
            Permission::Logs => "logs",
        }
    }
}

/// Where a service sees one of its volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageMount {
    /// Of a volume in the service's resources.
    pub name: String,
    /// Absolute path inside the container; empty when the volume is not mounted.
    pub mount: String,
    pub read_only: bool,
}

impl Manifest {
    pub fn group(&self, name: &str) -> Option<&ManifestGroup> {
        self.groups.iter().find(|group| group.name == name)
    }
}

impl ManifestGroup {
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

impl Service {
    /// Where the named volume is mounted, if it is.
    pub fn mount(&self, volume: &str) -> Option<&StorageMount> {
        self.params.as_ref()?.storage.iter().find(|mount| mount.name == volume && !mount.mount.is_empty())
    }
}
