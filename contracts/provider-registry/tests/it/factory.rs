//! Makes certificates, good and bad.

use cosmwasm_std::Addr;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
    SignatureAlgorithm, PKCS_ECDSA_P256_SHA256,
};
use time::OffsetDateTime;

pub struct Factory {
    pub params: CertificateParams,
    pub key: KeyPair,
}

impl Factory {
    /// A good P-256 root of this account, valid from `now - 60` for a year; change what shall be bad.
    pub fn new(account: &Addr, now: u64) -> Self {
        Self::with_algorithm(account, now, &PKCS_ECDSA_P256_SHA256)
    }

    pub fn with_algorithm(account: &Addr, now: u64, algorithm: &'static SignatureAlgorithm) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, account.as_str());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let mut factory = Self { params, key: KeyPair::generate_for(algorithm).unwrap() };
        factory.valid(now - 60, now + 365 * 24 * 3_600);
        factory
    }

    pub fn valid(&mut self, not_before: u64, not_after: u64) {
        self.params.not_before = at(not_before);
        self.params.not_after = at(not_after);
    }

    pub fn der(&self) -> Vec<u8> {
        self.params.clone().self_signed(&self.key).unwrap().der().to_vec()
    }
}

fn at(seconds: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds as i64).unwrap()
}

/// The places where these bytes are.
pub fn places(haystack: &[u8], needle: &[u8]) -> Vec<usize> {
    (0..haystack.len()).filter(|at| haystack[*at..].starts_with(needle)).collect()
}
