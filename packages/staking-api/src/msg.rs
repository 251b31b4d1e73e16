use cloud_std::{Bps, OwnershipAction};
use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::Uint128;

use crate::types::{
    AdminResponse, Config, Fault, Floors, Invariants, Limits, MemberListResponse, MemberResponse, Params,
    StakeInfo, TotalWeightResponse,
};

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct InstantiateMsg {
    /// The account that wires and administers the contract; governance after the hand-over.
    pub owner: String,
    pub params: Params,
    /// What no change of parameters can ever go below; the least that the code accepts when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floors: Option<Floors>,
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum ExecuteMsg {
    /// By anyone, with funds in the stake denom: adds to the sender's stake. Event `stake_bonded`.
    Stake {},
    /// By a staker: starts an unbonding; its weight is gone at once, the tokens stay slashable until they mature.
    /// No funds. Event `stake_unbonded`.
    Unbond { amount: Uint128 },
    /// By a staker: takes what has matured, oldest first, and what slashes of others owe it. No funds. Fails when
    /// there is nothing to take. Event `stake_claimed`.
    Claim {},
    /// By the market, for its objective faults, or by the contract's owner with `Fault::Governance` and a reason:
    /// takes `floor(fraction x slashable)`, where slashable is the bonded stake and what is unbonding and began at
    /// or after `fault_at`, or has not matured. Nothing at stake is no error. No funds. Event `stake_slashed`.
    Slash {
        provider: String,
        fraction: Bps,
        fault: Fault,
        /// When the fault was committed, in seconds since the epoch; not in the future.
        fault_at: u64,
        /// The tenant that the fault harmed.
        harmed: Option<String>,
        reason: String,
    },
    /// By the contract's owner: replaces the parameters, within the floors; running unbondings keep their period; the
    /// denom never changes. Event `params_updated`.
    UpdateParams { params: Params },
    /// By the contract's owner: names the market. Event `market_set`.
    SetMarket { market: String },
    /// Two-step hand-over. Events `ownership_offered`, `ownership_offer_withdrawn`, `ownership_accepted`.
    Ownership(OwnershipAction),
}

/// `Member`, `ListMembers`, `TotalWeight` and `Admin` are the cw4 interface: the weight of an account is its bonded
/// stake in the base denom.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    #[returns(Config)]
    Config {},
    #[returns(Limits)]
    Limits {},
    /// Zeroes for an account that never staked.
    #[returns(StakeInfo)]
    Stake { provider: String },
    #[returns(Invariants)]
    Invariants {},
    #[returns(AdminResponse)]
    Admin {},
    /// At the beginning of block `at_height`; now when absent.
    #[returns(MemberResponse)]
    Member { addr: String, at_height: Option<u64> },
    #[returns(MemberListResponse)]
    ListMembers { start_after: Option<String>, limit: Option<u32> },
    /// At the beginning of block `at_height`; now when absent.
    #[returns(TotalWeightResponse)]
    TotalWeight { at_height: Option<u64> },
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct MigrateMsg {
    /// From version 0.1.0, which had none: what no change of parameters can go below from now on, at most the present
    /// parameters. The least that the code accepts when absent. Floors that are fixed already do not change.
    pub floors: Option<Floors>,
}
