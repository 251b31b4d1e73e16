//! The real chain of one seed: its genesis, the suite on it, blocks of signed transactions, and what it stores.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, ensure, Context};
use chain_client::Msg;
use cosmrs::proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmrs::proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use cosmrs::proto::cosmos::base::query::v1beta1::PageRequest;
use cosmrs::proto::cosmwasm::wasm::v1::{
    QueryAllContractStateRequest, QueryAllContractStateResponse, QueryContractsByCodeRequest,
    QueryContractsByCodeResponse, QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use cosmrs::proto::prost::Message;
use cosmrs::tx::{Body, Fee, SignDoc, SignerInfo};
use cosmwasm_std::{Addr, BlockInfo};
use serde_json::{json, Value};
use tendermint_proto::google::protobuf::{Duration, Timestamp};
use tendermint_proto::v0_38::abci::{ExecTxResult, RequestFinalizeBlock, RequestInitChain};
use tendermint_proto::v0_38::types::{
    AbciParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};

use crate::abci::Application;
use crate::accounts::Signers;

/// More than any message of these tests uses.
const GAS_LIMIT: u64 = 500_000_000;
/// Of the validator, which only has to be there.
const BOND_DENOM: &str = "stake";
/// Entries of a contract's storage in one answer.
const PAGE: u64 = 10_000;

/// Where the node's program and the contracts are, and where chains may be made.
#[derive(Clone)]
pub struct Lab {
    pub wasmd: PathBuf,
    pub artifacts: PathBuf,
    /// Emptied at the beginning.
    pub dir: PathBuf,
}

impl Lab {
    /// A home with one validator, which each chain begins as a copy of.
    pub fn prepare(&self) -> anyhow::Result<()> {
        let home = self.template();
        if self.dir.exists() {
            std::fs::remove_dir_all(&self.dir)?;
        }
        std::fs::create_dir_all(&self.dir)?;
        // A transaction of genesis is signed for one chain.
        let chain_id = cosmwasm_std::testing::mock_env().block.chain_id;
        self.wasmd(&["init", "differential", "--chain-id", &chain_id, "--default-denom", BOND_DENOM])?;
        self.wasmd(&["keys", "add", "validator", "--keyring-backend", "test"])?;
        let account = ["genesis", "add-genesis-account", "validator", "1000000000000stake"];
        self.wasmd(&[&account[..], &["--keyring-backend", "test"]].concat())?;
        let gentx = ["genesis", "gentx", "validator", "100000000000stake", "--keyring-backend", "test"];
        self.wasmd(&[&gentx[..], &["--chain-id", &chain_id]].concat())?;
        self.wasmd(&["genesis", "collect-gentxs"])?;
        ensure!(home.join("config/genesis.json").exists(), "{} made no genesis", self.wasmd.display());
        Ok(())
    }

    fn template(&self) -> PathBuf {
        self.dir.join("template")
    }

    fn wasmd(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let done = Command::new(&self.wasmd).args(arguments).arg("--home").arg(self.template()).output()?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            bail!("wasmd {}: {}", arguments.join(" "), said.lines().last().unwrap_or("failed"));
        }
        Ok(())
    }

    fn contract(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let file = self.artifacts.join(format!("{name}.wasm"));
        std::fs::read(&file).with_context(|| format!("{}: run scripts/build-wasm", file.display()))
    }
}

/// An account's number on the chain and its next sequence.
#[derive(Clone, Copy)]
struct Place {
    number: u64,
    sequence: u64,
}

pub struct Chain {
    app: Application,
    chain_id: String,
    signers: Signers,
    places: BTreeMap<Addr, Place>,
    /// Signed, for the next block.
    pending: Vec<Vec<u8>>,
}

