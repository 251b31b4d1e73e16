//! Files that are made to be expensive are refused quickly.

use std::time::{Duration, Instant};

use manifest::{limits, parse, CanonicalError, Errors, Manifest, Sdl};

/// Without optimisation everything takes several times as long.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 });

/// What comes of a file that has to be answered in time. A machine that is busy with something else gets three tries.
fn answered(source: &str) -> Result<Sdl, Errors> {
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        let result = parse("big.yaml", source.as_bytes());
        fastest = fastest.min(started.elapsed());
        if fastest < LONGEST {
            return result;
        }
    }
    panic!("{:?} took {fastest:?}", source.chars().take(20).collect::<String>());
}

/// The messages of a file that has to be refused.
fn refused(source: &str) -> String {
    answered(source).expect_err("accepted").to_string()
}

const HEAD: &str = "version: \"2.0\"\nservices: {web: {image: nginx";
const TAIL: &str = "}}
profiles:
  compute: {web: {resources: {cpu: {units: 1}, memory: {size: 1Gi}, storage: {size: 1Gi}}}}
  placement: {dcloud: {pricing: {web: {denom: uakt, amount: 1}}}}
deployment: {web: {dcloud: {profile: web, count: 1}}}
";

fn with(entry: &str) -> String {
    format!("{HEAD}, {entry}{TAIL}")
}

#[test]
fn a_file_of_a_mebibyte_is_refused_by_its_size() {
    let source = "# comment\n".repeat(1024 * 1024 / 10);
    assert!(refused(&source).contains("the file has 1048570 bytes"));
}

#[test]
fn a_file_of_just_the_largest_size_is_accepted_and_one_byte_more_is_not() {
    let mut source = with("env: [A=1]");
    source.push_str(&"#".repeat(limits::MAX_BYTES - source.len()));
    assert!(parse("big.yaml", source.as_bytes()).is_ok());
    source.push('#');
    assert!(refused(&source).contains("262145 bytes"));
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut source = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        source.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(refused(&source).contains("the file holds too many values"));
}

#[test]
fn aliases_that_repeat_a_long_text_are_refused() {
    let source = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 30_000].join(", "));
    assert!(refused(&source).contains("aliases repeat too much text"));
}

#[test]
fn nesting_that_aliases_hide_is_counted() {
    let mut source = String::from("a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n");
    for level in 1..5 {
        source.push_str(&format!("a{level}: &a{level} [[[[[[[[[[*a{}]]]]]]]]]]\n", level - 1));
    }
    assert!(refused(&source).contains("nested too deep"));
}

#[test]
fn nesting_of_ten_thousand_levels_is_refused() {
    for source in ["[".repeat(10_000), "{a: ".repeat(10_000), "- ".repeat(10_000), "? ".repeat(10_000)] {
        let messages = refused(&source);
        assert!(
            messages.contains("nested too deep") || messages.contains("in the place of a key"),
            "{messages}"
        );
    }
    let mut indented = String::new();
    for level in 0..600 {
        indented.push_str(&format!("{}a:\n", " ".repeat(level)));
    }
    assert!(refused(&indented).contains("nested too deep"));
}

#[test]
fn text_that_is_slow_to_scan_is_answered_in_time() {
    for unit in [
        "\"",
        "'",
        "a: ",
        "- a\n",
        "{",
        "a\n",
        "a: b\n",
        "&a ",
        "*a ",
        "!a ",
        "# \n",
        "\"a\\\n\" ",
        "|\n",
        "a: >\n\n",
        "%a\n",
        "'\n",
        "? ",
        "[a, ",
        "a,",
        "{a: b}, ",
    ] {
        let source = unit.repeat(limits::MAX_BYTES / unit.len());
        let _ = answered(&source);
    }
}

#[test]
fn more_variables_arguments_and_ports_than_the_limits_are_refused() {
    let many =
        |count: usize, entry: &dyn Fn(usize) -> String| (0..count).map(entry).collect::<Vec<_>>().join(", ");
    for (entry, message) in [
        (format!("env: [{}]", many(1025, &|i| format!("A{i}=x"))), "1025 variables; accepted: up to 1024"),
        (format!("env: [A={}]", "x".repeat(65_536)), "65538 bytes of variables; accepted: up to 65536"),
        (format!("args: [{}]", many(1025, &|_| "x".to_string())), "1025 entries; accepted: up to 1024"),
        (
            format!("command: [{}]", "x".repeat(65_537)),
            "65537 bytes of command and args; accepted: up to 65536",
        ),
        (
            format!("expose: [{}]", many(65, &|i| format!("{{port: {}, to: [{{global: true}}]}}", i + 1))),
            "more than 64 ports, counted once for each `to`; accepted: up to 64",
        ),
        (
            format!("expose: [{{port: 1, accept: [{}]}}]", many(65, &|i| format!("a{i}.com"))),
            "65 host names; accepted: up to 64",
        ),
    ] {
        let messages = refused(&with(&entry));
        assert!(messages.contains(message), "{messages}");
    }
}

