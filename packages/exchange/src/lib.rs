//! Manifests and content between the participants of a deployment.
//!
//! A participant that lacks something asks all others at once, piece by piece; every piece proves itself on arrival
//! and is given on from then on. Who takes part is what the chain says: the tenant, and the providers with a live
//! lease of the deployment. Both ends of every connection are leaves of on-chain roots (crate `identity`), on the
//! port of the provider's gateway under a protocol name of its own, [`ALPN`].
//!
//! | part | does |
//! | --- | --- |
//! | [`Host`] | what the exchange asks of the program it runs in: participants, manifests, what is carried |
//! | [`Exchange::serve`] | answers one connection |
//! | [`Exchange::fetch`] | gets one [`Item`] from the others |
//! | [`wire`] | the messages |
//!
//! Whoever does not take part is told [`wire::Answer::Refused`], whether a deployment or an item exists or not.
//! Memory is bounded by pieces under way, not by the size of what is fetched.

mod config;
mod exchange;
mod fetch;
mod host;
mod item;
mod peer;
mod picker;
mod progress;
mod serve;
mod target;
pub mod wire;

pub use config::Config;
pub use exchange::Exchange;
pub use fetch::FetchError;
pub use host::{Host, Participant, Participants, Unknown};
pub use item::{Fetched, Item};
pub use progress::{BadPeer, Progress};

/// The protocol's name inside TLS. A change that an older peer could not read takes a new one.
pub const ALPN: &[u8] = b"akash-exchange/1";
