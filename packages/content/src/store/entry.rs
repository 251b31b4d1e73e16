use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{at, sync_dir, StoreError, DATA, PART, TREE, WHOLE};
use crate::proof::{hash_leaf, verify};
use crate::{Bitmap, ContentRef, Hash, Shape};

const HASH_BYTES: u64 = 32;

/// A chunk with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub data: Vec<u8>,
    /// The hashes beside its way to the top, from below.
    pub path: Vec<Hash>,
}

#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("this is not chunk {index} of content {id}", id = content.id)]
    NotTheChunk { content: ContentRef, index: u32 },
    #[error("content {id} was removed", id = content.id)]
    Removed { content: ContentRef },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One content in the store.
#[derive(Debug)]
pub struct Entry {
    content: ContentRef,
    shape: Shape,
    part: PathBuf,
    whole: PathBuf,
    /// They stay open, so a move of the directory does not disturb who reads.
    data: File,
    tree: File,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    have: Bitmap,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Part,
    Whole,
    Removed,
}

impl Entry {
    /// Opens what is on the disk, or makes room for it, and proves every chunk that is there.
    pub(super) fn open(dir: &Path, content: ContentRef) -> Result<Self, StoreError> {
        let shape = content.shape().ok_or(StoreError::TooLarge { size: content.size })?;
        let name = content.id.to_string();
        let (part, whole) = (dir.join(PART).join(&name), dir.join(WHOLE).join(&name));
        let place = if whole.join(DATA).is_file() { Place::Whole } else { Place::Part };
        let home = if place == Place::Whole { &whole } else { &part };
        // Of what has only just been made room for, nothing needs to be proved; empty content is whole at once.
        let known = home.join(DATA).is_file() || content.size == 0;
        at(home, fs::create_dir_all(home))?;
        let file = |name: &str| {
            let path = home.join(name);
            at(&path, File::options().read(true).write(true).create(true).truncate(false).open(&path))
        };
        let (data, tree) = (file(DATA)?, file(TREE)?);
        // Room that was never written reads as zeroes, which prove nothing.
        at(home, data.set_len(content.size))?;
        at(home, tree.set_len(shape.hashes() * HASH_BYTES))?;
        let state = Mutex::new(State { have: Bitmap::none(shape.chunks()), place });
        let entry = Self { content, shape, part, whole, data, tree, state };
        if known {
            entry.prove()?;
        }
        Ok(entry)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn content(&self) -> ContentRef {
        self.content
    }

    /// The chunks that are here.
    pub fn have(&self) -> Bitmap {
        self.state().have.clone()
    }

    /// Where the whole content lies; none while anything of it is missing.
    pub fn file(&self) -> Option<PathBuf> {
        (self.state().place == Place::Whole).then(|| self.whole.join(DATA))
    }

    /// Reads everything that is here and proves it again; chunks that are spoilt become missing. Whether all is here.
    pub fn prove(&self) -> Result<bool, StoreError> {
        for index in 0..self.shape.chunks() {
            let sound = self.read(index)?.is_some();
            let mut state = self.state();
            if sound {
                state.have.set(index);
            } else {
                self.lost(&mut state, index)?;
            }
        }
        let mut state = self.state();
        self.settle(&mut state)?;
        Ok(state.place == Place::Whole)
    }

    /// Takes a chunk that proves itself. The last one that was missing completes the content. Whether it was new.
    pub fn put(&self, index: u32, chunk: &Chunk) -> Result<bool, PutError> {
        if !verify(&self.content, index, &chunk.data, &chunk.path) {
            return Err(PutError::NotTheChunk { content: self.content, index });
        }
        {
            let state = self.state();
            match state.place {
                Place::Removed => return Err(PutError::Removed { content: self.content }),
                _ if state.have.get(index) => return Ok(false),
                _ => {}
            }
        }
        at(&self.part, self.data.write_all_at(&chunk.data, self.shape.offset(index)))?;
        self.write_hash(0, index, &hash_leaf(&chunk.data))?;
        let beside = self.shape.way(index).filter_map(|step| Some((step.level, step.beside?)));
        for ((level, at), hash) in beside.zip(&chunk.path) {
            self.write_hash(level, at, hash)?;
        }
        let mut state = self.state();
        let new = state.have.set(index);
        self.settle(&mut state)?;
        Ok(new)
    }

    /// A chunk with its proof, proved again as it comes from the disk; none when it is not here, or not any more.
    pub fn chunk(&self, index: u32) -> Result<Option<Chunk>, StoreError> {
        {
            let state = self.state();
            if state.place == Place::Removed || !state.have.get(index) {
                return Ok(None);
            }
        }
        let chunk = self.read(index)?;
        if chunk.is_none() {
            self.lost(&mut self.state(), index)?;
        }
        Ok(chunk)
    }

    /// Nothing is given out or taken any more.
    pub(super) fn abandon(&self) {
        self.state().place = Place::Removed;
    }

    fn read(&self, index: u32) -> Result<Option<Chunk>, StoreError> {
        let Some(len) = self.shape.chunk_len(index) else { return Ok(None) };
        let mut data = vec![0; len];
        if !self.fill(&self.data, &mut data, self.shape.offset(index))? {
            return Ok(None);
        }
        let mut path = Vec::new();
        for step in self.shape.way(index) {
            if let Some(beside) = step.beside {
                let mut hash = [0; HASH_BYTES as usize];
                let offset = self.shape.position(step.level, beside) * HASH_BYTES;
                if !self.fill(&self.tree, &mut hash, offset)? {
                    return Ok(None);
                }
                path.push(hash);
            }
        }
        let sound = verify(&self.content, index, &data, &path);
        Ok(sound.then_some(Chunk { data, path }))
    }

    /// False when the file ends before, as after it was cut from outside.
    fn fill(&self, file: &File, buffer: &mut [u8], offset: u64) -> Result<bool, StoreError> {
        match file.read_exact_at(buffer, offset) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(e) => at(&self.part, Err(e)),
        }
    }

    fn write_hash(&self, level: usize, index: u32, hash: &Hash) -> Result<(), StoreError> {
        at(&self.part, self.tree.write_all_at(hash, self.shape.position(level, index) * HASH_BYTES))
    }

    /// Moves the content to where whole content lies, once nothing is missing.
    fn settle(&self, state: &mut State) -> Result<(), StoreError> {
        if state.place != Place::Part || !state.have.is_full() {
            return Ok(());
        }
        at(&self.part, self.data.sync_all())?;
        at(&self.part, self.tree.sync_all())?;
        sync_dir(&self.part)?;
        self.relocate(&self.part, &self.whole)?;
        state.place = Place::Whole;
        Ok(())
    }

    /// A chunk turned out to be spoilt: the content is not whole any more.
    fn lost(&self, state: &mut State, index: u32) -> Result<(), StoreError> {
        state.have.clear(index);
        if state.place == Place::Whole {
            self.relocate(&self.whole, &self.part)?;
            state.place = Place::Part;
        }
        Ok(())
    }

    fn relocate(&self, from: &Path, to: &Path) -> Result<(), StoreError> {
        at(from, fs::rename(from, to))?;
        for path in [from, to] {
            if let Some(parent) = path.parent() {
                sync_dir(parent)?;
            }
        }
        Ok(())
    }
}
