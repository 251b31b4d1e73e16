//! Registering, changing and leaving.

use cloud_std::Page;
use cosmwasm_std::Addr;
use registry_api::{limits, Attribute, Contact, ExecuteMsg, Provider, QueryMsg};

use crate::chain::{nothing, register, Chain, ErrorText};

#[test]
fn anyone_registers_and_is_paid_at_its_own_address_unless_it_says_otherwise() {
    let mut chain = Chain::new();
    let (alice, bob) = (chain.alice.clone(), chain.bob.clone());
    chain.register(&alice);
    assert_eq!(chain.provider(&alice).payout, alice);
    let msg = ExecuteMsg::Register {
        payout: Some(alice.to_string()),
        endpoints: vec![],
        attributes: vec![Attribute::new("region", "eu"), Attribute::new("arch", "amd64")],
        contact: Some(Contact { name: "Bob & Söhne".into(), ..Default::default() }),
    };
    chain.run(&bob, &msg).unwrap();
    let record = chain.provider(&bob);
    assert_eq!(record.payout, alice);
    assert_eq!(record.attributes, [Attribute::new("arch", "amd64"), Attribute::new("region", "eu")]);
    chain.run(&bob, &register()).refused(&["is a registered provider already"]);
}

#[test]
fn an_update_changes_what_is_given_and_keeps_the_rest() {
    let mut chain = Chain::new();
    let (alice, bob) = (chain.alice.clone(), chain.bob.clone());
    chain.register(&alice);
    let before = chain.provider(&alice);
    chain.pass(10);
    let msg = ExecuteMsg::Update {
        payout: Some(bob.to_string()),
        endpoints: None,
        attributes: Some(vec![Attribute::new("a", "b")]),
        contact: None,
    };
    chain.run(&alice, &msg).unwrap();
    let expected = Provider {
        payout: bob.clone(),
        attributes: vec![Attribute::new("a", "b")],
        updated_at: before.updated_at + 10,
        ..before
    };
    assert_eq!(chain.provider(&alice), expected);
    chain.run(&alice, &nothing()).refused(&["nothing to update"]);
    chain.run(&bob, &msg).refused(&["is not a registered provider"]);
}

#[test]
fn deregistering_waits_for_live_leases_and_then_is_real() {
    let mut chain = Chain::new();
    let (alice, bob) = (chain.alice.clone(), chain.bob.clone());
    chain.run(&alice, &ExecuteMsg::Deregister {}).refused(&["is not a registered provider"]);
    chain.register(&alice);
    chain.run(&alice, &ExecuteMsg::AddOperator { operator: bob.to_string() }).unwrap();
    chain.live_leases(2);
    chain.run(&alice, &ExecuteMsg::Deregister {}).refused(&["has 2 live leases"]);
    chain.live_leases(0);
    chain.run(&alice, &ExecuteMsg::Deregister {}).unwrap();

    let gone: Result<Provider, _> = chain.query(&QueryMsg::Provider { provider: alice.to_string() });
    gone.refused(&["is not a registered provider"]);
    let of: Option<Addr> = chain.query(&QueryMsg::ProviderOfOperator { operator: bob.to_string() }).unwrap();
    assert_eq!(of, None);
    // Its operator is free, and it may come back.
    chain.register(&bob);
    chain.register(&alice);
    assert!(chain.provider(&alice).operators.is_empty());
}

#[test]
fn deregistering_fails_when_the_market_does_not_answer() {
    let mut chain = Chain::new();
    let (alice, owner) = (chain.alice.clone(), chain.owner.clone());
    chain.register(&alice);
    let nobody = ExecuteMsg::SetMarket { market: chain.bob.to_string() };
    chain.run(&owner, &nobody).unwrap();
    chain.run(&alice, &ExecuteMsg::Deregister {}).unwrap_err();
    chain.provider(&alice);
}

