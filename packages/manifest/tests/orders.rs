//! What a file sells for, and whether a manifest fits what was sold.

use std::collections::BTreeMap;

use cosmwasm_std::Uint128;
use manifest::{check_fits, parse, total_for_term, Amount, Sdl, Terms, BLOCK_MILLISECONDS};
use market_api::{OrderSpec, Volume};
use registry_api::Attribute;

const TWO_GROUPS: &str = r#"
version: "2.0"
services:
  web:
    image: nginx
    expose:
      - {port: 80, to: [{global: true}, {service: api}]}
      - {port: 443, to: [{global: true}]}
  api:
    image: redis
    expose: [{port: 6379, to: [{service: web}]}]
    params: {storage: {data: {mount: /data}, shm: {mount: /dev/shm}}}
profiles:
  compute:
    small: {resources: {cpu: {units: 250m}, memory: {size: 64Mi}, storage: {size: 1Gi}}}
    large:
      resources:
        cpu: {units: 2}
        memory: {size: 1Gi}
        storage:
          - {size: 2Gi, attributes: {class: default}}
          - {name: data, size: 5Gi, attributes: {persistent: true, class: beta2}}
          - {name: shm, size: 1Mi, attributes: {class: ram}}
  placement:
    west:
      attributes: {region: us-west, arch: amd64}
      pricing: {small: {denom: uakt, amount: 1.5}, large: {denom: uakt, amount: "100"}}
    east:
      pricing: {small: {denom: uakt, amount: 2}}
deployment:
  web: {west: {profile: small, count: 3}, east: {profile: small, count: 1}}
  api: {west: {profile: large, count: 1}}
"#;

fn sdl() -> Sdl {
    parse("two.yaml", TWO_GROUPS.as_bytes()).unwrap()
}

fn terms(term: u64) -> Terms {
    Terms {
        term,
        bid_window: 30,
        fallback: true,
        denom_map: BTreeMap::from([("uakt".to_string(), "uakash".to_string())]),
        min_stake: 7,
    }
}

