//! The `services` section.

use std::collections::{BTreeMap, BTreeSet};

use super::ports::{expose, Ports};
use super::reader::{At, Entry, Place, Reader};
use crate::limits::{MAX_ARGS, MAX_ARGS_BYTES, MAX_ENV, MAX_ENV_BYTES, MAX_SERVICES};
use crate::model::{Credentials, Params, Permission, Permissions, StorageMount};
use crate::rules::{self, shown};
use crate::yaml::Value;

/// What the file says about a service apart from where it runs and on what.
pub(super) struct ServiceText {
    pub key: Place,
    pub image: String,
    pub command: Vec<String>,
    pub args: Vec<String>,
    pub env: Vec<String>,
    pub ports: Ports,
    pub credentials: Option<(Credentials, Place)>,
    /// The services that should start before this one, and where they are named.
    pub dependencies: Vec<(String, Place)>,
    /// Where permissions are asked for.
    pub permissions: Option<Place>,
    pub params: Option<Params>,
    /// Where each mount stands, by the name of the volume.
    pub mounts: BTreeMap<String, Place>,
}

const SERVICE: [&str; 8] =
    ["image", "command", "args", "env", "expose", "params", "credentials", "dependencies"];

pub(super) fn services(reader: &mut Reader, at: &At<'_>) -> BTreeMap<String, ServiceText> {
    let entries = reader.entries(at, "services");
    if entries.len() > MAX_SERVICES {
        reader.error(&at.place, format!("{} services", entries.len()), format!("up to {MAX_SERVICES}"));
        return BTreeMap::new();
    }
    let mut services = BTreeMap::new();
    for entry in entries {
        reader.obey(&entry.key, rules::name(entry.name));
        if let Some(service) = service(reader, &entry) {
            services.entry(entry.name.to_string()).or_insert(service);
        }
    }
    services
}

fn service(reader: &mut Reader, entry: &Entry<'_>) -> Option<ServiceText> {
    let fields = reader.fields(&entry.at, &SERVICE, &["image"])?;
    let mut image = String::new();
    if let Some(at) = fields.get("image") {
        if let Some(text) = reader.text(&at, "an image reference such as nginx:1.27") {
            reader.obey(&at.place, rules::image(text));
            image = text.to_string();
        }
    }
    let credentials = fields.get("credentials").and_then(|at| Some((credentials(reader, &at)?, at.place)));
    let dependencies = fields.get("dependencies").map(|at| dependencies(reader, &at)).unwrap_or_default();
    let command = arguments(reader, fields.get("command"));
    let args = arguments(reader, fields.get("args"));
    let bytes: usize = command.iter().chain(&args).map(String::len).sum();
    if bytes > MAX_ARGS_BYTES {
        let message = format!("{bytes} bytes of command and args");
        reader.error(&entry.key, message, format!("up to {MAX_ARGS_BYTES}"));
    }
    let env = fields.get("env").map(|at| env(reader, &at)).unwrap_or_default();
    let mut ports = Ports::default();
    if let Some(at) = fields.get("expose") {
        expose(reader, &at, &mut ports);
    }
    ports.sort();
    let mut mounts = BTreeMap::new();
    let mut permissions = None;
    let params = fields.get("params").map(|at| params(reader, &at, &mut mounts, &mut permissions));
    Some(ServiceText {
        key: entry.key.clone(),
        image,
        command,
        args,
        env,
        ports,
        credentials,
        dependencies,
        permissions,
        params,
        mounts,
    })
}

fn credentials(reader: &mut Reader, at: &At<'_>) -> Option<Credentials> {
    const KNOWN: [&str; 4] = ["host", "email", "username", "password"];
    let fields = reader.fields(at, &KNOWN, &["host", "username", "password"])?;
    let mut value = |key: &str, least: usize| -> Option<String> {
        let at = fields.get(key)?;
        // Not through `Reader::text`: its messages quote what they refuse.
        let Value::Text(text) = at.value else {
            reader.error(
                &at.place,
                format!("the {key} is not text"),
                format!("the {key} as text, in quotes"),
            );
            return None;
        };
        reader.obey(&at.place, rules::credential(key, text, least)).then(|| text.clone())
    };
    let host = value("host", rules::MIN_CREDENTIAL);
    let email = match fields.get("email") {
        Some(_) => value("email", rules::MIN_EMAIL),
        None => Some(String::new()),
    };
    let username = value("username", rules::MIN_CREDENTIAL);
    let password = value("password", rules::MIN_PASSWORD);
    Some(Credentials { host: host?, email: email?, username: username?, password: password? })
}

