//! The provider's daemon: follows the chain, bids, runs what its leases ask for, and collects what it earned.
//!
//! Desired state is what the chain says; events only wake the parts below. Killing the agent at any point and starting
//! it again ends in the same state.
//!
//! | part | does |
//! | --- | --- |
//! | [`follow`] | reads blocks by height; says which orders and leases they touched |
//! | [`bidding`], [`matching`] | evaluate orders, reserve, bid, trigger the match |
//! | [`leases`], [`plan`] | compare each lease with what runs and bring it in line |
//! | [`money`] | withdraws when it is worth it |
//! | [`runtime`] | speaks to the engine |
//! | [`gateway`] | serves tenants |
//! | [`exchange`] | gives manifests to other participants and gets them |
//! | [`overlay`] | joins the workloads of a deployment across providers |
//! | [`store`] | the embedded database |
//! | [`ops`] | health, metrics, status |
//! | [`app`] | puts the parts together, starts and stops them |

pub mod app;
pub mod bidding;
pub mod carried;
pub mod chain;
pub mod cli;
mod clock;
pub mod config;
pub mod core;
pub mod exchange;
pub mod follow;
pub mod gateway;
pub mod init;
pub mod inventory;
pub mod journal;
pub mod leases;
pub mod matching;
pub mod mine;
pub mod money;
pub mod ops;
pub mod overlay;
pub mod plan;
pub mod queue;
pub mod runtime;
pub mod store;
pub mod workload;

#[cfg(test)]
mod fakes;
#[cfg(test)]
mod tests;
