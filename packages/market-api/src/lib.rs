//! Messages, types and typed client of the market contract: deployments, orders, bids, leases and their money.

pub mod client;
pub mod eligibility;
pub mod grants;
pub mod limits;
pub mod msg;
pub mod types;

pub use client::MarketClient;
pub use grants::{DelegateAction, Grant, Rights};
pub use msg::{
    BookCursor, EligibilitySubject, ExecuteMsg, InstantiateMsg, LeaseFilter, MigrateMsg, OrderFilter,
    QueryMsg, TimeCursor,
};
pub use types::*;
