//! What both ends' TLS configurations share.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{ring, verify_tls13_signature, CryptoProvider};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use std::sync::Arc;

use crate::VerifyError;

/// What a leaf may sign handshakes with.
const SCHEMES: [SignatureScheme; 2] = [SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519];

/// TLS 1.3 is the only version here, so a signature of an earlier one cannot come.
pub(crate) fn no_tls12() -> Result<HandshakeSignatureValid, rustls::Error> {
    Err(rustls::Error::General("only TLS 1.3 is spoken here".to_owned()))
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

pub(crate) fn schemes() -> Vec<SignatureScheme> {
    SCHEMES.to_vec()
}

pub(crate) fn verify_handshake(
    provider: &CryptoProvider,
    message: &[u8],
    cert: &CertificateDer<'_>,
    dss: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    if !SCHEMES.contains(&dss.scheme) {
        return Err(rustls::PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
    }
    verify_tls13_signature(message, cert, dss, &provider.signature_verification_algorithms)
}

/// Carries the typed error through the TLS library.
pub(crate) fn refuse(error: VerifyError) -> rustls::Error {
    rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
}

/// The typed error that [`refuse`] carried, if it was one.
pub(crate) fn refused(error: &std::io::Error) -> Option<VerifyError> {
    refused_by(error.get_ref()?.downcast_ref::<rustls::Error>()?)
}

pub(crate) fn refused_by(error: &rustls::Error) -> Option<VerifyError> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            other.0.downcast_ref::<VerifyError>().cloned()
        }
        _ => None,
    }
}

/// Room for the two certificates is made here once, because the TLS library hands them over in two arguments.
pub(crate) fn chain<'a>(
    end_entity: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
) -> Result<[CertificateDer<'a>; 2], VerifyError> {
    match intermediates {
        [root] => Ok([borrowed(end_entity), borrowed(root)]),
        _ => Err(VerifyError::ChainLength { got: intermediates.len() + 1 }),
    }
}

fn borrowed<'a>(der: &'a CertificateDer<'a>) -> CertificateDer<'a> {
    CertificateDer::from(der.as_ref())
}

pub(crate) fn seconds(now: UnixTime) -> u64 {
    now.as_secs()
}
