use thiserror::Error;

/// Why the address book could not be used.
#[derive(Error, Debug, Clone)]
pub enum BookError {
    #[error("no address book given: set {variable} to the file that scripts/deploy wrote (deployments/NAME.json), or name it on the command line", variable = crate::address_book::ENVIRONMENT)]
    NotNamed,
    #[error("address book {path} cannot be read: {cause}; run scripts/deploy, or name another file")]
    Unreadable { path: String, cause: String },
    #[error("address book {path} is not valid: {cause}; run scripts/deploy again to write it anew")]
    Invalid { path: String, cause: String },
    #[error("address book {path} cannot be written: {cause}")]
    Unwritable { path: String, cause: String },
    #[error("the address book has no contract {name:?}; it has {has}: run scripts/deploy to the end")]
    NoContract { name: String, has: String },
}

/// Why a question has no answer. Use [`QueryError::is_unknown`] before drawing a conclusion: an error is not an
/// absence.
#[derive(Error, Debug, Clone)]
pub enum QueryError {
    #[error("no node answered: {detail}; check the rpc endpoints in the address book or the configuration")]
    Unreachable { detail: String },
    #[error("no answer within {seconds} s: {detail}")]
    Timeout { seconds: u64, detail: String },
    /// A node answered with something that is not what was asked for.
    #[error("the answer to {what} cannot be read: {cause}")]
    Decode { what: String, cause: String },
    /// The chain answered: there is no such thing.
    #[error("{what} not found: {message}")]
    NotFound { what: String, message: String },
    /// The contract answered with an error.
    #[error("contract {contract} refused the query: {message}")]
    Contract { contract: String, message: String },
    /// The node no longer has (or does not have yet) the state or block of that height.
    #[error("height {height} is not available: {message}")]
    NoSuchHeight { height: u64, message: String },
    /// The node answered with an error of its own.
    #[error("the node refused {what}: {message} (code {code}, {codespace})")]
    Chain { what: String, code: i64, codespace: String, message: String },
    /// A list is longer than the caller was ready for; nothing was cut off silently.
    #[error("{what} has more than {limit} entries: raise the limit or narrow the filter")]
    TooMany { what: String, limit: usize },
    #[error("{what} is not usable: {cause}")]
    BadConfig { what: String, cause: String },
}

impl QueryError {
    /// True when nothing was learned about the state of the chain, so that nothing may be concluded from it.
    /// Only `NotFound` and `Contract` are answers.
    pub fn is_unknown(&self) -> bool {
        !matches!(self, QueryError::NotFound { .. } | QueryError::Contract { .. })
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, QueryError::NotFound { .. })
    }
}

/// Why a transaction did not take effect. Every variant but [`TxError::Unknown`] means that it had none.
#[derive(Error, Debug, Clone)]
pub enum TxError {
    /// The contract, or a module such as the bank, refused the message.
    #[error("{message}")]
    Contract { message: String },
    #[error("out of gas: {used} used of {wanted}; raise the gas factor in the configuration")]
    OutOfGas { wanted: u64, used: u64 },
    #[error(
        "fees too low: {given} given, {required} required; set the gas price to at least {price_to_set}"
    )]
    InsufficientFees { given: String, required: String, price_to_set: String },
    #[error("{address} cannot pay: {detail}; send it some {denom}")]
    EmptyWallet { address: String, denom: String, detail: String },
    /// Not included up to its timeout height, so it never will be.
    #[error(
        "transaction {hash} was not included up to height {timeout_height} and never will be; send it again"
    )]
    TimedOut { hash: String, timeout_height: u64 },
    /// Nothing was sent.
    #[error("nothing was sent: {detail}")]
    Unreachable { detail: String },
    /// Sent, and the outcome was not learned. It may still be included up to its timeout height.
    #[error(
        "the outcome of transaction {hash} is not known: {detail}; look it up after height {timeout_height}"
    )]
    Unknown { hash: String, timeout_height: u64, detail: String },
    /// Another process uses the same key.
    #[error(
        "the account's sequence kept moving ({detail}): another process signs with the same key; stop it"
    )]
    SequenceConflict { detail: String },
    /// The node refused the transaction for another reason.
    #[error("transaction refused: {message} (code {code}, {codespace})")]
    Rejected { code: u32, codespace: String, message: String },
    #[error("the transaction is too large: {detail}; send fewer messages at once")]
    TooLarge { detail: String },
    #[error("the queue holds {capacity} messages and takes no more now; try later")]
    QueueFull { capacity: usize },
    #[error("cancelled before it was sent")]
    Cancelled,
    #[error("the message cannot be encoded: {detail}")]
    Encode { detail: String },
    #[error("signing failed: {detail}")]
    Sign { detail: String },
    #[error("the intent could not be journalled, so nothing was sent: {detail}")]
    Journal { detail: String },
}

impl TxError {
    /// True when the same message may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            TxError::TimedOut { .. }
                | TxError::Unreachable { .. }
                | TxError::Unknown { .. }
                | TxError::QueueFull { .. }
                | TxError::SequenceConflict { .. }
        )
    }
}
