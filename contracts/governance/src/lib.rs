#![doc = include_str!("../README.md")]

pub mod contract;
pub mod error;
mod events;
mod execute;
mod messages;
mod query;
mod state;
mod validate;
mod verdict;

pub use error::ContractError;

cloud_std::entry_points!(reply);
