//! What manifests carry, as this agent holds it: taken from tenants and other providers into the store of content,
//! given to the runtime, and removed when no lease's manifest names it any more.

mod fetch;
mod keep;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use content::{ContentId, ContentRef, Store, StoreError};
use gateway_api::ContentStatus;
use manifest::{Manifest, ManifestGroup};
use market_api::Group;

pub use fetch::FetchingContents;

use crate::inventory::Amounts;
use crate::leases::{LeaseError, Leases};
use crate::plan::Lacks;
use crate::runtime::{MountedFile, RuntimeError, Workload};

/// The mode of content that is mounted: nobody writes to it, and every user of a container may read it.
const READ_ONLY: u32 = 0o444;

/// What a group's services need.
pub fn needed_by(group: &ManifestGroup) -> BTreeSet<ContentRef> {
    let services = group.services.iter();
    services
        .flat_map(|service| {
            let files = service.carried.files.iter().map(|file| file.content);
            service.carried.image.into_iter().chain(files)
        })
        .collect()
}

/// The bytes that a lease may bring: the room on disk that its order bought, and no more than the operator allows.
pub fn limit(sold: &Group, configured: u64) -> u64 {
    Amounts::of(sold).map_or(0, |amounts| amounts.storage).min(configured)
}

/// Refuses a group that carries more than the lease may bring.
pub fn check(group: &ManifestGroup, sold: &Group, configured: u64) -> Result<(), String> {
    let total = sum(&needed_by(group));
    let limit = limit(sold, configured);
    if total <= limit {
        return Ok(());
    }
    Err(if configured == 0 {
        format!("group {:?} carries content; this provider does not take any", group.name)
    } else {
        format!(
            "group {:?} carries {total} bytes; this lease may bring {limit}, the room on disk that its order \
             bought, up to {configured} at this provider",
            group.name
        )
    })
}

fn sum(contents: &BTreeSet<ContentRef>) -> u64 {
    contents.iter().fold(0, |sum, content| sum.saturating_add(content.size))
}

/// What of a manifest a lease keeps: what its group needs, and as much as fits of what only other groups need, for
/// the providers that run those.
pub fn kept(manifest: &Manifest, group: &str, limit: u64) -> Vec<(ContentRef, bool)> {
    let needed = manifest.group(group).map(needed_by).unwrap_or_default();
    let mut total = sum(&needed);
    let mut all: Vec<(ContentRef, bool)> = needed.iter().map(|content| (*content, true)).collect();
    for content in manifest.contents() {
        let with = total.saturating_add(content.size);
        if !needed.contains(&content) && with <= limit {
            total = with;
            all.push((content, false));
        }
    }
    all
}

/// Work on the store, away from the tasks that serve the network.
pub async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => Err(StoreError::Io { path: PathBuf::new(), source: std::io::Error::other(failed) }),
    }
}

/// How much of contents is here, in their order.
pub async fn states(
    store: Arc<Store>,
    contents: Vec<(ContentRef, bool)>,
) -> Result<Vec<ContentStatus>, StoreError> {
    on_disk(move || {
        let mut states = Vec::with_capacity(contents.len());
        for (content, needed) in contents {
            let entry = store.get(content)?;
            let total = content.shape().map_or(0, |shape| shape.chunks());
            let done = match &entry {
                Some(entry) if entry.file().is_some() => total,
                // Its last chunk is in, and it is not whole before it lies on the disk.
                Some(entry) => entry.have().count().min(total.saturating_sub(1)),
                None => 0,
            };
            states.push(ContentStatus {
                id: content.id.to_string(),
                size: content.size,
                needed,
                done,
                total,
            });
        }
        Ok(states)
    })
    .await
}

/// What the runtime is given of what a group carries.
#[derive(Debug, Default)]
pub struct Parts {
    images: BTreeMap<ContentId, String>,
    files: BTreeMap<ContentId, PathBuf>,
}

/// Why there are no parts.
pub enum NoParts {
    /// Something is not here any more; another look says what.
    Lacking,
    Store(StoreError),
    Runtime(RuntimeError),
}

impl From<StoreError> for NoParts {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Parts {
    /// Puts images and files where the group's services have them.
    pub fn put_into(&self, workload: &mut Workload, group: &ManifestGroup) {
        for spec in &mut workload.services {
            let Some(service) = group.service(&spec.name) else { continue };
            if let Some(id) = service.carried.image.and_then(|image| self.images.get(&image.id)) {
                spec.image.clone_from(id);
                spec.carried_image = true;
            }
            spec.files = service
                .carried
                .files
                .iter()
                .filter_map(|file| {
                    let source = self.files.get(&file.content.id)?.clone();
                    Some(MountedFile { content: file.content.id, source, mount: file.mount.clone() })
                })
                .collect();
        }
    }
}

impl Leases {
    pub(crate) fn contents(&self) -> Option<&Arc<Store>> {
        self.sharing().map(|sharing| sharing.exchange.store())
    }

    /// What is missing of each version of a lease whose manifest is here.
    pub(crate) async fn lacks(
        &self,
        lease: u64,
        manifests: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Lacks>, LeaseError> {
        let mut lacks = BTreeMap::new();
        for version in manifests {
            let Some(group) = self.group_of(lease, version)? else { continue };
            let needed: Vec<_> = needed_by(&group).into_iter().map(|content| (content, true)).collect();
            let Some(store) = self.contents().filter(|_| !needed.is_empty()) else { continue };
            let mut missing = states(store.clone(), needed).await?;
            missing.retain(|content| content.done < content.total);
            if !missing.is_empty() {
                lacks.insert(version.clone(), Lacks::Contents(missing));
            }
        }
        Ok(lacks)
    }

    /// Everything that a group carries, proved, with images in the engine.
    pub(crate) async fn parts(&self, group: &ManifestGroup) -> Result<Parts, NoParts> {
        let mut parts = Parts::default();
        let Some(store) = self.contents() else { return Ok(parts) };
        for service in &group.services {
            if let Some(image) = service.carried.image.filter(|image| !parts.images.contains_key(&image.id)) {
                let loaded = self.runtime.loaded_image(image.id).await.map_err(NoParts::Runtime)?;
                let id = match loaded {
                    Some(id) => id,
                    None => {
                        let path = proved(store, image).await?;
                        self.runtime.load_image(image.id, &path).await.map_err(NoParts::Runtime)?
                    }
                };
                parts.images.insert(image.id, id);
            }
            for file in &service.carried.files {
                if let Entry::Vacant(place) = parts.files.entry(file.content.id) {
                    place.insert(proved(store, file.content).await?);
                }
            }
        }
        Ok(parts)
    }
}

/// Where whole content lies, read once more and found to be what it is called.
async fn proved(store: &Arc<Store>, content: ContentRef) -> Result<PathBuf, NoParts> {
    let store = store.clone();
    let path = on_disk(move || {
        let Some(entry) = store.get(content)? else { return Ok(None) };
        let whole = entry.prove()?;
        let Some(path) = entry.file().filter(|_| whole) else { return Ok(None) };
        let failed = |source| StoreError::Io { path: path.clone(), source };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(READ_ONLY)).map_err(failed)?;
        std::fs::canonicalize(&path).map_err(failed).map(Some)
    })
    .await?;
    path.ok_or(NoParts::Lacking)
}

/// Whether all of a content is here.
pub fn is_whole(entry: &content::Entry) -> bool {
    entry.file().is_some()
}

#[cfg(test)]
mod tests;
