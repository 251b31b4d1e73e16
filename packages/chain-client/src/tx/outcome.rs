//! What the chain's codes mean.

use super::GasPrice;
use crate::TxError;

/// Why a transaction was refused, before it is known whom that concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    WrongSequence {
        expected: Option<u64>,
        log: String,
    },
    OutOfGas {
        wanted: u64,
        used: u64,
    },
    InsufficientFees {
        given: String,
        required: String,
    },
    CannotPay {
        log: String,
    },
    MempoolFull,
    AlreadyKnown,
    TooLarge {
        log: String,
    },
    /// A message failed; its index where the chain names it.
    Message {
        index: Option<usize>,
        text: String,
    },
    Other {
        code: u32,
        codespace: String,
        log: String,
    },
}

/// Sorts by codespace and code; the text only gives details.
pub fn classify(code: u32, codespace: &str, log: &str) -> Refusal {
    let log = log.strip_prefix("failed to simulate tx: ").unwrap_or(log);
    let index = message_index(log);
    match (codespace, code) {
        ("sdk", 32) => {
            Refusal::WrongSequence { expected: number_after(log, "expected "), log: log.to_owned() }
        }
        ("sdk", 11) => Refusal::OutOfGas {
            wanted: number_after(log, "gasWanted: ").unwrap_or(0),
            used: number_after(log, "gasUsed: ").unwrap_or(0),
        },
        ("sdk", 13) => Refusal::InsufficientFees {
            given: between(log, "got: ", " required:").unwrap_or("nothing").to_owned(),
            required: between(log, "required: ", ":").unwrap_or("more").to_owned(),
        },
        // A contract that cannot pay somebody is not an empty wallet.
        ("sdk", 5) if !log.contains("submessages") => Refusal::CannotPay { log: log.to_owned() },
        ("sdk", 9) if index.is_none() => Refusal::CannotPay { log: log.to_owned() },
        ("sdk", 19) => Refusal::AlreadyKnown,
        ("sdk", 20) => Refusal::MempoolFull,
        ("sdk", 21) => Refusal::TooLarge { log: log.to_owned() },
        _ if codespace == "wasm" || index.is_some() => Refusal::Message { index, text: message_text(log) },
        _ => Refusal::Other { code, codespace: codespace.to_owned(), log: log.to_owned() },
    }
}

/// The message that the chain blames.
pub fn message_index(log: &str) -> Option<usize> {
    number_after(log, "message index: ").map(|index| index as usize)
}

impl Refusal {
    /// `gas` is the gas limit that was given, 0 when it is not known.
    pub fn into_error(self, address: &str, denom: &str, gas: u64) -> TxError {
        match self {
            Refusal::WrongSequence { log, .. } => TxError::SequenceConflict { detail: log },
            Refusal::OutOfGas { wanted, used } => TxError::OutOfGas { wanted, used },
            Refusal::InsufficientFees { given, required } => {
                let price_to_set = price_to_set(&required, denom, gas);
                TxError::InsufficientFees { given, required, price_to_set }
            }
            Refusal::CannotPay { log } => {
                TxError::EmptyWallet { address: address.to_owned(), denom: denom.to_owned(), detail: log }
            }
            Refusal::MempoolFull => TxError::Unreachable { detail: "the node's mempool is full".to_owned() },
            Refusal::AlreadyKnown => {
                TxError::SequenceConflict { detail: "the transaction is in the mempool already".to_owned() }
            }
            Refusal::TooLarge { log } => TxError::TooLarge { detail: log },
            Refusal::Message { text, .. } => TxError::Contract { message: text },
            Refusal::Other { code, codespace, log } => TxError::Rejected { code, codespace, message: log },
        }
    }
}

/// The price at which the same gas would have been enough, from `2500uakash,1stake`.
fn price_to_set(required: &str, denom: &str, gas: u64) -> String {
    let in_denom = required.split(',').map(str::trim).find_map(|coin| {
        let end = coin.find(|c: char| !c.is_ascii_digit())?;
        let (amount, found) = coin.split_at(end);
        if found == denom {
            amount.parse::<u128>().ok()
        } else {
            None
        }
    });
    match in_denom {
        Some(fee) if gas > 0 => GasPrice::behind(denom, fee, gas).to_string(),
        _ => format!("what makes the fee {required}"),
    }
}

/// The contract's own words, without what the chain puts around them.
fn message_text(log: &str) -> String {
    let text = match log.split_once("message index: ") {
        Some((_, rest)) => rest.split_once(": ").map_or(rest, |(_, text)| text),
        None => log,
    };
    let mut text = text;
    for suffix in [
        ": execute wasm contract failed",
        ": instantiate wasm contract failed",
        ": migrate wasm contract failed",
    ] {
        text = text.strip_suffix(suffix).unwrap_or(text);
    }
    text.to_owned()
}

fn number_after(text: &str, marker: &str) -> Option<u64> {
    let (_, rest) = text.split_once(marker)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end).map_or(rest, |(found, _)| found).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_that_the_node_names_is_read() {
        let log = "account sequence mismatch, expected 12, got 10: incorrect account sequence";
        assert!(matches!(classify(32, "sdk", log), Refusal::WrongSequence { expected: Some(12), .. }));
    }

    #[test]
    fn a_contract_error_is_its_own_words_and_the_index_of_its_message() {
        let log = "failed to execute message; message index: 3: order 7 takes no bids: execute wasm contract failed";
        let expected = Refusal::Message { index: Some(3), text: "order 7 takes no bids".to_owned() };
        assert_eq!(classify(5, "wasm", log), expected);
    }

    #[test]
    fn too_low_a_fee_names_the_gas_price_to_set() {
        let log = "insufficient fees; got: 100uakash required: 2500uakash: insufficient fee";
        let error = classify(13, "sdk", log).into_error("wasm1a", "uakash", 100_000);
        let TxError::InsufficientFees { given, required, price_to_set } = error else { panic!("{error:?}") };
        assert_eq!((given.as_str(), required.as_str()), ("100uakash", "2500uakash"));
        assert_eq!(price_to_set, "0.025uakash");
    }

    #[test]
    fn a_contract_that_cannot_pay_is_not_an_empty_wallet() {
        let inner = "failed to execute message; message index: 0: dispatch: submessages: spendable balance 0uakash is smaller than 5uakash: insufficient funds";
        assert!(matches!(classify(5, "sdk", inner), Refusal::Message { .. }));
        let own = "spendable balance 0uakash is smaller than 2500uakash: insufficient funds";
        assert!(matches!(classify(5, "sdk", own), Refusal::CannotPay { .. }));
    }

    #[test]
    fn gas_figures_are_read_from_the_log() {
        let log = "out of gas in location: wasm contract; gasWanted: 90000, gasUsed: 91000: out of gas";
        assert_eq!(classify(11, "sdk", log), Refusal::OutOfGas { wanted: 90_000, used: 91_000 });
    }
}
