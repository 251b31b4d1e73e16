//! What an order asks of a provider beyond its standing: auditors, wildcards, reputation.

use cloud_std::Bps;
use cosmwasm_std::{coin, Addr};
use market_api::limits::MAX_AUDITORS;
use market_api::msg::EligibilitySubject;
use market_api::*;
use registry_api::Attribute;

use crate::support::*;

fn wish(key: &str, value: &str) -> Attribute {
    Attribute::new(key, value)
}

fn asking(requirements: Requirements) -> OrderSpec {
    let mut spec = spec(100);
    spec.group.requirements = requirements;
    spec
}

fn signed_by(any_of: &[&Addr], all_of: &[&Addr]) -> SignedBy {
    let texts = |list: &[&Addr]| list.iter().map(ToString::to_string).collect();
    SignedBy { any_of: texts(any_of), all_of: texts(all_of) }
}

fn eligibility(world: &World, order: OrderId, provider: &Addr) -> Eligibility {
    let subject = EligibilitySubject::Order { order };
    world.ask(&QueryMsg::Eligibility { subject, provider: provider.to_string() })
}

/// Each requirement of this kind, whether it is met, and what was found.
fn found(answer: &Eligibility, kind: RequirementKind) -> Vec<(bool, String)> {
    let of_kind = answer.checks.iter().filter(|check| check.requirement == kind);
    of_kind.map(|check| (check.met, check.found.clone())).collect()
}

#[test]
fn each_named_auditor_vouches_for_every_wished_attribute() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let (x, y) = (world.addr("x"), world.addr("y"));
    world.change_provider(&alice, |provider| provider.attributes.push(wish("tier", "gold")));
    let order = world.create(vec![asking(Requirements {
        attributes: vec![wish("region", "eu-west"), wish("tier", "gold")],
        signed_by: signed_by(&[], &[&x, &y]),
        ..Default::default()
    })]);
    let refused = |world: &mut World, text: &str| {
        let msg = ExecuteMsg::PlaceBid { order, provider: None, price: price(50) };
        world.fails(&alice, msg, &[coin(DEPOSIT, DENOM)], text);
    };
    refused(&mut world, "SignedByAllOf");
    world.attest(&x, &alice, &[("region", "eu-west"), ("tier", "gold")]);
    refused(&mut world, &format!("expected attested by {y}, found nothing attested that holds"));
    world.attest(&y, &alice, &[("region", "eu-west")]);
    refused(&mut world, "found tier = gold not attested");
    let answer = eligibility(&world, order, &alice);
    assert!(!answer.eligible);
    let kind = RequirementKind::SignedByAllOf;
    assert_eq!(
        found(&answer, kind),
        [(true, "attested".into()), (false, "tier = gold not attested".to_owned())]
    );
    world.attest(&y, &alice, &[("region", "eu-west"), ("tier", "gold")]);
    assert!(eligibility(&world, order, &alice).eligible);
    world.bid(&alice, order, 50);
}

#[test]
fn one_auditor_of_several_is_enough_for_any_of_and_several_do_not_add_up() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let (x, y) = (world.addr("x"), world.addr("y"));
    world.change_provider(&alice, |provider| provider.attributes.push(wish("tier", "gold")));
    let order = world.create(vec![asking(Requirements {
        attributes: vec![wish("region", "eu-west"), wish("tier", "gold")],
        signed_by: signed_by(&[&x, &y], &[]),
        ..Default::default()
    })]);
    world.attest(&x, &alice, &[("region", "eu-west")]);
    world.attest(&y, &alice, &[("tier", "gold")]);
    let error = world.try_bid(&alice, order, 50).unwrap_err();
    assert!(error.contains("SignedByAnyOf"), "{error}");
    world.attest(&y, &alice, &[("region", "eu-west"), ("tier", "gold")]);
    let answer = eligibility(&world, order, &alice);
    assert_eq!(found(&answer, RequirementKind::SignedByAnyOf), [(true, format!("attested by {y}"))]);
    world.bid(&alice, order, 50);
}

