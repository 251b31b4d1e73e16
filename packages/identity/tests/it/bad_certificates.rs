//! The table of certificates that must not get in (X1 to X7), each over a real TLS connection.

use crate::forge::*;
use identity::{AcceptError, Presented, Role, VerifyError};
use rcgen::{
    BasicConstraints, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair,
    KeyUsagePurpose, NameConstraints, SanType, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
};
use rustls::pki_types::CertificateDer;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, PartialEq)]
enum Outcome {
    Sound,
    /// The handshake completes and the client can be told.
    Told(&'static str),
    /// The handshake fails with a typed cause.
    Refused(&'static str),
    /// The TLS library refuses before our verifier sees anything.
    Tls,
}

fn kind(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::ChainLength { .. } => "chain length",
        VerifyError::TooLarge { .. } => "too large",
        VerifyError::Unreadable { .. } => "unreadable",
        VerifyError::Algorithm { .. } => "algorithm",
        VerifyError::Extension { .. } => "extension",
        VerifyError::RootName { .. } => "root name",
        VerifyError::RootKind { .. } => "root kind",
        VerifyError::Signature { which: "root" } => "root signature",
        VerifyError::Signature { .. } => "leaf signature",
        VerifyError::LeafKind { .. } => "leaf kind",
        VerifyError::LeafName { .. } => "leaf name",
        VerifyError::OtherTunnel { .. } => "other tunnel",
        VerifyError::OtherRoot { .. } => "other root",
        VerifyError::OtherAccount { .. } => "other account",
        VerifyError::OtherRole { .. } => "other role",
        VerifyError::LifetimeTooLong { .. } => "lifetime",
        VerifyError::OtherChain { .. } => "other chain",
        VerifyError::Expired { which: "root", .. } => "root expired",
        VerifyError::Expired { .. } => "expired",
        VerifyError::NotYetValid { .. } => "not yet valid",
    }
}

async fn outcome(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Outcome {
    match accept(&acceptor(), client_config(chain, key)).await {
        Ok(Presented::Sound(_)) => Outcome::Sound,
        Ok(Presented::Refused(error)) => Outcome::Told(kind(&error)),
        Err(AcceptError::Peer(error)) => Outcome::Refused(kind(&error)),
        Err(AcceptError::Tls(_)) => Outcome::Tls,
    }
}

async fn check(name: &str, change: impl FnOnce(&mut Forge), expected: Outcome) {
    let mut forge = Forge::new(TENANT, Role::Tenant);
    change(&mut forge);
    assert_eq!(outcome(forge.chain(), &forge.leaf_key).await, expected, "{name}");
}

fn expect() -> identity::Expect<'static> {
    identity::Expect {
        chain_id: CHAIN,
        account: None,
        roles: &Role::ALL,
        usage: identity::Usage::Client,
        now: now() as u64,
    }
}

const DAY: i64 = 86_400;

#[tokio::test]
async fn x1_time() {
    check("sound", |_| {}, Outcome::Sound).await;
    check("expired", |f| f.leaf_validity(-3600, -120), Outcome::Told("expired")).await;
    check("expired within the skew", |f| f.leaf_validity(-3600, -30), Outcome::Sound).await;
    check("not yet valid", |f| f.leaf_validity(300, 3600), Outcome::Told("not yet valid")).await;
    check("ahead within the skew", |f| f.leaf_validity(30, 3600), Outcome::Sound).await;
    check("90 days", |f| f.leaf_validity(0, 90 * DAY), Outcome::Sound).await;
    check("90 days and a second", |f| f.leaf_validity(0, 90 * DAY + 1), Outcome::Refused("lifetime")).await;
    check("a hundred years", |f| f.leaf_validity(0, 36_500 * DAY), Outcome::Refused("lifetime")).await;
    let old_root = |f: &mut Forge| f.root_validity(-2 * DAY, -DAY);
    check("root expired", old_root, Outcome::Told("root expired")).await;
    let future_root = |f: &mut Forge| f.root_validity(DAY, 2 * DAY);
    check("root not yet valid", future_root, Outcome::Told("not yet valid")).await;
    // The one that an honest peer cannot mend comes first.
    let both = |f: &mut Forge| {
        f.leaf_validity(-3600, -120);
        f.leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    check("expired, and an authority", both, Outcome::Refused("leaf kind")).await;
}

#[tokio::test]
async fn x2_whose_root() {
    let by_another = |f: &mut Forge| f.other_signer = Some(KeyPair::generate().unwrap());
    check("leaf signed by another key", by_another, Outcome::Refused("leaf signature")).await;
    let names_another = |f: &mut Forge| f.leaf.subject_alt_names = vec![uri(CHAIN, STRANGER, "tenant")];
    check("leaf names another account", names_another, Outcome::Refused("other root")).await;

    // A leaf under a root whose own signature is another key's: the subject is right, the proof is not.
    let forge = Forge::new(TENANT, Role::Tenant);
    let impostor = KeyPair::generate().unwrap();
    let issuer = rcgen::Issuer::from_params(&forge.root, &impostor);
    let root = forge.root.signed_by(&forge.root_key, &issuer).unwrap().der().clone();
    let got = outcome(vec![forge.leaf_der(), root], &forge.leaf_key).await;
    assert_eq!(got, Outcome::Refused("root signature"));

    // A tampered root: one bit of its signature.
    let mut der = forge.root_der().to_vec();
    let last = der.len() - 1;
    der[last] ^= 1;
    let got = outcome(vec![forge.leaf_der(), der.into()], &forge.leaf_key).await;
    assert_eq!(got, Outcome::Refused("root signature"));

    // The leaf is its own root's, but the handshake is signed by a key that is not the leaf's.
    let got = outcome(forge.chain(), &impostor).await;
    assert_eq!(got, Outcome::Tls);

    for (name, subject) in [("no account", "Example CA"), ("upper case", "WASM1TENANT000000")] {
        let change = |f: &mut Forge| f.root.distinguished_name.push(DnType::CommonName, subject);
        check(name, change, Outcome::Refused("root name")).await;
    }
    let two_names = |f: &mut Forge| f.root.distinguished_name.push(DnType::OrganizationName, "x");
    check("more than a common name", two_names, Outcome::Refused("root name")).await;
}

#[tokio::test]
async fn x3_names() {
    let good = || uri(CHAIN, TENANT, "tenant");
    let dns = || SanType::DnsName("tenant.example".try_into().unwrap());
    let tables: Vec<(&str, Vec<SanType>)> = vec![
        ("none", vec![]),
        ("two URIs", vec![good(), uri(CHAIN, STRANGER, "tenant")]),
        ("the same URI twice", vec![good(), good()]),
        ("a URI and a host", vec![good(), dns()]),
        ("a host", vec![dns()]),
        ("an IP address", vec![SanType::IpAddress("127.0.0.1".parse().unwrap())]),
        ("wildcard", vec![uri(CHAIN, "*", "tenant")]),
        ("upper case", vec![uri(CHAIN, &TENANT.to_uppercase(), "tenant")]),
        ("percent", vec![uri("akash%2dtest-1", TENANT, "tenant")]),
        ("no such role", vec![uri(CHAIN, TENANT, "auditor")]),
        ("more path", vec![uri(CHAIN, TENANT, "tenant/extra")]),
        ("other scheme", vec![SanType::URI(format!("spiffe://{CHAIN}/{TENANT}/tenant").try_into().unwrap())]),
        ("e-mail", vec![SanType::Rfc822Name("a@example.org".try_into().unwrap())]),
    ];
    for (name, names) in tables {
        check(name, |f| f.leaf.subject_alt_names = names, Outcome::Refused("leaf name")).await;
    }
    let common_name_only = |f: &mut Forge| {
        f.leaf.subject_alt_names = vec![];
        f.leaf.distinguished_name.push(DnType::CommonName, TENANT);
    };
    check("common name only", common_name_only, Outcome::Refused("leaf name")).await;
    let other_chain = |f: &mut Forge| f.leaf.subject_alt_names = vec![uri("akashnet-2", TENANT, "tenant")];
    check("another chain", other_chain, Outcome::Told("other chain")).await;
}

#[tokio::test]
async fn x4_kinds() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};
    let refused = || Outcome::Refused("leaf kind");
    check("authority", |f| f.leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), refused()).await;
    let signs = |f: &mut Forge| f.leaf.key_usages.push(KeyUsagePurpose::KeyCertSign);
    check("signs certificates", signs, refused()).await;
    check("signs nothing", |f| f.leaf.key_usages = vec![KeyUsagePurpose::KeyEncipherment], refused()).await;
    check("no key usage", |f| f.leaf.key_usages = vec![], refused()).await;
    for (name, usages) in [
        ("no extended usage", vec![]),
        ("server only", vec![ServerAuth]),
        ("tenant as server", vec![ServerAuth, ClientAuth]),
        ("anything", vec![ClientAuth, Any]),
    ] {
        check(name, |f| f.leaf.extended_key_usages = usages, refused()).await;
    }

    let big = || KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    // Its owner cannot even sign a handshake that is accepted here; the verifier would not take it either.
    check("leaf on P-384", |f| f.leaf_key = big(), Outcome::Tls).await;
    let mut forge = Forge::new(TENANT, Role::Tenant);
    forge.leaf_key = big();
    let error = identity::verify_chain(&forge.chain(), &expect()).unwrap_err();
    assert_eq!(kind(&error), "algorithm");
    check("root on P-384", |f| f.root_key = big(), Outcome::Refused("algorithm")).await;
    let ed = || KeyPair::generate_for(&PKCS_ED25519).unwrap();
    check("Ed25519", |f| (f.root_key, f.leaf_key) = (ed(), ed()), Outcome::Sound).await;

    let extension = |oid: &[u64], critical| {
        let mut extension = CustomExtension::from_oid_content(oid, vec![5, 0]);
        extension.set_criticality(critical);
        extension
    };
    let private = [1, 3, 6, 1, 4, 1, 99_999, 1];
    let refused = || Outcome::Refused("extension");
    check("critical on the leaf", |f| f.leaf.custom_extensions = vec![extension(&private, true)], refused())
        .await;
    check("critical on the root", |f| f.root.custom_extensions = vec![extension(&private, true)], refused())
        .await;
    check("not critical", |f| f.leaf.custom_extensions = vec![extension(&private, false)], Outcome::Sound)
        .await;
    let twice = |f: &mut Forge| f.leaf.custom_extensions = vec![extension(&[2, 5, 29, 15], false)];
    check("key usage twice", twice, refused()).await;
    let constraints = |f: &mut Forge| {
        f.root.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.org".into())],
            excluded_subtrees: vec![],
        });
    };
    check("name constraints", constraints, refused()).await;

    let refused = || Outcome::Refused("root kind");
    check("root is none", |f| f.root.is_ca = IsCa::ExplicitNoCa, refused()).await;
    check("root does not say", |f| f.root.is_ca = IsCa::NoCa, refused()).await;
    check("root may not sign", |f| f.root.key_usages = vec![KeyUsagePurpose::CrlSign], refused()).await;
    check("root without usage", |f| f.root.key_usages = vec![], refused()).await;
}

