//! `schema/events.json` documents exactly the events that the contracts make, with exactly their attributes.

use std::collections::{BTreeMap, BTreeSet};

use pages::{read, root};
use serde::Deserialize;

use crate::contracts::CONTRACTS;
use crate::report;
use crate::source;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "about")]
    _about: Vec<String>,
    kinds: BTreeMap<String, String>,
    contracts: BTreeMap<String, Contract>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contract {
    attributes: BTreeMap<String, Attribute>,
    events: BTreeMap<String, Event>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attribute {
    kind: String,
    meaning: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    when: String,
    attributes: Vec<String>,
}

/// By the name that the address book gives a contract.
fn documented() -> Document {
    serde_json::from_str(&read("schema/events.json")).expect("schema/events.json is as this test declares it")
}

fn name_in_book(folder: &str) -> &str {
    folder.strip_prefix("provider-").unwrap_or(folder)
}

/// As the document writes it: `note?` may be left out.
fn written(attributes: &source::Attributes) -> BTreeSet<String> {
    let mark = |optional: &bool| if *optional { "?" } else { "" };
    attributes.iter().map(|(name, optional)| format!("{name}{}", mark(optional))).collect()
}

#[test]
fn events_are_documented_as_the_contracts_make_them() {
    let document = documented();
    let mut wrong = Vec::new();
    for folder in CONTRACTS {
        let contract = &document.contracts[name_in_book(folder)];
        let made = source::events(&root().join("contracts").join(folder));
        assert!(made.len() > 5, "contracts/{folder}: hardly any events were found: {made:?}");
        for (name, attributes) in &made {
            let attributes = written(attributes);
            match contract.events.get(name) {
                None => wrong.push(format!("{folder}: {name} is not documented; it has {attributes:?}")),
                Some(event) => {
                    let documented: BTreeSet<_> = event.attributes.iter().cloned().collect();
                    for attribute in attributes.difference(&documented) {
                        wrong.push(format!("{folder}: {name} has {attribute}, which is not documented"));
                    }
                    for attribute in documented.difference(&attributes) {
                        wrong.push(format!(
                            "{folder}: {name} is documented with {attribute}, which it has not"
                        ));
                    }
                }
            }
        }
        let gone = contract.events.keys().filter(|name| !made.contains_key(*name));
        wrong.extend(gone.map(|name| format!("{folder}: {name} is documented and never made")));
    }
    report("schema/events.json is not as the contracts are (edit it, then `npm run generate` in schema/typescript)", wrong);
}

#[test]
fn every_attribute_has_a_kind_and_a_meaning_and_is_used() {
    let document = documented();
    let mut wrong = Vec::new();
    assert_eq!(document.contracts.len(), CONTRACTS.len());
    for (name, contract) in &document.contracts {
        let plain = |attribute: &String| attribute.trim_end_matches('?').to_owned();
        let used: BTreeSet<_> =
            contract.events.values().flat_map(|event| event.attributes.iter().map(plain)).collect();
        let described: BTreeSet<_> = contract.attributes.keys().cloned().collect();
        wrong.extend(
            used.difference(&described).map(|attribute| format!("{name}: {attribute} is not described")),
        );
        wrong.extend(
            described.difference(&used).map(|attribute| format!("{name}: {attribute} is in no event")),
        );
        for (attribute, about) in &contract.attributes {
            if !document.kinds.contains_key(&about.kind) || !about.meaning.ends_with('.') {
                wrong.push(format!("{name}: {attribute} needs a kind of `kinds` and a sentence of meaning"));
            }
        }
        let silent = contract.events.iter().filter(|(_, event)| !event.when.ends_with('.'));
        wrong.extend(silent.map(|(event, _)| format!("{name}: {event} needs a sentence that says when")));
    }
    report("attributes that are not fully described", wrong);
}
