//! The `profiles` section: what a service runs on, and where and for how much.

use std::collections::BTreeMap;
use std::str::FromStr;

use market_api::limits::MAX_VOLUMES;
use registry_api::limits::{MAX_ATTRIBUTES, MAX_ATTRIBUTE_KEY_BYTES, MAX_ATTRIBUTE_VALUE_BYTES};
use registry_api::Attribute;

use super::quantity;
use super::reader::{At, Place, Reader};
use super::Price;
use crate::model::Storage;
use crate::price::Amount;
use crate::rules::{self, shown};
use crate::yaml::{number_text, Value};

/// What one replica gets.
pub(super) struct Compute {
    pub cpu: u64,
    pub memory: u64,
    pub volumes: Vec<ComputeVolume>,
}

pub(super) struct ComputeVolume {
    pub storage: Storage,
    /// Whether the file names it; only then can it be mounted.
    pub named: bool,
}

pub(super) struct Placement {
    pub key: Place,
    pub attributes: Vec<Attribute>,
    /// By compute profile.
    pub pricing: BTreeMap<String, Option<Price>>,
}

/// Profiles by name; None for one that is there and has mistakes, so that nobody is told it is missing.
pub(super) type Named<T> = BTreeMap<String, Option<T>>;

pub(super) fn profiles(reader: &mut Reader, at: &At<'_>) -> Option<(Named<Compute>, Named<Placement>)> {
    let fields = reader.fields(at, &["compute", "placement"], &["compute", "placement"])?;
    let mut computes = BTreeMap::new();
    for entry in reader.entries(&fields.get("compute")?, "compute profiles") {
        let compute = compute(reader, &entry.at);
        computes.entry(entry.name.to_string()).or_insert(compute);
    }
    let mut placements = BTreeMap::new();
    for entry in reader.entries(&fields.get("placement")?, "placements") {
        reader.obey(&entry.key, rules::name(entry.name));
        let placement = placement(reader, &entry.at, entry.key);
        placements.entry(entry.name.to_string()).or_insert(placement);
    }
    Some((computes, placements))
}

fn compute(reader: &mut Reader, at: &At<'_>) -> Option<Compute> {
    let fields = reader.fields(at, &["resources"], &["resources"])?;
    let fields = reader.fields(
        &fields.get("resources")?,
        &["cpu", "memory", "storage", "gpu"],
        &["cpu", "memory", "storage"],
    )?;
    if let Some(at) = fields.get("gpu") {
        gpu(reader, &at);
    }
    let cpu = fields.get("cpu").and_then(|at| cpu(reader, &at));
    let memory = fields.get("memory").and_then(|at| {
        let fields = reader.fields(&at, &["size"], &["size"])?;
        size(reader, &fields.get("size")?)
    });
    let storage = fields.get("storage").and_then(|at| storage(reader, &at));
    Some(Compute { cpu: cpu?, memory: memory?, volumes: storage? })
}

fn cpu(reader: &mut Reader, at: &At<'_>) -> Option<u64> {
    let fields = reader.fields(at, &["units", "attributes"], &["units"])?;
    if let Some(at) = fields.get("attributes") {
        if !reader.entries(&at, "attributes").is_empty() {
            reader.not_supported(&at.place, "attributes of a cpu are", "attributes of the placement");
        }
    }
    let units = fields.get("units")?;
    match quantity::cpu(units.value) {
        Ok(millicores) => Some(millicores),
        Err(problem) => {
            reader.obey(&units.place, Err(problem));
            None
        }
    }
}

fn gpu(reader: &mut Reader, at: &At<'_>) {
    let Some(fields) = reader.fields(at, &["units", "attributes"], &["units"]) else { return };
    let none =
        matches!(fields.get("units"), Some(At { value: Value::Number { value, .. }, .. }) if *value == 0.0);
    if !none || fields.get("attributes").is_some() {
        reader.not_supported(&at.place, "graphics processors are", "no gpu, or `units: 0` alone");
    }
}

fn size(reader: &mut Reader, at: &At<'_>) -> Option<u64> {
    let text = match at.value {
        // The number alone is the likeliest mistake: its answer is the same as for the text.
        Value::Number { literal, .. } => literal,
        _ => reader.text(at, "a size such as 512Mi")?,
    };
    match quantity::size(text) {
        Ok(bytes) => Some(bytes),
        Err(problem) => {
            reader.obey(&at.place, Err(problem));
            None
        }
    }
}

