#![doc = include_str!("../README.md")]

pub mod contract;
pub mod error;
mod events;
mod execute;
mod query;
mod state;

pub use error::ContractError;

cloud_std::entry_points!();
