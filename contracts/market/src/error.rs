use cloud_std::{FundsError, Money, OwnershipError, VersionError};
use cosmwasm_std::{Addr, HexBinary, StdError, Uint128};
use lease_math::MathError;
use market_api::{
    DeploymentId, DeploymentState, LeaseId, LeasePhase, OrderId, OrderPhase, RequirementCheck,
    RequirementKind,
};
use thiserror::Error;

/// Why the market refused. Each names what was expected and what it got.
#[derive(Error, Debug)]
pub enum ContractError {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error(transparent)]
    Funds(#[from] FundsError),
    #[error(transparent)]
    Ownership(#[from] OwnershipError),
    #[error(transparent)]
    Version(#[from] VersionError),
    #[error(transparent)]
    Math(#[from] MathError),

    #[error("there is no deployment {0}")]
    NoDeployment(DeploymentId),
    #[error("there is no order {0}")]
    NoOrder(OrderId),
    #[error("there is no lease {0}")]
    NoLease(LeaseId),
    #[error("{provider} has no bid on order {order}")]
    NoBid { order: OrderId, provider: Addr },

    #[error("{sender} is not the tenant of this deployment; the tenant is {tenant}")]
    NotTenant { sender: Addr, tenant: Addr },
    #[error("{sender} is not the tenant's delegate on deployment {deployment}: the tenant can make it one")]
    NotDelegate { sender: Addr, deployment: DeploymentId },
    #[error("{delegate} has no grant on deployment {deployment}")]
    NoGrant { deployment: DeploymentId, delegate: Addr },
    #[error("the grant of {delegate} on deployment {deployment} expired at {expires_at}, now is {now}")]
    GrantExpired { deployment: DeploymentId, delegate: Addr, expires_at: u64, now: u64 },
    #[error("{delegate} was not granted to {action} of deployment {deployment}")]
    NotGranted { deployment: DeploymentId, delegate: Addr, action: &'static str },
    #[error("the delegate may open orders for the groups {granted}, got {got}")]
    GroupNotGranted { got: String, granted: String },
    #[error("an order of the delegate may cost {max} at most, {group} has {got}")]
    OrderTooDear { group: String, got: Uint128, max: Uint128 },
    #[error("orders of the delegate must ask for {key} with one of {allowed}; {group} does not")]
    AttributeNotAllowed { group: String, key: String, allowed: String },
    #[error("the delegate would have {got} open orders and live leases of {group}; it may have {max}")]
    TooManyOfGroup { group: String, got: u32, max: u32 },
    #[error("this takes {needed} from the delegate's budget, which has {left} left")]
    OverBudget { needed: Money, left: String },
    #[error("the delegate's budget is in {expected}, got {got}: revoke the grant to change the denom")]
    WrongBudgetDenom { expected: String, got: String },
    #[error("deployment {deployment} has {max} delegates, the most that are accepted: revoke one first")]
    TooManyGrants { deployment: DeploymentId, max: usize },
    #[error("{tenant} is the tenant itself: a delegate is another account")]
    DelegateIsTenant { tenant: Addr },
    #[error("a grant allows at least one of open_groups, close_leases, top_up, set_version")]
    NothingGranted,
    #[error("the grant would expire at {expires_at}, now is {now}: give a later second")]
    GrantEnded { expires_at: u64, now: u64 },
    #[error("lease {lease} belongs to deployment {of}, the grant is on deployment {deployment}")]
    LeaseOfOther { lease: LeaseId, of: DeploymentId, deployment: DeploymentId },
    #[error("{sender} is not the owner key of the lease's provider, which is {provider}")]
    NotProvider { sender: Addr, provider: Addr },
    #[error("{sender} may not act for provider {provider}: use its owner key, or let the owner add this one as an operator in the registry")]
    NotOperator { sender: Addr, provider: Addr },

    #[error("expected {expected} in all, the sum of the orders' maximum prices, got {got}")]
    WrongOrderFunds { expected: Money, got: Money },
    #[error("one message opens orders in one denom: the first is in {expected}, {group} is in {got}")]
    MixedDenoms { expected: String, group: String, got: String },
    #[error("denom {got} is not accepted; accepted are: {accepted}")]
    WrongDenom { got: String, accepted: String },
    #[error("a bid on order {order} takes a deposit of exactly {expected}, got {got}")]
    WrongDeposit { order: OrderId, expected: String, got: String },
    #[error("lease {lease} is paid in {expected}, got {got}")]
    WrongTopUpDenom { lease: LeaseId, expected: String, got: String },

    #[error("{field} has {got} {unit}; accepted are {min} to {max}")]
    OutOfRange { field: String, unit: &'static str, got: u128, min: u128, max: u128 },
    #[error("{field} is {got:?}; accepted are {accepted}")]
    Malformed { field: String, got: String, accepted: &'static str },
    #[error("{field} names {got:?} twice: each may occur once")]
    Duplicate { field: String, got: String },
    #[error("a version is a SHA-256 of 32 bytes, got {got} bytes")]
    VersionLength { got: usize },
    #[error("version {version} is already the current one of deployment {deployment}")]
    VersionUnchanged { deployment: DeploymentId, version: HexBinary },
    #[error(
        "deployment {deployment} would have {got} open orders and live leases; at most {max} are accepted"
    )]
    TooManyLive { deployment: DeploymentId, got: u32, max: u32 },

    #[error("deployment {deployment} is {state:?}: this takes an active one")]
    DeploymentNotActive { deployment: DeploymentId, state: DeploymentState },
    #[error("order {order} is {phase:?}: {expected}")]
    WrongOrderPhase { order: OrderId, phase: OrderPhase, expected: &'static str },
    #[error("order {order} takes bids until {open_until}, now is {now}: match it from then on")]
    StillBidding { order: OrderId, open_until: u64, now: u64 },
    #[error(
        "order {order} has {bids} bids: it can be closed only without any; close its deployment instead"
    )]
    OrderHasBids { order: OrderId, bids: u32 },
    #[error("lease {lease} is {phase:?}: {expected}")]
    WrongLeasePhase { lease: LeaseId, phase: LeasePhase, expected: &'static str },

    #[error("{provider} already bid on order {order}: lower that bid or withdraw it")]
    AlreadyBid { order: OrderId, provider: Addr },
    #[error("a bid on order {order} is 1 to {max}, got {got}")]
    PriceOutOfRange { order: OrderId, got: Uint128, max: Uint128 },
    #[error("the bid on order {order} is at {current}: a lowered price is 1 to {current} less 1, got {got}")]
    NotLower { order: OrderId, got: Uint128, current: Uint128 },
    #[error("{provider} does not meet the requirement {:?}: expected {}, found {}", .check.requirement, .check.expected, .check.found)]
    NotEligible { provider: Addr, check: Box<RequirementCheck> },
    #[error("the bid of {provider} on order {order} is still in the book: its deposit is free once the order is decided or from {match_until} on, now is {now}")]
    BidBinding { order: OrderId, provider: Addr, match_until: u64, now: u64 },
    #[error("the deposit of {provider} on order {order} was already returned")]
    DepositReturned { order: OrderId, provider: Addr },

    #[error("the lease runs version {current} of its deployment (it was matched with {matched}), got {got}")]
    WrongVersion { current: HexBinary, matched: HexBinary, got: HexBinary },
    #[error("lease {lease} would be funded for {got} seconds; at most {max} are accepted")]
    FundedTooLong { lease: LeaseId, got: u64, max: u64 },
    #[error(
        "the provider gave notice of lease {lease}, which ends at {notice_until}: it takes no more funds"
    )]
    NoticeGiven { lease: LeaseId, notice_until: u64 },
    #[error("notice of lease {lease} can be given from the end of its first term at {from}, now is {now}")]
    NoticeTooEarly { lease: LeaseId, from: u64, now: u64 },
    #[error("lease {lease} has nothing to pay: earned {earned}, withdrawn {withdrawn}")]
    NothingToWithdraw { lease: LeaseId, earned: Uint128, withdrawn: Uint128 },

    #[error("no punishment is due for lease {0}: list those that are with punishments_due")]
    NothingDue(LeaseId),
    #[error("reply {0} belongs to no message of this contract")]
    UnknownReply(u64),
    #[error("{what} would fall below zero: {from} - {amount}")]
    Underflow { what: &'static str, from: u128, amount: u128 },
    #[error("{what} would exceed its range: {from} + {amount}")]
    Overflow { what: &'static str, from: u128, amount: u128 },
    #[error("the contract misses {missing}{denom}: its balance does not cover what it owes")]
    InvariantBroken { denom: String, missing: Uint128 },
}

impl ContractError {
    pub(crate) fn not_eligible(provider: &Addr, check: RequirementCheck) -> Self {
        Self::NotEligible { provider: provider.clone(), check: Box::new(check) }
    }
}

/// A requirement's name as events and errors write it.
pub(crate) fn requirement_name(kind: RequirementKind) -> &'static str {
    match kind {
        RequirementKind::Registered => "registered",
        RequirementKind::NotJailed => "not_jailed",
        RequirementKind::ValidRoot => "valid_root",
        RequirementKind::NoPunishmentDue => "no_punishment_due",
        RequirementKind::Attribute => "attribute",
        RequirementKind::SignedByAllOf => "signed_by_all_of",
        RequirementKind::SignedByAnyOf => "signed_by_any_of",
        RequirementKind::MinStake => "min_stake",
        RequirementKind::MinReputation => "min_reputation",
    }
}
