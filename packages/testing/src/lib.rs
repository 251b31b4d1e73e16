//! A chain in memory with the market, staking, the registry and governance, wired as on a real chain, for tests that cross
//! contracts.
//!
//! ```
//! use testing::{spec, Suite};
//!
//! let mut suite = Suite::builder().providers(2).tenants(1).build();
//! let tenant = suite.tenants[0].clone();
//! let order = suite.order(&tenant, spec(1_000)).unwrap();
//! suite.bid(0, order, 900).unwrap();
//! suite.bid(1, order, 800).unwrap();
//! suite.end_bidding(order);
//! let lease = suite.match_order(order).unwrap();
//! assert_eq!(suite.lease(lease).provider, suite.providers[1].owner);
//! suite.assert_invariants();
//! ```

mod actions;
mod bank;
mod builder;
pub mod certificate;
mod digested;
pub mod evil;
mod governing;
mod ledger;
mod suite;

pub use actions::{order_id, spec, version};
pub use bank::RefusingBank;
pub use builder::{
    governance_params, market_params, staking_params, Naming, SuiteBuilder, FLOORS, STAKING_FLOORS,
};
pub use digested::Digested;
pub use governing::{call, migration, proposal_id};
pub use ledger::Ledger;
pub use suite::{Chain, ProviderKeys, Refusal, Suite};

/// The denom of stake and, unless a test says otherwise, of everything else.
pub const DENOM: &str = "uakash";
/// What every account of a suite has of each denom at first.
pub const PURSE: u128 = 1_000_000_000_000;
