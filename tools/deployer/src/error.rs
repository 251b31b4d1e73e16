use thiserror::Error;

use chain_client::{BookError, KeyError, QueryError, TxError};

/// Why a deployment did not get to its end. What was done stays recorded; running again goes on from there.
#[derive(Error, Debug)]
pub enum DeployError {
    #[error("{path} is not usable:\n{}", .problems.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n"))]
    Config { path: String, problems: Vec<String> },
    #[error("the deploying key: {0}")]
    Key(#[from] KeyError),
    #[error("the deploying key: variable {0} is not set; set it to the 24 words for this one command")]
    NoVariable(String),
    #[error("the deploying key: {path} cannot be read: {cause}")]
    MnemonicFile { path: String, cause: String },
    #[error("no contract in {path} ({cause}): run scripts/build-wasm first")]
    Artifact { path: String, cause: String },
    #[error("{path} cannot be used: {cause}")]
    Progress { path: String, cause: String },
    #[error("{path} tells of another deployment: {what} was {recorded}, now it is {given}. Give another address_book, or run with --redeploy to deploy a new suite and keep the old progress in a .old file")]
    OtherDeployment { path: String, what: &'static str, recorded: String, given: String },
    #[error("another deployer is at work on {path}; wait for it, or remove {lock} when none runs")]
    Locked { path: String, lock: String },
    #[error("the endpoint serves chain {got}, the file names {expected}: correct chain.id or chain.rpc")]
    WrongChain { expected: String, got: String },
    #[error("{address} has no {denom} on {chain}: send it some for gas")]
    NoFunds { address: String, denom: String, chain: String },
    #[error("{step}: {source}")]
    Tx { step: String, source: TxError },
    #[error("{step}: transaction {hash} failed: {log}")]
    TxFailed { step: String, hash: String, log: String },
    #[error(
        "{step}: transaction {hash} took effect, but its answer has no {what}; is this a CosmWasm chain?"
    )]
    NoAnswer { step: String, hash: String, what: &'static str },
    #[error("{what}: {source}")]
    Query { what: String, source: QueryError },
    #[error(
        "{contract} at {address} is wired to market {got}, not to {expected}: it belongs to another suite"
    )]
    Miswired { contract: &'static str, address: String, expected: String, got: String },
    #[error("parameters on the chain differ from the file, and the owner is {owner}, not the deploying account {deployer}: {what}. Change them there")]
    NotOwner { owner: String, deployer: String, what: String },
    #[error("{contract} belongs to {owner}, neither to the deploying account {deployer} nor to governance: it cannot be handed over")]
    NotOursToHandOver { contract: String, owner: String, deployer: String },
    #[error("the address book names a contract {0:?}, which this program does not know")]
    UnknownContract(String),
    #[error("no transaction {hash} on this chain: give one that is included, and ask a node that indexes transactions and still has it")]
    NoSuchTx { hash: String },
    #[error("{hashes}: no contract of the address book was migrated there that is not recorded yet; give the transaction that executed the proposal")]
    NoMigration { hashes: String },
    #[error(transparent)]
    Book(#[from] BookError),
}

impl DeployError {
    pub fn query(what: impl Into<String>) -> impl FnOnce(QueryError) -> Self {
        let what = what.into();
        move |source| Self::Query { what, source }
    }
}
