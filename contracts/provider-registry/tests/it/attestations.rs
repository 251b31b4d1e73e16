//! What auditors vouch for: only what the provider says, only as long as it says it.

use cloud_std::Page;
use cosmwasm_std::{coin, Addr};
use registry_api::{limits, Attestation, AttestedProvider, Attribute, ExecuteMsg, QueryMsg, RegistryClient};

use crate::chain::{nothing, Chain, ErrorText};

fn attribute(text: &str) -> Attribute {
    let (key, value) = text.split_once('=').unwrap();
    Attribute::new(key, value)
}

fn attributes(texts: &[&str]) -> Vec<Attribute> {
    texts.iter().map(|text| attribute(text)).collect()
}

fn says(texts: &[&str]) -> ExecuteMsg {
    let mut msg = nothing();
    if let ExecuteMsg::Update { attributes: said, .. } = &mut msg {
        *said = Some(attributes(texts));
    }
    msg
}

fn attest(provider: &Addr, texts: &[&str]) -> ExecuteMsg {
    ExecuteMsg::Attest { provider: provider.to_string(), attributes: attributes(texts) }
}

fn revoke(provider: &Addr) -> ExecuteMsg {
    ExecuteMsg::RevokeAttestation { provider: provider.to_string() }
}

/// Alice, a provider that says these of itself.
fn alice(chain: &mut Chain, texts: &[&str]) -> Addr {
    let alice = chain.alice.clone();
    chain.register(&alice);
    chain.run(&alice, &says(texts)).unwrap();
    alice
}

fn attested(chain: &Chain, provider: &Addr) -> AttestedProvider {
    let (start_after, limit) = (None, None);
    chain.query(&QueryMsg::AttestedProvider { provider: provider.to_string(), start_after, limit }).unwrap()
}

#[test]
fn a_provider_and_what_is_vouched_for_come_in_one_answer() {
    let mut chain = Chain::new();
    let alice = alice(&mut chain, &["arch=amd64", "region=eu", "tier=gold"]);
    let (bob, carol) = (chain.bob.clone(), chain.carol.clone());
    assert!(attested(&chain, &alice).attestations.items.is_empty());
    chain.run(&bob, &attest(&alice, &["region=eu", "arch=amd64"])).unwrap();
    chain.pass(5);
    chain.run(&carol, &attest(&alice, &["tier=gold"])).unwrap();

    let answer = attested(&chain, &alice);
    assert_eq!(answer.provider, chain.provider(&alice));
    let mut expected = vec![
        Attestation {
            provider: alice.clone(),
            auditor: bob.clone(),
            attributes: attributes(&["arch=amd64", "region=eu"]),
            lapsed: vec![],
            attested_at: chain.now() - 5,
        },
        Attestation {
            provider: alice.clone(),
            auditor: carol,
            attributes: attributes(&["tier=gold"]),
            lapsed: vec![],
            attested_at: chain.now(),
        },
    ];
    expected.sort_by_key(|attestation| attestation.auditor.clone());
    assert_eq!(answer.attestations, Page { items: expected, next: None });
    // Other contracts read the same.
    let raw = RegistryClient(&chain.registry)
        .attestation(&chain.app.wrap(), &chain.provider(&alice), &bob)
        .unwrap();
    assert_eq!(raw.unwrap().attributes, attributes(&["arch=amd64", "region=eu"]));
}

