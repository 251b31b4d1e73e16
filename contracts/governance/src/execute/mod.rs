//! One file for each action.

pub mod accept_ownership;
pub mod execution;
pub mod params;
pub mod propose;
pub mod settle_deposit;
pub mod vote;
