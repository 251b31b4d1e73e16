//! Images that came with manifests: into the engine under names of our own, and out of it again.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use bollard::query_parameters::{
    ImportImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptionsBuilder,
};
use bollard::Docker;
use bytes::Bytes;
use content::ContentId;
use futures::{stream, TryStreamExt};
use tokio::sync::mpsc;

use super::archive::Archive;
use super::config::DockerConfig;
use super::errors::{call, gone_is_fine, is_status};
use super::labels::short;
use crate::runtime::RuntimeError;

/// In front of the names of all images that came with manifests, of every provider that uses the engine.
pub(super) const PREFIX: &str = "akash-carried-";
/// The least pace at which an engine has to take an image, in bytes per second.
const SLOWEST: u64 = 10 << 20;
/// Blocks that wait for the engine to take them.
const QUEUE: usize = 4;
const BLOCK_BYTES: usize = 256 * 1024;

fn repository(config: &DockerConfig) -> String {
    format!("{PREFIX}{}", short(&config.provider))
}

/// The id of the image that was loaded of a content.
pub(super) async fn loaded(
    docker: &Docker,
    config: &DockerConfig,
    content: ContentId,
) -> Result<Option<String>, RuntimeError> {
    let name = format!("{}:{content}", repository(config));
    match call("looking for an image", config.call_timeout, docker.inspect_image(&name)).await {
        Ok(found) => Ok(found.id),
        Err(error) if is_status(&error, 404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Loads the image of an archive, unless it was loaded before. Its id.
pub(super) async fn load(
    docker: &Docker,
    config: &DockerConfig,
    content: ContentId,
    path: &Path,
) -> Result<String, RuntimeError> {
    let name = format!("{}:{content}", repository(config));
    let unusable = |detail: String| RuntimeError::BadArchive { content: content.to_string(), detail };
    if let Some(id) = loaded(docker, config, content).await? {
        return Ok(id);
    }
    let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
    let bound = config.fetch_timeout + Duration::from_secs(size / SLOWEST);
    let file = path.to_owned();
    let archive = tokio::task::spawn_blocking(move || Archive::open(&file));
    let archive = archive.await.map_err(|e| unusable(e.to_string()))?.map_err(&unusable)?;
    let (id, diff_ids) = (archive.id(), archive.diff_ids.clone());

    let (blocks, inbox) = mpsc::channel::<io::Result<Bytes>>(QUEUE);
    let told = name.clone();
    let writing = tokio::task::spawn_blocking(move || {
        let mut to = io::BufWriter::with_capacity(BLOCK_BYTES, Blocks(blocks.clone()));
        if let Err(error) = archive.write(&told, &mut to).and_then(|()| to.flush()) {
            // The engine sees the request break off. Nobody listens any more when it was the engine that did.
            let _ = blocks.blocking_send(Err(error));
        }
    });
    let body = stream::unfold(inbox, |mut inbox| async move { Some((inbox.recv().await?, inbox)) });
    // The answer begins when the engine has taken the whole archive.
    let patient = docker.clone().with_timeout(bound);
    let options = ImportImageOptionsBuilder::default().quiet(true).build();
    let loading = patient
        .import_image(options, bollard::body_try_stream(body), None)
        .try_for_each(|_| async { Ok(()) });
    let taken = call("loading an image", bound, loading).await;
    // It ends with its reader.
    let _ = writing.await;
    match taken {
        Ok(()) => {}
        Err(RuntimeError::Refused { detail, .. }) => return Err(unusable(detail)),
        Err(error) => return Err(error),
    }

    // What the engine made of it has to be what the archive says: the same configuration, or the same layers where
    // the engine names images otherwise.
    let found = call("looking for an image", config.call_timeout, docker.inspect_image(&name)).await?;
    let layers = found.root_fs.and_then(|root| root.layers).unwrap_or_default();
    match found.id {
        Some(found) if found == id || layers == diff_ids => Ok(found),
        other => {
            remove(docker, config, &name).await?;
            let other = other.unwrap_or_default();
            Err(unusable(format!("the engine made image {other} of it, and {id} was expected")))
        }
    }
}

/// Removes the images of this provider that came with other contents than these.
pub(super) async fn keep(
    docker: &Docker,
    config: &DockerConfig,
    keep: &BTreeSet<ContentId>,
) -> Result<(), RuntimeError> {
    let repository = repository(config);
    let filters = std::collections::HashMap::from([("reference".to_owned(), vec![repository.clone()])]);
    let options = ListImagesOptionsBuilder::default().filters(&filters).build();
    let listed = call("listing images", config.call_timeout, docker.list_images(Some(options))).await?;
    for name in listed.into_iter().flat_map(|image| image.repo_tags) {
        let tag = name.strip_prefix(&repository).and_then(|rest| rest.strip_prefix(':'));
        let Some(content) = tag.and_then(|tag| tag.parse::<ContentId>().ok()) else { continue };
        if !keep.contains(&content) {
            remove(docker, config, &name).await?;
        }
    }
    Ok(())
}

async fn remove(docker: &Docker, config: &DockerConfig, name: &str) -> Result<(), RuntimeError> {
    let options = RemoveImageOptionsBuilder::default().build();
    let removed =
        call("removing an image", config.call_timeout, docker.remove_image(name, Some(options), None)).await;
    match removed {
        // A container still uses it; it is tried again.
        Err(error) if is_status(&error, 409) => Ok(()),
        other => gone_is_fine(other.map(|_| ())),
    }
}

/// Whether an image is known to the engine only by names of ours: nobody else may start it by its name or id.
pub(super) fn is_private(names: &[String]) -> bool {
    !names.is_empty() && names.iter().all(|name| name.starts_with(PREFIX))
}

/// Hands on what is written, and waits when the engine does.
struct Blocks(mpsc::Sender<io::Result<Bytes>>);

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
