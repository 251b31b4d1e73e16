//! Puts the layers together and reports every problem with its place, not only the first.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::{check, Config};

/// Variables are this, the section, an underscore and the key: `AKASH_PROVIDER_CHAIN_GAS_PRICE`.
pub const ENV_PREFIX: &str = "AKASH_PROVIDER_";
/// Variables with the prefix that are not keys: the default directory and the configuration file.
const NOT_KEYS: [&str; 2] = ["AKASH_PROVIDER_HOME", "AKASH_PROVIDER_CONFIG"];

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `file:line`, a variable's name, a flag or a key.
    pub place: String,
    pub message: String,
}

impl Problem {
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// What came of the layers: usable only without problems.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub problems: Vec<Problem>,
}

/// One key as a layer sets it.
struct Setting {
    section: Option<String>,
    key: String,
    value: Value,
    place: String,
}

/// Reads `file` (none for the defaults alone), then the environment, then flags as (`section.key`, value).
pub fn load(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Loaded {
    load_onto(Config::default(), file, env, flags)
}

/// The same onto a given configuration in place of the defaults.
pub fn load_onto(
    base: Config,
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Loaded {
    let mut problems = Vec::new();
    let defaults = Table::try_from(base).unwrap_or_default();
    let mut settings = match file {
        Some(path) => from_file(path, &mut problems),
        None => Vec::new(),
    };
    settings.extend(from_env(env, &defaults, &mut problems));
    settings.extend(from_flags(flags, &defaults, &mut problems));

    let mut table = defaults.clone();
    for setting in settings {
        apply(&mut table, &defaults, setting, &mut problems);
    }
    let config = match Config::deserialize(table) {
        Ok(config) => config,
        Err(e) => {
            problems.push(Problem::new("configuration", e.message()));
            Config::default()
        }
    };
    problems.extend(check(&config));
    Loaded { config, problems }
}

fn apply(table: &mut Table, defaults: &Table, setting: Setting, problems: &mut Vec<Problem>) {
    let Setting { section, key, value, place } = setting;
    let known = match &section {
        Some(name) => defaults.get(name).and_then(Value::as_table),
        None => Some(defaults),
    };
    let Some(known) = known else {
        let name = section.unwrap_or_default();
        let sections = defaults.iter().filter(|(_, v)| v.is_table()).map(|(k, _)| k.as_str());
        problems.push(Problem::new(place, unknown("section", &name, sections)));
        return;
    };
    if !known.contains_key(&key) {
        problems.push(Problem::new(place, unknown("key", &key, known.keys().map(String::as_str))));
        return;
    }
    let mut candidate = table.clone();
    let inside = match &section {
        Some(name) => candidate.get_mut(name).and_then(Value::as_table_mut),
        None => Some(&mut candidate),
    };
    if let Some(inside) = inside {
        inside.insert(key.clone(), value);
    }
    // One key at a time, so that each mistake is found and none hides another.
    match Config::deserialize(candidate.clone()) {
        Ok(_) => *table = candidate,
        Err(e) => {
            let name = section.map(|s| format!("{s}.{key}")).unwrap_or(key);
            problems.push(Problem::new(place, format!("{name}: {}", e.message())));
        }
    }
}

fn unknown<'a>(what: &str, got: &str, accepted: impl Iterator<Item = &'a str>) -> String {
    let accepted: Vec<_> = accepted.collect();
    let near = accepted.iter().map(|name| (distance(name, got), *name)).min();
    let hint = match near {
        Some((d, name)) if d <= 2 => format!("; did you mean {name:?}?"),
        _ => String::new(),
    };
    format!("unknown {what} {got:?}{hint} Accepted: {}", accepted.join(", "))
}

/// Edits between two names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(ca != *cb)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

fn from_file(path: &Path, problems: &mut Vec<Problem>) -> Vec<Setting> {
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) => {
            problems.push(Problem::new(name, format!("cannot be read: {e}")));
            return Vec::new();
        }
    };
    let (spans, errors) = toml::de::DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        for e in errors {
            let line = e.span().map_or(1, |span| line_of(&text, span.start));
            problems.push(Problem::new(format!("{name}:{line}"), e.message()));
        }
        return Vec::new();
    }
    let table: Table = match toml::from_str(&text) {
        Ok(table) => table,
        Err(e) => {
            problems.push(Problem::new(name, e.message()));
            return Vec::new();
        }
    };
    let mut settings = Vec::new();
    for (key, value) in spans.get_ref().iter() {
        let top = key.get_ref().to_string();
        let place = |offset: usize| format!("{name}:{}", line_of(&text, offset));
        match value.get_ref().as_table() {
            Some(section) => settings.extend(section.iter().filter_map(|(key, _)| {
                let value = table.get(&top)?.get(key.get_ref().as_ref())?.clone();
                let place = place(key.span().start);
                Some(Setting { section: Some(top.clone()), key: key.get_ref().to_string(), value, place })
            })),
            None => settings.extend(table.get(&top).cloned().map(|value| Setting {
                section: None,
                key: top.clone(),
                value,
                place: place(key.span().start),
            })),
        }
        // A section without keys sets nothing, but its name may still be a mistake.
        let empty = value.get_ref().as_table().is_some_and(|section| section.is_empty());
        if empty && Table::try_from(Config::default()).is_ok_and(|d| !d.contains_key(&top)) {
            problems.push(Problem::new(place(key.span().start), format!("unknown section {top:?}")));
        }
    }
    settings
}

