//! The provider's mTLS API: status, logs, shell and manifest for a lease's tenant, quotes for anyone with a root.
//!
//! What the gateway needs to know of leases it asks a [`GatewayBackend`]; logs, shell and metrics come from the
//! runtime directly. Paths, types and errors are those of the crate `gateway-api`.

mod backend;
mod config;
mod connection;
mod content;
mod logs;
mod peer;
mod problem;
mod routes;
mod server;
mod shell;

pub use backend::GatewayBackend;
pub use config::GatewayConfig;
pub use server::{Gateway, GatewayError};
