//! A migration that governance carried out, written into the address book from the chain's own record of it.

use chain_client::{AddressBook, Client, Migration, TxResult};

use crate::DeployError;

/// Reads the transactions and changes the entries of the contracts that they migrated; answers one line for each.
pub async fn run(
    client: &Client,
    book: &mut AddressBook,
    hashes: &[String],
    commit: &str,
) -> Result<Vec<String>, DeployError> {
    let mut results = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let about = |source| DeployError::Query { what: format!("transaction {hash}"), source };
        match client.tx(hash).await.map_err(about)? {
            Some(result) if result.code == 0 => results.push(result),
            Some(result) => {
                return Err(DeployError::TxFailed {
                    step: "record".to_owned(),
                    hash: hash.clone(),
                    log: result.log,
                })
            }
            None => return Err(DeployError::NoSuchTx { hash: hash.clone() }),
        }
    }
    results.sort_by_key(|result| result.height);
    let mut told = Vec::new();
    for (name, entry) in &mut book.contracts {
        let mut changed = false;
        for (result, code_id) in migrations_of(&results, &entry.address) {
            if entry.migrations.iter().any(|known| known.tx == result.hash) {
                continue;
            }
            let about = |source| DeployError::Query { what: format!("code {code_id}"), source };
            let sha256 = client.code(code_id).await.map_err(about)?.sha256_of_bytes;
            told.push(format!("{name}: code {code_id}, sha256 {sha256}, by {}", result.hash));
            entry.migrations.push(Migration {
                code_id,
                sha256,
                commit: commit.to_owned(),
                store_tx: stored_by(&results, code_id),
                tx: result.hash.clone(),
                height: result.height,
            });
            changed = true;
        }
        if !changed {
            continue;
        }
        entry.migrations.sort_by_key(|migration| migration.height);
        if let Some(last) = entry.migrations.last() {
            entry.code_id = last.code_id;
            entry.sha256.clone_from(&last.sha256);
        }
        let about = |source| DeployError::Query { what: name.clone(), source };
        let on_chain = client.contract(&entry.address).await.map_err(about)?;
        entry.version = on_chain.version.map(|cw2| cw2.version).unwrap_or_default();
    }
    if told.is_empty() {
        return Err(DeployError::NoMigration { hashes: hashes.join(", ") });
    }
    Ok(told)
}

/// In which of these the contract got new code, and which.
fn migrations_of<'a>(results: &'a [TxResult], address: &str) -> Vec<(&'a TxResult, u64)> {
    let of = |result: &'a TxResult| {
        let mut mine = result.migrations().into_iter().filter(|(contract, _)| *contract == address);
        // Migrated twice in one transaction, the last code is what it runs.
        mine.next_back().map(|(_, code_id)| (result, code_id))
    };
    results.iter().filter_map(of).collect()
}

/// The transaction among these that stored the code; empty when none did.
fn stored_by(results: &[TxResult], code_id: u64) -> String {
    let stored = |result: &&TxResult| result.stored_codes().iter().any(|(id, _)| *id == code_id);
    results.iter().find(stored).map(|result| result.hash.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain_client::RawEvent;

    fn tx(hash: &str, events: &[(&str, &str, &str)]) -> TxResult {
        let event = |(kind, address, code): &(&str, &str, &str)| RawEvent {
            kind: (*kind).to_owned(),
            attributes: vec![
                ("_contract_address".to_owned(), (*address).to_owned()),
                ("code_id".to_owned(), (*code).to_owned()),
                ("code_checksum".to_owned(), "ab".to_owned()),
            ],
        };
        TxResult {
            hash: hash.to_owned(),
            height: 1,
            code: 0,
            codespace: String::new(),
            log: String::new(),
            gas_wanted: 0,
            gas_used: 0,
            events: vec![],
            raw_events: events.iter().map(event).collect(),
        }
    }

    #[test]
    fn a_migration_is_found_by_its_contract_and_its_code_by_its_id() {
        let results = [
            tx("A", &[("store_code", "", "7")]),
            tx("B", &[("migrate", "wasm1m", "7"), ("migrate", "wasm1s", "8")]),
            tx("C", &[("execute", "wasm1m", "9")]),
        ];
        let found = |address| -> Vec<_> {
            migrations_of(&results, address)
                .into_iter()
                .map(|(result, code)| (result.hash.as_str(), code))
                .collect()
        };
        assert_eq!(found("wasm1m"), [("B", 7)]);
        assert_eq!(found("wasm1s"), [("B", 8)]);
        assert_eq!(found("wasm1x"), []);
        assert_eq!((stored_by(&results, 7).as_str(), stored_by(&results, 8).as_str()), ("A", ""));
    }
}
