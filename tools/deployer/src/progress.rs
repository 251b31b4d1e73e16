//! What was done so far, on disk before and after every transaction, so that a run that was cut off at any point
//! goes on where it stopped and pays for nothing twice.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use chain_client::{Journal, JournalEntry, JournalError, JournalOutcome};
use serde::{Deserialize, Serialize};

use crate::DeployError;

/// The layout's version.
const SCHEMA: u32 = 1;

/// A step that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Hash of the transaction.
    pub tx: String,
    pub height: u64,
    /// What came of it: a code id, an address, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub result: String,
    /// SHA-256 of the Wasm that was stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
}

/// A block that tells this chain from one with the same id that was started anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    pub height: u64,
    pub hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    schema: u32,
    pub chain_id: String,
    pub deployer: String,
    pub anchor: Anchor,
    /// The commit that the contracts were built from.
    pub commit: String,
    /// By the name of the step.
    pub done: BTreeMap<String, Done>,
    /// Transactions whose outcome is not known yet, by hash.
    #[serde(default)]
    under_way: BTreeMap<String, JournalEntry>,
}

/// The progress of one deployment and its file. Cheap to clone; also the journal of the transaction queue.
#[derive(Clone, Debug)]
pub struct ProgressFile {
    path: PathBuf,
    state: Arc<Mutex<Progress>>,
    _lock: Arc<Lock>,
}

impl ProgressFile {
    /// What the file tells; none when there is no such file.
    pub fn read(path: &Path) -> Result<Option<Progress>, DeployError> {
        let unusable = |cause: String| DeployError::Progress { path: path.display().to_string(), cause };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unusable(e.to_string())),
        };
        let progress: Progress = serde_json::from_str(&text).map_err(|e| unusable(e.to_string()))?;
        if progress.schema != SCHEMA {
            return Err(unusable(format!("schema is {}, this program reads {SCHEMA}", progress.schema)));
        }
        Ok(Some(progress))
    }

    pub fn new_progress(chain_id: &str, deployer: &str, anchor: Anchor, commit: &str) -> Progress {
        Progress {
            schema: SCHEMA,
            chain_id: chain_id.to_owned(),
            deployer: deployer.to_owned(),
            anchor,
            commit: commit.to_owned(),
            done: BTreeMap::new(),
            under_way: BTreeMap::new(),
        }
    }

    pub fn start(path: &Path, progress: Progress, lock: Lock) -> Self {
        Self { path: path.to_owned(), state: Arc::new(Mutex::new(progress)), _lock: Arc::new(lock) }
    }

    fn state(&self) -> MutexGuard<'_, Progress> {
        // A panic elsewhere leaves the value whole: each change is one insert or remove.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn done(&self, step: &str) -> Option<Done> {
        self.state().done.get(step).cloned()
    }

    pub fn commit(&self) -> String {
        self.state().commit.clone()
    }

    pub fn under_way(&self) -> Vec<JournalEntry> {
        self.state().under_way.values().cloned().collect()
    }

    /// Writes down that a step is done and by which transaction.
    pub fn complete(&self, step: &str, done: Done) -> Result<(), DeployError> {
        self.change(|progress| {
            progress.under_way.remove(&done.tx);
            progress.done.insert(step.to_owned(), done);
        })
    }

    /// Forgets a transaction that never took effect.
    pub fn forget(&self, hash: &str) -> Result<(), DeployError> {
        self.change(|progress| {
            progress.under_way.remove(hash);
        })
    }

    fn change(&self, change: impl FnOnce(&mut Progress)) -> Result<(), DeployError> {
        let mut state = self.state();
        change(&mut state);
        write(&self.path, &state).map_err(|e| DeployError::Progress {
            path: self.path.display().to_string(),
            cause: e.to_string(),
        })
    }
}

impl Journal for ProgressFile {
    fn record(&self, entry: &JournalEntry) -> Result<(), JournalError> {
        self.change(|progress| {
            progress.under_way.insert(entry.hash.clone(), entry.clone());
        })
        .map_err(|e| JournalError(e.to_string()))
    }

