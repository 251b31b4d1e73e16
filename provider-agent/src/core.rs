//! What all parts of the agent share.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chain_client::{TxError, TxResult};
use cloud_std::Money;
use market_api::ExecuteMsg;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::bidding::Reservations;
use crate::chain::{outcome_of, SharedChain};
use crate::config::Config;
use crate::follow::{is_current, Head, NewBlock};
use crate::inventory::Amounts;
use crate::mine::Mine;
use crate::ops::{Health, Metrics, OrderLine};
use crate::queue::{Key, WorkQueue};
use crate::store::{Store, StoreError};

/// Decisions on orders that the status shows.
const DECISIONS_KEPT: usize = 200;

pub struct Core {
    pub config: Config,
    pub chain_id: String,
    pub chain: SharedChain,
    pub store: Store,
    pub mine: Arc<Mine>,
    pub health: Arc<Health>,
    pub metrics: Arc<Metrics>,
    pub queue: Arc<WorkQueue>,
    pub reservations: Reservations,
    /// Tasks that wait for outcomes; they end with the transaction queue.
    pub tasks: TaskTracker,
    head: watch::Sender<Head>,
    /// The newest height that is known to exist, by a node's word or by a message of ours that took effect in it.
    newest: AtomicU64,
    capacity: Mutex<Amounts>,
    touched_orders: Mutex<BTreeSet<u64>>,
    /// Orders whose bid was sent and whose outcome is not known yet.
    bids_under_way: Mutex<BTreeSet<u64>>,
    /// Leases to look at with the next block.
    next_block: Mutex<BTreeSet<u64>>,
    decisions: Mutex<VecDeque<OrderLine>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    pub fn new(
        config: Config,
        chain_id: String,
        chain: SharedChain,
        store: Store,
    ) -> Result<Self, StoreError> {
        let mine = Arc::new(Mine::default());
        Ok(Self {
            reservations: Reservations::load(store.clone(), mine.clone())?,
            health: Arc::new(Health::new(config.ops.stall.0)),
            metrics: Arc::default(),
            queue: Arc::default(),
            tasks: TaskTracker::new(),
            head: watch::Sender::new(Head::default()),
            newest: AtomicU64::new(0),
            capacity: Mutex::default(),
            touched_orders: Mutex::default(),
            bids_under_way: Mutex::default(),
            next_block: Mutex::default(),
            decisions: Mutex::default(),
            config,
            chain_id,
            chain,
            store,
            mine,
        })
    }

    /// The follower's report. Orders are noted before the head moves and leases queued after it, so that whoever
    /// wakes by either finds the other.
    pub fn on_block(&self, block: NewBlock, keys: &[Key]) {
        self.newest.fetch_max(block.tip, Ordering::AcqRel);
        lock(&self.touched_orders).extend(keys.iter().filter_map(|key| match key {
            Key::Order(id) => Some(*id),
            Key::Lease(_) => None,
        }));
        self.head.send_modify(|head| {
            head.height = block.height;
            head.time = block.time;
            head.snapshot += u64::from(block.snapshot);
        });
        for key in keys {
            if let Key::Lease(_) = key {
                self.queue.push(*key);
            }
        }
        for lease in std::mem::take(&mut *lock(&self.next_block)) {
            self.queue.push(Key::Lease(lease));
        }
    }

    /// Queues a lease with the next block, so that what needs a second height does not wait for a timer.
    pub fn look_at_next_block(&self, lease: u64) {
        lock(&self.next_block).insert(lease);
    }

    pub fn take_touched_orders(&self) -> BTreeSet<u64> {
        std::mem::take(&mut *lock(&self.touched_orders))
    }

    /// Notes that the bid on an order is sent; false when one is under way already.
    pub fn begin_bid(&self, order: u64) -> bool {
        lock(&self.bids_under_way).insert(order)
    }

    pub fn end_bid(&self, order: u64) {
        lock(&self.bids_under_way).remove(&order);
    }

    pub fn bid_under_way(&self, order: u64) -> bool {
        lock(&self.bids_under_way).contains(&order)
    }

    pub fn touch_order(&self, order: u64) {
        lock(&self.touched_orders).insert(order);
    }

    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    pub fn watch_head(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// The height to read the chain at: the newest one that is known to exist, so that we never decide on a state
    /// older than what we did ourselves.
    pub fn height(&self) -> u64 {
        self.newest.load(Ordering::Acquire)
    }

    /// Whether the chain's word may be acted on: it is the chain that was followed, and it moves.
    pub fn may_act(&self) -> bool {
        self.health.trusted() && is_current(&self.head())
    }

    pub fn capacity(&self) -> Amounts {
        *lock(&self.capacity)
    }

    pub fn set_capacity(&self, capacity: Amounts) {
        *lock(&self.capacity) = capacity;
    }

    /// Sends a message and waits for its outcome, counted and reflected in the health.
    pub async fn execute(
        &self,
        key: String,
        msg: &ExecuteMsg,
        funds: Vec<Money>,
    ) -> Result<TxResult, TxError> {
        let result = match self.chain.submit(key.clone(), msg, funds) {
            Ok(outcome) => outcome_of(outcome).await,
            Err(e) => Err(e),
        };
        self.note_outcome(&key, &result);
        result
    }

    pub fn note_outcome(&self, key: &str, result: &Result<TxResult, TxError>) {
        match result {
            Ok(done) => {
                self.newest.fetch_max(done.height, Ordering::AcqRel);
                self.health.wallet(None);
                tracing::info!(key, height = done.height, gas = done.gas_used, tx = done.hash, "took effect");
            }
            Err(e) => {
                self.metrics.tx_failed(e);
                match e {
                    TxError::EmptyWallet { .. }
                    | TxError::InsufficientFees { .. }
                    | TxError::SequenceConflict { .. } => {
                        self.health.wallet(Some(e.to_string()));
                    }
                    TxError::Cancelled => {}
                    _ => tracing::warn!(key, error = %e, "had no effect"),
                }
            }
        }
    }

    /// Remembers a decision for the status, replacing an earlier one on the same order.
    pub fn decided(&self, line: OrderLine) {
        let mut decisions = lock(&self.decisions);
        if let Some(known) = decisions.iter_mut().find(|known| known.order == line.order) {
            *known = line;
            return;
        }
        decisions.push_front(line);
        decisions.truncate(DECISIONS_KEPT);
    }

    pub fn decisions(&self) -> Vec<OrderLine> {
        lock(&self.decisions).iter().cloned().collect()
    }
}
