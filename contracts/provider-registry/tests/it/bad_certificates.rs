//! Every certificate that is no root is refused with its own error, and says what was expected and found.

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::Addr;
use provider_registry::certificate::{verify, CertificateError};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
};
use registry_api::limits::{MAX_ROOT_DER_BYTES, MAX_ROOT_VALIDITY_SECONDS};

use crate::factory::{places, Factory};

const NOW: u64 = 1_800_000_000;
const BASIC_CONSTRAINTS: [u64; 4] = [2, 5, 29, 19];

fn account() -> Addr {
    MockApi::default().addr_make("alice")
}

fn refusal(der: &[u8]) -> CertificateError {
    verify(&MockApi::default(), &account(), NOW, der).expect_err("expected a refusal")
}

fn changed(change: impl FnOnce(&mut Factory)) -> CertificateError {
    let mut factory = Factory::new(&account(), NOW);
    change(&mut factory);
    refusal(&factory.der())
}

#[test]
fn p256_and_ed25519_roots_are_accepted() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        for _ in 0..20 {
            let factory = Factory::with_algorithm(&account(), NOW, algorithm);
            let root = verify(&MockApi::default(), &account(), NOW, &factory.der()).unwrap();
            assert_eq!((root.not_before, root.not_after), (NOW - 60, NOW + 365 * 24 * 3_600));
        }
    }
}

#[test]
fn a_root_with_more_in_its_subject_than_the_name_is_accepted() {
    let mut factory = Factory::new(&account(), NOW);
    factory.params.distinguished_name.push(DnType::OrganizationName, "Someone");
    verify(&MockApi::default(), &account(), NOW, &factory.der()).unwrap();
}

#[test]
fn validity_includes_its_first_and_last_second() {
    let check = |not_before, not_after| {
        let mut factory = Factory::new(&account(), NOW);
        factory.valid(not_before, not_after);
        verify(&MockApi::default(), &account(), NOW, &factory.der())
    };
    check(NOW, NOW + 1).unwrap();
    check(NOW - 1, NOW).unwrap();
    let not_before = NOW + 1;
    assert_eq!(
        check(not_before, NOW + 9).unwrap_err(),
        CertificateError::NotYetValid { not_before, now: NOW }
    );
    let not_after = NOW - 1;
    assert_eq!(check(NOW - 9, not_after).unwrap_err(), CertificateError::Expired { not_after, now: NOW });
}

#[test]
fn validity_is_bounded() {
    let max = MAX_ROOT_VALIDITY_SECONDS;
    let mut factory = Factory::new(&account(), NOW);
    factory.valid(NOW, NOW + max);
    verify(&MockApi::default(), &account(), NOW, &factory.der()).unwrap();
    let got = max + 1;
    assert_eq!(changed(|f| f.valid(NOW, NOW + got)), CertificateError::ValidityTooLong { got, max });
}

#[test]
fn the_subject_names_the_account_and_nobody_else() {
    let other = MockApi::default().addr_make("bob");
    let named = |name: &str| {
        changed(|f| {
            f.params.distinguished_name = DistinguishedName::new();
            f.params.distinguished_name.push(DnType::CommonName, name);
        })
    };
    let expected = account();
    for got in [other.as_str(), "", &account().as_str().to_uppercase(), &format!("{} ", account())] {
        let got = got.to_owned();
        assert_eq!(named(&got), CertificateError::CommonName { expected: expected.clone(), got });
    }
    let none = changed(|f| {
        f.params.distinguished_name = DistinguishedName::new();
        f.params.distinguished_name.push(DnType::OrganizationName, account().as_str());
    });
    assert_eq!(none, CertificateError::NoCommonName { expected });
    // The same type under another spelling, which rcgen writes beside the first.
    let twice = changed(|f| {
        f.params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 3]), account().as_str());
    });
    assert_eq!(twice, CertificateError::CommonNames { got: 2 });
}

