#![doc = include_str!("../README.md")]

pub mod contract;
mod ctx;
pub mod error;
mod events;
mod execute;
mod providers;
mod punish;
mod query;
mod state;
mod validate;

pub use error::ContractError;

cloud_std::entry_points!(reply);
