//! Reads the project's Markdown pages: what they link to, the code that they show, and the rows of their tables.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What is not the project's own, or is made by it.
const SKIPPED: [&str; 4] = ["target", "node_modules", "dist", "log"];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there")
}

/// A file of the project, by its path from the root.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Within a line.
    Span,
    /// With its language, which may be empty.
    Block(String),
}

#[derive(Clone, Debug)]
pub struct Code {
    pub kind: Kind,
    pub text: String,
    /// The heading of the second level that it stands under; empty before the first.
    pub section: String,
    pub line: usize,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What each of its cells shows as code.
    pub cells: Vec<Vec<String>>,
    pub section: String,
    pub line: usize,
}

#[derive(Debug)]
pub struct Link {
    pub target: String,
    pub line: usize,
}

#[derive(Debug)]
pub struct Page {
    /// From the root, with `/`.
    pub path: String,
    pub links: Vec<Link>,
    pub code: Vec<Code>,
    pub rows: Vec<Row>,
    /// What `#..` may name in it.
    pub anchors: Vec<String>,
}

/// Every Markdown file of the project.
pub fn pages() -> Vec<Page> {
    let mut files = Vec::new();
    find(&root(), &mut files);
    files.sort();
    assert!(files.len() > 5, "hardly any pages were found: {files:?}");
    files.iter().map(|file| Page::read(file)).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.map(|entry| entry.expect("a readable entry")) {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if entry.file_type().expect("a known type").is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                find(&path, files);
            }
        } else if name.ends_with(".md") {
            files.push(path);
        }
    }
}

/// The name that a heading gets as an anchor on the usual hosts.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

impl Page {
    /// The page at a path from the root.
    pub fn at(path: &str) -> Self {
        Self::read(&root().join(path))
    }

    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self::parse(file.strip_prefix(root()).unwrap_or(file).to_string_lossy().into_owned(), &text)
    }

    fn parse(path: String, text: &str) -> Self {
        let mut reader = Reader::default();
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = 1 + text[..range.start].matches('\n').count();
            reader.take(event, line);
        }
        Self { path, links: reader.links, code: reader.code, rows: reader.rows, anchors: reader.anchors }
    }

    /// Where to look, for messages.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

#[derive(Default)]
struct Reader {
    links: Vec<Link>,
    code: Vec<Code>,
    rows: Vec<Row>,
    anchors: Vec<String>,
    repeated: HashMap<String, usize>,
    section: String,
    heading: Option<String>,
    block: Option<(String, usize)>,
    in_row: bool,
}

impl Reader {
    fn take(&mut self, event: Event, line: usize) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                self.links.push(Link { target: dest_url.into_string(), line });
            }
            Event::Start(Tag::Heading { .. }) => self.heading = Some(String::new()),
            Event::End(TagEnd::Heading(level)) => {
                let heading = self.heading.take().unwrap_or_default();
                let name = anchor(&heading);
                let seen = self.repeated.entry(name.clone()).or_default();
                self.anchors.push(if *seen == 0 { name } else { format!("{name}-{seen}") });
                *seen += 1;
                if level as usize == 2 {
                    self.section = heading;
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.block = Some((language, line));
                self.code.push(self.shown(Kind::Span, String::new(), line));
            }
            Event::End(TagEnd::CodeBlock) => {
                if let (Some((language, _)), Some(code)) = (self.block.take(), self.code.last_mut()) {
                    code.kind = Kind::Block(language);
                }
            }
            Event::Start(Tag::TableRow) => {
                self.in_row = true;
                self.rows.push(Row { cells: vec![], section: self.section.clone(), line });
            }
            Event::End(TagEnd::TableRow) => self.in_row = false,
            Event::Start(Tag::TableCell) => {
                if let (true, Some(row)) = (self.in_row, self.rows.last_mut()) {
                    row.cells.push(vec![]);
                }
            }
            Event::Code(text) => {
                if let Some(heading) = &mut self.heading {
                    heading.push_str(&text);
                }
                if let (true, Some(row)) = (self.in_row, self.rows.last_mut()) {
                    if let Some(cell) = row.cells.last_mut() {
                        cell.push(text.to_string());
                    }
                }
                self.code.push(self.shown(Kind::Span, text.into_string(), line));
            }
            Event::Text(text) => {
                if let (Some(_), Some(code)) = (&self.block, self.code.last_mut()) {
                    code.text.push_str(&text);
                } else if let Some(heading) = &mut self.heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }

    fn shown(&self, kind: Kind, text: String, line: usize) -> Code {
        Code { kind, text, section: self.section.clone(), line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_s_anchor_is_as_hosts_make_it() {
        assert_eq!(anchor("What happens on the way"), "what-happens-on-the-way");
        assert_eq!(anchor("`akash tx`: any message"), "akash-tx-any-message");
    }

    #[test]
    fn a_page_is_read_with_sections_rows_and_lines() {
        let text = "# Sample\n\n## First\n\n[a](a.md)\n\n| `head` | b |\n| --- | --- |\n| `one`, `two` | `three` |\n\
            | four | |\n\n```sh\nls\n```\n\n## First\n";
        let page = Page::parse("sample.md".to_owned(), text);
        assert_eq!(page.anchors, ["sample", "first", "first-1"]);
        let links: Vec<_> = page.links.iter().map(|link| (link.target.as_str(), link.line)).collect();
        assert_eq!(links, [("a.md", 5)]);
        let rows: Vec<_> = page.rows.iter().map(|row| (row.cells.clone(), row.section.as_str())).collect();
        let cells = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            rows,
            [(vec![cells(&["one", "two"]), cells(&["three"])], "First"), (vec![vec![], vec![]], "First")]
        );
        let blocks: Vec<_> = page.code.iter().filter(|code| code.kind != Kind::Span).collect();
        assert_eq!(blocks.len(), 1);
        assert_eq!((blocks[0].kind.clone(), blocks[0].text.as_str()), (Kind::Block("sh".into()), "ls\n"));
    }
}
