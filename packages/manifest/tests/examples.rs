//! The files that people start from.

use std::fs;
use std::path::PathBuf;

use manifest::parse;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_example_is_accepted() {
    let files: Vec<PathBuf> = fs::read_dir(repository().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    assert!(files.len() >= 2, "{files:?}");
    for path in files {
        parse(&path.to_string_lossy(), &fs::read(&path).unwrap()).unwrap_or_else(|errors| panic!("{errors}"));
    }
}

#[test]
fn the_example_in_the_documentation_is_accepted() {
    let page = fs::read_to_string(repository().join("docs/manifest.md")).unwrap();
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    parse("docs/manifest.md", example.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
}
