//! Delegates: keys that act for a tenant on one deployment, within rights and a budget that the tenant gave.

use cloud_std::Money;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, HexBinary, Uint128};
use registry_api::Attribute;

use crate::{DeploymentId, LeaseId, OrderSpec};

/// What a delegate may do on its deployment, and how far.
#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Rights {
    /// Names of the groups that it may open orders for; none when it may open none.
    #[serde(default)]
    pub open_groups: Vec<String>,
    #[serde(default)]
    pub close_leases: bool,
    #[serde(default)]
    pub top_up: bool,
    #[serde(default)]
    pub set_version: bool,
    /// The most that one of its orders may cost for the term, in the budget's denom.
    pub max_order_price: Uint128,
    /// Of each group, its own open orders and the live leases that came of them, together.
    pub max_live_per_group: u32,
    /// For each key here, its orders must ask for that key with one of the values given here for it: several regions
    /// are the key `region` several times. No key restricts nothing.
    #[serde(default)]
    pub allowed_attributes: Vec<Attribute>,
    /// Seconds since the epoch; from this second on it may do nothing.
    pub expires_at: u64,
}

/// What a delegate does for its tenant.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum DelegateAction {
    /// The sum of the orders' maximum prices leaves the budget; what is returned later goes to the tenant.
    OpenOrders {
        orders: Vec<OrderSpec>,
    },
    /// Any lease of the deployment.
    CloseLease {
        lease: LeaseId,
    },
    /// Any lease of the deployment, from the budget.
    TopUp {
        lease: LeaseId,
        amount: Uint128,
    },
    SetVersion {
        version: HexBinary,
    },
}

/// A delegate's rights and its budget.
#[cw_serde]
#[derive(Eq)]
pub struct Grant {
    pub deployment: DeploymentId,
    pub delegate: Addr,
    pub rights: Rights,
    /// What is left of the budget, held by the market; absent when it was never funded.
    pub budget: Option<Money>,
    /// What left the budget into orders and leases, ever, in its denom.
    pub spent: Uint128,
    /// Seconds since the epoch.
    pub granted_at: u64,
}
