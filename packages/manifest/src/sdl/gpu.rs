//! The `gpu` part of a compute profile.

use registry_api::limits::MAX_ATTRIBUTES;
use registry_api::Attribute;

use super::reader::{At, Reader};
use crate::limits::MAX_GPU;
use crate::model::Gpu;
use crate::rules;
use crate::yaml::Value;

pub(super) fn gpu(reader: &mut Reader, at: &At<'_>) -> Option<Gpu> {
    let fields = reader.fields(at, &["units", "attributes"], &["units"])?;
    let units = fields.get("units").and_then(|at| Some((units(reader, &at)?, at)));
    let Some(at) = fields.get("attributes") else {
        let (units, at) = units?;
        // As the SDK has it, only the number 0 is none.
        if units > 0 || matches!(at.value, Value::Text(_)) {
            let message = "a gpu of no vendor";
            reader.error(
                &at.place,
                message,
                "attributes beside it, such as vendor: {nvidia: [{model: a100}]}",
            );
            return None;
        }
        return Some(Gpu::default());
    };
    let attributes = attributes(reader, &at);
    let (units, units_at) = units?;
    if units == 0 && !matches!(units_at.value, Value::Text(_)) {
        reader.error(&at.place, "attributes of no gpu", "units above 0, or no attributes");
        return None;
    }
    Some(Gpu { units, attributes: attributes? })
}

fn units(reader: &mut Reader, at: &At<'_>) -> Option<u32> {
    if let Value::Text(text) = at.value {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(units) if digits && units <= MAX_GPU => return Some(units),
            _ => {
                let message = format!("{} is not a number of gpu", rules::shown(text));
                reader.error(&at.place, message, format!("a whole number from 0 to {MAX_GPU}"));
                return None;
            }
        }
    }
    reader.integer(at, 0, u64::from(MAX_GPU)).map(|units| units as u32)
}

/// Each model as one attribute, in the order of the file.
fn attributes(reader: &mut Reader, at: &At<'_>) -> Option<Vec<Attribute>> {
    let fields = reader.fields(at, &["vendor"], &["vendor"])?;
    let vendor_at = fields.get("vendor")?;
    let vendor = reader.fields(&vendor_at, &["nvidia"], &[])?;
    let Some(at) = vendor.get("nvidia") else {
        if reader.names(&vendor_at).is_empty() {
            reader.error(
                &vendor_at.place,
                "no vendor is named",
                "nvidia: and its models, or nothing for any",
            );
        }
        return None;
    };
    if let Value::Null = at.value {
        return Some(vec![Attribute::new("vendor/nvidia/model/*", "true")]);
    }
    let Value::List(_) = at.value else {
        reader.list(&at, "models such as model: a100, or nothing for any");
        return None;
    };
    let models = reader.list(&at, "models");
    if models.len() > MAX_ATTRIBUTES {
        reader.error(&at.place, format!("{} models", models.len()), format!("up to {MAX_ATTRIBUTES}"));
        return None;
    }
    let mut attributes = Vec::with_capacity(models.len());
    for model in models {
        attributes.extend(model_key(reader, &model).map(|key| Attribute::new(key, "true")));
    }
    Some(attributes)
}

fn model_key(reader: &mut Reader, at: &At<'_>) -> Option<String> {
    let fields = reader.fields(at, &["model", "ram", "interface"], &["model"])?;
    let model_at = fields.get("model")?;
    let model = reader.text(&model_at, "a model such as a100");
    let ram = fields.get("ram").and_then(|at| reader.text(&at, "an amount of memory such as 80Gi"));
    let interface = fields.get("interface").and_then(|at| {
        let interface = reader.text(&at, "pcie or sxm")?;
        if !["pcie", "sxm"].contains(&interface) {
            let message = format!("{} is not an interface", rules::shown(interface));
            reader.error(&at.place, message, "pcie or sxm");
        }
        Some(interface)
    });
    let mut key = format!("vendor/nvidia/model/{}", model?);
    for (name, value) in [("ram", ram), ("interface", interface)] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            key.push_str(&format!("/{name}/{value}"));
        }
    }
    reader.obey(&model_at.place, rules::gpu_attribute(&key)).then_some(key)
}
