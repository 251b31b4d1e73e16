use cloud_std::Page;
use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, CosmosMsg};

use crate::types::{
    Ballot, Config, Floors, FullProposal, Invariants, Limits, Params, Proposal, ProposalId, Vote,
};

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct InstantiateMsg {
    /// The staking contract whose weights vote; never changes.
    pub staking: String,
    /// Never change.
    pub floors: Floors,
    pub params: Params,
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum ExecuteMsg {
    /// By an account that had stake when the block began, once `floors.total_stake` is bonded in all: puts messages to
    /// the vote, to be executed by this contract in this order, all or none. Accepted are messages of the bank (`send`,
    /// `burn`) and of contracts (`execute`, `instantiate`, `instantiate2`, `migrate`, `update_admin`, `clear_admin`);
    /// to this contract itself only `update_params`, to staking one `slash` for each account. Funds: exactly the
    /// deposit, none when that is 0. Event `proposal_created`.
    Propose { title: String, description: String, messages: Vec<CosmosMsg> },
    /// By an account that had stake when the block of the proposal began, once, while voting is open. No funds. Event
    /// `proposal_voted`.
    Vote { proposal: ProposalId, vote: Vote },
    /// By anyone, after the time-lock of a passed proposal and before it expires, with success once. When any message
    /// fails, none has an effect, the failure is on the record with its reason, and it can be tried again. No funds.
    /// Events `proposal_executed` or `proposal_failed`.
    Execute { proposal: ProposalId },
    /// By anyone, once, after the vote: pays the deposit to the proposer, or leaves it to the treasury when the
    /// proposal lost it. No funds. Events `deposit_returned` or `deposit_forfeited`.
    SettleDeposit { proposal: ProposalId },
    /// By anyone: takes over a contract whose owner has offered it to this one. No funds. Event `ownership_taken`.
    AcceptOwnership { contract: String },
    /// By this contract, from a proposal: replaces the parameters; proposals that exist keep theirs. No funds. Event
    /// `params_updated`.
    UpdateParams { params: Params },
    /// By this contract, from `execute`: the messages of the proposal that is being executed. No funds.
    Run { proposal: ProposalId },
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
    #[returns(Invariants)]
    Invariants {},
    /// With description and messages; fails when there is none.
    #[returns(FullProposal)]
    Proposal { proposal: ProposalId },
    /// Newest first; the cursor is a proposal's id.
    #[returns(Page<Proposal, ProposalId>)]
    Proposals { start_after: Option<ProposalId>, limit: Option<u32> },
    /// Absent when the account has not voted.
    #[returns(Option<Ballot>)]
    Vote { proposal: ProposalId, voter: String },
    /// By voter's address, ascending; the cursor is a voter's address.
    #[returns(Page<Ballot, Addr>)]
    Votes { proposal: ProposalId, start_after: Option<String>, limit: Option<u32> },
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct MigrateMsg {}
