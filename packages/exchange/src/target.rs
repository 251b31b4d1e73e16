//! Where the pieces of one fetch go.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use content::{Bitmap, Chunk, Entry, PutError, Store, StoreError};
use sha2::{Digest, Sha256};

use crate::{Fetched, Item};

pub(crate) enum Target {
    Manifest { version: [u8; 32], bytes: Mutex<Option<Bytes>> },
    Content(Arc<Entry>),
}

/// Why a piece was not taken.
pub(crate) enum NotTaken {
    /// It does not prove itself.
    Bad,
    Store(StoreError),
    /// The content is not wanted any more.
    Removed,
}

/// Work on the disk, away from the tasks that serve the network. It is not cut off by the end of who waits for it.
pub(crate) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => Err(StoreError::Io { path: "".into(), source: std::io::Error::other(failed) }),
    }
}

impl Target {
    pub async fn open(store: &Arc<Store>, item: Item) -> Result<Self, StoreError> {
        match item {
            Item::Manifest { version } => Ok(Self::Manifest { version, bytes: Mutex::default() }),
            Item::Content(content) => {
                let store = store.clone();
                on_disk(move || store.begin(content)).await.map(Self::Content)
            }
        }
    }

    pub fn have(&self) -> Bitmap {
        match self {
            Self::Manifest { bytes, .. } => {
                let held = bytes.lock().unwrap_or_else(PoisonError::into_inner).is_some();
                if held {
                    Bitmap::all(1)
                } else {
                    Bitmap::none(1)
                }
            }
            Self::Content(entry) => entry.have(),
        }
    }

    /// Holds a piece against its proof and keeps it.
    pub async fn put(&self, piece: u32, chunk: Chunk) -> Result<(), NotTaken> {
        match self {
            Self::Manifest { version, bytes } => {
                let right =
                    piece == 0 && chunk.path.is_empty() && Sha256::digest(&chunk.data)[..] == version[..];
                if !right {
                    return Err(NotTaken::Bad);
                }
                *bytes.lock().unwrap_or_else(PoisonError::into_inner) = Some(chunk.data.into());
                Ok(())
            }
            Self::Content(entry) => {
                let entry = entry.clone();
                let put = move || match entry.put(piece, &chunk) {
                    Ok(_) => Ok(Ok(())),
                    Err(PutError::Store(e)) => Err(e),
                    Err(PutError::NotTheChunk { .. }) => Ok(Err(NotTaken::Bad)),
                    Err(PutError::Removed { .. }) => Ok(Err(NotTaken::Removed)),
                };
                on_disk(put).await.map_err(NotTaken::Store)?
            }
        }
    }

    /// The whole, when nothing is missing.
    pub fn whole(&self) -> Option<Fetched> {
        match self {
            Self::Manifest { bytes, .. } => {
                bytes.lock().unwrap_or_else(PoisonError::into_inner).clone().map(Fetched::Manifest)
            }
            Self::Content(entry) => entry.file().map(|_| Fetched::Content(entry.content())),
        }
    }
}
