//! The key `x-market`: what the language has beyond Akash's own. Other tools ignore the key or refuse it by name.

use std::collections::{BTreeMap, BTreeSet};

use content::ContentRef;
use market_api::limits::{MAX_BID_WINDOW, MAX_TERM};

use super::quantity;
use super::reader::{At, Place, Reader};
use super::services::ServiceText;
use super::Wishes;
use crate::carried::{self, Carried, CarriedFile};
use crate::connection::Outgoing;
use crate::limits::{MAX_CARRIED_FILES, MAX_CONNECTIONS, MAX_CONTENTS, MAX_SECRETS};
use crate::model::Proto;
use crate::rules::{self, shown};
use crate::yaml::Value;

/// Names and measures a file of the tenant's: its path as the file has it, to what names its content. The error says
/// why there is none.
pub type Files<'f> = dyn FnMut(&str) -> Result<ContentRef, String> + 'f;

/// What the key says.
#[derive(Default)]
pub(super) struct Extension {
    pub wishes: Wishes,
    /// By placement.
    pub placements: BTreeMap<String, Floors>,
    /// By the service that connects.
    pub connections: BTreeMap<String, Vec<Outgoing>>,
    /// By service.
    pub services: BTreeMap<String, OfService>,
    /// Files by their content, as the file names them.
    pub files: BTreeMap<ContentRef, String>,
}

/// What a provider must have to run a placement.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Floors {
    /// In the base denom of staking.
    pub stake: u128,
    /// Basis points.
    pub reputation: u16,
}

#[derive(Clone, Default)]
pub(super) struct OfService {
    pub carried: Carried,
    /// Bytes per second.
    pub bandwidth: u64,
    /// Where secrets and bandwidth are asked for.
    pub secrets_at: Option<Place>,
    pub bandwidth_at: Option<Place>,
}

/// What a name of `content` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Image,
}

/// The parts of the file that the key speaks of.
pub(super) struct Around<'a> {
    pub texts: &'a BTreeMap<String, ServiceText>,
    pub named: &'a BTreeSet<&'a str>,
    pub placements: BTreeSet<&'a str>,
}

const KNOWN: [&str; 7] =
    ["term", "bid_window", "fallback", "placements", "connections", "content", "services"];

pub(super) fn extension(
    reader: &mut Reader,
    at: &At<'_>,
    around: &Around<'_>,
    files: &mut Files<'_>,
) -> Extension {
    let mut extension = Extension::default();
    let Some(fields) = reader.fields(at, &KNOWN, &[]) else { return extension };
    extension.wishes = Wishes {
        term: fields.get("term").and_then(|at| seconds(reader, &at, MAX_TERM)),
        bid_window: fields.get("bid_window").and_then(|at| seconds(reader, &at, MAX_BID_WINDOW)),
        fallback: fields.get("fallback").and_then(|at| reader.truth(&at)),
    };
    if let Some(at) = fields.get("placements") {
        extension.placements = placements(reader, &at, around);
    }
    if let Some(at) = fields.get("connections") {
        extension.connections = connections(reader, &at, around);
    }
    let contents = match fields.get("content") {
        Some(at) => contents(reader, &at, &mut extension.files, files),
        None => BTreeMap::new(),
    };
    if let Some(at) = fields.get("services") {
        extension.services = services(reader, &at, around, &contents);
    }
    extension
}

/// `90`, `"90"` or a number with one of s, m, h and d.
fn seconds(reader: &mut Reader, at: &At<'_>, most: u64) -> Option<u64> {
    let accepted = format!("seconds, or a number with s, m, h or d such as 12h or 30d, from 1 to {most} s");
    let text = match at.value {
        Value::Text(text) => text.as_str(),
        Value::Number { literal, .. } => literal.as_str(),
        _ => reader.text(at, &accepted)?,
    };
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.parse::<u64>().ok().filter(|_| plain).and_then(|count| count.checked_mul(unit?));
    match count {
        Some(count) if (1..=most).contains(&count) => Some(count),
        _ => {
            reader.error(&at.place, format!("{} is no such time", shown(text)), accepted);
            None
        }
    }
}

