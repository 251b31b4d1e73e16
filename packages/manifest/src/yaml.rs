//! YAML to a tree of values with positions, within bounds. Plain scalars are read as Akash's SDK reads them: YAML 1.2
//! with timestamps, so `yes` is text, `80` is a number and `2024-01-01` is a date.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use crate::limits::{MAX_BYTES, MAX_DEPTH, MAX_NODES};
use crate::rules::shown;

/// Where something is in the file, in lines and characters from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub mark: Mark,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number { value: f64, literal: String },
    Date(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub mark: Mark,
    pub text: String,
}

/// A mistake of spelling, below the language.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    pub mark: Mark,
    pub message: String,
    pub accepted: Option<&'static str>,
}

impl Flaw {
    fn new(mark: Mark, message: impl Into<String>, accepted: &'static str) -> Self {
        Self { mark, message: message.into(), accepted: Some(accepted) }
    }
}

/// The bytes of text that aliases may repeat all together.
const MAX_ALIAS_BYTES: usize = 4 * MAX_BYTES;

/// Reads one document. The tree is there together with flaws when those left it readable.
pub(crate) fn read(source: &[u8]) -> (Option<Node>, Vec<Flaw>) {
    let text = match decode(source) {
        Ok(text) => text,
        Err(flaw) => return (None, vec![flaw]),
    };
    let mut builder = Builder::default();
    match builder.run(text) {
        Ok(root) => (root, builder.flaws),
        Err(fatal) => {
            builder.flaws.push(fatal);
            (None, builder.flaws)
        }
    }
}