    fn settle(&self, hash: &str, outcome: &JournalOutcome) -> Result<(), JournalError> {
        match outcome {
            // Kept until `complete` has written down what came of it.
            JournalOutcome::Included { code: 0, .. } => Ok(()),
            _ => self.forget(hash).map_err(|e| JournalError(e.to_string())),
        }
    }

    /// None: the deployer looks up what an earlier run left, because it needs the answers.
    fn unsettled(&self) -> Result<Vec<JournalEntry>, JournalError> {
        Ok(Vec::new())
    }
}

/// Keeps a second deployer from the same file.
#[derive(Debug)]
pub struct Lock(std::fs::File);

impl Lock {
    /// The lock is the operating system's: it goes when the process ends, however it ends.
    pub fn take(progress: &Path) -> Result<Self, DeployError> {
        let path = progress.with_extension("lock");
        let unusable = |e: std::io::Error| DeployError::Progress {
            path: path.display().to_string(),
            cause: e.to_string(),
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(unusable)?;
        }
        let file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(DeployError::Locked {
                path: progress.display().to_string(),
                lock: path.display().to_string(),
            }),
            Err(std::fs::TryLockError::Error(e)) => Err(unusable(e)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // It goes with the file handle anyway.
        let _ = self.0.unlock();
    }
}

/// Beside the target, flushed, then renamed over it.
fn write(path: &Path, progress: &Progress) -> std::io::Result<()> {
    let temporary = path.with_extension("json.tmp");
    let mut file = std::fs::File::create(&temporary)?;
    serde_json::to_writer_pretty(&mut file, progress)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path) -> ProgressFile {
        let path = folder.join("x.progress.json");
        let anchor = Anchor { height: 7, hash: "AB".to_owned() };
        let progress = ProgressFile::new_progress("chain-1", "wasm1x", anchor, "abc");
        ProgressFile::start(&path, progress, Lock::take(&path).unwrap())
    }

    fn entry(hash: &str) -> JournalEntry {
        JournalEntry {
            hash: hash.to_owned(),
            keys: vec!["store staking".to_owned()],
            sequence: 1,
            timeout_height: 9,
        }
    }

    #[test]
    fn what_is_sent_is_on_disk_before_and_until_its_result_is() {
        let folder = tempfile::tempdir().unwrap();
        let progress = file(folder.path());
        let on_disk = || ProgressFile::read(&folder.path().join("x.progress.json")).unwrap().unwrap();
        progress.record(&entry("H1")).unwrap();
        assert_eq!(on_disk().under_way.len(), 1);
        progress.settle("H1", &JournalOutcome::Included { height: 8, code: 0 }).unwrap();
        assert_eq!(on_disk().under_way.len(), 1, "its code id is not written down yet");
        let done = Done { tx: "H1".to_owned(), height: 8, result: "3".to_owned(), sha256: "00".to_owned() };
        progress.complete("store staking", done.clone()).unwrap();
        assert!(on_disk().under_way.is_empty());
        assert_eq!(on_disk().done["store staking"], done);
    }

    #[test]
    fn a_transaction_that_failed_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let progress = file(folder.path());
        for outcome in [
            JournalOutcome::Included { height: 8, code: 5 },
            JournalOutcome::NotIncluded { reason: "timed out".to_owned() },
        ] {
            progress.record(&entry("H1")).unwrap();
            progress.settle("H1", &outcome).unwrap();
            assert!(progress.under_way().is_empty());
        }
    }

    #[test]
    fn a_second_deployer_is_kept_out_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.progress.json");
        let first = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(DeployError::Locked { .. })));
        drop(first);
        Lock::take(&path).unwrap();
    }

    #[test]
    fn a_damaged_file_is_an_error_and_no_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.progress.json");
        assert_eq!(ProgressFile::read(&path).unwrap(), None);
        std::fs::write(&path, "{\"schema\":1,").unwrap();
        assert!(ProgressFile::read(&path).is_err());
    }
}
