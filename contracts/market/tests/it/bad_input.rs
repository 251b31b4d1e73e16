use crate::permissions::{funds_of, one_of_each};
use crate::support::*;
use cosmwasm_std::{coin, from_json, Uint128};
use market_api::limits::*;
use market_api::*;
use registry_api::Attribute;

/// A change that makes an order invalid, and what the refusal names.
type Case = (fn(&mut OrderSpec), &'static str);

fn resources(spec: &mut OrderSpec) -> &mut Resources {
    &mut spec.group.resources[0]
}

#[test]
fn an_order_with_anything_out_of_bounds_is_refused_with_the_field_named() {
    let cases: Vec<Case> = vec![
        (|spec| spec.group.name = String::new(), "group.name"),
        (|spec| spec.group.name = "x".repeat(64), "group.name"),
        (|spec| spec.group.name = "Web".into(), "group.name"),
        (|spec| spec.group.name = "-web".into(), "group.name"),
        (|spec| spec.group.name = "web-".into(), "group.name"),
        (|spec| spec.group.name = "w\u{0}b".into(), "group.name"),
        (|spec| spec.group.name = "../x".into(), "group.name"),
        (|spec| spec.group.name = " web".into(), "group.name"),
        (|spec| spec.group.name = "\u{202e}bew".into(), "group.name"),
        (|spec| spec.group.name = "x".repeat(1 << 20), "group.name"),
        (|spec| spec.group.resources.clear(), "group.resources has 0"),
        (
            |spec| spec.group.resources = vec![spec.group.resources[0].clone(); MAX_RESOURCES_PER_GROUP + 1],
            "group.resources has 33",
        ),
        (|spec| resources(spec).cpu = 0, "group.resources[0].cpu"),
        (|spec| resources(spec).memory = 0, "group.resources[0].memory"),
        (|spec| resources(spec).count = 0, "group.resources[0].count"),
        (|spec| resources(spec).count = MAX_COUNT + 1, "group.resources[0].count"),
        (|spec| resources(spec).storage = vec![resources(spec).storage[0].clone(); 2], "twice"),
        (
            |spec| resources(spec).storage = vec![resources(spec).storage[0].clone(); MAX_VOLUMES + 1],
            "volumes",
        ),
        (|spec| resources(spec).storage[0].size = 0, "storage data"),
        (|spec| resources(spec).storage[0].name = "/etc".into(), "storage name"),
        (|spec| resources(spec).storage[0].class = Some("Beta 2".into()), "class"),
        (|spec| resources(spec).gpu = Some(Gpu { units: 0, attributes: vec![] }), "gpu"),
        (
            |spec| {
                let attributes = vec![Attribute::new("vendor/nvidia", "")];
                resources(spec).gpu = Some(Gpu { units: 1, attributes });
            },
            "gpu.attributes value",
        ),
        (|spec| require(spec, vec![Attribute::new("", "x")]), "requirements.attributes key"),
        (|spec| require(spec, vec![Attribute::new("Region", "x")]), "requirements.attributes key"),
        (|spec| require(spec, vec![Attribute::new("_region", "x")]), "requirements.attributes key"),
        (|spec| require(spec, vec![Attribute::new("r".repeat(65), "x")]), "requirements.attributes key"),
        (|spec| require(spec, vec![Attribute::new("region", "x".repeat(129))]), "value of region"),
        (|spec| require(spec, vec![Attribute::new("region", " eu")]), "value of region"),
        (|spec| require(spec, vec![Attribute::new("region", "e\nu")]), "value of region"),
        (|spec| require(spec, vec![Attribute::new("region", "a"), Attribute::new("region", "b")]), "twice"),
        (
            |spec| require(spec, (0..33).map(|at| Attribute::new(format!("k{at}"), "x")).collect()),
            "requirements.attributes has 33",
        ),
        (|spec| spec.group.requirements.min_stake = Uint128::MAX, "min_stake"),
        (|spec| spec.term = 0, "term has 0"),
        (|spec| spec.term = u64::MAX, "term has"),
        (|spec| spec.bid_window = 9, "bid_window has 9"),
        (|spec| spec.bid_window = u64::MAX, "bid_window has"),
        (|spec| spec.max_price.amount = price(0), "max_price has 0"),
        (|spec| spec.max_price.amount = price(9), "accepted are 10"),
        (|spec| spec.max_price.amount = price(MAX_AMOUNT + 1), "max_price has"),
        (|spec| spec.max_price.denom = "uother".into(), "accepted are: uakash, ufree"),
    ];
    let mut world = World::new();
    let tenant = world.tenant.clone();
    for (change, text) in cases {
        let mut bad = spec(100);
        change(&mut bad);
        let msg = ExecuteMsg::CreateDeployment { version: version(1), orders: vec![bad] };
        world.fails(&tenant, msg, &[coin(100, DENOM)], text);
    }
    assert_eq!((world.totals().deployments, world.totals().orders, world.totals().tenants), (0, 0, 0));
    assert_eq!(world.spent(&tenant), 0);
}

fn require(spec: &mut OrderSpec, attributes: Vec<Attribute>) {
    spec.group.requirements.attributes = attributes;
}

#[test]
fn the_bounds_themselves_are_accepted() {
    let mut world = World::new();
    let mut widest = spec(10);
    widest.group.name = "x".repeat(MAX_NAME_BYTES);
    let entry = &mut widest.group.resources[0];
    entry.cpu = u64::MAX;
    entry.count = MAX_COUNT;
    entry.gpu = Some(Gpu { units: 1, attributes: vec![Attribute::new("vendor/nvidia/model/a100", "true")] });
    entry.storage = (0..MAX_VOLUMES)
        .map(|at| Volume { name: format!("v{at}"), size: u64::MAX, persistent: false, class: None })
        .collect();
    widest.group.resources = vec![widest.group.resources[0].clone(); MAX_RESOURCES_PER_GROUP];
    require(&mut widest, (0..32).map(|at| Attribute::new(format!("k{at}"), "x".repeat(128))).collect());
    widest.group.requirements.min_stake = price(MAX_AMOUNT);
    let order = world.create(vec![widest.clone()]);
    assert_eq!(world.order(order).spec, widest);
}

#[test]
fn orders_of_a_message_are_counted_priced_and_in_one_denom() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    let create = |orders| ExecuteMsg::CreateDeployment { version: version(1), orders };
    world.fails(&tenant, create(vec![]), &[coin(1, DENOM)], "orders has 0");
    let many = vec![spec(10); MAX_ORDERS_PER_MESSAGE + 1];
    world.fails(&tenant, create(many), &[coin(110, DENOM)], "orders has 11");
    let mut free = spec(100);
    free.max_price.denom = FREE.into();
    world.fails(&tenant, create(vec![spec(100), free]), &[coin(200, DENOM)], "one denom");
    for wrong in [199, 201] {
        let funds = [coin(wrong, DENOM)];
        world.fails(&tenant, create(vec![spec(100), spec(100)]), &funds, "expected 200uakash in all");
    }
    // The second order is bad: nothing of the first remains.
    let half = create(vec![spec(100), OrderSpec { term: 0, ..spec(100) }]);
    world.fails(&tenant, half, &[coin(200, DENOM)], "term");
    assert_eq!((world.totals().deployments, world.totals().orders, world.totals().tenants), (0, 0, 0));
}

