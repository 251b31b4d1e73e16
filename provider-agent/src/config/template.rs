//! The file that `init` writes: every key with its default and a word on it.

use super::Config;

/// A commented file that says exactly `config`.
pub fn template(config: &Config) -> String {
    let c = config;
    let text = |v: &dyn std::fmt::Display| toml::Value::String(v.to_string()).to_string();
    let path = |v: &std::path::Path| toml::Value::String(v.display().to_string()).to_string();
    let list =
        |v: &[String]| toml::Value::Array(v.iter().cloned().map(toml::Value::String).collect()).to_string();
    let word = |v: &dyn erased::Word| text(&v.word());
    format!(
        r#"# Configuration of provider-agent. Each key shows its default or what `init` was told; a key left out has its
# default. Any key can also be set in the environment (AKASH_PROVIDER_CHAIN_GAS_PRICE for chain.gas_price) and on the
# command line (--set chain.gas_price=0.03uakash), in this order of precedence: flag, environment, file.
# `provider-agent check-config` reports every problem at once.

# The agent's database and lock. What is in it can be rebuilt from the chain and the engine.
data_dir = {data_dir}

[chain]
# Which chain and contracts: the address book that deploying the contracts wrote.
address_book = {address_book}
# RPC endpoints, best first; those of the address book when empty.
endpoints = {endpoints}
# Such as "0.025uakash"; that of the address book when empty.
gas_price = {gas_price}
# How often to ask for a new block.
poll = {poll}
# A transaction that is not in a block after so many blocks is given up and sent anew.
timeout_blocks = {timeout_blocks}

[provider]
# Address of the owner, the provider's id; found by the operator key when empty.
owner = {owner}
# Key file of the operator (hot) key: it can bid, activate, decline and withdraw to the payout address, no more.
operator_key = {operator_key}
# File with the passphrase of an encrypted key file; empty when the key file is in clear and has mode 0600.
passphrase_file = {passphrase_file}
# Directory of the owner's certificate root with its key; the gateway's leaf is signed with it.
root = {root}

[inventory]
# What is for sale; 0 is all that the engine has, less what is kept back. cpu is in millicores (1000 = one core).
cpu = {cpu}
memory = {memory}
storage = {storage}
# Storage classes for sale beside the default one, such as "beta2"; all of them are the engine's own storage.
storage_classes = {storage_classes}
keep_cpu = {keep_cpu}
keep_memory = {keep_memory}
keep_storage = {keep_storage}

[pricing]
# Rates in the base denom per unit and hour, exact to nine decimals; a bid is their sum over the order's term,
# rounded up. Orders in another denom are left alone.
denom = {denom}
# One core and hour.
cpu = {price_cpu}
# One GiB and hour.
memory = {price_memory}
storage = {price_storage}
persistent_storage = {price_persistent}
# One MiB per second and hour.
bandwidth = {price_bandwidth}
# One published port and hour.
endpoint = {price_endpoint}
# The least total of a bid.
minimum = {minimum}

[bidding]
enabled = {enabled}
min_term = {min_term}
max_term = {max_term}
# Bids and leases at the same time; 0 is as many as fit.
max_open = {max_open}
# Tenants whose orders are left alone.
refuse_tenants = {refuse_tenants}
# How often all open orders are looked at again without any event.
rescan = {rescan}
# Blocks after which a match is triggered from here when its cheapest bidder has not done it.
match_fallback_blocks = {match_fallback_blocks}
# Bid only on orders that ask for these attributes:
# [[bidding.only_attributes]]
# key = "region"
# value = "eu-west"

[runtime]
engine = {engine}
endpoint = {engine_endpoint}
# "nftables" keeps workloads from this machine and private networks, in a table of its own, and takes root or
# CAP_NET_ADMIN; "none" leaves it to you.
firewall = {firewall}
# Processes and open files of one container.
pids = {pids}
open_files = {open_files}
# OCI runtime for workloads such as "runsc"; the engine's default when empty.
oci_runtime = {oci_runtime}
# Log rotation of each container.
log_size = {log_size}
log_files = {log_files}
# The most that a lease's manifest may carry, files and images together, within the room on disk that its order
# bought; 0 takes nothing carried.
carried = {carried}

[ports]
# The pool of ports that workloads may publish, and the address they are published on.
from = {ports_from}
to = {ports_to}
bind = {bind}
# The name under which tenants reach them; the gateway's host when empty.
host = {ports_host}

[gateway]
listen = {listen}
# This machine as tenants know it; the host of the first registered endpoint when empty.
host = {gateway_host}

[leases]
# How often every lease is compared with what runs, without any event.
resync = {resync}
# How often the engine is asked for containers that ended.
watch = {watch}
# Leases worked on at the same time.
parallel = {parallel}
# A lease that cannot run is declined this long before its activation window ends, instead of being slashed.
decline_margin = {decline_margin}
# A crashed service is started again after restart_min, doubling up to restart_max; running for restart_reset
# counts as recovered.
restart_min = {restart_min}
restart_max = {restart_max}
restart_reset = {restart_reset}

[money]
# Withdraw once a lease has earned so many times what the withdrawal costs, and whatever is more than it costs at
# least once per interval. A fee_multiple of 0 withdraws whatever it costs.
fee_multiple = {fee_multiple}
interval = {interval}
# How often earnings are looked at.
check = {check}

[ops]
# /live, /ready, /metrics and /status; loopback only.
listen = {ops_listen}
log = {log}
# "text" or "json".
log_format = {log_format}
# The longest time that a stop may take. Workloads keep running when the agent stops.
drain = {drain}
# Not ready when no block was handled for this long.
stall = {stall}
"#,
        data_dir = path(&c.data_dir),
        address_book = path(&c.chain.address_book),
        endpoints = list(&c.chain.endpoints),
        gas_price = text(&c.chain.gas_price),
        poll = text(&c.chain.poll),
        timeout_blocks = c.chain.timeout_blocks,
        owner = text(&c.provider.owner),
        operator_key = path(&c.provider.operator_key),
        passphrase_file = path(&c.provider.passphrase_file),
        root = path(&c.provider.root),
        cpu = c.inventory.cpu,
        memory = text(&c.inventory.memory),
        storage = text(&c.inventory.storage),
        storage_classes = list(&c.inventory.storage_classes),
        keep_cpu = c.inventory.keep_cpu,
        keep_memory = text(&c.inventory.keep_memory),
        keep_storage = text(&c.inventory.keep_storage),
        denom = text(&c.pricing.denom),
        price_cpu = text(&c.pricing.cpu),
        price_memory = text(&c.pricing.memory),
        price_storage = text(&c.pricing.storage),
        price_persistent = text(&c.pricing.persistent_storage),
        price_bandwidth = text(&c.pricing.bandwidth),
        price_endpoint = text(&c.pricing.endpoint),
        minimum = c.pricing.minimum,
        enabled = c.bidding.enabled,
        min_term = text(&c.bidding.min_term),
        max_term = text(&c.bidding.max_term),
        max_open = c.bidding.max_open,
        refuse_tenants = list(&c.bidding.refuse_tenants),
        rescan = text(&c.bidding.rescan),
        match_fallback_blocks = c.bidding.match_fallback_blocks,
        engine = word(&c.runtime.engine),
        engine_endpoint = text(&c.runtime.endpoint),
        firewall = word(&c.runtime.firewall),
        pids = c.runtime.pids,
        open_files = c.runtime.open_files,
        oci_runtime = text(&c.runtime.oci_runtime),
        log_size = text(&c.runtime.log_size),
        log_files = c.runtime.log_files,
        carried = word(&c.runtime.carried),
        ports_from = c.ports.from,
        ports_to = c.ports.to,
        bind = text(&c.ports.bind),
        ports_host = text(&c.ports.host),
        listen = text(&c.gateway.listen),
        gateway_host = text(&c.gateway.host),
        resync = text(&c.leases.resync),
        watch = text(&c.leases.watch),
        parallel = c.leases.parallel,
        decline_margin = text(&c.leases.decline_margin),
        restart_min = text(&c.leases.restart_min),
        restart_max = text(&c.leases.restart_max),
        restart_reset = text(&c.leases.restart_reset),
        fee_multiple = c.money.fee_multiple,
        interval = text(&c.money.interval),
        check = text(&c.money.check),
        ops_listen = text(&c.ops.listen),
        log = text(&c.ops.log),
        log_format = word(&c.ops.log_format),
        drain = text(&c.ops.drain),
        stall = text(&c.ops.stall),
    )
}

/// The word that the file uses for a choice.
mod erased {
    pub trait Word {
        fn word(&self) -> String;
    }

    impl<T: serde::Serialize> Word for T {
        fn word(&self) -> String {
            toml::Value::try_from(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
        }
    }
}
