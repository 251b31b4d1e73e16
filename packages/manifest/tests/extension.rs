//! The canonical form of what the extension `x-market` says of a service.

use manifest::{parse, CanonicalError, Connection, Feature, Manifest, Proto};

const SOURCE: &str = r#"
version: "2.0"
services:
  web: {image: nginx, env: [A=1], params: {storage: {data: {mount: /data, readOnly: true}}}}
  db: {image: redis}
profiles:
  compute:
    p: {resources: {cpu: {units: 1}, memory: {size: 1Gi}, storage: [{size: 1Gi}, {name: data, size: 2Gi}]}}
  placement:
    east: {pricing: {p: {denom: uakt, amount: 1}}}
    west: {pricing: {p: {denom: uakt, amount: 1}}}
deployment:
  web: {west: {profile: p, count: 1}, east: {profile: p, count: 1}}
  db: {east: {profile: p, count: 2}}
"#;

const ID: &str = "6b51d431df5d7f141cbececcf79edf3dd861c3b4069f0b11661a3eefacbba918";

/// The canonical form with `web` and `db` extended, where something is given.
fn extended(web: &str, db: &str) -> String {
    let manifest = parse("file.yaml", SOURCE.as_bytes()).unwrap().manifest();
    let mut json: serde_json::Value = serde_json::from_slice(&manifest.to_canonical_json()).unwrap();
    for group in json.as_array_mut().unwrap() {
        for service in group["services"].as_array_mut().unwrap() {
            let extension = if service["name"] == "web" { web } else { db };
            if !extension.is_empty() {
                service["x-market"] = serde_json::from_str(extension).unwrap();
            }
        }
    }
    // Keys stay in their order, and this one is the last.
    json.to_string()
}

fn whole() -> String {
    let web = format!(
        r#"{{"bandwidth":1000,"connections":[{{"port":5432,"proto":"TCP","targetPort":5433,"to":"db"}}],
            "files":[{{"content":{{"id":"{ID}","size":7}},"mount":"/etc/a"}}],
            "image":{{"id":"{}","size":9}},"secrets":["KEY","PASSWORD"]}}"#,
        ID.replace('6', "7")
    );
    let db = r#"{"connections":[{"port":53,"proto":"UDP","targetPort":53,"to":"web"}]}"#;
    extended(&web, db)
}

fn read(json: &str) -> Result<Manifest, CanonicalError> {
    Manifest::from_canonical_json(json.as_bytes())
}

#[test]
fn the_extension_is_read_and_written_back_to_the_byte() {
    let manifest = read(&whole()).unwrap();
    assert_eq!(String::from_utf8(manifest.to_canonical_json()).unwrap(), whole());
    let web = manifest.group("west").unwrap().service("web").unwrap();
    assert_eq!(web.resources.bandwidth, 1000);
    assert_eq!(web.carried.image.unwrap().size, 9);
    assert_eq!((web.carried.files[0].mount.as_str(), web.carried.files[0].content.size), ("/etc/a", 7));
    assert_eq!(web.carried.secrets, ["KEY", "PASSWORD"]);
}

#[test]
fn connections_are_listed_once_and_named() {
    let connections = read(&whole()).unwrap().connections();
    let names: Vec<String> = connections.iter().map(Connection::name).collect();
    assert_eq!(names, ["db.web.53.udp", "web.db.5432.tcp"]);
    let web = &connections[1];
    assert_eq!((web.from.as_str(), web.to.as_str()), ("web", "db"));
    assert_eq!((web.port, web.target_port, web.proto), (5432, 5433, Proto::Tcp));
    assert_eq!(web.to_string(), "web -> db:5432/TCP");
}

#[test]
fn contents_are_listed_once() {
    let contents = read(&whole()).unwrap().contents();
    let sizes: Vec<u64> = contents.iter().map(|content| content.size).collect();
    assert_eq!(sizes, [7, 9]);
}

