use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use cloud_std::Money;
use cosmrs::proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
use cosmrs::proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use cosmrs::proto::cosmwasm::wasm::v1::{
    QueryRawContractStateRequest, QueryRawContractStateResponse, QuerySmartContractStateRequest,
    QuerySmartContractStateResponse,
};
use cosmrs::proto::prost::Message as _;
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use crate::interpret::{
    block_events, contract_error, lacks_height, module_error, no_block, node_refusal, tx_result,
};
use crate::rpc::answers::{
    unix_seconds, AbciInfoAnswer, AbciQuery, AbciQueryAnswer, BlockAnswer, BlockResultsAnswer,
    BroadcastAnswer, SimulateAnswer, StatusAnswer, TxAnswer,
};
use crate::rpc::{Fault, Link, Pool};
use crate::{Account, AddressBook, Block, Msg, QueryError, Signer, Status, TxError, TxResult};

/// Between two looks at a height or a transaction.
pub(crate) const POLL: Duration = Duration::from_millis(100);
/// The results of a block are stored a moment after the block: looked for this often.
const RESULT_LOOKS: u32 = 20;
const RESULT_PAUSE: Duration = Duration::from_millis(50);

/// How to reach a chain.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    pub chain_id: String,
    /// Base URLs of CometBFT RPC endpoints, `http://` or `https://`, the preferred one first.
    pub rpc: Vec<String>,
    /// For one call, all endpoints together.
    pub deadline: Duration,
    /// Largest answer that is read, in bytes.
    pub body_cap: usize,
    /// An endpoint whose height has not moved for this long is used last.
    pub stall: Duration,
    /// An endpoint this many blocks behind the highest seen is used last.
    pub max_lag: u64,
}

impl ClientConfig {
    pub fn new(chain_id: impl Into<String>, rpc: Vec<String>) -> Self {
        Self {
            chain_id: chain_id.into(),
            rpc,
            deadline: Duration::from_secs(10),
            body_cap: 16 * 1024 * 1024,
            stall: Duration::from_secs(30),
            max_lag: 5,
        }
    }
}

/// Asks a list of endpoints; cheap to clone. Every call has a deadline and a cap on what it reads, and goes on to the
/// next endpoint when one fails.
#[derive(Clone)]
pub struct Client {
    pool: Arc<Pool>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("chain_id", &self.chain_id()).finish_non_exhaustive()
    }
}

/// What became of a broadcast.
#[derive(Debug)]
pub(crate) enum Broadcast {
    /// In the mempool.
    Accepted,
    /// Not in the mempool, by the node's own word.
    Refused { code: u32, codespace: String, log: String },
    /// Sent, and no answer came.
    Doubtful,
    /// Nothing was sent.
    NotSent(String),
}

/// A node's error to a simulation.
#[derive(Debug)]
pub(crate) enum SimulateError {
    Refused { code: u32, codespace: String, log: String },
    Query(QueryError),
}

impl Client {
    /// With the default limits. Nothing is contacted yet: a client starts even when all endpoints are down.
    pub fn new(chain_id: &str, rpc: &[String]) -> Result<Self, QueryError> {
        Self::with_config(ClientConfig::new(chain_id, rpc.to_vec()))
    }

    pub fn from_book(book: &AddressBook) -> Result<Self, QueryError> {
        Self::new(&book.chain_id, &book.rpc)
    }

    pub fn with_config(config: ClientConfig) -> Result<Self, QueryError> {
        Ok(Self { pool: Arc::new(Pool::new(config)?) })
    }

    pub fn chain_id(&self) -> &str {
        &self.pool.config().chain_id
    }

    pub async fn status(&self) -> Result<Status, QueryError> {
        self.pool
            .run("status", |link| async move {
                let answer: StatusAnswer = link.call("status", json!({})).await?;
                self.pool.check_chain(&answer.node_info.network)?;
                self.pool.check_height(&link, answer.sync_info.latest_block_height)?;
                Ok(Status {
                    chain_id: answer.node_info.network,
                    height: answer.sync_info.latest_block_height,
                    time: unix_seconds(&answer.sync_info.latest_block_time).map_err(Fault::Broken)?,
                    catching_up: answer.sync_info.catching_up,
                    earliest_height: answer.sync_info.earliest_block_height,
                    endpoint: link.shown(),
                })
            })
            .await
    }

