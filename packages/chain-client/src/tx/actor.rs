//! The task behind a queue.

mod landing;
mod simulating;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use cosmrs::Any;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, oneshot, OwnedSemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::build::{Envelope, Sequence, Unsimulated};
use super::confirm::{confirm, Flight, Landing};
use super::outcome::{classify, Refusal};
use super::{Journal, JournalEntry, JournalOutcome, TxConfig};
use crate::client::{Broadcast, POLL};
use crate::{Client, Signer, TxError, TxResult};

/// Of one batch: a node reads at most 1 MB of request, and base64 adds a third.
const MAX_BATCH_BYTES: usize = 500_000;
/// How often a broadcast follows the sequence that the node names, and waits for room in its mempool.
const BROADCAST_TRIES: u32 = 10;

/// What comes in from a handle.
#[derive(Debug)]
pub struct Submission {
    pub messages: Vec<Any>,
    pub key: String,
    /// In a transaction of its own.
    pub alone: bool,
    pub answer: oneshot::Sender<Result<TxResult, TxError>>,
    pub permit: OwnedSemaphorePermit,
}

type Id = u64;

/// What one key wants done.
struct Item {
    /// None when it is known from the journal only and nobody has submitted it since.
    messages: Option<Vec<Any>>,
    key: String,
    alone: bool,
    /// Simulations of a group with it that failed.
    suspected: u32,
    attempts: u32,
    /// Hash and timeout height of the transaction that it is in.
    flight: Option<(String, u64)>,
    waiters: Vec<(oneshot::Sender<Result<TxResult, TxError>>, OwnedSemaphorePermit)>,
}

impl Item {
    fn bytes(&self) -> usize {
        self.messages.iter().flatten().map(|message| message.value.len() + message.type_url.len()).sum()
    }
}

/// Simulated together, so that their gas is known together.
struct Ready {
    ids: Vec<Id>,
    gas: u64,
}

/// Gas of these, or why there is none.
type Simulated = (Vec<Id>, Result<u64, Unsimulated>);

struct Landed {
    hash: String,
    timeout_height: u64,
    items: Vec<Id>,
    gas_limit: u64,
    landing: Landing,
}

pub struct Actor {
    client: Client,
    signer: Arc<dyn Signer>,
    config: TxConfig,
    journal: Arc<dyn Journal>,
    intake: mpsc::UnboundedReceiver<Submission>,
    sequence: Sequence,
    /// The sequence is in doubt; it is asked again when nothing is in flight any more.
    resync: bool,
    next_id: Id,
    items: HashMap<Id, Item>,
    by_key: HashMap<String, Id>,
    /// To be simulated.
    waiting: VecDeque<Id>,
    /// Simulated.
    ready: VecDeque<Ready>,
    simulating: FuturesUnordered<BoxFuture<'static, Simulated>>,
    flights: FuturesUnordered<BoxFuture<'static, Landed>>,
}

impl Actor {
    pub fn new(
        client: Client,
        signer: Arc<dyn Signer>,
        config: TxConfig,
        journal: Arc<dyn Journal>,
        intake: mpsc::UnboundedReceiver<Submission>,
    ) -> Self {
        Self {
            client,
            signer,
            config,
            journal,
            intake,
            sequence: Sequence::default(),
            resync: false,
            next_id: 0,
            items: HashMap::new(),
            by_key: HashMap::new(),
            waiting: VecDeque::new(),
            ready: VecDeque::new(),
            simulating: FuturesUnordered::new(),
            flights: FuturesUnordered::new(),
        }
    }

