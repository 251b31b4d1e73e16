//! The `services` section.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::{At, Entry, Place, Reader};
use crate::limits::{MAX_ARGS, MAX_ARGS_BYTES, MAX_ENV, MAX_ENV_BYTES, MAX_EXPOSE, MAX_HOSTS, MAX_SERVICES};
use crate::model::{Endpoint, Expose, HttpOptions, Params, Proto, StorageMount};
use crate::rules::{self, shown};
use crate::yaml::Value;

/// What the file says about a service apart from where it runs and on what.
pub(super) struct ServiceText {
    pub key: Place,
    pub image: String,
    pub command: Vec<String>,
    pub args: Vec<String>,
    pub env: Vec<String>,
    /// In the order of the manifest.
    pub expose: Vec<Expose>,
    /// In the order of the file.
    pub endpoints: Vec<Endpoint>,
    pub params: Option<Params>,
    /// Where each mount stands, by the name of the volume.
    pub mounts: BTreeMap<String, Place>,
    /// The services that are named as callers, and where.
    pub callers: Vec<(String, Place)>,
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
    for (key, what) in [("credentials", "credentials for a registry are")] {
        if let Some(place) = fields.key(key) {
            reader.not_supported(&place, what, "an image that the provider can get without them");
        }
    }
    if let Some(at) = fields.get("dependencies") {
        if !reader.list(&at, "services").is_empty() {
            let accepted = "none: services start together, and one that ends is started again";
            reader.not_supported(&at.place, "an order of starting is", accepted);
        }
    }
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
    // Equal keys keep the order of the file.
    ports.expose.sort_by(|a, b| {
        (&a.service, a.port, a.proto, !a.global).cmp(&(&b.service, b.port, b.proto, !b.global))
    });
    let mut mounts = BTreeMap::new();
    let params = fields.get("params").map(|at| params(reader, &at, &mut mounts));
    Some(ServiceText {
        key: entry.key.clone(),
        image,
        command,
        args,
        env,
        expose: ports.expose,
        endpoints: ports.endpoints,
        params,
        mounts,
        callers: ports.callers,
    })
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
            let message = format!("the variable {} is set twice", shown(rules::env_key(text)));
            reader.error(place, message, "each variable once");
        }
    }
    texts.into_iter().map(|(_, text)| text.to_string()).collect()
}

#[derive(Default)]
struct Ports {
    expose: Vec<Expose>,
    endpoints: Vec<Endpoint>,
    callers: Vec<(String, Place)>,
}

fn expose(reader: &mut Reader, at: &At<'_>, ports: &mut Ports) {
    for item in reader.list(at, "ports") {
        port(reader, &item, ports);
        if ports.expose.len() > MAX_EXPOSE {
            let message = format!("more than {MAX_EXPOSE} ports, counted once for each `to`");
            reader.error(&at.place, message, format!("up to {MAX_EXPOSE}"));
            return;
        }
    }
}

fn port(reader: &mut Reader, at: &At<'_>, ports: &mut Ports) {
    const KNOWN: [&str; 6] = ["port", "as", "proto", "to", "accept", "http_options"];
    let Some(fields) = reader.fields(at, &KNOWN, &["port"]) else { return };
    let port = fields.get("port").and_then(|at| reader.integer(&at, 1, 65_535)).unwrap_or(0) as u16;
    let external_port = fields.get("as").and_then(|at| reader.integer(&at, 1, 65_535)).unwrap_or(0) as u16;
    let proto = fields.get("proto").and_then(|at| proto(reader, &at)).unwrap_or(Proto::Tcp);
    let hosts = fields.get("accept").map(|at| hosts(reader, &at)).unwrap_or_default();
    let http_options = fields.get("http_options").map(|at| http_options(reader, &at)).unwrap_or_default();
    let Some(to) = fields.get("to") else { return };
    for item in reader.list(&to, "callers, each `global: true` or `service: name`") {
        let Some(caller) = reader.fields(&item, &["global", "service", "ip"], &[]) else { continue };
        if let Some(place) = caller.key("ip") {
            reader.not_supported(&place, "a leased address is", "`global: true` alone");
        }
        let global = caller.get("global").and_then(|at| reader.truth(&at));
        let mut service = String::new();
        if let Some(at) = caller.get("service") {
            if let Some(name) = reader.text(&at, "the name of a service") {
                service = name.to_string();
                if !service.is_empty() {
                    ports.callers.push((service.clone(), at.place));
                }
            }
        }
        if ["global", "service", "ip"].iter().all(|key| caller.get(key).is_none()) {
            reader.error(&item.place, "no caller is named", "`global: true` or `service: name`");
        }
        let expose = Expose {
            port,
            external_port,
            proto,
            service,
            global: global.unwrap_or(false),
            hosts: hosts.clone(),
            http_options: http_options.clone(),
        };
        let same_door = |other: &&Expose| {
            other.proto == expose.proto
                && other.service == expose.service
                && other.global == expose.global
                && other.effective_port() == expose.effective_port()
        };
        // Several ports may share the internet's door where host names can tell them apart; not the same one twice.
        let shared = expose.is_ingress();
        let twice = ports.expose.iter().filter(same_door).any(|other| !shared || other.port == expose.port);
        if twice && port != 0 {
            let message =
                format!("port {}/{} is opened twice to the same caller", expose.effective_port(), proto);
            reader.error(&item.place, message, "each port and caller once");
        }
        if expose.global {
            let kind = if expose.is_ingress() { Endpoint::SharedHttp } else { Endpoint::RandomPort };
            ports.endpoints.push(kind);
        }
        ports.expose.push(expose);
        if ports.expose.len() > MAX_EXPOSE {
            return;
        }
    }
}

