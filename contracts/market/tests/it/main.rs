//! The market against a registry and a staking contract that the tests steer, in an in-memory chain.

mod admin;
mod bad_input;
mod bids;
mod closing;
mod delegates;
mod ends;
mod fallback;
mod golden;
mod life;
mod matching;
mod payment;
mod permissions;
mod queries;
mod requirements;
mod states;
mod support;
