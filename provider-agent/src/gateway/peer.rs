//! Who asks, and whether the chain still vouches for them.

use identity::{authorise, Claim, Peer, Roots};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

use super::problem::from_authorise;
use gateway_api::Problem;

/// A connection's claim, asked about again for every request: the answer is remembered by the roots' cache, so a
/// root that is revoked loses its connections as well.
#[derive(Clone)]
pub(super) struct Caller {
    pub claim: Claim,
    pub roots: Arc<dyn Roots>,
    /// Ends everything that is open when the agent stops.
    pub stopping: CancellationToken,
    pub recheck: Duration,
}

impl Caller {
    pub async fn authorise(&self) -> Result<Peer, Problem> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        if now > self.claim.expires.saturating_add(identity::CLOCK_SKEW.as_secs()) {
            return Err(Problem::CertificateExpired { not_after: self.claim.expires, now });
        }
        authorise(&self.claim, &*self.roots).await.map_err(from_authorise)
    }

    /// Ends when an open stream has to: with the reason.
    pub async fn until_ended(&self) -> String {
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return "the provider's agent is stopping".to_owned(),
                () = tokio::time::sleep(self.recheck) => {}
            }
            match self.authorise().await {
                Ok(_) => {}
                // A silent chain cuts nothing that lives.
                Err(Problem::TrustUnknown { .. }) => {}
                Err(problem) => return problem.to_string(),
            }
        }
    }
}
