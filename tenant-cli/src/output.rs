//! The two faces of every answer. With `--output json` standard output carries exactly one JSON document (the
//! answer or the error), except for what streams; everything said along the way goes to standard error.

use clap::ValueEnum;
use comfy_table::{presets, ContentArrangement, Table};
use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
}

/// What a command answers.
#[derive(Debug)]
pub struct Answer {
    pub json: Value,
    pub text: String,
}

impl Answer {
    pub fn new(json: impl Serialize, text: impl Into<String>) -> Self {
        // Our own types always become JSON; a failure would be a defect and is shown, not hidden.
        let json = serde_json::to_value(json).unwrap_or_else(|error| Value::String(error.to_string()));
        Self { json, text: text.into() }
    }

    /// What goes to standard output, with the newline at its end.
    pub fn render(&self, format: Format) -> String {
        let mut out = match format {
            Format::Text => self.text.trim_end().to_owned(),
            Format::Json => {
                serde_json::to_string_pretty(&self.json).unwrap_or_else(|_| self.json.to_string())
            }
        };
        if !out.is_empty() {
            out.push('\n');
        }
        out
    }
}

/// A table without frames; `empty` when there are no rows.
pub fn table(headers: &[&str], rows: Vec<Vec<String>>, empty: &str) -> String {
    if rows.is_empty() {
        return empty.to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headers.iter().map(|header| header.to_uppercase()));
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Lines of `name  value`, the names padded to one width.
pub fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    facts
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_ends_with_one_newline_in_both_formats() {
        let answer = Answer::new(json!({ "a": 1 }), "a is 1\n\n");
        assert_eq!(answer.render(Format::Text), "a is 1\n");
        assert_eq!(answer.render(Format::Json), "{\n  \"a\": 1\n}\n");
    }

    #[test]
    fn tables_align_and_say_when_they_are_empty() {
        let rows = vec![vec!["1".into(), "long value".into()], vec!["200".into(), "x".into()]];
        assert_eq!(table(&["id", "what"], rows, "nothing"), "ID   WHAT\n1    long value\n200  x");
        assert_eq!(table(&["id"], vec![], "nothing"), "nothing");
    }

    #[test]
    fn facts_align() {
        assert_eq!(facts(&[("a", "1".into()), ("long", String::new())]), "a     1\nlong");
    }
}