    pub async fn run(mut self, cancel: CancellationToken) {
        self.recover().await;
        let mut closed = false;
        while !cancel.is_cancelled() {
            self.start_simulations();
            self.send_ready().await;
            let idle = self.simulating.is_empty() && self.flights.is_empty();
            if closed && idle && self.waiting.is_empty() && self.ready.is_empty() {
                return;
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                Some((ids, result)) = self.simulating.next(), if !self.simulating.is_empty() => {
                    self.simulated(ids, result);
                }
                Some(landed) = self.flights.next(), if !self.flights.is_empty() => {
                    self.landed(landed).await;
                }
                submission = self.intake.recv(), if !closed => match submission {
                    Some(submission) => self.accept(submission),
                    None => closed = true,
                },
            }
            while let Ok(submission) = self.intake.try_recv() {
                self.accept(submission);
            }
        }
        self.drain().await;
    }

    /// What an earlier process sent and did not learn about is looked for before the same is sent again.
    async fn recover(&mut self) {
        let journal = self.journal.clone();
        let unsettled = match blocking(move || journal.unsettled()).await {
            Ok(entries) => entries,
            Err(error) => {
                tracing::error!(%error, "the journal cannot be read; nothing is known of earlier transactions");
                return;
            }
        };
        for JournalEntry { hash, keys, timeout_height, .. } in unsettled {
            tracing::info!(%hash, timeout_height, "looking for a transaction of an earlier run");
            let items = keys.into_iter().map(|key| self.add(None, key, false)).collect();
            let flight = Flight { hash, timeout_height, bytes: None, doubtful: true };
            self.fly(flight, items, 0);
        }
    }

    fn add(&mut self, messages: Option<Vec<Any>>, key: String, alone: bool) -> Id {
        let id = self.next_id;
        self.next_id += 1;
        self.by_key.insert(key.clone(), id);
        self.items.insert(
            id,
            Item { messages, key, alone, suspected: 0, attempts: 0, flight: None, waiters: Vec::new() },
        );
        id
    }

    fn accept(&mut self, submission: Submission) {
        let Submission { messages, key, alone, answer, permit } = submission;
        if let Some(item) = self.by_key.get(&key).and_then(|id| self.items.get_mut(id)) {
            // The same thing is under way: one transaction, one outcome. After a restart this is also how its
            // messages become known again, should the earlier transaction turn out lost.
            if item.messages.is_none() {
                item.messages = Some(messages);
                item.alone = alone;
            }
            item.waiters.push((answer, permit));
            return;
        }
        let id = self.add(Some(messages), key, alone);
        if let Some(item) = self.items.get_mut(&id) {
            item.waiters.push((answer, permit));
        }
        self.waiting.push_back(id);
    }

    /// The first message goes at once; while transactions are in flight, what is ready gathers until it fills a
    /// batch or nothing more is about to become ready.
    async fn send_ready(&mut self) {
        while !self.ready.is_empty() && self.flights.len() < self.config.max_in_flight.max(1) {
            if self.resync {
                if !self.flights.is_empty() {
                    return;
                }
                self.sequence.set(None);
                self.resync = false;
            }
            let more_to_come = !self.simulating.is_empty() || !self.waiting.is_empty();
            if !self.flights.is_empty() && more_to_come && !self.batch_is_full() {
                return;
            }
            let batch = self.next_batch();
            self.send(batch).await;
        }
    }

    fn batch_is_full(&self) -> bool {
        let ids = || self.ready.iter().flat_map(|ready| &ready.ids);
        let items = || ids().filter_map(|id| self.items.get(id));
        ids().count() >= self.config.max_batch_messages
            || self.ready.iter().map(|ready| ready.gas).fold(0, u64::saturating_add)
                >= self.config.max_batch_gas
            || items().map(Item::bytes).sum::<usize>() >= MAX_BATCH_BYTES
            || items().next().is_some_and(|item| item.alone)
    }

