//! The whole file: its sections and what ties them together.

use std::collections::{BTreeMap, BTreeSet};

use market_api::limits::{MAX_COUNT, MAX_ORDERS_PER_MESSAGE, MAX_RESOURCES_PER_GROUP};

use super::addresses::{self, endpoints};
use super::extension::{self, Around, Extension, Files};
use super::placement::Placement;
use super::profiles::{profiles, Compute, Named};
use super::reader::{join, At, Place, Reader};
use super::services::{services, ServiceText};
use super::Offer;
use crate::model::Manifest;
use crate::rules::{self, shown};

/// Where one service runs: one entry of the `deployment` section.
pub(super) struct Deployed<'a> {
    pub profile: &'a str,
    profile_place: Place,
    pub count: u32,
    /// Of the placement's key.
    key: Place,
}

/// By service and placement.
pub(super) type Deployments<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Option<Deployed<'a>>>>;

pub(super) fn file(
    reader: &mut Reader,
    root: &At<'_>,
    files: &mut Files<'_>,
) -> Option<(Manifest, Vec<Offer>, Extension)> {
    const KNOWN: [&str; 7] =
        ["version", "services", "profiles", "deployment", "endpoints", "include", extension::KEY];
    let fields = reader.fields(root, &KNOWN, &KNOWN[..4])?;
    if let Some(at) = fields.get("version") {
        if let Some(version) = reader.text(&at, "\"2.0\" or \"2.1\"") {
            if !["2.0", "2.1"].contains(&version) {
                let message = format!("{} is not a version of the language", shown(version));
                reader.error(&at.place, message, "\"2.0\" or \"2.1\"");
            }
        }
    }
    let endpoints = fields.get("endpoints").map(|at| endpoints(reader, &at)).unwrap_or_default();
    if let Some(at) = fields.get("include") {
        for (place, _) in reader.texts(&at, "a file") {
            reader
                .warn(&place, "the file is not read: Akash's own tools know the key and do nothing with it");
        }
    }
    let named: BTreeSet<&str> = match &fields.get("services") {
        Some(at) => reader.names(at),
        None => BTreeSet::new(),
    };
    let texts = fields.get("services").map(|at| services(reader, &at));
    let profiles = fields.get("profiles").and_then(|at| profiles(reader, &at));
    let deployments = fields.get("deployment").map(|at| deployments(reader, &at));
    let (texts, (computes, placements), deployments) = (texts?, profiles?, deployments?);
    let around =
        Around { texts: &texts, named: &named, placements: placements.keys().map(String::as_str).collect() };
    let extension = fields.get(extension::KEY).map(|at| extension::extension(reader, &at, &around, files));
    let extension = extension.unwrap_or_default();

    let deployments_place = fields.get("deployment").map(|at| at.place).unwrap_or_default();
    let mut compiler = Compiler {
        reader,
        named,
        texts,
        computes,
        placements,
        deployments,
        deployments_place,
        endpoints,
        extension,
    };
    compiler.check_services();
    compiler.check_deployments();
    compiler.check_callers();
    compiler.check_dependencies();
    compiler.check_addresses();
    match compiler.reader.has_errors() {
        true => None,
        false => compiler.build(),
    }
}

fn deployments<'a>(reader: &mut Reader, at: &At<'a>) -> Deployments<'a> {
    let mut deployments = BTreeMap::new();
    for service in reader.entries(at, "placements, by service") {
        let mut placed = BTreeMap::new();
        let entries = reader.entries(&service.at, "placements");
        if entries.is_empty() {
            reader.warn(&service.key, "the service is placed nowhere and will not run");
        }
        for entry in entries {
            placed.entry(entry.name).or_insert(deployed(reader, &entry.at, entry.key));
        }
        deployments.entry(service.name).or_insert(placed);
    }
    deployments
}

