//! From a manifest's group to what the runtime is told.

use std::net::IpAddr;

use gateway_api::{Protocol, PublishedUrl};
use manifest::{Expose, ManifestGroup, Proto, Service};
use market_api::LeaseId;

use crate::runtime::{PublishedPort, ServicePort, ServiceSpec, Workload};
use crate::store::PortRow;

pub fn protocol(proto: Proto) -> Protocol {
    match proto {
        Proto::Tcp => Protocol::Tcp,
        Proto::Udp => Protocol::Udp,
    }
}

/// The global exposes of a service, one for each port and protocol.
fn published(service: &Service) -> Vec<&Expose> {
    let mut seen: Vec<&Expose> = Vec::new();
    for expose in service.expose.iter().filter(|expose| expose.global) {
        if !seen.iter().any(|known| known.port == expose.port && known.proto == expose.proto) {
            seen.push(expose);
        }
    }
    seen
}

/// Every port that must be published, of all replicas.
pub fn publications(lease: u64, group: &ManifestGroup) -> Vec<PortRow> {
    let mut rows = Vec::new();
    for service in &group.services {
        for replica in 0..service.count {
            rows.extend(published(service).into_iter().map(|expose| PortRow {
                lease,
                service: service.name.clone(),
                replica,
                container_port: expose.port,
                protocol: protocol(expose.proto).to_string(),
            }));
        }
    }
    rows
}

/// The workload of a group with its ports; a word on what is not offered when there is such.
pub fn workload(
    lease: u64,
    version: &str,
    group: &ManifestGroup,
    ports: &[(u16, PortRow)],
    host_ip: IpAddr,
) -> Result<Workload, String> {
    for service in &group.services {
        let mounted = service.params.iter().flat_map(|params| &params.storage).find(|m| !m.mount.is_empty());
        if let Some(mount) = mounted {
            return Err(format!(
                "service {:?} mounts volume {:?}, and this provider has no volumes",
                service.name, mount.name
            ));
        }
    }
    Ok(Workload {
        lease: LeaseId(lease),
        version: version.to_owned(),
        services: group.services.iter().map(spec).collect(),
        ports: ports.iter().map(|(port, row)| publish(*port, row)).collect(),
        host_ip,
    })
}

fn spec(service: &Service) -> ServiceSpec {
    let mut ports: Vec<ServicePort> = service
        .expose
        .iter()
        .map(|expose| ServicePort { port: expose.port, protocol: protocol(expose.proto) })
        .collect();
    ports.sort();
    ports.dedup();
    ServiceSpec {
        name: service.name.clone(),
        image: service.image.clone(),
        command: service.command.clone(),
        args: service.args.clone(),
        env: service.env.clone(),
        cpu_millis: service.resources.cpu,
        memory: service.resources.memory,
        storage: service.resources.storage.iter().fold(0u64, |sum, volume| sum.saturating_add(volume.size)),
        count: service.count,
        ports,
    }
}

fn publish(port: u16, row: &PortRow) -> PublishedPort {
    PublishedPort {
        service: row.service.clone(),
        replica: row.replica,
        container_port: row.container_port,
        protocol: if row.protocol == "udp" { Protocol::Udp } else { Protocol::Tcp },
        host_port: port,
    }
}

/// As the port table has it.
pub fn port_row(lease: u64, port: &PublishedPort) -> (u16, PortRow) {
    let row = PortRow {
        lease,
        service: port.service.clone(),
        replica: port.replica,
        container_port: port.container_port,
        protocol: port.protocol.to_string(),
    };
    (port.host_port, row)
}

/// Where a published port is reached. Without the manifest, what it says about names and HTTP is not known.
pub fn url(port: &PublishedPort, host: &str, service: Option<&Service>) -> PublishedUrl {
    let expose = service.and_then(|service| {
        published(service)
            .into_iter()
            .find(|expose| expose.port == port.container_port && protocol(expose.proto) == port.protocol)
    });
    PublishedUrl {
        replica: port.replica,
        container_port: port.container_port,
        protocol: port.protocol,
        host: host.to_owned(),
        host_port: port.host_port,
        accept: expose.map(|expose| expose.hosts.clone()).unwrap_or_default(),
        http: expose.map_or(port.container_port == 80, Expose::is_ingress),
    }
}
