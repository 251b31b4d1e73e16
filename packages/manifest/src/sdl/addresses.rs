//! The `endpoints` section: leased addresses, their numbers, and the ports on them.

use std::collections::{BTreeMap, BTreeSet};

use super::ports::LeasedPort;
use super::reader::{At, Place, Reader};
use crate::model::Proto;
use crate::rules::{self, shown};

/// The addresses that the file declares, and where.
pub(super) fn endpoints<'a>(reader: &mut Reader, at: &At<'a>) -> BTreeMap<&'a str, Place> {
    let mut declared = BTreeMap::new();
    for entry in reader.entries(at, "leased addresses, by name") {
        reader.obey(&entry.key, rules::endpoint_name(entry.name));
        if let Some(fields) = reader.fields(&entry.at, &["kind"], &["kind"]) {
            if let Some(at) = fields.get("kind") {
                if reader.text(&at, "ip").is_some_and(|kind| kind != "ip") {
                    reader.error(&at.place, "the only kind of endpoint is a leased address", "ip");
                }
            }
        }
        declared.entry(entry.name).or_insert(entry.key);
    }
    declared
}

/// Every port on an address names a declared one and has a door of its own there; every declared one is used.
pub(super) fn check<'p>(
    reader: &mut Reader,
    declared: &BTreeMap<&str, Place>,
    ports: impl Iterator<Item = (&'p str, &'p LeasedPort)>,
) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut doors: BTreeMap<(&str, u16, Proto), &str> = BTreeMap::new();
    for (service, leased) in ports {
        used.insert(&leased.ip);
        if !declared.contains_key(leased.ip.as_str()) {
            let guess = reader.guess(&leased.ip, declared.keys().copied());
            let guess = guess.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
            let message = format!("the `endpoints` section has no address {}{guess}", shown(&leased.ip));
            reader.error(
                &leased.place,
                message,
                "an address that `endpoints` declares as `name: {kind: ip}`",
            );
        }
        if let Some(other) = doors.insert((&leased.ip, leased.port, leased.proto), service) {
            let door = format!("port {}/{}", leased.port, leased.proto);
            let message =
                format!("{door} of the address {} is also opened by {}", shown(&leased.ip), shown(other));
            reader.error(&leased.place, message, "each port of an address once");
        }
    }
    for (name, place) in declared {
        if !used.contains(name) {
            let message = format!("no port is on the address {}", shown(name));
            reader.error(place, message, "`ip: name` at a port of a service, or no such address");
        }
    }
}

/// The number of each address: the place of its last use among all uses in the order of their names.
pub(super) fn numbers<'p>(ports: impl Iterator<Item = &'p LeasedPort>) -> BTreeMap<String, u32> {
    let mut names: Vec<&str> = ports.map(|leased| leased.ip.as_str()).collect();
    names.sort_unstable();
    // At most limits::MAX_SERVICES x limits::MAX_EXPOSE.
    names.iter().enumerate().map(|(index, name)| (name.to_string(), index as u32 + 1)).collect()
}