#[test]
fn only_a_ca_that_may_sign_certificates_is_a_root() {
    assert_eq!(changed(|f| f.params.is_ca = IsCa::ExplicitNoCa), CertificateError::NotCa);
    assert_eq!(changed(|f| f.params.is_ca = IsCa::NoCa), CertificateError::NoBasicConstraints);
    assert_eq!(changed(|f| f.params.key_usages = vec![]), CertificateError::NoKeyUsage);
    let other = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign];
    assert_eq!(changed(|f| f.params.key_usages = other), CertificateError::NoCertSign);
    let not_critical = changed(|f| {
        f.params.is_ca = IsCa::NoCa;
        let content = vec![0x30, 3, 1, 1, 0xff];
        f.params.custom_extensions = vec![CustomExtension::from_oid_content(&BASIC_CONSTRAINTS, content)];
    });
    assert_eq!(not_critical, CertificateError::BasicConstraintsNotCritical);
}

#[test]
fn a_path_length_does_not_matter() {
    let mut factory = Factory::new(&account(), NOW);
    factory.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    verify(&MockApi::default(), &account(), NOW, &factory.der()).unwrap();
}

#[test]
fn extensions_come_once_and_no_unknown_one_is_critical() {
    let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    let mut factory = Factory::new(&account(), NOW);
    factory.params.custom_extensions = vec![unknown.clone()];
    verify(&MockApi::default(), &account(), NOW, &factory.der()).unwrap();

    unknown.set_criticality(true);
    let refused = changed(|f| f.params.custom_extensions = vec![unknown]);
    assert!(
        matches!(refused, CertificateError::UnknownCriticalExtension { oid } if oid.to_string() == "1.2.3.4")
    );
    let twice = changed(|f| {
        let content = vec![0x30, 3, 1, 1, 0xff];
        f.params.custom_extensions = vec![CustomExtension::from_oid_content(&BASIC_CONSTRAINTS, content)];
    });
    assert!(matches!(twice, CertificateError::RepeatedExtension { oid } if oid.to_string() == "2.5.29.19"));
}

#[test]
fn other_algorithms_are_named_and_refused() {
    let p384 = Factory::with_algorithm(&account(), NOW, &PKCS_ECDSA_P384_SHA384).der();
    let text = refusal(&p384).to_string();
    assert!(text.contains("ecdsa-with-SHA384") && text.contains("use P-256"), "{text}");
    let text = refusal(include_bytes!("fixtures/rsa.der")).to_string();
    assert!(text.contains("sha256WithRSAEncryption") && text.contains("or Ed25519"), "{text}");
}

#[test]
fn the_algorithm_is_the_same_inside_and_outside() {
    let ecdsa_with_sha256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    let mut der = Factory::new(&account(), NOW).der();
    let outer = *places(&der, &ecdsa_with_sha256).last().unwrap();
    der[outer + ecdsa_with_sha256.len() - 1] = 0x03;
    let expected = CertificateError::AlgorithmMismatch {
        inner: "ecdsa-with-SHA256".into(),
        outer: "ecdsa-with-SHA384".into(),
    };
    assert_eq!(refusal(&der), expected);
}

#[test]
fn a_key_of_another_kind_than_the_signature_is_refused() {
    // A P-384 key that claims to have signed with SHA-256.
    let ecdsa = |last| [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last];
    let mut der = Factory::with_algorithm(&account(), NOW, &PKCS_ECDSA_P384_SHA384).der();
    for place in places(&der, &ecdsa(0x03)) {
        der[place + 9] = 0x02;
    }
    assert_eq!(refusal(&der), CertificateError::UnsupportedKey { got: "P-384".into() });
}

#[test]
fn one_key_has_one_encoding() {
    let refused = refusal(include_bytes!("fixtures/compressed.der"));
    assert_eq!(refused, CertificateError::KeyBytes { key: "P-256", expected: 65, got: 33 });
}

#[test]
fn a_certificate_of_version_1_is_refused() {
    assert_eq!(refusal(include_bytes!("fixtures/v1.der")), CertificateError::Version { got: 1 });
}

#[test]
fn a_leaf_is_no_root() {
    let root = Factory::new(&account(), NOW);
    let issuer = Issuer::new(
        {
            let mut params = root.params.clone();
            params.distinguished_name.push(DnType::OrganizationName, "Root");
            params
        },
        root.key,
    );
    let leaf = Factory::new(&account(), NOW);
    let der = leaf.params.signed_by(&leaf.key, &issuer).unwrap().der().to_vec();
    assert_eq!(refusal(&der), CertificateError::IssuerNotSubject);
}

