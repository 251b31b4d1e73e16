use serde::{Deserialize, Serialize};

/// Query of the logs: all services and replicas when none is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogsQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica: Option<u32>,
    /// The last lines of each replica; all that are kept when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<u32>,
    /// Keep the answer open and send new lines as they come.
    pub follow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    Stdout,
    Stderr,
}

/// One line of the answer, which is newline-delimited JSON. An empty line only keeps the connection open and is to
/// be skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub service: String,
    pub replica: u32,
    pub stream: LogStream,
    /// Milliseconds since the epoch; 0 when the engine gave none.
    pub at_ms: u64,
    /// Without the line's end. Bytes that are not UTF-8 are replaced.
    pub line: String,
}

/// Usage of a lease at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    pub services: Vec<ServiceMetrics>,
}

/// Of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceMetrics {
    pub service: String,
    pub replica: u32,
    /// Processor time used since the replica started, in nanoseconds; two samples give the rate.
    pub cpu_total_ns: u64,
    /// Millicores used over the engine's last sampling interval.
    pub cpu_millis: u64,
    /// Millicores that it may use.
    pub cpu_limit_millis: u64,
    /// Bytes in use, without the page cache.
    pub memory: u64,
    /// Bytes that it may use.
    pub memory_limit: u64,
    /// Bytes received since the start.
    pub net_rx: u64,
    /// Bytes sent since the start.
    pub net_tx: u64,
    /// Processes and threads.
    pub pids: u64,
}