#[test]
fn a_version_is_thirty_two_bytes_and_a_new_one() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    for length in [0, 31, 33, 1000] {
        let version = vec![1; length].into();
        let msg = ExecuteMsg::CreateDeployment { version, orders: vec![spec(100)] };
        world.fails(&tenant, msg, &[coin(100, DENOM)], &format!("got {length} bytes"));
    }
    world.create(vec![spec(100)]);
    let update = |version| ExecuteMsg::UpdateDeployment { deployment: DeploymentId(1), version };
    world.fails(&tenant, update(vec![1; 31].into()), &[], "got 31 bytes");
    world.fails(&tenant, update(version(1)), &[], "already the current one");
}

#[test]
fn reasons_are_short_texts() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    let lease = world.matches(order).id;
    for reason in
        [String::new(), "x".repeat(257), "a\u{0}b".into(), "a\nb".into(), " ".into(), "x".repeat(1 << 20)]
    {
        let msg = ExecuteMsg::Decline { lease, reason: reason.clone() };
        world.fails(&alice, msg, &[], "reason is");
        world.fails(&alice, ExecuteMsg::BreakLease { lease, reason }, &[], "reason is");
    }
    world.ok(&alice, ExecuteMsg::Decline { lease, reason: "é".repeat(128) });
}

