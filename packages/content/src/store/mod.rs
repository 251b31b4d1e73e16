//! Content on disk.
//!
//! `part/ID/` holds what is not complete yet, `whole/ID/` what is; each has the bytes in `data` and the hashes in
//! `tree`. Completion moves the directory, in one step, after both files are safely on the disk. Which chunks are
//! there is written nowhere: chunks and hashes prove each other, so a torn write or a bad sector shows as a chunk
//! that is missing and is fetched again.
//!
//! All calls block; call them where blocking is allowed. Memory stays within a few chunks whatever the size.

mod entry;
mod import;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{ContentId, ContentRef, MAX_CONTENT_BYTES};

pub use entry::{Chunk, Entry, PutError};

const PART: &str = "part";
const WHOLE: &str = "whole";
const DATA: &str = "data";
const TREE: &str = "tree";

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store of content at {path} failed: {source}; check the disk that holds it")]
    Io { path: PathBuf, source: io::Error },
    #[error("content of {size} bytes is larger than the {MAX_CONTENT_BYTES} that content may have")]
    TooLarge { size: u64 },
    #[error(
        "content {id} is here with {held} bytes and was asked for with {asked}: one of the sizes is wrong"
    )]
    OtherSize { id: ContentId, held: u64, asked: u64 },
}

/// A directory of content. One process works with it at a time.
pub struct Store {
    dir: PathBuf,
    open: Mutex<HashMap<ContentId, Arc<Entry>>>,
    imports: AtomicU64,
}

/// Names the path in errors.
fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, StoreError> {
    result.map_err(|source| StoreError::Io { path: path.to_owned(), source })
}

/// What a directory says of its names is on the disk.
fn sync_dir(path: &Path) -> Result<(), StoreError> {
    at(path, fs::File::open(path).and_then(|dir| dir.sync_all()))
}

impl Store {
    /// Creates the directory if needed, and removes what an import left that was cut off.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Self { dir: dir.into(), open: Mutex::default(), imports: AtomicU64::new(0) };
        for kind in [PART, WHOLE] {
            let path = store.dir.join(kind);
            at(&path, fs::create_dir_all(&path))?;
        }
        let parts = store.dir.join(PART);
        for found in at(&parts, fs::read_dir(&parts))? {
            let found = at(&parts, found)?;
            let known = found.file_name().to_str().is_some_and(|name| name.parse::<ContentId>().is_ok());
            if !known {
                at(&found.path(), fs::remove_dir_all(found.path()))?;
            }
        }
        Ok(store)
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<ContentId, Arc<Entry>>> {
        // The map is whole between any two statements.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content as far as it is here, to be completed with [`Entry::put`]. What was on the disk is proved first,
    /// which reads all of it.
    pub fn begin(&self, content: ContentRef) -> Result<Arc<Entry>, StoreError> {
        // Held while the disk is read, so that nobody opens the same content twice.
        let mut entries = self.entries();
        let entry = match entries.get(&content.id) {
            Some(entry) => entry.clone(),
            None => Arc::new(Entry::open(&self.dir, content)?),
        };
        let held = entry.content().size;
        if held != content.size {
            return Err(StoreError::OtherSize { id: content.id, held, asked: content.size });
        }
        entries.insert(content.id, entry.clone());
        Ok(entry)
    }

    /// The content if any of it is here.
    pub fn get(&self, content: ContentRef) -> Result<Option<Arc<Entry>>, StoreError> {
        let there = |kind: &str| self.dir.join(kind).join(content.id.to_string()).join(DATA).is_file();
        if self.entries().contains_key(&content.id) || there(WHOLE) || there(PART) {
            self.begin(content).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Ids of all that is here, whole or in part.
    pub fn list(&self) -> Result<Vec<ContentId>, StoreError> {
        let mut ids = Vec::new();
        for kind in [PART, WHOLE] {
            let path = self.dir.join(kind);
            for found in at(&path, fs::read_dir(&path))? {
                ids.extend(
                    at(&path, found)?.file_name().to_str().and_then(|name| name.parse::<ContentId>().ok()),
                );
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Removes content, whole or not; whoever reads it at the moment finds it missing. Not an error when it is not
    /// here.
    pub fn remove(&self, id: ContentId) -> Result<(), StoreError> {
        let mut entries = self.entries();
        if let Some(entry) = entries.remove(&id) {
            entry.abandon();
        }
        for kind in [WHOLE, PART] {
            let path = self.dir.join(kind).join(id.to_string());
            match fs::remove_dir_all(&path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                removed => at(&path, removed)?,
            }
        }
        Ok(())
    }
}
