use std::fmt;

use crate::TunnelId;

/// How a tunnel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No carrier, and none was asked for yet.
    New,
    /// No carrier; dialling, or waiting for the peer to dial.
    Connecting,
    /// At least one carrier.
    Up,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Connecting => "connecting",
            Self::Up => "up",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a tunnel is doing, and has done since it was set. Counts never fall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunnelStatus {
    pub id: TunnelId,
    pub state: State,
    /// Carriers that wait for a stream, and those that have one.
    pub idle: u64,
    pub busy: u64,
    /// Streams and UDP flows opened since the start. Open now: `busy`.
    pub streams: u64,
    /// Streams that ended by a reset, of either end or because their carrier died.
    pub resets: u64,
    /// Streams that found no carrier or no target.
    pub failed: u64,
    /// Payload towards the peer and from it, in bytes.
    pub sent: u64,
    pub received: u64,
    /// Datagrams that were too long for the flow or came while it could not take them.
    pub dropped: u64,
    /// Handshakes that were completed.
    pub handshakes: u64,
    /// Seconds since the epoch of the last of them; none before the first.
    pub last_handshake: Option<u64>,
    /// Why the last attempt, carrier or stream failed, and when in seconds since the epoch.
    pub last_error: Option<(u64, String)>,
    /// When the leaf in use for this tunnel ends, in seconds since the epoch.
    pub leaf_expires: u64,
}

/// Carriers from outside that were refused since the start, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// The label named no tunnel of this provider.
    pub unknown: u64,
    /// Too many handshakes under way, or too many carriers of this tunnel.
    pub busy: u64,
    /// The handshake failed or did not end in time.
    pub handshake: u64,
    /// Certificates that are not the peer's for this tunnel.
    pub certificate: u64,
    /// The chain does not vouch for the peer's root, or could not be asked.
    pub root: u64,
}
