//! The agent's embedded database. Everything in it either can be rebuilt from the chain and the engine's labels, or
//! is a convenience whose loss costs a tenant one upload. One file, one writer, each change durable when it returns.

mod events;
mod leases;
mod reservations;

use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::de::DeserializeOwned;
use serde::Serialize;

pub use events::EVENTS_PER_LEASE;
pub use leases::{LeaseRow, PortRow};
pub use reservations::Reservation;

use crate::queue::Key;

const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const DIRTY: TableDefinition<(u8, u64), u64> = TableDefinition::new("dirty");
const JOURNAL: TableDefinition<&str, &[u8]> = TableDefinition::new("tx_journal");
const MANIFESTS: TableDefinition<(u64, &str), &[u8]> = TableDefinition::new("manifests");
const LEASES: TableDefinition<u64, &[u8]> = TableDefinition::new("leases");
const RESERVATIONS: TableDefinition<u64, &[u8]> = TableDefinition::new("reservations");
const PORTS: TableDefinition<u16, &[u8]> = TableDefinition::new("ports");
const EVENTS: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("events");

/// Pages that redb keeps in memory; the agent's own memory bar is 64 MiB.
const CACHE_BYTES: usize = 4 << 20;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the agent's database failed: {0}; check the disk that holds data_dir")]
    Database(#[from] redb::Error),
    #[error("a record in the agent's database cannot be read ({0}); it was written by another version, or is damaged: move the file away, the agent rebuilds it from chain and engine")]
    Record(#[from] serde_json::Error),
    #[error("no free port left in the pool {from} to {to}: widen [ports] in the configuration")]
    NoFreePort { from: u16, to: u16 },
}

macro_rules! into_store_error {
    ($($kind:ty),*) => { $(impl From<$kind> for StoreError {
        fn from(e: $kind) -> Self { Self::Database(e.into()) }
    })* };
}
into_store_error!(
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError
);

pub type Result<T> = std::result::Result<T, StoreError>;

/// How far the agent has read the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Cursor {
    pub chain_id: String,
    /// The last height whose events are in the database.
    pub height: u64,
    /// Time of that block, in seconds since the epoch.
    pub time: u64,
    /// Of that block, in hex; by it a replaced chain shows.
    pub hash: String,
}

/// A handle to the database; clones share it.
#[derive(Clone)]
pub struct Store {
    db: Arc<Database>,
}

impl Store {
    /// Opens or creates the database file.
    pub fn open(path: &Path) -> Result<Self> {
        Self::with(Database::builder().set_cache_size(CACHE_BYTES).create(path)?)
    }

    /// A database that lives in memory, for tests.
    pub fn in_memory() -> Result<Self> {
        let backend = redb::backends::InMemoryBackend::new();
        Self::with(Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(backend)?)
    }

    fn with(db: Database) -> Result<Self> {
        let tx = db.begin_write()?;
        // Created up front, so that readers never meet a missing table.
        tx.open_table(META)?;
        tx.open_table(DIRTY)?;
        tx.open_table(JOURNAL)?;
        tx.open_table(MANIFESTS)?;
        tx.open_table(LEASES)?;
        tx.open_table(RESERVATIONS)?;
        tx.open_table(PORTS)?;
        tx.open_table(EVENTS)?;
        tx.commit()?;
        Ok(Self { db: Arc::new(db) })
    }

    fn write<T>(&self, change: impl FnOnce(&redb::WriteTransaction) -> Result<T>) -> Result<T> {
        let tx = self.db.begin_write()?;
        let value = change(&tx)?;
        tx.commit()?;
        Ok(value)
    }

    // ---- cursor and dirty keys

    pub fn cursor(&self) -> Result<Option<Cursor>> {
        self.meta("cursor")
    }

    /// Moves the cursor and records what the blocks up to it touched, in one commit: a crash loses neither.
    pub fn advance(&self, cursor: &Cursor, dirty: &[Key]) -> Result<()> {
        let bytes = serde_json::to_vec(cursor)?;
        self.write(|tx| {
            tx.open_table(META)?.insert("cursor", bytes.as_slice())?;
            let mut table = tx.open_table(DIRTY)?;
            for key in dirty {
                table.insert(key.row(), cursor.height)?;
            }
            Ok(())
        })
    }

    /// Keys that were touched and not yet settled, with the height that touched them.
    pub fn dirty(&self) -> Result<Vec<(Key, u64)>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(DIRTY)?;
        let mut keys = Vec::new();
        for row in table.iter()? {
            let (key, height) = row?;
            keys.extend(Key::from_row(key.value()).map(|k| (k, height.value())));
        }
        Ok(keys)
    }

    /// Forgets keys that have been worked on, unless something touched them again after `height`.
    pub fn settled(&self, keys: &[(Key, u64)]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            let mut table = tx.open_table(DIRTY)?;
            for (key, height) in keys {
                let touched = table.get(key.row())?.map(|v| v.value());
                if touched.is_some_and(|h| h <= *height) {
                    table.remove(key.row())?;
                }
            }
            Ok(())
        })
    }

    // ---- small values by name

    pub fn meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(META)?;
        let value = table.get(name)?;
        Ok(value.map(|v| serde_json::from_slice(v.value())).transpose()?)
    }

    pub fn set_meta<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let bytes = serde_json::to_vec(value)?;
        self.write(|tx| {
            tx.open_table(META)?.insert(name, bytes.as_slice())?;
            Ok(())
        })
    }

    // ---- transaction journal, owned by the transaction queue

    pub fn journal_put(&self, key: &str, value: &[u8]) -> Result<()> {
        self.write(|tx| {
            tx.open_table(JOURNAL)?.insert(key, value)?;
            Ok(())
        })
    }

    pub fn journal_remove(&self, key: &str) -> Result<()> {
        self.write(|tx| {
            tx.open_table(JOURNAL)?.remove(key)?;
            Ok(())
        })
    }

    pub fn journal_all(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(JOURNAL)?;
        let mut rows = Vec::new();
        for row in table.iter()? {
            let (key, value) = row?;
            rows.push((key.value().to_owned(), value.value().to_vec()));
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(height: u64) -> Cursor {
        Cursor { chain_id: "test-1".into(), height, time: height * 2, hash: format!("{height:X}") }
    }

    #[test]
    fn a_key_touched_again_while_it_was_worked_on_stays_dirty() {
        let store = Store::in_memory().unwrap();
        store.advance(&cursor(5), &[Key::Lease(1), Key::Order(1)]).unwrap();
        let seen = store.dirty().unwrap();
        store.advance(&cursor(6), &[Key::Lease(1)]).unwrap();
        store.settled(&seen).unwrap();
        assert_eq!(store.dirty().unwrap(), vec![(Key::Lease(1), 6)]);
        assert_eq!(store.cursor().unwrap(), Some(cursor(6)));
    }

    #[test]
    fn what_was_written_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.redb");
        let store = Store::open(&path).unwrap();
        store.advance(&cursor(9), &[Key::Lease(3)]).unwrap();
        store.journal_put("bid/1", b"x").unwrap();
        drop(store);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.cursor().unwrap(), Some(cursor(9)));
        assert_eq!(store.dirty().unwrap(), vec![(Key::Lease(3), 9)]);
        assert_eq!(store.journal_all().unwrap(), vec![("bid/1".to_owned(), b"x".to_vec())]);
    }
}
