//! From a manifest to its form on the wire.

use registry_api::Attribute;

use super::{
    extension, Group, Groups, WireAttribute, WireCredentials, WireEndpoint, WireExpose, WireHttpOptions,
    WireMemory, WireMount, WireParams, WirePermissions, WireProto, WireResources, WireService, WireStorage,
    WireUnits, WireValue,
};
use crate::model::{
    Endpoint, Expose, Manifest, ManifestGroup, Params, Permissions, Proto, Service, ServiceResources,
};

impl From<Manifest> for Groups {
    fn from(manifest: Manifest) -> Self {
        let group = |group: ManifestGroup| Group {
            name: group.name,
            services: group.services.into_iter().map(write_service).collect(),
        };
        Groups(manifest.groups.into_iter().map(group).collect())
    }
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    if list.is_empty() {
        None
    } else {
        Some(list)
    }
}

fn write_service(service: Service) -> WireService {
    let extension = extension::write(service.resources.bandwidth, service.connections, service.carried);
    WireService {
        args: some(service.args),
        command: some(service.command),
        count: service.count,
        credentials: service.credentials.map(|credentials| WireCredentials {
            email: credentials.email,
            host: credentials.host,
            password: credentials.password,
            username: credentials.username,
        }),
        env: some(service.env),
        expose: service.expose.into_iter().map(write_expose).collect(),
        image: service.image,
        name: service.name,
        params: service.params.map(write_params),
        resources: write_resources(service.resources),
        extension,
    }
}

fn write_expose(expose: Expose) -> WireExpose {
    WireExpose {
        endpoint_sequence_number: expose.ip_sequence,
        external_port: expose.external_port,
        global: expose.global,
        hosts: some(expose.hosts),
        http_options: WireHttpOptions {
            max_body_size: expose.http_options.max_body_size,
            next_cases: expose.http_options.next_cases,
            next_timeout: expose.http_options.next_timeout,
            next_tries: expose.http_options.next_tries,
            read_timeout: expose.http_options.read_timeout,
            send_timeout: expose.http_options.send_timeout,
        },
        ip: expose.ip,
        port: expose.port,
        proto: match expose.proto {
            Proto::Tcp => WireProto::Tcp,
            Proto::Udp => WireProto::Udp,
        },
        service: expose.service,
    }
}

fn write_params(params: Params) -> WireParams {
    let permissions = |permissions: Permissions| WirePermissions {
        read: permissions.read.iter().map(|what| what.as_str().to_string()).collect(),
    };
    WireParams {
        permissions: params.permissions.map(permissions),
        storage: params
            .storage
            .into_iter()
            .map(|mount| WireMount { mount: mount.mount, name: mount.name, read_only: mount.read_only })
            .collect(),
    }
}

fn write_attributes(attributes: Vec<Attribute>) -> Vec<WireAttribute> {
    attributes.into_iter().map(|Attribute { key, value }| WireAttribute { key, value }).collect()
}

fn write_resources(resources: ServiceResources) -> WireResources {
    let value = |number: u64| WireValue { val: number.to_string() };
    let attribute = |key: &str, value: String| WireAttribute { key: key.to_string(), value };
    WireResources {
        cpu: WireUnits {
            attributes: write_attributes(resources.cpu_attributes),
            units: value(resources.cpu),
        },
        endpoints: resources
            .endpoints
            .into_iter()
            .map(|endpoint| match endpoint {
                Endpoint::SharedHttp => WireEndpoint { kind: 0, sequence_number: 0 },
                Endpoint::RandomPort => WireEndpoint { kind: 1, sequence_number: 0 },
                Endpoint::LeasedIp { sequence } => WireEndpoint { kind: 2, sequence_number: sequence },
            })
            .collect(),
        gpu: WireUnits {
            attributes: write_attributes(resources.gpu.attributes),
            units: value(u64::from(resources.gpu.units)),
        },
        id: resources.id,
        memory: WireMemory { size: value(resources.memory) },
        storage: resources
            .storage
            .into_iter()
            .map(|storage| WireStorage {
                attributes: storage
                    .class
                    .map(|class| attribute("class", class))
                    .into_iter()
                    .chain(
                        storage.persistent.map(|persistent| attribute("persistent", persistent.to_string())),
                    )
                    .collect(),
                name: storage.name,
                size: value(storage.size),
            })
            .collect(),
    }
}
