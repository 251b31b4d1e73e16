use cosmwasm_std::HexBinary;
use serde::{Deserialize, Serialize};

/// Why the gateway did not do what was asked. `Display` says the cause with what was expected and what was got;
/// [`Problem::what_to_do`] says the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Problem {
    /// Also the answer for what belongs to somebody else.
    #[error("there is no such thing here for you")]
    NotFound,
    #[error("the manifest's version is {got}, the chain says {expected}")]
    VersionMismatch { expected: HexBinary, got: HexBinary },
    #[error("the manifest does not fit: {}", .problems.join("; "))]
    ManifestInvalid { problems: Vec<String> },
    #[error("image {image} is not in the provider's engine, and the provider does not fetch images")]
    ImageMissing { image: String },
    #[error("the lease's manifest carries no content {id} that is kept here")]
    NoSuchContent { id: String },
    #[error("the content is not taken: {detail}")]
    ContentRefused { detail: String },
    #[error("the lease has ended: {reason}")]
    LeaseEnded { reason: String },
    /// Of a live lease, but too early: nothing runs yet.
    #[error("nothing runs yet: {state}")]
    NotRunning { state: String },
    #[error("service {service:?} has no replica {replica} that runs; it has {running}")]
    ReplicaNotRunning { service: String, replica: u32, running: u32 },
    #[error("the lease has no service {service:?}; it has {}", .services.join(", "))]
    NoSuchService { service: String, services: Vec<String> },
    #[error("the request is not understood: {detail}")]
    BadRequest { detail: String },
    #[error("the request's body is larger than {limit} bytes")]
    BodyTooLarge { limit: u64 },
    #[error("the body did not arrive within {seconds} s")]
    BodyTooSlow { seconds: u64 },
    #[error("{method} is not possible here, only {allowed}")]
    MethodNotAllowed { method: String, allowed: String },
    #[error("your certificate is valid until {not_after}, the clock here says {now}, which is later (both in seconds since the epoch)")]
    CertificateExpired { not_after: u64, now: u64 },
    #[error("your certificate is valid from {not_before}, the clock here says {now}, which is earlier (both in seconds since the epoch)")]
    CertificateNotYetValid { not_before: u64, now: u64 },
    #[error("your certificate is for chain {got:?}, this gateway serves chain {expected:?}")]
    WrongChain { expected: String, got: String },
    /// The certificate is sound, but the chain does not vouch for its root.
    #[error("the root {fingerprint} of {account} is not valid on the chain: {cause}")]
    Unauthorised { account: String, fingerprint: String, cause: String },
    #[error("the root of {account} cannot be checked, because the chain cannot be asked: {cause}")]
    TrustUnknown { account: String, cause: String },
    #[error("more than {limit} requests of yours are under way at once")]
    TooManyRequests { limit: u64 },
    #[error("the engine is not available: {cause}")]
    EngineUnavailable { cause: String },
    #[error("not possible at the moment: {cause}")]
    Unavailable { cause: String },
    #[error("the agent failed: {detail}")]
    Internal { detail: String },
    /// A problem of a newer agent; the message of the [`ErrorBody`] says it.
    #[error("a problem that this client does not know")]
    #[serde(other)]
    Unknown,
}

