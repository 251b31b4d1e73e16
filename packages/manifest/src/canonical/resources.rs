//! What a service takes, from the form on the wire.

use registry_api::limits::MAX_ATTRIBUTES;
use registry_api::Attribute;

use super::read::{broken, obey};
use super::{CanonicalError, WireAttribute, WireResources, WireStorage, WireUnits, WireValue};
use crate::limits;
use crate::model::{Endpoint, Gpu, ServiceResources, Storage};
use crate::order;
use crate::rules::{self, shown};

pub(super) fn read(
    path: &str,
    wire: WireResources,
    bandwidth: u64,
) -> Result<ServiceResources, CanonicalError> {
    if wire.id == 0 || wire.id as usize > market_api::limits::MAX_RESOURCES_PER_GROUP {
        return broken(path, format!("resource id {}; accepted: 1 to 32", wire.id));
    }
    if wire.storage.is_empty() || wire.storage.len() > market_api::limits::MAX_VOLUMES {
        return broken(path, format!("{} volumes; accepted: 1 to 8", wire.storage.len()));
    }
    let mut storage: Vec<Storage> = Vec::with_capacity(wire.storage.len());
    for volume in wire.storage {
        let volume = read_storage(path, volume)?;
        if storage.iter().any(|other| other.name == volume.name) {
            return broken(path, format!("two volumes are named {}", shown(&volume.name)));
        }
        storage.push(volume);
    }
    let mut endpoints = Vec::with_capacity(wire.endpoints.len().min(limits::MAX_EXPOSE));
    for endpoint in wire.endpoints {
        endpoints.push(match (endpoint.kind, endpoint.sequence_number) {
            (0, 0) => Endpoint::SharedHttp,
            (1, 0) => Endpoint::RandomPort,
            (2, sequence @ 1..) => Endpoint::LeasedIp { sequence },
            (kind, sequence) => {
                return broken(path, format!("an endpoint of kind {kind} with the number {sequence}"))
            }
        });
    }
    Ok(ServiceResources {
        id: wire.id,
        cpu: number(path, "cpu", &wire.cpu.units, limits::MAX_CPU)?,
        cpu_attributes: read_cpu_attributes(path, wire.cpu.attributes)?,
        memory: number(path, "memory", &wire.memory.size, limits::MAX_SIZE)?,
        storage,
        gpu: read_gpu(path, wire.gpu)?,
        endpoints,
        bandwidth,
    })
}

fn read_attributes(path: &str, wire: Vec<WireAttribute>) -> Result<Vec<Attribute>, CanonicalError> {
    if wire.len() > MAX_ATTRIBUTES {
        return broken(path, format!("{} attributes; accepted: up to {MAX_ATTRIBUTES}", wire.len()));
    }
    Ok(wire.into_iter().map(|attribute| Attribute::new(attribute.key, attribute.value)).collect())
}

fn read_cpu_attributes(path: &str, wire: Vec<WireAttribute>) -> Result<Vec<Attribute>, CanonicalError> {
    let attributes = read_attributes(path, wire)?;
    for attribute in &attributes {
        obey(path, rules::attribute_key(&attribute.key))?;
        obey(path, rules::attribute_value(&attribute.value))?;
    }
    if attributes.windows(2).any(|pair| order::collated(&pair[0].key, &pair[1].key).is_ge()) {
        return broken(path, "the cpu's attributes are not sorted, or one is there twice");
    }
    Ok(attributes)
}

fn read_gpu(path: &str, wire: WireUnits) -> Result<Gpu, CanonicalError> {
    let units = match wire.units.val.parse() {
        Ok(units) if units <= limits::MAX_GPU => units,
        _ => {
            let message = format!("{} gpu; accepted: 0 to {}", shown(&wire.units.val), limits::MAX_GPU);
            return broken(path, message);
        }
    };
    let attributes = read_attributes(path, wire.attributes)?;
    for attribute in &attributes {
        obey(path, rules::gpu_attribute(&attribute.key))?;
        if attribute.value != "true" {
            return broken(path, format!("gpu attribute {} = {}", attribute.key, shown(&attribute.value)));
        }
    }
    Ok(Gpu { units, attributes })
}

fn read_storage(path: &str, wire: WireStorage) -> Result<Storage, CanonicalError> {
    obey(path, rules::name(&wire.name))?;
    let size = number(path, "storage", &wire.size, limits::MAX_SIZE)?;
    let mut storage = Storage { name: wire.name, size, persistent: None, class: None };
    for attribute in wire.attributes {
        match (attribute.key.as_str(), attribute.value.as_str()) {
            ("class", class) => {
                obey(path, rules::name(class))?;
                storage.class = Some(attribute.value);
            }
            ("persistent", "true") => storage.persistent = Some(true),
            ("persistent", "false") => storage.persistent = Some(false),
            (key, value) => {
                return broken(path, format!("storage attribute {} = {}", shown(key), shown(value)))
            }
        }
    }
    if storage.class.as_deref() == Some("ram") && storage.persistent != Some(false) {
        return broken(path, "a volume of class ram is not persistent");
    }
    Ok(storage)
}

fn number(path: &str, what: &str, wire: &WireValue, max: u64) -> Result<u64, CanonicalError> {
    match wire.val.parse() {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        _ => broken(path, format!("{what} {}; accepted: a number from 1 to {max}", shown(&wire.val))),
    }
}
