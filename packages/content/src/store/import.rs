use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::{at, sync_dir, Store, StoreError, DATA, PART, TREE, WHOLE};
use crate::proof::{hash_leaf, hash_node, id_of};
use crate::{ContentRef, Shape, CHUNK_BYTES, MAX_CONTENT_BYTES};

impl Store {
    /// Takes content from a stream and names it. Nothing of it shows before all of it is on the disk.
    pub fn import(&self, from: &mut dyn Read) -> Result<ContentRef, StoreError> {
        let number = self.imports.fetch_add(1, Ordering::Relaxed);
        let home = self.dir.join(PART).join(format!("import-{number}"));
        at(&home, fs::create_dir_all(&home))?;
        let imported = self.import_into(&home, from);
        if imported.is_err() {
            // The failure says what went wrong; what is left here goes at the next start at the latest.
            let _ = fs::remove_dir_all(&home);
        }
        imported
    }

    fn import_into(&self, home: &Path, from: &mut dyn Read) -> Result<ContentRef, StoreError> {
        let file = |name: &str| {
            let path = home.join(name);
            at(&path, File::options().read(true).write(true).create_new(true).open(&path))
        };
        let (mut data, mut tree) = (file(DATA)?, file(TREE)?);
        let mut size = 0;
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        loop {
            chunk.clear();
            at(home, (&mut *from).take(CHUNK_BYTES as u64).read_to_end(&mut chunk))?;
            if chunk.is_empty() && size > 0 {
                break;
            }
            size += chunk.len() as u64;
            if size > MAX_CONTENT_BYTES {
                return Err(StoreError::TooLarge { size });
            }
            at(home, data.write_all(&chunk))?;
            at(home, tree.write_all(&hash_leaf(&chunk)))?;
            if chunk.len() < CHUNK_BYTES {
                break;
            }
        }
        let shape = Shape::of(size).ok_or(StoreError::TooLarge { size })?;
        let top = at(home, grow(&tree, &shape))?;
        let content = ContentRef { id: id_of(size, &top), size };
        at(home, data.sync_all())?;
        at(home, tree.sync_all())?;
        sync_dir(home)?;

        let mut entries = self.entries();
        // What was here in part, or spoilt, gives way.
        if let Some(entry) = entries.remove(&content.id) {
            entry.abandon();
        }
        for kind in [PART, WHOLE] {
            let path = self.dir.join(kind).join(content.id.to_string());
            match fs::remove_dir_all(&path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                removed => at(&path, removed)?,
            }
        }
        let whole = self.dir.join(WHOLE);
        at(home, fs::rename(home, whole.join(content.id.to_string())))?;
        sync_dir(&whole)?;
        Ok(content)
    }
}

/// Writes the levels above the leaves, each from the one below it. Gives the topmost hash.
fn grow(tree: &File, shape: &Shape) -> io::Result<[u8; 32]> {
    let read = |level: usize, index: u32| {
        let mut hash = [0; 32];
        tree.read_exact_at(&mut hash, shape.position(level, index) * 32).map(|()| hash)
    };
    for (below, widths) in shape.levels().windows(2).enumerate() {
        let (width, next) = (widths[0], widths[1]);
        for index in 0..next {
            let left = read(below, index * 2)?;
            let hash = match index * 2 + 1 {
                right if right < width => hash_node(&left, &read(below, right)?),
                _ => left,
            };
            tree.write_all_at(&hash, shape.position(below + 1, index) * 32)?;
        }
    }
    read(shape.levels().len() - 1, 0)
}
