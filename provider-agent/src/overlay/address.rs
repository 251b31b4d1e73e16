//! Addresses that stand for services: nobody has them, and every provider gives a service the same one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use manifest::{Manifest, ManifestGroup, Service};
use sha2::{Digest, Sha256};

use crate::runtime::Workload;

/// 198.18.0.0/15: kept for measurements between networks (RFC 2544), so that no machine that a workload may want to
/// reach has one of them.
const FIRST: u32 = 0xC612_0000;
const SIZE: u32 = 1 << 17;

/// The address of each service that a connection of the manifest leads to.
///
/// It follows from deployment and name alone, so it is the same at every provider and stays what it is through updates
/// and moves. Of two names of one deployment that fall on the same address, which is rare, the later in alphabetical
/// order takes the next one.
pub fn addresses(deployment: u64, manifest: &Manifest) -> BTreeMap<String, Ipv4Addr> {
    let names: BTreeSet<String> =
        manifest.connections().into_iter().map(|connection| connection.to).collect();
    let (mut addresses, mut taken) = (BTreeMap::new(), BTreeSet::new());
    for name in names {
        let first = place(deployment, &name);
        let free =
            (0..SIZE).map(|step| (first + step) % SIZE).find(|place| usable(*place) && taken.insert(*place));
        // A manifest has far fewer services than there are addresses.
        if let Some(place) = free {
            addresses.insert(name, Ipv4Addr::from(FIRST + place));
        }
    }
    addresses
}

/// Programs take an address that ends in 0 or 255 for a network's or a broadcast's now and then.
fn usable(place: u32) -> bool {
    !matches!(place & 0xff, 0 | 0xff)
}

fn place(deployment: u64, name: &str) -> u32 {
    let mut hash = Sha256::new();
    hash.update(b"address of a service");
    hash.update(deployment.to_be_bytes());
    hash.update(name.as_bytes());
    let hash = hash.finalize();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % SIZE
}

/// Gives every service of a workload the names that its connections lead to.
pub fn name_hosts(workload: &mut Workload, deployment: u64, manifest: &Manifest, group: &ManifestGroup) {
    let addresses = addresses(deployment, manifest);
    for spec in &mut workload.services {
        if let Some(service) = group.service(&spec.name) {
            spec.hosts = hosts(&addresses, group, service);
        }
    }
}

/// What replicas of a service must resolve beside the names of their own lease: the targets of its connections that
/// do not run in its group. Sorted.
fn hosts(
    addresses: &BTreeMap<String, Ipv4Addr>,
    group: &ManifestGroup,
    service: &Service,
) -> Vec<(String, Ipv4Addr)> {
    let names: BTreeSet<&str> = service.connections.iter().map(|outgoing| outgoing.to.as_str()).collect();
    let elsewhere = names.into_iter().filter(|name| !runs(group, name));
    elsewhere.filter_map(|name| Some((name.to_owned(), *addresses.get(name)?))).collect()
}

/// Whether a service is part of a group.
pub fn runs(group: &ManifestGroup, service: &str) -> bool {
    group.service(service).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::manifest;
    use super::*;

    #[test]
    fn a_service_has_one_address_whatever_else_the_manifest_says() {
        let few = addresses(7, &manifest(&[("web", "db", 5432)]));
        let more = addresses(7, &manifest(&[("web", "db", 5432), ("web", "cache", 6379), ("db", "web", 80)]));
        assert_eq!(few["db"], more["db"]);
        assert_eq!(more.len(), 3);
        assert_eq!(more.values().collect::<BTreeSet<_>>().len(), 3);
        assert_ne!(few["db"], addresses(8, &manifest(&[("web", "db", 5432)]))["db"]);
        for address in more.values() {
            assert!((address.octets()[0], address.octets()[1] & 0xfe) == (198, 18), "{address}");
        }
    }

    #[test]
    fn a_replica_is_told_the_targets_outside_its_group_only() {
        let manifest = manifest(&[("web", "db", 5432), ("web", "cache", 6379), ("db", "web", 80)]);
        let all = addresses(7, &manifest);
        // The fixture puts cache next to web, and db elsewhere.
        let group = manifest.group("west").unwrap();
        let of = |name: &str| hosts(&all, group, group.service(name).unwrap());
        assert_eq!(of("web"), [("db".to_owned(), all["db"])]);
        assert!(of("cache").is_empty());
    }
}
