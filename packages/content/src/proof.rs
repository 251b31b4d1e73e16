use sha2::{Digest, Sha256};

use crate::{ContentId, ContentRef};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

const LEAF: u8 = 0;
const NODE: u8 = 1;
const ID: u8 = 2;

/// The hash of a chunk.
pub fn hash_leaf(chunk: &[u8]) -> Hash {
    Sha256::new().chain_update([LEAF]).chain_update(chunk).finalize().into()
}

/// The hash over two neighbours.
pub fn hash_node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([NODE]).chain_update(left).chain_update(right).finalize().into()
}

/// The id of content of this size under this topmost hash.
pub fn id_of(size: u64, top: &Hash) -> ContentId {
    ContentId(
        Sha256::new().chain_update([ID]).chain_update(size.to_be_bytes()).chain_update(top).finalize().into(),
    )
}

/// Whether this is chunk number `index` of the content. `path` are the hashes beside its way to the top, from below;
/// each place has one proof and no other.
pub fn verify(content: &ContentRef, index: u32, chunk: &[u8], path: &[Hash]) -> bool {
    let Some(shape) = content.shape() else { return false };
    if shape.chunk_len(index) != Some(chunk.len()) {
        return false;
    }
    let mut rest = path.iter();
    let mut hash = hash_leaf(chunk);
    for step in shape.way(index) {
        if let Some(beside) = step.beside {
            let Some(neighbour) = rest.next() else { return false };
            hash = if beside > step.at { hash_node(&hash, neighbour) } else { hash_node(neighbour, &hash) };
        }
    }
    rest.next().is_none() && id_of(content.size, &hash) == content.id
}
