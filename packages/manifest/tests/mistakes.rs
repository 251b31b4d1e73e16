//! Bad files. For each `NAME.yaml` in `tests/mistakes` there is `NAME.txt` with every message, its place and what it
//! says would be accepted. In `tests/warnings` are the files that are accepted with a warning.

use std::fs;
use std::path::PathBuf;

use content::{ContentId, ContentRef};
use manifest::{parse, parse_with};

/// The files of a folder whose messages are not those beside them, each with what was expected and what it got.
fn wrong(folder: &str, least: usize, messages: impl Fn(&str, &[u8]) -> String) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    assert!(files.len() >= least, "only {} files found", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let messages = messages(name, &fs::read(&path).unwrap());
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap();
        if messages.trim_end() != expected.trim_end() {
            wrong.push(format!("{name}\n--- expected\n{expected}--- got\n{messages}\n"));
        }
    }
    wrong.join("\n")
}

#[test]
fn every_bad_file_gets_exactly_its_messages() {
    let wrong = wrong("mistakes", 88, |name, source| match parse_with(name, source, &mut archive) {
        Ok(_) => "accepted".to_string(),
        Err(errors) => errors.to_string(),
    });
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_doubtful_file_is_accepted_with_exactly_its_warnings() {
    let wrong = wrong("warnings", 5, |name, source| {
        let sdl = parse(name, source).unwrap_or_else(|errors| panic!("{errors}"));
        sdl.warnings().iter().map(|warning| format!("{warning}\n")).collect()
    });
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_message_never_shows_a_password() {
    let source = fs::read_to_string("tests/mistakes/credentials.yaml").unwrap();
    for password in ["hunter", "\"hunter\\x07\"", "[hunter]", "{hunter: 1}", "2024-01-01"] {
        let source = source.replace("password: short", &format!("password: {password}"));
        let errors = parse("bad.yaml", source.as_bytes()).unwrap_err().to_string();
        assert!(!errors.contains("hunter") && !errors.contains("2024"), "{errors}");
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_place() {
    let errors = parse("bad.yaml", b"version: \"2.0\"\nservices: \xff\n").unwrap_err();
    assert_eq!(
        errors.to_string(),
        "bad.yaml:2:11: the file is not UTF-8; accepted: UTF-8 text of at most 262144 bytes"
    );
}

#[test]
fn control_characters_are_refused_with_their_place() {
    for source in [&b"a: 1\nb: \0"[..], b"a: 1\nb: \x1b[2J", b"a: 1\nb: \rc: 2"] {
        let error = &parse("bad.yaml", source).unwrap_err().0[0];
        assert_eq!((error.line, error.column), (2, 4), "{error}");
        assert!(error.message.contains("control character"), "{error}");
    }
}

#[test]
fn an_error_of_a_file_as_a_whole_has_no_line() {
    let error = &parse("bad.yaml", b"").unwrap_err().0[0];
    assert_eq!((error.line, error.column, error.path.as_str()), (0, 0, ""));
}

fn archive(_path: &str) -> Result<ContentRef, String> {
    Ok(ContentRef { id: ContentId([1; 32]), size: 4_096 })
}
