//! Certificate roots and leaves, and their verification against the chain.
//!
//! Every account publishes the root of its own authority on the chain (the provider registry keeps it). Off chain,
//! both ends of every connection present a leaf under such a root: TLS 1.3, certificates on both sides, exactly the
//! chain `[leaf, root]`. Trust has two steps that are kept apart:
//!
//! 1. In the handshake ([`verify_chain`]): the certificates alone. The root signs itself and names the account, the
//!    leaf is signed by the root and names chain, account and role in its one URI,
//!    `akash://<chain-id>/<account>/<role>`.
//! 2. After the handshake and before anything is served ([`authorise`]): the chain. This very root must be active
//!    for this account. [`CachedRoots`] remembers answers, so that a silent chain cuts off nobody who was known.
//!
//! [`Root`] is kept on disk; [`Identity`] issues leaves from it in memory and renews them. [`Acceptor`] and
//! [`Connector`] are the two ends of a connection. [`PerKey`] limits what one peer has under way.
//!
//! Tunnels between workloads have leaves of their own, with a name of their own ([`TunnelName`]): [`TunnelEnd`].
//!
//! The crypto provider (ring) is passed to every TLS configuration here; no process-wide default is needed.

mod cache;
mod claim;
mod client;
mod endpoint;
mod identity;
mod limits;
mod name;
mod root;
mod server;
mod tls;
mod trust;
mod tunnel;
mod verify;

pub use cache::{CachePolicy, CachedRoots};
pub use claim::Claim;
pub use client::{ConnectError, Connection, Connector};
pub use endpoint::{Endpoint, EndpointError};
pub use identity::Identity;
pub use limits::{PerKey, Place};
pub use name::{Fingerprint, LeafName, Role, Side, TunnelName};
pub use root::{Root, RootError, DEFAULT_ROOT_VALIDITY, ROOT_CERT_FILE, ROOT_KEY_FILE};
pub use server::{AcceptError, Acceptor, Presented};
pub use trust::{authorise, authorise_root, AuthoriseError, Peer, RootStatus, Roots, Unknown};
pub use tunnel::{TunnelEnd, TunnelPeer};
pub use verify::{verify_chain, Expect, Usage, VerifyError};

use std::time::Duration;

/// Longest lifetime of a leaf that anyone accepts.
pub const MAX_LEAF_LIFETIME: Duration = Duration::from_secs(90 * 24 * 3600);
/// Lifetime of the leaves that are issued here, unless a shorter one is asked for.
pub const DEFAULT_LEAF_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// How far the clocks of two peers may be apart.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);
/// Largest certificate of either kind, in DER bytes.
pub const MAX_CERTIFICATE_BYTES: usize = 2048;

/// Seconds since the epoch by the system's clock.
pub(crate) fn unix_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
