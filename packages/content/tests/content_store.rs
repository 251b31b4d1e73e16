//! What happens on the disk: breaks, spoilt data, removal.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use content::{Chunk, ContentRef, Entry, PutError, Store, StoreError, CHUNK_BYTES};

const CHUNKS: u32 = 5;

fn bytes() -> Vec<u8> {
    (0..CHUNKS as usize * CHUNK_BYTES - 100).map(|at| (at / 1000) as u8).collect()
}

/// A store with the content, and the content.
fn source(dir: &Path) -> (Store, ContentRef) {
    let store = Store::open(dir).unwrap();
    let content = store.import(&mut &bytes()[..]).unwrap();
    (store, content)
}

fn chunk(entry: &Entry, index: u32) -> Chunk {
    entry.chunk(index).unwrap().expect("the chunk is here")
}

fn copy(from: &Entry, to: &Entry, chunks: impl IntoIterator<Item = u32>) {
    for index in chunks {
        to.put(index, &chunk(from, index)).unwrap();
    }
}

fn opened(store: &Store, content: ContentRef) -> Arc<Entry> {
    store.get(content).unwrap().expect("something of it is here")
}

#[test]
fn what_was_there_before_a_break_is_not_fetched_again() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, content) = source(from.path());
    let whole = opened(&store, content);
    {
        let store = Store::open(to.path()).unwrap();
        copy(&whole, &store.begin(content).unwrap(), [0, 3]);
    }
    let store = Store::open(to.path()).unwrap();
    let entry = opened(&store, content);
    assert_eq!(entry.have().iter().collect::<Vec<_>>(), [0, 3]);
    assert!(entry.file().is_none(), "a part has no final name");
    assert!(!to.path().join("whole").join(content.id.to_string()).exists());
    copy(&whole, &entry, [1, 2, 4]);
    assert_eq!(std::fs::read(entry.file().unwrap()).unwrap(), bytes());
    assert!(!to.path().join("part").join(content.id.to_string()).exists());
}

#[test]
fn a_chunk_that_is_not_the_one_is_refused_and_changes_nothing() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, content) = source(from.path());
    let whole = opened(&store, content);
    let store = Store::open(to.path()).unwrap();
    let entry = store.begin(content).unwrap();
    let mut wrong = chunk(&whole, 1);
    wrong.data[0] ^= 1;
    for (index, chunk) in [(1, wrong), (2, chunk(&whole, 1)), (CHUNKS, chunk(&whole, 0))] {
        assert!(matches!(entry.put(index, &chunk), Err(PutError::NotTheChunk { .. })));
    }
    assert!(entry.have().is_empty());
}

fn spoil(path: &Path, at: u64) {
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[byte[0] ^ 0x40]).unwrap();
}

#[test]
fn spoilt_data_is_noticed_when_it_is_read_and_can_be_fetched_again() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (sound, content) = source(from.path());
    let sound = opened(&sound, content);
    let (store, _) = source(to.path());
    let entry = opened(&store, content);
    spoil(&entry.file().unwrap(), 2 * CHUNK_BYTES as u64 + 7);
    assert_eq!(entry.chunk(2).unwrap(), None);
    assert!(entry.file().is_none(), "it is not whole any more");
    assert_eq!(entry.have().count(), CHUNKS - 1);
    copy(&sound, &entry, [2]);
    assert_eq!(std::fs::read(entry.file().unwrap()).unwrap(), bytes());
}

#[test]
fn spoilt_data_is_noticed_at_the_next_start() {
    for (name, at) in [("data", 4 * CHUNK_BYTES as u64), ("tree", 0)] {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (sound, content) = source(from.path());
        let sound = opened(&sound, content);
        let (store, _) = source(to.path());
        drop(store);
        spoil(&to.path().join("whole").join(content.id.to_string()).join(name), at);
        let store = Store::open(to.path()).unwrap();
        let entry = opened(&store, content);
        assert!(entry.file().is_none(), "{name}");
        let missing: Vec<u32> = (0..CHUNKS).filter(|index| !entry.have().get(*index)).collect();
        assert!(!missing.is_empty());
        copy(&sound, &entry, missing);
        assert!(entry.prove().unwrap(), "{name}");
    }
}

#[test]
fn a_file_that_was_cut_is_filled_again() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (sound, content) = source(from.path());
    let sound = opened(&sound, content);
    let (store, _) = source(to.path());
    let entry = opened(&store, content);
    let file = std::fs::File::options().write(true).open(entry.file().unwrap()).unwrap();
    file.set_len(CHUNK_BYTES as u64).unwrap();
    assert!(!entry.prove().unwrap());
    copy(&sound, &entry, 1..CHUNKS);
    assert_eq!(std::fs::read(entry.file().unwrap()).unwrap(), bytes());
}

#[test]
fn removed_content_is_gone_also_for_who_holds_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, content) = source(dir.path());
    let entry = opened(&store, content);
    let kept = chunk(&entry, 0);
    assert_eq!(store.list().unwrap(), [content.id]);
    store.remove(content.id).unwrap();
    store.remove(content.id).unwrap();
    assert_eq!(entry.chunk(0).unwrap(), None);
    assert!(matches!(entry.put(0, &kept), Err(PutError::Removed { .. })));
    assert!(store.list().unwrap().is_empty() && store.get(content).unwrap().is_none());
}

#[test]
fn a_wrong_size_and_a_size_beyond_the_limit_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (store, content) = source(dir.path());
    opened(&store, content);
    let other = ContentRef { size: content.size + 1, ..content };
    assert!(matches!(store.begin(other), Err(StoreError::OtherSize { .. })));
    let huge = ContentRef { size: u64::MAX, ..content };
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(Store::open(empty.path()).unwrap().begin(huge), Err(StoreError::TooLarge { .. })));
}

/// Fails after its first bytes.
struct Broken(usize);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::Error::other("the source broke off"));
        }
        let some = buffer.len().min(self.0);
        self.0 -= some;
        Ok(some)
    }
}

#[test]
fn an_import_that_breaks_off_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert!(store.import(&mut Broken(CHUNK_BYTES + 5)).is_err());
    assert!(store.list().unwrap().is_empty());
    // Cut off by the end of the process instead.
    std::fs::create_dir_all(dir.path().join("part/import-7")).unwrap();
    Store::open(dir.path()).unwrap();
    assert_eq!(std::fs::read_dir(dir.path().join("part")).unwrap().count(), 0);
}