#[test]
fn addresses_that_are_not_normal_are_refused() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    let normal = alice.to_string();
    let mixed = normal.replacen('c', "C", 1);
    for bad in [
        normal.to_uppercase(),
        mixed,
        String::new(),
        "x".repeat(300),
        normal.replacen("cosmwasm", "other", 1),
    ] {
        let provider = Some(bad.clone());
        let sends = [
            ExecuteMsg::PlaceBid { order, provider: provider.clone(), price: price(5) },
            ExecuteMsg::LowerBid { order, provider: provider.clone(), price: price(5) },
            ExecuteMsg::WithdrawBid { order, provider },
            ExecuteMsg::ReclaimDeposit { order, provider: bad.clone() },
        ];
        for msg in sends {
            world.send(&alice, &msg, &funds_of(&msg)).expect_err(&format!("{msg:?}"));
        }
        let asks = [
            QueryMsg::ProviderRecord { provider: bad.clone() },
            QueryMsg::Bid { order, provider: bad.clone() },
            QueryMsg::Deployments { tenant: bad, start_after: None, limit: None },
        ];
        for msg in asks {
            assert!(!world.ask_fails(&msg).is_empty());
        }
    }
    assert_eq!(world.bid_of(order, &alice).price, price(50));
}

#[test]
fn unknown_fields_are_refused_in_every_message() {
    for msg in one_of_each() {
        let mut json = serde_json::to_value(&msg).unwrap();
        add_field(&mut json);
        let text = json.to_string();
        let error = from_json::<ExecuteMsg>(text.as_bytes()).expect_err(&text).to_string();
        assert!(error.contains("unknown field") || error.contains("colour"), "{error}");
    }
    let order = serde_json::to_value(spec(100)).unwrap();
    for pointer in ["", "/group", "/group/resources/0", "/group/resources/0/storage/0", "/group/requirements"]
    {
        let mut json = order.clone();
        let place = json.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        place.insert("colour".into(), "red".into());
        from_json::<OrderSpec>(json.to_string().as_bytes()).expect_err(pointer);
    }
}

/// Into the innermost object of the message itself.
fn add_field(json: &mut serde_json::Value) {
    let (_, body) = json.as_object_mut().unwrap().iter_mut().next().unwrap();
    match body.get("offer").or(body.get("withdraw")).or(body.get("accept")) {
        Some(_) => add_field(body),
        None => {
            body.as_object_mut().unwrap().insert("colour".into(), "red".into());
        }
    }
}

#[test]
fn broken_json_is_an_error() {
    for text in [
        r#"{"settle":{"lease":-1}}"#,
        r#"{"settle":{"lease":1e999}}"#,
        r#"{"settle":{"lease":NaN}}"#,
        r#"{"settle":{"lease":18446744073709551616}}"#,
        r#"{"settle":{"lease":1,"lease":2}}"#,
        r#"{"settle":{}}"#,
        r#"{"settle":{"lease":1},"match":{"order":1}}"#,
        r#"{"unknown":{}}"#,
        r#"{"place_bid":{"order":1,"price":"340282366920938463463374607431768211456"}}"#,
        r#"{"place_bid":{"order":1,"price":"-1"}}"#,
        "",
    ] {
        from_json::<ExecuteMsg>(text.as_bytes()).expect_err(text);
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    from_json::<ExecuteMsg>(deep.as_bytes()).expect_err("depth");
}
