//! Real certificate roots for test accounts.

use cosmwasm_std::{Addr, Binary, HexBinary};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// A root as its account would publish it.
#[derive(Clone, Debug)]
pub struct TestRoot {
    pub der: Binary,
    /// SHA-256 of the DER.
    pub fingerprint: HexBinary,
    /// Seconds since the epoch.
    pub not_after: u64,
}

/// A P-256 root of `account` with a new key, valid from `not_before` to `not_after` (seconds since the epoch).
pub fn root(account: &Addr, not_before: u64, not_after: u64) -> TestRoot {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, account.as_str());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = at(not_before);
    params.not_after = at(not_after);
    let key = KeyPair::generate().expect("a P-256 key");
    let certificate = params.self_signed(&key).expect("a self-signed certificate");
    let der = Binary::from(certificate.der().to_vec());
    TestRoot { fingerprint: HexBinary::from(<[u8; 32]>::from(Sha256::digest(&der))), der, not_after }
}

fn at(seconds: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds as i64).expect("a second of the calendar")
}