    fn next_batch(&mut self) -> Vec<Ready> {
        let mut batch: Vec<Ready> = Vec::new();
        let (mut gas, mut bytes, mut count) = (0u64, 0usize, 0usize);
        while let Some(ready) = self.ready.front() {
            let items = || ready.ids.iter().filter_map(|id| self.items.get(id));
            let alone = items().any(|item| item.alone);
            gas = gas.saturating_add(ready.gas);
            bytes = bytes.saturating_add(items().map(Item::bytes).sum());
            count += ready.ids.len();
            let full = count > self.config.max_batch_messages
                || gas > self.config.max_batch_gas
                || bytes > MAX_BATCH_BYTES;
            if !batch.is_empty() && (full || alone) {
                break;
            }
            batch.extend(self.ready.pop_front());
            if alone {
                break;
            }
        }
        batch
    }

    async fn send(&mut self, batch: Vec<Ready>) {
        let ids: Vec<Id> = batch.iter().flat_map(|ready| ready.ids.iter().copied()).collect();
        let gas = batch.iter().map(|ready| ready.gas).fold(0, u64::saturating_add);
        match self.try_send(&ids, gas).await {
            Ok(true) => {}
            Ok(false) => batch.into_iter().rev().for_each(|ready| self.ready.push_front(ready)),
            Err(error) => self.refuse(&ids, error),
        }
    }

    /// False when it has to wait for what is in flight.
    async fn try_send(&mut self, batch: &[Id], simulated: u64) -> Result<bool, TxError> {
        let address = self.signer.address().to_owned();
        let denom = self.config.gas_price.denom.clone();
        let messages = self.messages(batch);
        let keys: Vec<String> =
            batch.iter().filter_map(|id| self.items.get(id)).map(|item| item.key.clone()).collect();
        let gas_limit = simulated.saturating_mul(self.config.gas_percent.max(100)) / 100;
        let unreachable = |error: crate::QueryError| TxError::Unreachable { detail: error.to_string() };
        let mut account = self.sequence.get(&self.client, &address, &denom).await?;
        let height = self.client.latest_height().await.map_err(unreachable)?;
        let timeout_height = height.saturating_add(self.config.timeout_blocks);
        let mut last = String::new();
        for _ in 0..BROADCAST_TRIES {
            let fee = self.config.gas_price.fee(gas_limit);
            let envelope =
                Envelope { account: account.clone(), gas_limit, fee, denom: &denom, timeout_height };
            let signed =
                envelope.sign(self.client.chain_id(), self.signer.as_ref(), messages.clone()).await?;
            let entry = JournalEntry {
                hash: signed.hash.clone(),
                keys: keys.clone(),
                sequence: account.sequence,
                timeout_height,
            };
            let journal = self.journal.clone();
            blocking(move || journal.record(&entry)).await.map_err(|e| TxError::Journal { detail: e.0 })?;
            let outcome = self.client.broadcast_bytes(&signed.bytes).await;
            let (code, codespace, log) = match outcome {
                Broadcast::Refused { code, codespace, log } => (code, codespace, log),
                Broadcast::NotSent(detail) => {
                    self.settle(&signed.hash, JournalOutcome::NotIncluded { reason: detail.clone() }).await;
                    return Err(TxError::Unreachable { detail });
                }
                Broadcast::Accepted | Broadcast::Doubtful => {
                    let doubtful = matches!(outcome, Broadcast::Doubtful);
                    tracing::debug!(hash = %signed.hash, messages = messages.len(), gas_limit, doubtful, "sent");
                    account.sequence += 1;
                    self.sequence.set(Some(account));
                    let bytes = Some(signed.bytes);
                    let flight = Flight { hash: signed.hash, timeout_height, bytes, doubtful };
                    self.fly(flight, batch.to_vec(), gas_limit);
                    return Ok(true);
                }
            };
            let refusal = classify(code, &codespace, &log);
            if refusal == Refusal::AlreadyKnown {
                // In that node's mempool: as good as accepted.
                account.sequence += 1;
                self.sequence.set(Some(account));
                let flight =
                    Flight { hash: signed.hash, timeout_height, bytes: Some(signed.bytes), doubtful: true };
                self.fly(flight, batch.to_vec(), gas_limit);
                return Ok(true);
            }
            // The check failed, so the sequence did not move and these bytes are nowhere.
            self.settle(&signed.hash, JournalOutcome::NotIncluded { reason: log.clone() }).await;
            last = log;
            match refusal {
                Refusal::WrongSequence { expected: Some(expected), .. } => {
                    if expected < account.sequence && !self.flights.is_empty() {
                        // This node has not seen what is in flight: taking its number would put two transactions
                        // on one sequence. Wait for those first.
                        self.resync = true;
                        return Ok(false);
                    }
                    account.sequence = expected;
                    self.sequence.set(Some(account.clone()));
                }
                Refusal::MempoolFull => tokio::time::sleep(POLL * 5).await,
                other => return Err(other.into_error(&address, &denom, gas_limit)),
            }
        }
        self.resync = true;
        Err(TxError::SequenceConflict { detail: last })
    }