impl Chain {
    /// A chain whose first block with transactions will be `block`, on which everybody has what `purses` says.
    pub fn begin(
        lab: &Lab,
        name: &str,
        signers: Signers,
        purses: &[(Addr, Vec<(String, u128)>)],
        block: &BlockInfo,
    ) -> anyhow::Result<Self> {
        let home = lab.dir.join(name);
        let copied = Command::new("cp").arg("-r").arg(lab.template()).arg(&home).status()?;
        ensure!(copied.success(), "the template could not be copied to {}", home.display());
        let genesis = genesis(&home, purses)?;
        let mut app = Application::start(&lab.wasmd, &home)?;
        // One block more, because accounts have no numbers before the first one.
        let initial_height = i64::try_from(block.height)? - 1;
        app.init_chain(RequestInitChain {
            time: Some(timestamp(block)),
            chain_id: block.chain_id.clone(),
            consensus_params: Some(consensus_params()),
            validators: vec![],
            app_state_bytes: genesis.into(),
            initial_height,
        })?;
        let mut chain =
            Self { app, chain_id: block.chain_id.clone(), signers, places: BTreeMap::new(), pending: vec![] };
        chain.app.block(RequestFinalizeBlock {
            height: initial_height,
            time: Some(timestamp(block)),
            ..RequestFinalizeBlock::default()
        })?;
        let accounts: Vec<Addr> = chain.signers.addresses().cloned().collect();
        for account in accounts {
            let request = QueryAccountRequest { address: account.to_string() };
            let answer: QueryAccountResponse =
                chain.app.query("/cosmos.auth.v1beta1.Query/Account", &request)?;
            let any = answer.account.with_context(|| format!("no account {account}"))?;
            let number = BaseAccount::decode(&*any.value)?.account_number;
            chain.places.insert(account, Place { number, sequence: 0 });
        }
        Ok(chain)
    }

    pub fn can_sign(&self, account: &Addr) -> bool {
        self.places.contains_key(account)
    }

    /// Signs a message as a transaction of the next block.
    pub fn send(&mut self, sender: &Addr, message: &Msg) -> anyhow::Result<()> {
        let place = self.places.get_mut(sender).with_context(|| format!("{sender} has no account"))?;
        let key = self.signers.key(sender)?;
        let fee = Fee { amount: vec![], gas_limit: GAS_LIMIT, payer: None, granter: None };
        let auth = SignerInfo::single_direct(Some(key.public_key()), place.sequence).auth_info(fee);
        let body = Body::new(vec![message.to_any(sender.as_str())?], "", 0u32);
        let chain_id = self.chain_id.parse().map_err(|e| anyhow::anyhow!("chain id: {e}"))?;
        let document = SignDoc::new(&body, &auth, &chain_id, place.number)
            .map_err(|e| anyhow::anyhow!("what {sender} sends: {e}"))?;
        let signed = document.sign(key).map_err(|e| anyhow::anyhow!("{sender} cannot sign: {e}"))?;
        self.pending.push(signed.to_bytes().map_err(|e| anyhow::anyhow!("{e}"))?);
        place.sequence += 1;
        Ok(())
    }

    /// Ends the block: what came of each of its transactions.
    pub fn end_block(&mut self, block: &BlockInfo) -> anyhow::Result<Vec<ExecTxResult>> {
        let txs = std::mem::take(&mut self.pending).into_iter().map(Into::into).collect();
        let done = self.app.block(RequestFinalizeBlock {
            txs,
            height: i64::try_from(block.height)?,
            time: Some(timestamp(block)),
            ..RequestFinalizeBlock::default()
        })?;
        Ok(done.tx_results)
    }

    /// Uploads a contract and starts it, in the next block; code ids count up from 1.
    pub fn upload(&mut self, lab: &Lab, sender: &Addr, contract: &str) -> anyhow::Result<()> {
        self.send(sender, &Msg::store_code(lab.contract(contract)?))
    }

    pub fn balance(&mut self, account: &Addr, denom: &str) -> anyhow::Result<u128> {
        let request = QueryBalanceRequest { address: account.to_string(), denom: denom.to_owned() };
        let answer: QueryBalanceResponse = self.app.query("/cosmos.bank.v1beta1.Query/Balance", &request)?;
        let coin = answer.balance.with_context(|| format!("no balance of {account}"))?;
        coin.amount.parse().with_context(|| format!("{account} has {} {denom}", coin.amount))
    }

