use std::time::Duration;

/// Capabilities that are left to a workload's root. Many images start as root, prepare their directories and then
/// become another user; these are what that takes, and no more:
///
/// - `CHOWN`, `FOWNER`, `DAC_OVERRIDE`: hand a data directory to the service's user, and write its files before
///   (nginx's logs, a database's directory);
/// - `SETUID`, `SETGID`: become that user;
/// - `KILL`: a root supervisor signals workers of another user; reaches only processes of the same container;
/// - `NET_BIND_SERVICE`: ports below 1024 in the container's own network.
///
/// Left out of the engine's own default: raw sockets, device nodes, chroot, file capabilities, audit.
pub const DEFAULT_CAPABILITIES: [&str; 7] =
    ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

/// How this provider uses its engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerConfig {
    /// `unix:///path` or `tcp://host:port`.
    pub endpoint: String,
    /// The provider's address: the label by which everything of it is found.
    pub provider: String,
    /// Processes and threads of one container.
    pub pids: u64,
    /// Open files of one process.
    pub open_files: u64,
    /// OCI runtime such as `runsc`; the engine's default when empty.
    pub oci_runtime: String,
    /// Bytes of a container's log before it is rotated.
    pub log_size: u64,
    /// Logs kept of a container, the current one included.
    pub log_files: u32,
    /// Bytes of `/dev/shm`.
    pub shm_size: u64,
    /// Keep workloads from this machine and its neighbourhood with nftables, which takes root or CAP_NET_ADMIN.
    pub firewall: bool,
    /// Fetch an image that is not in the engine. Off: only images that are there are used.
    pub fetch_images: bool,
    /// Set when the engine's storage can limit a container's own files (overlay2 on XFS with project quotas).
    pub storage_quota: bool,
    /// Where subnets come from when the engine's own pools are used up, such as `10.215.0.0/16`; each lease takes 64
    /// addresses.
    pub subnet_pool: (std::net::Ipv4Addr, u8),
    /// Between the signal to stop and the kill, when a replica is replaced or restarted.
    pub stop_timeout: Duration,
    /// The same at the end of a lease. Short: the time is paid no more, and nothing of the workload survives anyway.
    pub end_grace: Duration,
    /// Bound of one call to the engine that should be quick.
    pub call_timeout: Duration,
    /// Bound of fetching one image.
    pub fetch_timeout: Duration,
}

impl DockerConfig {
    /// The defaults for a provider on an engine.
    pub fn new(endpoint: impl Into<String>, provider: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            provider: provider.into(),
            pids: 256,
            open_files: 4096,
            oci_runtime: String::new(),
            log_size: 10 * 1024 * 1024,
            log_files: 3,
            shm_size: 64 * 1024 * 1024,
            firewall: true,
            fetch_images: false,
            storage_quota: false,
            subnet_pool: (std::net::Ipv4Addr::new(10, 215, 0, 0), 16),
            stop_timeout: Duration::from_secs(10),
            end_grace: Duration::from_millis(250),
            call_timeout: Duration::from_secs(30),
            fetch_timeout: Duration::from_secs(300),
        }
    }
}
