//! Names and labels, by which everything of ours is found again and nothing else is.

use gateway_api::Protocol;
use market_api::LeaseId;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;

use crate::runtime::{PublishedPort, ServiceSpec};

pub(super) const LEASE: &str = "akash.lease";
pub(super) const PROVIDER: &str = "akash.provider";
pub(super) const VERSION: &str = "akash.version";
pub(super) const SERVICE: &str = "akash.service";
pub(super) const REPLICA: &str = "akash.replica";
pub(super) const SPEC: &str = "akash.spec";

/// Characters of a provider's address that stand in names. Names are for people and against accidents; labels
/// decide.
const SHORT: usize = 8;

pub(super) fn network_name(provider: &str, lease: LeaseId) -> String {
    format!("akash-{}-{lease}", short(provider))
}

pub(super) fn container_name(provider: &str, lease: LeaseId, service: &str, replica: u32) -> String {
    format!("akash-{}-{lease}-{service}-{replica}", short(provider))
}

pub(super) fn short(provider: &str) -> &str {
    provider.get(provider.len().saturating_sub(SHORT)..).unwrap_or(provider)
}

pub(super) fn of_network(provider: &str, lease: LeaseId) -> HashMap<String, String> {
    HashMap::from([(PROVIDER.to_owned(), provider.to_owned()), (LEASE.to_owned(), lease.to_string())])
}

pub(super) fn of_container(
    provider: &str,
    lease: LeaseId,
    version: &str,
    service: &str,
    replica: u32,
    spec: &str,
) -> HashMap<String, String> {
    let mut labels = of_network(provider, lease);
    labels.insert(VERSION.to_owned(), version.to_owned());
    labels.insert(SERVICE.to_owned(), service.to_owned());
    labels.insert(REPLICA.to_owned(), replica.to_string());
    labels.insert(SPEC.to_owned(), spec.to_owned());
    labels
}

/// The engine's filter for everything of a provider, or of one of its leases.
pub(super) fn filter(provider: &str, lease: Option<LeaseId>) -> HashMap<String, Vec<String>> {
    let mut labels = vec![format!("{PROVIDER}={provider}")];
    labels.extend(lease.map(|lease| format!("{LEASE}={lease}")));
    HashMap::from([("label".to_owned(), labels)])
}

/// What identifies a replica's specification. It is made of what was asked for, not of what is sent to the engine,
/// so that a newer agent with other defaults replaces nothing.
pub(super) fn spec_hash(service: &ServiceSpec, ports: &[&PublishedPort], host_ip: IpAddr) -> String {
    let mut hash = Sha256::new();
    // Lengths in front keep neighbours apart: ["ab"] and ["a", "b"] differ.
    let mut text = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    text("replica v1");
    text(&service.name);
    text(&service.image);
    for list in [&service.command, &service.args, &service.env] {
        text(&list.len().to_string());
        list.iter().for_each(|item| text(item));
    }
    for amount in [service.cpu_millis, service.memory, service.storage] {
        text(&amount.to_string());
    }
    let mut exposed = service.ports.clone();
    exposed.sort_unstable();
    for port in exposed {
        text(&port_key(port.port, port.protocol));
    }
    text("published");
    let mut published = ports.to_vec();
    published.sort_unstable();
    for port in published {
        text(&format!("{}={host_ip}:{}", port_key(port.container_port, port.protocol), port.host_port));
    }
    // Only where there is such: a service without keeps the hash that it had.
    if !service.files.is_empty() {
        text("files");
        for file in &service.files {
            text(&file.mount);
            text(&file.content.to_string());
        }
    }
    // Only where there are some: what ran before there were any is left alone.
    if !service.hosts.is_empty() {
        text("hosts");
        for (name, address) in &service.hosts {
            text(&format!("{name}={address}"));
        }
    }
    hex::encode(hash.finalize())
}

/// As the engine writes it: `80/tcp`.
pub(super) fn port_key(port: u16, protocol: Protocol) -> String {
    format!("{port}/{protocol}")
}

pub(super) fn parse_port_key(key: &str) -> Option<(u16, Protocol)> {
    let (port, protocol) = key.split_once('/')?;
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ => return None,
    };
    Some((port.parse().ok()?, protocol))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{MountedFile, ServicePort};

    fn service() -> ServiceSpec {
        ServiceSpec {
            name: "web".into(),
            image: "nginx".into(),
            command: vec![],
            args: vec!["a".into(), "b".into()],
            env: vec!["A=1".into()],
            cpu_millis: 500,
            memory: 1 << 28,
            storage: 1 << 29,
            count: 1,
            ports: vec![ServicePort { port: 80, protocol: Protocol::Tcp }],
            carried_image: false,
            files: vec![],
            hosts: vec![],
        }
    }

    fn file(content: u8, mount: &str) -> MountedFile {
        let content = content::ContentId([content; 32]);
        MountedFile { content, source: "/data".into(), mount: mount.into() }
    }

    fn port(host_port: u16) -> PublishedPort {
        PublishedPort {
            service: "web".into(),
            replica: 0,
            container_port: 80,
            protocol: Protocol::Tcp,
            host_port,
        }
    }

    #[test]
    fn the_specification_differs_when_anything_that_a_replica_sees_differs() {
        let ip: IpAddr = "127.0.0.1".parse().unwrap();
        let hash = |service: &ServiceSpec, port: &PublishedPort, ip| spec_hash(service, &[port], ip);
        let base = hash(&service(), &port(30000), ip);
        assert_eq!(base, hash(&service(), &port(30000), ip));
        assert_ne!(base, hash(&service(), &port(30001), ip));
        assert_ne!(base, hash(&service(), &port(30000), "127.0.0.2".parse().unwrap()));
        let changes: [fn(&mut ServiceSpec); 10] = [
            |s| s.hosts.push(("db".into(), [198, 18, 0, 1].into())),
            |s| s.image.push('x'),
            |s| s.command.push("sh".into()),
            |s| s.args = vec!["ab".into()],
            |s| s.env.clear(),
            |s| s.cpu_millis += 1,
            |s| s.memory += 1,
            |s| s.storage += 1,
            |s| s.ports[0].protocol = Protocol::Udp,
            |s| s.files.push(file(1, "/etc/a")),
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut changed = service();
            change(&mut changed);
            assert_ne!(base, hash(&changed, &port(30000), ip), "change {index}");
        }
        let with = |file| hash(&ServiceSpec { files: vec![file], ..service() }, &port(30000), ip);
        assert_ne!(with(file(1, "/etc/a")), with(file(2, "/etc/a")));
        assert_ne!(with(file(1, "/etc/a")), with(file(1, "/etc/b")));
        // Where it lies on this machine is no matter.
        let moved = MountedFile { source: "/elsewhere".into(), ..file(1, "/etc/a") };
        assert_eq!(with(file(1, "/etc/a")), with(moved));
        // How many replicas there are says nothing about one of them.
        let mut more = service();
        more.count = 3;
        assert_eq!(base, hash(&more, &port(30000), ip));
    }

    #[test]
    fn names_tell_provider_lease_service_and_replica() {
        let provider = "wasm1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu";
        assert_eq!(container_name(provider, LeaseId(7), "web", 2), "akash-c5lzv7xu-7-web-2");
        assert_eq!(network_name(provider, LeaseId(7)), "akash-c5lzv7xu-7");
    }
}
