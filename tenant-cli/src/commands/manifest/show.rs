//! `akash manifest show`: what a file will buy, what will be reachable from where, and what travels along. Asks no chain:
//! prices are in the denom of the file.

use std::collections::BTreeMap;

use cloud_std::Bps;
use manifest::{Manifest, ManifestGroup, Sdl, BLOCK_MILLISECONDS};
use market_api::{OrderSpec, Requirements};
use serde::Serialize;
use serde_json::Value;

use crate::cli::TermsArgs;
use crate::error::{CliError, Result};
use crate::output::{facts, table, Answer};
use crate::sdl::{self, Cost};
use crate::units::{bytes, cores, duration};

pub fn answer(sdl: &Sdl, terms: &TermsArgs) -> Result<Answer> {
    let own = sdl.prices().map(|price| (price.denom.to_owned(), price.denom.to_owned())).collect();
    let orders = sdl.orders(&sdl::terms(sdl, terms, own)).map_err(|errors| sdl::refusal(&errors))?;
    let cost = Cost::of(&orders)?;
    let manifest = sdl.manifest();
    let text = page(sdl, &manifest, &orders, &cost);
    Ok(Answer::new(Shown { orders, cost, canonical: canonical(&manifest)? }, text))
}

#[derive(Serialize)]
struct Shown {
    orders: Vec<OrderSpec>,
    cost: Cost,
    #[serde(flatten)]
    canonical: Canonical,
}

/// The manifest as providers get it.
#[derive(Serialize)]
pub struct Canonical {
    version: String,
    /// The bytes that the version is the hash of.
    pub canonical: String,
    /// The same, for programs to look into.
    pub manifest: Value,
}

pub fn canonical(manifest: &Manifest) -> Result<Canonical> {
    let canonical = String::from_utf8(manifest.to_canonical_json())
        .map_err(|error| CliError::failure(format!("the canonical manifest is not UTF-8: {error}")))?;
    let value = serde_json::from_str(&canonical)
        .map_err(|error| CliError::failure(format!("the canonical manifest is not JSON: {error}")))?;
    Ok(Canonical { version: manifest.version().to_string(), canonical, manifest: value })
}

fn page(sdl: &Sdl, manifest: &Manifest, orders: &[OrderSpec], cost: &Cost) -> String {
    let mut parts = vec![format!("version {}", manifest.version())];
    for (group, order) in manifest.groups.iter().zip(orders) {
        parts.push(one_group(sdl, group, order));
    }
    parts.push(money(orders, cost));
    parts.push(format!("REACHABLE\n{}", reachable(manifest)));
    let travels = carried(sdl, manifest);
    if !travels.is_empty() {
        let table = table(&["service", "what", "from", "size", "sha-256 tree"], travels, "");
        parts.push(format!("TRAVELS WITH THE MANIFEST\n{table}"));
    }
    let secrets = secrets(manifest);
    if !secrets.is_empty() {
        parts.push(format!(
            "SECRETS, only for the lease's provider: akash deploy --secret-file or --secret-env\n{secrets}"
        ));
    }
    parts.join("\n\n")
}

/// What runs together at one provider, and what that provider must be.
fn one_group(sdl: &Sdl, group: &ManifestGroup, order: &OrderSpec) -> String {
    let prices: BTreeMap<&str, String> = sdl
        .prices()
        .filter(|price| price.group == group.name)
        .map(|price| (price.service, format!("{}{}", price.per_block, price.denom)))
        .collect();
    let rows = group.services.iter().map(|service| {
        let resources = &service.resources;
        let storage: u64 = resources.storage.iter().map(|volume| volume.size).sum();
        let image = match &service.carried.image {
            Some(_) => format!("{} (carried)", service.image),
            None => service.image.clone(),
        };
        vec![
            service.name.clone(),
            image,
            service.count.to_string(),
            cores(resources.cpu),
            bytes(resources.memory),
            bytes(storage),
            resources.gpu.units.to_string(),
            prices.get(service.name.as_str()).cloned().unwrap_or_default(),
        ]
    });
    let headers = ["service", "image", "replicas", "cpu", "memory", "storage", "gpu", "a replica and block"];
    let services = table(&headers, rows.collect(), "no services");
    let provider = requirements(&order.group.requirements);
    format!("GROUP {}, at one provider{provider}\n{services}", group.name)
}

