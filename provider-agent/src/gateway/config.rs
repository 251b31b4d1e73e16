use std::time::Duration;

/// Limits of the gateway. The defaults suit one machine's worth of leases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayConfig {
    /// Connections at once, counted before the handshake.
    pub max_connections: usize,
    /// Connections at once from one address, counted before the handshake.
    pub max_connections_per_ip: usize,
    /// Requests under way at once of one account; a followed log or an open shell counts until it ends.
    pub max_requests_per_account: usize,
    pub handshake_timeout: Duration,
    /// For a request's headers, from the end of the request before.
    pub header_timeout: Duration,
    /// For a request's body.
    pub body_timeout: Duration,
    /// A connection on which nothing moves for this long is closed; streams keep themselves alive.
    pub idle_timeout: Duration,
    /// How often an open stream asks again whether the chain still vouches for its peer, and says that it lives.
    pub recheck_interval: Duration,
    /// Time that requests under way get when the agent stops.
    pub drain_timeout: Duration,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            max_connections: 512,
            max_connections_per_ip: 64,
            max_requests_per_account: 16,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
            recheck_interval: Duration::from_secs(15),
            drain_timeout: Duration::from_secs(10),
        }
    }
}