    /// The newest height whose state and events can be read.
    pub async fn latest_height(&self) -> Result<u64, QueryError> {
        self.pool.run("the newest height", |link| async move { self.height_of(&link).await }).await
    }

    async fn height_of(&self, link: &Link) -> Result<u64, Fault> {
        // Not `status`: its height may be of a block that is stored and not yet executed.
        let answer: AbciInfoAnswer = link.call("abci_info", json!({})).await?;
        let height = answer.response.last_block_height;
        self.pool.check_height(link, height)?;
        Ok(height)
    }

    /// A block with the contract events of its whole life. `NotFound` when it is above the tip, `NoSuchHeight` when
    /// the node has pruned it.
    pub async fn block(&self, height: u64) -> Result<Block, QueryError> {
        self.pool
            .run(&format!("block {height}"), |link| async move {
                let asked = json!({ "height": height.to_string() });
                let block: BlockAnswer =
                    link.call("block", asked.clone()).await.map_err(|fault| no_block(height, fault))?;
                self.pool.check_chain(&block.block.header.chain_id)?;
                let mut looks = 0;
                let results: BlockResultsAnswer = loop {
                    match link
                        .call("block_results", asked.clone())
                        .await
                        .map_err(|fault| no_block(height, fault))
                    {
                        Err(Fault::Lacking(_)) if looks < RESULT_LOOKS => {
                            looks += 1;
                            tokio::time::sleep(RESULT_PAUSE).await;
                        }
                        answer => break answer?,
                    }
                };
                if block.block.header.height != height || results.height != height {
                    return Err(Fault::Broken(format!("asked for block {height}, got another one")));
                }
                Ok(Block {
                    height,
                    time: unix_seconds(&block.block.header.time).map_err(Fault::Broken)?,
                    hash: block.block_id.hash,
                    events: block_events(results),
                })
            })
            .await
    }

