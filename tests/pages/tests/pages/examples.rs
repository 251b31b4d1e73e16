//! The JSON that `docs/frontends.md` shows is what it is said to be, and its TypeScript is what the chain test runs.

use chain_client::AddressBook;
use cloud_std::{Money, Page as List};
use pages::{read, Code, Kind, Page};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::report;

const PAGE: &str = "docs/frontends.md";

fn is<T: DeserializeOwned>(text: &str) -> Result<(), String> {
    serde_json::from_str::<T>(text).map(|_| ()).map_err(|error| error.to_string())
}

pub fn is_message(contract: &str, text: &str) -> Result<(), String> {
    match contract {
        "market" => is::<market_api::ExecuteMsg>(text),
        "staking" => is::<staking_api::ExecuteMsg>(text),
        "registry" => is::<registry_api::ExecuteMsg>(text),
        "governance" => is::<governance_api::ExecuteMsg>(text),
        other => Err(format!("{other} is none of market, staking, registry, governance")),
    }
}

pub fn is_query(contract: &str, text: &str) -> Result<(), String> {
    match contract {
        "market" => is::<market_api::QueryMsg>(text),
        "staking" => is::<staking_api::QueryMsg>(text),
        "registry" => is::<registry_api::QueryMsg>(text),
        "governance" => is::<governance_api::QueryMsg>(text),
        other => Err(format!("{other} is none of market, staking, registry, governance")),
    }
}

/// The contract that a section is about, by its heading's first word.
fn contract_of(section: &str) -> Option<&'static str> {
    let word = section.split([':', ' ']).next().unwrap_or_default();
    ["market", "staking", "registry", "governance"].into_iter().find(|name| word.eq_ignore_ascii_case(name))
}

/// What an example may be where no contract's message is meant.
fn is_value(text: &str) -> Result<(), String> {
    is::<AddressBook>(text)
        .or_else(|_| is::<Money>(text))
        .or_else(|_| is::<market_api::TimeCursor>(text))
        .or_else(|_| is::<market_api::BookCursor>(text))
        .or_else(|_| is::<market_api::OrderFilter>(text))
        .or_else(|_| is::<market_api::LeaseFilter>(text))
        .or_else(|_| is::<market_api::EligibilitySubject>(text))
        .or_else(|_| is::<market_api::SignedBy>(text))
        .or_else(|_| is::<List<Value, Value>>(text))
        .map_err(|_| "is none of the values that this page is about".to_owned())
}

fn check(code: &Code, value: &Value) -> Result<(), String> {
    let text = value.to_string();
    let Some(contract) = contract_of(&code.section) else { return is_value(&text) };
    // The more telling of the two errors is that of the message which the example names.
    is_message(contract, &text).or_else(|message| {
        is_query(contract, &text).or_else(|query| {
            is_value(&text).map_err(|_| if query.contains("unknown variant") { message } else { query })
        })
    })
}

#[test]
fn every_json_example_is_what_it_is_said_to_be() {
    let page = Page::at(PAGE);
    let mut wrong = Vec::new();
    let mut found = 0;
    for code in &page.code {
        let shown = match &code.kind {
            Kind::Span => code.text.starts_with('{'),
            Kind::Block(language) => language == "json",
        };
        if !shown {
            continue;
        }
        for value in serde_json::Deserializer::from_str(&code.text).into_iter::<Value>() {
            found += 1;
            let checked = value
                .map_err(|error| error.to_string())
                .and_then(|value| check(code, &value).map_err(|error| format!("{value}\n      {error}")));
            if let Err(why) = checked {
                wrong.push(format!("{}: {why}", page.place(code.line)));
                break;
            }
        }
    }
    report("JSON examples that no contract would take", wrong);
    assert!(found > 40, "only {found} examples were found: is the page still written as this test reads it?");
}

#[test]
fn the_quick_start_is_what_the_chain_test_runs() {
    let page = Page::at(PAGE);
    let shown = page.code.iter().find(|code| code.kind == Kind::Block("ts".to_owned()));
    let shown = &shown.expect("the page shows TypeScript").text;
    let file = "schema/typescript/examples/quick-start.ts";
    assert!(
        read(file).ends_with(shown.as_str()),
        "{PAGE} shows other code than {file} ends with: copy it from there"
    );
}
