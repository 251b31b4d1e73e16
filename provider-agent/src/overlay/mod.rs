//! The agent's part in the overlay: joins the workloads of a deployment by the connections of its manifest, whichever
//! providers run them. The data path is the crate `overlay`; here is decided what listens and which tunnels there are.
//!
//! A replica calls a service by its name. The name leads to an address that nobody has; the machine's
//! packet filter turns what a lease's bridge sends there into a listener of the agent; the listener's stream goes to a
//! replica of another lease here, or through the tunnel of that connection to the provider that runs one.

mod address;
#[cfg(test)]
mod fixtures;
mod join;
mod known;
mod plan;
mod report;
mod route;
mod trial;

pub use address::name_hosts;
pub use join::Joiner;
pub use report::connections;
pub use route::Targets;
pub use trial::{attempt, Tried};
