//! Prometheus metrics. Names are stable.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Reason {
    pub reason: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Resource {
    pub resource: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct TunnelLabel {
    pub state: &'static str,
}

type Count = Gauge<u64, AtomicU64>;

/// Handles that the parts count with, and the registry that answers.
pub struct Metrics {
    registry: Registry,
    pub height: Count,
    pub tip: Count,
    pub block_age: Count,
    pub orders_age: Count,
    pub withdrawal_age: Count,
    pub ready: Count,
    pub bids: Counter,
    pub refusals: Family<Reason, Counter>,
    pub matches: Counter,
    pub activations: Counter,
    pub declines: Family<Reason, Counter>,
    pub withdrawals: Counter,
    pub restarts: Counter,
    pub removals: Counter,
    pub tx_failures: Family<Reason, Counter>,
    pub leases: Count,
    pub reservations: Count,
    pub queue: Count,
    pub tx_depth: Count,
    pub operator_balance: Gauge<f64, AtomicU64>,
    pub capacity: Family<Resource, Count>,
    pub reserved: Family<Resource, Count>,
    pub memory: Count,
    pub tunnels: Family<TunnelLabel, Count>,
    pub tunnel_streams: Count,
    pub tunnel_sent: Counter,
    pub tunnel_received: Counter,
    pub tunnel_failures: Counter,
    pub tunnel_refusals: Family<Reason, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("akash_provider");
        macro_rules! metric {
            ($name:literal, $help:literal) => {{
                let metric = Default::default();
                registry.register($name, $help, Clone::clone(&metric));
                metric
            }};
        }
        let height: Count = metric!("height", "Last handled block");
        let tip: Count = metric!("chain_tip", "Newest block that was seen");
        let block_age: Count = metric!("block_age_seconds", "Seconds since a block was handled");
        let orders_age: Count = metric!("orders_age_seconds", "Seconds since orders were evaluated");
        let withdrawal_age: Count = metric!("withdrawal_age_seconds", "Seconds since money was withdrawn");
        let ready: Count = metric!("ready", "1 when nothing keeps the agent from its work");
        let bids: Counter = metric!("bids", "Bids that the chain took");
        let refusals: Family<Reason, Counter> = metric!("refusals", "Orders that got no bid, by reason");
        let matches: Counter = metric!("matches", "Matches triggered from here");
        let activations: Counter = metric!("activations", "Leases activated");
        let declines: Family<Reason, Counter> = metric!("declines", "Leases declined, by reason");
        let withdrawals: Counter = metric!("withdrawals", "Withdrawals that the chain took");
        let restarts: Counter = metric!("restarts", "Crashed services started again");
        let removals: Counter = metric!("removals", "Ended leases whose workloads were removed");
        let tx_failures: Family<Reason, Counter> =
            metric!("tx_failures", "Messages without effect, by reason");
        let leases: Count = metric!("leases", "Live leases of this provider");
        let reservations: Count = metric!("reservations", "Orders and leases that inventory is kept for");
        let queue: Count = metric!("reconcile_queue", "Keys that wait or are worked on");
        let tx_depth: Count = metric!("tx_queue", "Messages that wait or are under way");
        let operator_balance: Gauge<f64, AtomicU64> =
            metric!("operator_balance", "Fee money of the operator key");
        let capacity: Family<Resource, Count> = metric!("capacity", "For sale");
        let reserved: Family<Resource, Count> = metric!("reserved", "Promised to bids and leases");
        let memory: Count = metric!("resident_memory_bytes", "Memory of the agent itself");
        let tunnels: Family<TunnelLabel, Count> = metric!("tunnels", "Tunnels to other providers, by state");
        let tunnel_streams: Count = metric!("tunnel_streams", "Streams that are open in tunnels");
        let tunnel_sent: Counter = metric!("tunnel_sent_bytes", "Payload to other providers");
        let tunnel_received: Counter = metric!("tunnel_received_bytes", "Payload from other providers");
        let tunnel_failures: Counter =
            metric!("tunnel_failures", "Streams that found no way on, or were cut off");
        let tunnel_refusals: Family<Reason, Counter> =
            metric!("tunnel_refusals", "Carriers from outside that were refused, by reason");
        Self {
            registry,
            height,
            tip,
            block_age,
            orders_age,
            withdrawal_age,
            ready,
            bids,
            refusals,
            matches,
            activations,
            declines,
            withdrawals,
            restarts,
            removals,
            tx_failures,
            leases,
            reservations,
            queue,
            tx_depth,
            operator_balance,
            capacity,
            reserved,
            memory,
            tunnels,
            tunnel_streams,
            tunnel_sent,
            tunnel_received,
            tunnel_failures,
            tunnel_refusals,
        }
    }
}

impl Metrics {
    pub fn refused(&self, reason: &str) {
        self.refusals.get_or_create(&Reason { reason: reason.to_owned() }).inc();
    }

    pub fn declined(&self, reason: &str) {
        self.declines.get_or_create(&Reason { reason: reason.to_owned() }).inc();
    }

    pub fn tx_failed(&self, error: &chain_client::TxError) {
        self.tx_failures.get_or_create(&Reason { reason: tx_reason(error).to_owned() }).inc();
    }

    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        self.memory.set(resident_bytes());
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}

/// A word for each way in which a message had no effect.
pub fn tx_reason(error: &chain_client::TxError) -> &'static str {
    use chain_client::TxError as E;
    match error {
        E::Contract { .. } => "refused_by_contract",
        E::OutOfGas { .. } => "out_of_gas",
        E::InsufficientFees { .. } => "fee_too_low",
        E::EmptyWallet { .. } => "empty_wallet",
        E::TimedOut { .. } => "timed_out",
        E::Unreachable { .. } => "unreachable",
        E::Unknown { .. } => "unknown",
        E::SequenceConflict { .. } => "sequence_conflict",
        E::Cancelled => "cancelled",
        _ => "other",
    }
}

/// Resident memory of this process, from the kernel; 0 where it does not say.
pub fn resident_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_show_under_stable_names() {
        let metrics = Metrics::default();
        metrics.bids.inc();
        metrics.refused("no_room");
        let text = metrics.render();
        for wanted in ["akash_provider_bids_total 1", "akash_provider_refusals_total{reason=\"no_room\"} 1"] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
    }
}
