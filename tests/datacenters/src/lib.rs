//! Several datacenters on one machine: each a network namespace with an address, an engine and a provider's agent of
//! its own, joined by a router whose links can be cut. The chain, the tenant and whoever looks on from outside are at
//! the router. `scripts/datacenters` makes and removes what belongs to the machine; `scripts/e2e` runs the tests.

mod datacenter;
mod fault;
mod links;

pub use datacenter::{Datacenter, Datacenters};
pub use fault::Fault;
pub use links::Links;

use std::time::Duration;

/// Longer than anything here takes, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(120);
