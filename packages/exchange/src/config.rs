use std::time::Duration;

/// Limits of the exchange. The defaults suit a provider's agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Peers that one fetch is connected to at once.
    pub max_peers: usize,
    /// Pieces asked of one peer and not yet come.
    pub pipeline: usize,
    /// Connections of one account that are answered at once.
    pub max_connections_per_account: usize,
    /// For the first message of a connection, on both sides.
    pub hello_timeout: Duration,
    /// A peer that was asked and sends no piece for this long is given up.
    pub stall_timeout: Duration,
    /// A peer that does not read for this long is given up.
    pub write_timeout: Duration,
    /// A connection on which the other side says nothing for this long is ended by who answers.
    pub idle_timeout: Duration,
    /// How often who asks says that it is still there.
    pub keepalive: Duration,
    /// How often a fetch looks for participants that joined or left.
    pub look: Duration,
    /// How often who answers looks whether the other side still takes part.
    pub recheck: Duration,
    /// The first pause before a peer is tried again, and the longest.
    pub backoff: (Duration, Duration),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_peers: 16,
            pipeline: 8,
            max_connections_per_account: 8,
            hello_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
            keepalive: Duration::from_secs(15),
            look: Duration::from_secs(2),
            recheck: Duration::from_secs(5),
            backoff: (Duration::from_millis(500), Duration::from_secs(30)),
        }
    }
}
