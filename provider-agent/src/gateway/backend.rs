use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use content::{ContentId, Entry};
use cosmwasm_std::Addr;
use gateway_api::{
    Contents, Events, Info, LeaseStatus, ManifestAccepted, Problem, PutSecrets, Quote, QuoteRequest, Secrets,
    Trials,
};
use market_api::LeaseId;

/// What the gateway asks of the agent. Each answer must come soon: none may wait for the chain or the engine longer
/// than a client would wait. The gateway checks who asks before it calls anything but [`GatewayBackend::lease_tenant`].
#[async_trait]
pub trait GatewayBackend: Send + Sync + 'static {
    /// The tenant of a lease that was won by this provider, live or ended; none for every other lease, existing or
    /// not. `Err` when that cannot be known at the moment.
    async fn lease_tenant(&self, lease: LeaseId) -> Result<Option<Addr>, Problem>;

    /// The canonical manifest's bytes, as they came. Answers once they are held against the chain and kept; starting
    /// the workload happens later and shows in the status.
    async fn submit_manifest(&self, lease: LeaseId, manifest: Bytes) -> Result<ManifestAccepted, Problem>;

    /// What the lease's manifest carries and is kept here, as far as it has come.
    async fn contents(&self, lease: LeaseId) -> Result<Contents, Problem>;

    /// One of these, to be completed.
    async fn open_content(&self, lease: LeaseId, content: ContentId) -> Result<Arc<Entry>, Problem>;

    /// More of a content that the lease carries has come.
    fn content_grew(&self, lease: LeaseId, whole: bool);

    /// The secrets of the lease's services, and whether they are held.
    async fn secrets(&self, lease: LeaseId) -> Result<Secrets, Problem>;

    /// Holds values of these.
    async fn put_secrets(&self, lease: LeaseId, secrets: PutSecrets) -> Result<Secrets, Problem>;

    async fn status(&self, lease: LeaseId) -> Result<LeaseStatus, Problem>;

    /// Tries every connection of the lease. The one answer that takes its time, of at most half a minute.
    async fn try_connections(&self, lease: LeaseId) -> Result<Trials, Problem>;

    async fn events(&self, lease: LeaseId) -> Result<Events, Problem>;

    /// `account` asks what this provider would bid.
    async fn quote(&self, account: &str, request: QuoteRequest) -> Result<Quote, Problem>;

    async fn info(&self) -> Result<Info, Problem>;
}
