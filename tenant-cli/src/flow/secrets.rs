//! The values that only the lease's provider gets, on their way to it.

use market_api::EndReason;

use super::start::Start;
use crate::error::Result;
use crate::gateway::Gateway;

impl Start<'_> {
    /// Sends those values that services of the lease need, when there are any; says how the lease ended if it did
    /// meanwhile.
    pub(super) async fn send_secrets(&mut self, gateway: &Gateway) -> Result<Option<EndReason>> {
        if self.sent.secrets.is_empty() {
            return Ok(None);
        }
        let wanted = loop {
            match gateway.secrets(self.lease).await {
                Ok(wanted) => break wanted.secrets,
                Err(error) => {
                    if let Some(lost) = self.stumble(error).await? {
                        return Ok(Some(lost));
                    }
                }
            }
        };
        let secrets = self.sent.secrets.clone();
        let mut sent = Vec::new();
        for state in wanted {
            let Some(request) = secrets.request(&state.name) else { continue };
            while let Err(error) = gateway.put_secrets(self.lease, &request).await {
                if let Some(lost) = self.stumble(error).await? {
                    return Ok(Some(lost));
                }
            }
            sent.push(state.name);
        }
        if !sent.is_empty() {
            self.progress.step(format!("{}: the provider has the values of {}", self.label, sent.join(", ")));
        }
        Ok(None)
    }
}
