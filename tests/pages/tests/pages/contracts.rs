//! Each contract's README has a row for every message and every query, and none for what does not exist; the events and
//! errors that it names exist.

use std::collections::BTreeSet;

use pages::{read, root, Page};
use serde_json::Value;
use syn::Item;

use crate::{report, source};

pub const CONTRACTS: [&str; 4] = ["market", "staking", "provider-registry", "governance"];

#[test]
fn every_message_and_query_has_its_row() {
    let mut wrong = Vec::new();
    for contract in CONTRACTS {
        let page = Page::at(&format!("contracts/{contract}/README.md"));
        let schema: Value = serde_json::from_str(&read(&format!("schema/{contract}/{contract}.json")))
            .expect("a schema is JSON");
        for (section, part) in [("Messages", "execute"), ("Queries", "query")] {
            let rows = page.rows.iter().filter(|row| row.section == section);
            let described: BTreeSet<&str> =
                rows.flat_map(|row| row.cells[0].iter().map(String::as_str)).collect();
            let existing = variants(&schema[part]);
            let missing = existing.difference(&described).map(|name| (name, "has no row"));
            let unknown = described.difference(&existing).map(|name| (name, "is in no schema"));
            for (name, why) in missing.chain(unknown) {
                wrong.push(format!("{}, tables under \"## {section}\": {name} {why}", page.path));
            }
        }
    }
    report("tables of messages and queries that are not as the schemas say", wrong);
}

/// Columns of the table of messages.
const EVENTS: usize = 3;
const ERRORS: usize = 4;

#[test]
fn events_and_errors_in_the_tables_of_messages_exist() {
    let mut wrong = Vec::new();
    for contract in CONTRACTS {
        let page = Page::at(&format!("contracts/{contract}/README.md"));
        let events = source::events(&root().join("contracts").join(contract));
        let errors = errors(contract);
        for row in page.rows.iter().filter(|row| row.section == "Messages") {
            let [_, _, _, made, refused] = row.cells.as_slice() else {
                wrong.push(format!(
                    "{}: expected message, who, funds, events, refused with",
                    page.place(row.line)
                ));
                continue;
            };
            let unknown_events = made.iter().filter(|name| !events.contains_key(*name));
            let unknown_errors = refused.iter().filter(|name| !errors.contains(*name));
            let place = page.place(row.line);
            wrong.extend(unknown_events.map(|name| format!("{place}: column {EVENTS}: {name} is no event")));
            wrong.extend(unknown_errors.map(|name| format!("{place}: column {ERRORS}: {name} is no error")));
        }
    }
    report("tables of messages that name what does not exist", wrong);
}

/// Variants of the errors that a contract refuses with, its own and those of `std`.
fn errors(contract: &str) -> BTreeSet<String> {
    let mut files = vec![format!("contracts/{contract}/src/error.rs")];
    files.extend(["funds", "ownership", "version"].map(|name| format!("packages/std/src/{name}.rs")));
    let mut found = BTreeSet::new();
    for file in files {
        let parsed = syn::parse_file(&read(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        for item in parsed.items {
            if let Item::Enum(item) = item {
                found.extend(item.variants.iter().map(|variant| variant.ident.to_string()));
            }
        }
    }
    found
}

fn variants(schema: &Value) -> BTreeSet<&str> {
    let all = schema["oneOf"].as_array().expect("messages are variants");
    all.iter().map(|variant| variant["required"][0].as_str().expect("a variant has a name")).collect()
}
