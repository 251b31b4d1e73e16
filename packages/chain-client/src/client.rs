use std::sync::Arc;
use std::time::Duration;

use cloud_std::Money;
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::{AddressBook, Event, Msg, QueryError, RawEvent};

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

/// What a node says of itself.
#[derive(Clone, Debug)]
pub struct Status {
    pub chain_id: String,
    pub height: u64,
    /// Of the newest block, in seconds since the epoch.
    pub time: u64,
    pub catching_up: bool,
    /// The oldest block that the node still has.
    pub earliest_height: u64,
    /// The endpoint that answered.
    pub endpoint: String,
}

/// A committed block and what contracts emitted in it.
#[derive(Clone, Debug)]
pub struct Block {
    pub height: u64,
    /// Seconds since the epoch.
    pub time: u64,
    /// Hex, upper case.
    pub hash: String,
    /// Of contracts, in order: begin of block, transactions that succeeded, end of block.
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub number: u64,
    pub sequence: u64,
}

/// A transaction that was included.
#[derive(Clone, Debug)]
pub struct TxResult {
    /// Hex, upper case.
    pub hash: String,
    pub height: u64,
    /// 0 when it took effect.
    pub code: u32,
    pub codespace: String,
    /// The error's text; empty when it took effect.
    pub log: String,
    pub gas_wanted: u64,
    pub gas_used: u64,
    /// Of contracts. From the queue only those of the caller's own message.
    pub events: Vec<Event>,
    pub raw_events: Vec<RawEvent>,
}

impl TxResult {
    /// The code id that a `StoreCode` got.
    pub fn code_id(&self) -> Option<u64> {
        self.raw("store_code", "code_id")?.parse().ok()
    }

    /// The address that an `Instantiate` got.
    pub fn contract_address(&self) -> Option<&str> {
        self.raw("instantiate", "_contract_address")
    }

    /// The first contract event of this kind.
    pub fn event(&self, kind: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.kind == kind)
    }

    fn raw(&self, kind: &str, key: &str) -> Option<&str> {
        self.raw_events.iter().filter(|event| event.kind == kind).find_map(|event| event.get(key))
    }
}

/// Asks a list of endpoints; cheap to clone. Every call has a deadline and a cap on what it reads, and goes on to the
/// next endpoint when one fails.
#[derive(Clone)]
pub struct Client {
    inner: Arc<ClientConfig>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("chain_id", &self.inner.chain_id).finish_non_exhaustive()
    }
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
        Ok(Self { inner: Arc::new(config) })
    }

    pub fn chain_id(&self) -> &str {
        &self.inner.chain_id
    }

    pub async fn status(&self) -> Result<Status, QueryError> {
        Err(pending())
    }

    /// The newest height whose state and events can be read.
    pub async fn latest_height(&self) -> Result<u64, QueryError> {
        Err(pending())
    }

    /// A block with the contract events of its whole life. `NotFound` when it is above the tip, `NoSuchHeight` when
    /// the node has pruned it.
    pub async fn block(&self, _height: u64) -> Result<Block, QueryError> {
        Err(pending())
    }

    /// Returns the newest height once it is at least `height`; `Timeout` when that takes longer than `patience`.
    /// Endpoints that fail meanwhile are no error.
    pub async fn wait_for_height(&self, _height: u64, _patience: Duration) -> Result<u64, QueryError> {
        Err(pending())
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
        _height: Option<u64>,
        _contract: &str,
        _msg: &impl Serialize,
    ) -> Result<(T, u64), QueryError> {
        Err(pending())
    }

    /// The value under a storage key of a contract; none when there is none.
    pub async fn raw(&self, _contract: &str, _key: &[u8]) -> Result<Option<Vec<u8>>, QueryError> {
        Err(pending())
    }

    pub async fn balance(&self, _address: &str, _denom: &str) -> Result<Money, QueryError> {
        Err(pending())
    }

    /// Number and sequence; `NotFound` for an account that never received anything.
    pub async fn account(&self, _address: &str) -> Result<Account, QueryError> {
        Err(pending())
    }

    /// A transaction by its hash in hex; none when no block that the node knows holds it.
    pub async fn tx(&self, _hash: &str) -> Result<Option<TxResult>, QueryError> {
        Err(pending())
    }

    /// Gas that the messages would use in one transaction of `signer`, as of the newest state.
    pub async fn simulate(&self, _msgs: &[Msg], _signer: &dyn crate::Signer) -> Result<u64, crate::TxError> {
        Err(crate::TxError::Unreachable { detail: "not connected".to_owned() })
    }
}

fn pending() -> QueryError {
    QueryError::Unreachable { detail: "not connected".to_owned() }
}
