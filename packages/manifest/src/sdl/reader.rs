//! Typed access to the tree of a file, collecting mistakes instead of stopping at the first.

use crate::error::{Error, Errors};
use crate::limits::MAX_ERRORS;
use crate::rules::{shown, Problem};
use crate::yaml::{Flaw, Key, Mark, Node, Value};

/// A position in the file together with the key that leads there.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub mark: Mark,
    pub path: String,
}

/// A value and where it is.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub value: &'a Value,
    pub place: Place,
}

/// The entries of a map whose keys are known.
pub(super) struct Fields<'a> {
    place: Place,
    entries: &'a [(Key, Node)],
}

/// An entry of a map whose keys are names of the file's own.
pub(super) struct Entry<'a> {
    pub name: &'a str,
    pub key: Place,
    pub at: At<'a>,
}

pub(super) struct Reader {
    file: String,
    errors: Vec<Error>,
    /// What is accepted and may still not be what was meant.
    warnings: Vec<Error>,
}

impl<'a> At<'a> {
    pub fn new(node: &'a Node, path: String) -> Self {
        Self { value: &node.value, place: Place { mark: node.mark, path } }
    }
}

impl<'a> Fields<'a> {
    pub fn get(&self, name: &str) -> Option<At<'a>> {
        let (_, node) = self.entries.iter().find(|(key, _)| key.text == name)?;
        Some(At::new(node, join(&self.place.path, name)))
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key.len() <= 128
        && key.bytes().all(|b| b.is_ascii_graphic() && b != b'`' && b != b'.');
    let key = if plain { key.to_string() } else { shown(key) };
    match path {
        "" => key,
        path => format!("{path}.{key}"),
    }
}

/// A value as messages name it.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_string(),
        Value::Bool(value) => format!("the truth value {value}"),
        Value::Number { literal, .. } => format!("the number {}", shown(literal)),
        Value::Date(literal) => format!("the date {}", shown(literal)),
        Value::Text(text) => format!("the text {}", shown(text)),
        Value::List(_) => "a list".to_string(),
        Value::Map(_) => "a map".to_string(),
    }
}

impl Reader {
    pub fn new(file: &str, flaws: Vec<Flaw>) -> Self {
        let mut reader = Self { file: file.to_string(), errors: Vec::new(), warnings: Vec::new() };
        for flaw in flaws {
            let place = Place { mark: flaw.mark, path: String::new() };
            reader.push(&place, flaw.message, flaw.accepted.map(str::to_string));
        }
        reader
    }

    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    fn at(&self, place: &Place, message: String, accepted: Option<String>) -> Error {
        Error {
            file: self.file.clone(),
            line: place.mark.line,
            column: place.mark.column,
            path: on_one_line(&place.path),
            message: on_one_line(&message),
            accepted: accepted.as_deref().map(on_one_line),
        }
    }

    fn push(&mut self, place: &Place, message: String, accepted: Option<String>) {
        let error = self.at(place, message, accepted);
        self.errors.push(error);
    }

    /// Something that Akash's own tools accept, and so does this, although it may not be what was meant.
    pub fn warn(&mut self, place: &Place, message: impl Into<String>) {
        if self.warnings.len() < MAX_ERRORS {
            let warning = self.at(place, message.into(), None);
            self.warnings.push(warning);
        }
    }

    /// All warnings in the order of the file.
    pub fn take_warnings(&mut self) -> Vec<Error> {
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.sort_by_key(|warning| (warning.line, warning.column));
        warnings.dedup();
        warnings
    }

    pub fn error(&mut self, place: &Place, message: impl Into<String>, accepted: impl Into<String>) {
        self.push(place, message.into(), Some(accepted.into()));
    }

    fn expected(&mut self, at: &At<'_>, accepted: impl Into<String>) {
        self.error(&at.place, format!("found {}", described(at.value)), accepted);
    }

