//! This machine's clock. Money and leases go by the chain's time; the clock serves logs, events and the alarm when
//! both differ.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Seconds since the epoch; 0 on a clock before it.
pub fn now() -> u64 {
    since_epoch().as_secs()
}

/// Milliseconds since the epoch.
pub fn now_ms() -> u64 {
    u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX)
}