impl Problem {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound | Self::NoSuchContent { .. } => 404,
            Self::VersionMismatch { .. }
            | Self::ManifestInvalid { .. }
            | Self::ImageMissing { .. }
            | Self::ContentRefused { .. } => 422,
            Self::LeaseEnded { .. } => 410,
            Self::NotRunning { .. } | Self::ReplicaNotRunning { .. } => 409,
            Self::NoSuchService { .. } | Self::BadRequest { .. } => 400,
            Self::BodyTooLarge { .. } => 413,
            Self::BodyTooSlow { .. } => 408,
            Self::MethodNotAllowed { .. } => 405,
            Self::CertificateExpired { .. }
            | Self::CertificateNotYetValid { .. }
            | Self::WrongChain { .. }
            | Self::Unauthorised { .. } => 403,
            Self::TooManyRequests { .. } => 429,
            Self::TrustUnknown { .. } | Self::EngineUnavailable { .. } | Self::Unavailable { .. } => 503,
            Self::Internal { .. } | Self::Unknown => 500,
        }
    }

    /// The stable code, as in the JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::VersionMismatch { .. } => "version_mismatch",
            Self::ManifestInvalid { .. } => "manifest_invalid",
            Self::ImageMissing { .. } => "image_missing",
            Self::NoSuchContent { .. } => "no_such_content",
            Self::ContentRefused { .. } => "content_refused",
            Self::LeaseEnded { .. } => "lease_ended",
            Self::NotRunning { .. } => "not_running",
            Self::ReplicaNotRunning { .. } => "replica_not_running",
            Self::NoSuchService { .. } => "no_such_service",
            Self::BadRequest { .. } => "bad_request",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyTooSlow { .. } => "body_too_slow",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::CertificateExpired { .. } => "certificate_expired",
            Self::CertificateNotYetValid { .. } => "certificate_not_yet_valid",
            Self::WrongChain { .. } => "wrong_chain",
            Self::Unauthorised { .. } => "unauthorised",
            Self::TrustUnknown { .. } => "trust_unknown",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::EngineUnavailable { .. } => "engine_unavailable",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal { .. } => "internal",
            Self::Unknown => "unknown",
        }
    }

    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::NotFound => {
                "check the lease's number and its provider, and that you use the key of the lease's tenant"
            }
            Self::VersionMismatch { .. } => {
                "send the manifest that the deployment's version names, or set the new version on the chain first"
            }
            Self::ManifestInvalid { .. } => "correct the manifest, set its version on the chain and send it again",
            Self::ImageMissing { .. } => {
                "use an image that the provider has, or ask the provider to load it, then send the manifest again"
            }
            Self::NoSuchContent { .. } => "send the manifest first; what it carries for other providers alone goes to them",
            Self::ContentRefused { .. } => "send the content that the manifest names, chunk by chunk with its proof",
            Self::LeaseEnded { .. } => "open a new order to run the deployment again",
            Self::NotRunning { .. } => "look at the lease's status and try again when it is active",
            Self::ReplicaNotRunning { .. } => "choose a running replica; the lease's status lists them",
            Self::NoSuchService { .. } => "choose one of the lease's services",
            Self::BadRequest { .. } => "correct the request",
            Self::BodyTooLarge { .. } => "send a smaller body",
            Self::BodyTooSlow { .. } => "send the request again over a better connection",
            Self::MethodNotAllowed { .. } => "use the method that is named",
            Self::CertificateExpired { .. } => {
                "make a new leaf from your root; if yours is new, set your clock or tell the provider that its clock is wrong"
            }
            Self::CertificateNotYetValid { .. } => {
                "set your clock, or tell the provider that its clock is wrong"
            }
            Self::WrongChain { .. } => "choose the profile of the right chain, or another provider",
            Self::Unauthorised { .. } => "publish a current root for this account on the chain",
            Self::TrustUnknown { .. } => "try again in a minute: nobody new is let in while the chain is silent",
            Self::TooManyRequests { .. } => "wait for earlier requests to end",
            Self::EngineUnavailable { .. } | Self::Unavailable { .. } => "try again in a minute",
            Self::Internal { .. } => "try again, and report it to the provider with its time",
            Self::Unknown => "update this client",
        }
    }
}

/// The body of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    pub error: Problem,
    pub message: String,
    pub what_to_do: String,
}

impl From<Problem> for ErrorBody {
    fn from(error: Problem) -> Self {
        Self { message: error.to_string(), what_to_do: error.what_to_do().to_owned(), error }
    }
}

impl std::fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.message, self.what_to_do)
    }
}

impl std::error::Error for ErrorBody {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_in_json_is_the_code_of_the_problem() {
        let problems = [
            Problem::NotFound,
            Problem::VersionMismatch { expected: vec![1].into(), got: vec![2].into() },
            Problem::ManifestInvalid { problems: vec!["a".into()] },
            Problem::ImageMissing { image: "nginx".into() },
            Problem::NoSuchContent { id: "ab".into() },
            Problem::ContentRefused { detail: "a".into() },
            Problem::LeaseEnded { reason: "tenant_closed".into() },
            Problem::CertificateExpired { not_after: 1, now: 2 },
            Problem::TrustUnknown { account: "a".into(), cause: "b".into() },
        ];
        for problem in problems {
            let body = ErrorBody::from(problem.clone());
            let json = serde_json::to_value(&body).unwrap();
            assert_eq!(json["error"]["code"], problem.code());
            assert_eq!(serde_json::from_value::<ErrorBody>(json).unwrap(), body);
        }
    }

    #[test]
    fn a_problem_of_a_newer_agent_is_still_readable() {
        let json = r#"{"error":{"code":"gpu_on_fire","unit":3},"message":"gpu 3 burns","what_to_do":"run"}"#;
        let body: ErrorBody = serde_json::from_str(json).unwrap();
        assert_eq!(body.error, Problem::Unknown);
        assert_eq!(body.to_string(), "gpu 3 burns: run");
    }
}