#[test]
fn what_a_provider_says_is_bounded_and_well_formed() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    let (registry, market) = (chain.registry.to_string(), chain.market.to_string());
    let attribute = |key: &str, value: &str| vec![Attribute::new(key, value)];
    let with = |endpoints: Vec<String>, attributes: Vec<Attribute>| ExecuteMsg::Register {
        payout: None,
        endpoints,
        attributes,
        contact: None,
    };
    let endpoints = |endpoints: Vec<String>| with(endpoints, vec![]);
    let attributes = |attributes| with(vec![], attributes);
    let paid = |payout: &str| ExecuteMsg::Register {
        payout: Some(payout.to_owned()),
        endpoints: vec![],
        attributes: vec![],
        contact: None,
    };
    let called = |name: String| ExecuteMsg::Register {
        payout: None,
        endpoints: vec![],
        attributes: vec![],
        contact: Some(Contact { name, ..Default::default() }),
    };
    let many: Vec<_> = (0..=limits::MAX_ENDPOINTS).map(|n| format!("https://p{n}:1")).collect();
    let long_host = format!("https://{}a:1", "a.".repeat(130));
    let more = (0..=limits::MAX_ATTRIBUTES).map(|n| Attribute::new(format!("k{n}"), "v")).collect();
    let twice = vec![Attribute::new("k", "v"), Attribute::new("a", "b"), Attribute::new("k", "w")];
    for (msg, parts) in [
        (endpoints(many), vec!["endpoints: at most 5", "got 6"]),
        (endpoints(vec!["http://p:1".into()]), vec!["https://host:port"]),
        (endpoints(vec!["https://p:1".into(), "https://p:1".into()]), vec!["appears twice"]),
        (endpoints(vec![long_host]), vec!["256 bytes"]),
        (attributes(more), vec!["attributes: at most 32", "got 33"]),
        (attributes(twice), vec!["attribute key \"k\" appears twice"]),
        (attributes(attribute("", "v")), vec!["attribute key"]),
        (attributes(attribute("K", "v")), vec!["attribute key \"K\""]),
        (attributes(attribute("-k", "v")), vec!["attribute key"]),
        (attributes(attribute("k\u{0}", "v")), vec!["attribute key"]),
        (attributes(attribute(&"k".repeat(65), "v")), vec!["64 bytes, got 65"]),
        (attributes(attribute("k", "")), vec!["attribute value"]),
        (attributes(attribute("k", " v")), vec!["attribute value"]),
        (attributes(attribute("k", "\u{202e}v")), vec!["attribute value"]),
        (attributes(attribute("k", &"v".repeat(129))), vec!["128 bytes, got 129"]),
        (called("x".repeat(257)), vec!["contact name", "256 bytes, got 257"]),
        (called("a\nb".into()), vec!["contact name", "control"]),
        (called("a\u{202e}b".into()), vec!["contact name"]),
        (paid(&registry), vec!["payout cannot be", registry.as_str()]),
        (paid(&market), vec!["payout cannot be", market.as_str()]),
        (paid("nobody"), vec!["parse failed"]),
        (paid(&alice.as_str().to_uppercase()), vec!["not normalized"]),
    ] {
        chain.run(&alice, &msg).refused(&parts);
    }
    // At the limits all is well.
    let most = ExecuteMsg::Register {
        payout: None,
        endpoints: (0..limits::MAX_ENDPOINTS).map(|n| format!("https://p{n}:65535")).collect(),
        attributes: (0..limits::MAX_ATTRIBUTES)
            .map(|n| Attribute::new(format!("{n:0>64}"), "v".repeat(128)))
            .collect(),
        contact: Some(Contact { name: "x".repeat(256), email: "y".repeat(256), website: "z".repeat(256) }),
    };
    chain.run(&alice, &most).unwrap();
}

#[test]
fn providers_are_listed_in_pages_without_gap_or_double() {
    let mut chain = Chain::new();
    let mut expected = vec![];
    for n in 0..103 {
        let who = chain.app.api().addr_make(&format!("provider{n}"));
        chain.register(&who);
        expected.push(who);
    }
    expected.sort();
    let page = |start_after: Option<String>, limit| {
        chain.query::<Page<Provider, Addr>>(&QueryMsg::Providers { start_after, limit }).unwrap()
    };
    assert_eq!(page(None, None).items.len(), 30);
    assert_eq!(page(None, Some(u32::MAX)).items.len(), 100);
    let (mut found, mut next) = (vec![], None);
    loop {
        let answer = page(next.map(|addr: Addr| addr.into_string()), Some(17));
        found.extend(answer.items.into_iter().map(|provider| provider.owner));
        next = answer.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(found, expected);
}
