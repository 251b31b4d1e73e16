//! From the form on the wire to a manifest, with every rule of the language checked.

use std::collections::BTreeSet;

use super::addresses::check_addresses;
use super::{
    extension, CanonicalError, Groups, WireCredentials, WireExpose, WireParams, WirePermissions, WireProto,
    WireService,
};
use crate::limits;
use crate::model::{
    Credentials, Endpoint, Expose, HttpOptions, Manifest, ManifestGroup, Params, Permission, Permissions,
    Proto, Service, StorageMount,
};
use crate::rules::{self, shown, Problem};

pub(super) fn broken<T>(path: &str, message: impl Into<String>) -> Result<T, CanonicalError> {
    Err(CanonicalError::Rule { path: path.to_string(), message: message.into() })
}

pub(super) fn obey(path: &str, rule: Result<(), Problem>) -> Result<(), CanonicalError> {
    match rule {
        Ok(()) => Ok(()),
        Err(problem) => broken(path, format!("{}; accepted: {}", problem.message, problem.accepted)),
    }
}

impl TryFrom<Groups> for Manifest {
    type Error = CanonicalError;

    fn try_from(Groups(groups): Groups) -> Result<Self, CanonicalError> {
        if groups.is_empty() {
            return broken("groups", "there is none");
        }
        let mut read: Vec<ManifestGroup> = Vec::with_capacity(groups.len());
        for group in groups {
            obey("group", rules::name(&group.name))?;
            let path = &group.name;
            if read.last().is_some_and(|last| last.name >= group.name) {
                return broken(path, "groups are not sorted by name, or two have the same");
            }
            if group.services.is_empty() || group.services.len() > market_api::limits::MAX_RESOURCES_PER_GROUP
            {
                return broken(path, format!("{} services; accepted: 1 to 32", group.services.len()));
            }
            let mut services: Vec<Service> = Vec::with_capacity(group.services.len());
            for service in group.services {
                let service = read_service(path, service)?;
                if services.last().is_some_and(|last| last.name >= service.name) {
                    return broken(path, "services are not sorted by name, or two have the same");
                }
                services.push(service);
            }
            read.push(ManifestGroup { name: group.name, services });
        }
        check_addresses(&read)?;
        let manifest = Manifest { groups: read };
        extension::check_manifest(&manifest)?;
        Ok(manifest)
    }
}

fn read_service(group: &str, wire: WireService) -> Result<Service, CanonicalError> {
    obey(group, rules::name(&wire.name))?;
    let path = format!("{group}.{}", wire.name);
    let path = path.as_str();
    obey(path, rules::image(&wire.image))?;
    let extension = extension::read(path, wire.extension)?;
    let service = Service {
        name: wire.name,
        image: wire.image,
        command: wire.command.unwrap_or_default(),
        args: wire.args.unwrap_or_default(),
        env: wire.env.unwrap_or_default(),
        resources: super::resources::read(path, wire.resources, extension.bandwidth)?,
        count: wire.count,
        expose: wire.expose.into_iter().map(|expose| read_expose(path, expose)).collect::<Result<_, _>>()?,
        params: wire.params.map(|params| read_params(path, params)).transpose()?,
        credentials: wire.credentials.map(|credentials| read_credentials(path, credentials)).transpose()?,
        connections: extension.connections,
        carried: extension.carried,
    };
    check_service(path, &service)?;
    extension::check_service(path, &service)?;
    Ok(service)
}

/// The rules that bind several values of one service.
fn check_service(path: &str, service: &Service) -> Result<(), CanonicalError> {
    for (what, list) in [("command", &service.command), ("args", &service.args)] {
        if list.len() > limits::MAX_ARGS {
            return broken(
                path,
                format!("{} entries of {what}; accepted: up to {}", list.len(), limits::MAX_ARGS),
            );
        }
        for entry in list {
            obey(path, rules::no_nul(entry))?;
        }
    }
    let bytes: usize = service.command.iter().chain(&service.args).map(String::len).sum();
    if bytes > limits::MAX_ARGS_BYTES {
        return broken(
            path,
            format!("{bytes} bytes of command and args; accepted: up to {}", limits::MAX_ARGS_BYTES),
        );
    }
    if service.env.len() > limits::MAX_ENV {
        return broken(path, format!("{} variables; accepted: up to {}", service.env.len(), limits::MAX_ENV));
    }
    let bytes: usize = service.env.iter().map(String::len).sum();
    if bytes > limits::MAX_ENV_BYTES {
        return broken(
            path,
            format!("{bytes} bytes of variables; accepted: up to {}", limits::MAX_ENV_BYTES),
        );
    }
    for entry in &service.env {
        obey(path, rules::env(entry))?;
    }
    if !(1..=market_api::limits::MAX_COUNT).contains(&service.count) {
        return broken(
            path,
            format!("count {}; accepted: 1 to {}", service.count, market_api::limits::MAX_COUNT),
        );
    }
    if service.expose.len() > limits::MAX_EXPOSE {
        return broken(
            path,
            format!("{} ports; accepted: up to {}", service.expose.len(), limits::MAX_EXPOSE),
        );
    }
    let global: Vec<&Expose> = service.expose.iter().filter(|expose| expose.global).collect();
    let http = global.iter().filter(|expose| expose.is_ingress()).count();
    let endpoints = &service.resources.endpoints;
    let mut leased: Vec<u32> = Vec::new();
    let mut shared = 0;
    for endpoint in endpoints {
        match endpoint {
            Endpoint::SharedHttp => shared += 1,
            Endpoint::RandomPort => {}
            Endpoint::LeasedIp { sequence } => leased.push(*sequence),
        }
    }
    let mut asked: Vec<u32> =
        global.iter().filter(|expose| !expose.ip.is_empty()).map(|expose| expose.ip_sequence).collect();
    leased.sort_unstable();
    asked.sort_unstable();
    if endpoints.len() != global.len() + leased.len() || shared != http || leased != asked {
        return broken(path, "the endpoints in the resources are not those of the global ports");
    }
    let sort_key = |expose: &Expose| (expose.service.clone(), expose.port, expose.proto, !expose.global);
    if service.expose.windows(2).any(|pair| sort_key(&pair[0]) > sort_key(&pair[1])) {
        return broken(path, "the ports are not sorted");
    }
    let params = service.params.as_ref().map(|params| params.storage.as_slice()).unwrap_or_default();
    let mut mounts = BTreeSet::new();
    for mount in params {
        if !service.resources.storage.iter().any(|storage| storage.name == mount.name) {
            return broken(path, format!("{} is mounted, but no such volume is there", shown(&mount.name)));
        }
        if !mounts.insert(rules::mount_key(&mount.mount)) {
            return broken(path, format!("two volumes are mounted at {}", shown(&mount.mount)));
        }
    }
    for storage in &service.resources.storage {
        if storage.is_persistent() && service.mount(&storage.name).is_none() {
            return broken(path, format!("persistent volume {} is not mounted", shown(&storage.name)));
        }
    }
    Ok(())
}

