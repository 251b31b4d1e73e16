//! What went wrong further down, as an error with an exit code and a way out.

use chain_client::{BookError, KeyError, QueryError, TxError};
use identity::{AuthoriseError, ConnectError, RootError};

use crate::error::{CliError, Kind};

const NODE_HINT: &str =
    "check that the node runs and is the right one (--node URL, or rpc in the address book), then try again";

impl From<BookError> for CliError {
    fn from(error: BookError) -> Self {
        let hint = "name the file that scripts/deploy wrote: --address-book FILE, AKASH_ADDRESS_BOOK, or once with akash init";
        CliError::bad_input(error.to_string()).hint(hint)
    }
}

impl From<QueryError> for CliError {
    fn from(error: QueryError) -> Self {
        let message = error.to_string();
        match error {
            QueryError::NotFound { .. } => CliError::not_found(message)
                .hint("check the number or address; lists: akash deployments, orders, leases, providers"),
            QueryError::Contract { .. } if says_absent(&message) => CliError::not_found(message)
                .hint("check the number or address; lists: akash deployments, orders, leases, providers"),
            QueryError::Contract { .. } => CliError::refused(message),
            // Nodes differ in the code under which they pass on what a contract said.
            QueryError::Chain { .. } if message.contains("query wasm contract failed") => {
                CliError::refused(message)
            }
            QueryError::Unreachable { .. } | QueryError::Timeout { .. } => {
                CliError::unreachable(message).hint(NODE_HINT)
            }
            QueryError::TooMany { .. } => CliError::failure(message).hint("narrow the filter"),
            QueryError::BadConfig { .. } => CliError::bad_input(message),
            QueryError::Decode { .. } => {
                CliError::failure(message).hint("the contracts and this command may be of different versions")
            }
            QueryError::NoSuchHeight { .. } | QueryError::Chain { .. } => CliError::failure(message),
        }
    }
}

/// Contracts answer what is not there with an error of their own words.
pub fn says_absent(message: &str) -> bool {
    let message = message.to_lowercase();
    ["not found", "there is no ", "has no bid", "has no root", "is not a registered provider"]
        .iter()
        .any(|words| message.contains(words))
}

impl From<TxError> for CliError {
    fn from(error: TxError) -> Self {
        let message = error.to_string();
        match error {
            TxError::Contract { .. } if says_absent(&message) => CliError::not_found(message),
            TxError::Contract { .. } | TxError::Rejected { .. } | TxError::OutOfGas { .. } => {
                CliError::refused(message)
                    .hint("nothing changed and no funds were moved, only gas may have been paid")
            }
            TxError::InsufficientFees { price_to_set, .. } => CliError::refused(message)
                .hint(format!("set gas_price in the address book to {price_to_set} or more")),
            TxError::EmptyWallet { address, denom, .. } => {
                CliError::refused(message).hint(format!("send {denom} to {address}, then try again"))
            }
            TxError::TimedOut { .. } => CliError::timed_out(message),
            TxError::Unknown { .. } => CliError::timed_out(message)
                .hint("look before you send again: akash deployments, akash leases"),
            TxError::Unreachable { .. } => CliError::unreachable(message).hint(NODE_HINT),
            TxError::TooLarge { .. } | TxError::Encode { .. } => CliError::bad_input(message),
            TxError::SequenceConflict { .. }
            | TxError::QueueFull { .. }
            | TxError::Cancelled
            | TxError::Sign { .. }
            | TxError::Journal { .. } => CliError::failure(message),
        }
    }
}

impl From<KeyError> for CliError {
    fn from(error: KeyError) -> Self {
        let message = error.to_string();
        match error {
            KeyError::Missing { .. } => CliError::not_found(message).hint("akash keys list shows the keys of this home"),
            KeyError::WrongPassphrase { .. } => CliError::bad_input(message)
                .hint("give the right one at the prompt, in AKASH_PASSPHRASE, or in the file that AKASH_PASSPHRASE_FILE names"),
            KeyError::Sign(_) | KeyError::Derivation(_) => CliError::failure(message),
            _ => CliError::bad_input(message),
        }
    }
}

impl From<RootError> for CliError {
    fn from(error: RootError) -> Self {
        CliError::failure(error.to_string())
    }
}

impl From<ConnectError> for CliError {
    fn from(error: ConnectError) -> Self {
        let message = error.to_string();
        let kind = match error {
            ConnectError::Unreachable { .. } | ConnectError::Timeout { .. } | ConnectError::Tls { .. } => {
                Kind::Unreachable
            }
            ConnectError::NotTrusted { source: AuthoriseError::Unknown { .. }, .. } => Kind::Unreachable,
            ConnectError::NotTrusted { .. } | ConnectError::Peer { .. } => Kind::Refused,
        };
        CliError::new(kind, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_chain_says_decides_the_exit_code() {
        let contract = |message: &str| QueryError::Contract { contract: "c".into(), message: message.into() };
        assert_eq!(CliError::from(contract("there is no deployment 7")).kind, Kind::NotFound);
        assert_eq!(CliError::from(contract("limit too large")).kind, Kind::Refused);
        assert_eq!(CliError::from(QueryError::Unreachable { detail: "x".into() }).kind, Kind::Unreachable);
        assert_eq!(CliError::from(TxError::Unreachable { detail: "x".into() }).kind, Kind::Unreachable);
        let unknown = TxError::Unknown { hash: "A".into(), timeout_height: 1, detail: "x".into() };
        assert_eq!(CliError::from(unknown).kind, Kind::TimedOut);
        let empty = TxError::EmptyWallet { address: "a".into(), denom: "uakash".into(), detail: "0".into() };
        let error = CliError::from(empty);
        assert_eq!(error.kind, Kind::Refused);
        assert!(error.hint.unwrap().contains("send uakash to a"));
    }
}
