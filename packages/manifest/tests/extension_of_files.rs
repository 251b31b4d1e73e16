//! The key `x-market` of a file, from the text to the canonical manifest and the orders.

use std::collections::BTreeMap;

use content::{ContentId, ContentRef};
use manifest::{parse, parse_with, Manifest, Proto, Terms, Wishes};
use market_api::OrderSpec;

const WHOLE: &str = include_str!("extension/whole.yaml");

fn named(path: &str) -> Result<ContentRef, String> {
    match path {
        "build/app.tar" => Ok(ContentRef { id: ContentId([1; 32]), size: 4_096 }),
        "app.conf" => Ok(ContentRef { id: ContentId([2; 32]), size: 11 }),
        _ => Err("there is no such file".to_string()),
    }
}

fn terms(min_stake: u128) -> Terms {
    Terms {
        term: 3_600,
        bid_window: 60,
        fallback: false,
        denom_map: BTreeMap::from([("uakt".to_string(), "uakash".to_string())]),
        min_stake,
    }
}

fn orders(source: &str, min_stake: u128) -> Vec<OrderSpec> {
    // What no order can ask for yet has a test of its own.
    let source =
        source.replace("      bandwidth: 2Mi\n", "").replace("      secrets: [PASSWORD, BACKUP_KEY]\n", "");
    let sdl = parse_with("deploy.yaml", source.as_bytes(), &mut named).unwrap();
    sdl.orders(&terms(min_stake)).unwrap()
}

#[test]
fn everything_that_the_key_says_is_in_the_manifest_and_survives_its_canonical_form() {
    let sdl = parse_with("deploy.yaml", WHOLE.as_bytes(), &mut named).unwrap();
    let manifest = sdl.manifest();
    let names: Vec<String> = manifest.connections().iter().map(|connection| connection.name()).collect();
    assert_eq!(names, ["db.web.8080.tcp", "web.db.53.udp", "web.db.5432.tcp"]);
    let back = &manifest.connections()[0];
    assert_eq!((back.port, back.target_port, back.proto), (8080, 80, Proto::Tcp));

    let web = manifest.group("east").unwrap().service("web").unwrap();
    assert_eq!(web.carried.image, named("build/app.tar").ok());
    assert_eq!(web.carried.files[0].mount, "/etc/app/app.conf");
    assert_eq!(web.resources.bandwidth, 2 << 20);
    let db = manifest.group("west").unwrap().service("db").unwrap();
    assert_eq!(db.carried.secrets, ["BACKUP_KEY", "PASSWORD"]);
    assert_eq!(manifest.contents().len(), 2, "a file that two services see travels once");

    let paths: Vec<&str> = sdl.files().values().map(String::as_str).collect();
    assert_eq!(paths, ["build/app.tar", "app.conf"]);
    assert_eq!(sdl.wishes(), Wishes { term: Some(43_200), bid_window: Some(45), fallback: Some(true) });
    assert_eq!(Manifest::from_canonical_json(&manifest.to_canonical_json()).unwrap(), manifest);
}

#[test]
fn a_file_without_the_key_has_the_version_that_it_always_had() {
    let (plain, _) = WHOLE.split_once("x-market:").unwrap();
    let empty = format!("{plain}x-market: {{}}\n");
    let version = |source: &str| parse("deploy.yaml", source.as_bytes()).unwrap().manifest().version();
    assert_eq!(version(plain), version(&empty));
    let with = parse_with("deploy.yaml", WHOLE.as_bytes(), &mut named).unwrap().manifest();
    assert_ne!(with.version(), version(plain));
    assert!(!String::from_utf8(parse("p", plain.as_bytes()).unwrap().manifest().to_canonical_json())
        .unwrap()
        .contains("x-market"));
}

#[test]
fn a_connection_both_ways_is_two() {
    let one = "    - {from: web, to: db, port: 5432}\n";
    let source = WHOLE
        .replace(
            "      - {port: 5432, to:",
            "      - {port: 5432, to: [{service: web}]}\n      - {port: 8080, to:",
        )
        .replace("    - {from: db, to: web, port: 8080}\n", "")
        .replace(one, &format!("{one}    - {{from: web, to: db, port: 8080, both_ways: true}}\n"));
    let manifest = parse_with("deploy.yaml", source.as_bytes(), &mut named).unwrap().manifest();
    let names: Vec<String> = manifest.connections().iter().map(|connection| connection.name()).collect();
    assert_eq!(names, ["db.web.8080.tcp", "web.db.53.udp", "web.db.5432.tcp", "web.db.8080.tcp"]);
}

#[test]
fn placements_ask_providers_for_stake_and_reputation() {
    let specs = orders(WHOLE, 0);
    assert_eq!(specs[0].group.requirements.min_stake.u128(), 0);
    let west = &specs[1].group.requirements;
    assert_eq!((west.min_stake.u128(), west.min_reputation.0), (5_000_000, 2_500));
    let stakes: Vec<u128> =
        orders(WHOLE, 6_000_000).iter().map(|spec| spec.group.requirements.min_stake.u128()).collect();
    assert_eq!(stakes, [6_000_000, 6_000_000], "the higher of the two counts");
}

#[test]
fn a_carried_file_that_cannot_be_read_is_named_with_its_place() {
    let source = WHOLE.replace("file: app.conf", "file: gone.conf");
    let errors = parse_with("deploy.yaml", source.as_bytes(), &mut named).unwrap_err().to_string();
    assert!(errors.contains("x-market.content.config.file"), "{errors}");
    assert!(errors.contains("gone.conf") && errors.contains("there is no such file"), "{errors}");
    let alone = parse("deploy.yaml", WHOLE.as_bytes()).unwrap_err().to_string();
    assert!(alone.contains("no other files are read here"), "{alone}");
}

#[test]
fn nobody_bids_on_less_than_the_file_asks_for() {
    let sdl = parse_with("deploy.yaml", WHOLE.as_bytes(), &mut named).unwrap();
    let errors = sdl.orders(&terms(0)).unwrap_err().to_string();
    assert!(errors.contains("x-market.services.db.secrets: an order cannot ask for secrets yet"), "{errors}");
    assert!(
        errors.contains("x-market.services.web.bandwidth: an order cannot ask for bandwidth yet"),
        "{errors}"
    );
}
