//! The steps, in their order: store, instantiate, wire, compare with the file, hand over, write the address book.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chain_client::address_book::{self, AddressBook, ContractEntry};
use chain_client::{
    Client, Contracts, LocalKey, Msg, QueryError, Signer, TxConfig, TxError, TxQueue, TxResult,
};
use cloud_std::OwnershipAction;
use time::format_description::well_known::Rfc3339;
use tokio_util::sync::CancellationToken;

use crate::artifact::{Artifact, Contract};
use crate::config::{Config, Governance};
use crate::hand_over::{self, Owned};
use crate::progress::{Anchor, Done, Lock, Progress, ProgressFile};
use crate::DeployError;

/// Blocks after a transaction's last chance until its absence is believed: nodes index a block after they commit it.
const INDEX_LAG: u64 = 2;
/// How long a block may take.
const BLOCK_PATIENCE: Duration = Duration::from_secs(120);

pub async fn run(
    config: &Config,
    signer: LocalKey,
    artifacts: Vec<Artifact>,
    commit: &str,
    redeploy: bool,
) -> Result<(), DeployError> {
    let client = Client::new(&config.chain.id, &config.chain.rpc)
        .map_err(DeployError::query(format!("reaching {}", config.chain.rpc.join(", "))))?;
    let deployer = signer.address().to_owned();
    let lock = Lock::take(&config.state_path())?;
    let progress = open_progress(config, &client, &deployer, commit, redeploy, lock).await?;
    let denom = &config.chain.gas_price.denom;
    let funds =
        client.balance(&deployer, denom).await.map_err(DeployError::query("the deployer's balance"))?;
    if funds.amount.is_zero() {
        return Err(DeployError::NoFunds {
            address: deployer,
            denom: denom.clone(),
            chain: config.chain.id.clone(),
        });
    }
    settle_earlier_transactions(&client, &progress).await?;

    let mut tx = TxConfig::new(config.chain.gas_price.clone());
    tx.gas_percent = config.chain.gas_percent;
    tx.timeout_blocks = config.chain.timeout_blocks;
    let cancel = CancellationToken::new();
    let (queue, task) =
        TxQueue::start(client.clone(), Arc::new(signer), tx, Arc::new(progress.clone()), cancel.clone());
    let deployment = Deployment { config, client, queue, progress, deployer, sent: 0.into() };
    let outcome = deployment.run(artifacts).await;
    cancel.cancel();
    // A panic of the queue has already shown as a cancelled step.
    let _ = task.await;
    outcome
}

/// The progress of an earlier run after checking that it is of this deployment, or a new one.
async fn open_progress(
    config: &Config,
    client: &Client,
    deployer: &str,
    commit: &str,
    redeploy: bool,
    lock: Lock,
) -> Result<ProgressFile, DeployError> {
    let path = config.state_path();
    let status = client.status().await.map_err(DeployError::query("the chain's status"))?;
    if status.chain_id != config.chain.id {
        return Err(DeployError::WrongChain { expected: config.chain.id.clone(), got: status.chain_id });
    }
    if redeploy && path.exists() {
        let old = path.with_extension("json.old");
        std::fs::rename(&path, &old)
            .map_err(|e| DeployError::Progress { path: path.display().to_string(), cause: e.to_string() })?;
        println!("Starting anew; the old progress is in {}", old.display());
    }
    let progress = match ProgressFile::read(&path)? {
        Some(progress) => {
            check_same(&path, &progress, config, client, deployer).await?;
            progress
        }
        None => {
            let block = client.block(status.height).await.map_err(DeployError::query("the newest block"))?;
            let anchor = Anchor { height: block.height, hash: block.hash };
            ProgressFile::new_progress(&config.chain.id, deployer, anchor, commit)
        }
    };
    Ok(ProgressFile::start(&path, progress, lock))
}

