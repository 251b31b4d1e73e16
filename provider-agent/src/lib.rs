//! The provider's daemon: follows the chain, bids, runs what its leases ask for, and collects what it earned.

pub mod gateway;
pub mod runtime;
