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
    signed(account, &KeyPair::generate().expect("a P-256 key"), not_before, not_after)
}

fn signed(account: &Addr, key: &KeyPair, not_before: u64, not_after: u64) -> TestRoot {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, account.as_str());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = at(not_before);
    params.not_after = at(not_after);
    let certificate = params.self_signed(key).expect("a self-signed certificate");
    let der = Binary::from(certificate.der().to_vec());
    TestRoot { fingerprint: HexBinary::from(<[u8; 32]>::from(Sha256::digest(&der))), der, not_after }
}

/// A root as [`root`] makes it, by the Ed25519 key of these 32 bytes: the same arguments give the same certificate.
pub fn deterministic_root(account: &Addr, key: [u8; 32], not_before: u64, not_after: u64) -> TestRoot {
    // PKCS #8 of an Ed25519 key is this header and the key.
    let mut pkcs8 =
        vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    pkcs8.extend_from_slice(&key);
    let key = KeyPair::try_from(pkcs8.as_slice()).expect("32 bytes are an Ed25519 key");
    signed(account, &key, not_before, not_after)
}

fn at(seconds: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds as i64).expect("a second of the calendar")
}
