//! What is handed to a carrier: a workload's stream or flow.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;

use crate::app::App;
use crate::datagram::Flow;
use crate::listen::Listener;

pub(crate) enum Work {
    Stream(Stream),
    Flow(Arc<Flow>),
}

/// A workload's stream for which a way is sought or found.
pub(crate) struct Stream {
    pub app: App,
    pub source: SocketAddr,
    pub listener: Arc<Listener>,
    /// Until when it waits for a carrier.
    pub until: Instant,
}
