//! Tunnels between the workloads of a deployment that run at different providers.
//!
//! A *tunnel* joins two providers for one connection of a manifest in one direction. It is a pool of *carriers*: TCP
//! connections over which both ends have proved themselves with leaves of their own for this tunnel (crate
//! `identity`, TLS 1.3 only). Each carrier takes one stream at a time and is used again after it, so that a new
//! stream waits for no handshake, and one stalled stream holds up no other. Streams are opened by the end whose
//! workload calls ([`Side::From`]); carriers may be dialled by either end, so one of the two may be behind NAT.
//!
//! The crate knows neither agent nor chain. What it needs to know it is told:
//!
//! | part | does |
//! | --- | --- |
//! | [`Overlay::set`] | which tunnels there are now; whatever is not among them is closed at once |
//! | [`Host`] | where a stream that comes out of a tunnel goes: healthy replicas of the target |
//! | [`Route`] | where a workload's new stream goes: a replica here, or a tunnel |
//! | [`identity::Roots`] | whether the chain vouches for the peer's root, at the handshake and again while it lasts |
//!
//! and these are the ways in:
//!
//! | part | does |
//! | --- | --- |
//! | [`Hello`] | reads the start of a connection on the gateway's port, to tell a carrier ([`ALPN`]) from the rest |
//! | [`Overlay::accept`] | takes such a connection over |
//! | [`Overlay::listen_tcp`], [`Overlay::listen_udp`] | take the streams and datagrams of local workloads |
//! | [`Overlay::status`] | what each tunnel is doing |
//! | [`Overlay::drain`], [`Overlay::stop`] | end it |
//!
//! An overlay owns its threads, one runtime on each, and its buffers. Nothing here blocks its caller.

mod app;
mod buffer;
mod carrier;
mod config;
mod core;
mod datagram;
mod dial;
mod handshake;
mod hello;
mod host;
mod life;
mod listen;
mod overlay;
mod pool;
mod record;
mod socket;
mod state;
mod status;
mod stream;
mod tunnel;
mod work;

pub use config::Config;
pub use hello::{Hello, HelloError, Rewound};
pub use host::{Host, Route, Way};
pub use identity::Side;
pub use overlay::{AcceptError, Listening, Overlay, StartError};
pub use status::{Refusals, State, TunnelStatus};
pub use tunnel::{TunnelId, TunnelSpec};

/// The protocol's name inside TLS. A change that an older peer could not read takes a new one.
pub const ALPN: &[u8] = b"akash-tunnel/1";
