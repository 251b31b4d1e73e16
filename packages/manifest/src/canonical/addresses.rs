//! What ties the leased addresses of a manifest together.

use std::collections::{BTreeMap, BTreeSet};

use super::read::broken;
use super::CanonicalError;
use crate::model::ManifestGroup;
use crate::rules::shown;

/// Each address has one number and each number one address, and no two ports of a group share a door of an address.
pub(super) fn check_addresses(groups: &[ManifestGroup]) -> Result<(), CanonicalError> {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    for group in groups {
        let mut doors = BTreeSet::new();
        for service in &group.services {
            for expose in service.expose.iter().filter(|expose| !expose.ip.is_empty()) {
                let number = *numbers.entry(&expose.ip).or_insert(expose.ip_sequence);
                if number != expose.ip_sequence {
                    return broken(&group.name, format!("address {} has two numbers", shown(&expose.ip)));
                }
                if !doors.insert((&expose.ip, expose.effective_port(), expose.proto)) {
                    let door = format!("{}/{}", expose.effective_port(), expose.proto);
                    let message = format!("port {door} of address {} is opened twice", shown(&expose.ip));
                    return broken(&group.name, message);
                }
            }
        }
    }
    let distinct: BTreeSet<u32> = numbers.values().copied().collect();
    if distinct.len() < numbers.len() {
        return broken("endpoints", "two addresses have the same number");
    }
    Ok(())
}
