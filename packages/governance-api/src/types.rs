use cloud_std::{id_type, Bps, Money};
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, CosmosMsg, Uint128};

id_type!(
    /// A proposal, numbered from 1.
    ProposalId
);

#[cw_serde]
#[derive(Copy, Eq)]
pub enum Vote {
    Yes,
    No,
    /// Counts towards the quorum only.
    Abstain,
    /// A no that also counts towards the veto.
    Veto,
}

/// When a proposal loses its deposit to the treasury.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum DepositLoss {
    Never,
    Vetoed,
    VetoedOrNoQuorum,
    NotPassed,
}

#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Params {
    /// Seconds that votes are taken.
    pub voting_seconds: u64,
    /// Seconds from the end of the vote to the earliest execution.
    pub timelock_seconds: u64,
    /// The same for upgrades: proposals that migrate a contract, change or clear its chain-level admin, hand over its
    /// ownership, name another market or replace these parameters. Long enough for everybody to leave first.
    pub upgrade_timelock_seconds: u64,
    /// Seconds after the time-lock in which a passed proposal can be executed.
    pub execution_seconds: u64,
    /// Of all stake, the fraction that has to vote.
    pub quorum: Bps,
    /// Of the votes that do not abstain, the fraction that yes has to exceed.
    pub threshold: Bps,
    /// Of all votes, the fraction of vetoes that stops a proposal.
    pub veto: Bps,
    /// What a proposal locks, in the denom of stake; may be 0.
    pub deposit: Uint128,
    pub deposit_loss: DepositLoss,
}

/// What no vote ever goes below.
#[cw_serde]
#[derive(Copy, Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Floors {
    /// The shortest voting period in seconds.
    pub voting_seconds: u64,
    /// The shortest time-lock in seconds.
    pub timelock_seconds: u64,
    /// The shortest time-lock of an upgrade in seconds.
    pub upgrade_timelock_seconds: u64,
    /// Stake that must be bonded in all for a proposal to begin, in the base denom; may be 0. On a young chain, where
    /// hardly anyone has stake, a single account would otherwise be the majority.
    pub total_stake: Uint128,
}

/// Weight of the votes cast.
#[cw_serde]
#[derive(Copy, Default, Eq)]
pub struct Tally {
    pub yes: Uint128,
    pub no: Uint128,
    pub abstain: Uint128,
    pub veto: Uint128,
}

/// Where a proposal stands at the time of the block that answers.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Status {
    /// Votes are taken.
    Voting,
    /// Too few voted.
    NoQuorum,
    Vetoed,
    /// Yes did not exceed the threshold.
    Rejected,
    /// Waits for its time-lock.
    Passed,
    /// Anyone may execute it, also after an attempt that failed.
    Executable,
    /// Passed, and was not executed in time, or not with success.
    Expired,
    Executed,
}

#[cw_serde]
#[derive(Copy, Eq)]
pub enum DepositState {
    /// With the contract.
    Held,
    Returned,
    /// Left to the treasury.
    Forfeited,
}

#[cw_serde]
#[derive(Eq)]
pub struct Proposal {
    pub id: ProposalId,
    pub proposer: Addr,
    pub title: String,
    pub status: Status,
    /// Weights are those of the beginning of this block.
    pub start_height: u64,
    /// Weight of everyone at `start_height`.
    pub total_weight: Uint128,
    pub tally: Tally,
    pub quorum: Bps,
    pub threshold: Bps,
    pub veto: Bps,
    /// Whether it waits for the upgrade time-lock.
    pub upgrade: bool,
    /// Seconds since the epoch.
    pub created_at: u64,
    /// Seconds since the epoch; votes are taken before this second.
    pub voting_ends_at: u64,
    /// Seconds since the epoch; can be executed from this second, if it passes.
    pub executable_at: u64,
    /// Seconds since the epoch; can be executed before this second.
    pub expires_at: u64,
    pub deposit: Money,
    pub deposit_loss: DepositLoss,
    pub deposit_state: DepositState,
    /// Seconds since the epoch.
    pub executed_at: Option<u64>,
    /// The latest attempt to execute it that failed.
    pub failure: Option<Failure>,
}

/// An attempt to execute a proposal of which nothing remains but this.
#[cw_serde]
#[derive(Eq)]
pub struct Failure {
    /// Seconds since the epoch.
    pub at: u64,
    /// The chain's text, which many chains shorten to a code.
    pub reason: String,
}

#[cw_serde]
#[derive(Eq)]
pub struct FullProposal {
    pub proposal: Proposal,
    pub description: String,
    pub messages: Vec<CosmosMsg>,
}

#[cw_serde]
#[derive(Eq)]
pub struct Ballot {
    pub voter: Addr,
    pub vote: Vote,
    pub weight: Uint128,
}

#[cw_serde]
pub struct Config {
    pub staking: Addr,
    /// The denom of deposits, which is that of stake.
    pub denom: String,
    pub floors: Floors,
    pub params: Params,
    /// The latest proposal, absent before the first.
    pub last_proposal: Option<ProposalId>,
}

/// Both sides of `balance = deposits + treasury`; `holds` when all deposits are covered.
#[cw_serde]
pub struct Invariants {
    pub denom: String,
    pub balance: Uint128,
    /// Of proposals whose deposit is not settled.
    pub deposits: Uint128,
    /// What proposals may spend of this denom.
    pub treasury: Uint128,
    pub holds: bool,
    /// Deposits paid back and left to the treasury, ever.
    pub returned: Uint128,
    pub forfeited: Uint128,
}

#[cw_serde]
pub struct Limits {
    pub max_messages: u32,
    pub max_messages_bytes: u32,
    pub max_title_bytes: u32,
    pub max_description_bytes: u32,
    pub max_failure_bytes: u32,
    pub max_voting_seconds: u64,
    pub max_timelock_seconds: u64,
    pub max_upgrade_timelock_seconds: u64,
    pub min_execution_seconds: u64,
    pub max_execution_seconds: u64,
    pub min_quorum: Bps,
    pub max_quorum: Bps,
    pub min_threshold: Bps,
    pub max_threshold: Bps,
    pub min_veto: Bps,
    pub max_veto: Bps,
    pub max_deposit: Uint128,
    pub max_raised_deposit: Bps,
    pub default_page_limit: u32,
    pub max_page_limit: u32,
}
