//! Publishing, rotating and revoking roots.

use cloud_std::Page;
use cosmwasm_std::HexBinary;
use registry_api::limits::{MAX_ACTIVE_ROOTS, MAX_ROOTS};
use registry_api::{ExecuteMsg, QueryMsg, Root, RootState};

use crate::chain::{Chain, ErrorText};

const YEAR: u64 = 365 * 24 * 3_600;

fn roots(
    chain: &Chain,
    who: &cosmwasm_std::Addr,
    start_after: Option<HexBinary>,
    limit: Option<u32>,
) -> Page<Root, HexBinary> {
    chain.query(&QueryMsg::Roots { account: who.to_string(), start_after, limit }).unwrap()
}

#[test]
fn a_root_is_kept_as_it_came_with_what_peers_need() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    let der = chain.factory(&alice).der();
    chain.publish(&alice, der.clone()).unwrap();
    let fingerprint = HexBinary::from(cosmwasm_std::Checksum::generate(&der).as_slice());
    let root = chain.root(&alice, &fingerprint);
    assert_eq!((root.der.to_vec(), root.state, root.revoked_at), (der, RootState::Active, None));
    assert_eq!((root.not_before, root.published_at), (chain.now() - 60, chain.now()));
}

#[test]
fn rotation_overlaps_until_the_old_root_expires_or_is_revoked() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.register(&alice);
    assert_eq!(chain.provider(&alice).root_valid_until, 0);
    let now = chain.now();
    let old = chain.publish_good(&alice, 1_000);
    assert_eq!(chain.provider(&alice).root_valid_until, now + 1_000);
    let new = chain.publish_good(&alice, 5_000);
    assert_eq!(chain.provider(&alice).root_valid_until, now + 5_000);
    assert_eq!(chain.root(&alice, &old).state, RootState::Active);

    chain.pass(1_000);
    assert_eq!(chain.root(&alice, &old).state, RootState::Active);
    chain.pass(1);
    assert_eq!(chain.root(&alice, &old).state, RootState::Expired);
    assert_eq!(chain.root(&alice, &new).state, RootState::Active);

    chain.revoke(&alice, &new).unwrap();
    assert_eq!(chain.root(&alice, &new).state, RootState::Revoked);
    // What is left is the end of the expired one, which counts as past.
    assert_eq!(chain.provider(&alice).root_valid_until, now + 1_000);
    assert!(!chain.provider(&alice).has_valid_root(chain.now()));
}

#[test]
fn revoking_the_newest_falls_back_to_the_older() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.register(&alice);
    let now = chain.now();
    chain.publish_good(&alice, 1_000);
    let new = chain.publish_good(&alice, 5_000);
    chain.revoke(&alice, &new).unwrap();
    assert_eq!(chain.provider(&alice).root_valid_until, now + 1_000);
}

#[test]
fn roots_published_before_registering_count() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.publish_good(&alice, 1_000);
    chain.register(&alice);
    assert_eq!(chain.provider(&alice).root_valid_until, chain.now() + 1_000);
}

#[test]
fn revocation_is_final() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    let factory = chain.factory(&alice);
    let der = factory.der();
    chain.publish(&alice, der.clone()).unwrap();
    let fingerprint = HexBinary::from(cosmwasm_std::Checksum::generate(&der).as_slice());
    chain.revoke(&alice, &fingerprint).unwrap();
    chain.revoke(&alice, &fingerprint).refused(&["was revoked at"]);
    chain.publish(&alice, der).refused(&["was published already and is revoked for good"]);
    // Not in a new certificate either.
    let mut again = factory;
    again.valid(chain.now() - 1, chain.now() + YEAR / 2);
    chain.publish(&alice, again.der()).refused(&["the key", "was published already by"]);
}

#[test]
fn the_same_certificate_and_the_same_key_are_published_once() {
    let mut chain = Chain::new();
    let (alice, bob) = (chain.alice.clone(), chain.bob.clone());
    let factory = chain.factory(&alice);
    chain.publish(&alice, factory.der()).unwrap();
    chain.publish(&alice, factory.der()).refused(&["was published already by"]);
    chain.publish(&bob, factory.der()).refused(&["expected the sender's address"]);
    let mut stolen = chain.factory(&bob);
    stolen.key = factory.key;
    chain.publish(&bob, stolen.der()).refused(&["was published already by", alice.as_str()]);
}

