//! One bridge network for each lease: its services talk to each other by name, and to no other lease.

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::ListNetworksOptionsBuilder;
use bollard::Docker;
use market_api::LeaseId;
use std::collections::HashMap;
use std::net::Ipv4Addr;

use super::config::DockerConfig;
use super::errors::{call, gone_is_fine, is_status};
use super::{firewall, labels};
use crate::runtime::RuntimeError;

/// Addresses of one lease's network, as a prefix length: 64.
const LEASE_PREFIX: u8 = 26;
/// Subnets of the pool that are tried before giving up.
const MAX_SUBNET_TRIES: u32 = 256;

/// Ids of networks, with their leases.
pub(super) async fn list(
    docker: &Docker,
    config: &DockerConfig,
    lease: Option<LeaseId>,
) -> Result<Vec<(LeaseId, String)>, RuntimeError> {
    let options =
        ListNetworksOptionsBuilder::default().filters(&labels::filter(&config.provider, lease)).build();
    let listed = call("listing networks", config.call_timeout, docker.list_networks(Some(options))).await?;
    let mut networks: Vec<(LeaseId, String)> = listed
        .into_iter()
        .filter_map(|network| {
            let lease = network.labels?.get(labels::LEASE)?.parse().ok()?;
            Some((lease, network.id?))
        })
        .collect();
    networks.sort();
    Ok(networks)
}

/// The id of the lease's network, made if absent.
pub(super) async fn ensure(
    docker: &Docker,
    config: &DockerConfig,
    lease: LeaseId,
) -> Result<String, RuntimeError> {
    if let Some((_, id)) = list(docker, config, Some(lease)).await?.into_iter().next() {
        return Ok(id);
    }
    match create(docker, config, lease, None).await {
        Err(error) if says(&error, &["could not find an available", "all predefined address pools"]) => {}
        other => return other,
    }
    // The engine's own pools hold about thirty networks.
    let (base, prefix) = config.subnet_pool;
    let subnets = 1u32.checked_shl(u32::from(LEASE_PREFIX.saturating_sub(prefix))).unwrap_or(1);
    let first = u32::try_from(lease.0 % u64::from(subnets)).unwrap_or(0);
    for offset in 0..subnets.min(MAX_SUBNET_TRIES) {
        let subnet = nth_subnet(base, (first + offset) % subnets);
        match create(docker, config, lease, Some(subnet)).await {
            Err(error) if says(&error, &["overlaps"]) => {}
            other => return other,
        }
    }
    Err(RuntimeError::NoSubnet {
        detail: format!(
            "the engine's pools are used up, and so is {base}/{prefix}: give the agent a larger pool"
        ),
    })
}

async fn create(
    docker: &Docker,
    config: &DockerConfig,
    lease: LeaseId,
    subnet: Option<Ipv4Addr>,
) -> Result<String, RuntimeError> {
    let name = labels::network_name(&config.provider, lease);
    let ipam = subnet.map(|subnet| Ipam {
        config: Some(vec![IpamConfig {
            subnet: Some(format!("{subnet}/{LEASE_PREFIX}")),
            ..Default::default()
        }]),
        ..Default::default()
    });
    let request = NetworkCreateRequest {
        name: name.clone(),
        driver: Some("bridge".to_owned()),
        internal: Some(false),
        attachable: Some(false),
        enable_ipv6: Some(false),
        // Services of one lease may talk to each other; a lease's network is its own, so nobody else is reached.
        options: Some(HashMap::from([
            ("com.docker.network.bridge.enable_icc".to_owned(), "true".to_owned()),
            ("com.docker.network.bridge.name".to_owned(), firewall::bridge(&config.provider, lease)),
        ])),
        labels: Some(labels::of_network(&config.provider, lease)),
        ipam,
        ..Default::default()
    };
    let created = call("creating a network", config.call_timeout, docker.create_network(request)).await;
    match created {
        Err(error) if is_status(&error, 409) => Err(RuntimeError::NameConflict { name }),
        other => Ok(other?.id),
    }
}

/// Removes all networks of a lease.
pub(super) async fn remove(
    docker: &Docker,
    config: &DockerConfig,
    lease: LeaseId,
) -> Result<(), RuntimeError> {
    for (_, id) in list(docker, config, Some(lease)).await? {
        gone_is_fine(call("removing a network", config.call_timeout, docker.remove_network(&id)).await)?;
    }
    Ok(())
}

fn nth_subnet(base: Ipv4Addr, index: u32) -> Ipv4Addr {
    let size = 1u32 << (32 - LEASE_PREFIX);
    Ipv4Addr::from(u32::from(base).wrapping_add(index.wrapping_mul(size)))
}

fn says(error: &RuntimeError, words: &[&str]) -> bool {
    matches!(error, RuntimeError::Refused { detail, .. } if words.iter().any(|word| detail.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_of_the_pool_follow_each_other_without_overlap() {
        let base = Ipv4Addr::new(10, 215, 0, 0);
        assert_eq!(nth_subnet(base, 0), base);
        assert_eq!(nth_subnet(base, 3), Ipv4Addr::new(10, 215, 0, 192));
        assert_eq!(nth_subnet(base, 4), Ipv4Addr::new(10, 215, 1, 0));
        assert_eq!(nth_subnet(base, 1023), Ipv4Addr::new(10, 215, 255, 192));
    }
}