#[test]
fn an_attestation_that_ends_before_the_match_loses_the_order() {
    let mut world = World::new();
    let (alice, bob, carol) = (world.provider("alice"), world.provider("bob"), world.provider("carol"));
    let x = world.addr("x");
    let order =
        world.create(vec![asking(Requirements { signed_by: signed_by(&[&x], &[]), ..Default::default() })]);
    for (provider, amount) in [(&alice, 50), (&bob, 60), (&carol, 70)] {
        world.attest(&x, provider, &[("region", "eu-west")]);
        world.bid(provider, order, amount);
    }
    // One by the auditor's revocation, one because the provider is no longer what was attested.
    world.attest(&x, &alice, &[]);
    world.change_provider(&bob, |provider| provider.attributes[0].value = "us-east".into());
    world.pass(BID_WINDOW);
    let response = world.ok(&world.stranger.clone(), ExecuteMsg::Match { order });
    assert_eq!(names(&response), ["bid_skipped", "bid_skipped", "order_matched"]);
    let (_, attributes) = &events(&response)[0];
    assert!(attributes.contains(&("reason".into(), "signed_by_any_of".into())), "{attributes:?}");
    assert_eq!(world.lease(LeaseId(1)).provider, carol);
}

#[test]
fn a_wildcard_at_the_end_of_a_key_is_met_within_its_part_of_the_path() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let x = world.addr("x");
    let order = world.create(vec![asking(Requirements {
        attributes: vec![wish("gpu/nvidia/*", "true")],
        signed_by: signed_by(&[], &[&x]),
        ..Default::default()
    })]);
    for (key, value) in
        [("gpu/amd/mi300", "true"), ("gpu/nvidia/a100/80gi", "true"), ("gpu/nvidia/a100", "no")]
    {
        world.change_provider(&alice, |provider| provider.attributes = vec![wish(key, value)]);
        world.attest(&x, &alice, &[(key, value)]);
        let error = world.try_bid(&alice, order, 50).unwrap_err();
        assert!(error.contains("expected gpu/nvidia/* = true"), "{error}");
    }
    world.change_provider(&alice, |provider| provider.attributes = vec![wish("gpu/nvidia/a100", "true")]);
    let error = world.try_bid(&alice, order, 50).unwrap_err();
    assert!(error.contains("nothing attested that holds"), "{error}");
    world.attest(&x, &alice, &[("gpu/nvidia/a100", "true")]);
    let answer = eligibility(&world, order, &alice);
    assert_eq!(found(&answer, RequirementKind::Attribute), [(true, "gpu/nvidia/a100 = true".to_owned())]);
    world.bid(&alice, order, 50);
}

#[test]
fn reputation_comes_from_service_and_stake_and_falls_with_faults() {
    let mut world = World::new();
    let stranger = world.stranger.clone();
    let nothing = world.reputation(&stranger);
    assert_eq!((nothing.reputation, nothing.quality), (Bps(0), Bps(0)));
    let lease = world.active(100);
    let alice = lease.provider.clone();
    world.stake(&alice, 300);
    assert_eq!(world.reputation(&alice).reputation, Bps(0), "nothing is counted yet");
    world.pass(TERM);
    world.ok(&stranger, ExecuteMsg::Withdraw { lease: lease.id });
    // floor(10000 x sqrt(100 s / 400 days))
    let alone = world.reputation(&alice);
    assert_eq!((alone.reputation, alone.quality), (Bps(17), Bps(17)));
    assert_eq!((alone.stake, alone.total_stake), (price(300), price(300)));
    world.stake(&stranger, 200);
    assert_eq!(world.reputation(&alice).reputation, Bps(10), "three fifths of all stake");

    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    let lease = world.matches(order);
    world.ok(&alice, ExecuteMsg::Decline { lease: lease.id, reason: "no room".into() });
    // 100 seconds of service against a fault of a day.
    assert_eq!(world.reputation(&alice).quality, Bps(0));
}