    /// Returns the newest height once it is at least `height`; `Timeout` when that takes longer than `patience`.
    /// Endpoints that fail meanwhile are no error.
    pub async fn wait_for_height(&self, height: u64, patience: Duration) -> Result<u64, QueryError> {
        let started = Instant::now();
        loop {
            let reached = match self.latest_height().await {
                Ok(newest) if newest >= height => return Ok(newest),
                Ok(newest) => format!("the chain is at height {newest}"),
                Err(error) => error.to_string(),
            };
            if started.elapsed() >= patience {
                let detail = format!("waited for height {height}: {reached}");
                return Err(QueryError::Timeout { seconds: patience.as_secs(), detail });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Smart query at the newest height.
    pub async fn query<T: DeserializeOwned>(
        &self,
        contract: &str,
        msg: &impl Serialize,
    ) -> Result<T, QueryError> {
        Ok(self.query_at(None, contract, msg).await?.0)
    }

    /// Smart query at a height, the newest when absent; answers with the height that was read.
    pub async fn query_at<T: DeserializeOwned>(
        &self,
        height: Option<u64>,
        contract: &str,
        msg: &impl Serialize,
    ) -> Result<(T, u64), QueryError> {
        let query_data = serde_json::to_vec(msg)
            .map_err(|e| QueryError::BadConfig { what: "the query".to_owned(), cause: e.to_string() })?;
        let what = format!("a query of contract {contract}");
        let request = QuerySmartContractStateRequest { address: contract.to_owned(), query_data };
        let path = "/cosmwasm.wasm.v1.Query/SmartContractState";
        let answer = self
            .abci(&what, path, request.encode_to_vec(), height, |answer| contract_error(contract, answer))
            .await?;
        let unreadable = |cause: String| QueryError::Decode { what: what.clone(), cause };
        let response = QuerySmartContractStateResponse::decode(answer.value.as_slice())
            .map_err(|e| unreadable(e.to_string()))?;
        let value = serde_json::from_slice(&response.data).map_err(|e| unreadable(e.to_string()))?;
        Ok((value, answer.height))
    }

    /// The value under a storage key of a contract; none when there is none.
    pub async fn raw(&self, contract: &str, key: &[u8]) -> Result<Option<Vec<u8>>, QueryError> {
        let what = format!("a raw query of contract {contract}");
        let request = QueryRawContractStateRequest { address: contract.to_owned(), query_data: key.to_vec() };
        let path = "/cosmwasm.wasm.v1.Query/RawContractState";
        let response: QueryRawContractStateResponse = self.ask(&what, path, &request).await?;
        Ok(Some(response.data).filter(|data| !data.is_empty()))
    }

    pub async fn balance(&self, address: &str, denom: &str) -> Result<Money, QueryError> {
        let what = format!("the balance of {address}");
        let request = QueryBalanceRequest { address: address.to_owned(), denom: denom.to_owned() };
        let response: QueryBalanceResponse =
            self.ask(&what, "/cosmos.bank.v1beta1.Query/Balance", &request).await?;
        let amount = response.balance.map_or("0".to_owned(), |coin| coin.amount);
        let amount: u128 = amount.parse().map_err(|_| QueryError::Decode {
            what,
            cause: format!("{amount:?} is no amount of 128 bits"),
        })?;
        Ok(Money::new(denom, amount))
    }

    /// Number and sequence; `NotFound` for an account that never received anything.
    pub async fn account(&self, address: &str) -> Result<Account, QueryError> {
        let what = format!("account {address}");
        let request = QueryAccountInfoRequest { address: address.to_owned() };
        let response: QueryAccountInfoResponse =
            self.ask(&what, "/cosmos.auth.v1beta1.Query/AccountInfo", &request).await?;
        let info = response
            .info
            .ok_or_else(|| QueryError::Decode { what, cause: "the answer is empty".to_owned() })?;
        Ok(Account { number: info.account_number, sequence: info.sequence })
    }

    /// A transaction by its hash in hex; none when no block that the node knows holds it.
    pub async fn tx(&self, hash: &str) -> Result<Option<TxResult>, QueryError> {
        Ok(self.tx_as_of(hash).await?.0)
    }

    /// With the height that the same node had before it looked: up to it, a missing transaction is really missing.
    pub(crate) async fn tx_as_of(&self, hash: &str) -> Result<(Option<TxResult>, u64), QueryError> {
        let what = format!("transaction {hash}");
        let bytes = hex::decode(hash.trim_start_matches("0x")).map_err(|e| QueryError::BadConfig {
            what: what.clone(),
            cause: format!("a transaction hash is 64 hex digits: {e}"),
        })?;
        let asked = &STANDARD.encode(bytes);
        self.pool
            .run(&what, |link| async move {
                let height = self.height_of(&link).await?;
                match link.call::<TxAnswer>("tx", json!({ "hash": asked, "prove": false })).await {
                    Ok(answer) => Ok((Some(tx_result(answer.hash, answer.height, answer.tx_result)), height)),
                    Err(Fault::Rpc { message, .. }) if message.contains("not found") => Ok((None, height)),
                    Err(fault) => Err(fault),
                }
            })
            .await
    }

    /// Gas that the messages would use in one transaction of `signer`, as of the newest state.
    pub async fn simulate(&self, msgs: &[Msg], signer: &dyn Signer) -> Result<u64, TxError> {
        crate::tx::simulate(self, msgs, signer).await
    }

    /// Never answers with a guess: see [`Broadcast`].
    pub(crate) async fn broadcast_bytes(&self, bytes: &[u8]) -> Broadcast {
        let tx = &STANDARD.encode(bytes);
        let doubt = &AtomicBool::new(false);
        let sent = self
            .pool
            .run("broadcast", |link| async move {
                let earlier = doubt.swap(true, Ordering::Relaxed);
                match link.call::<BroadcastAnswer>("broadcast_tx_sync", json!({ "tx": tx })).await {
                    Ok(answer) if answer.code == 0 => Ok(Broadcast::Accepted),
                    // An earlier endpoint may have taken it before it went silent.
                    Ok(_) if earlier => Ok(Broadcast::Doubtful),
                    Ok(BroadcastAnswer { code, codespace, log, .. }) => {
                        Ok(Broadcast::Refused { code, codespace, log })
                    }
                    Err(Fault::Rpc { message, .. }) if message.contains("already exists in cache") => {
                        Ok(Broadcast::Accepted)
                    }
                    Err(Fault::Rpc { message, .. }) if !earlier && node_refusal(&message).is_some() => {
                        let code = node_refusal(&message).unwrap_or_default();
                        Ok(Broadcast::Refused { code, codespace: "sdk".to_owned(), log: message })
                    }
                    Err(fault) => {
                        if matches!(fault, Fault::NotSent(_)) {
                            doubt.store(earlier, Ordering::Relaxed);
                        }
                        Err(fault)
                    }
                }
            })
            .await;
        match sent {
            Ok(outcome) => outcome,
            Err(_) if doubt.load(Ordering::Relaxed) => Broadcast::Doubtful,
            Err(error) => Broadcast::NotSent(error.to_string()),
        }
    }

    /// Gas used by a transaction in its wire form.
    pub(crate) async fn simulate_bytes(&self, bytes: &[u8]) -> Result<u64, SimulateError> {
        // Not the transaction service: nodes without gRPC do not answer it, and it loses the error's code.
        let answer = self
            .abci("simulation", "/app/simulate", bytes.to_vec(), None, |_| None)
            .await
            .map_err(SimulateError::Query)?;
        if answer.code != 0 {
            let AbciQuery { code, codespace, log, .. } = answer;
            return Err(SimulateError::Refused { code, codespace, log });
        }
        let simulated: SimulateAnswer = serde_json::from_slice(&answer.value).map_err(|e| {
            SimulateError::Query(QueryError::Decode { what: "a simulation".to_owned(), cause: e.to_string() })
        })?;
        Ok(simulated.gas_info.gas_used)
    }

    /// A gRPC query by its path, at the newest height.
    pub(crate) async fn ask<Q, A>(&self, what: &str, path: &str, request: &Q) -> Result<A, QueryError>
    where
        Q: cosmrs::proto::prost::Message,
        A: cosmrs::proto::prost::Message + Default,
    {
        let refused = |answer: &AbciQuery| Some(module_error(what, answer));
        let answer = self.abci(what, path, request.encode_to_vec(), None, refused).await?;
        A::decode(answer.value.as_slice())
            .map_err(|e| QueryError::Decode { what: what.to_owned(), cause: e.to_string() })
    }

    /// `refused` turns an answer with a code into an error; without one the answer is handed on.
    async fn abci(
        &self,
        what: &str,
        path: &str,
        data: Vec<u8>,
        height: Option<u64>,
        refused: impl Fn(&AbciQuery) -> Option<QueryError>,
    ) -> Result<AbciQuery, QueryError> {
        let params = &json!({
            "path": path,
            "data": hex::encode(data),
            "height": height.unwrap_or(0).to_string(),
            "prove": false,
        });
        let refused = &refused;
        self.pool
            .run(what, |link| async move {
                let answer = link.call::<AbciQueryAnswer>("abci_query", params.clone()).await?.response;
                // An old answer is none, also when it says no. Simulations and early errors carry no height.
                match height {
                    None if answer.height > 0 => self.pool.check_height(&link, answer.height)?,
                    Some(asked) if answer.code == 0 && answer.height != asked => {
                        return Err(Fault::Broken(format!(
                            "asked for height {asked}, got {}",
                            answer.height
                        )));
                    }
                    _ => {}
                }
                if answer.code == 0 {
                    return Ok(answer);
                }
                if let Some(asked) = height.filter(|_| lacks_height(&answer)) {
                    return Err(Fault::Lacking(QueryError::NoSuchHeight {
                        height: asked,
                        message: answer.log,
                    }));
                }
                match refused(&answer) {
                    Some(error) => Err(Fault::Final(error)),
                    None => Ok(answer),
                }
            })
            .await
    }
}
