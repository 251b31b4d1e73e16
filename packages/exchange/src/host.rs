use async_trait::async_trait;
use bytes::Bytes;
use content::ContentRef;
use identity::{Endpoint, Role};

/// One account that takes part in a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub account: String,
    pub role: Role,
    /// Where it answers; none for who only asks, such as a tenant.
    pub endpoints: Vec<Endpoint>,
}

/// Everybody who takes part, this account included.
pub type Participants = Vec<Participant>;

/// The chain could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Unknown {
    pub cause: String,
}

/// The program that the exchange runs in. Every answer has to come within a bound of its own.
#[async_trait]
pub trait Host: Send + Sync + 'static {
    /// As the chain has it. Empty when there is no such deployment, or this account takes no part in it.
    async fn participants(&self, deployment: u64) -> Result<Participants, Unknown>;

    /// The canonical manifest of a version of the deployment, when it is here.
    async fn manifest(&self, deployment: u64, version: &[u8; 32]) -> Option<Bytes>;

    /// Whether content belongs to the deployment. Nothing else is given out to its participants.
    async fn carries(&self, deployment: u64, content: &ContentRef) -> bool;
}
