use std::fmt;

use crate::model::{HttpOptions, Manifest, ManifestGroup, Params, Service};

/// Something that not every provider can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// A volume is mounted.
    Volume,
    /// A volume is mounted and must not be written to.
    ReadOnlyVolume,
    /// A volume outlives a restart.
    PersistentVolume,
    /// A volume is of a named class.
    StorageClass,
    /// The image is in a registry that asks who is there.
    Credentials,
    /// Graphics processors.
    Gpu,
    /// The processor must be of a kind.
    CpuAttributes,
    /// A public address of the lease's own.
    LeasedIp,
    /// Host names for HTTP.
    HostNames,
    /// A proxy in front that is not set as usual.
    HttpOptions,
    /// The service may ask its provider about the lease.
    Permissions,
    /// Bytes per second that are kept free.
    Bandwidth,
    /// The service connects to another one of the manifest, wherever that runs.
    Connection,
    /// Another service of the manifest, wherever that runs, connects to this one.
    IncomingConnection,
    /// The image travels with the manifest.
    CarriedImage,
    /// A file travels with the manifest.
    CarriedFile,
    /// A value that only the provider of the lease gets.
    Secret,
}

/// One thing that one service of a group needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub service: String,
    pub feature: Feature,
    /// What exactly; never a secret.
    pub detail: String,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Feature::Volume => "a mounted volume",
            Feature::ReadOnlyVolume => "a read-only volume",
            Feature::PersistentVolume => "a persistent volume",
            Feature::StorageClass => "a storage class",
            Feature::Credentials => "credentials for a registry",
            Feature::Gpu => "a gpu",
            Feature::CpuAttributes => "attributes of the cpu",
            Feature::LeasedIp => "a leased address",
            Feature::HostNames => "host names",
            Feature::HttpOptions => "options of an HTTP proxy",
            Feature::Permissions => "permissions",
            Feature::Bandwidth => "bandwidth",
            Feature::Connection => "a connection to another service",
            Feature::IncomingConnection => "a connection from another service",
            Feature::CarriedImage => "a carried image",
            Feature::CarriedFile => "a carried file",
            Feature::Secret => "a secret",
        })
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "service `{}` needs {} ({})", self.service, self.feature, self.detail)
    }
}

impl Manifest {
    /// What [`Manifest::needs_of`] says of all groups.
    pub fn needs(&self) -> Vec<Need> {
        self.groups.iter().flat_map(|group| self.needs_of_group(group)).collect()
    }

    /// What [`ManifestGroup::needs`] says of the group, and the connections of other services to its own, which the
    /// group alone does not know. Nothing for a group that the manifest does not have.
    pub fn needs_of(&self, group: &str) -> Vec<Need> {
        self.group(group).map(|group| self.needs_of_group(group)).unwrap_or_default()
    }

    fn needs_of_group(&self, group: &ManifestGroup) -> Vec<Need> {
        let mut needs = group.needs();
        for connection in self.connections() {
            if group.service(&connection.to).is_some() {
                needs.push(Need {
                    service: connection.to.clone(),
                    feature: Feature::IncomingConnection,
                    detail: format!(
                        "from {} to {}/{}",
                        connection.from, connection.target_port, connection.proto
                    ),
                });
            }
        }
        needs
    }
}

impl ManifestGroup {
    /// Everything that the group's services ask for beyond an image, its arguments and variables, processor time,
    /// memory, room on disk that is not mounted, and ports. Who runs the group declines what it cannot do; nothing
    /// that the manifest says is to be ignored.
    pub fn needs(&self) -> Vec<Need> {
        self.services.iter().flat_map(of_service).collect()
    }
}

fn of_service(service: &Service) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut need = |feature: Feature, detail: String| {
        needs.push(Need { service: service.name.clone(), feature, detail });
    };
    for mount in service.params.iter().flat_map(|params| &params.storage) {
        if !mount.mount.is_empty() {
            need(Feature::Volume, format!("{} at {}", mount.name, mount.mount));
        }
        if mount.read_only {
            need(Feature::ReadOnlyVolume, mount.name.clone());
        }
    }
    for storage in &service.resources.storage {
        if storage.is_persistent() {
            need(Feature::PersistentVolume, storage.name.clone());
        }
        if let Some(class) = storage.class.as_ref().filter(|class| *class != "default") {
            need(Feature::StorageClass, format!("{} of class {class}", storage.name));
        }
    }
    if let Some(credentials) = &service.credentials {
        need(Feature::Credentials, credentials.host.clone());
    }
    let gpu = &service.resources.gpu;
    if gpu.units > 0 || !gpu.attributes.is_empty() {
        let kinds: Vec<&str> = gpu.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
        let kinds = if kinds.is_empty() { "any".to_string() } else { kinds.join(" or ") };
        need(Feature::Gpu, format!("{} of {kinds}", gpu.units));
    }
    for attribute in &service.resources.cpu_attributes {
        need(Feature::CpuAttributes, format!("{} = {}", attribute.key, attribute.value));
    }
    for expose in &service.expose {
        let door = format!("port {}/{}", expose.effective_port(), expose.proto);
        if !expose.ip.is_empty() {
            need(Feature::LeasedIp, format!("{door} on {}", expose.ip));
        }
        if !expose.hosts.is_empty() {
            need(Feature::HostNames, format!("{door} as {}", expose.hosts.join(", ")));
        }
        if expose.http_options != HttpOptions::default() {
            need(Feature::HttpOptions, door);
        }
    }
    if let Some(Params { permissions: Some(permissions), .. }) = &service.params {
        let read: Vec<&str> = permissions.read.iter().map(|what| what.as_str()).collect();
        if !read.is_empty() {
            need(Feature::Permissions, format!("to read {}", read.join(", ")));
        }
    }
    if service.resources.bandwidth > 0 {
        need(Feature::Bandwidth, format!("{} bytes per second", service.resources.bandwidth));
    }
    for connection in &service.connections {
        need(Feature::Connection, format!("{}:{}/{}", connection.to, connection.port, connection.proto));
    }
    if let Some(image) = &service.carried.image {
        need(Feature::CarriedImage, format!("{} bytes, {}", image.size, image.id));
    }
    for file in &service.carried.files {
        need(Feature::CarriedFile, format!("{} bytes at {}", file.content.size, file.mount));
    }
    for secret in &service.carried.secrets {
        need(Feature::Secret, secret.clone());
    }
    needs
}
