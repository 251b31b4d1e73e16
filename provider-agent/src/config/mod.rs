//! What an operator can set: one TOML file whose defaults work, then the environment, then flags.

mod check;
mod load;
mod template;
mod units;

use std::net::SocketAddr;
use std::path::PathBuf;

use registry_api::Attribute;
use serde::{Deserialize, Serialize};

pub use check::{check, check_files};
pub use load::{load, load_onto, Loaded, Problem, ENV_PREFIX};
pub use template::template;
pub use units::{Rate, Size, Span, RATE_DECIMALS};

/// The whole configuration. Every key has a default; empty strings and zeroes mean "not set" where a comment says
/// so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the agent keeps its database and its lock.
    pub data_dir: PathBuf,
    pub chain: Chain,
    pub provider: Provider,
    pub inventory: Inventory,
    pub pricing: Pricing,
    pub bidding: Bidding,
    pub runtime: Runtime,
    pub ports: Ports,
    pub gateway: Gateway,
    pub leases: Leases,
    pub money: Money,
    pub ops: Ops,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Chain {
    /// The address book of the chain that the agent works on.
    pub address_book: PathBuf,
    /// RPC endpoints, best first; those of the address book when empty.
    pub endpoints: Vec<String>,
    /// Such as `0.025uakash`; that of the address book when empty.
    pub gas_price: String,
    /// How often the agent asks for a new block.
    pub poll: Span,
    /// Blocks after which a transaction that was not included is given up and sent anew.
    pub timeout_blocks: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provider {
    /// The owner's address, which is the provider's id. When empty, the provider that the operator key works for.
    pub owner: String,
    /// Key file of the operator (hot) key.
    pub operator_key: PathBuf,
    /// File that holds the passphrase of an encrypted key file; empty for a key file in clear of mode 0600.
    pub passphrase_file: PathBuf,
    /// Directory of the owner's certificate root with its key, under which the agent signs its own leaf.
    pub root: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inventory {
    /// Millicores for sale; 0 for what the engine has.
    pub cpu: u64,
    /// For sale; 0 for what the engine has.
    pub memory: Size,
    /// For sale; 0 for what the engine has.
    pub storage: Size,
    /// Storage classes for sale beside the default one, such as `beta2`; they all are the engine's own storage.
    pub storage_classes: Vec<String>,
    /// Kept back for the machine itself, from what the engine has.
    pub keep_cpu: u64,
    /// Kept back for the machine itself, from what the engine has.
    pub keep_memory: Size,
    /// Kept back for the machine itself, from what the engine has.
    pub keep_storage: Size,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pricing {
    /// The denom of the rates; orders in other denoms are left alone.
    pub denom: String,
    /// For one core and hour.
    pub cpu: Rate,
    /// For one GiB and hour.
    pub memory: Rate,
    /// For one GiB and hour of storage that ends with the workload.
    pub storage: Rate,
    /// For one GiB and hour of persistent storage.
    pub persistent_storage: Rate,
    /// For one MiB per second and hour.
    pub bandwidth: Rate,
    /// For one published port and hour.
    pub endpoint: Rate,
    /// The least total of a bid, in the base denom.
    pub minimum: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bidding {
    pub enabled: bool,
    /// Orders with a shorter term are left alone.
    pub min_term: Span,
    /// Orders with a longer term are left alone.
    pub max_term: Span,
    /// Bids and leases at the same time; 0 for as many as fit.
    pub max_open: u64,
    /// Tenants whose orders are left alone.
    pub refuse_tenants: Vec<String>,
    /// Orders must ask for all of these attributes to get a bid.
    pub only_attributes: Vec<Attribute>,
    /// How often all open orders are looked at again, without any event.
    pub rescan: Span,
    /// Blocks after which a match that its cheapest bidder has not triggered is triggered from here.
    pub match_fallback_blocks: u64,
}

/// Which engine runs the workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Docker,
}

/// What keeps workloads from this machine and its neighbourhood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Firewall {
    /// A table of the agent's own on this machine; takes root or `CAP_NET_ADMIN`.
    Nftables,
    /// Nothing of the agent's: the operator sees to it.
    None,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Runtime {
    pub engine: Engine,
    /// Where the engine listens: `unix:///path` or `tcp://host:port`.
    pub endpoint: String,
    /// What keeps workloads from this machine and its neighbourhood.
    pub firewall: Firewall,
    /// Processes of one container.
    pub pids: u64,
    /// Open files of one container.
    pub open_files: u64,
    /// OCI runtime for workloads, such as `runsc`; the engine's default when empty.
    pub oci_runtime: String,
    /// Size of a container's log before it is rotated.
    pub log_size: Size,
    /// Logs kept of a container, the current one included.
    pub log_files: u32,
    /// The most that a lease's manifest may carry, files and images together, within the room on disk that its order
    /// bought; 0 takes nothing carried.
    pub carried: Size,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ports {
    /// First port that the agent may publish.
    pub from: u16,
    /// Last port that the agent may publish.
    pub to: u16,
    /// The address that ports are published on.
    pub bind: String,
    /// The name or address under which tenants reach published ports; the gateway's public host when empty.
    pub host: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    pub listen: SocketAddr,
    /// The name or address of this machine as tenants know it; the host of the first registered endpoint when
    /// empty.
    pub host: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Leases {
    /// How often every lease is compared with what runs, without any event.
    pub resync: Span,
    /// How often the engine is asked for containers that ended.
    pub watch: Span,
    /// Leases worked on at the same time.
    pub parallel: usize,
    /// A lease that cannot run is declined this long before its activation window ends.
    pub decline_margin: Span,
    /// First wait before a crashed service is started again; doubles with each crash.
    pub restart_min: Span,
    /// Longest wait before a crashed service is started again.
    pub restart_max: Span,
    /// A service that ran this long counts as recovered.
    pub restart_reset: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Money {
    /// Withdraw once a lease has earned this many times what the withdrawal costs; 0 for whatever it costs.
    pub fee_multiple: u64,
    /// Withdraw at least this often whatever is more than the withdrawal costs.
    pub interval: Span,
    /// How often earnings are looked at.
    pub check: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ops {
    /// `/live`, `/ready`, `/metrics` and `/status`; a loopback address.
    pub listen: SocketAddr,
    /// Such as `info` or `info,provider_agent=debug`.
    pub log: String,
    pub log_format: LogFormat,
    /// The longest time that a stop may take.
    pub drain: Span,
    /// Not ready when no block was handled for this long.
    pub stall: Span,
}

impl Default for Config {
    fn default() -> Self {
        let dir = default_dir();
        Self {
            data_dir: dir.join("data"),
            chain: Chain::default(),
            provider: Provider {
                owner: String::new(),
                operator_key: dir.join("operator.key"),
                passphrase_file: PathBuf::new(),
                root: dir.join("root"),
            },
            inventory: Inventory::default(),
            pricing: Pricing::default(),
            bidding: Bidding::default(),
            runtime: Runtime::default(),
            ports: Ports::default(),
            gateway: Gateway::default(),
            leases: Leases::default(),
            money: Money::default(),
            ops: Ops::default(),
        }
    }
}

/// `$AKASH_PROVIDER_HOME`, else `~/.akash-provider`, else `/var/lib/akash-provider`.
pub fn default_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("AKASH_PROVIDER_HOME").filter(|v| !v.is_empty()) {
        return dir.into();
    }
    match std::env::var_os("HOME").filter(|v| !v.is_empty()) {
        Some(home) => PathBuf::from(home).join(".akash-provider"),
        None => "/var/lib/akash-provider".into(),
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            address_book: "deployments/local.json".into(),
            endpoints: Vec::new(),
            gas_price: String::new(),
            poll: Span::millis(100),
            timeout_blocks: 20,
        }
    }
}

impl Default for Provider {
    fn default() -> Self {
        Config::default().provider
    }
}

impl Default for Inventory {
    fn default() -> Self {
        Self {
            cpu: 0,
            memory: Size(0),
            storage: Size(0),
            storage_classes: Vec::new(),
            keep_cpu: 250,
            keep_memory: Size(512 << 20),
            keep_storage: Size(4 << 30),
        }
    }
}

impl Default for Pricing {
    fn default() -> Self {
        let rate = |whole: u64| Rate(whole * 10u64.pow(RATE_DECIMALS));
        Self {
            denom: "uakash".into(),
            cpu: rate(4_000),
            memory: rate(1_500),
            storage: rate(40),
            persistent_storage: rate(80),
            bandwidth: rate(0),
            endpoint: rate(20),
            minimum: 1,
        }
    }
}

impl Default for Bidding {
    fn default() -> Self {
        Self {
            enabled: true,
            min_term: Span::secs(0),
            max_term: Span::secs(366 * 24 * 3600),
            max_open: 0,
            refuse_tenants: Vec::new(),
            only_attributes: Vec::new(),
            rescan: Span::secs(30),
            match_fallback_blocks: 4,
        }
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            engine: Engine::Docker,
            endpoint: "unix:///var/run/docker.sock".into(),
            firewall: Firewall::Nftables,
            pids: 256,
            open_files: 4096,
            oci_runtime: String::new(),
            log_size: Size(10 << 20),
            log_files: 3,
            carried: Size(4 << 30),
        }
    }
}

impl Default for Ports {
    fn default() -> Self {
        Self { from: 30000, to: 31999, bind: "0.0.0.0".into(), host: String::new() }
    }
}

impl Default for Gateway {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([0, 0, 0, 0], 8443)), host: String::new() }
    }
}

impl Default for Leases {
    fn default() -> Self {
        Self {
            resync: Span::secs(10),
            watch: Span::secs(2),
            parallel: 8,
            decline_margin: Span::secs(10),
            restart_min: Span::secs(1),
            restart_max: Span::secs(60),
            restart_reset: Span::secs(300),
        }
    }
}

impl Default for Money {
    fn default() -> Self {
        Self { fee_multiple: 20, interval: Span::secs(24 * 3600), check: Span::secs(60) }
    }
}

impl Default for Ops {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8444)),
            log: "info".into(),
            log_format: LogFormat::Text,
            drain: Span::secs(20),
            stall: Span::secs(30),
        }
    }
}
