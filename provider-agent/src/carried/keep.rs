//! Content lives as long as a lease's manifest names it.

use std::collections::BTreeSet;

use content::ContentId;
use manifest::Manifest;

use super::on_disk;
use crate::leases::{LeaseError, Leases};

impl Leases {
    /// Removes content, and images made of it, that no manifest of a lease names which may still run. Goes by what
    /// lies on the disk, so that it also finds what a run before this one left.
    pub(crate) async fn drop_unused_contents(&self) -> Result<(), LeaseError> {
        let Some(store) = self.contents() else { return Ok(()) };
        // Listed before the manifests are read: what comes with a manifest that comes now is not in the list.
        let listing = store.clone();
        let listed = on_disk(move || listing.list()).await?;
        let keep = self.named_contents()?;
        if !listed.is_empty() && self.some_manifest_is_missing().await? {
            return Ok(());
        }
        for id in listed.into_iter().filter(|id| !keep.contains(id)) {
            tracing::info!(content = %id, "no lease names it any more: removed");
            let store = store.clone();
            on_disk(move || store.remove(id)).await?;
        }
        Ok(self.runtime.keep_images(&keep).await?)
    }

    /// Whether something runs of which nobody can say now what it carries, as after the database was lost.
    async fn some_manifest_is_missing(&self) -> Result<bool, LeaseError> {
        for observed in self.runtime.observe().await? {
            let running = !observed.containers.is_empty();
            if running && self.core.store.manifest_versions(observed.lease.0)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn named_contents(&self) -> Result<BTreeSet<ContentId>, LeaseError> {
        let rows = self.core.store.lease_rows()?;
        let removed: BTreeSet<u64> =
            rows.into_iter().filter(|(_, row)| row.removed).map(|(lease, _)| lease).collect();
        let mut named = BTreeSet::new();
        self.core.store.each_manifest(|lease, bytes| {
            if !removed.contains(&lease) {
                let manifest = Manifest::from_canonical_json(bytes);
                named.extend(manifest.iter().flat_map(Manifest::contents).map(|content| content.id));
            }
        })?;
        Ok(named)
    }
}
