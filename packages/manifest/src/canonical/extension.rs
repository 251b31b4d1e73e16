//! The key `x-market` of a service: what the language has beyond Akash's. A service without any of it has no such
//! key, so that its bytes are those of Akash's own SDK.

use std::collections::{BTreeMap, BTreeSet};

use content::{ContentId, ContentRef};
use serde::{Deserialize, Serialize};

use super::read::{broken, obey};
use super::{CanonicalError, WireProto};
use crate::carried::{self, Carried, CarriedFile};
use crate::connection::Outgoing;
use crate::limits;
use crate::model::{Manifest, Proto, Service};
use crate::rules::{self, shown};

// ---- fields in the order of their sorted keys

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    #[serde(default, skip_serializing_if = "is_zero")]
    bandwidth: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    connections: Vec<WireConnection>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<WireFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<WireContent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireConnection {
    port: u16,
    proto: WireProto,
    target_port: u16,
    to: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFile {
    content: WireContent,
    mount: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireContent {
    id: String,
    size: u64,
}

/// None for a service that has nothing of the extension.
pub(super) fn write(bandwidth: u64, connections: Vec<Outgoing>, carried: Carried) -> Option<Wire> {
    if bandwidth == 0 && connections.is_empty() && carried.is_empty() {
        return None;
    }
    let content = |content: ContentRef| WireContent { id: content.id.to_string(), size: content.size };
    Some(Wire {
        bandwidth,
        connections: connections
            .into_iter()
            .map(|connection| WireConnection {
                port: connection.port,
                proto: match connection.proto {
                    Proto::Tcp => WireProto::Tcp,
                    Proto::Udp => WireProto::Udp,
                },
                target_port: connection.target_port,
                to: connection.to,
            })
            .collect(),
        files: carried
            .files
            .into_iter()
            .map(|file| WireFile { content: content(file.content), mount: file.mount })
            .collect(),
        image: carried.image.map(content),
        secrets: carried.secrets,
    })
}

#[derive(Default)]
pub(super) struct Extension {
    pub bandwidth: u64,
    pub connections: Vec<Outgoing>,
    pub carried: Carried,
}

pub(super) fn read(path: &str, wire: Option<Wire>) -> Result<Extension, CanonicalError> {
    let Some(wire) = wire else { return Ok(Extension::default()) };
    if wire.bandwidth > limits::MAX_SIZE {
        return broken(path, format!("bandwidth {}; accepted: up to {}", wire.bandwidth, limits::MAX_SIZE));
    }
    let content = |wire: WireContent| match wire.id.parse::<ContentId>() {
        Ok(id) => Ok(ContentRef { id, size: wire.size }),
        Err(why) => broken(path, why),
    };
    let connections = wire
        .connections
        .into_iter()
        .map(|wire| Outgoing {
            to: wire.to,
            port: wire.port,
            proto: match wire.proto {
                WireProto::Tcp => Proto::Tcp,
                WireProto::Udp => Proto::Udp,
            },
            target_port: wire.target_port,
        })
        .collect();
    let files = wire
        .files
        .into_iter()
        .map(|file| Ok(CarriedFile { mount: file.mount, content: content(file.content)? }))
        .collect::<Result<_, _>>()?;
    let image = wire.image.map(content).transpose()?;
    Ok(Extension {
        bandwidth: wire.bandwidth,
        connections,
        carried: Carried { image, files, secrets: wire.secrets },
    })
}

/// The rules of one service alone.
pub(super) fn check_service(path: &str, service: &Service) -> Result<(), CanonicalError> {
    for connection in &service.connections {
        obey(path, rules::name(&connection.to))?;
        if connection.port == 0 || connection.target_port == 0 {
            return broken(path, "a connection to port 0; accepted: 1 to 65535");
        }
        if connection.to == service.name {
            return broken(path, "a connection of the service with itself");
        }
    }
    let door = |connection: &Outgoing| (connection.to.clone(), connection.port, connection.proto);
    if service.connections.windows(2).any(|pair| door(&pair[0]) >= door(&pair[1])) {
        return broken(path, "connections are not sorted, or one is there twice");
    }
    let carried = &service.carried;
    if let Some(image) = carried.image {
        obey(path, carried::image_size(image.size))?;
    }
    if carried.files.len() > limits::MAX_CARRIED_FILES {
        let message =
            format!("{} carried files; accepted: up to {}", carried.files.len(), limits::MAX_CARRIED_FILES);
        return broken(path, message);
    }
    let volumes = carried::volumes_of(service);
    let mut mounts: Vec<&str> = Vec::with_capacity(carried.files.len());
    for file in &carried.files {
        obey(path, carried::file_mount(&file.mount))?;
        obey(path, carried::file_size(file.content.size))?;
        if let Some(why) = carried::in_the_way(&file.mount, &volumes, &mounts) {
            return broken(path, why);
        }
        if mounts.last().is_some_and(|last| *last >= file.mount.as_str()) {
            return broken(path, "carried files are not sorted by mount");
        }
        mounts.push(&file.mount);
    }
    if carried.secrets.len() > limits::MAX_SECRETS {
        let message = format!("{} secrets; accepted: up to {}", carried.secrets.len(), limits::MAX_SECRETS);
        return broken(path, message);
    }
    for secret in &carried.secrets {
        obey(path, carried::secret_name(secret))?;
        if service.env.iter().any(|entry| rules::env_key(entry) == secret) {
            return broken(path, format!("{} is a variable and a secret", shown(secret)));
        }
    }
    if carried.secrets.windows(2).any(|pair| pair[0] >= pair[1]) {
        return broken(path, "secrets are not sorted, or one is there twice");
    }
    Ok(())
}

/// The rules that tie services together.
pub(super) fn check_manifest(manifest: &Manifest) -> Result<(), CanonicalError> {
    let services = || manifest.groups.iter().flat_map(|group| group.services.iter().map(move |s| (group, s)));
    let names: BTreeSet<&str> = services().map(|(_, service)| service.name.as_str()).collect();
    let mut known: BTreeMap<&str, &[Outgoing]> = BTreeMap::new();
    for (group, service) in services() {
        let path = || format!("{}.{}", group.name, service.name);
        for connection in &service.connections {
            if !names.contains(connection.to.as_str()) {
                let message = format!("a connection to {}, which is no service", shown(&connection.to));
                return broken(&path(), message);
            }
        }
        // Who may connect to whom does not depend on where they run.
        if *known.entry(&service.name).or_insert(&service.connections) != service.connections {
            return broken(&path(), "the service has other connections in another group");
        }
    }
    let connections: usize = known.values().map(|connections| connections.len()).sum();
    if connections > limits::MAX_CONNECTIONS {
        let message = format!("{connections} connections; accepted: up to {}", limits::MAX_CONNECTIONS);
        return broken("x-market", message);
    }
    let contents = manifest.contents();
    if contents.len() > limits::MAX_CONTENTS {
        let message =
            format!("{} different contents; accepted: up to {}", contents.len(), limits::MAX_CONTENTS);
        return broken("x-market", message);
    }
    // Sorted by id: an id names the size too.
    if contents.windows(2).any(|pair| pair[0].id == pair[1].id) {
        return broken("x-market", "one content with two sizes");
    }
    Ok(())
}
