//! The parser's events to a tree, counting what aliases repeat before it is copied.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};

use super::scalar::{number_text, resolve};
use super::{Flaw, Key, Mark, Node, Value};
use crate::limits::{MAX_BYTES, MAX_DEPTH, MAX_NODES};
use crate::rules::shown;

/// The bytes of text that aliases may repeat all together.
const MAX_ALIAS_BYTES: usize = 4 * MAX_BYTES;

pub(super) fn build(text: &str) -> (Option<Node>, Vec<Flaw>) {
    let mut builder = Builder::default();
    match builder.run(text) {
        Ok(root) => (root, builder.flaws),
        Err(fatal) => {
            builder.flaws.push(fatal);
            (None, builder.flaws)
        }
    }
}

#[derive(Default)]
struct Builder {
    flaws: Vec<Flaw>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    alias_bytes: usize,
    /// Of the last key in block style.
    line: usize,
}

/// A map or list that is not complete yet.
struct Frame {
    mark: Mark,
    anchor: usize,
    /// Between braces or brackets, its own or those of what it stands in.
    flow: bool,
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
                        self.indentation(&lines, at);
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
                    self.open(&span, anchor, Content::List(Vec::new()))?;
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
                    self.open(&span, anchor, content)?;
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

    /// Parsers disagree about tabs before a key, so nobody may depend on them. Between braces they are only space.
    fn indentation(&mut self, lines: &[&str], at: Mark) {
        // The keys of one line follow each other, and only the first can stand in its indentation.
        if at.line == self.line || self.frames.last().is_some_and(|frame| frame.flow) {
            return;
        }
        self.line = at.line;
        let line = lines.get(at.line.saturating_sub(1)).copied().unwrap_or_default();
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        if at.column == blank + 1 && line[..blank].contains('\t') {
            self.flaws.push(Flaw::new(at, "a tab stands in the indentation", "spaces"));
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

    fn open(&mut self, span: &Span, anchor: usize, content: Content) -> Result<(), Flaw> {
        let at = mark(&span.start);
        if self.wants_key() {
            return Err(Flaw::new(at, "a map or list stands in the place of a key", "text as the key"));
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.count(at, 1)?;
        // Only a brace or bracket takes room of its own.
        let flow = !span.is_empty() || self.frames.last().is_some_and(|frame| frame.flow);
        let size = Size { nodes: 1, bytes: 0, height: 0 };
        self.frames.push(Frame { mark: at, anchor, flow, content, size });
        Ok(())
    }

    fn close(&mut self) -> Result<Option<Node>, Flaw> {
        let Some(frame) = self.frames.pop() else { return Ok(None) };
        let value = match frame.content {
            Content::List(items) => Value::List(items),
            Content::Map { mut entries, mut lines, merges, .. } => {
                for merge in merges {
                    self.merge(&mut entries, &mut lines, merge);
                }
                Value::Map(entries)
            }
        };
        self.complete(Node { mark: frame.mark, value }, frame.anchor, frame.size)
    }

    fn merge(&mut self, entries: &mut Vec<(Key, Node)>, lines: &mut BTreeMap<String, usize>, merge: Node) {
        let mark = merge.mark;
        let sources = match merge.value {
            Value::List(items) => items,
            _ => vec![merge],
        };
        for source in sources {
            let Value::Map(added) = source.value else {
                let accepted = "an alias of a map, or a list of them";
                self.flaws.push(Flaw::new(mark, "what << merges is not a map", accepted));
                return;
            };
            for (key, node) in added {
                if !lines.contains_key(&key.text) {
                    lines.insert(key.text.clone(), key.mark.line);
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
