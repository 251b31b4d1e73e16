use std::fmt;

use bytes::Bytes;
use content::{ContentId, ContentRef};

/// Something that participants get from each other, named by what proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// A manifest by the SHA-256 of its canonical form, which is the version on the chain. One piece.
    Manifest { version: [u8; 32] },
    /// Content by its chunk tree. A piece is a chunk.
    Content(ContentRef),
}

impl Item {
    /// Pieces that it is made of; none when it is larger than content may be.
    pub fn pieces(&self) -> Option<u32> {
        match self {
            Self::Manifest { .. } => Some(1),
            Self::Content(content) => content.shape().map(|shape| shape.chunks()),
        }
    }

    /// Kind, hash and size, as messages carry them.
    pub(crate) fn to_parts(self) -> (u8, [u8; 32], u64) {
        match self {
            Self::Manifest { version } => (0, version, 0),
            Self::Content(content) => (1, content.id.0, content.size),
        }
    }

    pub(crate) fn from_parts(kind: u8, hash: [u8; 32], size: u64) -> Option<Self> {
        let item = match (kind, size) {
            (0, 0) => Self::Manifest { version: hash },
            (1, size) => Self::Content(ContentRef { id: ContentId(hash), size }),
            _ => return None,
        };
        item.pieces().map(|_| item)
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest { version } => write!(f, "manifest {}", hex::encode(version)),
            Self::Content(content) => write!(f, "content {}", content.id),
        }
    }
}

/// What a fetch brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Bytes whose SHA-256 is the version.
    Manifest(Bytes),
    /// It lies whole in the store.
    Content(ContentRef),
}
