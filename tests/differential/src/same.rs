//! When two answers are the same. Whatever a node does otherwise than the simulation, and that is no fault of either,
//! is in this file.

use cosmwasm_std::Event;
use serde_json::Value;
use tendermint_proto::v0_38::abci::ExecTxResult;

/// Type and attributes, by name: a node sorts those of what a contract sends with a reply.
pub type Told = (String, Vec<(String, String)>);

pub fn simulated(events: &[Event]) -> Vec<Told> {
    let told = events.iter().filter(|event| event.ty.starts_with("wasm"));
    told.map(|event| {
        let attributes = event.attributes.iter().map(|a| (a.key.clone(), a.value.clone()));
        (event.ty.clone(), sorted(attributes))
    })
    .collect()
}

/// Without the number of the message in its transaction, which a node adds to every event.
pub fn real(result: &ExecTxResult) -> Vec<Told> {
    let told = result.events.iter().filter(|event| event.r#type.starts_with("wasm"));
    told.map(|event| {
        let attributes = event.attributes.iter().filter(|a| a.key != "msg_index");
        (event.r#type.clone(), sorted(attributes.map(|a| (a.key.clone(), a.value.clone()))))
    })
    .collect()
}

fn sorted(attributes: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut all: Vec<_> = attributes.collect();
    all.sort();
    all
}

/// Why a message that a contract sent was refused, as the contract is told: a node gives it the text, the simulation the
/// error's inside with a trace of calls. What is compared is that both say something.
fn same_reason(simulated: &str, real: &str) -> bool {
    simulated == real || (simulated.starts_with("StdError(InnerError") && !real.is_empty())
}

pub fn events(simulated: &[Told], real: &[Told]) -> bool {
    simulated.len() == real.len()
        && simulated.iter().zip(real).all(|((simulated_type, ours), (real_type, theirs))| {
            simulated_type == real_type
                && ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(a, b)| a.0 == b.0 && same_reason(&a.1, &b.1))
        })
}

pub fn json(simulated: &Value, real: &Value) -> bool {
    match (simulated, real) {
        (Value::String(ours), Value::String(theirs)) => same_reason(ours, theirs),
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| json(a, b))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, a)| theirs.get(key).is_some_and(|b| json(a, b)))
        }
        (ours, theirs) => ours == theirs,
    }
}

/// A value in a contract's storage.
pub fn stored(simulated: Option<&Vec<u8>>, real: Option<&Vec<u8>>) -> bool {
    let (Some(ours), Some(theirs)) = (simulated, real) else { return simulated == real };
    let parsed = || Some((serde_json::from_slice(ours).ok()?, serde_json::from_slice(theirs).ok()?));
    ours == theirs || parsed().is_some_and(|(ours, theirs)| json(&ours, &theirs))
}

/// Refusals that do not come from a contract but from the chain around it, which the two word differently: what the
/// simulation says, what a node says, and what both mean.
const OWN_WORDS: [(&str, &str, &str); 3] = [
    ("Cannot Sub with given operands", "insufficient funds", "more sent than there is"),
    ("parse failed", "addr_validate errored", "not an address"),
    ("ContractData; key", "No such contract", "no contract there to ask"),
];

pub fn own_words(simulated: &str, real: &str) -> Option<&'static str> {
    let known = OWN_WORDS.iter().find(|(ours, theirs, _)| simulated.contains(ours) && real.contains(theirs));
    known.map(|(_, _, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_trace_of_calls_stands_for_another_text() {
        let trace = "StdError(InnerError { backtrace: [] })";
        assert!(json(&json!({"failure": {"reason": trace}}), &json!({"failure": {"reason": "no money"}})));
        assert!(!json(&json!({"failure": {"reason": trace}}), &json!({"failure": {"reason": ""}})));
        assert!(!json(&json!({"reason": "no money"}), &json!({"reason": "no stake"})));
        assert!(!json(&json!([1, 2]), &json!([1])));
        assert!(!json(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
    }

    #[test]
    fn bytes_that_are_missing_or_differ_are_not_the_same() {
        let bytes = |text: &str| Some(text.as_bytes().to_vec());
        assert!(stored(bytes("x").as_ref(), bytes("x").as_ref()));
        assert!(!stored(bytes("x").as_ref(), bytes("y").as_ref()));
        assert!(!stored(bytes("1").as_ref(), None));
    }

    #[test]
    fn a_refusal_in_other_words_must_be_a_known_one() {
        assert!(own_words("Cannot Sub with given operands", "1u is smaller than 2u: insufficient funds")
            .is_some());
        assert!(own_words("Cannot Sub with given operands", "unauthorized").is_none());
    }
}