fn proto(reader: &mut Reader, at: &At<'_>) -> Option<Proto> {
    match reader.text(at, "tcp or udp")? {
        "tcp" | "TCP" => Some(Proto::Tcp),
        "udp" | "UDP" => Some(Proto::Udp),
        "http" | "HTTP" | "https" | "HTTPS" => {
            let accepted = "tcp or udp; HTTP is tcp, and `as: 80` makes it a web address";
            reader.error(&at.place, "http is not a transport protocol", accepted);
            None
        }
        other => {
            reader.error(&at.place, format!("{} is not a transport protocol", shown(other)), "tcp or udp");
            None
        }
    }
}

fn hosts(reader: &mut Reader, at: &At<'_>) -> Vec<String> {
    let texts = reader.texts(at, "a host name such as www.example.com");
    if texts.len() > MAX_HOSTS {
        reader.error(&at.place, format!("{} host names", texts.len()), format!("up to {MAX_HOSTS}"));
    }
    for (place, text) in &texts {
        reader.obey(place, rules::host(text));
    }
    texts.into_iter().map(|(_, text)| text.to_string()).collect()
}

fn http_options(reader: &mut Reader, at: &At<'_>) -> HttpOptions {
    const KNOWN: [&str; 6] =
        ["max_body_size", "read_timeout", "send_timeout", "next_tries", "next_timeout", "next_cases"];
    let mut options = HttpOptions::default();
    let Some(fields) = reader.fields(at, &KNOWN, &[]) else { return options };
    for (key, most, field) in [
        ("max_body_size", rules::MAX_BODY_SIZE, &mut options.max_body_size),
        ("read_timeout", rules::MAX_TIMEOUT, &mut options.read_timeout),
        ("send_timeout", rules::MAX_TIMEOUT, &mut options.send_timeout),
        ("next_tries", rules::MAX_NEXT, &mut options.next_tries),
        ("next_timeout", rules::MAX_NEXT, &mut options.next_timeout),
    ] {
        if let Some(value) = fields.get(key).and_then(|at| reader.integer(&at, 0, most)) {
            *field = value;
        }
    }
    if let Some(at) = fields.get("next_cases") {
        let cases = reader.texts(&at, "a case such as \"502\" or timeout");
        for (place, case) in &cases {
            if !rules::NEXT_CASES.contains(case) {
                reader.error(place, format!("{} is not a case", shown(case)), rules::NEXT_CASES.join(", "));
            }
        }
        if cases.len() > 1 && cases.iter().any(|(_, case)| *case == "off") {
            reader.error(&at.place, "off stands beside other cases", "off alone, or other cases");
        }
        if cases.is_empty() || cases.len() > rules::MAX_NEXT_CASES {
            let accepted = format!("1 to {}", rules::MAX_NEXT_CASES);
            reader.error(&at.place, format!("{} cases", cases.len()), accepted);
        }
        options.next_cases = cases.into_iter().map(|(_, case)| case.to_string()).collect();
    }
    options
}

fn params(reader: &mut Reader, at: &At<'_>, places: &mut BTreeMap<String, Place>) -> Params {
    let mut params = Params::default();
    let Some(fields) = reader.fields(at, &["storage", "permissions"], &[]) else { return params };
    if let Some(place) = fields.key("permissions") {
        reader.not_supported(&place, "permissions are", "no permissions");
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
