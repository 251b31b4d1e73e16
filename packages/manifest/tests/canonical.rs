//! A provider takes nothing but a canonical manifest.

use manifest::{parse, CanonicalError, Manifest, Version};

const SOURCE: &str = r#"
version: "2.0"
services:
  web:
    image: nginx
    command: [a]
    args: [b]
    env: [A=1, B=2]
    expose: [{port: 80, as: 8080, to: [{global: true}, {service: db}]}]
    params: {storage: {data: {mount: /data}}}
  db:
    image: redis
profiles:
  compute:
    p: {resources: {cpu: {units: 1}, memory: {size: 1Gi}, storage: [{size: 1Gi}, {name: data, size: 2Gi, attributes: {persistent: true}}]}}
    q: {resources: {cpu: {units: 1}, gpu: {units: 1, attributes: {vendor: {nvidia: []}}}, memory: {size: 1Gi}, storage: [{size: 1Gi, attributes: {class: ram}}]}}
  placement:
    dcloud: {pricing: {p: {denom: uakt, amount: 1}, q: {denom: uakt, amount: 1}}}
deployment:
  web: {dcloud: {profile: p, count: 1}}
  db: {dcloud: {profile: q, count: 2}}
"#;

fn canonical() -> String {
    let manifest = parse("file.yaml", SOURCE.as_bytes()).unwrap().manifest();
    String::from_utf8(manifest.to_canonical_json()).unwrap()
}

/// The error for the canonical form with one change.
fn changed(from: &str, to: &str) -> CanonicalError {
    let json = canonical();
    assert!(json.contains(from), "{from} is not in {json}");
    Manifest::from_canonical_json(json.replacen(from, to, 1).as_bytes()).expect_err(to)
}

#[test]
fn what_was_written_is_read_back() {
    let manifest = parse("file.yaml", SOURCE.as_bytes()).unwrap().manifest();
    assert_eq!(Manifest::from_canonical_json(canonical().as_bytes()), Ok(manifest));
}

#[test]
fn unknown_missing_and_repeated_fields_are_refused() {
    for (from, to) in [
        ("\"image\"", "\"privileged\":true,\"image\""),
        ("\"expose\":[", "\"volumes\":[],\"expose\":["),
        ("\"count\":1,", ""),
        ("\"count\":1,", "\"count\":1,\"count\":1,"),
        ("\"mount\":\"/data\",", "\"mount\":\"/data\",\"source\":\"/etc\","),
        ("\"credentials\":null", "\"credentials\":{\"host\":\"a\"}"),
        ("\"proto\":\"TCP\"", "\"proto\":\"SCTP\""),
        ("\"count\":1", "\"count\":1.0"),
        ("\"count\":1", "\"count\":-1"),
        ("\"port\":80", "\"port\":65536"),
        ("]}]", "]}] x"),
    ] {
        let error = changed(from, to);
        assert!(matches!(error, CanonicalError::Json(_)), "{from} -> {to}: {error}");
    }
}

#[test]
fn any_other_spelling_of_the_same_manifest_is_refused() {
    for (from, to) in [
        ("{", " {"),
        ("\"nginx\"", "\"\\u006eginx\""),
        ("\"val\":\"1000\"", "\"val\":\"01000\""),
        ("\"val\":\"1000\"", "\"val\":\"+1000\""),
        ("\"env\":[\"A=1\",\"B=2\"],", ""),
        ("\"credentials\":null,", ""),
        ("\"storage\":[{\"mount\"", "\"permissions\":null,\"storage\":[{\"mount\""),
        ("\"gpu\":{\"units\":{\"val\":\"1\"}}", "\"gpu\":{\"units\":{\"val\":\"01\"}}"),
        ("\"hosts\":null", "\"hosts\":[]"),
        ("\"kind\":1,\"sequence_number\":0", "\"sequence_number\":0,\"kind\":1"),
        ("[{\"name\":\"default\"", "[{\"attributes\":[],\"name\":\"default\""),
    ] {
        let error = changed(from, to);
        assert!(matches!(error, CanonicalError::Spelling(_)), "{from} -> {to}: {error}");
    }
}