    /// All of these are answered with the same error.
    fn refuse(&mut self, ids: &[Id], error: TxError) {
        for id in ids {
            self.finish(*id, Err(error.clone()));
        }
    }

    fn fly(&mut self, flight: Flight, items: Vec<Id>, gas_limit: u64) {
        let (client, patience) = (self.client.clone(), self.config.patience);
        for id in &items {
            if let Some(item) = self.items.get_mut(id) {
                item.flight = Some((flight.hash.clone(), flight.timeout_height));
            }
        }
        self.flights.push(Box::pin(async move {
            let landing = confirm(&client, &flight, patience).await;
            Landed { hash: flight.hash, timeout_height: flight.timeout_height, items, gas_limit, landing }
        }));
    }

    fn finish(&mut self, id: Id, result: Result<TxResult, TxError>) {
        let Some(item) = self.items.remove(&id) else { return };
        self.by_key.remove(&item.key);
        for (waiter, permit) in item.waiters {
            drop(permit);
            // A caller that stopped waiting loses nothing but the answer.
            let _ = waiter.send(result.clone());
        }
    }

    async fn settle(&mut self, hash: &str, outcome: JournalOutcome) {
        let (journal, hash) = (self.journal.clone(), hash.to_owned());
        if let Err(error) = blocking(move || journal.settle(&hash, &outcome)).await {
            // Then it is looked up once more after the next start; nothing is lost.
            tracing::warn!(%error, "the journal did not take an outcome");
        }
    }

    /// Nothing new is sent; what is in flight gets some time to land.
    async fn drain(mut self) {
        self.intake.close();
        while let Ok(submission) = self.intake.try_recv() {
            let _ = submission.answer.send(Err(TxError::Cancelled));
        }
        self.simulating.clear();
        let in_time = Instant::now() + self.config.drain;
        let unsent = self.items.iter().filter(|(_, item)| item.flight.is_none()).map(|(id, _)| *id);
        self.refuse(&unsent.collect::<Vec<_>>(), TxError::Cancelled);
        while !self.flights.is_empty() {
            match tokio::time::timeout_at(in_time, self.flights.next()).await {
                Ok(Some(landed)) => self.landed(landed).await,
                Ok(None) | Err(_) => break,
            }
        }
        let left = self.flights.len();
        if left > 0 {
            tracing::warn!(left, "ended before all outcomes were known; they are in the journal");
        }
        for id in self.items.keys().copied().collect::<Vec<_>>() {
            let flight = self.items.get(&id).and_then(|item| item.flight.clone());
            let error = flight.map_or(TxError::Cancelled, |(hash, timeout_height)| TxError::Unknown {
                hash,
                timeout_height,
                detail: "cancelled while waiting for its block".to_owned(),
            });
            self.finish(id, Err(error));
        }
    }
}

/// Journals write to disk: off the asynchronous threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, super::JournalError> + Send + 'static,
) -> Result<T, super::JournalError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(super::JournalError(e.to_string())))
}