#[test]
fn only_the_account_itself_revokes_its_root() {
    let mut chain = Chain::new();
    let (alice, bob, owner, market) =
        (chain.alice.clone(), chain.bob.clone(), chain.owner.clone(), chain.market.clone());
    let fingerprint = chain.publish_good(&alice, YEAR);
    for stranger in [&bob, &owner, &market] {
        chain.revoke(stranger, &fingerprint).refused(&["has no root"]);
    }
    chain.revoke(&alice, &HexBinary::from([0; 32])).refused(&["has no root"]);
    chain.revoke(&alice, &HexBinary::default()).refused(&["has no root"]);
    assert_eq!(chain.root(&alice, &fingerprint).state, RootState::Active);
}

#[test]
fn active_roots_are_bounded() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    let first = chain.publish_good(&alice, YEAR);
    for _ in 1..MAX_ACTIVE_ROOTS {
        chain.publish_good(&alice, YEAR);
    }
    let der = chain.factory(&alice).der();
    chain.publish(&alice, der.clone()).refused(&["3 active roots", "revoke one"]);
    chain.revoke(&alice, &first).unwrap();
    chain.publish(&alice, der).unwrap();
}

#[test]
fn the_oldest_expired_root_makes_room_and_then_the_oldest_revoked_one() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    // The oldest is revoked, the next expires.
    let revoked = chain.publish_good(&alice, YEAR);
    chain.revoke(&alice, &revoked).unwrap();
    let expired = chain.publish_good(&alice, 10);
    chain.pass(11);
    while roots(&chain, &alice, None, Some(100)).items.len() < MAX_ROOTS {
        let fingerprint = chain.publish_good(&alice, YEAR);
        chain.revoke(&alice, &fingerprint).unwrap();
        chain.pass(1);
    }
    let has = |chain: &Chain, fingerprint: &HexBinary| {
        roots(chain, &chain.alice, None, Some(100)).items.iter().any(|root| root.fingerprint == *fingerprint)
    };
    chain.publish_good(&alice, YEAR);
    assert!(!has(&chain, &expired) && has(&chain, &revoked));
    chain.publish_good(&alice, YEAR);
    assert!(!has(&chain, &revoked));
    assert_eq!(roots(&chain, &alice, None, Some(100)).items.len(), MAX_ROOTS);
}

#[test]
fn a_key_stays_refused_after_its_root_made_room() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    let factory = chain.factory(&alice);
    chain.publish(&alice, factory.der()).unwrap();
    let first = roots(&chain, &alice, None, None).items[0].fingerprint.clone();
    chain.revoke(&alice, &first).unwrap();
    for _ in 0..MAX_ROOTS {
        chain.pass(1);
        let fingerprint = chain.publish_good(&alice, YEAR);
        chain.revoke(&alice, &fingerprint).unwrap();
    }
    let known: Result<Root, _> =
        chain.query(&QueryMsg::Root { account: alice.to_string(), fingerprint: first });
    known.refused(&["has no root"]);
    chain.publish(&alice, factory.der()).refused(&["was published already by"]);
}

#[test]
fn roots_are_listed_in_pages_without_gap_or_double() {
    let mut chain = Chain::new();
    let (alice, bob) = (chain.alice.clone(), chain.bob.clone());
    chain.publish_good(&bob, YEAR);
    let mut expected = vec![];
    for _ in 0..7 {
        let fingerprint = chain.publish_good(&alice, YEAR);
        chain.revoke(&alice, &fingerprint).unwrap();
        expected.push(fingerprint);
    }
    expected.sort();
    let mut found = vec![];
    let mut next = None;
    loop {
        let page = roots(&chain, &alice, next, Some(3));
        found.extend(page.items.into_iter().map(|root| root.fingerprint));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn a_root_takes_no_funds_and_no_unknown_field() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    let der = chain.factory(&alice).der();
    let msg = ExecuteMsg::PublishRoot { der: der.into() };
    chain.run_with(&alice, &msg, &cosmwasm_std::coins(1, "uakash")).refused(&["takes no funds"]);
    let mut json = serde_json::to_value(&msg).unwrap();
    json["publish_root"]["account"] = "x".into();
    chain.run(&alice, &json).refused(&["unknown field"]);
}