fn storage(reader: &mut Reader, at: &At<'_>) -> Option<Vec<ComputeVolume>> {
    let items = match at.value {
        Value::Map(_) => vec![at.clone()],
        _ => reader.list(at, "volumes, or one volume"),
    };
    if items.is_empty() || items.len() > MAX_VOLUMES {
        let message = format!("{} volumes", items.len());
        reader.error(&at.place, message, format!("1 to {MAX_VOLUMES}"));
        return None;
    }
    let count = items.len();
    let mut volumes: Vec<ComputeVolume> = Vec::with_capacity(count);
    for item in items {
        let Some(volume) = volume(reader, &item) else { continue };
        if volumes.iter().any(|other| other.storage.name == volume.storage.name) {
            let message = format!("two volumes are named {}", shown(&volume.storage.name));
            reader.error(&item.place, message, "a name for each volume; one without is named `default`");
        }
        volumes.push(volume);
    }
    (volumes.len() == count).then_some(volumes)
}

fn volume(reader: &mut Reader, at: &At<'_>) -> Option<ComputeVolume> {
    let fields = reader.fields(at, &["name", "size", "attributes"], &["size"])?;
    let mut name = "";
    if let Some(at) = fields.get("name") {
        name = reader.text(&at, "a name for the volume")?;
        if !name.is_empty() {
            reader.obey(&at.place, rules::name(name));
        }
    }
    let (mut persistent, mut class) = (None, None);
    if let Some(at) = fields.get("attributes") {
        let fields = reader.fields(&at, &["class", "persistent"], &[])?;
        if let Some(at) = fields.get("class") {
            let text = reader.text(&at, "a storage class such as beta2")?;
            reader.obey(&at.place, rules::name(text));
            class = Some(text.to_string());
        }
        if let Some(at) = fields.get("persistent") {
            persistent = match at.value {
                Value::Text(text) if text == "true" => Some(true),
                Value::Text(text) if text == "false" => Some(false),
                _ => reader.truth(&at),
            };
        }
        if class.as_deref() == Some("ram") {
            if persistent == Some(true) {
                reader.error(&at.place, "memory does not persist", "class ram without persistent");
            }
            persistent = persistent.or(Some(false));
        }
    }
    let size = size(reader, &fields.get("size")?)?;
    let named = !name.is_empty();
    let name = if named { name } else { "default" }.to_string();
    Some(ComputeVolume { storage: Storage { name, size, persistent, class }, named })
}

fn placement(reader: &mut Reader, at: &At<'_>, key: Place) -> Option<Placement> {
    let fields = reader.fields(at, &["attributes", "signedBy", "pricing"], &["pricing"])?;
    if let Some(at) = fields.get("signedBy") {
        signed_by(reader, &at);
    }
    let attributes = fields.get("attributes").map(|at| attributes(reader, &at)).unwrap_or_default();
    let mut pricing = BTreeMap::new();
    for entry in reader.entries(&fields.get("pricing")?, "prices, by compute profile") {
        let price = price(reader, &entry.at);
        pricing.entry(entry.name.to_string()).or_insert(price);
    }
    Some(Placement { key, attributes, pricing })
}

fn signed_by(reader: &mut Reader, at: &At<'_>) {
    let Some(fields) = reader.fields(at, &["anyOf", "allOf"], &[]) else { return };
    let mut auditors = 0;
    for key in ["anyOf", "allOf"] {
        if let Some(at) = fields.get(key) {
            auditors += reader.texts(&at, "an auditor's address").len();
        }
    }
    if auditors > 0 {
        reader.not_supported(&at.place, "auditors are", "no signedBy, or empty lists");
    }
}

fn attributes(reader: &mut Reader, at: &At<'_>) -> Vec<Attribute> {
    let entries = reader.entries(at, "attributes");
    if entries.len() > MAX_ATTRIBUTES {
        reader.error(&at.place, format!("{} attributes", entries.len()), format!("up to {MAX_ATTRIBUTES}"));
        return Vec::new();
    }
    let mut attributes = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = entry.name;
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let good = key.len() <= MAX_ATTRIBUTE_KEY_BYTES
            && key.bytes().next().is_some_and(letter)
            && key.bytes().all(|byte| letter(byte) || b"_/.*-".contains(&byte));
        if !good {
            let accepted = "1 to 64 of a-z, 0-9, _, /, ., * and -, beginning with a letter or digit";
            reader.error(&entry.key, format!("{} is not an attribute", shown(key)), accepted);
        }
        let value = match entry.at.value {
            Value::Text(text) => text.clone(),
            Value::Bool(value) => value.to_string(),
            Value::Number { value, .. } if value.is_finite() => number_text(*value),
            _ => {
                // The message of text() fits: whatever is there is not text.
                reader.text(&entry.at, "an attribute's value");
                continue;
            }
        };
        if value.is_empty() || value.len() > MAX_ATTRIBUTE_VALUE_BYTES {
            let message = format!("a value of {} bytes", value.len());
            reader.error(&entry.at.place, message, format!("1 to {MAX_ATTRIBUTE_VALUE_BYTES} bytes"));
        }
        attributes.push(Attribute::new(key, value));
    }
    attributes.sort();
    attributes
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