fn requirements(wanted: &Requirements) -> String {
    let mut parts: Vec<String> = wanted
        .attributes
        .iter()
        .map(|attribute| format!("{} = {}", attribute.key, attribute.value))
        .collect();
    if !wanted.min_stake.is_zero() {
        parts.push(format!("a stake of {}", wanted.min_stake));
    }
    if wanted.min_reputation > Bps(0) {
        parts.push(format!("a reputation of {} in 10000", wanted.min_reputation.0));
    }
    let signed = &wanted.signed_by;
    if !signed.all_of.is_empty() {
        parts.push(format!("vouched for by all of {}", signed.all_of.join(", ")));
    }
    if !signed.any_of.is_empty() {
        parts.push(format!("vouched for by one of {}", signed.any_of.join(", ")));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!(" with {}", parts.join("; ")),
    }
}

fn money(orders: &[OrderSpec], cost: &Cost) -> String {
    let mut rows: Vec<Vec<String>> = cost
        .groups
        .iter()
        .map(|group| vec![group.group.clone(), group.max_price.to_string(), group.per_month.to_string()])
        .collect();
    if rows.len() > 1 {
        rows.push(vec!["together".to_owned(), cost.total.to_string(), cost.total_per_month.to_string()]);
    }
    let Some(order) = orders.first() else { return "no orders".to_owned() };
    let term = duration(order.term);
    let for_term = format!("for {term}");
    let headers = ["order", for_term.as_str(), "a month of 730h"];
    let terms = facts(&[
        ("term", format!("{term}; what is not used comes back")),
        ("bidding", duration(order.bid_window)),
        (
            "fall-back",
            if order.fallback { "the next bid when a winner fails" } else { "none" }.to_owned(),
        ),
        (
            "price",
            format!(
                "a block counts as {}.{:03} s: ceil(price x replicas x seconds / {0}.{1:03}) for each service",
                BLOCK_MILLISECONDS / 1_000,
                BLOCK_MILLISECONDS % 1_000
            ),
        ),
    ]);
    format!("AT MOST\n{}\n\n{terms}", table(&headers, rows, "no orders"))
}

/// Every way in, and between services; what is not here is closed.
fn reachable(manifest: &Manifest) -> String {
    let mut lines = Vec::new();
    for group in &manifest.groups {
        for service in &group.services {
            for expose in service.expose.iter().filter(|expose| expose.global) {
                let how = match (expose.ip.is_empty(), expose.is_ingress()) {
                    (false, _) => {
                        format!("port {} of the leased address {}", expose.effective_port(), expose.ip)
                    }
                    (true, true) if !expose.hosts.is_empty() => {
                        format!("http://{}", expose.hosts.join(", http://"))
                    }
                    (true, true) => "HTTP".to_owned(),
                    (true, false) => "a port that the provider names".to_owned(),
                };
                lines.push((
                    "the internet".to_owned(),
                    format!("{}:{}/{}", service.name, expose.effective_port(), expose.proto),
                    how,
                ));
            }
        }
        if group.services.len() > 1 {
            let names: Vec<&str> = group.services.iter().map(|service| service.name.as_str()).collect();
            lines.push((
                names.join(", "),
                "each other, by name".to_owned(),
                "the lease's own network".to_owned(),
            ));
        }
    }
    for connection in manifest.connections() {
        let together = manifest.groups.iter().any(|group| {
            group.service(&connection.from).is_some() && group.service(&connection.to).is_some()
        });
        let how = if together { "the lease's own network" } else { "a tunnel between their providers" };
        let to = format!("{}:{}/{}", connection.to, connection.port, connection.proto);
        lines.push((connection.from, to, how.to_owned()));
    }
    let rows = lines.into_iter().map(|(from, to, how)| vec![from, to, how]).collect();
    let table = table(&["from", "to", "by"], rows, "nothing is reachable from anywhere");
    format!("{table}\nnothing else reaches these services")
}

fn carried(sdl: &Sdl, manifest: &Manifest) -> Vec<Vec<String>> {
    let services = manifest.groups.iter().flat_map(|group| &group.services);
    let from = |content| sdl.files().get(content).cloned().unwrap_or_default();
    services
        .flat_map(|service| {
            let image = service.carried.image.iter().map(|content| ("its image".to_owned(), content));
            let files = service.carried.files.iter().map(|file| (file.mount.clone(), &file.content));
            image.chain(files).map(|(what, content)| {
                vec![service.name.clone(), what, from(content), bytes(content.size), content.id.to_string()]
            })
        })
        .collect()
}

fn secrets(manifest: &Manifest) -> String {
    let services = manifest.groups.iter().flat_map(|group| &group.services);
    let lines = services
        .filter(|service| !service.carried.secrets.is_empty())
        .map(|service| format!("{}: {}", service.name, service.carried.secrets.join(", ")));
    lines.collect::<Vec<_>>().join("\n")
}
