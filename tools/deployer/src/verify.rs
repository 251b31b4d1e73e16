//! A live chain held against its address book: what is named there is there, runs that very code, belongs to
//! governance and is wired to itself.

use std::collections::BTreeMap;

use chain_client::address_book::{GOVERNANCE, MARKET, REGISTRY, STAKING};
use chain_client::{AddressBook, Client, Code, ContractOnChain, Contracts, QueryError, TxResult};
use serde::Serialize;
use serde_json::Value;

use crate::artifact::Contract;
use crate::DeployError;

/// What the chain says of everything that the book names.
#[derive(Debug)]
pub struct Found {
    pub height: u64,
    /// By the contract's name.
    pub contracts: BTreeMap<String, Deployed>,
    /// By hash; those that the node does not have (any more) are absent.
    pub transactions: BTreeMap<String, TxResult>,
}

#[derive(Debug)]
pub struct Deployed {
    pub on_chain: ContractOnChain,
    pub code: Code,
    /// The contract's own answer to `config`.
    pub config: Value,
    /// Its answer to `invariants`; none of a contract that holds no money.
    pub invariants: Option<Value>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub what: String,
    pub expected: String,
    pub found: String,
}

impl Check {
    pub fn holds(&self) -> bool {
        self.expected == self.found
    }
}

/// Everything of one height, so that a decision that is carried out meanwhile is seen whole or not at all.
pub async fn read(client: &Client, book: &AddressBook) -> Result<Found, DeployError> {
    let height = client.latest_height().await.map_err(DeployError::query("the newest height"))?;
    let all = Contracts::new(client, book)?.at(height);
    let mut contracts = BTreeMap::new();
    for (name, entry) in &book.contracts {
        let about = |source: QueryError| DeployError::Query { what: name.clone(), source };
        let on_chain = client.contract(&entry.address).await.map_err(about)?;
        let code = client.code(on_chain.code_id).await.map_err(about)?;
        let config = match name.as_str() {
            MARKET => to_value(all.market.config().await.map_err(about)?),
            STAKING => to_value(all.staking.config().await.map_err(about)?),
            REGISTRY => to_value(all.registry.config().await.map_err(about)?),
            GOVERNANCE => match &all.governance {
                Some(governance) => to_value(governance.config().await.map_err(about)?),
                None => Value::Null,
            },
            _ => return Err(DeployError::UnknownContract(name.clone())),
        };
        let invariants = match name.as_str() {
            MARKET => Some(to_value(all.market.invariants().await.map_err(about)?)),
            STAKING => Some(to_value(all.staking.invariants().await.map_err(about)?)),
            GOVERNANCE => match &all.governance {
                Some(governance) => Some(to_value(governance.invariants().await.map_err(about)?)),
                None => None,
            },
            _ => None,
        };
        contracts.insert(name.clone(), Deployed { on_chain, code, config, invariants });
    }
    let mut transactions = BTreeMap::new();
    for hash in hashes(book) {
        let about = |source| DeployError::Query { what: format!("transaction {hash}"), source };
        if let Some(result) = client.tx(hash).await.map_err(about)? {
            transactions.insert(hash.to_owned(), result);
        }
    }
    Ok(Found { height, contracts, transactions })
}

fn to_value(answer: impl Serialize) -> Value {
    // Our own types always become JSON; a failure would show as a difference.
    serde_json::to_value(answer).unwrap_or_default()
}

fn hashes(book: &AddressBook) -> impl Iterator<Item = &str> {
    let of_contracts = book.contracts.values().flat_map(|entry| {
        let migrations = entry.migrations.iter().flat_map(|migration| [&migration.store_tx, &migration.tx]);
        [&entry.store_tx, &entry.instantiate_tx].into_iter().chain(migrations)
    });
    of_contracts.chain(book.transactions.values()).map(String::as_str).filter(|hash| !hash.is_empty())
}

