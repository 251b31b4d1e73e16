//! The contract through its entry points, on a simulated chain with the other three contracts.

mod admin;
mod common;
mod deposits;
mod execution;
mod golden;
mod hand_over;
mod limits_of_power;
mod parameters;
mod power;
mod proposing;
mod queries;
mod voting;
