use cosmwasm_std::Addr;
use serde::{Deserialize, Serialize};

/// Which end of a connection a lease holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Its workload calls.
    Outgoing,
    /// Its workload is called.
    Incoming,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TunnelState {
    /// Nothing was tried yet.
    New,
    /// The two providers do not reach each other at the moment; it is tried again and again.
    Connecting,
    Up,
}

/// A connection of the manifest to or from a service at another provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionStatus {
    /// Such as `web.db.5432.tcp`: who calls, who is called, port and protocol.
    pub name: String,
    pub direction: Direction,
    /// The provider at the other end.
    pub peer: Addr,
    pub state: TunnelState,
    /// Streams that are open now; of UDP, flows.
    pub open: u64,
    /// Streams since the agent started.
    pub streams: u64,
    /// Streams that found no way on, or were cut off.
    pub failed: u64,
    /// Payload towards the other provider and from it, in bytes.
    pub sent: u64,
    pub received: u64,
    /// When the two providers last proved themselves to each other, in seconds since the epoch; none before the first
    /// time.
    pub last_handshake: Option<u64>,
    /// What last stood in the way, and when in seconds since the epoch.
    pub last_error: Option<ConnectionError>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionError {
    pub at: u64,
    pub message: String,
}

impl ConnectionStatus {
    /// One line for people; `now` is in seconds since the epoch.
    pub fn describe(&self, now: u64) -> String {
        let Self { name, peer, open, streams, failed, sent, received, .. } = self;
        let peer = match self.direction {
            Direction::Outgoing => format!("to {peer}"),
            Direction::Incoming => format!("from {peer}"),
        };
        let state = match self.state {
            TunnelState::New => "not tried yet",
            TunnelState::Connecting => "connecting",
            TunnelState::Up => "up",
        };
        let mut line = format!(
            "connection {name} {peer}: {state}, {open} open of {streams}, {sent} bytes sent, {received} received"
        );
        if *failed > 0 {
            line.push_str(&format!(", {failed} failed"));
        }
        if let Some(at) = self.last_handshake {
            line.push_str(&format!(", handshake {} s ago", now.saturating_sub(at)));
        }
        if let Some(ConnectionError { at, message }) = &self.last_error {
            line.push_str(&format!("; {} s ago: {message}", now.saturating_sub(*at)));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_told_in_one_line() {
        let status = ConnectionStatus {
            name: "web.db.5432.tcp".into(),
            direction: Direction::Outgoing,
            peer: Addr::unchecked("provider"),
            state: TunnelState::Up,
            open: 1,
            streams: 3,
            failed: 2,
            sent: 10,
            received: 20,
            last_handshake: Some(90),
            last_error: Some(ConnectionError { at: 95, message: "no answer".into() }),
        };
        let text =
            "connection web.db.5432.tcp to provider: up, 1 open of 3, 10 bytes sent, 20 received, 2 failed, \
                    handshake 10 s ago; 5 s ago: no answer";
        assert_eq!(status.describe(100), text);
    }
}
