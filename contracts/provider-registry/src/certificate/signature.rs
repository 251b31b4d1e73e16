//! The two signature schemes that a root may use, and their verification by the chain.

use cosmwasm_std::{Api, Checksum, VerificationError};
use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use super::parse::{Algorithm, Certificate, PublicKey};
use super::CertificateError;

const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// 4, then both coordinates.
const P256_KEY_BYTES: usize = 65;
const ED25519_KEY_BYTES: usize = 32;

#[derive(Clone, Copy)]
pub enum Scheme {
    P256,
    Ed25519,
}

impl Scheme {
    /// The scheme of a certificate whose algorithm is supported, the same inside and outside, and fits its key.
    pub fn of(certificate: &Certificate) -> Result<Self, CertificateError> {
        let (inner, outer) = (certificate.inner_algorithm, certificate.outer_algorithm);
        if inner != outer {
            return Err(CertificateError::AlgorithmMismatch { inner: name(&inner), outer: name(&outer) });
        }
        let scheme = match (inner.oid, inner.parameters) {
            (ECDSA_WITH_SHA256, None) => Self::P256,
            (ED25519, None) => Self::Ed25519,
            _ => return Err(CertificateError::UnsupportedAlgorithm { got: name(&inner) }),
        };
        scheme.check_key(&certificate.key)?;
        Ok(scheme)
    }

    fn check_key(self, key: &PublicKey) -> Result<(), CertificateError> {
        let found = match (key.algorithm.oid, key.algorithm.parameters) {
            (EC_PUBLIC_KEY, Some(curve)) if is_oid(curve, P256_CURVE) => Self::P256,
            (ED25519, None) => Self::Ed25519,
            _ => return Err(CertificateError::UnsupportedKey { got: name(&key.algorithm) }),
        };
        match (self, found) {
            (Self::P256, Self::P256) => key_bytes("P-256", P256_KEY_BYTES, key.bytes),
            (Self::Ed25519, Self::Ed25519) => key_bytes("Ed25519", ED25519_KEY_BYTES, key.bytes),
            (Self::P256, Self::Ed25519) => Err(CertificateError::KeyMismatch {
                algorithm: "ecdsa-with-SHA256",
                expected: "P-256",
                got: name(&key.algorithm),
            }),
            (Self::Ed25519, Self::P256) => Err(CertificateError::KeyMismatch {
                algorithm: "Ed25519",
                expected: "Ed25519",
                got: name(&key.algorithm),
            }),
        }
    }

    pub fn verify(self, api: &dyn Api, certificate: &Certificate) -> Result<(), CertificateError> {
        let key = certificate.key.bytes;
        let verified = match self {
            Self::P256 => {
                let signature = pair(certificate.signature)?;
                api.secp256r1_verify(Checksum::generate(certificate.tbs).as_slice(), &signature, key)
            }
            Self::Ed25519 => api.ed25519_verify(certificate.tbs, certificate.signature, key),
        };
        match verified {
            Ok(true) => Ok(()),
            Ok(false) => Err(CertificateError::BadSignature),
            Err(error) => Err(refused(&error)),
        }
    }
}

/// The chain's verifier also fails on inputs that are no signature or no key at all.
fn refused(error: &VerificationError) -> CertificateError {
    match error {
        VerificationError::InvalidSignatureFormat | VerificationError::InvalidPubkeyFormat => {
            CertificateError::SignatureFormat { detail: error.to_string() }
        }
        _ => CertificateError::BadSignature,
    }
}

fn key_bytes(key: &'static str, expected: usize, bytes: &[u8]) -> Result<(), CertificateError> {
    if bytes.len() == expected {
        Ok(())
    } else {
        Err(CertificateError::KeyBytes { key, expected, got: bytes.len() })
    }
}

/// An ECDSA signature as the chain takes it: both numbers in 32 bytes each.
fn pair(signature: &[u8]) -> Result<[u8; 64], CertificateError> {
    let malformed = |error: der::Error| CertificateError::SignatureFormat { detail: error.to_string() };
    let (r, s) = numbers(signature).map_err(malformed)?;
    let mut both = [0u8; 64];
    let (left, right) = both.split_at_mut(32);
    for (number, half) in [(r, left), (s, right)] {
        let bytes = number.as_bytes();
        let start = half.len().checked_sub(bytes.len());
        let Some(place) = start.and_then(|start| half.get_mut(start..)) else {
            let detail = format!("a number has {} bytes", bytes.len());
            return Err(CertificateError::SignatureFormat { detail });
        };
        place.copy_from_slice(bytes);
    }
    Ok(both)
}

fn numbers(signature: &[u8]) -> der::Result<(UintRef<'_>, UintRef<'_>)> {
    let mut reader = SliceReader::new(signature)?;
    let body = AnyRef::decode(&mut reader)?;
    body.tag().assert_eq(Tag::Sequence)?;
    let mut fields = SliceReader::new(body.value())?;
    let pair = (UintRef::decode(&mut fields)?, UintRef::decode(&mut fields)?);
    fields.finish(())?;
    reader.finish(pair)
}

fn is_oid(value: AnyRef, oid: ObjectIdentifier) -> bool {
    value.tag() == Tag::ObjectIdentifier && value.value() == oid.as_bytes()
}

/// What people call it, where it is common; its number otherwise.
fn name(algorithm: &Algorithm) -> String {
    let oid = algorithm.oid.to_string();
    let known = match oid.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.2.840.10045.2.1" => return curve(algorithm.parameters),
        _ => return oid,
    };
    known.to_owned()
}

fn curve(parameters: Option<AnyRef>) -> String {
    let oid = parameters.filter(|value| value.tag() == Tag::ObjectIdentifier);
    let oid = oid.and_then(|value| ObjectIdentifier::from_bytes(value.value()).ok());
    match oid.map(|oid| oid.to_string()).as_deref() {
        Some("1.2.840.10045.3.1.7") => "P-256".to_owned(),
        Some("1.3.132.0.34") => "P-384".to_owned(),
        Some("1.3.132.0.35") => "P-521".to_owned(),
        Some("1.3.132.0.10") => "secp256k1".to_owned(),
        Some(other) => format!("EC on curve {other}"),
        None => "EC without a named curve".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_told_by_the_names_that_people_know() {
        let known = [
            ("1.2.840.113549.1.1.1", "RSA"),
            ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
            ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
            ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
            ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
            ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
            ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
            ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
            ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
            ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
            ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
            ("1.3.101.112", "Ed25519"),
            ("1.3.101.113", "Ed448"),
            ("1.2.840.10045.2.1", "EC without a named curve"),
            ("1.2.3.4", "1.2.3.4"),
        ];
        for (oid, expected) in known {
            let algorithm = Algorithm { oid: ObjectIdentifier::new_unwrap(oid), parameters: None };
            assert_eq!(name(&algorithm), expected);
        }
    }

    #[test]
    fn what_the_verifier_cannot_read_is_told_apart_from_what_does_not_verify() {
        for unreadable in [VerificationError::InvalidSignatureFormat, VerificationError::InvalidPubkeyFormat]
        {
            assert!(matches!(refused(&unreadable), CertificateError::SignatureFormat { .. }), "{unreadable}");
        }
        assert!(matches!(refused(&VerificationError::GenericErr), CertificateError::BadSignature));
    }
}