fn decode(source: &[u8]) -> Result<&str, Flaw> {
    const TEXT: &str = "UTF-8 text of at most 262144 bytes";
    if source.len() > MAX_BYTES {
        return Err(Flaw::new(Mark::default(), format!("the file has {} bytes", source.len()), TEXT));
    }
    let text = std::str::from_utf8(source).map_err(|error| {
        let before = String::from_utf8_lossy(&source[..error.valid_up_to()]);
        Flaw::new(mark_after(&before), "the file is not UTF-8", TEXT)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lone_return = |at: usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    match text.char_indices().find(|(at, c)| !printable(*c) || (*c == '\r' && lone_return(*at))) {
        None => Ok(text),
        Some((at, c)) => Err(Flaw::new(
            mark_after(&text[..at]),
            format!("the file contains the control character U+{:04X}", c as u32),
            "printable text; in double quotes, escapes such as \"\\x1b\"",
        )),
    }
}

fn mark_after(before: &str) -> Mark {
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Mark { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

fn printable(c: char) -> bool {
    !matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[derive(Default)]
struct Builder {
    flaws: Vec<Flaw>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    alias_bytes: usize,
}

/// A map or list that is not complete yet.
struct Frame {
    mark: Mark,
    anchor: usize,
    content: Content,
    size: Size,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        lines: BTreeMap<String, usize>,
        key: Option<PendingKey>,
        merges: Vec<Node>,
    },
}

enum PendingKey {
    Key(Key),
    /// `<<`: the value is a map, or a list of maps, whose entries are added where the key is not there.
    Merge,
}

struct Anchored {
    node: Node,
    size: Size,
}

#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    height: usize,
}

impl Builder {
    fn run(&mut self, source: &str) -> Result<Option<Node>, Flaw> {
        let lines: Vec<&str> = source.lines().collect();
        let mut root = None;
        let mut documents = 0;
        for event in Parser::new_from_str(source) {
            let (event, span) = event.map_err(|error| unreadable(&error))?;
            let at = mark(&span.start);
            match event {
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Flaw::new(at, "the file holds several documents", "one document"));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    if tag.is_some() {
                        self.tag(at);
                    }
                    if self.wants_key() {
                        self.key(at, &text, style)?;
                        continue;
                    }
                    if style == ScalarStyle::DoubleQuoted {
                        let until = span.end.line().min(lines.len());
                        self.continuation(lines.get(at.line - 1..until).unwrap_or_default(), at);
                    }
                    self.count(at, 1)?;
                    let size = Size { nodes: 1, bytes: text.len(), height: 0 };
                    let node = Node { mark: at, value: resolve(&text, style) };
                    root = self.complete(node, anchor, size)?;
                }
                Event::Alias(anchor) => {
                    if self.wants_key() {
                        return Err(Flaw::new(at, "an alias stands in the place of a key", "the key itself"));
                    }
                    let (node, size) = self.alias(at, anchor)?;
                    root = self.complete(node, 0, size)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    if tag.is_some() {
                        self.tag(at);
                    }
                    self.open(at, anchor, Content::List(Vec::new()))?;
                }
                Event::MappingStart(anchor, tag) => {
                    if tag.is_some() {
                        self.tag(at);
                    }
                    let content = Content::Map {
                        entries: Vec::new(),
                        lines: BTreeMap::new(),
                        key: None,
                        merges: Vec::new(),
                    };
                    self.open(at, anchor, content)?;
                }
                Event::SequenceEnd | Event::MappingEnd => root = self.close()?,
            }
        }
        Ok(root)
    }

    fn tag(&mut self, at: Mark) {
        self.flaws.push(Flaw::new(
            at,
            "tags are not part of the language",
            "the value without its !tag, in quotes if it is text",
        ));
    }

    /// Parsers disagree about a line that ends in a backslash before an empty one, so nobody may depend on it.
    fn continuation(&mut self, lines: &[&str], at: Mark) {
        let mut continued = false;
        for line in lines {
            if continued && line.trim().is_empty() {
                let accepted = "text with \\n where a line ends";
                self.flaws.push(Flaw::new(
                    at,
                    "an empty line follows a line that ends in a backslash",
                    accepted,
                ));
                return;
            }
            continued = line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
        }
    }

    fn wants_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, at: Mark, text: &str, style: ScalarStyle) -> Result<(), Flaw> {
        let plain = style == ScalarStyle::Plain;
        // Only text is the same key to every reader of YAML; a number, say, is spelled in many ways.
        let same = match resolve(text, style) {
            Value::Text(_) => true,
            Value::Number { value, .. } => number_text(value) == text,
            _ => false,
        };
        if !same {
            self.flaws.push(Flaw::new(
                at,
                format!("the key {} is not text", shown(text)),
                "text; write the key in quotes",
            ));
        }
        let Some(Frame { content: Content::Map { entries: _, lines, key, .. }, .. }) = self.frames.last_mut()
        else {
            return Ok(());
        };
        if plain && text == "<<" {
            *key = Some(PendingKey::Merge);
            return Ok(());
        }
        match lines.get(text) {
            Some(line) => {
                let message = format!("the key {} is there twice, first in line {line}", shown(text));
                self.flaws.push(Flaw::new(at, message, "each key once"));
            }
            None => {
                lines.insert(text.to_string(), at.line);
            }
        }
        *key = Some(PendingKey::Key(Key { mark: at, text: text.to_string() }));
        Ok(())
    }

    fn open(&mut self, at: Mark, anchor: usize, content: Content) -> Result<(), Flaw> {
        if self.wants_key() {
            return Err(Flaw::new(at, "a map or list stands in the place of a key", "text as the key"));
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.count(at, 1)?;
        self.frames.push(Frame { mark: at, anchor, content, size: Size { nodes: 1, bytes: 0, height: 0 } });
        Ok(())
    }

    fn close(&mut self) -> Result<Option<Node>, Flaw> {
        let Some(frame) = self.frames.pop() else { return Ok(None) };
        let value = match frame.content {
            Content::List(items) => Value::List(items),
            Content::Map { mut entries, merges, .. } => {
                for merge in merges {
                    self.merge(&mut entries, merge);
                }
                Value::Map(entries)
            }
        };
        self.complete(Node { mark: frame.mark, value }, frame.anchor, frame.size)
    }

    fn merge(&mut self, entries: &mut Vec<(Key, Node)>, merge: Node) {
        let mark = merge.mark;
        let sources = match merge.value {
            Value::List(items) => items,
            _ => vec![merge],
        };
        for source in sources {
            let Value::Map(added) = source.value else {
                self.flaws.push(Flaw::new(
                    mark,
                    "what << merges is not a map",
                    "an alias of a map, or a list of them",
                ));
                return;
            };
            for (key, node) in added {
                if entries.iter().all(|(present, _)| present.text != key.text) {
                    entries.push((key, node));
                }
            }
        }
    }

    fn alias(&mut self, at: Mark, anchor: usize) -> Result<(Node, Size), Flaw> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(Flaw::new(
                at,
                "the alias stands inside of what it repeats",
                "an alias of something complete",
            ));
        };
        let size = anchored.size;
        if self.frames.len() + size.height > MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.alias_bytes += size.bytes;
        if self.alias_bytes > MAX_ALIAS_BYTES {
            return Err(Flaw::new(at, "aliases repeat too much text", "at most 1 MiB of text by aliases"));
        }
        let node = anchored.node.clone();
        self.count(at, size.nodes)?;
        Ok((node, size))
    }

    fn count(&mut self, at: Mark, nodes: usize) -> Result<(), Flaw> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(Flaw::new(
                at,
                "the file holds too many values",
                "at most 50000, aliases replaced by what they repeat",
            ));
        }
        Ok(())
    }

    /// Puts a complete value where it belongs; the root value is given back.
    fn complete(&mut self, node: Node, anchor: usize, size: Size) -> Result<Option<Node>, Flaw> {
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(Some(node)) };
        frame.size.nodes += size.nodes;
        frame.size.bytes += size.bytes;
        frame.size.height = frame.size.height.max(size.height + 1);
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key, merges, .. } => match key.take() {
                Some(PendingKey::Key(key)) => entries.push((key, node)),
                Some(PendingKey::Merge) => merges.push(node),
                None => {}
            },
        }
        Ok(None)
    }
}

