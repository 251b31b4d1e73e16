//! What the operator sees: health, metrics, status.

mod health;
mod http;
mod metrics;
mod status;

pub use health::{Health, Unready};
pub use http::{router, serve};
pub use metrics::{resident_bytes, Metrics, Reason, Resource, TunnelLabel};
pub use status::{fetch, render, LeaseLine, OrderLine, StatusReport};