fn west() -> OrderSpec {
    sdl().orders(&terms(3_600)).unwrap().remove(1)
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

#[test]
fn each_placement_becomes_an_order_with_an_entry_for_each_service() {
    let orders = sdl().orders(&terms(3_600)).unwrap();
    let names: Vec<&str> = orders.iter().map(|order| order.group.name.as_str()).collect();
    assert_eq!(names, ["east", "west"]);

    let west = &orders[1];
    assert_eq!((west.term, west.bid_window, west.fallback), (3_600, 30, true));
    assert_eq!(west.group.requirements.min_stake, Uint128::new(7));
    assert_eq!(
        west.group.requirements.attributes,
        [Attribute::new("arch", "amd64"), Attribute::new("region", "us-west")]
    );
    let [api, web] = west.group.resources.as_slice() else { panic!("{:?}", west.group.resources) };
    assert_eq!((api.cpu, api.memory, api.endpoints, api.count), (2_000, 1 << 30, 0, 1));
    let volume = |name: &str, size: u64, persistent: bool, class: Option<&str>| Volume {
        name: name.to_string(),
        size,
        persistent,
        class: class.map(str::to_string),
    };
    assert_eq!(
        api.storage,
        [
            volume("default", 2 << 30, false, None),
            volume("data", 5 << 30, true, Some("beta2")),
            volume("shm", 1 << 20, false, Some("ram")),
        ]
    );
    assert_eq!((web.cpu, web.memory, web.endpoints, web.count), (250, 64 << 20, 2, 3));
    assert_eq!((web.bandwidth, &web.gpu), (0, &None));
}

#[test]
fn an_orders_price_is_the_sum_of_its_services_each_rounded_up() {
    let orders = sdl().orders(&terms(3_600)).unwrap();
    // ceil(2 x 3600000 / 6098) and ceil(1.5 x 3 x 3600000 / 6098) + ceil(100 x 3600000 / 6098)
    assert_eq!(orders[0].max_price.to_string(), "1181uakash");
    assert_eq!(orders[1].max_price.to_string(), format!("{}uakash", 2_657 + 59_036));
}

#[test]
fn a_price_for_each_block_becomes_a_total_for_the_term() {
    assert_eq!(BLOCK_MILLISECONDS, 6_098);
    for (per_block, count, term, total) in [
        ("1", 1, 6_098, 1_000),
        ("1", 1, 1, 1),
        ("1", 1, 6, 1),
        ("1", 1, 7, 2),
        ("0.5", 2, 6_098, 1_000),
        ("0.001", 1, 6_098, 1),
        ("0.0010000001", 1, 6_098, 2),
        ("100", 1, 30 * 86_400, 42_505_740),
        ("0", 5, 3_600, 0),
        ("7", 0, 3_600, 0),
        ("7", 5, 0, 0),
        ("0.000000000000000001", 1_000, 366 * 86_400, 1),
        ("18446744073709551615.000000000000000001", 1, 6_098, 18_446_744_073_709_551_615_001),
        ("12345678901234567890", 1_000, 6_098, 12_345_678_901_234_567_890_000_000),
    ] {
        assert_eq!(
            total_for_term(&amount(per_block), count, term),
            Some(total),
            "{per_block} x {count} x {term} s"
        );
    }
}

#[test]
fn a_total_beyond_what_can_be_held_is_none_and_not_a_panic() {
    let most = amount("99999999999999999999.999999999999999999");
    assert_eq!(total_for_term(&most, u32::MAX, u64::MAX), None);
}

#[test]
fn amounts_are_decimal_and_exact() {
    for (text, shown) in
        [("1", "1"), ("0.50", "0.5"), ("007", "7"), ("0.0", "0"), ("10.010", "10.01"), ("100", "100")]
    {
        assert_eq!(amount(text).to_string(), shown);
    }
    for text in [
        "",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "1e3",
        "1_0",
        " 1",
        "0x1",
        "1.2.3",
        "100000000000000000000",
        "0.1234567890123456789",
    ] {
        assert!(text.parse::<Amount>().is_err(), "{text}");
    }
}

#[test]
fn a_price_in_a_denom_that_the_market_does_not_take_is_refused_with_its_place() {
    let mut terms = terms(3_600);
    terms.denom_map = BTreeMap::from([("uact".to_string(), "uakash".to_string())]);
    let errors = sdl().orders(&terms).unwrap_err();
    assert_eq!(errors.0.len(), 3);
    assert_eq!(
        errors.0[0].to_string(),
        "two.yaml:27:24: profiles.placement.west.pricing.small: this market takes no uakt; accepted: uact"
    );
}

#[test]
fn prices_in_two_denoms_are_refused() {
    let source = TWO_GROUPS.replace("denom: uakt, amount: 2", "denom: uact, amount: 2");
    let mut terms = terms(3_600);
    terms.denom_map.insert("uact".to_string(), "uact".to_string());
    let errors = parse("two.yaml", source.as_bytes()).unwrap().orders(&terms).unwrap_err();
    assert!(errors.to_string().contains("one denom for all prices"), "{errors}");
}

#[test]
fn terms_and_prices_that_nothing_can_be_sold_for_are_refused() {
    assert!(sdl().orders(&terms(0)).unwrap_err().to_string().contains("term: a term of 0 s; accepted: 1 to"));
    assert!(sdl()
        .orders(&Terms { bid_window: 0, ..terms(1) })
        .unwrap_err()
        .to_string()
        .contains("bid_window"));
    let free = TWO_GROUPS.replace("denom: uakt, amount: 2", "denom: uakt, amount: 0");
    let errors = parse("two.yaml", free.as_bytes()).unwrap().orders(&terms(1)).unwrap_err();
    assert!(errors.to_string().contains("pricing.small: the group would cost nothing"), "{errors}");
    let dear = TWO_GROUPS.replace("amount: 2", "amount: 18446744073709551616");
    let errors = parse("two.yaml", dear.as_bytes()).unwrap().orders(&terms(3_600)).unwrap_err();
    assert!(errors.to_string().contains("is too much for a term of 3600 s"), "{errors}");
}

#[test]
fn a_manifest_fits_what_its_own_order_sold() {
    let manifest = sdl().manifest();
    for order in sdl().orders(&terms(3_600)).unwrap() {
        check_fits(manifest.group(&order.group.name).unwrap(), &order.group).unwrap();
    }
}

#[test]
fn renaming_services_and_changing_images_still_fits() {
    let source = TWO_GROUPS.replace("web", "zweb").replace("api", "yapi").replace("nginx", "httpd");
    let source = source.replace("yapi", "last").replace("zweb", "first");
    let manifest = parse("two.yaml", source.as_bytes()).unwrap().manifest();
    check_fits(manifest.group("west").unwrap(), &west().group).unwrap();
}

#[test]
fn a_manifest_that_takes_anything_else_than_what_was_sold_does_not_fit() {
    for (from, to) in [
        ("units: 250m", "units: 251m"),
        ("size: 64Mi", "size: 65Mi"),
        ("count: 3", "count: 4"),
        ("count: 3", "count: 2"),
        ("size: 2Gi", "size: 3Gi"),
        ("name: data, size: 5Gi", "name: data, size: 4Gi"),
        ("persistent: true, ", ""),
        ("class: beta2", "class: beta3"),
        ("port: 443, to: [{global: true}]", "port: 443, to: [{service: api}]"),
    ] {
        let source = TWO_GROUPS.replace(from, to);
        assert_ne!(source, TWO_GROUPS);
        let manifest =
            parse("two.yaml", source.as_bytes()).unwrap_or_else(|errors| panic!("{errors}")).manifest();
        let error = check_fits(manifest.group("west").unwrap(), &west().group).expect_err(to);
        assert!(error.contains("did not sell"), "{error}");
    }
}

#[test]
fn a_group_of_another_name_or_number_of_services_does_not_fit() {
    let manifest = sdl().manifest();
    let error = check_fits(manifest.group("east").unwrap(), &west().group).unwrap_err();
    assert_eq!(error, "the order is for group `west`, the manifest's group is `east`");
    let mut fewer = west().group;
    fewer.resources.pop();
    let error = check_fits(manifest.group("west").unwrap(), &fewer).unwrap_err();
    assert_eq!(error, "group `west`: the order sold resources for 1 services, the manifest has 2");
}

#[test]
fn two_services_do_not_both_fit_what_one_entry_sold() {
    let mut doubled = west().group;
    doubled.resources[0] = doubled.resources[1].clone();
    let error = check_fits(sdl().manifest().group("west").unwrap(), &doubled).unwrap_err();
    assert!(error.contains("service `api` takes 1 x (2000 millicores"), "{error}");
}
