//! The contract through its entry points, on a simulated chain.

mod admin;
mod bad_input;
mod chain;
mod golden;
mod slash;
mod snapshots;
mod stake;
mod weight;
