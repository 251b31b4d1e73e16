//! The canonical manifest and the version, held against what Akash's own SDK computes. For each `NAME.yaml` in
//! `tests/vectors` there is `NAME.json`, the text that `@akashnetwork/chain-sdk` 1.0.0-alpha.25 hashes for it, and
//! `NAME.version`, the hash that it answers.

use std::fs;
use std::path::PathBuf;

use manifest::{parse, Manifest, Version};

fn vectors() -> Vec<(String, PathBuf)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut vectors: Vec<(String, PathBuf)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_string(), path))
        .collect();
    vectors.sort();
    assert!(vectors.len() >= 150, "only {} vectors found", vectors.len());
    vectors
}

#[test]
fn every_vector_has_the_bytes_and_the_version_of_akashs_sdk() {
    for (name, path) in vectors() {
        let sdl = parse(&name, &fs::read(&path).unwrap()).unwrap_or_else(|errors| panic!("{errors}"));
        let manifest = sdl.manifest();
        let ours = String::from_utf8(manifest.to_canonical_json()).unwrap();
        let theirs = fs::read_to_string(path.with_extension("json")).unwrap();
        assert_eq!(ours, theirs, "{name}");
        let version: Version =
            fs::read_to_string(path.with_extension("version")).unwrap().trim().parse().unwrap();
        assert_eq!(manifest.version(), version, "{name}");
    }
}

#[test]
fn every_vector_is_read_back_from_its_canonical_form() {
    for (name, path) in vectors() {
        let bytes = fs::read(path.with_extension("json")).unwrap();
        let manifest =
            Manifest::from_canonical_json(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(manifest, parse(&name, &fs::read(&path).unwrap()).unwrap().manifest(), "{name}");
    }
}

/// Each way of asking for something, as it appears in a canonical manifest, is in at least one vector.
#[test]
fn the_vectors_hold_every_feature() {
    let all: String = vectors()
        .into_iter()
        .map(|(_, path)| fs::read_to_string(path.with_extension("json")).unwrap())
        .collect();
    for feature in [
        "\"credentials\":{\"email\":\"\"",
        "\"credentials\":{\"email\":\"me@example.com\"",
        "\"permissions\":{\"read\":[]}",
        "\"permissions\":{\"read\":[\"logs\",\"deployment\"]}",
        "\"readOnly\":true",
        "\"mount\":\"\"",
        "\"storage\":[]",
        "\"gpu\":{\"attributes\"",
        "vendor/nvidia/model/*",
        "/ram/80Gi",
        "/interface/pcie",
        "\"cpu\":{\"attributes\"",
        "\"kind\":1",
        "\"kind\":2,\"sequence_number\":3",
        "\"endpointSequenceNumber\":2",
        "\"proto\":\"UDP\"",
        "\"global\":false",
        "\"nextCases\":[\"off\"]",
        "\"nextCases\":[]",
        "\"hosts\":[",
        "\"value\":\"ram\"",
        "{\"key\":\"persistent\",\"value\":\"true\"}",
        "\"count\":1000",
        "\\u003c",
        "}]},{\"name\"",
    ] {
        assert!(all.contains(feature), "no vector has {feature}");
    }
}