fn dependencies(reader: &mut Reader, at: &At<'_>) -> Vec<(String, Place)> {
    let mut names = Vec::new();
    for item in reader.list(at, "services, each `service: name`") {
        let Some(fields) = reader.fields(&item, &["service"], &[]) else { continue };
        if let Some(at) = fields.get("service") {
            names.extend(reader.text(&at, "the name of a service").map(|name| (name.to_string(), at.place)));
        }
    }
    names
}

fn arguments(reader: &mut Reader, at: Option<At<'_>>) -> Vec<String> {
    let Some(at) = at else { return Vec::new() };
    let texts = reader.texts_or_nothing(&at, "an argument");
    if texts.len() > MAX_ARGS {
        reader.error(&at.place, format!("{} entries", texts.len()), format!("up to {MAX_ARGS}"));
    }
    for (place, text) in &texts {
        reader.obey(place, rules::no_nul(text));
    }
    texts.into_iter().map(|(_, text)| text.to_string()).collect()
}

fn env(reader: &mut Reader, at: &At<'_>) -> Vec<String> {
    if let Value::Map(_) = at.value {
        reader.error(&at.place, "found a map", "a list of texts such as - NAME=value");
        return Vec::new();
    }
    let texts = reader.texts_or_nothing(at, "a variable such as NAME=value");
    if texts.len() > MAX_ENV {
        reader.error(&at.place, format!("{} variables", texts.len()), format!("up to {MAX_ENV}"));
    }
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    if bytes > MAX_ENV_BYTES {
        reader.error(&at.place, format!("{bytes} bytes of variables"), format!("up to {MAX_ENV_BYTES}"));
    }
    let mut keys = BTreeSet::new();
    for (place, text) in &texts {
        if reader.obey(place, rules::env(text)) && !keys.insert(rules::env_key(text)) {
            reader.warn(place, format!("the variable {} is set twice", shown(rules::env_key(text))));
        }
    }
    texts.into_iter().map(|(_, text)| text.to_string()).collect()
}

fn permissions(reader: &mut Reader, at: &At<'_>) -> Permissions {
    let mut permissions = Permissions::default();
    let Some(fields) = reader.fields(at, &["read"], &[]) else { return permissions };
    let Some(at) = fields.get("read") else { return permissions };
    let mut read = Vec::new();
    for (place, text) in reader.texts(&at, "deployment or logs") {
        match Permission::ALL.into_iter().find(|known| known.as_str() == text) {
            Some(known) => read.push(known),
            None => reader.error(&place, format!("{} is not a permission", shown(text)), "deployment, logs"),
        }
    }
    if read.len() > rules::MAX_PERMISSIONS {
        let message = format!("{} permissions", read.len());
        reader.error(&at.place, message, format!("up to {}", rules::MAX_PERMISSIONS));
    }
    permissions.read = read;
    permissions
}

fn params(
    reader: &mut Reader,
    at: &At<'_>,
    places: &mut BTreeMap<String, Place>,
    asked: &mut Option<Place>,
) -> Params {
    let mut params = Params::default();
    let Some(fields) = reader.fields(at, &["storage", "permissions"], &[]) else { return params };
    if let Some(at) = fields.get("permissions") {
        let permissions = permissions(reader, &at);
        if !permissions.read.is_empty() {
            *asked = Some(at.place);
        }
        params.permissions = Some(permissions);
    }
    let Some(storage) = fields.get("storage") else { return params };
    let mut paths = BTreeMap::new();
    for entry in reader.entries(&storage, "mounts, by the names of volumes") {
        reader.obey(&entry.key, rules::name(entry.name));
        let Some(fields) = reader.fields(&entry.at, &["mount", "readOnly"], &[]) else { continue };
        let mut path = String::new();
        if let Some(at) = fields.get("mount") {
            if let Some(text) = reader.text(&at, "an absolute path inside the container such as /data") {
                reader.obey(&at.place, rules::mount(text));
                path = text.to_string();
            }
        }
        if let Some(other) = paths.insert(rules::mount_key(&path), entry.name) {
            let message = match path.as_str() {
                "" => format!("neither this volume nor {} has a mount", shown(other)),
                path => format!("{} is also where {} is mounted", shown(path), shown(other)),
            };
            reader.error(&entry.key, message, "a path of its own for each volume");
        }
        let read_only = fields.get("readOnly").and_then(|at| reader.truth(&at)).unwrap_or(false);
        places.entry(entry.name.to_string()).or_insert(entry.key);
        params.storage.push(StorageMount { name: entry.name.to_string(), mount: path, read_only });
    }
    params.storage.sort_by(|a, b| a.name.cmp(&b.name));
    params
}
