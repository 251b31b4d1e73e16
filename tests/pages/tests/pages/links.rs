use std::path::Path;

use pages::{pages, root, Page};

use crate::report;

#[test]
fn every_link_leads_somewhere() {
    let all = pages();
    let mut wrong = Vec::new();
    for page in &all {
        for link in &page.links {
            if let Err(why) = follow(&all, page, &link.target) {
                wrong.push(format!("{}: {} {why}", page.place(link.line), link.target));
            }
        }
    }
    report("links that lead nowhere", wrong);
}

fn follow(all: &[Page], page: &Page, target: &str) -> Result<(), String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    let file = if path.is_empty() { root().join(&page.path) } else { root().join(folder).join(path) };
    let Ok(file) = file.canonicalize() else { return Err("does not exist".to_owned()) };
    if anchor.is_empty() {
        return Ok(());
    }
    let found = all.iter().find(|other| root().join(&other.path).canonicalize().is_ok_and(|it| it == file));
    match found {
        Some(other) if other.anchors.iter().any(|it| it == anchor) => Ok(()),
        Some(other) => Err(format!("has no such heading; it has: {}", other.anchors.join(", "))),
        None => Err("is no page with headings".to_owned()),
    }
}

/// Folders of the project: what pages name in them has to exist.
const FOLDERS: [&str; 9] = [
    "scripts/",
    "docs/",
    "schema/",
    "contracts/",
    "packages/",
    "deployments/",
    "tests/",
    "tools/",
    "examples/",
];

#[test]
fn every_file_that_a_page_names_exists() {
    let mut wrong = Vec::new();
    for page in pages() {
        // Pages name files from the root, or from their own folder.
        let folder = root().join(Path::new(&page.path).parent().unwrap_or(Path::new("")));
        for code in &page.code {
            for word in code.text.split(|c: char| c.is_whitespace() || "`'\"(),;:|[]{}".contains(c)) {
                let Some(start) = FOLDERS.iter().find(|folder| word.starts_with(**folder)) else { continue };
                let word = word.trim_end_matches(['.', '/']);
                // `deployments/NAME.toml` stands for any.
                let names_one = word.len() > start.len()
                    && !word.contains(|c: char| c.is_uppercase() || "*<$".contains(c));
                if names_one && !root().join(word).exists() && !folder.join(word).exists() {
                    wrong.push(format!("{}: {word}", page.place(code.line)));
                }
            }
        }
    }
    report("files that do not exist", wrong);
}
