use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use cloud_std::Money;
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{GasPrice, Journal};
use crate::{Client, Msg, Signer, TxError, TxResult};

/// How transactions are made.
#[derive(Clone, Debug)]
pub struct TxConfig {
    pub gas_price: GasPrice,
    /// Gas given for 100 of simulated gas.
    pub gas_percent: u64,
    /// Gas of one batch at most; a single message may need more.
    pub max_batch_gas: u64,
    /// Messages of one batch at most.
    pub max_batch_messages: usize,
    /// A transaction is valid for this many blocks.
    pub timeout_blocks: u64,
    /// Messages that wait at most; more are refused.
    pub capacity: usize,
    /// Messages that are simulated at the same time.
    pub simulate_concurrency: usize,
    /// Transactions that wait for their block at the same time.
    pub max_in_flight: usize,
    /// How long a cancelled queue still waits for outcomes.
    pub drain: Duration,
}

impl TxConfig {
    pub fn new(gas_price: GasPrice) -> Self {
        Self {
            gas_price,
            gas_percent: 130,
            max_batch_gas: 30_000_000,
            max_batch_messages: 100,
            timeout_blocks: 20,
            capacity: 4096,
            simulate_concurrency: 8,
            max_in_flight: 4,
            drain: Duration::from_secs(10),
        }
    }
}

/// A contract call for the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub msg: Msg,
    /// What it is for, such as `bid/42`. While a message with this key is under way, another submission with it
    /// sends nothing and gets the outcome of the first.
    pub key: String,
}

impl Message {
    pub fn new(
        contract: impl Into<String>,
        msg: &impl Serialize,
        funds: Vec<Money>,
        key: impl Into<String>,
    ) -> Result<Self, TxError> {
        Ok(Self { msg: Msg::execute(contract, msg, funds)?, key: key.into() })
    }
}

/// The outcome of a message to come. The transaction goes on when it is dropped.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<Result<TxResult, TxError>>);

impl Future for Ticket {
    type Output = Result<TxResult, TxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|answer| answer.unwrap_or(Err(TxError::Cancelled)))
    }
}

/// The sole owner of an account's sequence: simulates each message alone, batches what is ready, and knows each
/// outcome. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TxQueue {
    address: String,
}

impl TxQueue {
    /// Starts the task of this key. Transactions that the journal holds unsettled are looked up first. Cancelling
    /// refuses what was not sent, waits for outcomes at most `drain`, and ends the task.
    pub fn start(
        _client: Client,
        signer: Arc<dyn Signer>,
        _config: TxConfig,
        _journal: Arc<dyn Journal>,
        _cancel: CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        (Self { address: signer.address().to_owned() }, tokio::spawn(async {}))
    }

    /// The account that signs.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Messages that wait or are under way.
    pub fn depth(&self) -> usize {
        0
    }

    /// Accepts a message, or refuses it when the queue is full. The answer comes through the ticket.
    pub fn submit(&self, _message: Message) -> Result<Ticket, TxError> {
        Err(TxError::Cancelled)
    }

    /// Submits and waits for the outcome.
    pub async fn execute(&self, message: Message) -> Result<TxResult, TxError> {
        self.submit(message)?.await
    }

    /// Several messages that take effect together or not at all.
    pub async fn execute_atomic(
        &self,
        _msgs: Vec<Msg>,
        _key: impl Into<String>,
    ) -> Result<TxResult, TxError> {
        Err(TxError::Cancelled)
    }
}

/// One transaction of all these messages, for a process that sends nothing else with this key: simulates, signs,
/// broadcasts and waits for the outcome.
pub async fn broadcast(
    client: &Client,
    signer: Arc<dyn Signer>,
    config: TxConfig,
    msgs: Vec<Msg>,
) -> Result<TxResult, TxError> {
    let cancel = CancellationToken::new();
    let journal = Arc::new(super::MemoryJournal::new());
    let (queue, task) = TxQueue::start(client.clone(), signer, config, journal, cancel.clone());
    let outcome = queue.execute_atomic(msgs, "broadcast").await;
    cancel.cancel();
    // The task ends by itself; a panic in it has already shown as a cancelled ticket.
    let _ = task.await;
    outcome
}
