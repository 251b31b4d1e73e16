//! From a manifest's group to what the runtime is told.

use std::net::IpAddr;

use gateway_api::{Protocol, PublishedUrl};
use manifest::{Expose, Feature, ManifestGroup, Need, Proto, Service};
use market_api::LeaseId;

use crate::config::Firewall;
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

/// Refuses what the manifest asks for and this provider would have to leave out, by name.
pub fn offered(needs: Vec<Need>) -> Result<(), String> {
    let beyond = |need: &Need| match need.feature {
        Feature::Volume
        | Feature::ReadOnlyVolume
        | Feature::PersistentVolume
        | Feature::Credentials
        | Feature::Gpu
        | Feature::CpuAttributes
        | Feature::LeasedIp
        | Feature::Permissions
        | Feature::Bandwidth => true,
        // Whether it is not too much is looked at where the order is known.
        Feature::CarriedImage | Feature::CarriedFile => false,
        // Waited for where the lease is.
        Feature::Secret => false,
        // A class was a matter of the bid; names and a proxy's options are shown to who connects.
        Feature::StorageClass | Feature::HostNames | Feature::HttpOptions => false,
        // The overlay's.
        Feature::Connection | Feature::IncomingConnection => false,
    };
    let left_out: Vec<String> = needs.iter().filter(|need| beyond(need)).map(ToString::to_string).collect();
    match left_out.is_empty() {
        true => Ok(()),
        false => Err(format!("{}; this provider does not offer that", left_out.join("; "))),
    }
}

/// Refuses connections to other services where nobody leads them on: that is done by the agent's packet filter. A service
/// that is only called needs none.
pub fn connects(group: &ManifestGroup, firewall: Firewall) -> Result<(), String> {
    let caller = group.services.iter().find(|service| !service.connections.is_empty());
    match (firewall, caller) {
        (Firewall::None, Some(caller)) => Err(format!(
            "service `{}` connects to other services, which this provider cannot lead there: its packet filter is not \
             the agent's (runtime.firewall = \"none\")",
            caller.name
        )),
        _ => Ok(()),
    }
}

/// The workload of a group with its ports; a word on what is not offered when there is such.
pub fn workload(
    lease: u64,
    version: &str,
    group: &ManifestGroup,
    ports: &[(u16, PortRow)],
    host_ip: IpAddr,
) -> Result<Workload, String> {
    offered(group.needs())?;
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
        carried_image: false,
        files: Vec::new(),
        hosts: Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;

    const SDL: &str = r#"
version: "2.0"
services:
  web: {image: nginx, expose: [{port: 80, accept: [a.example.com], to: [{global: true}]}]}
profiles:
  compute: {p: {resources: {cpu: {units: 1}, memory: {size: 1Gi}, storage: [{name: data, size: 1Gi}]}}}
  placement: {west: {pricing: {p: {denom: uakt, amount: 1}}}}
deployment: {web: {west: {profile: p, count: 1}}}
"#;

    fn told(source: &str) -> Result<Workload, String> {
        let sdl = manifest::parse("test.yaml", source.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
        workload(1, "ab", &sdl.manifest().groups[0], &[], IpAddr::from([127, 0, 0, 1]))
    }

    #[test]
    fn an_ordinary_group_becomes_a_workload() {
        assert_eq!(told(SDL).unwrap().services.len(), 1);
    }

    #[test]
    fn who_connects_needs_the_agents_packet_filter_and_who_is_called_does_not() {
        let two = SDL
            .replace(
                "profiles:\n",
                "  db: {image: nginx, expose: [{port: 5432, to: [{service: web}]}]}\nprofiles:\n",
            )
            .replace(
                "  placement: {west:",
                "  placement: {east: {pricing: {p: {denom: uakt, amount: 1}}}, west:",
            )
            .replace("count: 1}}}", "count: 1}}, db: {east: {profile: p, count: 1}}}")
            + "x-market: {connections: [{from: web, to: db, port: 5432}]}\n";
        let sdl = manifest::parse("test.yaml", two.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
        let manifest = sdl.manifest();
        let (called, caller) = (manifest.group("east").unwrap(), manifest.group("west").unwrap());
        assert!(connects(caller, Firewall::None).unwrap_err().contains("runtime.firewall"));
        for (group, firewall) in
            [(caller, Firewall::Nftables), (called, Firewall::None), (called, Firewall::Nftables)]
        {
            assert_eq!(connects(group, firewall), Ok(()));
        }
    }

    #[test]
    fn what_would_be_left_out_is_declined_by_name() {
        let gpu =
            "gpu: {units: 1, attributes: {vendor: {nvidia: }}}, cpu: {units: 1, attributes: {arch: arm64}}";
        let leased = SDL.replace("global: true", "global: true, ip: address");
        let leased = leased.replace("profiles:", "endpoints: {address: {kind: ip}}\nprofiles:");
        let credentials = "image: nginx, credentials: {host: a.io, username: b, password: secret}";
        for (source, wanted) in [
            (SDL.replace("cpu: {units: 1}", gpu), "needs a gpu"),
            (SDL.replace("cpu: {units: 1}", gpu), "needs attributes of the cpu (arch = arm64)"),
            (leased, "needs a leased address"),
            (SDL.replace("image: nginx", credentials), "needs credentials for a registry (a.io)"),
            (
                SDL.replace("image: nginx", "image: nginx, params: {permissions: {read: [logs]}}"),
                "needs permissions (to read logs)",
            ),
            (
                SDL.replace("image: nginx", "image: nginx, params: {storage: {data: {mount: /data}}}"),
                "needs a mounted volume (data at /data)",
            ),
        ] {
            let refused = told(&source).unwrap_err();
            assert!(refused.contains(wanted) && refused.ends_with("does not offer that"), "{refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
