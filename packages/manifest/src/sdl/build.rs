//! The manifest that comes of a file without mistakes, and what it asks of providers.

use std::collections::BTreeMap;

use super::addresses;
use super::compile::{Compiler, Deployed};
use super::extension::{Extension, Floors, OfService};
use super::placement::Placement;
use super::ports::Wanted;
use super::profiles::Compute;
use super::reader::Place;
use super::services::ServiceText;
use super::{Offer, Price, Unsaid};
use crate::carried::Carried;
use crate::limits::MAX_BYTES;
use crate::model::{Endpoint, Expose, Manifest, ManifestGroup, Service, ServiceResources};

impl Compiler<'_, '_> {
    pub(super) fn build(self) -> Option<(Manifest, Vec<Offer>, Extension)> {
        let numbers = addresses::numbers(self.texts.values().flat_map(|text| &text.ports.leased));
        let mut groups: BTreeMap<&str, (ManifestGroup, Offer, Vec<&str>)> = BTreeMap::new();
        // Services in the order of their names, so that each group has them in that order too.
        for (service, placed) in &self.deployments {
            let text = self.texts.get(*service)?;
            for (placement_name, deployed) in placed {
                let deployed = deployed.as_ref()?;
                let placement = self.placements.get(*placement_name)?.as_ref()?;
                let compute = self.computes.get(deployed.profile)?.as_ref()?;
                let price: Price = placement.pricing.get(deployed.profile)?.clone()?;
                let (group, offer, profiles) = groups.entry(placement_name).or_insert_with(|| {
                    let group = ManifestGroup { name: placement_name.to_string(), services: Vec::new() };
                    let floors = self.extension.placements.get(*placement_name).copied().unwrap_or_default();
                    (group, offer(placement, floors), Vec::new())
                });
                // A profile is numbered where the group first uses it.
                let index =
                    profiles.iter().position(|profile| *profile == deployed.profile).unwrap_or_else(|| {
                        profiles.push(deployed.profile);
                        profiles.len() - 1
                    });
                let mut built = service_of(service, text, compute, deployed, index as u32 + 1, &numbers);
                built.connections = self.extension.connections.get(*service).cloned().unwrap_or_default();
                let of_service = self.extension.services.get(*service);
                if let Some(of_service) = of_service {
                    built.carried = of_service.carried.clone();
                    built.resources.bandwidth = of_service.bandwidth;
                }
                group.services.push(built);
                ask(offer, text, compute, of_service);
                offer.prices.push(price);
            }
        }
        let (groups, offers): (Vec<_>, Vec<_>) =
            groups.into_values().map(|(group, offer, _)| (group, offer)).unzip();
        let manifest = Manifest { groups };
        let size = manifest.to_canonical_json().len();
        if size > MAX_BYTES {
            let message = format!("the manifest that comes of the file has {size} bytes");
            self.reader.error(&Place::default(), message, format!("up to {}", MAX_BYTES));
            return None;
        }
        Some((manifest, offers, self.extension))
    }
}

fn service_of(
    name: &str,
    text: &ServiceText,
    compute: &Compute,
    deployed: &Deployed<'_>,
    id: u32,
    numbers: &BTreeMap<String, u32>,
) -> Service {
    let number = |ip: &str| numbers.get(ip).copied().unwrap_or(0);
    let numbered = |expose: &Expose| Expose { ip_sequence: number(&expose.ip), ..expose.clone() };
    let endpoint = |wanted: &Wanted| match wanted {
        Wanted::SharedHttp => Endpoint::SharedHttp,
        Wanted::RandomPort => Endpoint::RandomPort,
        Wanted::LeasedIp(ip) => Endpoint::LeasedIp { sequence: number(ip) },
    };
    Service {
        name: name.to_string(),
        image: text.image.clone(),
        command: text.command.clone(),
        args: text.args.clone(),
        env: text.env.clone(),
        resources: ServiceResources {
            id,
            cpu: compute.cpu,
            cpu_attributes: compute.cpu_attributes.as_ref().map(|(list, _)| list.clone()).unwrap_or_default(),
            memory: compute.memory,
            storage: compute.volumes.iter().map(|volume| volume.storage.clone()).collect(),
            gpu: compute.gpu.clone(),
            endpoints: text.ports.wanted.iter().map(endpoint).collect(),
            bandwidth: 0,
        },
        count: deployed.count,
        expose: text.ports.expose.iter().map(numbered).collect(),
        params: text.params.clone(),
        credentials: text.credentials.as_ref().map(|(credentials, _)| credentials.clone()),
        connections: Vec::new(),
        carried: Carried::default(),
    }
}

fn offer(placement: &Placement, floors: Floors) -> Offer {
    Offer {
        floors,
        attributes: placement.attributes.clone(),
        signed_by: placement.signed_by.clone(),
        leased_ip: None,
        unsaid: Vec::new(),
        prices: Vec::new(),
    }
}

/// What a service adds to what its group asks of a provider.
fn ask(offer: &mut Offer, text: &ServiceText, compute: &Compute, beyond: Option<&OfService>) {
    if let (None, Some(leased)) = (&offer.leased_ip, text.ports.leased.first()) {
        offer.leased_ip = Some(leased.place.clone());
    }
    let mut unsaid = |place: &Place, what: &'static str, accepted: &'static str| {
        offer.unsaid.push(Unsaid { place: place.clone(), what, accepted });
    };
    if let Some((_, place)) = &compute.cpu_attributes {
        unsaid(place, "attributes of a cpu", "attributes of the placement");
    }
    if let Some((_, place)) = &text.credentials {
        unsaid(place, "credentials for a registry", "an image that the provider can get without them");
    }
    if let Some(place) = &text.permissions {
        unsaid(place, "permissions", "no permissions");
    }
    if let Some(place) = beyond.and_then(|beyond| beyond.secrets_at.as_ref()) {
        unsaid(place, "secrets", "no secrets");
    }
    if let Some(place) = beyond.and_then(|beyond| beyond.bandwidth_at.as_ref()) {
        unsaid(place, "bandwidth", "no bandwidth");
    }
}