fn deployed<'a>(reader: &mut Reader, at: &At<'a>, key: Place) -> Option<Deployed<'a>> {
    let fields = reader.fields(at, &["profile", "count"], &["profile", "count"])?;
    let count = fields.get("count").and_then(|at| reader.integer(&at, 1, u64::from(MAX_COUNT)));
    let profile_at = fields.get("profile")?;
    let profile = reader.text(&profile_at, "the name of a compute profile")?;
    Some(Deployed { profile, profile_place: profile_at.place, count: count? as u32, key })
}

pub(super) struct Compiler<'r, 'a> {
    pub reader: &'r mut Reader,
    /// Every service of the file, also those with mistakes.
    named: BTreeSet<&'a str>,
    pub texts: BTreeMap<String, ServiceText>,
    pub computes: Named<Compute>,
    pub placements: Named<Placement>,
    pub deployments: Deployments<'a>,
    deployments_place: Place,
    /// Leased addresses, and where they are declared.
    endpoints: BTreeMap<&'a str, Place>,
    pub extension: Extension,
}

/// A reference to something that is not there.
fn missing<'n>(
    reader: &mut Reader,
    place: &Place,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'n str>,
) {
    let known: Vec<&str> = known.take(64).collect();
    let guess = reader.guess(name, known.iter().copied());
    let guess = guess.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
    let accepted = if known.is_empty() { format!("there is no {what}") } else { known.join(", ") };
    reader.error(place, format!("there is no {what} {}{guess}", shown(name)), accepted);
}

impl Compiler<'_, '_> {
    /// Every service is placed, and everything placed is a service.
    fn check_services(&mut self) {
        for (name, text) in &self.texts {
            if !self.deployments.contains_key(name.as_str()) {
                let path = join("deployment", name);
                let accepted = format!("{path} with a placement, a profile and a count");
                self.reader.error(
                    &text.key,
                    format!("nothing places the service: `{path}` is missing"),
                    accepted,
                );
            }
        }
        for (name, placed) in &self.deployments {
            if !self.named.contains(name) {
                let place = placed.values().flatten().next().map(|deployed| deployed.key.clone());
                let place = place.unwrap_or(Place { path: join("deployment", name), ..Place::default() });
                missing(self.reader, &place, "service", name, self.named.iter().copied());
            }
        }
    }

    /// Every deployment names a placement, a profile and, between them, a price.
    fn check_deployments(&mut self) {
        let mut sizes: BTreeMap<&str, (usize, Place)> = BTreeMap::new();
        for (service, placed) in &self.deployments {
            for (name, deployed) in placed {
                let Some(deployed) = deployed else { continue };
                let reader = &mut *self.reader;
                sizes.entry(name).or_insert((0, deployed.key.clone())).0 += 1;
                if !self.computes.contains_key(deployed.profile) {
                    let known = self.computes.keys().map(String::as_str);
                    missing(reader, &deployed.profile_place, "compute profile", deployed.profile, known);
                }
                let Some(placement) = self.placements.get(*name) else {
                    missing(
                        reader,
                        &deployed.key,
                        "placement",
                        name,
                        self.placements.keys().map(String::as_str),
                    );
                    continue;
                };
                if let Some(placement) = placement {
                    if !placement.pricing.contains_key(deployed.profile) {
                        let path = format!("{}.pricing", placement.key.path);
                        let path = join(&path, deployed.profile);
                        let place = Place { mark: placement.key.mark, path };
                        let message =
                            format!("there is no price for the profile {}", shown(deployed.profile));
                        reader.error(&place, message, "a denom and an amount for each block");
                    }
                }
                if let (Some(text), Some(Some(compute))) =
                    (self.texts.get(*service), self.computes.get(deployed.profile))
                {
                    check_mounts(reader, text, compute, deployed);
                }
            }
        }
        if self.deployments.values().all(|placed| placed.is_empty()) && !self.texts.is_empty() {
            let accepted = "a placement for at least one service";
            self.reader.error(&self.deployments_place, "nothing is placed anywhere", accepted);
        }
        for (name, (count, place)) in &sizes {
            if *count > MAX_RESOURCES_PER_GROUP {
                let message = format!("{count} services are placed in {}", shown(name));
                self.reader.error(place, message, format!("up to {MAX_RESOURCES_PER_GROUP}"));
            }
        }
        if let Some((_, place)) = sizes.values().nth(MAX_ORDERS_PER_MESSAGE) {
            let message = format!("{} placements are used", sizes.len());
            self.reader.error(place, message, format!("up to {MAX_ORDERS_PER_MESSAGE}"));
        }
        if self.texts.is_empty() && !self.reader.has_errors() {
            let place = Place { path: "services".to_string(), ..Place::default() };
            self.reader.error(&place, "there is no service", "at least one service");
        }
    }

