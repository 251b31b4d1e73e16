use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use crate::proof::{hash_leaf, hash_node, id_of, verify};
use crate::{Chunk, ContentRef, Hash, Shape, CHUNK_BYTES, MAX_CONTENT_BYTES};

/// The hashes over content that lies elsewhere: 256 bytes of memory for each MiB of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    content: ContentRef,
    shape: Shape,
    /// As [`Shape::position`] counts them.
    hashes: Vec<Hash>,
}

impl Tree {
    /// Reads all of it, chunk by chunk. Fails like the reader, and with [`io::ErrorKind::FileTooLarge`] beyond
    /// [`MAX_CONTENT_BYTES`].
    pub fn of(from: &mut dyn Read) -> io::Result<Self> {
        let mut hashes = Vec::new();
        let mut size = 0u64;
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        loop {
            chunk.clear();
            (&mut *from).take(CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
            if chunk.is_empty() && size > 0 {
                break;
            }
            size += chunk.len() as u64;
            if size > MAX_CONTENT_BYTES {
                return Err(too_large());
            }
            hashes.push(hash_leaf(&chunk));
            if chunk.len() < CHUNK_BYTES {
                break;
            }
        }
        let shape = Shape::of(size).ok_or_else(too_large)?;
        let mut below = 0;
        while hashes.len() - below > 1 {
            let next = hashes.len();
            for at in (below..next).step_by(2) {
                let hash = match hashes[at..next] {
                    [left, right, ..] => hash_node(&left, &right),
                    _ => hashes[at],
                };
                hashes.push(hash);
            }
            below = next;
        }
        let content = ContentRef { id: id_of(size, &hashes[below]), size };
        Ok(Self { content, shape, hashes })
    }

    pub fn content(&self) -> ContentRef {
        self.content
    }

    /// A chunk of the file that this tree was made of, with its proof; none beyond the end, and when the file has
    /// changed since.
    pub fn chunk(&self, file: &File, index: u32) -> io::Result<Option<Chunk>> {
        let Some(len) = self.shape.chunk_len(index) else { return Ok(None) };
        let mut data = vec![0; len];
        match file.read_exact_at(&mut data, self.shape.offset(index)) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let beside = self.shape.way(index).filter_map(|step| Some((step.level, step.beside?)));
        let path: Vec<Hash> = beside
            .filter_map(|(level, at)| {
                let position = usize::try_from(self.shape.position(level, at)).ok()?;
                self.hashes.get(position).copied()
            })
            .collect();
        Ok(verify(&self.content, index, &data, &path).then_some(Chunk { data, path }))
    }
}

fn too_large() -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("larger than the {MAX_CONTENT_BYTES} bytes that content may have"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;
    use std::io::Write;

    #[test]
    fn a_file_has_the_same_name_and_proofs_as_in_a_store() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("store")).unwrap();
        for size in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 7] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            let tree = Tree::of(&mut &bytes[..]).unwrap();
            let content = store.import(&mut &bytes[..]).unwrap();
            assert_eq!(tree.content(), content, "{size}");
            let entry = store.begin(content).unwrap();
            for index in 0..content.shape().unwrap().chunks() {
                assert_eq!(tree.chunk(&file, index).unwrap(), entry.chunk(index).unwrap(), "{size} {index}");
            }
            assert_eq!(tree.chunk(&file, 6).unwrap(), None);
        }
    }

    #[test]
    fn a_file_that_has_changed_gives_no_chunk() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"before").unwrap();
        let tree = Tree::of(&mut &b"before"[..]).unwrap();
        assert!(tree.chunk(&file, 0).unwrap().is_some());
        file.write_all_at(b"B", 0).unwrap();
        assert_eq!(tree.chunk(&file, 0).unwrap(), None);
        file.set_len(3).unwrap();
        assert_eq!(tree.chunk(&file, 0).unwrap(), None);
    }
}