    /// The known name that an unknown one most likely stands for. Nobody reads on after a hundred messages, and
    /// looking for the nearest of many names is the dear part.
    pub fn guess<'n>(&self, given: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        if self.errors.len() + self.warnings.len() >= MAX_ERRORS {
            return None;
        }
        nearest(given, &known.take(64).collect::<Vec<_>>())
    }

    /// Reports what a rule says about the value.
    pub fn obey(&mut self, place: &Place, rule: Result<(), Problem>) -> bool {
        match rule {
            Ok(()) => true,
            Err(problem) => {
                self.error(place, problem.message, problem.accepted);
                false
            }
        }
    }

    /// All mistakes in the order of the file.
    pub fn finish(self) -> Errors {
        let mut errors = self.errors;
        errors.sort_by_key(|error| (error.line, error.column));
        errors.dedup();
        if errors.len() > MAX_ERRORS {
            let more = errors.len() - MAX_ERRORS;
            errors.truncate(MAX_ERRORS);
            errors.push(Error {
                file: self.file.clone(),
                line: 0,
                column: 0,
                path: String::new(),
                message: format!("and {more} more mistakes"),
                accepted: None,
            });
        }
        Errors(errors)
    }

    /// A map with the keys that the language knows.
    pub fn fields<'a>(&mut self, at: &At<'a>, known: &[&str], required: &[&str]) -> Option<Fields<'a>> {
        let Value::Map(entries) = at.value else {
            self.expected(at, format!("a map with {}", listed(known)));
            return None;
        };
        let mut misspelt = Vec::new();
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                let place = Place { mark: key.mark, path: join(&at.place.path, &key.text) };
                // Nobody reads on after a hundred, and looking for the nearest is the dear part.
                let guess = if self.errors.len() < MAX_ERRORS { meant(&key.text, known) } else { None };
                misspelt.extend(guess);
                let guess = guess.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
                let message = format!("the key {} is not known here{guess}", shown(&key.text));
                self.error(&place, message, listed(known));
            }
        }
        let fields = Fields { place: at.place.clone(), entries };
        for name in required {
            if fields.get(name).is_none() && !misspelt.contains(name) {
                let place = Place { mark: at.place.mark, path: join(&at.place.path, name) };
                self.error(&place, format!("the key `{name}` is missing"), format!("{name}: and its value"));
            }
        }
        Some(fields)
    }

    /// A map whose keys are names that the file chooses.
    pub fn entries<'a>(&mut self, at: &At<'a>, what: &str) -> Vec<Entry<'a>> {
        let Value::Map(entries) = at.value else {
            self.expected(at, format!("a map of {what}"));
            return Vec::new();
        };
        entries
            .iter()
            .map(|(key, node)| {
                let path = join(&at.place.path, &key.text);
                Entry {
                    name: &key.text,
                    key: Place { mark: key.mark, path: path.clone() },
                    at: At::new(node, path),
                }
            })
            .collect()
    }

    /// The keys of a map, without a judgement.
    pub fn names<'a>(&self, at: &At<'a>) -> std::collections::BTreeSet<&'a str> {
        match at.value {
            Value::Map(entries) => entries.iter().map(|(key, _)| key.text.as_str()).collect(),
            _ => std::collections::BTreeSet::new(),
        }
    }

    pub fn list<'a>(&mut self, at: &At<'a>, what: &str) -> Vec<At<'a>> {
        match at.value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, node)| At::new(node, format!("{}[{index}]", at.place.path)))
                .collect(),
            _ => {
                self.expected(at, format!("a list of {what}"));
                Vec::new()
            }
        }
    }

    pub fn text<'a>(&mut self, at: &At<'a>, what: &str) -> Option<&'a str> {
        match at.value {
            Value::Text(text) => return Some(text),
            Value::Bool(value) => self.expected(at, format!("{what}, as text; in quotes: \"{value}\"")),
            Value::Number { literal, .. } | Value::Date(literal) => {
                self.expected(at, format!("{what}, as text; in quotes: \"{literal}\""))
            }
            _ => self.expected(at, what),
        }
        None
    }

    /// A list of texts, each with its place.
    pub fn texts<'a>(&mut self, at: &At<'a>, what: &str) -> Vec<(Place, &'a str)> {
        let items = self.list(at, what);
        items.into_iter().filter_map(|item| Some((item.place.clone(), self.text(&item, what)?))).collect()
    }

    /// As [`Reader::texts`], but an empty value is an empty list.
    pub fn texts_or_nothing<'a>(&mut self, at: &At<'a>, what: &str) -> Vec<(Place, &'a str)> {
        match at.value {
            Value::Null => Vec::new(),
            _ => self.texts(at, what),
        }
    }

    pub fn truth(&mut self, at: &At<'_>) -> Option<bool> {
        match at.value {
            Value::Bool(value) => Some(*value),
            _ => {
                self.expected(at, "true or false");
                None
            }
        }
    }

    pub fn integer(&mut self, at: &At<'_>, least: u64, most: u64) -> Option<u64> {
        if let Value::Number { value, .. } = at.value {
            // Below 2^53 every whole number is exact.
            if value.fract() == 0.0 && *value >= 0.0 && *value < (1_u64 << 53) as f64 {
                let whole = *value as u64;
                if (least..=most).contains(&whole) {
                    return Some(whole);
                }
            }
        }
        self.expected(at, format!("a whole number from {least} to {most}"));
        None
    }
}

/// Names that the file chose are quoted in messages: none of them may disturb a terminal or begin a line of its own.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_debug());
        } else {
            line.push(c);
        }
    }
    line
}

/// `a, b and c`, for messages.
fn listed(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_string(),
        [name] => (*name).to_string(),
        [names @ .., last] => format!("{} and {last}", names.join(", ")),
    }
}

/// What other languages call a key that is known here.
const ELSEWHERE: [(&str, &str); 4] = [
    ("depends_on", "dependencies"),
    ("depends-on", "dependencies"),
    ("environment", "env"),
    ("ports", "expose"),
];

/// The known key that one of another language, or a misspelt one, most likely stands for.
fn meant<'n>(given: &str, known: &[&'n str]) -> Option<&'n str> {
    let here = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == given).map(|(_, here)| *here);
    known.iter().copied().find(|known| Some(*known) == here).or_else(|| nearest(given, known))
}

/// The known name that a misspelt one most likely stands for.
fn nearest<'n>(given: &str, known: &[&'n str]) -> Option<&'n str> {
    if given.len() > 64 {
        return None;
    }
    let plain = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let given = plain(given);
    let (distance, name) = known.iter().map(|name| (distance(&given, &plain(name)), *name)).min()?;
    let allowed = if name.len() <= 3 { 1 } else { 2 };
    (distance <= allowed && distance < name.len()).then_some(name)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(a != b);
            let mut best = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}