fn placements(reader: &mut Reader, at: &At<'_>, around: &Around<'_>) -> BTreeMap<String, Floors> {
    let mut placements = BTreeMap::new();
    for entry in reader.entries(at, "requirements, by placement") {
        known(reader, &entry.key, "placement", entry.name, &around.placements);
        let Some(fields) = reader.fields(&entry.at, &["min_stake", "min_reputation"], &[]) else { continue };
        let stake = fields.get("min_stake").and_then(|at| reader.integer(&at, 0, (1 << 53) - 1));
        let reputation = fields.get("min_reputation").and_then(|at| reader.integer(&at, 0, 10_000));
        let floors = Floors { stake: stake.unwrap_or(0).into(), reputation: reputation.unwrap_or(0) as u16 };
        placements.insert(entry.name.to_string(), floors);
    }
    placements
}

fn connections(reader: &mut Reader, at: &At<'_>, around: &Around<'_>) -> BTreeMap<String, Vec<Outgoing>> {
    const FIELDS: [&str; 5] = ["from", "to", "port", "proto", "both_ways"];
    let mut connections: BTreeMap<String, Vec<Outgoing>> = BTreeMap::new();
    let items = reader.list(at, "connections, each with from, to and port");
    for item in &items {
        let Some(fields) = reader.fields(item, &FIELDS, &["from", "to", "port"]) else { continue };
        let mut end = |key: &str| {
            let at = fields.get(key)?;
            let name = reader.text(&at, "the name of a service")?;
            known(reader, &at.place, "service", name, around.named).then_some((name, at.place))
        };
        let (from, to) = (end("from"), end("to"));
        let port = fields.get("port").and_then(|at| Some((reader.integer(&at, 1, 65_535)?, at.place)));
        let proto = match fields.get("proto") {
            None => Some(Proto::Tcp),
            Some(at) => match reader.text(&at, "tcp or udp").map(str::to_ascii_lowercase).as_deref() {
                Some("tcp") => Some(Proto::Tcp),
                Some("udp") => Some(Proto::Udp),
                Some(other) => {
                    reader.error(&at.place, format!("{} is not a protocol", shown(other)), "tcp or udp");
                    None
                }
                None => None,
            },
        };
        let both_ways = fields.get("both_ways").and_then(|at| reader.truth(&at)).unwrap_or(false);
        let (Some((from, _)), Some((to, to_place)), Some((port, port_place)), Some(proto)) =
            (from, to, port, proto)
        else {
            continue;
        };
        if from == to {
            let message = format!("{} would connect to itself", shown(from));
            reader.error(&to_place, message, "another service; replicas of one service are not told apart");
            continue;
        }
        let ways = [(from, to), (to, from)];
        for (from, to) in ways.into_iter().take(if both_ways { 2 } else { 1 }) {
            let Some(outgoing) = outgoing(reader, &port_place, to, port as u16, proto, around) else {
                continue;
            };
            let of_caller = connections.entry(from.to_string()).or_default();
            let twice =
                |other: &Outgoing| other.to == to && other.port == outgoing.port && other.proto == proto;
            if of_caller.iter().any(twice) {
                let message = format!("{} is connected to {} at {port} already", shown(from), shown(to));
                reader.error(&item.place, message, "each connection once; both_ways says the way back too");
                continue;
            }
            of_caller.push(outgoing);
        }
    }
    let count: usize = connections.values().map(Vec::len).sum();
    if count > MAX_CONNECTIONS {
        let message = format!("{count} connections, those of both ways counted twice");
        reader.error(&at.place, message, format!("up to {MAX_CONNECTIONS}"));
    }
    for of_caller in connections.values_mut() {
        of_caller.sort_by(|a, b| (&a.to, a.port, a.proto).cmp(&(&b.to, b.port, b.proto)));
    }
    connections
}

/// The port of the called service, which it must expose, whoever may call it there.
fn outgoing(
    reader: &mut Reader,
    place: &Place,
    to: &str,
    port: u16,
    proto: Proto,
    around: &Around<'_>,
) -> Option<Outgoing> {
    let exposed = &around.texts.get(to)?.ports.expose;
    let door = exposed.iter().find(|expose| expose.effective_port() == port && expose.proto == proto);
    if let Some(door) = door {
        return Some(Outgoing { to: to.to_string(), port, proto, target_port: door.port });
    }
    let mut doors: Vec<String> =
        exposed.iter().map(|expose| format!("{} {}", expose.effective_port(), expose.proto)).collect();
    doors.dedup();
    let accepted = match doors.as_slice() {
        [] => format!("a port that {} exposes; it exposes none: add it to services.{to}.expose", shown(to)),
        doors => doors.join(", "),
    };
    reader.error(place, format!("{} does not expose {port} {proto}", shown(to)), accepted);
    None
}

