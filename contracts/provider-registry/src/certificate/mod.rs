//! What makes a certificate a root: every rule that a published certificate is held against.

mod parse;
mod signature;

use cosmwasm_std::{Addr, Api, Checksum, HexBinary};
use der::asn1::ObjectIdentifier;
use registry_api::limits::{MAX_ROOT_DER_BYTES, MAX_ROOT_VALIDITY_SECONDS};
use thiserror::Error;

use parse::{Certificate, Extension};

/// Why a certificate is not accepted as a root.
#[derive(Error, Debug, PartialEq, Eq)]
pub enum CertificateError {
    #[error("the certificate has {got} bytes, at most {max} are accepted")]
    TooLarge { got: usize, max: usize },
    #[error("expected one X.509 certificate in DER, got PEM text: send the decoded bytes")]
    Pem,
    #[error("expected one X.509 certificate in DER: {detail}")]
    Malformed { detail: String },
    #[error("expected exactly one certificate, found {got} bytes after it")]
    TrailingBytes { got: usize },
    #[error("expected an X.509 version 3 certificate, found version {got}")]
    Version { got: u32 },
    #[error(
        "the certificate names signature algorithm {inner} inside and {outer} outside: both must be the same"
    )]
    AlgorithmMismatch { inner: String, outer: String },
    #[error("signature algorithm {got} is not supported: use P-256 (ecdsa-with-SHA256) or Ed25519")]
    UnsupportedAlgorithm { got: String },
    #[error("public key of type {got} is not supported: use P-256 or Ed25519")]
    UnsupportedKey { got: String },
    #[error("a certificate signed with {algorithm} needs a {expected} key, found {got}")]
    KeyMismatch { algorithm: &'static str, expected: &'static str, got: String },
    #[error("expected {expected} bytes of an uncompressed {key} public key, found {got}")]
    KeyBytes { key: &'static str, expected: usize, got: usize },
    #[error("the certificate is not self-signed: its issuer is not its subject")]
    IssuerNotSubject,
    #[error("the subject has no common name: expected {expected}")]
    NoCommonName { expected: Addr },
    #[error("expected exactly one common name in the subject, found {got}")]
    CommonNames { got: usize },
    #[error("expected the sender's address {expected} as the subject's common name, found {got:?}")]
    CommonName { expected: Addr, got: String },
    #[error("the certificate is valid from {not_before} on, it is {now} now")]
    NotYetValid { not_before: u64, now: u64 },
    #[error("the certificate was valid until {not_after}, it is {now} now")]
    Expired { not_after: u64, now: u64 },
    #[error("the certificate is valid for {got} seconds, at most {max} are accepted")]
    ValidityTooLong { got: u64, max: u64 },
    #[error("extension {oid} appears twice")]
    RepeatedExtension { oid: ObjectIdentifier },
    #[error("critical extension {oid} is not known here: a root may have basicConstraints and keyUsage as critical")]
    UnknownCriticalExtension { oid: ObjectIdentifier },
    #[error("expected a CA certificate: the basicConstraints extension is missing")]
    NoBasicConstraints,
    #[error("expected the basicConstraints extension to be critical")]
    BasicConstraintsNotCritical,
    #[error("expected a CA certificate (basicConstraints CA:TRUE), found CA:FALSE")]
    NotCa,
    #[error("the keyUsage extension is missing: expected it with keyCertSign")]
    NoKeyUsage,
    #[error("expected keyCertSign in the keyUsage extension")]
    NoCertSign,
    #[error("the signature is not a pair of 256-bit numbers: {detail}")]
    SignatureFormat { detail: String },
    #[error("the certificate's own key does not verify its signature")]
    BadSignature,
}

impl From<der::Error> for CertificateError {
    fn from(error: der::Error) -> Self {
        Self::Malformed { detail: error.to_string() }
    }
}

