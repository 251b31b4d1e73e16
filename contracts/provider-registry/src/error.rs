use cloud_std::{FundsError, OwnershipError, VersionError};
use cosmwasm_std::{Addr, HexBinary, StdError};
use thiserror::Error;

use crate::certificate::CertificateError;

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
    Certificate(#[from] CertificateError),

    #[error("{sender} may not send this message: only the owner {owner} and the market {market} may")]
    NotOwnerOrMarket { sender: Addr, owner: Addr, market: String },

    #[error("{account} is not a registered provider")]
    NotRegistered { account: Addr },
    #[error("{account} is a registered provider already: update it instead")]
    AlreadyRegistered { account: Addr },
    #[error("{account} is an operator key of {provider}: register with an account that works for nobody")]
    SenderIsOperator { account: Addr, provider: Addr },
    #[error("nothing to update: give at least one of payout, endpoints, attributes, contact")]
    NothingToUpdate,
    #[error("{provider} has {live} live leases: end them before it deregisters")]
    LeasesLive { provider: Addr, live: u64 },

    #[error("{operator} works for {provider} already: an operator key works for one provider")]
    OperatorTaken { operator: Addr, provider: Addr },
    #[error("{operator} is a provider itself: an operator key is a key of its own")]
    OperatorIsProvider { operator: Addr },
    #[error("{operator} is not an operator key of {provider}")]
    NotAnOperator { operator: Addr, provider: Addr },

    #[error("{what}: at most {max} are accepted, got {got}")]
    TooMany { what: &'static str, got: usize, max: usize },
    #[error("{what} may have {max} bytes, got {got}")]
    TooLong { what: &'static str, got: usize, max: usize },
    #[error("{what} {got:?} is not accepted: expected {expected}")]
    NotAccepted { what: &'static str, got: String, expected: &'static str },
    #[error("{what} {got:?} appears twice")]
    Twice { what: &'static str, got: String },
    #[error("{role} cannot be {address}, which is a contract of this suite")]
    SuiteAddress { role: &'static str, address: Addr },

    #[error("root {fingerprint} was published already{}", if *.revoked { " and is revoked for good" } else { "" })]
    RootKnown { fingerprint: HexBinary, revoked: bool },
    #[error("the key {key_hash} was published already by {account}: make a new key for a new root")]
    KeyUsed { key_hash: HexBinary, account: Addr },
    #[error("{account} has {max} active roots: revoke one before publishing another")]
    TooManyRoots { account: Addr, max: usize },
    #[error("{account} has no root {fingerprint}")]
    NoSuchRoot { account: Addr, fingerprint: HexBinary },
    #[error("root {fingerprint} was revoked at {revoked_at} already")]
    AlreadyRevoked { fingerprint: HexBinary, revoked_at: u64 },

    #[error("an attestation names at least one attribute of {provider}: revoke it to vouch for none")]
    NothingAttested { provider: Addr },
    #[error("{provider} says {found} of {key}, not {value}: sign what the provider says of itself")]
    AttributeNotHeld { provider: Addr, key: String, value: String, found: String },
    #[error("{auditor} vouches for nothing of {provider}")]
    NoAttestation { provider: Addr, auditor: Addr },

    #[error("a jailing lasts 1 to {max} seconds, got {got}")]
    JailSeconds { got: u64, max: u64 },
    #[error("{provider} is not jailed")]
    NotJailed { provider: Addr },
}