#[test]
fn a_group_needs_each_part_also_what_comes_in() {
    let manifest = read(&whole()).unwrap();
    let features = |group: &str| {
        let mut features: Vec<Feature> =
            manifest.needs_of(group).into_iter().map(|need| need.feature).collect();
        features.retain(|feature| *feature >= Feature::Bandwidth);
        features.sort();
        features
    };
    let alone = [
        Feature::Bandwidth,
        Feature::Connection,
        Feature::IncomingConnection,
        Feature::CarriedImage,
        Feature::CarriedFile,
        Feature::Secret,
        Feature::Secret,
    ];
    assert_eq!(features("west"), alone);
    assert_eq!(features("east").len(), alone.len() + 2);
    assert_eq!(manifest.needs_of("north"), []);
}

#[test]
fn other_keys_and_other_spellings_are_refused() {
    for (from, to) in [
        ("\"bandwidth\"", "\"privileged\":true,\"bandwidth\""),
        ("\"proto\":\"TCP\",\"targetPort\"", "\"proto\":\"SCTP\",\"targetPort\""),
        ("\"mount\":\"/etc/a\"", "\"mount\":\"/etc/a\",\"source\":\"/etc\""),
        ("\"size\":7", "\"size\":7.0"),
        ("\"size\":7", "\"size\":-7"),
        ("\"to\":\"db\"", "\"both\":true,\"to\":\"db\""),
        ("\"port\":5432", "\"port\":65536"),
    ] {
        let error = read(&whole().replace(from, to)).expect_err(to);
        assert!(matches!(error, CanonicalError::Json(_)), "{to}: {error}");
    }
    for (from, to) in [
        ("\"bandwidth\":1000,", "\"bandwidth\": 1000,"),
        ("\"image\":{", "\"image\": {"),
        (
            "\"x-market\":{\"connections\":[{\"port\":53,",
            "\"x-market\":{\"bandwidth\":0,\"connections\":[{\"port\":53,",
        ),
        (
            "\"x-market\":{\"connections\":[{\"port\":53,",
            "\"x-market\":{\"files\":[],\"connections\":[{\"port\":53,",
        ),
    ] {
        let changed = whole().replace(from, to);
        assert_ne!(changed, whole(), "{from}");
        let error = read(&changed).expect_err(to);
        assert!(matches!(error, CanonicalError::Spelling(_)), "{to}: {error}");
    }
    let empty = extended("{}", "");
    assert!(matches!(read(&empty), Err(CanonicalError::Spelling(_))));
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let file =
        |mount: &str, size: &str| format!(r#"{{"content":{{"id":"{ID}","size":{size}}},"mount":"{mount}"}}"#);
    let files = |files: &[String]| format!(r#"{{"files":[{}]}}"#, files.join(","));
    let connection = |port: &str, proto: &str, target: &str, to: &str| {
        format!(r#"{{"port":{port},"proto":"{proto}","targetPort":{target},"to":"{to}"}}"#)
    };
    let connections = |list: &[String]| format!(r#"{{"connections":[{}]}}"#, list.join(","));
    let db = || connection("1", "TCP", "1", "db");
    for (web, wanted) in [
        (connections(&[connection("1", "TCP", "1", "nobody")]), "no service"),
        (connections(&[connection("1", "TCP", "1", "web")]), "with itself"),
        (connections(&[connection("1", "TCP", "1", "../db")]), "not a name"),
        (connections(&[connection("0", "TCP", "1", "db")]), "port 0"),
        (connections(&[connection("1", "TCP", "0", "db")]), "port 0"),
        (connections(&[db(), db()]), "there twice"),
        (connections(&[db(), connection("1", "TCP", "2", "db")]), "there twice"),
        (connections(&[connection("2", "TCP", "2", "db"), db()]), "not sorted"),
        (connections(&[connection("1", "UDP", "1", "db"), db()]), "not sorted"),
        (files(&[file("etc/a", "1")]), "does not begin with /"),
        (files(&[file("/etc/../a", "1")]), "contains . or .."),
        (files(&[file("/proc/a", "1")]), "kernel"),
        (files(&[file("/dev/shm/a", "1")]), "devices"),
        (files(&[file("/etc/hosts", "1")]), "the engine writes it"),
        (files(&[file("/run/secrets/KEY", "1")]), "where secrets are"),
        (files(&[file("/a/", "1")]), "slash"),
        (files(&[file("//a", "1")]), "slash"),
        (files(&[file("/a:b", "1")]), "colon"),
        (files(&[file("/data", "1")]), "a volume is mounted"),
        (files(&[file("/data/a", "1")]), "read-only volume"),
        (files(&[file("/a", "1"), file("/a", "1")]), "cannot both be files"),
        (files(&[file("/a", "1"), file("/a/b", "1")]), "cannot both be files"),
        (files(&[file("/b", "1"), file("/a", "1")]), "not sorted"),
        (files(&[file("/a", "67108865")]), "67108865 bytes"),
        (files(&[file("/a", "1"), file("/b", "2")]), "two sizes"),
        (files(&[file("/a", "1")]).replace(ID, "ab"), "content id"),
        (files(&[file("/a", "1")]).replace(ID, &ID.to_uppercase()), "content id"),
        (format!(r#"{{"image":{{"id":"{ID}","size":0}}}}"#), "0 bytes"),
        (format!(r#"{{"image":{{"id":"{ID}","size":17179869185}}}}"#), "17179869185 bytes"),
        (r#"{"secrets":["C","B"]}"#.to_owned(), "not sorted"),
        (r#"{"secrets":["B","B"]}"#.to_owned(), "there twice"),
        (r#"{"secrets":["a/b"]}"#.to_owned(), "name of a secret"),
        (r#"{"secrets":["A"]}"#.to_owned(), "a variable and a secret"),
        (r#"{"bandwidth":9007199254740993}"#.to_owned(), "bandwidth"),
    ] {
        match read(&extended(&web, "")) {
            Err(CanonicalError::Rule { message, .. }) => {
                assert!(message.contains(wanted), "{web}: {message}")
            }
            other => panic!("{web}: {other:?}"),
        }
    }
}

#[test]
fn what_is_too_much_is_refused() {
    let many =
        |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<Vec<_>>().join(",");
    let connection = |n: usize| format!(r#"{{"port":{},"proto":"TCP","targetPort":1,"to":"db"}}"#, n + 1);
    let file = |n: usize| format!(r#"{{"content":{{"id":"{n:064x}","size":1}},"mount":"/a{n:03}"}}"#);
    let secret = |n: usize| format!("\"S{n:03}\"");
    for (key, most, one) in [
        ("connections", 256, &connection as &dyn Fn(usize) -> String),
        ("files", 64, &file),
        ("secrets", 32, &secret),
    ] {
        let with = |count: usize| extended(&format!("{{\"{key}\":[{}]}}", many(count, one)), "");
        read(&with(most)).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert!(matches!(read(&with(most + 1)), Err(CanonicalError::Rule { .. })), "{key}");
    }
    let other = many(64, &|n| file(n + 64));
    let most = extended(&format!("{{\"files\":[{}]}}", many(64, &file)), &format!("{{\"files\":[{other}]}}"));
    assert_eq!(read(&most).unwrap().contents().len(), 128);
    let image = format!(r#""image":{{"id":"{}","size":1}}"#, "f".repeat(64));
    let more = most.replace("\"files\":", &format!("{image},\"files\":"));
    assert!(matches!(read(&more), Err(CanonicalError::Rule { .. })));
}

#[test]
fn a_service_has_the_same_connections_wherever_it_runs() {
    let json = whole();
    let key = "\"connections\":[{\"port\":5432";
    let second = json.rfind(key).unwrap();
    assert_ne!(json.find(key).unwrap(), second);
    let changed = format!("{}{}", &json[..second], json[second..].replacen("5432", "5431", 1));
    match read(&changed) {
        Err(CanonicalError::Rule { path, message }) => {
            assert_eq!(path, "west.web");
            assert!(message.contains("another group"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}