/// What the registry keeps of a certificate that passed.
#[derive(Debug)]
pub struct VerifiedRoot {
    /// SHA-256 of the DER.
    pub fingerprint: HexBinary,
    /// SHA-256 of the DER of the subject's public key info. One key has one hash: only one encoding of each key is
    /// accepted.
    pub key_hash: HexBinary,
    /// Seconds since the epoch.
    pub not_before: u64,
    /// Seconds since the epoch; the last second of validity.
    pub not_after: u64,
}

const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");

/// Holds a certificate against every rule for a root of `account` at second `now`.
pub fn verify(api: &dyn Api, account: &Addr, now: u64, der: &[u8]) -> Result<VerifiedRoot, CertificateError> {
    if der.len() > MAX_ROOT_DER_BYTES {
        return Err(CertificateError::TooLarge { got: der.len(), max: MAX_ROOT_DER_BYTES });
    }
    if der.starts_with(b"-----BEGIN") {
        return Err(CertificateError::Pem);
    }
    let certificate = Certificate::parse(der)?;
    if certificate.version != 3 {
        return Err(CertificateError::Version { got: certificate.version });
    }
    let scheme = signature::Scheme::of(&certificate)?;
    names(&certificate, account)?;
    validity(&certificate, now)?;
    extensions(&certificate.extensions)?;
    scheme.verify(api, &certificate)?;
    Ok(VerifiedRoot {
        fingerprint: sha256(der),
        key_hash: sha256(certificate.key.raw),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
    })
}

fn sha256(bytes: &[u8]) -> HexBinary {
    HexBinary::from(Checksum::generate(bytes).as_slice())
}

fn names(certificate: &Certificate, account: &Addr) -> Result<(), CertificateError> {
    if certificate.issuer != certificate.subject {
        return Err(CertificateError::IssuerNotSubject);
    }
    match parse::common_names(certificate.subject)?.as_slice() {
        [] => Err(CertificateError::NoCommonName { expected: account.clone() }),
        [name] if name == account.as_str() => Ok(()),
        [name] => Err(CertificateError::CommonName { expected: account.clone(), got: name.clone() }),
        several => Err(CertificateError::CommonNames { got: several.len() }),
    }
}

fn validity(certificate: &Certificate, now: u64) -> Result<(), CertificateError> {
    let (not_before, not_after) = (certificate.not_before, certificate.not_after);
    if now < not_before {
        return Err(CertificateError::NotYetValid { not_before, now });
    }
    if now > not_after {
        return Err(CertificateError::Expired { not_after, now });
    }
    let seconds = not_after.saturating_sub(not_before);
    if seconds > MAX_ROOT_VALIDITY_SECONDS {
        return Err(CertificateError::ValidityTooLong { got: seconds, max: MAX_ROOT_VALIDITY_SECONDS });
    }
    Ok(())
}

fn extensions(extensions: &[Extension]) -> Result<(), CertificateError> {
    for (place, extension) in extensions.iter().enumerate() {
        let oid = extension.oid;
        if extensions.iter().take(place).any(|earlier| earlier.oid == oid) {
            return Err(CertificateError::RepeatedExtension { oid });
        }
        if extension.critical && oid != BASIC_CONSTRAINTS && oid != KEY_USAGE {
            return Err(CertificateError::UnknownCriticalExtension { oid });
        }
    }
    let find = |oid| extensions.iter().find(|extension| extension.oid == oid);

    let constraints = find(BASIC_CONSTRAINTS).ok_or(CertificateError::NoBasicConstraints)?;
    if !constraints.critical {
        return Err(CertificateError::BasicConstraintsNotCritical);
    }
    if !parse::is_ca(constraints.value)? {
        return Err(CertificateError::NotCa);
    }
    let usage = find(KEY_USAGE).ok_or(CertificateError::NoKeyUsage)?;
    if !parse::may_sign_certificates(usage.value)? {
        return Err(CertificateError::NoCertSign);
    }
    Ok(())
}