fn from_env(
    env: impl IntoIterator<Item = (String, String)>,
    defaults: &Table,
    problems: &mut Vec<Problem>,
) -> Vec<Setting> {
    let mut found: Vec<(String, String)> = env
        .into_iter()
        .filter(|(name, _)| name.starts_with(ENV_PREFIX) && !NOT_KEYS.contains(&name.as_str()))
        .collect();
    found.sort();
    let mut settings = Vec::new();
    for (name, text) in found {
        let path = name[ENV_PREFIX.len()..].to_ascii_lowercase();
        let (section, key) = if defaults.get(&path).is_some_and(|v| !v.is_table()) {
            (None, path.clone())
        } else {
            match path.split_once('_') {
                Some((section, key)) => (Some(section.to_owned()), key.to_owned()),
                None => (None, path.clone()),
            }
        };
        settings.extend(from_text(section, key, &text, name, defaults, problems));
    }
    settings
}

fn from_flags(flags: &[(String, String)], defaults: &Table, problems: &mut Vec<Problem>) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (name, text) in flags {
        let (section, key) = match name.split_once('.') {
            Some((section, key)) => (Some(section.to_owned()), key.to_owned()),
            None => (None, name.clone()),
        };
        settings.extend(from_text(section, key, text, format!("--set {name}"), defaults, problems));
    }
    settings
}

