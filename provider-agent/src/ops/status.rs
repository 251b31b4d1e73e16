//! What `/status` answers and `provider-agent status` prints.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use gateway_api::Control;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::inventory::Amounts;

/// The largest status that the command reads.
const MAX_STATUS_BYTES: u64 = 16 << 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatusReport {
    pub version: String,
    pub chain_id: String,
    pub provider: String,
    pub operator: String,
    /// Last handled block and the newest that was seen.
    pub height: u64,
    pub tip: u64,
    pub ready: bool,
    /// Why not, when it is not.
    pub unready: Vec<String>,
    pub uptime_seconds: u64,
    pub memory_bytes: u64,
    pub capacity: Amounts,
    pub reserved: Amounts,
    /// Keys to look at, and messages under way.
    pub reconcile_queue: usize,
    pub tx_queue: usize,
    pub ports_taken: usize,
    pub leases: Vec<LeaseLine>,
    /// The latest decisions on orders, newest first.
    pub orders: Vec<OrderLine>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeaseLine {
    pub lease: u64,
    pub deployment: u64,
    pub phase: String,
    pub control: Control,
    /// Of the manifest that runs, in hex.
    pub version: Option<String>,
    pub running: u32,
    pub desired: u32,
    /// The manifest that it gets from other participants.
    #[serde(default)]
    pub fetching: Option<gateway_api::Fetching>,
    /// Base units earned and not withdrawn when it was last looked at.
    pub unpaid: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderLine {
    pub order: u64,
    /// Base units, when there is a bid.
    pub price: Option<String>,
    /// Why there is none, or how the bid failed.
    pub refusal: Option<serde_json::Value>,
}

/// Asks the agent that runs on this machine.
pub async fn fetch(address: SocketAddr) -> anyhow::Result<StatusReport> {
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let request = format!("GET /status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(MAX_STATUS_BYTES).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let advice = format!("no agent answers at {address}: is it running with this configuration?");
    let answer = tokio::time::timeout(Duration::from_secs(10), ask)
        .await
        .map_err(|_| anyhow::anyhow!("{advice}"))?
        .map_err(|e| anyhow::anyhow!("{advice} ({e})"))?;
    let head = answer.windows(4).position(|w| w == b"\r\n\r\n");
    let start = head.ok_or_else(|| anyhow::anyhow!("{address} does not speak HTTP"))?;
    Ok(serde_json::from_slice(&answer[start + 4..])?)
}

/// For people.
pub fn render(report: &StatusReport) -> String {
    let mut out = String::new();
    let r = report;
    let state = if r.ready { "ready".to_owned() } else { format!("NOT READY: {}", r.unready.join("; ")) };
    let gib = |bytes: u64| bytes as f64 / f64::from(1u32 << 30);
    // Writing into a String cannot fail.
    let _ = writeln!(out, "provider   {} on {}", r.provider, r.chain_id);
    let _ = writeln!(out, "operator   {}", r.operator);
    let _ = writeln!(out, "state      {state}");
    let _ = writeln!(out, "block      {} of {}", r.height, r.tip);
    let (have, used) = (&r.capacity, &r.reserved);
    let _ = writeln!(
        out,
        "reserved   {} of {} millicores, {:.1} of {:.1} GiB memory, {:.1} of {:.1} GiB storage, {} of {} ports",
        used.cpu,
        have.cpu,
        gib(used.memory),
        gib(have.memory),
        gib(used.storage),
        gib(have.storage),
        used.endpoints,
        have.endpoints
    );
    let _ = writeln!(out, "queues     {} to look at, {} messages", r.reconcile_queue, r.tx_queue);
    for lease in &r.leases {
        let control = serde_json::to_value(&lease.control).unwrap_or_default();
        let state = control["state"].as_str().unwrap_or("?").to_owned();
        let why = control["message"].as_str().map(|m| format!(": {m}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "lease {:<6} {} {}/{} running, {} unpaid, {state}{why}",
            lease.lease, lease.phase, lease.running, lease.desired, lease.unpaid
        );
        if let Some(fetching) = &lease.fetching {
            let _ = writeln!(out, "             {fetching}");
        }
    }
    for order in r.orders.iter().take(20) {
        let what = match (&order.price, &order.refusal) {
            (Some(price), None) => format!("bid {price}"),
            (_, Some(reason)) => format!("no bid: {reason}"),
            (None, None) => "pending".to_owned(),
        };
        let _ = writeln!(out, "order {:<6} {what}", order.order);
    }
    out
}
