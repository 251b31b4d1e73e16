use cloud_std::{OwnershipAction, Page};
use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, HexBinary, Uint128};

use crate::grants::{DelegateAction, Grant, Rights};
use crate::types::{
    Bid, Config, Deployment, DeploymentId, Eligibility, Invariants, Lease, LeaseId, LeaseState, Limits,
    Order, OrderId, OrderSpec, OrderState, Params, ProviderRecord, PunishmentDue, Reputation, Requirements,
    Totals,
};

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct InstantiateMsg {
    /// The account that administers the contract; governance after the hand-over.
    pub owner: String,
    pub registry: String,
    pub staking: String,
    pub params: Params,
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum ExecuteMsg {
    // ---- tenants
    /// By anyone, who becomes the tenant. Funds: exactly the sum of the orders' maximum prices, all in one denom.
    /// Events `deployment_created`, `order_created` for each order.
    CreateDeployment { version: HexBinary, orders: Vec<OrderSpec> },
    /// By the tenant: more orders for its deployment. Funds as above. Event `order_created` for each.
    OpenOrders { deployment: DeploymentId, orders: Vec<OrderSpec> },
    /// By the tenant: a new version of the manifest. No funds. Event `deployment_updated`.
    UpdateDeployment { deployment: DeploymentId, version: HexBinary },
    /// By the tenant: ends an order that has no bid and returns what it locked. No funds. Event `order_closed`.
    CloseOrder { order: OrderId },
    /// By the tenant: ends a lease. A pending one returns everything; an active one pays to the second and returns
    /// the rest. No funds. Event `lease_ended`.
    CloseLease { lease: LeaseId },
    /// By the tenant: closes orders (with or without bids) and leases of the deployment, at most `limit` and
    /// `MAX_CLOSE_STEPS` in one call, and the deployment itself once none is left. Call it again until the event
    /// says so. No funds. Events `deployment_closing` or `deployment_closed`, and one for each order and lease.
    CloseDeployment { deployment: DeploymentId, limit: Option<u32> },
    /// By anyone: adds the funds sent, one coin in the lease's denom, to a pending or active lease at its agreed
    /// rate. Event `lease_topped_up`.
    TopUp { lease: LeaseId },

    /// By the tenant of an active deployment: lets `delegate` act for it within these rights, in place of rights that
    /// it gave this delegate before; the budget stays. No funds. Event `delegate_granted`.
    Grant { deployment: DeploymentId, delegate: String, rights: Rights },
    /// By the tenant of an active deployment: the funds sent, one coin, join a delegate's budget, always in the same
    /// denom. Event `grant_funded`.
    FundGrant { deployment: DeploymentId, delegate: String },
    /// By the tenant, effective at once: returns what is left of the budget. Closing the deployment does the same for
    /// all its delegates. No funds. Event `delegate_revoked`.
    RevokeGrant { deployment: DeploymentId, delegate: String },
    /// By a delegate of the deployment, within its rights. No funds: the budget pays. Events `grant_spent` when it
    /// does, then those of the same action by the tenant.
    Act { deployment: DeploymentId, action: DelegateAction },

    // ---- providers
    /// By the provider's owner or an operator. `provider` is the owner's address, the sender when absent. Funds:
    /// exactly the bid deposit of the order's denom, none when that is 0. One bid for each provider and order.
    /// Event `bid_placed`.
    PlaceBid { order: OrderId, provider: Option<String>, price: Uint128 },
    /// By the provider's owner or an operator, while the order takes bids: a strictly lower price, which takes a
    /// new place in time. No funds. Event `bid_lowered`.
    LowerBid { order: OrderId, provider: Option<String>, price: Uint128 },
    /// By the provider's owner or an operator, while the order takes bids: takes the bid out of the book and
    /// returns its deposit to the depositor. No funds. Event `bid_withdrawn`.
    WithdrawBid { order: OrderId, provider: Option<String> },
    /// By anyone: returns the deposit of a bid that is not in the book any more to its depositor. No funds. Event
    /// `bid_deposit_returned`.
    ReclaimDeposit { order: OrderId, provider: String },
    /// By the provider's owner or an operator: starts the paid time of a pending lease. `version` is the manifest
    /// version that the provider holds: the deployment's current one, or the one at the match. No funds. Event
    /// `lease_activated`.
    Activate { lease: LeaseId, version: HexBinary },
    /// By the provider's owner or an operator: gives a pending lease back, on the record. With fall-back the next
    /// eligible bid is matched at once. No funds. Events `lease_ended`, then those of a match.
    Decline { lease: LeaseId, reason: String },
    /// By the provider's owner, after the first term: the lease ends when the notice window is over. No funds.
    /// Event `lease_notice_given`.
    GiveNotice { lease: LeaseId },
    /// By the provider's owner: ends an active lease now, which is a fault. No funds. Event `lease_ended`.
    BreakLease { lease: LeaseId, reason: String },

    // ---- anyone
    /// By anyone, once bidding is over: the lowest price, then the earliest, among bidders that are still eligible.
    /// Examines at most `MAX_MATCH_STEPS` bids; call it again when the event is `order_match_progressed`. No
    /// funds. Events `order_matched`, `order_match_progressed` or `order_expired`.
    Match { order: OrderId },
    /// By anyone, once a pending lease is overdue: the tenant is made whole, the winner's fault is recorded, its
    /// stake slashed, and with fall-back the next eligible bid is matched at once. No funds. Events `lease_ended`,
    /// then those of a match.
    ExpireLease { lease: LeaseId },
    /// By anyone: pays what the lease has earned to the provider's payout address; settles it when it is due. No
    /// funds. Fails when there is nothing to pay. Event `lease_withdrawn`.
    Withdraw { lease: LeaseId },
    /// By anyone: ends an active lease whose time is over. No funds. Event `lease_ended`.
    Settle { lease: LeaseId },
    /// By anyone: tries again what failed of the punishment for a lease's fault. What fails again stays due; its
    /// provider is not eligible until then. No funds. Events `punishment_retried`, and `slash_failed` or `jail_failed`
    /// for what fails.
    Punish { lease: LeaseId },

    // ---- administration
    /// By the contract's owner. Event `params_updated`.
    UpdateParams { params: Params },
    /// Two-step hand-over. Events `ownership_offered`, `ownership_offer_withdrawn`, `ownership_accepted`.
    Ownership(OwnershipAction),
}

/// Which orders to list. All lists ascend by id; the cursor is an order id.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum OrderFilter {
    State { state: OrderState },
    Tenant { tenant: String },
    Deployment { deployment: DeploymentId },
}

