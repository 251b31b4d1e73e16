use cloud_std::{Bps, FundsError, OwnershipError, VersionError};
use cosmwasm_std::{Addr, OverflowError, StdError, Uint128};
use staking_api::Fault;
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
    Ownership(#[from] OwnershipError),
    #[error(transparent)]
    Version(#[from] VersionError),

    #[error("{sender} may not send this message: only the owner {owner} and the market {market} may")]
    NotOwnerOrMarket { sender: Addr, owner: Addr, market: String },
    #[error("{sender} may not slash for {fault:?}: {allowed} does")]
    FaultNotYours { sender: Addr, fault: Fault, allowed: &'static str },

    #[error("stake is in {expected}, got {got}: send {expected}")]
    WrongDenom { expected: String, got: String },
    #[error("all stake together may not exceed {max}: {total} is bonded, {amount} would be added")]
    TooMuchStake { total: u64, amount: Uint128, max: u128 },
    #[error("cannot unbond nothing: give an amount of at least 1")]
    ZeroUnbond,
    #[error("cannot unbond {asked}: {account} has {bonded} bonded")]
    NotEnoughBonded { account: Addr, asked: Uint128, bonded: u64 },
    #[error("{account} already has {max} unbondings: wait for one to mature and claim it")]
    TooManyUnbondings { account: Addr, max: usize },
    #[error("{account} has nothing to claim now{next}")]
    NothingToClaim { account: Addr, next: String },

    #[error("a slash takes at most {max:?} of 10000, got {got:?}")]
    FractionTooLarge { got: Bps, max: Bps },
    #[error("a slash by governance needs a fraction of at least 1 of 10000")]
    ZeroFraction,
    #[error("the fault cannot be in the future: it is {now}, got {fault_at}")]
    FaultInFuture { fault_at: u64, now: u64 },
    #[error("a slash by governance needs a reason")]
    NoReason,
    #[error("the reason may have {max} bytes, got {got}")]
    ReasonTooLong { got: usize, max: usize },

    #[error("the unbonding period must be {min} to {max} seconds, got {got}")]
    UnbondingSeconds { got: u64, min: u64, max: u64 },
    #[error("the floor of the unbonding period must be {min} to {max} seconds, got {got}")]
    UnbondingFloor { got: u64, min: u64, max: u64 },
    #[error("{0:?} is not a denom: 3 to 128 letters, digits and / : . _ -, a letter first")]
    NotADenom(String),
    #[error("the denom of stake never changes: it is {stored}, got {got}")]
    DenomChanged { stored: String, got: String },
    #[error("the {role} cannot be this contract itself")]
    OwnAddress { role: &'static str },

    #[error("the books do not balance: {owed} is owed, {balance} is held")]
    InvariantBroken { owed: Uint128, balance: Uint128 },
}
