//! The `profiles` section, and its compute profiles: what a service runs on.

use std::collections::BTreeMap;

use market_api::limits::MAX_VOLUMES;
use registry_api::Attribute;

use super::gpu::gpu;
use super::placement::{named_attributes, placement, Placement};
use super::quantity::{self, Quantity};
use super::reader::{At, Place, Reader};
use crate::model::{Gpu, Storage};
use crate::order::collated;
use crate::rules::{self, shown, Problem};
use crate::yaml::Value;

/// Attributes, and where they are.
type Attributes = (Vec<Attribute>, Place);

/// What one replica gets.
pub(super) struct Compute {
    pub cpu: u64,
    /// In the order of the manifest.
    pub cpu_attributes: Option<Attributes>,
    pub memory: u64,
    pub volumes: Vec<ComputeVolume>,
    pub gpu: Gpu,
}

pub(super) struct ComputeVolume {
    pub storage: Storage,
    /// Whether the file names it; only then can it be mounted.
    pub named: bool,
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
    let gpu = match fields.get("gpu") {
        Some(at) => gpu(reader, &at),
        None => Some(Gpu::default()),
    };
    let cpu = fields.get("cpu").and_then(|at| cpu(reader, &at));
    let memory = fields.get("memory").and_then(|at| {
        let fields = reader.fields(&at, &["size"], &["size"])?;
        size(reader, &fields.get("size")?)
    });
    let storage = fields.get("storage").and_then(|at| storage(reader, &at));
    let (cpu, cpu_attributes) = cpu?;
    Some(Compute { cpu, cpu_attributes, memory: memory?, volumes: storage?, gpu: gpu? })
}

/// Millicores, and what the processor must be.
fn cpu(reader: &mut Reader, at: &At<'_>) -> Option<(u64, Option<Attributes>)> {
    let fields = reader.fields(at, &["units", "attributes"], &["units"])?;
    let mut attributes = None;
    if let Some(at) = fields.get("attributes") {
        let mut list = named_attributes(reader, &at);
        list.sort_by(|left, right| collated(&left.key, &right.key));
        attributes = (!list.is_empty()).then_some((list, at.place));
    }
    let units = fields.get("units")?;
    Some((counted(reader, &units.place, quantity::cpu(units.value))?, attributes))
}

/// Reports what is wrong with a quantity, or doubtful.
fn counted(reader: &mut Reader, place: &Place, read: Result<Quantity, Problem>) -> Option<u64> {
    match read {
        Ok(Quantity { count, doubt }) => {
            if let Some(doubt) = doubt {
                reader.warn(place, format!("{doubt}, as Akash's own tools do"));
            }
            Some(count)
        }
        Err(problem) => {
            reader.obey(place, Err(problem));
            None
        }
    }
}

fn size(reader: &mut Reader, at: &At<'_>) -> Option<u64> {
    let text = match at.value {
        // The number alone is the likeliest mistake: its answer is the same as for the text.
        Value::Number { literal, .. } => literal,
        _ => reader.text(at, "a size such as 512Mi")?,
    };
    counted(reader, &at.place, quantity::size(text))
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
