use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use thiserror::Error;

#[derive(Error, Debug, Clone)]
#[error("{0}")]
pub struct JournalError(pub String);

/// A transaction that is about to be broadcast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Hex, upper case; known before it is sent.
    pub hash: String,
    /// Of its messages, in their order.
    pub keys: Vec<String>,
    pub sequence: u64,
    /// It can be included up to and including this height.
    pub timeout_height: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalOutcome {
    /// In a block; code 0 is success.
    Included { height: u64, code: u32 },
    /// Never was in a block and never will be.
    NotIncluded { reason: String },
}

/// Where intents are kept, so that a restart does not send again what is under way. Calls may block; they are made
/// off the asynchronous threads.
pub trait Journal: Send + Sync + 'static {
    /// Durable when it returns; nothing is broadcast before.
    fn record(&self, entry: &JournalEntry) -> Result<(), JournalError>;
    /// The outcome is known; the entry may go.
    fn settle(&self, hash: &str, outcome: &JournalOutcome) -> Result<(), JournalError>;
    /// Recorded and not settled.
    fn unsettled(&self) -> Result<Vec<JournalEntry>, JournalError>;
}

/// Forgets everything at the end of the process: for commands that send one transaction, and for tests.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<BTreeMap<String, JournalEntry>>);

impl MemoryJournal {
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, JournalEntry>> {
        // A panic elsewhere leaves the map whole: each operation is one insert or remove.
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Journal for MemoryJournal {
    fn record(&self, entry: &JournalEntry) -> Result<(), JournalError> {
        self.entries().insert(entry.hash.clone(), entry.clone());
        Ok(())
    }

    fn settle(&self, hash: &str, _outcome: &JournalOutcome) -> Result<(), JournalError> {
        self.entries().remove(hash);
        Ok(())
    }

    fn unsettled(&self) -> Result<Vec<JournalEntry>, JournalError> {
        Ok(self.entries().values().cloned().collect())
    }
}
