use std::time::Duration;

/// Limits of an overlay. The defaults suit a provider's agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Threads that carry data, each with a runtime of its own. 0: one for each core, at most 8.
    pub threads: usize,
    /// Idle carriers that whoever dials keeps ready in each tunnel.
    pub min_idle: usize,
    /// Carriers of one tunnel, idle and busy together; streams beyond it wait and then fail.
    pub max_carriers: usize,
    /// Carriers beyond `min_idle` that were not used for this long are closed.
    pub idle_ttl: Duration,
    /// How long a new stream waits for a carrier before it fails.
    pub open_wait: Duration,
    /// For the TCP connection of a carrier, and again for its handshake.
    pub handshake_timeout: Duration,
    /// Handshakes of incoming carriers under way at once.
    pub max_handshakes: usize,
    /// The same for one tunnel.
    pub max_handshakes_per_tunnel: usize,
    /// For the connection to one replica of a target.
    pub target_timeout: Duration,
    /// Within which the far end must have answered that a stream is open.
    pub open_timeout: Duration,
    /// How often an idle carrier is asked whether its far end is still there. A carrier that answers nothing for
    /// three such times is given up.
    pub ping_every: Duration,
    /// A carrier that takes no more bytes for this long is given up, unless the peer was heard on another carrier
    /// meanwhile: then it only reads slowly.
    pub send_timeout: Duration,
    /// `To` dials when it has had no carrier for this long.
    pub to_dials_after: Duration,
    /// The first pause before a peer is dialled again, and the longest.
    pub backoff: (Duration, Duration),
    /// How often the chain is asked whether it still vouches for a peer's root.
    pub recheck: Duration,
    /// A UDP flow over which nothing went for this long is forgotten.
    pub udp_idle: Duration,
    /// UDP flows of one listener at once. A new source beyond it is not heard.
    pub max_udp_flows: usize,
    /// Bytes of large buffers in use at once, over all threads. Beyond it streams move one record at a time, and
    /// datagrams that do not fit are dropped.
    pub buffer_bytes: usize,
    /// Sealed records of one key, after which the next key is used.
    pub records_per_key: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            threads: 0,
            min_idle: 4,
            max_carriers: 2048,
            idle_ttl: Duration::from_secs(60),
            open_wait: Duration::from_secs(5),
            handshake_timeout: Duration::from_secs(10),
            max_handshakes: 256,
            max_handshakes_per_tunnel: 32,
            target_timeout: Duration::from_secs(3),
            open_timeout: Duration::from_secs(15),
            ping_every: Duration::from_secs(10),
            send_timeout: Duration::from_secs(30),
            to_dials_after: Duration::from_secs(3),
            backoff: (Duration::from_millis(250), Duration::from_secs(10)),
            recheck: Duration::from_secs(5),
            udp_idle: Duration::from_secs(60),
            max_udp_flows: 1024,
            buffer_bytes: 64 << 20,
            // RFC 8446, 5.5: AES-GCM may seal 2^24.5 full records with one key.
            records_per_key: 1 << 24,
        }
    }
}