fn contents<'a>(
    reader: &mut Reader,
    at: &At<'a>,
    found: &mut BTreeMap<ContentRef, String>,
    files: &mut Files<'_>,
) -> BTreeMap<&'a str, (Kind, Option<ContentRef>)> {
    let mut contents = BTreeMap::new();
    let entries = reader.entries(at, "contents, each a file or an image");
    if entries.len() > MAX_CONTENTS {
        reader.error(&at.place, format!("{} contents", entries.len()), format!("up to {MAX_CONTENTS}"));
        return contents;
    }
    for entry in entries {
        reader.obey(&entry.key, rules::name(entry.name));
        let Some(fields) = reader.fields(&entry.at, &["file", "image"], &[]) else { continue };
        let (kind, at) = match (fields.get("file"), fields.get("image")) {
            (Some(at), None) => (Kind::File, at),
            (None, Some(at)) => (Kind::Image, at),
            (Some(_), Some(_)) | (None, None) => {
                let accepted = "file: and the path of a file, or image: and that of an OCI or Docker archive";
                reader.error(&entry.key, "it must be either a file or an image", accepted);
                // Whoever names it is not told the same mistake again.
                contents.insert(entry.name, (Kind::File, None));
                continue;
            }
        };
        let content = reader.text(&at, "the path of a file, from where this one lies").and_then(|path| {
            match files(path) {
                Ok(content) => {
                    let rule = match kind {
                        Kind::File => carried::file_size(content.size),
                        Kind::Image => carried::image_size(content.size),
                    };
                    reader.obey(&at.place, rule).then(|| {
                        found.insert(content, path.to_string());
                        content
                    })
                }
                Err(why) => {
                    reader.error(&at.place, format!("{}: {why}", shown(path)), "a file that can be read");
                    None
                }
            }
        });
        contents.insert(entry.name, (kind, content));
    }
    contents
}

fn services(
    reader: &mut Reader,
    at: &At<'_>,
    around: &Around<'_>,
    contents: &BTreeMap<&str, (Kind, Option<ContentRef>)>,
) -> BTreeMap<String, OfService> {
    let mut services = BTreeMap::new();
    for entry in reader.entries(at, "what services carry, by service") {
        if !known(reader, &entry.key, "service", entry.name, around.named) {
            continue;
        }
        let Some(fields) = reader.fields(&entry.at, &["image", "files", "secrets", "bandwidth"], &[]) else {
            continue;
        };
        let mut service = OfService::default();
        if let Some(at) = fields.get("image") {
            if let Some(name) = reader.text(&at, "the name of a carried image") {
                service.carried.image = content(reader, &at.place, name, Kind::Image, contents);
            }
        }
        let text = around.texts.get(entry.name);
        if let Some(at) = fields.get("files") {
            service.carried.files = carried_files(reader, &at, text, contents);
        }
        if let Some(at) = fields.get("secrets") {
            service.carried.secrets = secrets(reader, &at, text);
            service.secrets_at = (!service.carried.secrets.is_empty()).then_some(at.place);
        }
        if let Some(at) = fields.get("bandwidth") {
            if let Some(given) = reader.text(&at, "bytes per second with a unit such as 10Mi") {
                match quantity::size(given) {
                    Ok(bytes) => {
                        service.bandwidth = bytes.count;
                        service.bandwidth_at = Some(at.place);
                    }
                    Err(problem) => {
                        reader.obey(&at.place, Err(problem));
                    }
                }
            }
        }
        services.insert(entry.name.to_string(), service);
    }
    services
}