#[test]
fn ten_thousand_ports_and_a_hundred_thousand_arguments_are_refused() {
    let ports = vec!["{port: 1}"; 10_000].join(", ");
    assert!(refused(&with(&format!("expose: [{ports}], unknown: 1"))).contains("unknown"));
    let arguments = vec!["a"; 87_000].join(",");
    assert!(refused(&with(&format!("args: [{arguments}]"))).contains("the file holds too many values"));
}

#[test]
fn many_names_that_are_nearly_right_are_refused_in_time() {
    let long = |i: usize| format!("{}{i:05}", "a".repeat(58));
    let ports = |entry: &dyn Fn(usize) -> String| {
        (0..100)
            .map(|service| {
                let to: Vec<String> = (0..20).map(|port| entry(service * 20 + port)).collect();
                format!("s{service}: {{image: nginx, expose: [{{port: 1, to: [{}]}}]}}", to.join(", "))
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    let addresses: Vec<String> = (0..1_000).map(|i| format!("{}: {{kind: ip}}", long(i + 50_000))).collect();
    let leased = format!(
        "services: {{{}}}\nendpoints: {{{}}}",
        ports(&|i| format!("{{global: true, ip: {}}}", long(i))),
        addresses.join(", ")
    );
    let calling = format!("services: {{{}}}", ports(&|i| format!("{{service: {}}}", long(i))));
    for services in [leased, calling] {
        let source = with("env: []").replace("services: {web: {image: nginx, env: []}}", &services);
        assert!(refused(&source).contains("more mistakes"));
    }
}

#[test]
fn a_file_of_mistakes_lists_a_hundred_and_counts_the_rest() {
    let variables = vec!["1A=x"; 1000].join(", ");
    let messages = refused(&with(&format!("env: [{variables}]")));
    let lines: Vec<&str> = messages.lines().collect();
    assert_eq!(lines.len(), 101, "{messages}");
    assert_eq!(lines[100], "big.yaml: and 900 more mistakes");
}

#[test]
fn a_name_of_sixty_three_characters_is_accepted_and_a_longer_one_is_not() {
    let source = |name: &str| {
        with("env: []")
            .replace("services: {web:", &format!("services: {{{name}:"))
            .replace("deployment: {web:", &format!("deployment: {{{name}:"))
    };
    assert!(parse("name.yaml", source(&"x".repeat(63)).as_bytes()).is_ok());
    assert!(refused(&source(&"x".repeat(64))).contains("is not a name"));
}

#[test]
fn more_services_in_a_placement_than_an_order_holds_are_refused() {
    let source = |count: usize| {
        let services: Vec<String> = (0..count).map(|i| format!("s{i}: {{image: nginx}}")).collect();
        let placed: Vec<String> =
            (0..count).map(|i| format!("s{i}: {{dcloud: {{profile: web, count: 1}}}}")).collect();
        with("env: []")
            .replace("{web: {image: nginx, env: []}}", &format!("{{{}}}", services.join(", ")))
            .replace("{web: {dcloud: {profile: web, count: 1}}}", &format!("{{{}}}", placed.join(", ")))
    };
    assert!(parse("many.yaml", source(32).as_bytes()).is_ok());
    assert!(refused(&source(33)).contains("33 services are placed in `dcloud`; accepted: up to 32"));
}

#[test]
fn a_canonical_form_above_the_largest_size_is_refused_before_it_is_read() {
    let bytes = vec![b'['; limits::MAX_BYTES + 1];
    assert_eq!(Manifest::from_canonical_json(&bytes), Err(CanonicalError::TooLarge(limits::MAX_BYTES + 1)));
    let deep = vec![b'['; limits::MAX_BYTES];
    assert!(matches!(Manifest::from_canonical_json(&deep), Err(CanonicalError::Json(_))));
}