/// Text from the environment or a flag, read as what the key's default is.
fn from_text(
    section: Option<String>,
    key: String,
    text: &str,
    place: String,
    defaults: &Table,
    problems: &mut Vec<Problem>,
) -> Option<Setting> {
    let default = match &section {
        Some(name) => defaults.get(name).and_then(|s| s.get(&key)),
        None => defaults.get(&key),
    };
    let mut refused = |what: &str| {
        problems.push(Problem::new(place.clone(), format!("{text:?} is not {what}")));
        None
    };
    let value = match default {
        Some(Value::Integer(_)) => match text.trim().parse() {
            Ok(n) => Value::Integer(n),
            Err(_) => return refused("a whole number"),
        },
        Some(Value::Boolean(_)) => match text.trim() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => return refused("true or false"),
        },
        Some(Value::Array(_)) if text.trim_start().starts_with('[') => {
            match toml::from_str::<Table>(&format!("v = {text}")).ok().and_then(|mut t| t.remove("v")) {
                Some(value) => value,
                None => return refused("a list: write a,b or [\"a\", \"b\"]"),
            }
        }
        Some(Value::Array(_)) => Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|s| !s.is_empty())
                .map(|s| Value::String(s.to_owned()))
                .collect(),
        ),
        _ => Value::String(text.to_owned()),
    };
    Some(Setting { section, key, value, place })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{template, Size, Span};

    fn with_file(text: &str, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Loaded {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("provider.toml");
        std::fs::write(&path, text).unwrap();
        let pairs = |list: &[(&str, &str)]| {
            list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>()
        };
        load(Some(&path), pairs(env), &pairs(flags))
    }

    #[test]
    fn flags_win_over_environment_and_environment_over_file() {
        let file = "[chain]\npoll = \"1s\"\ntimeout_blocks = 5\ngas_price = \"1uakash\"\n";
        let loaded = with_file(
            file,
            &[("AKASH_PROVIDER_CHAIN_TIMEOUT_BLOCKS", "7"), ("AKASH_PROVIDER_CHAIN_GAS_PRICE", "2uakash")],
            &[("chain.gas_price", "3uakash")],
        );
        assert_eq!(loaded.problems, vec![]);
        assert_eq!(loaded.config.chain.poll, Span::secs(1));
        assert_eq!(loaded.config.chain.timeout_blocks, 7);
        assert_eq!(loaded.config.chain.gas_price, "3uakash");
    }

    #[test]
    fn every_mistake_is_reported_with_its_line() {
        let file = "dta_dir = \"x\"\n[chain]\npol = \"1s\"\ntimeout_blocks = \"many\"\n[pricing]\ncpu = \"1e9\"\n[prices]\ncpu = \"1\"\n";
        let problems = with_file(file, &[("AKASH_PROVIDER_BIDDING_ENABLED", "yes")], &[]).problems;
        let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
        for (line, wanted) in [
            (":1:", "unknown key \"dta_dir\"; did you mean \"data_dir\"?"),
            (":3:", "unknown key \"pol\"; did you mean \"poll\"?"),
            (":4:", "chain.timeout_blocks"),
            (":6:", "pricing.cpu"),
            (":8:", "unknown section \"prices\""),
            ("AKASH_PROVIDER_BIDDING_ENABLED", "\"yes\" is not true or false"),
        ] {
            assert!(
                text.iter().any(|t| t.contains(line) && t.contains(wanted)),
                "{line} {wanted} in {text:#?}"
            );
        }
        assert_eq!(problems.len(), 6, "{text:#?}");
    }

    #[test]
    fn a_file_that_is_not_toml_names_the_line() {
        let problems = with_file("[chain]\npoll = = 1\n", &[], &[]).problems;
        assert!(!problems.is_empty() && problems.iter().all(|p| p.place.contains(":2")), "{problems:?}");
    }

    #[test]
    fn lists_come_from_commas_or_brackets() {
        let loaded = with_file("", &[("AKASH_PROVIDER_CHAIN_ENDPOINTS", "http://a:1, http://b:2")], &[]);
        assert_eq!(loaded.config.chain.endpoints, ["http://a:1", "http://b:2"]);
        let loaded = with_file("", &[], &[("chain.endpoints", "[\"http://a:1\"]")]);
        assert_eq!(loaded.config.chain.endpoints, ["http://a:1"]);
    }

    #[test]
    fn attributes_are_tables() {
        let loaded = with_file("[[bidding.only_attributes]]\nkey = \"region\"\nvalue = \"eu\"\n", &[], &[]);
        assert_eq!(loaded.problems, vec![]);
        assert_eq!(loaded.config.bidding.only_attributes[0].key, "region");
    }

    #[test]
    fn the_written_template_says_the_defaults() {
        let loaded = with_file(&template(&Config::default()), &[], &[]);
        assert_eq!(loaded.problems, vec![]);
        assert_eq!(loaded.config, Config::default());
    }

    #[test]
    fn ranges_are_checked_together() {
        let file = "[ports]\nfrom = 9000\nto = 8000\n[ops]\nlisten = \"0.0.0.0:1\"\n[pricing]\nminimum = 0\n[inventory]\nmemory = \"1GiB\"\n";
        let loaded = with_file(file, &[], &[]);
        assert_eq!(loaded.config.inventory.memory, Size(1 << 30));
        let places: Vec<_> = loaded.problems.iter().map(|p| p.place.as_str()).collect();
        for place in ["ports", "ops.listen", "pricing.minimum"] {
            assert!(places.contains(&place), "{place} in {places:?}");
        }
    }
}
