//! From the form on the wire to a manifest, with every rule of the language checked.

use std::collections::BTreeSet;

use super::{
    CanonicalError, Groups, WireExpose, WireParams, WireProto, WireResources, WireService, WireStorage,
    WireValue,
};
use crate::limits;
use crate::model::{
    Endpoint, Expose, HttpOptions, Manifest, ManifestGroup, Params, Proto, Service, ServiceResources,
    Storage, StorageMount,
};
use crate::rules::{self, shown, Problem};

fn broken<T>(path: &str, message: impl Into<String>) -> Result<T, CanonicalError> {
    Err(CanonicalError::Rule { path: path.to_string(), message: message.into() })
}

fn obey(path: &str, rule: Result<(), Problem>) -> Result<(), CanonicalError> {
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
        Ok(Manifest { groups: read })
    }
}

fn read_service(group: &str, wire: WireService) -> Result<Service, CanonicalError> {
    obey(group, rules::name(&wire.name))?;
    let path = format!("{group}.{}", wire.name);
    let path = path.as_str();
    obey(path, rules::image(&wire.image))?;
    let service = Service {
        name: wire.name,
        image: wire.image,
        command: wire.command.unwrap_or_default(),
        args: wire.args.unwrap_or_default(),
        env: wire.env.unwrap_or_default(),
        resources: read_resources(path, wire.resources)?,
        count: wire.count,
        expose: wire.expose.into_iter().map(|expose| read_expose(path, expose)).collect::<Result<_, _>>()?,
        params: wire.params.map(|params| read_params(path, params)).transpose()?,
    };
    check_service(path, &service)?;
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
    let mut keys = BTreeSet::new();
    for entry in &service.env {
        obey(path, rules::env(entry))?;
        if !keys.insert(rules::env_key(entry)) {
            return broken(path, format!("variable {} is set twice", shown(rules::env_key(entry))));
        }
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
    if endpoints.len() != global.len()
        || endpoints.iter().filter(|endpoint| **endpoint == Endpoint::SharedHttp).count() != http
    {
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
    if wire.endpoint_sequence_number != 0 || !wire.ip.is_empty() {
        return broken(path, "leased addresses are not supported yet");
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
        || options.next_cases.is_empty()
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
    })
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
    Ok(Params { storage })
}

fn read_resources(path: &str, wire: WireResources) -> Result<ServiceResources, CanonicalError> {
    if wire.gpu.units.val != "0" {
        return broken(path, "gpu is not supported yet");
    }
    if wire.id == 0 || wire.id as usize > market_api::limits::MAX_RESOURCES_PER_GROUP {
        return broken(path, format!("resource id {}; accepted: 1 to 32", wire.id));
    }
    if wire.storage.is_empty() || wire.storage.len() > market_api::limits::MAX_VOLUMES {
        return broken(path, format!("{} volumes; accepted: 1 to 8", wire.storage.len()));
    }
    let mut storage: Vec<Storage> = Vec::with_capacity(wire.storage.len());
    for volume in wire.storage {
        let volume = read_storage(path, volume)?;
        if storage.iter().any(|other| other.name == volume.name) {
            return broken(path, format!("two volumes are named {}", shown(&volume.name)));
        }
        storage.push(volume);
    }
    let mut endpoints = Vec::with_capacity(wire.endpoints.len().min(limits::MAX_EXPOSE));
    for endpoint in wire.endpoints {
        endpoints.push(match (endpoint.kind, endpoint.sequence_number) {
            (0, 0) => Endpoint::SharedHttp,
            (1, 0) => Endpoint::RandomPort,
            _ => return broken(path, "leased addresses are not supported yet"),
        });
    }
    Ok(ServiceResources {
        id: wire.id,
        cpu: number(path, "cpu", &wire.cpu.units, limits::MAX_CPU)?,
        memory: number(path, "memory", &wire.memory.size, limits::MAX_SIZE)?,
        storage,
        endpoints,
    })
}

fn read_storage(path: &str, wire: WireStorage) -> Result<Storage, CanonicalError> {
    obey(path, rules::name(&wire.name))?;
    let size = number(path, "storage", &wire.size, limits::MAX_SIZE)?;
    let mut storage = Storage { name: wire.name, size, persistent: None, class: None };
    for attribute in wire.attributes {
        match (attribute.key.as_str(), attribute.value.as_str()) {
            ("class", class) => {
                obey(path, rules::name(class))?;
                storage.class = Some(attribute.value);
            }
            ("persistent", "true") => storage.persistent = Some(true),
            ("persistent", "false") => storage.persistent = Some(false),
            (key, value) => {
                return broken(path, format!("storage attribute {} = {}", shown(key), shown(value)))
            }
        }
    }
    if storage.class.as_deref() == Some("ram") && storage.persistent != Some(false) {
        return broken(path, "a volume of class ram is not persistent");
    }
    Ok(storage)
}

fn number(path: &str, what: &str, wire: &WireValue, max: u64) -> Result<u64, CanonicalError> {
    match wire.val.parse() {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        _ => broken(path, format!("{what} {}; accepted: a number from 1 to {max}", shown(&wire.val))),
    }
}
