use market_api::{Gpu, Group, Resources, Volume};
use registry_api::Attribute;

use crate::model::{Endpoint, ManifestGroup, Service};

/// What one service takes, in the market's terms.
pub(crate) fn resources(service: &Service) -> Resources {
    Resources {
        cpu: service.resources.cpu,
        memory: service.resources.memory,
        storage: service
            .resources
            .storage
            .iter()
            .map(|storage| Volume {
                name: storage.name.clone(),
                size: storage.size,
                persistent: storage.is_persistent(),
                // The language's own word for the provider's default.
                class: storage.class.clone().filter(|class| class != "default"),
            })
            .collect(),
        bandwidth: service.resources.bandwidth,
        gpu: gpu(service),
        // At most limits::MAX_EXPOSE.
        endpoints: service
            .resources
            .endpoints
            .iter()
            .filter(|endpoint| !matches!(endpoint, Endpoint::LeasedIp { .. }))
            .count() as u32,
        count: service.count,
    }
}

fn gpu(service: &Service) -> Option<Gpu> {
    let gpu = &service.resources.gpu;
    if gpu.units == 0 {
        return None;
    }
    // The chain's keys are in lower case and each is there once.
    let mut attributes: Vec<Attribute> = gpu
        .attributes
        .iter()
        .map(|attribute| Attribute::new(attribute.key.to_ascii_lowercase(), attribute.value.as_str()))
        .collect();
    attributes.sort();
    attributes.dedup();
    Some(Gpu { units: gpu.units, attributes })
}

/// Whether the group runs on exactly what an order for `spec` sold: the same name, and for each service one entry
/// of the order that equals what the service takes. The order of the entries does not matter, so that an update
/// may rename services.
pub fn check_fits(group: &ManifestGroup, spec: &Group) -> Result<(), String> {
    if group.name != spec.name {
        return Err(format!(
            "the order is for group `{}`, the manifest's group is `{}`",
            spec.name, group.name
        ));
    }
    if group.services.len() != spec.resources.len() {
        return Err(format!(
            "group `{}`: the order sold resources for {} services, the manifest has {}",
            group.name,
            spec.resources.len(),
            group.services.len()
        ));
    }
    let mut unused: Vec<&Resources> = spec.resources.iter().collect();
    for service in &group.services {
        let wanted = resources(service);
        match unused.iter().position(|sold| **sold == wanted) {
            Some(index) => {
                unused.swap_remove(index);
            }
            None => {
                return Err(format!(
                    "group `{}`: service `{}` takes {}, which the order did not sell; what it sold and no other service takes: {}",
                    group.name,
                    service.name,
                    describe(&wanted),
                    unused.iter().map(|sold| describe(sold)).collect::<Vec<_>>().join("; or ")
                ))
            }
        }
    }
    Ok(())
}

fn describe(resources: &Resources) -> String {
    let volumes: Vec<String> = resources
        .storage
        .iter()
        .map(|volume| {
            let kind = if volume.persistent { " persistent" } else { "" };
            let class = volume.class.as_ref().map(|class| format!(" {class}")).unwrap_or_default();
            format!("{} {} B{kind}{class}", volume.name, volume.size)
        })
        .collect();
    let mut text = format!(
        "{} x ({} millicores, {} B memory, storage [{}], {} endpoints",
        resources.count,
        resources.cpu,
        resources.memory,
        volumes.join(", "),
        resources.endpoints
    );
    if resources.bandwidth > 0 {
        text.push_str(&format!(", {} B/s", resources.bandwidth));
    }
    if let Some(gpu) = &resources.gpu {
        let kinds: Vec<&str> = gpu.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
        text.push_str(&format!(", {} gpu [{}]", gpu.units, kinds.join(", ")));
    }
    text.push(')');
    text
}
