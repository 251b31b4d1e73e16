//! Who is served what.

use crate::bench::*;
use gateway_api::*;
use http::{header, Method};
use identity::RootStatus;
use market_api::LeaseId;

#[tokio::test]
async fn a_tenant_is_served_its_lease() {
    let bench = Bench::new().await;
    let mut http = bench.http(&bench.tenant).await;
    // All over one connection.
    let status: LeaseStatus = ask(&mut http, Method::GET, &path("status"), "").await.json();
    assert!(status.is_ready());
    let _: Events = ask(&mut http, Method::GET, &path("events"), "").await.json();
    let _: Trials = ask(&mut http, Method::POST, &path("trials"), "").await.json();
    let accepted: ManifestAccepted = ask(&mut http, Method::PUT, &path("manifest"), "[{}]").await.json();
    assert_eq!(accepted.lease, LEASE);
    assert_eq!(bench.backend.manifests.lock().unwrap().as_slice(), ["[{}]"]);
    let info: Info = ask(&mut http, Method::GET, INFO_PATH, "").await.json();
    assert_eq!((info.chain_id.as_str(), info.height), (CHAIN, 9));
    let problem = ask(&mut http, Method::PUT, &path("manifest"), "wrong").await.problem();
    assert!(matches!(problem, Problem::VersionMismatch { .. }));
    let problem = ask(&mut http, Method::GET, &path("metrics"), "").await.problem();
    assert!(matches!(problem, Problem::EngineUnavailable { .. }));
}

#[tokio::test]
async fn anyone_with_an_active_root_may_ask_for_a_quote() {
    let bench = Bench::new().await;
    let request = r#"{"group":{"name":"g","resources":[],"requirements":{"attributes":[],"min_stake":"0"}},
        "term":3600,"max_price":{"denom":"uakash","amount":"9"}}"#;
    let quote: Quote = bench.ask(&bench.stranger, Method::POST, QUOTE_PATH, request).await.json();
    assert!(matches!(quote, Quote::WouldBid { .. }));
    let problem = bench.ask(&bench.stranger, Method::POST, QUOTE_PATH, "{}").await.problem();
    assert!(matches!(problem, Problem::BadRequest { detail } if detail.contains("group")));
}

#[tokio::test]
async fn a_stranger_gets_the_same_answer_as_for_a_lease_that_does_not_exist() {
    let bench = Bench::new().await;
    let asked = [
        (Method::GET, "status"),
        (Method::GET, "events"),
        (Method::GET, "logs"),
        (Method::GET, "logs?follow=true"),
        (Method::GET, "shell?service=web&command=sh"),
        (Method::GET, "metrics"),
        (Method::PUT, "manifest"),
        (Method::POST, "trials"),
        // What does not exist even for the tenant, and methods that are not possible.
        (Method::GET, "secrets"),
        (Method::DELETE, "status"),
    ];
    for (method, resource) in asked {
        let theirs = bench.ask(&bench.stranger, method.clone(), &path(resource), "{}").await;
        assert_eq!(theirs.problem(), Problem::NotFound, "{method} {resource}");
        let absent = lease_path(LeaseId(1_000_000), resource);
        assert_eq!(bench.ask(&bench.stranger, method.clone(), &absent, "{}").await, theirs);
        // The tenant itself gets no other answer for what does not exist.
        assert_eq!(bench.ask(&bench.tenant, method.clone(), &absent, "{}").await, theirs);
        let unreadable = format!("/v1/leases/seven/{resource}");
        assert_eq!(bench.ask(&bench.stranger, method, &unreadable, "{}").await, theirs);
    }
    assert!(bench.backend.manifests.lock().unwrap().is_empty());
    // A body that is too large for anyone says nothing more either.
    let large = vec![b' '; MAX_BODY_BYTES + 1];
    let theirs = bench.ask(&bench.stranger, Method::PUT, &path("manifest"), large.clone()).await;
    let absent = bench.ask(&bench.stranger, Method::PUT, &lease_path(LeaseId(99), "manifest"), large).await;
    assert_eq!(theirs, absent);
    assert_eq!(theirs.problem(), Problem::NotFound);
}

