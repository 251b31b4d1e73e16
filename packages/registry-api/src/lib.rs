//! Messages, types and typed client of the provider registry: who the providers are, which keys act for them, and
//! the certificate root of every account.

pub mod client;
pub mod limits;
pub mod msg;
pub mod raw;
pub mod types;

pub use client::RegistryClient;
pub use msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
pub use types::*;
