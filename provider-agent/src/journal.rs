//! The transaction queue's journal, kept in the agent's database.

use chain_client::{Journal, JournalEntry, JournalError, JournalOutcome};

use crate::store::Store;

pub struct StoreJournal(pub Store);

fn failed(e: impl std::fmt::Display) -> JournalError {
    JournalError(e.to_string())
}

impl Journal for StoreJournal {
    fn record(&self, entry: &JournalEntry) -> Result<(), JournalError> {
        let bytes = serde_json::to_vec(entry).map_err(failed)?;
        self.0.journal_put(&entry.hash, &bytes).map_err(failed)
    }

    fn settle(&self, hash: &str, _outcome: &JournalOutcome) -> Result<(), JournalError> {
        self.0.journal_remove(hash).map_err(failed)
    }

    fn unsettled(&self) -> Result<Vec<JournalEntry>, JournalError> {
        let rows = self.0.journal_all().map_err(failed)?;
        rows.iter().map(|(_, bytes)| serde_json::from_slice(bytes).map_err(failed)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_there_until_its_outcome_is_known() {
        let journal = StoreJournal(Store::in_memory().unwrap());
        let entry =
            JournalEntry { hash: "AB".into(), keys: vec!["bid/1".into()], sequence: 3, timeout_height: 9 };
        journal.record(&entry).unwrap();
        assert_eq!(journal.unsettled().unwrap(), vec![entry]);
        journal.settle("AB", &JournalOutcome::Included { height: 5, code: 0 }).unwrap();
        assert_eq!(journal.unsettled().unwrap(), vec![]);
    }
}