async fn check_same(
    path: &Path,
    progress: &Progress,
    config: &Config,
    client: &Client,
    deployer: &str,
) -> Result<(), DeployError> {
    let other = |what, recorded: &str, given: &str| DeployError::OtherDeployment {
        path: path.display().to_string(),
        what,
        recorded: recorded.to_owned(),
        given: given.to_owned(),
    };
    if progress.chain_id != config.chain.id {
        return Err(other("the chain", &progress.chain_id, &config.chain.id));
    }
    if progress.deployer != deployer {
        return Err(other("the deploying account", &progress.deployer, deployer));
    }
    let anchor = &progress.anchor;
    match client.block(anchor.height).await {
        Ok(block) if block.hash == anchor.hash => Ok(()),
        Ok(block) => Err(other("a block of the chain", &anchor.hash, &block.hash)),
        Err(QueryError::NotFound { .. }) => {
            Err(other("the chain's height", &format!("at least {}", anchor.height), "lower: it was reset"))
        }
        // Pruned: nothing to compare with. The contracts are asked later.
        Err(QueryError::NoSuchHeight { .. }) => Ok(()),
        Err(source) => Err(DeployError::Query { what: format!("block {}", anchor.height), source }),
    }
}

/// Learns what became of transactions that an earlier run sent and did not see the end of.
async fn settle_earlier_transactions(client: &Client, progress: &ProgressFile) -> Result<(), DeployError> {
    for entry in progress.under_way() {
        let key = entry.keys.first().cloned().unwrap_or_default();
        let step = step_name(&key);
        let asking = |source| DeployError::Query {
            what: format!("what became of transaction {}", entry.hash),
            source,
        };
        let until = entry.timeout_height + INDEX_LAG;
        let mut told = false;
        let found = loop {
            // The height first: a transaction that is absent after it can be concluded from it.
            let height = client.latest_height().await.map_err(asking)?;
            let found = client.tx(&entry.hash).await.map_err(asking)?;
            if found.is_some() || height >= until {
                break found;
            }
            if !told {
                println!("  {step}: waiting for transaction {} of an earlier run", entry.hash);
                told = true;
            }
            client.wait_for_height(height + 1, BLOCK_PATIENCE).await.map_err(asking)?;
        };
        match found {
            Some(result) if result.code == 0 => {
                println!("  {step}: done by transaction {} of an earlier run", result.hash);
                let done = Done { sha256: sha_of(&key).unwrap_or_default(), ..done(&key, &result)? };
                progress.complete(step, done)?;
            }
            _ => progress.forget(&entry.hash)?,
        }
    }
    Ok(())
}

/// Journal keys are the step's name, and for a stored contract the hash of what was stored: `store market@SHA256`.
fn step_name(key: &str) -> &str {
    key.split_once('@').map_or(key, |(step, _)| step)
}

fn sha_of(key: &str) -> Option<String> {
    key.split_once('@').map(|(_, sha256)| sha256.to_owned())
}

/// What a transaction did, read from its events by the kind of step.
fn done(key: &str, result: &TxResult) -> Result<Done, DeployError> {
    let step = step_name(key);
    let missing = |what| DeployError::NoAnswer { step: step.to_owned(), hash: result.hash.clone(), what };
    let came_of_it = if step.starts_with("store ") {
        result.code_id().ok_or_else(|| missing("code id"))?.to_string()
    } else if step.starts_with("instantiate ") {
        result.contract_address().ok_or_else(|| missing("contract address"))?.to_owned()
    } else {
        String::new()
    };
    Ok(Done { tx: result.hash.clone(), height: result.height, result: came_of_it, sha256: String::new() })
}

struct Deployment<'a> {
    config: &'a Config,
    client: Client,
    queue: TxQueue,
    progress: ProgressFile,
    deployer: String,
    /// Transactions of this run.
    sent: std::cell::Cell<u32>,
}

