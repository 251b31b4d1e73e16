//! Placements: where a service runs, and for how much at most.

use std::collections::BTreeMap;
use std::str::FromStr;

use market_api::SignedBy;
use registry_api::limits::MAX_ATTRIBUTES;
use registry_api::Attribute;

use super::reader::{At, Place, Reader};
use super::Price;
use crate::price::Amount;
use crate::rules::{self, shown};
use crate::yaml::{number_text, Value};

pub(super) struct Placement {
    pub key: Place,
    pub attributes: Vec<Attribute>,
    /// Auditors, and where they are named.
    pub signed_by: SignedBy,
    /// By compute profile.
    pub pricing: BTreeMap<String, Option<Price>>,
}

pub(super) fn placement(reader: &mut Reader, at: &At<'_>, key: Place) -> Option<Placement> {
    let fields = reader.fields(at, &["attributes", "signedBy", "pricing"], &["pricing"])?;
    let signed_by = fields.get("signedBy").map(|at| signed_by(reader, &at)).unwrap_or_default();
    let mut attributes = fields.get("attributes").map(|at| named_attributes(reader, &at)).unwrap_or_default();
    attributes.sort();
    let mut pricing = BTreeMap::new();
    for entry in reader.entries(&fields.get("pricing")?, "prices, by compute profile") {
        let price = price(reader, &entry.at);
        pricing.entry(entry.name.to_string()).or_insert(price);
    }
    Some(Placement { key, attributes, signed_by, pricing })
}

fn signed_by(reader: &mut Reader, at: &At<'_>) -> SignedBy {
    let Some(fields) = reader.fields(at, &["anyOf", "allOf"], &[]) else { return SignedBy::default() };
    let mut auditors = |key: &str| -> Vec<String> {
        let Some(at) = fields.get(key) else { return Vec::new() };
        reader.texts(&at, "an auditor's address").into_iter().map(|(_, text)| text.to_string()).collect()
    };
    SignedBy { any_of: auditors("anyOf"), all_of: auditors("allOf") }
}

/// Attributes in the order of the file.
pub(super) fn named_attributes(reader: &mut Reader, at: &At<'_>) -> Vec<Attribute> {
    let entries = reader.entries(at, "attributes");
    if entries.len() > MAX_ATTRIBUTES {
        reader.error(&at.place, format!("{} attributes", entries.len()), format!("up to {MAX_ATTRIBUTES}"));
        return Vec::new();
    }
    let mut attributes = Vec::with_capacity(entries.len());
    for entry in entries {
        reader.obey(&entry.key, rules::attribute_key(entry.name));
        let value = match entry.at.value {
            Value::Text(text) => text.clone(),
            Value::Bool(value) => value.to_string(),
            Value::Number { value, .. } if plain(*value) => number_text(*value),
            _ => {
                // The message of text() fits: whatever is there is not text.
                reader.text(&entry.at, "an attribute's value");
                continue;
            }
        };
        reader.obey(&entry.at.place, rules::attribute_value(&value));
        attributes.push(Attribute::new(entry.name, value));
    }
    attributes
}

/// Whether the SDK spells the number without an exponent.
fn plain(value: f64) -> bool {
    value == 0.0 || (1e-6..1e21).contains(&value.abs())
}

/// The denoms that Akash's own tools take: its two, and USDC as its main network knows it.
const DENOMS: [&str; 3] =
    ["uakt", "uact", "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1"];

fn price(reader: &mut Reader, at: &At<'_>) -> Option<Price> {
    const AMOUNT: &str = "an amount for each block such as 100 or 0.5";
    let fields = reader.fields(at, &["denom", "amount"], &["denom", "amount"])?;
    let denom = fields.get("denom").and_then(|at| {
        let denom = reader.text(&at, "a denom such as uakt")?;
        if !DENOMS.contains(&denom) {
            reader.error(
                &at.place,
                format!("{} is not a denom of the language", shown(denom)),
                DENOMS.join(", "),
            );
        }
        Some(denom)
    });
    let amount = fields.get("amount").and_then(|at| {
        let literal = match at.value {
            Value::Text(text) => text.clone(),
            Value::Number { value, .. } if *value >= 0.0 && value.is_finite() => number_text(*value),
            _ => {
                let message = match at.value {
                    Value::Number { literal, .. } => {
                        format!("the amount {} is negative or not a number", shown(literal))
                    }
                    _ => "the amount is neither a number nor text".to_string(),
                };
                reader.error(&at.place, message, AMOUNT);
                return None;
            }
        };
        match Amount::from_str(&literal) {
            Ok(amount) => Some(amount),
            Err(_) => {
                let accepted = format!("{AMOUNT}, up to 20 digits before and 18 after the point");
                reader.error(&at.place, format!("{} is not an amount", shown(&literal)), accepted);
                None
            }
        }
    });
    Some(Price { per_block: amount?, denom: denom?.to_string(), place: at.place.clone() })
}