/// Everything that is checked, in the order in which it is told.
pub fn compare(book: &AddressBook, found: &Found) -> Vec<Check> {
    let mut checks = Checks(Vec::new());
    let governance = book.contracts.get(GOVERNANCE).map(|entry| entry.address.as_str());
    for (name, entry) in &book.contracts {
        let Some(deployed) = found.contracts.get(name) else {
            checks.add(name, "contract", &entry.address, "none");
            continue;
        };
        let on_chain = &deployed.on_chain;
        let prefix = format!("{}1", book.bech32_prefix);
        let shown = if entry.address.starts_with(&prefix) { prefix.as_str() } else { &entry.address };
        checks.add(name, "address prefix", &prefix, shown);
        checks.add(name, "code id", entry.code_id, on_chain.code_id);
        checks.add(name, "sha256 recorded by the chain", &entry.sha256, &deployed.code.sha256);
        checks.add(name, "sha256 of the chain's Wasm", &entry.sha256, &deployed.code.sha256_of_bytes);
        let (cw2, version) = match &on_chain.version {
            Some(cw2) => (cw2.contract.as_str(), cw2.version.as_str()),
            None => ("none", "none"),
        };
        let expected = Contract::named(name).map_or("none", Contract::cw2_name);
        checks.add(name, "cw2 name", expected, cw2);
        if !entry.version.is_empty() {
            checks.add(name, "cw2 version", &entry.version, version);
        }
        if let Some(governance) = governance {
            checks.add(name, "admin", governance, on_chain.admin.as_deref().unwrap_or("nobody"));
            if name != GOVERNANCE {
                checks.add(name, "owner", governance, shown_of(&deployed.config, "owner"));
                checks.add(name, "offered to", "nobody", shown_of(&deployed.config, "pending_owner"));
            }
        }
        if let Some(invariants) = &deployed.invariants {
            checks.add(name, "holds what it owes", "true", shown_of(invariants, "holds"));
        }
    }
    for (name, key, to) in [
        (MARKET, "registry", REGISTRY),
        (MARKET, "staking", STAKING),
        (STAKING, "market", MARKET),
        (REGISTRY, "market", MARKET),
        (GOVERNANCE, "staking", STAKING),
    ] {
        if let (Some(deployed), Some(expected)) = (found.contracts.get(name), book.contracts.get(to)) {
            let got = shown_of(&deployed.config, key);
            checks.add(name, &format!("wired to {to}"), &expected.address, got);
        }
    }
    traded_denoms(book, found, &mut checks);
    transactions(book, found, &mut checks);
    checks.0
}

/// Manifests are priced in these.
fn traded_denoms(book: &AddressBook, found: &Found, checks: &mut Checks) {
    let denoms = found.contracts.get(MARKET).and_then(|market| market.config["params"]["denoms"].as_array());
    let traded: Vec<&str> =
        denoms.into_iter().flatten().filter_map(|denom| denom["denom"].as_str()).collect();
    for (from, to) in &book.sdl_denoms {
        let got = if traded.contains(&to.as_str()) { to.clone() } else { traded.join(", ") };
        checks.add(MARKET, &format!("takes {from} as"), to, got);
    }
}

/// Those that the node has did what the book says that they did.
fn transactions(book: &AddressBook, found: &Found, checks: &mut Checks) {
    let stored = |tx: &str, code_id: u64| {
        let codes = found.transactions.get(tx)?.stored_codes();
        let code = codes.iter().find(|(id, _)| *id == code_id).or(codes.first());
        Some(code.map_or_else(|| "nothing".to_owned(), |(id, sha256)| format!("code {id}, {sha256}")))
    };
    for (name, entry) in &book.contracts {
        let first = entry.migrations.is_empty();
        if let Some(did) = stored(&entry.store_tx, entry.code_id).filter(|_| first) {
            let expected = format!("code {}, {}", entry.code_id, entry.sha256);
            checks.add(name, &format!("stored by {}", entry.store_tx), expected, did);
        }
        if let Some(result) = found.transactions.get(&entry.instantiate_tx) {
            let did = result.contract_address().unwrap_or("nothing");
            checks.add(name, &format!("instantiated by {}", entry.instantiate_tx), &entry.address, did);
        }
        for migration in &entry.migrations {
            if let Some(did) = stored(&migration.store_tx, migration.code_id) {
                let expected = format!("code {}, {}", migration.code_id, migration.sha256);
                checks.add(name, &format!("stored by {}", migration.store_tx), expected, did);
            }
            if let Some(result) = found.transactions.get(&migration.tx) {
                let got = result.migrations().into_iter().find(|(address, _)| *address == entry.address);
                let got = got.map_or_else(|| "nothing".to_owned(), |(_, code)| format!("to code {code}"));
                let expected = format!("to code {}", migration.code_id);
                checks.add(name, &format!("migrated by {}", migration.tx), expected, got);
            }
        }
        if let Some(last) = entry.migrations.last() {
            checks.add(name, "code id of the last migration", entry.code_id, last.code_id);
        }
    }
    for (step, hash) in &book.transactions {
        if let Some(result) = found.transactions.get(hash) {
            let did = if result.code == 0 { "done" } else { "failed" };
            checks.add(step, &format!("by {hash}"), "done", did);
        }
    }
}

struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, of: &str, what: &str, expected: impl ToString, found: impl ToString) {
        let (expected, found) = (expected.to_string(), found.to_string());
        self.0.push(Check { what: format!("{of}: {what}"), expected, found });
    }
}

/// A value of an answer as text, `nobody` when it is absent.
fn shown_of(answer: &Value, key: &str) -> String {
    match answer.get(key) {
        None | Some(Value::Null) => "nobody".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Every parameter, as `market.notice_window = 60`.
pub fn parameters(found: &Found) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, deployed) in &found.contracts {
        for table in ["params", "floors"] {
            let values = deployed.config.get(table).and_then(Value::as_object).into_iter().flatten();
            let prefix = if table == "params" { name.clone() } else { format!("{name}.{table}") };
            lines.extend(values.map(|(key, value)| format!("{prefix}.{key} = {value}")));
        }
    }
    lines
}

/// How many transactions of the book the node does not have.
pub fn unknown_transactions(book: &AddressBook, found: &Found) -> usize {
    hashes(book).filter(|hash| !found.transactions.contains_key(*hash)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain_client::{address_book, ContractEntry, ContractVersion, GasPrice, RawEvent};
    use serde_json::json;

    fn entry(name: &str, code_id: u64) -> ContractEntry {
        ContractEntry {
            address: format!("wasm1{name}"),
            code_id,
            sha256: format!("hash{code_id}"),
            version: "0.1.0".into(),
            store_tx: format!("S{code_id}"),
            instantiate_tx: format!("I{code_id}"),
            migrations: vec![],
        }
    }

    fn book() -> AddressBook {
        let names = [MARKET, STAKING, REGISTRY, GOVERNANCE];
        let entries = names.iter().zip(1..).map(|(name, code)| ((*name).to_owned(), entry(name, code)));
        AddressBook {
            schema: address_book::SCHEMA,
            chain_id: "test-1".into(),
            rpc: vec!["http://localhost:1".into()],
            bech32_prefix: "wasm".into(),
            gas_price: GasPrice::new("uakash", "0.025").unwrap(),
            sdl_denoms: BTreeMap::from([("uakt".into(), "uakash".into())]),
            commit: "abc".into(),
            contracts: entries.collect(),
            transactions: BTreeMap::new(),
            deployed_at: String::new(),
        }
    }

    fn tx(events: &[(&str, &[(&str, &str)])]) -> TxResult {
        let event = |(kind, attributes): &(&str, &[(&str, &str)])| RawEvent {
            kind: (*kind).to_owned(),
            attributes: attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        };
        TxResult {
            hash: String::new(),
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

    /// A chain that is as the book says.
    fn found(book: &AddressBook) -> Found {
        let config = |name: &str| match name {
            MARKET => json!({ "owner": "wasm1governance", "pending_owner": null, "registry": "wasm1registry",
                "staking": "wasm1staking", "params": { "denoms": [{ "denom": "uakash" }], "notice_window": 60 } }),
            GOVERNANCE => {
                json!({ "staking": "wasm1staking", "params": {}, "floors": { "voting_seconds": 1 } })
            }
            _ => json!({ "owner": "wasm1governance", "pending_owner": null, "market": "wasm1market" }),
        };
        let contracts = book.contracts.iter().map(|(name, entry)| {
            let version = ContractVersion {
                contract: Contract::named(name).unwrap().cw2_name().to_owned(),
                version: entry.version.clone(),
            };
            let deployed = Deployed {
                on_chain: ContractOnChain {
                    code_id: entry.code_id,
                    admin: Some("wasm1governance".into()),
                    label: String::new(),
                    version: Some(version),
                },
                code: Code { sha256: entry.sha256.clone(), sha256_of_bytes: entry.sha256.clone() },
                config: config(name),
                invariants: (name != REGISTRY).then(|| json!({ "holds": true })),
            };
            (name.clone(), deployed)
        });
        let contracts = contracts.collect();
        let mut transactions = BTreeMap::new();
        for entry in book.contracts.values() {
            let code = entry.code_id.to_string();
            let stored = tx(&[("store_code", &[("code_id", &code), ("code_checksum", &entry.sha256)])]);
            transactions.insert(entry.store_tx.clone(), stored);
            let made = tx(&[("instantiate", &[("_contract_address", &entry.address)])]);
            transactions.insert(entry.instantiate_tx.clone(), made);
        }
        Found { height: 9, contracts, transactions }
    }

    fn differences(book: &AddressBook, found: &Found) -> Vec<String> {
        compare(book, found).into_iter().filter(|check| !check.holds()).map(|check| check.what).collect()
    }

    #[test]
    fn a_chain_that_is_as_the_book_says_has_no_difference() {
        let book = book();
        let found = found(&book);
        assert_eq!(differences(&book, &found), Vec::<String>::new());
        assert_eq!(unknown_transactions(&book, &found), 0);
        assert!(compare(&book, &found).len() > 40);
        assert_eq!(
            parameters(&found)[..2],
            ["governance.floors.voting_seconds = 1", r#"market.denoms = [{"denom":"uakash"}]"#]
        );
    }

    #[test]
    fn each_falsehood_of_the_book_is_named() {
        type Change = fn(&mut AddressBook);
        let changes: [(Change, &str); 8] = [
            (|book| entry_of(book, MARKET).code_id = 2, "market: code id"),
            (|book| entry_of(book, MARKET).sha256 = "x".into(), "market: sha256 of the chain's Wasm"),
            (|book| entry_of(book, STAKING).version = "9.9.9".into(), "staking: cw2 version"),
            (|book| entry_of(book, GOVERNANCE).address = "wasm1other".into(), "registry: admin"),
            (|book| entry_of(book, STAKING).address = "wasm1other".into(), "market: wired to staking"),
            (|book| entry_of(book, MARKET).instantiate_tx = "I2".into(), "market: instantiated by I2"),
            (|book| entry_of(book, MARKET).store_tx = "S2".into(), "market: stored by S2"),
            (
                |book| {
                    book.sdl_denoms.insert("uakt".into(), "uother".into());
                },
                "market: takes uakt as",
            ),
        ];
        for (change, expected) in changes {
            let mut false_book = book();
            change(&mut false_book);
            let told = differences(&false_book, &found(&book()));
            assert!(told.iter().any(|what| what == expected), "{expected} not in {told:?}");
        }
    }

    fn entry_of<'a>(book: &'a mut AddressBook, name: &str) -> &'a mut ContractEntry {
        book.contracts.get_mut(name).unwrap()
    }

    #[test]
    fn each_change_of_the_chain_is_named() {
        type Change = fn(&mut Deployed);
        let changes: [(&str, Change, &str); 6] = [
            (MARKET, |it| it.on_chain.admin = None, "market: admin"),
            (MARKET, |it| it.code.sha256_of_bytes = "y".into(), "market: sha256 of the chain's Wasm"),
            (STAKING, |it| it.config["owner"] = json!("wasm1deployer"), "staking: owner"),
            (STAKING, |it| it.config["pending_owner"] = json!("wasm1x"), "staking: offered to"),
            (REGISTRY, |it| it.config["market"] = Value::Null, "registry: wired to market"),
            (
                GOVERNANCE,
                |it| it.invariants = Some(json!({ "holds": false })),
                "governance: holds what it owes",
            ),
        ];
        for (name, change, expected) in changes {
            let book = book();
            let mut found = found(&book);
            change(found.contracts.get_mut(name).unwrap());
            assert_eq!(differences(&book, &found), [expected]);
        }
    }

    #[test]
    fn accounts_may_administer_a_suite_without_governance() {
        let mut book = book();
        book.contracts.remove(GOVERNANCE);
        let mut found = found(&book);
        let market = found.contracts.get_mut(MARKET).unwrap();
        market.on_chain.admin = Some("wasm1deployer".into());
        market.config["owner"] = json!("wasm1deployer");
        assert_eq!(differences(&book, &found), Vec::<String>::new());
    }
}