#[test]
fn every_rule_of_the_language_holds_for_the_canonical_form_too() {
    for (from, to, message) in [
        ("\"name\":\"dcloud\"", "\"name\":\"../dcloud\"", "is not a name"),
        ("\"name\":\"web\"", "\"name\":\"aaa\"", "not sorted by name"),
        ("\"name\":\"web\"", "\"name\":\"db\"", "two have the same"),
        ("\"name\":\"web\"", "\"name\":\"we/b\"", "is not a name"),
        ("\"nginx\"", "\"file:///nginx\"", "is not an image reference"),
        ("\"A=1\"", "\"LD PRELOAD=1\"", "is not the name of a variable"),
        ("\"args\":[\"b\"]", "\"args\":[\"\\u0000\"]", "NUL"),
        ("\"count\":1", "\"count\":0", "count 0"),
        ("\"count\":1", "\"count\":1001", "count 1001"),
        ("\"port\":80", "\"port\":0", "port 0"),
        ("\"hosts\":null", "\"hosts\":[\"a b\"]", "is not a host name"),
        ("\"maxBodySize\":1048576", "\"maxBodySize\":104857601", "HTTP options"),
        ("\"nextCases\":[\"error\",\"timeout\"]", "\"nextCases\":[\"off\",\"timeout\"]", "HTTP options"),
        ("\"ip\":\"\"", "\"ip\":\"A\"", "is not the name of an address"),
        ("\"ip\":\"\"", "\"ip\":\"abc\"", "an address has a name and a number"),
        (
            "\"endpointSequenceNumber\":0",
            "\"endpointSequenceNumber\":1",
            "an address has a name and a number",
        ),
        ("\"service\":\"db\"", "\"service\":\"D B\"", "is not a name"),
        (
            "\"port\":80,\"proto\":\"TCP\",\"service\":\"\"",
            "\"port\":80,\"proto\":\"TCP\",\"service\":\"z\"",
            "not sorted",
        ),
        ("\"mount\":\"/data\"", "\"mount\":\"/etc/../..\"", "is not a mount path"),
        ("\"mount\":\"/data\"", "\"mount\":\"/\"", "is not a mount path"),
        ("\"mount\":\"/data\"", "\"mount\":\"\"", "is not mounted"),
        ("\"mount\":\"/data\",\"name\":\"data\"", "\"mount\":\"/data\",\"name\":\"date\"", "no such volume"),
        ("\"gpu\":{\"units\":{\"val\":\"1\"}}", "\"gpu\":{\"units\":{\"val\":\"1001\"}}", "gpu"),
        ("\"gpu\":{\"units\":{\"val\":\"1\"}}", "\"gpu\":{\"units\":{\"val\":\"-1\"}}", "gpu"),
        ("\"val\":\"1000\"", "\"val\":\"0\"", "cpu"),
        ("\"val\":\"1000\"", "\"val\":\"1000000000\"", "cpu"),
        ("\"size\":{\"val\":\"1073741824\"}", "\"size\":{\"val\":\"-1\"}", "memory"),
        ("\"id\":1", "\"id\":0", "resource id 0"),
        ("\"kind\":1,", "", "endpoints"),
        ("\"kind\":1,", "\"kind\":2,", "an endpoint of kind 2"),
        ("\"kind\":1,", "\"kind\":3,", "an endpoint of kind 3"),
        (
            "\"kind\":1,\"sequence_number\":0",
            "\"kind\":1,\"sequence_number\":1",
            "an endpoint of kind 1 with the number 1",
        ),
        ("\"global\":true", "\"global\":false", "endpoints"),
        ("\"value\":\"ram\"", "\"value\":\"R A M\"", "is not a name"),
        (
            "\"key\":\"persistent\",\"value\":\"false\"",
            "\"key\":\"persistent\",\"value\":\"true\"",
            "class ram",
        ),
        ("\"key\":\"class\"", "\"key\":\"path\"", "storage attribute"),
    ] {
        let error = changed(from, to);
        assert!(matches!(error, CanonicalError::Rule { .. }), "{from} -> {to}: {error}");
        assert!(error.to_string().contains(message), "{from} -> {to}: {error}");
    }
    let none = Manifest::from_canonical_json(b"[]");
    assert!(matches!(none, Err(CanonicalError::Rule { .. })), "{none:?}");
}

/// Everything that [`SOURCE`] has not.
const RARE: &str = r#"
version: "2.1"
services:
  web:
    image: nginx
    credentials: {host: images.example.org, username: me, password: hunter2}
    expose: [{port: 80, to: [{global: true, ip: one}]}, {port: 53, proto: udp, to: [{global: true, ip: two}]}]
    params: {permissions: {read: [logs]}}
