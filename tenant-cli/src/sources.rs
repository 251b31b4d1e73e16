//! Files that a manifest carries, where they lie on this machine.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use content::{ContentId, Tree};
use gateway_api::{ChunkFrame, MAX_CHUNK_FRAME_BYTES};

use crate::error::{io_error, CliError, Result};

/// By content; a file is read when it is needed for the first time.
#[derive(Clone, Default)]
pub struct Sources {
    paths: Arc<BTreeMap<ContentId, PathBuf>>,
    open: Arc<Mutex<HashMap<ContentId, Arc<Source>>>>,
}

/// A file that has been read and found to be what it is called.
pub struct Source {
    path: PathBuf,
    file: File,
    tree: Tree,
}

impl Sources {
    /// Absolute paths.
    pub fn new(paths: BTreeMap<ContentId, PathBuf>) -> Self {
        Self { paths: Arc::new(paths), open: Arc::default() }
    }

    pub fn paths(&self) -> &BTreeMap<ContentId, PathBuf> {
        &self.paths
    }

    /// None when the manifest's content is not known here. Fails when the file has changed since the manifest was
    /// made.
    pub async fn open(&self, id: ContentId) -> Result<Option<Arc<Source>>> {
        let known = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(path) = self.paths.get(&id).cloned() else { return Ok(None) };
        let source = on_disk(move || Source::open(path, id)).await?;
        let source = Arc::new(source);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id, source.clone());
        Ok(Some(source))
    }
}

/// Reads files away from the tasks that wait for providers.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => Err(CliError::failure(format!("a file could not be read: {failed}"))),
    }
}

fn changed(path: &Path) -> CliError {
    CliError::bad_input(format!("{} has changed since the manifest was made", path.display()))
        .hint("put back what it was, or bring out a new version: akash update DEPLOYMENT FILE")
}

impl Source {
    fn open(path: PathBuf, id: ContentId) -> Result<Self> {
        let failed = |error: std::io::Error| io_error("read", &path, &error);
        let mut file = File::open(&path).map_err(failed)?;
        let tree = Tree::of(&mut file).map_err(failed)?;
        if tree.content().id != id {
            return Err(changed(&path));
        }
        Ok(Self { path, file, tree })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn content(&self) -> content::ContentRef {
        self.tree.content()
    }

    /// Chunks as a gateway takes them.
    pub async fn frames(self: &Arc<Self>, chunks: Vec<u32>) -> Result<Bytes> {
        let this = self.clone();
        on_disk(move || {
            let mut body = Vec::with_capacity(chunks.len() * MAX_CHUNK_FRAME_BYTES);
            for index in chunks {
                let chunk = this.tree.chunk(&this.file, index);
                let chunk = chunk.map_err(|error| io_error("read", &this.path, &error))?;
                let chunk = chunk.ok_or_else(|| changed(&this.path))?;
                ChunkFrame { index, chunk }.encode(&mut body);
            }
            Ok(body.into())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_has_changed_is_told_and_not_sent() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.conf");
        std::fs::write(&path, "before").unwrap();
        let id = Tree::of(&mut &b"before"[..]).unwrap().content().id;
        let sources = Sources::new([(id, path.clone())].into());
        let source = sources.open(id).await.unwrap().unwrap();
        assert!(source.frames(vec![0]).await.is_ok());
        std::fs::write(&path, "after").unwrap();
        for error in [
            source.frames(vec![0]).await.unwrap_err(),
            Sources::new([(id, path.clone())].into()).open(id).await.err().unwrap(),
        ] {
            assert!(error.message.contains("app.conf has changed"), "{}", error.message);
        }
        assert!(sources.open(ContentId([0; 32])).await.unwrap().is_none());
    }
}