fn carried_files(
    reader: &mut Reader,
    at: &At<'_>,
    text: Option<&ServiceText>,
    contents: &BTreeMap<&str, (Kind, Option<ContentRef>)>,
) -> Vec<CarriedFile> {
    let items = reader.list(at, "files, each with content and mount");
    if items.len() > MAX_CARRIED_FILES {
        reader.error(&at.place, format!("{} files", items.len()), format!("up to {MAX_CARRIED_FILES}"));
        return Vec::new();
    }
    let params = text.and_then(|text| text.params.as_ref());
    let volumes: Vec<(&str, bool)> = params
        .iter()
        .flat_map(|params| &params.storage)
        .filter(|mount| !mount.mount.is_empty())
        .map(|mount| (mount.mount.as_str(), mount.read_only))
        .collect();
    let mut files: Vec<CarriedFile> = Vec::with_capacity(items.len());
    for item in items {
        let Some(fields) = reader.fields(&item, &["content", "mount"], &["content", "mount"]) else {
            continue;
        };
        let content = fields.get("content").and_then(|at| {
            let name = reader.text(&at, "the name of a carried file")?;
            content(reader, &at.place, name, Kind::File, contents)
        });
        let mount = fields.get("mount").and_then(|at| {
            let mount = reader.text(&at, "an absolute path such as /etc/app/config.toml")?;
            if !reader.obey(&at.place, carried::file_mount(mount)) {
                return None;
            }
            let others: Vec<&str> = files.iter().map(|file| file.mount.as_str()).collect();
            if let Some(why) = carried::in_the_way(mount, &volumes, &others) {
                reader.error(&at.place, why, "a path of its own, outside read-only volumes");
                return None;
            }
            Some(mount)
        });
        if let (Some(content), Some(mount)) = (content, mount) {
            files.push(CarriedFile { mount: mount.to_string(), content });
        }
    }
    files.sort();
    files
}

fn secrets(reader: &mut Reader, at: &At<'_>, text: Option<&ServiceText>) -> Vec<String> {
    let texts = reader.texts(at, "the name of a secret");
    if texts.len() > MAX_SECRETS {
        reader.error(&at.place, format!("{} secrets", texts.len()), format!("up to {MAX_SECRETS}"));
        return Vec::new();
    }
    let mut secrets = BTreeSet::new();
    for (place, name) in texts {
        if !reader.obey(&place, carried::secret_name(name)) {
            continue;
        }
        if text.is_some_and(|text| text.env.iter().any(|entry| rules::env_key(entry) == name)) {
            let message = format!("{} is also a variable of the service", shown(name));
            reader.error(&place, message, "a name of its own: variables are in the manifest for all to read");
        } else if !secrets.insert(name.to_string()) {
            reader.error(&place, format!("the secret {} is there twice", shown(name)), "each name once");
        }
    }
    secrets.into_iter().collect()
}

/// What a name of `content` stands for; the mistake is reported where it was made.
fn content(
    reader: &mut Reader,
    place: &Place,
    name: &str,
    kind: Kind,
    contents: &BTreeMap<&str, (Kind, Option<ContentRef>)>,
) -> Option<ContentRef> {
    let accepted = |reader: &Reader| {
        let known: Vec<&str> =
            contents.iter().filter(|(_, (other, _))| *other == kind).map(|(name, _)| *name).collect();
        let guess = reader.guess(name, known.iter().copied());
        let list = if known.is_empty() {
            "none is declared under x-market.content".into()
        } else {
            known.join(", ")
        };
        (guess.map(|known| format!("; did you mean {known}?")).unwrap_or_default(), list)
    };
    let what = match kind {
        Kind::File => "file",
        Kind::Image => "image",
    };
    match contents.get(name) {
        Some((other, content)) if *other == kind => *content,
        Some(_) => {
            let (_, list) = accepted(reader);
            reader.error(place, format!("{} is declared, but not as a carried {what}", shown(name)), list);
            None
        }
        None => {
            let (guess, list) = accepted(reader);
            reader.error(place, format!("there is no carried {what} {}{guess}", shown(name)), list);
            None
        }
    }
}

fn known(reader: &mut Reader, place: &Place, what: &str, name: &str, known: &BTreeSet<&str>) -> bool {
    if known.contains(name) {
        return true;
    }
    let guess = reader.guess(name, known.iter().copied());
    let guess = guess.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
    let list: Vec<&str> = known.iter().take(64).copied().collect();
    let accepted = if list.is_empty() { format!("there is no {what}") } else { list.join(", ") };
    reader.error(place, format!("there is no {what} {}{guess}", shown(name)), accepted);
    false
}

/// Where the key stands, for messages about it.
pub(super) const KEY: &str = "x-market";

/// Files where there are none: for whoever has the file alone.
pub(super) fn no_files(_path: &str) -> Result<ContentRef, String> {
    Err("no other files are read here".to_string())
}