fn read_expose(path: &str, wire: WireExpose) -> Result<Expose, CanonicalError> {
    if !wire.ip.is_empty() {
        obey(path, rules::endpoint_name(&wire.ip))?;
        if !wire.global {
            return broken(path, format!("a port on address {} that is not global", shown(&wire.ip)));
        }
    }
    if wire.ip.is_empty() != (wire.endpoint_sequence_number == 0) {
        return broken(path, "an address has a name and a number from 1, or neither");
    }
    if wire.port == 0 {
        return broken(path, "port 0; accepted: 1 to 65535");
    }
    if !wire.service.is_empty() {
        obey(path, rules::name(&wire.service))?;
    }
    let hosts = wire.hosts.unwrap_or_default();
    if hosts.len() > limits::MAX_HOSTS {
        return broken(
            path,
            format!("{} host names of a port; accepted: up to {}", hosts.len(), limits::MAX_HOSTS),
        );
    }
    for host in &hosts {
        obey(path, rules::host(host))?;
    }
    let options = wire.http_options;
    let cases_known = options.next_cases.iter().all(|case| rules::NEXT_CASES.contains(&case.as_str()));
    let off = options.next_cases.iter().any(|case| case == "off");
    if options.max_body_size > rules::MAX_BODY_SIZE
        || options.read_timeout > rules::MAX_TIMEOUT
        || options.send_timeout > rules::MAX_TIMEOUT
        || options.next_tries > rules::MAX_NEXT
        || options.next_timeout > rules::MAX_NEXT
        || !cases_known
        || (off && options.next_cases.len() > 1)
        || options.next_cases.len() > rules::MAX_NEXT_CASES
    {
        return broken(path, "HTTP options out of range");
    }
    Ok(Expose {
        port: wire.port,
        external_port: wire.external_port,
        proto: match wire.proto {
            WireProto::Tcp => Proto::Tcp,
            WireProto::Udp => Proto::Udp,
        },
        service: wire.service,
        global: wire.global,
        hosts,
        http_options: HttpOptions {
            max_body_size: options.max_body_size,
            read_timeout: options.read_timeout,
            send_timeout: options.send_timeout,
            next_tries: options.next_tries,
            next_timeout: options.next_timeout,
            next_cases: options.next_cases,
        },
        ip: wire.ip,
        ip_sequence: wire.endpoint_sequence_number,
    })
}

fn read_credentials(path: &str, wire: WireCredentials) -> Result<Credentials, CanonicalError> {
    obey(path, rules::credential("host", &wire.host, rules::MIN_CREDENTIAL))?;
    obey(path, rules::credential("username", &wire.username, rules::MIN_CREDENTIAL))?;
    obey(path, rules::credential("password", &wire.password, rules::MIN_PASSWORD))?;
    if !wire.email.is_empty() {
        obey(path, rules::credential("email", &wire.email, rules::MIN_EMAIL))?;
    }
    Ok(Credentials { host: wire.host, email: wire.email, username: wire.username, password: wire.password })
}

fn read_permissions(path: &str, wire: WirePermissions) -> Result<Permissions, CanonicalError> {
    let read = wire.read;
    if read.len() > rules::MAX_PERMISSIONS {
        return broken(
            path,
            format!("{} permissions; accepted: up to {}", read.len(), rules::MAX_PERMISSIONS),
        );
    }
    let known = |text: &String| match Permission::ALL.into_iter().find(|known| known.as_str() == text) {
        Some(known) => Ok(known),
        None => broken(path, format!("{} is not a permission", shown(text))),
    };
    Ok(Permissions { read: read.iter().map(known).collect::<Result<_, _>>()? })
}

fn read_params(path: &str, wire: WireParams) -> Result<Params, CanonicalError> {
    let mut storage: Vec<StorageMount> = Vec::with_capacity(wire.storage.len());
    for mount in wire.storage {
        if storage.last().is_some_and(|last| last.name >= mount.name) {
            return broken(path, "mounts are not sorted by volume, or a volume is there twice");
        }
        if !mount.mount.is_empty() {
            obey(path, rules::mount(&mount.mount))?;
        }
        storage.push(StorageMount { name: mount.name, mount: mount.mount, read_only: mount.read_only });
    }
    let permissions = wire.permissions.map(|permissions| read_permissions(path, permissions)).transpose()?;
    Ok(Params { storage, permissions })
}
