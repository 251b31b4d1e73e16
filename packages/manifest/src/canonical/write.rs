//! From a manifest to its form on the wire.

use super::{
    Group, Groups, WireAttribute, WireEndpoint, WireExpose, WireHttpOptions, WireMemory, WireMount,
    WireParams, WireProto, WireResources, WireService, WireStorage, WireUnits, WireValue,
};
use crate::model::{Endpoint, Manifest, ManifestGroup, Proto, Service, ServiceResources};

impl From<Manifest> for Groups {
    fn from(manifest: Manifest) -> Self {
        let group = |group: ManifestGroup| Group {
            name: group.name,
            services: group.services.into_iter().map(write_service).collect(),
        };
        Groups(manifest.groups.into_iter().map(group).collect())
    }
}

fn write_service(service: Service) -> WireService {
    let some = |list: Vec<String>| if list.is_empty() { None } else { Some(list) };
    WireService {
        args: some(service.args),
        command: some(service.command),
        count: service.count,
        credentials: (),
        env: some(service.env),
        expose: service
            .expose
            .into_iter()
            .map(|expose| WireExpose {
                endpoint_sequence_number: 0,
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
                ip: String::new(),
                port: expose.port,
                proto: match expose.proto {
                    Proto::Tcp => WireProto::Tcp,
                    Proto::Udp => WireProto::Udp,
                },
                service: expose.service,
            })
            .collect(),
        image: service.image,
        name: service.name,
        params: service.params.map(|params| WireParams {
            storage: params
                .storage
                .into_iter()
                .map(|mount| WireMount { mount: mount.mount, name: mount.name, read_only: mount.read_only })
                .collect(),
        }),
        resources: write_resources(service.resources),
    }
}

fn write_resources(resources: ServiceResources) -> WireResources {
    let value = |number: u64| WireValue { val: number.to_string() };
    let attribute = |key: &str, value: String| WireAttribute { key: key.to_string(), value };
    WireResources {
        cpu: WireUnits { units: value(resources.cpu) },
        endpoints: resources
            .endpoints
            .into_iter()
            .map(|endpoint| WireEndpoint {
                kind: match endpoint {
                    Endpoint::SharedHttp => 0,
                    Endpoint::RandomPort => 1,
                },
                sequence_number: 0,
            })
            .collect(),
        gpu: WireUnits { units: value(0) },
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
