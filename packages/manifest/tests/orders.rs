//! What a file sells for, and whether a manifest fits what was sold.

use std::collections::BTreeMap;

use cosmwasm_std::Uint128;
use manifest::{
    check_fits, parse, total_for_term, Amount, Feature, Sdl, Terms, BLOCK_MILLISECONDS, LEASED_IP_ATTRIBUTE,
};
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

/// One service with everything that a provider may not have.
const RARE: &str = r#"
version: "2.1"
services:
  web:
    image: nginx
    expose:
      - {port: 80, accept: [a.example.com], http_options: {max_body_size: 1}, to: [{global: true, ip: address}]}
      - {port: 443, to: [{global: true}]}
    params:
      storage: {data: {mount: /data, readOnly: true}}
endpoints: {address: {kind: ip}}
profiles:
  compute:
    p:
      resources:
        cpu: {units: 1}
        memory: {size: 1Gi}
        storage: [{size: 1Gi}, {name: data, size: 1Gi, attributes: {persistent: true, class: beta3}}]
        gpu: {units: 2, attributes: {vendor: {nvidia: [{model: H100, ram: 80Gi, interface: sxm}, {model: a100}, {model: A100}]}}}
  placement:
    west: {attributes: {region: west}, pricing: {p: {denom: uakt, amount: 1}}}
deployment: {web: {west: {profile: p, count: 1}}}
"#;

fn rare(from: &str, to: &str) -> Sdl {
    assert!(RARE.contains(from), "{from}");
    parse("rare.yaml", RARE.replace(from, to).as_bytes()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn an_order_asks_for_gpu_and_leased_addresses() {
    let order = rare("", "").orders(&terms(3_600)).unwrap().remove(0);
    let [resources] = order.group.resources.as_slice() else { panic!("{order:?}") };
    let gpu = resources.gpu.as_ref().unwrap();
    let keys: Vec<&str> = gpu.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(
        (gpu.units, keys),
        (2, vec!["vendor/nvidia/model/a100", "vendor/nvidia/model/h100/ram/80gi/interface/sxm"]),
        "in lower case and each once, as the chain takes them"
    );
    assert_eq!(resources.endpoints, 2, "one for each global port");
    assert_eq!(
        order.group.requirements.attributes,
        [Attribute::new(LEASED_IP_ATTRIBUTE, "true"), Attribute::new("region", "west")]
    );
    check_fits(&rare("", "").manifest().groups[0], &order.group).unwrap();
    let other = rare("model: H100", "model: h200").manifest();
    assert!(check_fits(&other.groups[0], &order.group).unwrap_err().contains("h200"));
}

#[test]
fn a_leased_address_and_attributes_that_exclude_it_are_refused() {
    let same = rare("region: west", "feat-endpoint-ip: true").orders(&terms(3_600)).unwrap().remove(0);
    assert_eq!(same.group.requirements.attributes, [Attribute::new(LEASED_IP_ATTRIBUTE, "true")]);
    let errors = rare("region: west", "feat-endpoint-ip: false").orders(&terms(3_600)).unwrap_err();
    assert!(errors.to_string().contains("the placement asks for `false`"), "{errors}");
    let many: Vec<String> = (0..32).map(|i| format!("a{i}: b")).collect();
    let errors = rare("region: west", &many.join(", ")).orders(&terms(3_600)).unwrap_err();
    assert!(errors.to_string().contains("up to 31 attributes"), "{errors}");
}

#[test]
fn what_an_order_cannot_ask_for_is_not_ordered_without_it() {
    for (from, to, message) in [
        (
            "cpu: {units: 1}",
            "cpu: {units: 1, attributes: {arch: arm64}}",
            "rare.yaml:16:37: profiles.compute.p.resources.cpu.attributes: an order cannot ask for attributes of a cpu yet; accepted: attributes of the placement",
        ),
        (
            "image: nginx",
            "image: nginx\n    credentials: {host: a.io, username: b, password: secret}",
            "rare.yaml:6:18: services.web.credentials: an order cannot ask for credentials for a registry yet; accepted: an image that the provider can get without them",
        ),
        (
            "params:",
            "params:\n      permissions: {read: [logs]}",
            "rare.yaml:10:20: services.web.params.permissions: an order cannot ask for permissions yet; accepted: no permissions",
        ),
    ] {
        assert_eq!(rare(from, to).orders(&terms(3_600)).unwrap_err().to_string(), message);
    }
    for (from, to) in [
        ("attributes: {region: west}", "signedBy: {anyOf: []}"),
        ("cpu: {units: 1}", "cpu: {units: 1, attributes: {}}"),
        ("params:", "params:\n      permissions: {read: []}"),
    ] {
        rare(from, to).orders(&terms(3_600)).unwrap_or_else(|errors| panic!("{errors}"));
    }
}

#[test]
fn the_auditors_of_a_placement_are_asked_for() {
    let asked = |from: &str, to: &str| {
        let order = rare(from, to).orders(&terms(3_600)).unwrap().remove(0);
        order.group.requirements.signed_by
    };
    let signed_by =
        asked("attributes: {region: west}", "signedBy: {anyOf: [wasm1a, wasm1b], allOf: [wasm1c]}");
    assert_eq!(signed_by.any_of, ["wasm1a", "wasm1b"]);
    assert_eq!(signed_by.all_of, ["wasm1c"]);
    assert!(asked("", "").is_empty());
}

#[test]
fn everything_that_a_provider_may_not_have_is_listed() {
    let source = "image: nginx\n    credentials: {host: a.io, username: b, password: secret}";
    let needs = rare("image: nginx", source).manifest().needs();
    let lines: Vec<String> = needs.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "service `web` needs a mounted volume (data at /data)",
            "service `web` needs a read-only volume (data)",
            "service `web` needs a persistent volume (data)",
            "service `web` needs a storage class (data of class beta3)",
            "service `web` needs credentials for a registry (a.io)",
            "service `web` needs a gpu (2 of vendor/nvidia/model/H100/ram/80Gi/interface/sxm or vendor/nvidia/model/a100 or vendor/nvidia/model/A100)",
            "service `web` needs a leased address (port 80/TCP on address)",
            "service `web` needs host names (port 80/TCP as a.example.com)",
            "service `web` needs options of an HTTP proxy (port 80/TCP)",
        ]
    );
    let rest = rare("cpu: {units: 1}", "cpu: {units: 1, attributes: {arch: arm64}}");
    assert!(rest.manifest().needs().iter().any(|need| need.feature == Feature::CpuAttributes));
    let rest = rare("params:", "params:\n      permissions: {read: [logs, deployment]}").manifest().needs();
    let need = rest.iter().find(|need| need.feature == Feature::Permissions).unwrap();
    assert_eq!(need.detail, "to read logs, deployment");
}

#[test]
fn an_ordinary_manifest_needs_nothing() {
    let source =
        TWO_GROUPS.replace("params: {storage: {data: {mount: /data}, shm: {mount: /dev/shm}}}", "args: [a]");
    let source = source.replace("persistent: true, class: beta2", "class: default").replace("class: ram", "");
    let manifest =
        parse("two.yaml", source.as_bytes()).unwrap_or_else(|errors| panic!("{errors}")).manifest();
    assert_eq!(manifest.needs(), []);
}