#[test]
fn only_what_the_provider_says_now_can_be_signed() {
    let mut chain = Chain::new();
    let alice = alice(&mut chain, &["region=eu"]);
    let bob = chain.bob.clone();
    chain.run(&bob, &attest(&bob, &["region=eu"])).refused(&["is not a registered provider"]);
    chain.run(&bob, &attest(&alice, &["region=us"])).refused(&["says eu of region, not us"]);
    chain.run(&bob, &attest(&alice, &["region=eu", "arch=arm64"])).refused(&["says none of arch, not arm64"]);
    chain.run(&bob, &attest(&alice, &["reg*=eu"])).refused(&["says none of reg*"]);
    chain.run(&bob, &attest(&alice, &[])).refused(&["at least one attribute"]);
    chain.run(&bob, &attest(&alice, &["region=eu", "region=eu"])).refused(&["appears twice"]);
    let many: Vec<String> = (0..=limits::MAX_ATTRIBUTES).map(|n| format!("k{n}=v")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    chain.run(&bob, &attest(&alice, &many)).refused(&["attributes: at most 32", "got 33"]);
    let upper = ExecuteMsg::Attest {
        provider: alice.to_string().to_uppercase(),
        attributes: attributes(&["region=eu"]),
    };
    chain.run(&bob, &upper).unwrap_err();
    assert!(attested(&chain, &alice).attestations.items.is_empty());
}

#[test]
fn no_funds_go_with_an_attestation() {
    let mut chain = Chain::new();
    let alice = alice(&mut chain, &["region=eu"]);
    let funds = [coin(1, "uakash")];
    chain.run_with(&alice, &attest(&alice, &["region=eu"]), &funds).refused(&["takes no funds"]);
    chain.run_with(&alice, &revoke(&alice), &funds).refused(&["takes no funds"]);
}

#[test]
fn a_changed_value_is_no_longer_attested_and_a_restored_one_is() {
    let mut chain = Chain::new();
    let alice = alice(&mut chain, &["arch=amd64", "region=eu"]);
    let bob = chain.bob.clone();
    chain.run(&bob, &attest(&alice, &["arch=amd64", "region=eu"])).unwrap();
    chain.run(&alice, &says(&["arch=amd64", "region=us"])).unwrap();
    let only = |chain: &Chain| attested(chain, &alice).attestations.items.remove(0);
    assert_eq!(only(&chain).attributes, attributes(&["arch=amd64"]));
    assert_eq!(only(&chain).lapsed, attributes(&["region=eu"]));
    chain.run(&alice, &says(&["region=eu"])).unwrap();
    assert_eq!(only(&chain).attributes, attributes(&["region=eu"]));
    assert_eq!(only(&chain).lapsed, attributes(&["arch=amd64"]));
}

#[test]
fn signing_again_replaces_and_revoking_ends_it_at_once() {
    let mut chain = Chain::new();
    let alice = alice(&mut chain, &["arch=amd64", "region=eu"]);
    let (bob, carol) = (chain.bob.clone(), chain.carol.clone());
    chain.run(&bob, &attest(&alice, &["arch=amd64", "region=eu"])).unwrap();
    chain.run(&bob, &attest(&alice, &["arch=amd64"])).unwrap();
    assert_eq!(attested(&chain, &alice).attestations.items[0].attributes, attributes(&["arch=amd64"]));

    // Nobody else takes an auditor's word back, the provider least of all.
    for other in [&alice, &carol] {
        chain.run(other, &revoke(&alice)).refused(&["vouches for nothing of"]);
    }
    chain.run(&bob, &revoke(&alice)).unwrap();
    assert!(attested(&chain, &alice).attestations.items.is_empty());
    chain.run(&bob, &revoke(&alice)).refused(&["vouches for nothing of"]);
}

#[test]
fn a_provider_that_registers_anew_needs_a_new_attestation() {
    let mut chain = Chain::new();
    let alice = alice(&mut chain, &["region=eu"]);
    let (bob, carol) = (chain.bob.clone(), chain.carol.clone());
    chain.run(&bob, &attest(&alice, &["region=eu"])).unwrap();
    chain.run(&carol, &attest(&alice, &["region=eu"])).unwrap();
    chain.run(&alice, &ExecuteMsg::Deregister {}).unwrap();
    let of_bob = |chain: &Chain| {
        let (auditor, start_after, limit) = (bob.to_string(), None, None);
        let page: Page<Attestation, Addr> =
            chain.query(&QueryMsg::AttestationsOfAuditor { auditor, start_after, limit }).unwrap();
        page.items
    };
    assert_eq!(of_bob(&chain)[0].lapsed, attributes(&["region=eu"]));
    // While the provider is gone, too.
    chain.run(&carol, &revoke(&alice)).unwrap();

    chain.pass(1);
    chain.register(&alice);
    chain.run(&alice, &says(&["region=eu"])).unwrap();
    let left = attested(&chain, &alice).attestations.items;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].attributes.len(), left[0].lapsed.len()), (0, 1));
    chain.run(&bob, &attest(&alice, &["region=eu"])).unwrap();
    assert_eq!(of_bob(&chain)[0].attributes, attributes(&["region=eu"]));
}

#[test]
fn attestations_are_paged_by_auditor_and_by_provider() {
    let mut chain = Chain::new();
    let alice = alice(&mut chain, &["region=eu"]);
    let bob = chain.bob.clone();
    let mut auditors = vec![];
    let mut audited = vec![alice.clone()];
    for n in 0..103 {
        let auditor = chain.app.api().addr_make(&format!("auditor{n}"));
        chain.run(&auditor, &attest(&alice, &["region=eu"])).unwrap();
        auditors.push(auditor);
    }
    chain.run(&bob, &attest(&alice, &["region=eu"])).unwrap();
    auditors.push(bob.clone());
    for n in 0..4 {
        let provider = chain.app.api().addr_make(&format!("provider{n}"));
        chain.register(&provider);
        chain.run(&provider, &says(&["region=us"])).unwrap();
        chain.run(&bob, &attest(&provider, &["region=us"])).unwrap();
        audited.push(provider);
    }
    auditors.sort();
    audited.sort();

    let page = |start_after: Option<String>, limit| {
        let provider = alice.to_string();
        chain
            .query::<AttestedProvider>(&QueryMsg::AttestedProvider { provider, start_after, limit })
            .unwrap()
            .attestations
    };
    assert_eq!(page(None, None).items.len(), 30);
    assert_eq!(page(None, Some(u32::MAX)).items.len(), 100);
    let (mut found, mut next) = (vec![], None);
    loop {
        let answer = page(next.map(Addr::into_string), Some(17));
        found.extend(answer.items.into_iter().map(|attestation| attestation.auditor));
        next = answer.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(found, auditors);

    let of_auditor = |start_after: Option<String>| {
        let (auditor, limit) = (bob.to_string(), Some(3));
        chain
            .query::<Page<Attestation, Addr>>(&QueryMsg::AttestationsOfAuditor {
                auditor,
                start_after,
                limit,
            })
            .unwrap()
    };
    let first = of_auditor(None);
    let second = of_auditor(first.next.map(Addr::into_string));
    assert_eq!(second.next, None);
    let found: Vec<_> = first.items.into_iter().chain(second.items).map(|one| one.provider).collect();
    assert_eq!(found, audited);
}