impl Deployment<'_> {
    async fn run(&self, artifacts: Vec<Artifact>) -> Result<(), DeployError> {
        println!("Deploying to {} as {}", self.config.chain.id, self.deployer);
        let mut codes = BTreeMap::new();
        for artifact in artifacts {
            codes.insert(artifact.contract.name(), self.store(artifact).await?);
        }
        let mut addresses = BTreeMap::new();
        for contract in Contract::of(self.config) {
            let address = self.instantiate(contract, &codes, &addresses).await?;
            addresses.insert(contract.name(), address);
        }
        let book = self.book(&codes, &addresses)?;
        let contracts = Contracts::new(&self.client, &book)?;
        self.wire(&contracts).await?;
        let governance = addresses.get(Contract::Governance.name()).map(|done| done.result.as_str());
        self.update_parameters(&contracts, governance).await?;
        if let (Some(governance), Some(wanted)) = (governance, &self.config.governance) {
            self.compare_governance(governance, wanted).await?;
        }
        match governance {
            Some(governance) if self.config.hands_over() => self.hand_over(&contracts, governance).await?,
            _ => self.offer(&contracts).await?,
        }
        let written = self.write_book(self.completed(book).await?)?;
        match (self.sent.get(), written) {
            (0, false) => println!("Nothing to do: the suite is complete and as the file says"),
            (0, true) => {
                println!("The suite is complete; its addresses are in {}", self.config.address_book.display())
            }
            (sent, _) => println!(
                "Done with {sent} transaction{}; the addresses are in {}",
                if sent == 1 { "" } else { "s" },
                self.config.address_book.display()
            ),
        }
        Ok(())
    }

    /// Sends the messages of a step in one transaction.
    async fn send(&self, key: &str, msgs: Vec<Msg>) -> Result<Done, DeployError> {
        let step = step_name(key);
        let fail = |source: TxError| DeployError::Tx { step: step.to_owned(), source };
        let result = self.queue.execute_atomic(msgs, key).await.map_err(fail)?;
        if result.code != 0 {
            let (step, hash) = (step.to_owned(), result.hash);
            return Err(DeployError::TxFailed { step, hash, log: result.log });
        }
        self.sent.set(self.sent.get() + 1);
        let done = Done { sha256: sha_of(key).unwrap_or_default(), ..done(key, &result)? };
        self.progress.complete(step, done.clone())?;
        println!("  {step:<22} {:<64} gas {:>9}  tx {}", done.result, result.gas_used, done.tx);
        Ok(done)
    }

    async fn store(&self, artifact: Artifact) -> Result<Done, DeployError> {
        let name = artifact.contract.name();
        let step = format!("store {name}");
        if let Some(done) = self.progress.done(&step) {
            if done.sha256 == artifact.sha256 {
                return Ok(done);
            }
            if self.progress.done(&format!("instantiate {name}")).is_some() {
                return Err(DeployError::OtherDeployment {
                    path: self.config.state_path().display().to_string(),
                    what: "the contract's Wasm",
                    recorded: format!("{name} {}", done.sha256),
                    given: artifact.sha256,
                });
            }
        }
        let key = format!("{step}@{}", artifact.sha256);
        self.send(&key, vec![Msg::store_code(artifact.wasm)]).await
    }

    async fn instantiate(
        &self,
        contract: Contract,
        codes: &BTreeMap<&str, Done>,
        addresses: &BTreeMap<&str, Done>,
    ) -> Result<Done, DeployError> {
        let name = contract.name();
        let step = format!("instantiate {name}");
        if let Some(done) = self.progress.done(&step) {
            return Ok(done);
        }
        let fail = |source: TxError| DeployError::Tx { step: step.clone(), source };
        let code: u64 = codes[name].result.parse().map_err(|_| DeployError::Progress {
            path: self.config.state_path().display().to_string(),
            cause: format!("the code id of {name} is {:?}", codes[name].result),
        })?;
        // The deploying account owns what it wires.
        let owner = self.deployer.clone();
        let label = format!("akash-{name}");
        let admin = Some(self.config.admin.clone().unwrap_or_else(|| self.deployer.clone()));
        let msg = match contract {
            Contract::Staking => {
                let params = self.config.staking_params(self.owner(None));
                let floors = self.config.staking.floors;
                let msg = staking_api::InstantiateMsg { owner, params, floors };
                Msg::instantiate(code, label, &msg, vec![], admin)
            }
            Contract::Registry => {
                Msg::instantiate(code, label, &registry_api::InstantiateMsg { owner }, vec![], admin)
            }
            Contract::Market => {
                let msg = market_api::InstantiateMsg {
                    owner,
                    registry: addresses[Contract::Registry.name()].result.clone(),
                    staking: addresses[Contract::Staking.name()].result.clone(),
                    params: self.config.market.clone(),
                };
                Msg::instantiate(code, label, &msg, vec![], admin)
            }
            Contract::Governance => {
                let Some(Governance { floors, params, .. }) = self.config.governance.clone() else {
                    let given = "no [governance]".to_owned();
                    return Err(DeployError::OtherDeployment {
                        path: self.config.state_path().display().to_string(),
                        what: "the contracts",
                        recorded: name.to_owned(),
                        given,
                    });
                };
                let staking = addresses[Contract::Staking.name()].result.clone();
                let msg = governance_api::InstantiateMsg { staking, floors, params };
                Msg::instantiate(code, label, &msg, vec![], admin)
            }
        };
        self.send(&step, vec![msg.map_err(fail)?]).await
    }

    /// Who administers the contracts in the end, as far as its address is known.
    fn owner<'a>(&'a self, governance: Option<&'a str>) -> &'a str {
        let governance = governance.filter(|_| self.config.hands_over());
        governance.or(self.config.owner.as_deref()).unwrap_or(&self.deployer)
    }

    /// Names the market to staking and registry.
    async fn wire(&self, contracts: &Contracts) -> Result<(), DeployError> {
        let market = contracts.market.address().to_owned();
        let staking = contracts.staking.config().await.map_err(DeployError::query("the staking contract"))?;
        let registry =
            contracts.registry.config().await.map_err(DeployError::query("the provider registry"))?;
        let fail = |source| DeployError::Tx { step: "wire".to_owned(), source };
        let mut msgs = Vec::new();
        let wired = [
            (Contract::Staking.name(), contracts.staking.address(), staking.market),
            (Contract::Registry.name(), contracts.registry.address(), registry.market),
        ];
        for (contract, address, got) in wired {
            match got {
                Some(got) if got.as_str() == market => continue,
                Some(got) => {
                    let (address, got) = (address.to_owned(), got.to_string());
                    return Err(DeployError::Miswired { contract, address, expected: market, got });
                }
                None => {}
            }
            let market = market.clone();
            let msg = if contract == Contract::Staking.name() {
                Msg::execute(address, &staking_api::ExecuteMsg::SetMarket { market }, vec![])
            } else {
                Msg::execute(address, &registry_api::ExecuteMsg::SetMarket { market }, vec![])
            };
            msgs.push(msg.map_err(fail)?);
        }
        if !msgs.is_empty() {
            self.send("wire", msgs).await?;
        }
        Ok(())
    }

    /// Makes the parameters on the chain those of the file.
    async fn update_parameters(
        &self,
        contracts: &Contracts,
        governance: Option<&str>,
    ) -> Result<(), DeployError> {
        let fail = |source| DeployError::Tx { step: "update parameters".to_owned(), source };
        let staking = contracts.staking.config().await.map_err(DeployError::query("the staking contract"))?;
        let market = contracts.market.config().await.map_err(DeployError::query("the market"))?;
        let mut msgs = Vec::new();
        let mut changes = Vec::new();
        let params = self.config.staking_params(self.owner(governance));
        if staking.params != params {
            changes.extend(differences("staking", &staking.params, &params));
            let msg = staking_api::ExecuteMsg::UpdateParams { params };
            msgs.push(Msg::execute(contracts.staking.address(), &msg, vec![]).map_err(fail)?);
        }
        if market.params != self.config.market {
            changes.extend(differences("market", &market.params, &self.config.market));
            let msg = market_api::ExecuteMsg::UpdateParams { params: self.config.market.clone() };
            msgs.push(Msg::execute(contracts.market.address(), &msg, vec![]).map_err(fail)?);
        }
        if msgs.is_empty() {
            return Ok(());
        }
        if let Some(owner) =
            [market.owner, staking.owner].into_iter().find(|owner| owner.as_str() != self.deployer)
        {
            return Err(DeployError::NotOwner {
                owner: owner.to_string(),
                deployer: self.deployer.clone(),
                what: changes.join("; "),
            });
        }
        for change in &changes {
            println!("  {change}");
        }
        self.send("update parameters", msgs).await?;
        Ok(())
    }

    /// Fails when governance does not hold what the file says: nobody but its voters can change that.
    async fn compare_governance(&self, governance: &str, file: &Governance) -> Result<(), DeployError> {
        let chain: governance_api::Config = self
            .client
            .query(governance, &governance_api::QueryMsg::Config {})
            .await
            .map_err(DeployError::query("governance"))?;
        let mut changes = differences("governance.params", &chain.params, &file.params);
        changes.extend(differences("governance.floors", &chain.floors, &file.floors));
        if changes.is_empty() {
            return Ok(());
        }
        Err(DeployError::NotOwner {
            owner: governance.to_owned(),
            deployer: self.deployer.clone(),
            what: changes.join("; "),
        })
    }

    /// Makes governance the owner and the admin of everything, in one transaction.
    async fn hand_over(&self, contracts: &Contracts, governance: &str) -> Result<(), DeployError> {
        if self.progress.done(hand_over::STEP).is_some() {
            return Ok(());
        }
        let staking = contracts.staking.config().await.map_err(DeployError::query("the staking contract"))?;
        let registry =
            contracts.registry.config().await.map_err(DeployError::query("the provider registry"))?;
        let market = contracts.market.config().await.map_err(DeployError::query("the market"))?;
        let found = [
            (contracts.staking.address(), staking.owner, staking.pending_owner),
            (contracts.registry.address(), registry.owner, registry.pending_owner),
            (contracts.market.address(), market.owner, market.pending_owner),
        ];
        let mut owned = Vec::new();
        for (address, owner, pending) in &found {
            if owner.as_str() == self.deployer {
                let offered = pending.as_ref().is_some_and(|pending| pending.as_str() == governance);
                owned.push(Owned { address, offered });
            } else if owner.as_str() != governance {
                return Err(DeployError::NotOursToHandOver {
                    contract: (*address).to_owned(),
                    owner: owner.to_string(),
                    deployer: self.deployer.clone(),
                });
            }
        }
        let all: Vec<_> = found.iter().map(|(address, ..)| *address).chain([governance]).collect();
        let msgs = hand_over::messages(governance, &owned, &all)
            .map_err(|source| DeployError::Tx { step: hand_over::STEP.to_owned(), source })?;
        self.send(hand_over::STEP, msgs).await?;
        println!("  {governance} owns the suite and is its admin: from here on proposals decide");
        Ok(())
    }

    /// Offers the contracts to the owner that the file names; accepting is up to that account.
    async fn offer(&self, contracts: &Contracts) -> Result<(), DeployError> {
        let new_owner = self.owner(None);
        if new_owner == self.deployer {
            return Ok(());
        }
        let fail = |source| DeployError::Tx { step: "offer ownership".to_owned(), source };
        let staking = contracts.staking.config().await.map_err(DeployError::query("the staking contract"))?;
        let registry =
            contracts.registry.config().await.map_err(DeployError::query("the provider registry"))?;
        let market = contracts.market.config().await.map_err(DeployError::query("the market"))?;
        let open = |owner: &str, pending: Option<&str>| owner == self.deployer && pending != Some(new_owner);
        let action = || OwnershipAction::Offer { new_owner: new_owner.to_owned() };
        let mut msgs = Vec::new();
        if open(staking.owner.as_str(), staking.pending_owner.as_ref().map(|p| p.as_str())) {
            let msg = staking_api::ExecuteMsg::Ownership(action());
            msgs.push(Msg::execute(contracts.staking.address(), &msg, vec![]).map_err(fail)?);
        }
        if open(registry.owner.as_str(), registry.pending_owner.as_ref().map(|p| p.as_str())) {
            let msg = registry_api::ExecuteMsg::Ownership(action());
            msgs.push(Msg::execute(contracts.registry.address(), &msg, vec![]).map_err(fail)?);
        }
        if open(market.owner.as_str(), market.pending_owner.as_ref().map(|p| p.as_str())) {
            let msg = market_api::ExecuteMsg::Ownership(action());
            msgs.push(Msg::execute(contracts.market.address(), &msg, vec![]).map_err(fail)?);
        }
        if !msgs.is_empty() {
            self.send("offer ownership", msgs).await?;
            println!("  {new_owner} has to accept each contract: {{\"ownership\":{{\"accept\":{{}}}}}}");
        }
        Ok(())
    }

    fn book(
        &self,
        codes: &BTreeMap<&str, Done>,
        addresses: &BTreeMap<&str, Done>,
    ) -> Result<AddressBook, DeployError> {
        let entry = |contract: Contract| {
            let (stored, instantiated) = (&codes[contract.name()], &addresses[contract.name()]);
            let entry = ContractEntry {
                address: instantiated.result.clone(),
                code_id: stored.result.parse().unwrap_or_default(),
                sha256: stored.sha256.clone(),
                version: String::new(),
                store_tx: stored.tx.clone(),
                instantiate_tx: instantiated.tx.clone(),
                migrations: vec![],
            };
            (contract.name().to_owned(), entry)
        };
        let now =
            time::OffsetDateTime::now_utc().replace_nanosecond(0).ok().and_then(|t| t.format(&Rfc3339).ok());
        Ok(AddressBook {
            schema: address_book::SCHEMA,
            chain_id: self.config.chain.id.clone(),
            rpc: self.config.chain.rpc.clone(),
            bech32_prefix: self.config.chain.bech32_prefix.clone(),
            gas_price: self.config.chain.gas_price.clone(),
            sdl_denoms: self.config.sdl_denoms.clone(),
            commit: self.progress.commit(),
            contracts: Contract::of(self.config).into_iter().map(entry).collect(),
            transactions: BTreeMap::new(),
            deployed_at: now.unwrap_or_default(),
        })
    }

    /// With what is known only in the end: the versions on the chain, and the transactions of all steps.
    async fn completed(&self, mut book: AddressBook) -> Result<AddressBook, DeployError> {
        for (name, entry) in &mut book.contracts {
            let on_chain =
                self.client.contract(&entry.address).await.map_err(DeployError::query(name.clone()))?;
            entry.version = on_chain.version.map(|cw2| cw2.version).unwrap_or_default();
        }
        for step in ["wire", hand_over::STEP] {
            if let Some(done) = self.progress.done(step) {
                book.transactions.insert(step.to_owned(), done.tx);
            }
        }
        Ok(book)
    }

    /// Writes the book when it says something new; answers whether it did.
    fn write_book(&self, mut book: AddressBook) -> Result<bool, DeployError> {
        let path = &self.config.address_book;
        if let Ok(old) = AddressBook::load(path) {
            // What has been migrated since is not this program's doing.
            for (name, entry) in &mut book.contracts {
                let same = |old: &&ContractEntry| old.address == entry.address && !old.migrations.is_empty();
                if let Some(migrated) = old.contracts.get(name).filter(same) {
                    *entry = migrated.clone();
                }
            }
            if old.contracts == book.contracts {
                book.deployed_at = old.deployed_at.clone();
            }
            if old == book {
                return Ok(false);
            }
        }
        book.save(path)?;
        Ok(true)
    }
}

