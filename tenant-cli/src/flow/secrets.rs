//! The values that only the lease's provider gets, on their way to it.

use market_api::EndReason;

use super::start::Start;
use crate::error::Result;
use crate::gateway::Gateway;

impl Start<'_> {
    /// Sends those of these values that are at hand; says how the lease ended if it did meanwhile.
    pub(super) async fn send_secrets(
        &mut self,
        gateway: &Gateway,
        names: &[String],
    ) -> Result<Option<EndReason>> {
        let secrets = self.sent.secrets.clone();
        let mut sent = Vec::new();
        for name in names {
            let Some(request) = secrets.request(name) else { continue };
            while let Err(error) = gateway.put_secrets(self.lease, &request).await {
                if let Some(lost) = self.stumble(error).await? {
                    return Ok(Some(lost));
                }
            }
            sent.push(name.as_str());
        }
        if !sent.is_empty() {
            self.progress.step(format!("{}: the provider has the values of {}", self.label, sent.join(", ")));
        }
        Ok(None)
    }
}
