//! What the answers and errors of nodes mean.

use crate::rpc::answers::{AbciQuery, BlockResultsAnswer, EventAnswer, ExecResult};
use crate::rpc::Fault;
use crate::{Event, QueryError, RawEvent, TxResult};

/// Invalid height, or state that was pruned.
pub fn lacks_height(answer: &AbciQuery) -> bool {
    answer.codespace == "sdk"
        && (answer.code == 26
            || answer.log.contains("failed to load state at height")
            || answer.log.contains("version does not exist"))
}

/// Errors of the node itself to a broadcast, as the code that the SDK has for the same.
pub fn node_refusal(message: &str) -> Option<u32> {
    if message.contains("mempool is full") {
        Some(20)
    } else if message.contains("too large") {
        Some(21)
    } else {
        None
    }
}

/// How contracts say that what was asked for does not exist: the suite's own words, and those of cosmwasm-std.
const ABSENCES: [&str; 5] =
    ["not found", "there is no ", "has no bid on order", "is not a registered provider", "has no root"];

pub fn contract_error(contract: &str, answer: &AbciQuery) -> Option<QueryError> {
    // The chain puts this after what the contract said, and hides its own code from callers by ABCI. Everything
    // else (no such contract, the machine's faults, gas) is not the contract's answer.
    let Some((message, _)) = answer.log.rsplit_once(": query wasm contract failed") else {
        return Some(module_error(&format!("a query of contract {contract}"), answer));
    };
    let message = message.to_owned();
    if ABSENCES.iter().any(|text| message.contains(text)) {
        return Some(QueryError::NotFound {
            what: format!("what contract {contract} was asked for"),
            message,
        });
    }
    Some(QueryError::Contract { contract: contract.to_owned(), message })
}

pub fn module_error(what: &str, answer: &AbciQuery) -> QueryError {
    if answer.codespace == "sdk" && answer.code == 22 {
        return QueryError::NotFound { what: what.to_owned(), message: answer.log.clone() };
    }
    QueryError::Chain {
        what: what.to_owned(),
        code: i64::from(answer.code),
        codespace: answer.codespace.clone(),
        message: answer.log.clone(),
    }
}

pub fn no_block(height: u64, fault: Fault) -> Fault {
    let Fault::Rpc { code, message } = fault else { return fault };
    if message.contains("must be less than or equal to") {
        Fault::Lacking(QueryError::NotFound { what: format!("block {height}"), message })
    } else if message.contains("is not available") || message.contains("could not find results") {
        Fault::Lacking(QueryError::NoSuchHeight { height, message })
    } else {
        Fault::Rpc { code, message }
    }
}

pub fn block_events(results: BlockResultsAnswer) -> Vec<Event> {
    let is_begin = |event: &RawEvent| event.get("mode") == Some("BeginBlock");
    let finalize = results.finalize_block_events.into_iter().map(RawEvent::from);
    let (begin, end): (Vec<RawEvent>, Vec<RawEvent>) = finalize.partition(is_begin);
    let of_txs = results.txs_results.into_iter().filter(|tx| tx.code == 0).flat_map(|tx| tx.events);
    results
        .begin_block_events
        .into_iter()
        .map(RawEvent::from)
        .chain(begin)
        .chain(of_txs.map(RawEvent::from))
        .chain(results.end_block_events.into_iter().map(RawEvent::from))
        .chain(end)
        .filter_map(|raw| Event::from_raw(&raw))
        .collect()
}

pub fn tx_result(hash: String, height: u64, result: ExecResult) -> TxResult {
    let ExecResult { code, codespace, log, gas_wanted, gas_used, events } = result;
    let raw_events: Vec<RawEvent> = events.into_iter().map(|event: EventAnswer| event.into()).collect();
    let events = raw_events.iter().filter_map(Event::from_raw).collect();
    // Events and log of a failed transaction say nothing that happened.
    TxResult { hash, height, code, codespace, log, gas_wanted, gas_used, events, raw_events }
}
