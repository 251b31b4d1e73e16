//! YAML to a tree of values with positions, within bounds. Plain scalars are read as Akash's SDK reads them: YAML 1.2
//! with timestamps, so `yes` is text, `80` is a number and `2024-01-01` is a date.

mod scalar;
mod tree;

use crate::limits::MAX_BYTES;
pub(crate) use scalar::number_text;

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

/// Reads one document. The tree is there together with flaws when those left it readable.
pub(crate) fn read(source: &[u8]) -> (Option<Node>, Vec<Flaw>) {
    let text = match decode(source) {
        Ok(text) => text,
        Err(flaw) => return (None, vec![flaw]),
    };
    tree::build(text)
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
