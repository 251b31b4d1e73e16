//! Refusals as HTTP answers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use gateway_api::{ErrorBody, Problem};
use http::{header, StatusCode};
use identity::{AuthoriseError, VerifyError};

use crate::runtime::RuntimeError;

/// A refusal on its way to the client.
#[derive(Debug)]
pub(super) struct Refusal(pub Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        response(self.0)
    }
}

pub(super) fn response(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // A body that was not read must not be taken for the next request.
    let unread = matches!(
        problem,
        Problem::NotFound
            | Problem::BodyTooLarge { .. }
            | Problem::BodyTooSlow { .. }
            | Problem::TooManyRequests { .. }
            | Problem::NoSuchContent { .. }
            | Problem::ContentRefused { .. }
    ) || status == StatusCode::FORBIDDEN;
    let body = serde_json::to_vec(&ErrorBody::from(problem)).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if unread {
        headers.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
    response
}

pub(super) fn from_verify(error: &VerifyError) -> Problem {
    match error {
        VerifyError::Expired { not_after, now, .. } => {
            Problem::CertificateExpired { not_after: *not_after, now: *now }
        }
        VerifyError::NotYetValid { not_before, now, .. } => {
            Problem::CertificateNotYetValid { not_before: *not_before, now: *now }
        }
        VerifyError::OtherChain { expected, got } => {
            Problem::WrongChain { expected: expected.clone(), got: got.clone() }
        }
        other => Problem::Unauthorised {
            account: String::new(),
            fingerprint: String::new(),
            cause: other.to_string(),
        },
    }
}

pub(super) fn from_authorise(error: AuthoriseError) -> Problem {
    let cause = error.cause().to_owned();
    match error {
        AuthoriseError::NotTrusted { account, fingerprint, .. } => {
            Problem::Unauthorised { account, fingerprint: fingerprint.to_hex(), cause }
        }
        AuthoriseError::Unknown { account, .. } => Problem::TrustUnknown { account, cause },
    }
}

pub(super) fn from_runtime(error: RuntimeError) -> Problem {
    match error {
        RuntimeError::ImageMissing { image } => Problem::ImageMissing { image },
        RuntimeError::NotRunning { service, replica, .. } => {
            Problem::ReplicaNotRunning { service, replica, running: 0 }
        }
        RuntimeError::CannotStart { detail, .. } => Problem::BadRequest { detail },
        error => Problem::EngineUnavailable { cause: error.to_string() },
    }
}
