//! The files that people start from.

use std::fs;
use std::path::PathBuf;

use content::{ContentId, ContentRef};
use manifest::{parse, parse_with};

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
fn the_example_that_carries_is_accepted_with_the_files_beside_it() {
    let folder = repository().join("examples/carried");
    // Who uses it makes the image; what else it names is there.
    let mut files = |path: &str| match path == "web.tar" || folder.join(path).is_file() {
        true => Ok(ContentRef { id: ContentId([path.len() as u8; 32]), size: 1 }),
        false => Err("there is no such file".to_owned()),
    };
    let source = fs::read(folder.join("deploy.yaml")).unwrap();
    let parsed = parse_with("deploy.yaml", &source, &mut files);
    let manifest = parsed.unwrap_or_else(|errors| panic!("{errors}")).manifest();
    assert_eq!(manifest.contents().len(), 2);
}

#[test]
fn the_example_in_the_documentation_is_accepted() {
    let page = fs::read_to_string(repository().join("docs/manifest.md")).unwrap();
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    parse("docs/manifest.md", example.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
}