/// Each top-level parameter that differs, as `market.notice_window: 60 on the chain, 120 in the file`.
fn differences<T: serde::Serialize>(contract: &str, chain: &T, file: &T) -> Vec<String> {
    let (Ok(chain), Ok(file)) = (serde_json::to_value(chain), serde_json::to_value(file)) else {
        return vec![contract.to_owned()];
    };
    let (Some(chain), Some(file)) = (chain.as_object(), file.as_object()) else {
        return vec![contract.to_owned()];
    };
    file.iter()
        .filter(|(key, value)| chain.get(*key) != Some(value))
        .map(|(key, value)| {
            let now = chain.get(key).map(ToString::to_string).unwrap_or_default();
            format!("{contract}.{key}: {now} on the chain, {value} in the file")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain_client::RawEvent;

    fn result(kind: &str, key: &str, value: &str) -> TxResult {
        TxResult {
            hash: "H".to_owned(),
            height: 5,
            code: 0,
            codespace: String::new(),
            log: String::new(),
            gas_wanted: 0,
            gas_used: 0,
            events: vec![],
            raw_events: vec![RawEvent {
                kind: kind.to_owned(),
                attributes: vec![(key.to_owned(), value.to_owned())],
            }],
        }
    }

    #[test]
    fn what_came_of_a_step_is_read_from_its_transaction() {
        assert_eq!(done("store market@00", &result("store_code", "code_id", "7")).unwrap().result, "7");
        let instantiated = result("instantiate", "_contract_address", "wasm1m");
        assert_eq!(done("instantiate market", &instantiated).unwrap().result, "wasm1m");
        assert_eq!(done("wire", &result("execute", "x", "y")).unwrap().result, "");
        assert!(matches!(done("store market", &instantiated), Err(DeployError::NoAnswer { .. })));
    }

    #[test]
    fn a_stored_contract_is_journalled_with_its_hash() {
        assert_eq!(step_name("store market@abc"), "store market");
        assert_eq!(sha_of("store market@abc").as_deref(), Some("abc"));
        assert_eq!(sha_of("wire"), None);
    }

    #[test]
    fn differing_parameters_are_named_with_both_values() {
        #[derive(serde::Serialize)]
        struct P {
            a: u64,
            b: u64,
        }
        let told = differences("market", &P { a: 1, b: 2 }, &P { a: 1, b: 3 });
        assert_eq!(told, ["market.b: 2 on the chain, 3 in the file"]);
    }
}
