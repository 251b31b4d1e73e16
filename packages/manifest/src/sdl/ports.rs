//! The `expose` part of a service: its ports, and who may connect to them.

use super::reader::{At, Place, Reader};
use crate::limits::{MAX_EXPOSE, MAX_HOSTS};
use crate::model::{Expose, HttpOptions, Proto};
use crate::rules::{self, shown};

/// The ports of one service.
#[derive(Default)]
pub(super) struct Ports {
    /// In the order of the manifest; leased addresses have no number yet.
    pub expose: Vec<Expose>,
    /// What the provider is asked for, in the order of the file.
    pub wanted: Vec<Wanted>,
    /// The services that are named as callers, and where.
    pub callers: Vec<(String, Place)>,
    /// The ports on leased addresses, in the order of the file.
    pub leased: Vec<LeasedPort>,
}

pub(super) enum Wanted {
    SharedHttp,
    RandomPort,
    /// The name of the address.
    LeasedIp(String),
}

/// A port on a leased address.
pub(super) struct LeasedPort {
    pub ip: String,
    pub place: Place,
    pub port: u16,
    pub proto: Proto,
}

impl Ports {
    /// Into the order of the manifest; equal keys keep the order of the file.
    pub fn sort(&mut self) {
        self.expose.sort_by(|a, b| {
            (&a.service, a.port, a.proto, !a.global).cmp(&(&b.service, b.port, b.proto, !b.global))
        });
    }
}

pub(super) fn expose(reader: &mut Reader, at: &At<'_>, ports: &mut Ports) {
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
        let ip = caller.get("ip").and_then(|at| address(reader, &at, global)).unwrap_or_default();
        if ["global", "service", "ip"].iter().all(|key| caller.get(key).is_none()) {
            reader.warn(&item.place, "no caller is named, so the port is opened to nobody");
        }
        let expose = Expose {
            port,
            external_port,
            proto,
            service,
            global: global.unwrap_or(false),
            hosts: hosts.clone(),
            http_options: http_options.clone(),
            ip: ip.clone(),
            ip_sequence: 0,
        };
        if !ip.is_empty() {
            let place = caller.get("ip").map(|at| at.place).unwrap_or_default();
            ports.leased.push(LeasedPort { ip: ip.clone(), place, port: expose.effective_port(), proto });
        }
        same_door(reader, &item.place, &expose, &ports.expose);
        if expose.global {
            ports.wanted.push(if expose.is_ingress() { Wanted::SharedHttp } else { Wanted::RandomPort });
        }
        if !ip.is_empty() {
            ports.wanted.push(Wanted::LeasedIp(ip));
        }
        ports.expose.push(expose);
        if ports.expose.len() > MAX_EXPOSE {
            return;
        }
    }
}

/// A leased address belongs to the internet's side of a port only.
fn address(reader: &mut Reader, at: &At<'_>, global: Option<bool>) -> Option<String> {
    let name = reader.text(at, "the name of an address of the `endpoints` section")?;
    if name.is_empty() {
        reader.error(&at.place, "the name is empty", "the name of an address of the `endpoints` section");
        return None;
    }
    if global != Some(true) {
        let message = "a leased address is for callers from the internet";
        reader.error(&at.place, message, "`global: true` beside it");
        return None;
    }
    Some(name.to_string())
}

/// Reports a port that has the door of another one. Ports on leased addresses are held against each other elsewhere.
fn same_door(reader: &mut Reader, place: &Place, expose: &Expose, others: &[Expose]) {
    if expose.port == 0 || !expose.ip.is_empty() {
        return;
    }
    let door = format!("port {}/{}", expose.effective_port(), expose.proto);
    let same = others.iter().filter(|other| {
        other.proto == expose.proto
            && other.service == expose.service
            && other.global == expose.global
            && other.ip.is_empty()
            && other.effective_port() == expose.effective_port()
    });
    for other in same {
        if other.port == expose.port {
            return reader.warn(place, format!("{door} is opened twice to the same caller"));
        }
        // Several ports may share the internet's door where host names can tell them apart.
        if !expose.is_ingress() {
            let message = format!("{door} is opened twice to the same caller, for two ports of the service");
            return reader.error(place, message, "each door and caller once");
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
        if cases.len() > rules::MAX_NEXT_CASES {
            let accepted = format!("up to {}", rules::MAX_NEXT_CASES);
            reader.error(&at.place, format!("{} cases", cases.len()), accepted);
        }
        options.next_cases = cases.into_iter().map(|(_, case)| case.to_string()).collect();
    }
    options
}
