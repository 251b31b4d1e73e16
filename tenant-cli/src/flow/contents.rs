//! What a manifest carries, on its way to a provider.

use content::{Bitmap, ContentRef};
use gateway_api::{ContentHave, ContentStatus, Problem, MAX_CHUNKS_PER_REQUEST};
use market_api::EndReason;

use super::start::Start;
use crate::error::{CliError, Result};
use crate::gateway::{Gateway, GatewayError};
use crate::show;
use crate::sources::Source;

impl Start<'_> {
    /// Sends what the provider lacks; says how the lease ended if it did meanwhile.
    pub(super) async fn send_contents(&mut self, gateway: &Gateway) -> Result<Option<EndReason>> {
        if self.sent.sources.paths().is_empty() {
            return Ok(None);
        }
        let listed = loop {
            match gateway.contents(self.lease).await {
                Ok(listed) => break listed.contents,
                Err(error) => {
                    if let Some(lost) = self.stumble(error).await? {
                        return Ok(Some(lost));
                    }
                }
            }
        };
        for content in listed.iter().filter(|content| content.done < content.total) {
            if !content.needed && !self.for_others {
                continue;
            }
            if let Some(lost) = self.send_content(gateway, content).await? {
                return Ok(Some(lost));
            }
        }
        Ok(None)
    }

    async fn send_content(&mut self, gateway: &Gateway, wanted: &ContentStatus) -> Result<Option<EndReason>> {
        let id = wanted.id.parse().map_err(|error| {
            CliError::failure(format!("{} lists what is not understood: {error}", gateway.provider()))
        })?;
        let Some(source) = self.sent.sources.open(id).await? else {
            self.progress.step(format!(
                "{}: {wanted}; this machine does not have it, the deployment's other providers may",
                self.label
            ));
            return Ok(None);
        };
        let content = source.content();
        let to = show::short(gateway.provider());
        let what = format!("{}: sending {} to {to}", self.label, source.path().display());
        let mut have: Option<Bitmap> = None;
        let mut batch = MAX_CHUNKS_PER_REQUEST;
        loop {
            let missing = have.as_ref().map(|have| next(have, self.lease.0));
            if missing.as_ref().is_some_and(Vec::is_empty) {
                self.progress.step(format!("{}: {to} has {}", self.label, source.path().display()));
                return Ok(None);
            }
            if let Some(have) = &have {
                let percent = u64::from(have.count()) * 100 / u64::from(have.len().max(1));
                self.progress.wait_for(&what, format!(": {percent} % of {} bytes", content.size));
            }
            let asked = match missing {
                None => gateway.content(self.lease, id).await,
                Some(mut missing) => {
                    missing.truncate(batch);
                    self.put(gateway, &source, missing).await?
                }
            };
            match asked {
                Ok(answer) => have = Some(self.understood(gateway, &answer, content)?),
                Err(error) => {
                    // A slow line gets a smaller part through in the same time.
                    batch = (batch / 2).max(1);
                    have = None;
                    if let Some(lost) = self.stumble(error).await? {
                        return Ok(Some(lost));
                    }
                }
            }
        }
    }

    async fn put(
        &self,
        gateway: &Gateway,
        source: &std::sync::Arc<Source>,
        chunks: Vec<u32>,
    ) -> Result<Result<ContentHave, GatewayError>> {
        let body = source.frames(chunks).await?;
        Ok(gateway.put_chunks(self.lease, source.content().id, body).await)
    }

    fn understood(&self, gateway: &Gateway, answer: &ContentHave, content: ContentRef) -> Result<Bitmap> {
        answer.bitmap(content).ok_or_else(|| {
            CliError::failure(format!(
                "{}: {} answered about other content than {}",
                self.label,
                gateway.provider(),
                content.id
            ))
        })
    }

    /// After a request that failed: waits if the next one may succeed. Says how the lease ended if it did.
    pub(super) async fn stumble(&mut self, error: GatewayError) -> Result<Option<EndReason>> {
        match error.problem() {
            _ if error.is_passing() => self.gateway_silent(&error.into())?,
            Some(Problem::LeaseEnded { .. }) => {
                self.chain_asked = None;
                if let Some(lost) = self.ask_chain().await? {
                    return Ok(Some(lost));
                }
                return Err(self.failed(error.into()));
            }
            _ => return Err(self.failed(error.into())),
        }
        if let Some(lost) = self.ask_chain().await? {
            return Ok(Some(lost));
        }
        self.pause().await?;
        Ok(None)
    }
}

/// The chunks that are missing, from a place on that differs from lease to lease: what one provider gets first it
/// can give to another.
fn next(have: &Bitmap, lease: u64) -> Vec<u32> {
    let len = have.len().max(1);
    let first = u32::try_from(lease.wrapping_mul(0x9e37_79b9) % u64::from(len)).unwrap_or(0);
    (first..len).chain(0..first).filter(|index| !have.get(*index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_chunk_is_sent_once_wherever_it_begins() {
        let mut have = Bitmap::none(10);
        have.set(3);
        for lease in 0..20 {
            let mut order = next(&have, lease);
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 4, 5, 6, 7, 8, 9]);
        }
        assert!(next(&Bitmap::all(10), 1).is_empty());
    }
}
