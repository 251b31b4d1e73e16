use cloud_std::{Bps, FundsError, VersionError};
use cosmwasm_std::{Addr, OverflowError, StdError, Uint128};
use governance_api::{ProposalId, Status, Vote};
use thiserror::Error;

#[derive(Error, Debug)]
pub enum ContractError {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error(transparent)]
    Overflow(#[from] OverflowError),
    #[error(transparent)]
    Funds(#[from] FundsError),
    #[error(transparent)]
    Version(#[from] VersionError),

    #[error("{sender} may not send this message: only a proposal that is executed may")]
    OnlyProposals { sender: Addr },
    #[error("{account} had no stake at the beginning of block {height}: only stakers propose and vote")]
    NoWeight { account: Addr, height: u64 },
    #[error(
        "proposals begin once {min} is bonded in all, at the beginning of block {height} it was {total}"
    )]
    TooLittleStake { total: Uint128, min: Uint128, height: u64 },
    #[error("there is no proposal {0}")]
    NoProposal(ProposalId),

    #[error("a proposal takes a deposit of exactly {expected}, got {got}")]
    WrongDeposit { expected: String, got: String },
    #[error("the {field} must have 1 to {max} bytes and no control characters, got {got:?}")]
    BadText { field: &'static str, max: usize, got: String },
    #[error("a proposal carries 1 to {max} messages, got {got}")]
    MessageCount { got: usize, max: usize },
    #[error("the messages of a proposal have at most {max} bytes together, got {got}")]
    MessagesTooLong { got: usize, max: usize },
    #[error("message {index} is of a kind that proposals do not carry: send bank or wasm messages")]
    MessageKind { index: usize },
    #[error(
        "message {index} sends {what} to governance itself: only update_params without funds is accepted"
    )]
    MessageToItself { index: usize, what: String },
    #[error(
        "message {index} slashes {provider}, which an earlier one does: a proposal slashes each account once"
    )]
    SlashedTwice { index: usize, provider: String },
    #[error("message {index} names {got:?}, which is no address of this chain: write it as the chain does")]
    MessageAddress { index: usize, got: String },
    #[error("message {index}: {cause}")]
    MessageParams { index: usize, cause: Box<ContractError> },

    #[error("{voter} has already voted {vote:?} on proposal {proposal}: a vote is final")]
    AlreadyVoted { voter: Addr, proposal: ProposalId, vote: Vote },
    #[error("voting on proposal {proposal} ended at {ended_at}, it is {now}")]
    VotingOver { proposal: ProposalId, ended_at: u64, now: u64 },
    #[error("proposal {proposal} cannot be executed: it is {status:?}{when}")]
    NotExecutable { proposal: ProposalId, status: Status, when: String },
    #[error("proposal {proposal} is not being executed")]
    NotExecuting { proposal: ProposalId },
    #[error(
        "the proposal spends {spends}{denom}, the treasury has {treasury}: deposits are not its to spend"
    )]
    BeyondTreasury { spends: Uint128, treasury: Uint128, denom: String },
    #[error("the deposit of proposal {proposal} is settled after the vote, at {ends_at}: it is {now}")]
    DepositNotDue { proposal: ProposalId, ends_at: u64, now: u64 },
    #[error("proposal {proposal} has no deposit left to settle")]
    NoDeposit { proposal: ProposalId },

    #[error("{field} must be {min} to {max} seconds, got {got}")]
    Seconds { field: &'static str, got: u64, min: u64, max: u64 },
    #[error("{field} must be {min:?} to {max:?} of 10000, got {got:?}")]
    Fraction { field: &'static str, got: Bps, min: Bps, max: Bps },
    #[error("floors.total_stake may be at most {max}, which is all that can be staked, got {got}")]
    StakeFloor { got: Uint128, max: Uint128 },
    #[error("the deposit may be at most {max}, got {got}")]
    Deposit { got: Uint128, max: Uint128 },

    #[error("unknown reply {0}")]
    UnknownReply(u64),
    #[error("the books do not balance: {owed} of deposits is owed, {balance} is held")]
    InvariantBroken { owed: Uint128, balance: Uint128 },
}