/// Which leases to list. All lists ascend by id; the cursor is a lease id.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum LeaseFilter {
    State {
        state: LeaseState,
    },
    Tenant {
        tenant: String,
    },
    Provider {
        provider: String,
    },
    /// Those of a provider that are pending or active.
    LiveOfProvider {
        provider: String,
    },
    Deployment {
        deployment: DeploymentId,
    },
}

/// A cursor of lists in order of time: continue after this id at this second.
#[cw_serde]
#[derive(Copy, Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct TimeCursor {
    /// Seconds since the epoch.
    pub at: u64,
    pub id: u64,
}

/// A cursor of an order's book.
#[cw_serde]
#[derive(Copy, Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct BookCursor {
    pub price: Uint128,
    pub sequence: u64,
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    #[returns(Config)]
    Config {},
    #[returns(Limits)]
    Limits {},
    #[returns(Totals)]
    Totals {},
    #[returns(Invariants)]
    Invariants {},
    #[returns(Deployment)]
    Deployment { deployment: DeploymentId },
    #[returns(Page<Deployment, DeploymentId>)]
    Deployments { tenant: String, start_after: Option<DeploymentId>, limit: Option<u32> },
    /// Fails when the account is no delegate of the deployment.
    #[returns(Grant)]
    Grant { deployment: DeploymentId, delegate: String },
    /// Delegates of a deployment by address; the cursor is a delegate's address.
    #[returns(Page<Grant, Addr>)]
    Grants { deployment: DeploymentId, start_after: Option<String>, limit: Option<u32> },
    /// What a key may act for; the cursor is a deployment id.
    #[returns(Page<Grant, DeploymentId>)]
    GrantsOfDelegate { delegate: String, start_after: Option<DeploymentId>, limit: Option<u32> },
    #[returns(Order)]
    Order { order: OrderId },
    #[returns(Page<Order, OrderId>)]
    Orders { filter: OrderFilter, start_after: Option<OrderId>, limit: Option<u32> },
    /// Open orders by the end of their bidding, soonest first.
    #[returns(Page<Order, TimeCursor>)]
    OrdersByExpiry { start_after: Option<TimeCursor>, limit: Option<u32> },
    /// The book of an order: lowest price first, then earliest. Bids that have left the book are not in it.
    #[returns(Page<Bid, BookCursor>)]
    Book { order: OrderId, start_after: Option<BookCursor>, limit: Option<u32> },
    /// The bid of a provider on an order, in the book or not; fails when there is none.
    #[returns(Bid)]
    Bid { order: OrderId, provider: String },
    /// Bids of a provider whose deposit is not taken back or that are in a book; the cursor is an order id.
    #[returns(Page<Bid, OrderId>)]
    BidsOfProvider { provider: String, start_after: Option<OrderId>, limit: Option<u32> },
    #[returns(Lease)]
    Lease { lease: LeaseId },
    #[returns(Page<Lease, LeaseId>)]
    Leases { filter: LeaseFilter, start_after: Option<LeaseId>, limit: Option<u32> },
    /// Active leases by their end, soonest first.
    #[returns(Page<Lease, TimeCursor>)]
    LeasesByEnd { start_after: Option<TimeCursor>, limit: Option<u32> },
    /// Zeroes for an account without history.
    #[returns(ProviderRecord)]
    ProviderRecord { provider: String },
    /// From stake and record as they are now; zero for an account without either.
    #[returns(Reputation)]
    Reputation { provider: String },
    /// Punishments that failed and are due, by lease; the cursor is a lease id.
    #[returns(Page<PunishmentDue, LeaseId>)]
    PunishmentsDue { start_after: Option<LeaseId>, limit: Option<u32> },
    /// Every requirement held against a provider: of an order, or of requirements that nobody has posted yet.
    #[returns(Eligibility)]
    Eligibility { subject: EligibilitySubject, provider: String },
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum EligibilitySubject {
    Order { order: OrderId },
    Requirements { requirements: Requirements },
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct MigrateMsg {}
