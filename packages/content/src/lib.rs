//! Content that travels beside a manifest: what names it, how a part of it is proved, and how it is kept on disk.
//!
//! Content is cut into chunks of [`CHUNK_BYTES`]; the last one may be shorter, and empty content is one empty chunk.
//! Over the chunks stands a tree of SHA-256 hashes in the shape of RFC 6962: the left part of each node is the
//! largest full one. The three kinds of hashes start with different bytes, so that none can pass for another:
//!
//! | hash | SHA-256 of |
//! | --- | --- |
//! | leaf | `0x00`, the chunk |
//! | node | `0x01`, left hash, right hash |
//! | id | `0x02`, size in bytes (64 bits, big endian), the topmost leaf or node |
//!
//! The [`ContentId`] thus names size and bytes at once. A chunk is proved by the hashes beside its way to the top
//! ([`verify`]), so a chunk of a stranger is known to be right before anything else of the content has come.
//!
//! [`Tree`] names a file and proves its chunks where it lies. [`Store`] keeps content. What it holds in part lies apart from what it holds whole, and what lies on the disk is
//! never believed: each chunk is proved again when it is read. `vectors.json` holds test vectors for others.

mod bitmap;
mod id;
mod proof;
mod shape;
mod store;
mod tree;

pub use bitmap::Bitmap;
pub use id::{ContentId, ContentRef};
pub use proof::{hash_leaf, hash_node, id_of, verify, Hash};
pub use shape::Shape;
pub use store::{Chunk, Entry, PutError, Store, StoreError};
pub use tree::Tree;

/// Bytes of every chunk but the last.
pub const CHUNK_BYTES: usize = 256 * 1024;
/// The largest content, in bytes.
pub const MAX_CONTENT_BYTES: u64 = 16 << 30;
/// Hashes of the longest proof.
pub const MAX_PATH: usize = 16;