#[tokio::test]
async fn x5_sizes() {
    let forge = Forge::new(TENANT, Role::Tenant);
    let (leaf, root) = (forge.leaf_der(), forge.root_der());
    let key = &forge.leaf_key;
    let length = || Outcome::Refused("chain length");
    assert_eq!(outcome(vec![leaf.clone()], key).await, length());
    assert_eq!(outcome(vec![leaf.clone(), root.clone(), root.clone()], key).await, length());
    let mut maze = vec![leaf.clone()];
    maze.extend(std::iter::repeat_n(root.clone(), 99));
    assert_eq!(outcome(maze, key).await, length());
    assert_eq!(outcome(vec![root.clone(), leaf.clone()], key).await, Outcome::Refused("root name"));

    let many = |f: &mut Forge| f.leaf.subject_alt_names = vec![uri(CHAIN, TENANT, "tenant"); 200];
    check("200 names", many, Outcome::Refused("too large")).await;
    let mut huge = Forge::new(TENANT, Role::Tenant);
    huge.leaf.custom_extensions =
        vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![4; 1 << 20])];
    let started = Instant::now();
    assert_eq!(outcome(huge.chain(), &huge.leaf_key).await, Outcome::Tls);
    assert!(started.elapsed() < Duration::from_secs(2));

    // What our verifier is given at most costs next to nothing.
    let mut many = Forge::new(TENANT, Role::Tenant);
    many.leaf.subject_alt_names = vec![uri(CHAIN, TENANT, "tenant"); 10_000];
    let chain = many.chain();
    let started = Instant::now();
    assert!(identity::verify_chain(&chain, &expect()).is_err());
    assert!(started.elapsed() < Duration::from_millis(50));

    let mut trailing = leaf.to_vec();
    trailing.push(0);
    let got = outcome(vec![trailing.into(), root.clone()], key).await;
    assert_eq!(got, Outcome::Refused("unreadable"));
    let cut = leaf[..leaf.len() / 2].to_vec();
    assert_eq!(outcome(vec![cut.into(), root], key).await, Outcome::Refused("unreadable"));
}

#[tokio::test]
async fn x7_no_certificate_and_no_older_tls() {
    let error = accept(&acceptor(), anonymous_config()).await.unwrap_err();
    assert!(matches!(error, AcceptError::Tls(_)), "{error}");

    // A hello of TLS 1.2: version 3.3, one suite, no extensions.
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0xc0, 0x2b, 1, 0]);
    let mut hello = vec![22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8];
    hello.extend(body);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    client.write_all(&hello).await.unwrap();
    let (tcp, _) = listener.accept().await.unwrap();
    let error = acceptor().accept(tcp).await.err().unwrap();
    assert!(matches!(error, AcceptError::Tls(_)), "{error}");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer.first(), Some(&21), "an alert and nothing else: {answer:?}");
}