    /// The contract that was made of a code.
    pub fn contract(&mut self, code_id: u64) -> anyhow::Result<Addr> {
        let request = QueryContractsByCodeRequest { code_id, pagination: None };
        let answer: QueryContractsByCodeResponse =
            self.app.query("/cosmwasm.wasm.v1.Query/ContractsByCode", &request)?;
        answer
            .contracts
            .first()
            .map(Addr::unchecked)
            .with_context(|| format!("no contract of code {code_id}"))
    }

    /// Everything that a contract stores.
    pub fn storage(&mut self, contract: &Addr) -> anyhow::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        let mut all = BTreeMap::new();
        let mut key = Vec::new();
        loop {
            let request = QueryAllContractStateRequest {
                address: contract.to_string(),
                pagination: Some(PageRequest { key, limit: PAGE, ..PageRequest::default() }),
            };
            let answer: QueryAllContractStateResponse =
                self.app.query("/cosmwasm.wasm.v1.Query/AllContractState", &request)?;
            all.extend(answer.models.into_iter().map(|model| (model.key, model.value)));
            match answer.pagination {
                Some(page) if !page.next_key.is_empty() => key = page.next_key,
                _ => return Ok(all),
            }
        }
    }

    /// A contract's answer to a query.
    pub fn ask(&mut self, contract: &Addr, query: &Value) -> anyhow::Result<Value> {
        let request = QuerySmartContractStateRequest {
            address: contract.to_string(),
            query_data: serde_json::to_vec(query)?,
        };
        let answer: QuerySmartContractStateResponse =
            self.app.query("/cosmwasm.wasm.v1.Query/SmartContractState", &request)?;
        Ok(serde_json::from_slice(&answer.data)?)
    }
}

fn timestamp(block: &BlockInfo) -> Timestamp {
    let nanos = i32::try_from(block.time.subsec_nanos()).expect("below a thousand million");
    Timestamp { seconds: block.time.seconds() as i64, nanos }
}

/// As a node makes them, but for the gas of a block, which is not limited.
fn consensus_params() -> ConsensusParams {
    ConsensusParams {
        block: Some(BlockParams { max_bytes: 22_020_096, max_gas: -1 }),
        evidence: Some(EvidenceParams {
            max_age_num_blocks: 100_000,
            max_age_duration: Some(Duration { seconds: 172_800, nanos: 0 }),
            max_bytes: 1_048_576,
        }),
        validator: Some(ValidatorParams { pub_key_types: vec!["ed25519".to_owned()] }),
        version: Some(VersionParams { app: 0 }),
        abci: Some(AbciParams { vote_extensions_enable_height: 0 }),
    }
}

/// The template's state with these accounts. The bank adds up the supply by itself.
fn genesis(home: &Path, purses: &[(Addr, Vec<(String, u128)>)]) -> anyhow::Result<Vec<u8>> {
    let file = home.join("config/genesis.json");
    let mut genesis: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let state = &mut genesis["app_state"];
    for (account, purse) in purses {
        list(&mut state["auth"]["accounts"])?.push(json!({
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": account, "pub_key": null, "account_number": "0", "sequence": "0",
        }));
        let mut coins = purse.clone();
        coins.sort();
        let coins: Vec<_> = coins
            .iter()
            .filter(|(_, amount)| *amount > 0)
            .map(|(denom, amount)| json!({"denom": denom, "amount": amount.to_string()}))
            .collect();
        if !coins.is_empty() {
            list(&mut state["bank"]["balances"])?.push(json!({"address": account, "coins": coins}));
        }
    }
    state["bank"]["supply"] = json!([]);
    Ok(serde_json::to_vec(state)?)
}

fn list(value: &mut Value) -> anyhow::Result<&mut Vec<Value>> {
    value.as_array_mut().context("the genesis has another shape than expected")
}
