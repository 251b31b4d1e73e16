//! The agent's part in the exchange of manifests: what it gives to the other participants of a deployment, and how it
//! gets from them what its tenant has not sent. The protocol is the crate `exchange`; both run on the gateway's port.

mod follow;
mod host;

pub use follow::{Fetching, Sharing};
pub use host::ChainHost;
