//! What holds for any input.

use std::fs;
use std::path::PathBuf;

use manifest::{parse, total_for_term, Amount, Manifest, BLOCK_MILLISECONDS};
use proptest::prelude::*;

fn vectors() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).unwrap()).filter(|text| text.len() < 6_000).collect()
}

/// A vector with some lines removed, repeated, moved or with something put into them.
fn mutated() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("null"),
        Just("-1"),
        Just("1e400"),
        Just("[]"),
        Just("{}"),
        Just("\""),
        Just("'"),
        Just("- "),
        Just(": "),
        Just("&a "),
        Just("*a"),
        Just("!!str "),
        Just("|"),
        Just(">-"),
        Just("<<: *a"),
        Just("\t"),
        Just("é"),
        Just("\u{2028}"),
        Just("0x1F"),
        Just("true"),
        Just("#"),
        Just("? "),
        Just("---"),
        Just("{"),
    ];
    let change = (0..5_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>(), token);
    (prop::sample::select(vectors()), prop::collection::vec(change, 1..4)).prop_map(|(source, changes)| {
        let mut lines: Vec<String> = source.lines().map(str::to_string).collect();
        for (kind, first, second, token) in changes {
            if lines.is_empty() {
                break;
            }
            let (first, second) = (first.index(lines.len()), second.index(lines.len()));
            match kind {
                0 => {
                    lines.remove(first);
                }
                1 => lines.insert(first, lines[second].clone()),
                2 => lines.swap(first, second),
                3 => {
                    if let Some(colon) = lines[first].find(": ") {
                        let key = lines[first][..colon + 2].to_string();
                        lines[first] = key + token;
                    }
                }
                _ => {
                    let mut place = second.min(lines[first].len());
                    while !lines[first].is_char_boundary(place) {
                        place -= 1;
                    }
                    lines[first].insert_str(place, token);
                }
            }
        }
        lines.join("\n")
    })
}

/// The blocks of a file in block style: each begins at a line that is not indented.
fn sections(source: &str) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for line in source.lines() {
        match sections.last_mut() {
            Some(last) if line.starts_with([' ', '#', '-']) || line.is_empty() => {
                last.push_str(&format!("\n{line}"))
            }
            _ => sections.push(line.to_string()),
        }
    }
    sections
}

/// Vectors without anchors, which have to stay before their aliases, and without values over several lines.
fn plain_vectors() -> Vec<String> {
    let one_line = |line: &str| {
        let text = line.trim();
        let quotes = text.matches('"').count();
        (text.contains(": ") || text.ends_with(':') || text.starts_with("- ")) && quotes.is_multiple_of(2)
    };
    let plain =
        |source: &String| !source.contains(['\u{feff}', '&', '|', '>', '\r', '\'', '{', '[', '%', '\\']);
    vectors().into_iter().filter(|source| plain(source) && source.lines().all(one_line)).collect()
}

/// Whatever is accepted has one canonical form that is read back as the same manifest.
fn accepted_is_canonical(source: &[u8]) {
    match parse("any.yaml", source) {
        Ok(sdl) => {
            let manifest = sdl.manifest();
            let json = manifest.to_canonical_json();
            let again = Manifest::from_canonical_json(&json).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again, manifest);
            assert_eq!(again.version(), manifest.version());
            assert_eq!(parse("other.yaml", source).unwrap().manifest(), manifest);
        }
        Err(errors) => {
            assert!(!errors.0.is_empty());
            for error in &errors.0 {
                assert!(!error.message.is_empty());
                assert!(!error.to_string().contains(|c: char| c.is_control()), "{error:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        accepted_is_canonical(&bytes);
        let _ = Manifest::from_canonical_json(&bytes);
    }

    #[test]
    fn arbitrary_text_of_yaml_characters_never_panics(text in "[-a-c:,\\[\\]{}&*!|>'\"%@#?0-9. \\n\\\\é<]{0,200}") {
        accepted_is_canonical(text.as_bytes());
    }

    #[test]
    fn a_changed_file_is_refused_or_has_one_canonical_form(source in mutated()) {
        accepted_is_canonical(source.as_bytes());
    }

    #[test]
    fn neither_comments_nor_the_order_of_sections_change_the_version(
        (source, order) in prop::sample::select(plain_vectors())
            .prop_flat_map(|source| (Just(source.clone()), Just(sections(&source)).prop_shuffle())),
        comments in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let mut lines: Vec<String> = order.join("\n").lines().map(str::to_string).collect();
        for place in comments {
            let place = place.index(lines.len() + 1);
            lines.insert(place, "# { not: [yaml".to_string());
        }
        let version = parse("vector.yaml", source.as_bytes()).unwrap().manifest().version();
        let other = lines.join("\n");
        let again = parse("other.yaml", other.as_bytes()).unwrap_or_else(|errors| panic!("{errors}\n{other}"));
        prop_assert_eq!(again.manifest().version(), version);
    }

    #[test]
    fn a_changed_canonical_form_is_refused_or_is_itself_canonical(
        source in prop::sample::select(vectors()),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut json = parse("vector.yaml", source.as_bytes()).unwrap().manifest().to_canonical_json();
        let place = place.index(json.len());
        json[place] = byte;
        if let Ok(manifest) = Manifest::from_canonical_json(&json) {
            prop_assert_eq!(manifest.to_canonical_json(), json);
        }
    }

    #[test]
    fn a_total_is_rounded_up_to_the_next_unit_and_no_further(
        digits in 0..u64::MAX / 1_000_000,
        scale in 0..7_u32,
        count in 1..1_000_u32,
        term in 1..40_000_000_u64,
    ) {
        let unit = 10_u64.pow(scale);
        let fraction = match scale {
            0 => String::new(),
            scale => format!(".{:0width$}", digits % unit, width = scale as usize),
        };
        let per_block: Amount = format!("{}{fraction}", digits / unit).parse().unwrap();
        let total = total_for_term(&per_block, count, term).unwrap();
        let exact = u128::from(digits) * u128::from(count) * u128::from(term) * 1_000;
        let divisor = u128::from(unit) * u128::from(BLOCK_MILLISECONDS);
        prop_assert!(total * divisor >= exact);
        prop_assert!(total == 0 || (total - 1) * divisor < exact);
    }
}
