use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use cloud_std::Money;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::actor::{Actor, Submission};
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
    /// Simulations that run at the same time.
    pub simulate_concurrency: usize,
    /// Messages that wait already are simulated this many together. When one of them fails it is simulated alone,
    /// so that only its own caller gets the error.
    pub simulate_group: usize,
    /// Transactions that wait for their block at the same time.
    pub max_in_flight: usize,
    /// How long a cancelled queue still waits for outcomes.
    pub drain: Duration,
    /// How long the outcome of a sent transaction is waited for while no node answers; without end when absent.
    pub patience: Option<Duration>,
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
            simulate_concurrency: 4,
            simulate_group: 25,
            max_in_flight: 4,
            drain: Duration::from_secs(10),
            patience: None,
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

/// The sole owner of an account's sequence: simulates before it sends, isolates a message that fails, batches what is
/// ready, and knows each outcome. Cheap to clone; the task ends when it is cancelled, or when the last clone is gone and all is done.
#[derive(Clone, Debug)]
pub struct TxQueue {
    address: Arc<str>,
    intake: mpsc::UnboundedSender<Submission>,
    /// Bounds what the channel and the task hold together.
    room: Arc<Semaphore>,
    capacity: usize,
}

impl TxQueue {
    /// Starts the task of this key. Transactions that the journal holds unsettled are looked up first. Cancelling
    /// refuses what was not sent, waits for outcomes at most `drain`, and ends the task.
    pub fn start(
        client: Client,
        signer: Arc<dyn Signer>,
        config: TxConfig,
        journal: Arc<dyn Journal>,
        cancel: CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        let (intake, receiver) = mpsc::unbounded_channel();
        let capacity = config.capacity;
        let queue = Self {
            address: signer.address().into(),
            intake,
            room: Arc::new(Semaphore::new(capacity)),
            capacity,
        };
        let actor = Actor::new(client, signer, config, journal, receiver);
        (queue, tokio::spawn(actor.run(cancel)))
    }

    /// The account that signs.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Messages that wait or are under way.
    pub fn depth(&self) -> usize {
        self.capacity.saturating_sub(self.room.available_permits())
    }

    /// Accepts a message, or refuses it when the queue is full. The answer comes through the ticket.
    pub fn submit(&self, message: Message) -> Result<Ticket, TxError> {
        self.enter(vec![message.msg], message.key, false)
    }

    /// Submits and waits for the outcome.
    pub async fn execute(&self, message: Message) -> Result<TxResult, TxError> {
        self.submit(message)?.await
    }

    /// Several messages that take effect together or not at all, in a transaction of their own.
    pub async fn execute_atomic(&self, msgs: Vec<Msg>, key: impl Into<String>) -> Result<TxResult, TxError> {
        self.enter(msgs, key.into(), true)?.await
    }

    fn enter(&self, msgs: Vec<Msg>, key: String, alone: bool) -> Result<Ticket, TxError> {
        if msgs.is_empty() {
            return Err(TxError::Encode { detail: "there is no message to send".to_owned() });
        }
        let permit = self
            .room
            .clone()
            .try_acquire_owned()
            .map_err(|_| TxError::QueueFull { capacity: self.capacity })?;
        let messages = msgs.iter().map(|msg| msg.to_any(&self.address)).collect::<Result<Vec<_>, _>>()?;
        let (answer, ticket) = oneshot::channel();
        self.intake
            .send(Submission { messages, key, alone, answer, permit })
            .map_err(|_| TxError::Cancelled)?;
        Ok(Ticket(ticket))
    }
}

/// What [`broadcast`] waits for an outcome while no node answers.
const COMMAND_PATIENCE: Duration = Duration::from_secs(60);

/// One transaction of all these messages, for a process that sends nothing else with this key: simulates, signs,
/// broadcasts and waits for the outcome.
pub async fn broadcast(
    client: &Client,
    signer: Arc<dyn Signer>,
    mut config: TxConfig,
    msgs: Vec<Msg>,
) -> Result<TxResult, TxError> {
    config.patience = config.patience.or(Some(COMMAND_PATIENCE));
    let journal = Arc::new(super::MemoryJournal::new());
    let cancel = CancellationToken::new();
    // Dropped with this future, so that a caller that gives up leaves no task behind.
    let _guard = cancel.clone().drop_guard();
    let (queue, _task) = TxQueue::start(client.clone(), signer, config, journal, cancel);
    queue.execute_atomic(msgs, "broadcast").await
}
