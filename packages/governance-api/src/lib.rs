//! Messages, types and limits of the governance contract: stakers decide by the weight that they had when a proposal
//! was made, and what they pass is executed by anyone, once, after a time-lock.

pub mod limits;
pub mod msg;
pub mod types;

pub use msg::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
pub use types::*;
