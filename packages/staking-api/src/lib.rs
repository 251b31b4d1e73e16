//! Messages, types and typed client of the staking contract: what a provider has at stake, how it loses it, and
//! the voting weight that follows from it.

pub mod client;
pub mod limits;
pub mod msg;
pub mod raw;
pub mod types;

pub use client::StakingClient;
pub use msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
pub use types::*;