    /// A caller that is no service, or runs elsewhere, never calls: the port is opened to nobody.
    fn check_callers(&mut self) {
        for (name, text) in &self.texts {
            for (caller, place) in &text.ports.callers {
                if !self.named.contains(caller.as_str()) {
                    if self.reader.obey(place, rules::name(caller)) {
                        let guess = self.reader.guess(caller, self.named.iter().copied());
                        let guess =
                            guess.map(|known| format!(" (did you mean {known}?)")).unwrap_or_default();
                        let message =
                            format!("there is no service {}{guess}, so nobody calls the port", shown(caller));
                        self.reader.warn(place, message);
                    }
                    continue;
                }
                let (Some(here), Some(there)) =
                    (self.deployments.get(name.as_str()), self.deployments.get(caller.as_str()))
                else {
                    continue;
                };
                let connected = self.extension.connections.get(caller.as_str());
                let connected = connected.is_some_and(|to| to.iter().any(|outgoing| outgoing.to == *name));
                if !connected && !here.keys().any(|placement| there.contains_key(placement)) {
                    let message = format!(
                        "{} and {} share no placement, so nothing connects them; {}.connections can",
                        shown(name),
                        shown(caller),
                        extension::KEY
                    );
                    self.reader.warn(place, message);
                }
            }
        }
    }

    /// The canonical manifest has no place for an order of starting.
    fn check_dependencies(&mut self) {
        for text in self.texts.values() {
            for (name, place) in &text.dependencies {
                if self.named.contains(name.as_str()) {
                    self.reader.warn(
                        place,
                        "services start together, and one that ends is started again: the order is not kept",
                    );
                } else {
                    self.reader.warn(place, format!("there is no service {}", shown(name)));
                }
            }
        }
    }

    fn check_addresses(&mut self) {
        let ports = self
            .texts
            .iter()
            .flat_map(|(name, text)| text.ports.leased.iter().map(move |leased| (name.as_str(), leased)));
        addresses::check(self.reader, &self.endpoints, ports);
    }
}

/// Mounts name volumes of the profile, and what persists is mounted.
fn check_mounts(reader: &mut Reader, text: &ServiceText, compute: &Compute, deployed: &Deployed<'_>) {
    for (volume, place) in &text.mounts {
        if !compute.volumes.iter().any(|other| other.named && other.storage.name == *volume) {
            let what = format!("volume in the compute profile {}:", shown(deployed.profile));
            let known =
                compute.volumes.iter().filter(|other| other.named).map(|other| other.storage.name.as_str());
            missing(reader, place, &what, volume, known);
        }
    }
    for volume in compute.volumes.iter().filter(|volume| volume.storage.is_persistent()) {
        let name = &volume.storage.name;
        let mounted = text
            .params
            .iter()
            .flat_map(|params| &params.storage)
            .any(|mount| mount.name == *name && !mount.mount.is_empty());
        if !mounted {
            let path = join(&format!("{}.params.storage", text.key.path), name);
            let message = format!("the persistent volume {} is not mounted", shown(name));
            reader.error(&text.key, message, format!("{path}.mount: and a path"));
        }
    }
}
