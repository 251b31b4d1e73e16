//! What runs the workloads: one trait, and Docker Engine behind it.
//!
//! A runtime knows nothing of the chain. It is told what one lease should look like ([`Workload`]) and makes it so,
//! and it says what is there ([`Runtime::observe`]), which it reads from the engine each time: nothing is kept in
//! memory that a restart would lose. Deciding when to restart what crashed is the caller's.

mod docker;
mod error;
mod workload;

pub use docker::{DockerConfig, DockerRuntime, DEFAULT_CAPABILITIES};
pub use error::RuntimeError;
pub use workload::{
    Capacity, ContainerRef, ContainerState, ExecInput, ExecOutput, ExecRequest, ExecSession, MountedFile,
    ObservedContainer, ObservedLease, PublishedPort, Redirect, ServicePort, ServiceSpec, Workload,
};

use std::collections::BTreeSet;
use std::path::Path;

use async_trait::async_trait;
use content::ContentId;
use futures::stream::BoxStream;
use gateway_api::{LogLine, LogsQuery, ServiceMetrics};
use market_api::LeaseId;

/// Runs the containers of one provider. Everything else in the engine, other providers' containers included, is
/// neither seen nor touched.
#[async_trait]
pub trait Runtime: Send + Sync {
    /// What the machine has in all; what leases have reserved is not subtracted.
    async fn capacity(&self) -> Result<Capacity, RuntimeError>;

    /// Makes sure that workloads reach only what they may. Called again and again; [`Runtime::apply`] does so too.
    async fn isolate(&self) -> Result<(), RuntimeError>;

    /// What replicas send to these addresses goes to the agent's listeners, and nobody else reaches them. These and no
    /// others from now on; they are put back into place by [`Runtime::isolate`] too.
    async fn redirect(&self, redirects: Vec<Redirect>) -> Result<(), RuntimeError>;

    /// Every lease of which anything is left in the engine, be it only its network. An error means that nothing is
    /// known; it never means that nothing is there.
    async fn observe(&self) -> Result<Vec<ObservedLease>, RuntimeError>;

    /// One lease, as [`Runtime::observe`] would list it; none when nothing is left of it.
    async fn observe_lease(&self, lease: LeaseId) -> Result<Option<ObservedLease>, RuntimeError>;

    /// Makes the engine match the workload: creates and starts replicas that are absent or were never started,
    /// replaces those whose specification differs, removes those that are not in it any more, and leaves the rest
    /// alone, whether it runs or has ended. May be called again at any time and after any failure.
    async fn apply(&self, workload: &Workload) -> Result<ObservedLease, RuntimeError>;

    /// Removes everything of a lease. Removing what is not there succeeds.
    async fn remove(&self, lease: LeaseId) -> Result<(), RuntimeError>;

    /// Starts a container that has ended; stops it first when it runs.
    async fn restart(&self, container: &ContainerRef) -> Result<(), RuntimeError>;

    /// Lines of the lease's replicas, oldest first for each of them. With `follow` it ends when they do.
    async fn logs(
        &self,
        lease: LeaseId,
        query: &LogsQuery,
    ) -> Result<BoxStream<'static, Result<LogLine, RuntimeError>>, RuntimeError>;

    /// Starts a command in a running replica.
    async fn exec(&self, lease: LeaseId, request: &ExecRequest) -> Result<ExecSession, RuntimeError>;

    /// Usage of each running replica.
    async fn stats(&self, lease: LeaseId) -> Result<Vec<ServiceMetrics>, RuntimeError>;

    /// Whether a workload with this image could start now without fetching anything.
    async fn image_present(&self, image: &str) -> Result<bool, RuntimeError>;

    /// The id of the image that was loaded of a content.
    async fn loaded_image(&self, content: ContentId) -> Result<Option<String>, RuntimeError>;

    /// Brings the image of an archive into the engine, unless it was loaded before, under a name that nothing but
    /// this content has. Gives the id by which [`Runtime::apply`] starts it. The caller has proved the content.
    async fn load_image(&self, content: ContentId, archive: &Path) -> Result<String, RuntimeError>;

    /// Removes what [`Runtime::load_image`] loaded of other contents than these; what a container uses stays.
    async fn keep_images(&self, keep: &BTreeSet<ContentId>) -> Result<(), RuntimeError>;
}