endpoints: {one: {kind: ip}, two: {kind: ip}}
profiles:
  compute:
    p:
      resources:
        cpu: {units: 1, attributes: {arch: amd64, a_b: 1}}
        memory: {size: 1Gi}
        storage: {size: 1Gi}
        gpu: {units: 2, attributes: {vendor: {nvidia: [{model: a100, ram: 80Gi}]}}}
  placement:
    dcloud: {pricing: {p: {denom: uakt, amount: 1}}}
deployment:
  web: {dcloud: {profile: p, count: 1}}
"#;

#[test]
fn the_rules_for_gpu_addresses_credentials_and_permissions_hold_too() {
    let manifest = parse("file.yaml", RARE.as_bytes()).unwrap_or_else(|errors| panic!("{errors}")).manifest();
    let json = String::from_utf8(manifest.to_canonical_json()).unwrap();
    assert_eq!(Manifest::from_canonical_json(json.as_bytes()), Ok(manifest));
    for (from, to, message) in [
        ("\"password\":\"hunter2\"", "\"password\":\"short\"", "the password is too short"),
        ("\"host\":\"images.example.org\"", "\"host\":\"\"", "the host is too short"),
        ("\"email\":\"\"", "\"email\":\"a@b\"", "the email is too short"),
        ("\"username\":\"me\"", "\"username\":\"m\\ne\"", "control character"),
        ("\"read\":[\"logs\"]", "\"read\":[\"exec\"]", "`exec` is not a permission"),
        ("\"key\":\"arch\"", "\"key\":\"Arch\"", "`Arch` is not an attribute"),
        ("\"value\":\"amd64\"", "\"value\":\"\"", "a value of 0 bytes"),
        ("\"key\":\"a_b\"", "\"key\":\"z\"", "not sorted"),
        ("\"key\":\"a_b\"", "\"key\":\"arch\"", "there twice"),
        ("vendor/nvidia/model/a100", "vendor/nvidia/model/a 100", "is not what a gpu can be"),
        ("vendor/nvidia", "model/nvidia", "is not what a gpu can be"),
        ("\"value\":\"true\"", "\"value\":\"yes\"", "gpu attribute"),
        ("\"endpointSequenceNumber\":1", "\"endpointSequenceNumber\":3", "endpoints"),
        ("\"ip\":\"one\"", "\"ip\":\"two\"", "has two numbers"),
        (
            "\"endpointSequenceNumber\":1,\"externalPort\":0,\"global\":true",
            "\"endpointSequenceNumber\":1,\"externalPort\":0,\"global\":false",
            "not global",
        ),
        ("{\"kind\":2,\"sequence_number\":1}", "{\"kind\":1,\"sequence_number\":0}", "endpoints"),
    ] {
        assert!(json.contains(from), "{from} is not in {json}");
        let error = Manifest::from_canonical_json(json.replacen(from, to, 1).as_bytes()).expect_err(to);
        assert!(matches!(error, CanonicalError::Rule { .. }), "{from} -> {to}: {error}");
        assert!(error.to_string().contains(message), "{from} -> {to}: {error}");
    }
    let same_number = json
        .replace("\"endpointSequenceNumber\":2", "\"endpointSequenceNumber\":1")
        .replace("\"sequence_number\":2", "\"sequence_number\":1");
    let error = Manifest::from_canonical_json(same_number.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("two addresses have the same number"), "{error}");
}

#[test]
fn a_password_is_not_in_what_is_logged() {
    let manifest = parse("file.yaml", RARE.as_bytes()).unwrap().manifest();
    assert!(!format!("{manifest:?} {:?}", manifest.needs()).contains("hunter2"));
}

#[test]
fn a_version_is_written_as_lower_case_hex_and_read_back() {
    let version = parse("file.yaml", SOURCE.as_bytes()).unwrap().manifest().version();
    let text = version.to_string();
    assert_eq!(text.len(), 64);
    assert_eq!(text, text.to_lowercase());
    assert_eq!(text.parse(), Ok(version));
    for bad in ["", "ab", &text[1..], &format!("{text}0"), &text.replace(&text[..1], "g")] {
        let error = bad.parse::<Version>().unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits"), "{error}");
    }
}

#[test]
fn groups_and_services_are_found_by_name() {
    let manifest = parse("file.yaml", SOURCE.as_bytes()).unwrap().manifest();
    let group = manifest.group("dcloud").unwrap();
    assert!(manifest.group("other").is_none());
    let web = group.service("web").unwrap();
    assert_eq!(web.mount("data").unwrap().mount, "/data");
    assert!(web.mount("default").is_none());
    assert_eq!(web.expose[0].effective_port(), 8080);
    assert!(!web.expose[0].is_ingress());
}