#[tokio::test]
async fn a_root_that_is_not_active_on_the_chain_opens_nothing() {
    let bench = Bench::new().await;
    for status in [RootStatus::NotPublished, RootStatus::Revoked, RootStatus::Expired] {
        bench.chain.set(&bench.tenant, status);
        for path in [path("status"), INFO_PATH.to_owned(), "/v1/nothing-here".to_owned()] {
            let problem = bench.get(&bench.tenant, &path).await.problem();
            if path.contains("nothing") {
                assert_eq!(problem, Problem::NotFound);
                continue;
            }
            let fingerprint = bench.tenant.root().fingerprint().to_hex();
            assert!(
                matches!(&problem, Problem::Unauthorised { account, fingerprint: f, .. }
                    if account == TENANT && *f == fingerprint),
                "{path}: {problem:?}"
            );
        }
        let problem = bench.ask(&bench.tenant, Method::PUT, &path("manifest"), "[]").await.problem();
        assert!(matches!(problem, Problem::Unauthorised { .. }));
    }
    assert!(bench.backend.manifests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_revocation_ends_a_connection_that_was_good_before() {
    let bench = Bench::new().await;
    let mut http = bench.http(&bench.tenant).await;
    let _: LeaseStatus = ask(&mut http, Method::GET, &path("status"), "").await.json();
    bench.chain.set(&bench.tenant, RootStatus::Revoked);
    let answer = ask(&mut http, Method::GET, &path("status"), "").await;
    assert!(matches!(answer.problem(), Problem::Unauthorised { cause, .. } if cause.contains("revoked")));
    assert_eq!(answer.headers[header::CONNECTION], "close");
}

#[tokio::test]
async fn an_expired_leaf_is_told_both_clocks_and_not_hung_up_on() {
    let bench = Bench::new().await;
    let mut http = speak(connect_forged(bench.address, CHAIN, -3600, -300).await).await;
    let problem = ask(&mut http, Method::GET, &path("status"), "").await.problem();
    let Problem::CertificateExpired { not_after, now } = problem else { panic!("{problem:?}") };
    assert!((250..400).contains(&(now - not_after)));

    let mut http = speak(connect_forged(bench.address, CHAIN, 300, 3600).await).await;
    let problem = ask(&mut http, Method::GET, &path("status"), "").await.problem();
    assert!(matches!(problem, Problem::CertificateNotYetValid { .. }));

    let mut http = speak(connect_forged(bench.address, "akashnet-2", -60, 3600).await).await;
    let problem = ask(&mut http, Method::GET, INFO_PATH, "").await.problem();
    assert_eq!(problem, Problem::WrongChain { expected: CHAIN.into(), got: "akashnet-2".into() });
}

#[tokio::test]
async fn a_silent_chain_lets_nobody_new_in_and_says_so() {
    let bench = Bench::new().await;
    bench.chain.silence();
    let problem = bench.get(&bench.tenant, &path("status")).await.problem();
    assert!(matches!(problem, Problem::TrustUnknown { cause, .. } if cause.contains("connection refused")));
}

#[tokio::test]
async fn what_is_not_understood_is_explained() {
    let bench = Bench::new().await;
    let problem = bench.ask(&bench.tenant, Method::POST, &path("manifest"), "").await.problem();
    assert_eq!(problem, Problem::MethodNotAllowed { method: "POST".into(), allowed: "PUT".into() });
    for (query, words) in [
        ("logs?tail=many", "number of lines"),
        ("logs?since=1", "nothing else"),
        ("shell?service=web", "command is missing"),
        ("shell?service=web&command=sh", "WebSocket"),
    ] {
        let problem = bench.get(&bench.tenant, &path(query)).await.problem();
        assert!(matches!(&problem, Problem::BadRequest { detail } if detail.contains(words)), "{problem:?}");
    }
}
