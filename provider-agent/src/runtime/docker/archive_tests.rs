use super::*;
use serde_json::{json, Value};

const CONFIG: &str = r#"{"rootfs":{"type":"layers","diff_ids":["sha256:aa","sha256:bb"]}}"#;

fn tar_of(files: &[(&str, &[u8])], links: &[(&str, &str)]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut tar = tar::Builder::new(file.as_file());
    for (name, bytes) in files {
        tar.append_data(&mut header(bytes.len() as u64), name, *bytes).unwrap();
    }
    for (name, target) in links {
        let mut link = header(0);
        link.set_entry_type(EntryType::Symlink);
        tar.append_link(&mut link, name, target).unwrap();
    }
    tar.finish().unwrap();
    drop(tar);
    file
}

/// What the engine is told, by name.
fn told(archive: &Archive) -> BTreeMap<String, Vec<u8>> {
    let mut written = Vec::new();
    archive.write("ours:1", &mut written).unwrap();
    let mut tar = tar::Archive::new(&written[..]);
    let mut files = BTreeMap::new();
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(entry.path().unwrap().display().to_string(), bytes);
    }
    files
}

fn list(config: &str, layers: &[&str]) -> Vec<u8> {
    json!([{ "Config": config, "RepoTags": ["nginx:latest"], "Layers": layers }]).to_string().into_bytes()
}

#[test]
fn a_saved_image_reaches_the_engine_under_our_name_alone() {
    let manifest = list("c.json", &["x/layer.tar", "y/layer.tar"]);
    let file = tar_of(
        &[
            ("c.json", CONFIG.as_bytes()),
            ("x/layer.tar", b"one"),
            ("repositories", br#"{"nginx":{"latest":"x"}}"#),
            ("index.json", b"{}"),
            ("manifest.json", &manifest),
        ],
        &[("y/layer.tar", "../x/layer.tar")],
    );
    let archive = Archive::open(file.path()).unwrap();
    assert_eq!(archive.diff_ids, ["sha256:aa", "sha256:bb"]);
    let files = told(&archive);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let config = format!("{}.json", archive.id().strip_prefix("sha256:").unwrap());
    assert_eq!(names, ["0/layer.tar", "1/layer.tar", config.as_str(), "manifest.json"]);
    assert_eq!((&files["0/layer.tar"][..], &files["1/layer.tar"][..]), (&b"one"[..], &b"one"[..]));
    let list: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(list[0]["RepoTags"], json!(["ours:1"]));
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn an_oci_layout_is_understood_through_its_indexes() {
    let index = "application/vnd.oci.image.index.v1+json";
    let top = json!({ "manifests": [{ "mediaType": index, "digest": "sha256:11" }] }).to_string();
    let inner = json!({ "manifests": [
        { "digest": "sha256:99", "platform": { "os": "unknown", "architecture": "unknown" } },
        { "digest": "sha256:88", "platform": { "os": "linux", "architecture": "s390x" } },
        { "digest": "sha256:22", "platform": { "os": "linux", "architecture": match std::env::consts::ARCH {
            "x86_64" => "amd64", "aarch64" => "arm64", other => other } } },
    ] })
    .to_string();
    let manifest = json!({
        "config": { "digest": "sha256:33" },
        "layers": [{ "digest": "sha256:44" }, { "digest": "sha256:55" }],
    })
    .to_string();
    let file = tar_of(
        &[
            ("oci-layout", b"{}"),
            ("./index.json", top.as_bytes()),
            ("blobs/sha256/11", inner.as_bytes()),
            ("blobs/sha256/22", manifest.as_bytes()),
            ("blobs/sha256/33", CONFIG.as_bytes()),
            ("blobs/sha256/44", b"one"),
            ("blobs/sha256/55", b"two"),
        ],
        &[],
    );
    let files = told(&Archive::open(file.path()).unwrap());
    assert_eq!((&files["0/layer.tar"][..], &files["1/layer.tar"][..]), (&b"one"[..], &b"two"[..]));
}

#[test]
fn what_is_no_image_is_refused_with_what_is_wrong() {
    let refused = |files: &[(&str, &[u8])], links: &[(&str, &str)]| {
        Archive::open(tar_of(files, links).path()).unwrap_err()
    };
    let two = [list("c", &[]), list("c", &[])].concat();
    let two = String::from_utf8(two).unwrap().replace("][", ",");
    let outside = list("../../etc/passwd", &[]);
    let circle = list("c", &["a", "b"]);
    let long = vec![b' '; MAX_TEXT as usize + 1];
    for (files, links, expected) in [
        (vec![("bin/sh", &b"x"[..])], vec![], "neither what docker save writes"),
        (vec![("manifest.json", two.as_bytes())], vec![], "holds 2 images"),
        (vec![("manifest.json", &b"[]"[..])], vec![], "holds 0 images"),
        (vec![("manifest.json", &long[..])], vec![], "up to 4194304 are read"),
        (vec![("manifest.json", &outside[..])], vec![], "is named in it and not in it"),
        (
            vec![("manifest.json", &circle[..]), ("c", CONFIG.as_bytes())],
            vec![("a", "b"), ("b", "a")],
            "is named in it and not in it",
        ),
        (
            vec![("manifest.json", &list("c", &["a"])[..]), ("c", CONFIG.as_bytes()), ("a", b"x")],
            vec![],
            "1 layers and its configuration names 2",
        ),
        (vec![("index.json", &br#"{"manifests":[{"digest":"sha256:../x"}]}"#[..])], vec![], "not a digest"),
    ] {
        let text = refused(&files, &links);
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let text = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(text.path(), [7; 2000]).unwrap();
    assert!(Archive::open(text.path()).unwrap_err().contains("cannot be read as a tar"));
}

#[test]
fn a_layer_that_ends_early_ends_the_writing() {
    let manifest = list("c", &["a", "b"]);
    let files = [("manifest.json", &manifest[..]), ("c", CONFIG.as_bytes()), ("a", b"x"), ("b", &[1; 2000])];
    let file = tar_of(&files, &[]);
    let archive = Archive::open(file.path()).unwrap();
    let end = archive.layers[1].offset + 100;
    file.as_file().set_len(end).unwrap();
    assert!(archive.write("ours:1", &mut Vec::new()).is_err());
}