#[test]
fn a_certificate_signed_by_another_key_of_the_same_name_is_refused() {
    let (root, impostor) = (Factory::new(&account(), NOW), Factory::new(&account(), NOW));
    let issuer = Issuer::new(root.params.clone(), impostor.key);
    let der = root.params.signed_by(&root.key, &issuer).unwrap().der().to_vec();
    assert_eq!(refusal(&der), CertificateError::BadSignature);
}

#[test]
fn a_broken_signature_is_refused() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        let mut der = Factory::with_algorithm(&account(), NOW, algorithm).der();
        *der.last_mut().unwrap() ^= 1;
        assert_eq!(refusal(&der), CertificateError::BadSignature);
    }
}

#[test]
fn exactly_one_certificate_of_bounded_size() {
    let der = Factory::new(&account(), NOW).der();
    let two = [der.clone(), der.clone()].concat();
    assert_eq!(refusal(&two), CertificateError::TrailingBytes { got: der.len() });
    let one_more = [der.clone(), vec![0]].concat();
    assert_eq!(refusal(&one_more), CertificateError::TrailingBytes { got: 1 });
    let huge = vec![0x30; MAX_ROOT_DER_BYTES + 1];
    let expected = CertificateError::TooLarge { got: MAX_ROOT_DER_BYTES + 1, max: MAX_ROOT_DER_BYTES };
    assert_eq!(refusal(&huge), expected);
    let pem = b"-----BEGIN CERTIFICATE-----\n";
    assert_eq!(refusal(pem), CertificateError::Pem);
    assert!(matches!(refusal(b""), CertificateError::Malformed { .. }));
    assert!(matches!(refusal(b"{}"), CertificateError::Malformed { .. }));
    // One byte less is as much as may be; it is no certificate, though.
    assert!(!matches!(refusal(&huge[1..]), CertificateError::TooLarge { .. }));
}

#[test]
fn a_large_certificate_within_the_limit_is_accepted() {
    let mut factory = Factory::new(&account(), NOW);
    let names: Vec<String> = (0..46).map(|n| format!("name-{n}.of.some.length.example")).collect();
    factory.params.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
    let der = factory.der();
    assert!(der.len() > 1_700 && der.len() <= MAX_ROOT_DER_BYTES, "{}", der.len());
    verify(&MockApi::default(), &account(), NOW, &der).unwrap();
}

#[test]
fn no_byte_of_a_certificate_can_be_changed_and_none_left_out() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        let der = Factory::with_algorithm(&account(), NOW, algorithm).der();
        for place in 0..der.len() {
            for flip in [1u8, 0x80, 0xff] {
                let mut broken = der.clone();
                broken[place] ^= flip;
                refusal(&broken);
            }
            refusal(&der[..place]);
            let mut missing = der.clone();
            missing.remove(place);
            refusal(&missing);
        }
    }
}

#[test]
fn a_signature_of_numbers_that_are_too_long_is_refused() {
    let der = Factory::new(&account(), NOW).der();
    let key = KeyPair::generate().unwrap();
    assert!(!key.serialize_der().is_empty());
    // The signature is the last field: a bit string around two numbers. One of 34 bytes in place of it.
    let signature = [vec![0x30, 0x27, 0x02, 0x22, 0x01], vec![0u8; 33], vec![0x02, 0x01, 0x01]].concat();
    let body = places(&der, &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
    let outer_end = body.last().unwrap() + 12;
    let bits = [vec![0x03, signature.len() as u8 + 1, 0], signature].concat();
    let inner = [der[4..outer_end].to_vec(), bits].concat();
    let mut rebuilt = vec![0x30, 0x82];
    rebuilt.extend_from_slice(&(inner.len() as u16).to_be_bytes());
    rebuilt.extend_from_slice(&inner);
    assert!(matches!(refusal(&rebuilt), CertificateError::SignatureFormat { .. }), "{:?}", refusal(&rebuilt));
}
