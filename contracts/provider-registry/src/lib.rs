#![doc = include_str!("../README.md")]

pub mod certificate;
pub mod contract;
pub mod error;
mod events;
mod execute;
mod query;
mod state;
mod validate;

pub use error::ContractError;

cloud_std::entry_points!();