#[test]
fn the_least_reputation_is_held_against_the_bidder_at_the_bid_and_at_the_match() {
    let mut world = World::new();
    let lease = world.active(100);
    let (alice, bob) = (lease.provider.clone(), world.provider("bob"));
    world.pass(TERM);
    world.ok(&alice, ExecuteMsg::Withdraw { lease: lease.id });
    let asking_for = |least| asking(Requirements { min_reputation: Bps(least), ..Default::default() });
    let order = world.create(vec![asking_for(17)]);
    let error = world.try_bid(&alice, order, 50).unwrap_err();
    assert!(error.contains("MinReputation: expected a reputation of at least 17, found 0"), "{error}");
    world.stake(&alice, 100);
    world.bid(&alice, order, 50);
    let error = world.try_bid(&bob, order, 50).unwrap_err();
    assert!(error.contains("MinReputation"), "{error}");
    let answer = eligibility(&world, order, &alice);
    assert_eq!(found(&answer, RequirementKind::MinReputation), [(true, "17".to_owned())]);
    // Others stake before the match.
    world.stake(&bob, 1);
    world.pass(BID_WINDOW);
    let response = world.ok(&bob, ExecuteMsg::Match { order });
    assert_eq!(names(&response), ["bid_skipped", "order_expired"]);
}

#[test]
fn malformed_requirements_are_refused_and_the_largest_are_accepted() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    let auditors: Vec<Addr> = (0..=MAX_AUDITORS).map(|n| world.addr(&format!("auditor{n}"))).collect();
    let all: Vec<&Addr> = auditors.iter().collect();
    let upper = Addr::unchecked(auditors[0].as_str().to_uppercase());
    let cases: Vec<(Requirements, &str)> = vec![
        (
            Requirements { signed_by: signed_by(&all, &[]), ..Default::default() },
            "requirements.signed_by has 9 auditors; accepted are 0 to 8",
        ),
        (Requirements { signed_by: signed_by(&all[..4], &all[4..]), ..Default::default() }, "has 9 auditors"),
        (
            Requirements { signed_by: signed_by(&[all[0], all[0]], &[]), ..Default::default() },
            "requirements.signed_by.any_of names",
        ),
        (
            Requirements { signed_by: signed_by(&[], &[all[0], all[0]]), ..Default::default() },
            "requirements.signed_by.all_of names",
        ),
        (Requirements { signed_by: signed_by(&[&upper], &[]), ..Default::default() }, ""),
        (Requirements { signed_by: signed_by(&[], &[&Addr::unchecked("nobody")]), ..Default::default() }, ""),
        (
            Requirements { min_reputation: Bps(10_001), ..Default::default() },
            "requirements.min_reputation has 10001 basis points; accepted are 0 to 10000",
        ),
        (
            Requirements { attributes: vec![wish("gpu/*/a100", "true")], ..Default::default() },
            "one * at most, at the end",
        ),
        (
            Requirements { attributes: vec![wish("gpu/**", "true")], ..Default::default() },
            "one * at most, at the end",
        ),
    ];
    for (requirements, text) in cases {
        let subject = EligibilitySubject::Requirements { requirements: requirements.clone() };
        let provider = tenant.to_string();
        assert!(world.ask_fails(&QueryMsg::Eligibility { subject, provider }).contains(text));
        let msg = ExecuteMsg::CreateDeployment { version: version(1), orders: vec![asking(requirements)] };
        world.fails(&tenant, msg, &[coin(100, DENOM)], text);
    }
    let widest = Requirements {
        attributes: vec![wish("gpu/*", "true")],
        min_stake: price(1),
        // One in both lists counts twice.
        signed_by: signed_by(&all[..4], &all[3..7]),
        min_reputation: Bps(10_000),
    };
    let order = world.create(vec![asking(widest.clone())]);
    assert_eq!(world.order(order).spec.group.requirements, widest);
    let limits: Limits = world.ask(&QueryMsg::Limits {});
    assert_eq!(limits.max_auditors as usize, MAX_AUDITORS);
}