fn unreadable(error: &ScanError) -> Flaw {
    let at = mark(error.marker());
    match error.info() {
        // The scanner reads ahead and may meet its own bound before ours.
        "recursion limit exceeded" => too_deep(at),
        info => Flaw { mark: at, message: format!("this is not YAML: {info}"), accepted: None },
    }
}

fn too_deep(at: Mark) -> Flaw {
    Flaw::new(at, "maps and lists are nested too deep", "at most 32 levels")
}

fn mark(marker: &Marker) -> Mark {
    Mark { line: marker.line(), column: marker.col() + 1 }
}

/// What a scalar stands for. Only plain ones stand for anything but their text.
fn resolve(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_string());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if let Some(value) = number(text) {
        return Value::Number { value, literal: text.to_string() };
    }
    if is_date(text) {
        return Value::Date(text.to_string());
    }
    Value::Text(text.to_string())
}

fn number(text: &str) -> Option<f64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    for (prefix, radix) in [("0b", 2), ("0o", 8), ("0x", 16)] {
        if let Some(digits) = rest.strip_prefix(prefix) {
            let mut value = 0.0;
            for digit in digits.chars() {
                value = value * f64::from(radix) + f64::from(digit.to_digit(radix)?);
            }
            return (!digits.is_empty()).then_some(sign * value);
        }
    }
    match rest {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if rest.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // `.5` is a number without a sign only.
    if !digits(whole)
        || !digits(fraction)
        || (whole.is_empty() && (fraction.is_empty() || rest.len() < text.len()))
    {
        return None;
    }
    let value: f64 = rest.parse().ok()?;
    value.is_finite().then_some(sign * value)
}

/// A number as the SDK spells it where it needs text.
pub(crate) fn number_text(value: f64) -> String {
    // Display never uses an exponent and writes no fraction for whole numbers.
    if value == 0.0 {
        return "0".to_string();
    }
    value.to_string()
}

/// `2024-01-01`, alone or followed by a time.
fn is_date(text: &str) -> bool {
    let year = text.bytes().take(4).take_while(u8::is_ascii_digit).count();
    if year < 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let after_year = &text[5..];
    let month = after_year.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if month == 0 || after_year.as_bytes().get(month) != Some(&b'-') {
        return false;
    }
    let after_month = &after_year[month + 1..];
    let day = after_month.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let time = &after_month[day..];
    if time.is_empty() {
        return month == 2 && day == 2;
    }
    let begins = time.trim_start_matches([' ', '\t']);
    let separated = begins.len() < time.len() || time.starts_with(['T', 't']);
    day > 0 && separated && is_time(begins.trim_start_matches(['T', 't']))
}

/// `10:20:30`, with an optional fraction and an optional zone.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (Some(hour), Some(minute), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |part: &str, least: usize| {
        (least..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (Some(second), Some(rest)) = (rest.get(..2), rest.get(2..)) else { return false };
    if !digits(hour, 1) || !digits(minute, 2) || !digits(second, 2) {
        return false;
    }
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let zone = rest.trim_start_matches([' ', '\t']);
    if zone == "Z" || rest.is_empty() {
        return true;
    }
    let Some(offset) = zone.strip_prefix(['+', '-']) else { return false };
    match offset.split_once(':') {
        Some((hour, minute)) => digits(hour, 1) && digits(minute, 2),
        None => digits(offset, 1),
    }
}
