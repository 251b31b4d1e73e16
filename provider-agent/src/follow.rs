//! Follows the chain by height. Blocks only say what to look at again; what is true is asked of the contracts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chain_client::{Block, QueryError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::chain::SharedChain;
use crate::clock;
use crate::mine::Mine;
use crate::ops::Health;
use crate::queue::Key;
use crate::store::{Cursor, Store, StoreError};

/// A longer gap is not read block by block: everything is looked at again instead.
const LONGEST_GAP: u64 = 300;
/// How long the height may lie below the cursor before it counts as a chain that went back: nodes behind a load
/// balancer lag for a moment.
const FALL_GRACE: Duration = Duration::from_secs(10);
/// A node whose newest block is older than this is not believed to be current.
pub const STALE_SECONDS: u64 = 60;

/// The newest block that has been handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub height: u64,
    /// Seconds since the epoch.
    pub time: u64,
    /// Counts the times that everything must be looked at again, whatever the events said.
    pub snapshot: u64,
}

/// Why the agent does not act on the chain's word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    #[error("the node is of chain {got:?}, the address book of {expected:?}: correct [chain] in the configuration")]
    OtherChain { expected: String, got: String },
    #[error("the chain went back: height {now} was reached after {before} had been seen. Nothing is changed and no workload is removed. When the chain was reset on purpose, move the agent's database away and start it again")]
    WentBack { before: u64, now: u64 },
    #[error("block {height} is another one than the agent saw ({was}, now {now}): the chain was replaced. Nothing is changed and no workload is removed. When that was on purpose, move the agent's database away and start it again")]
    Replaced { height: u64, was: String, now: String },
}

pub type OnBlock = Box<dyn Fn(NewBlock, &[Key]) + Send + Sync>;

/// A block that was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewBlock {
    pub height: u64,
    /// The newest height that the node has.
    pub tip: u64,
    /// Seconds since the epoch.
    pub time: u64,
    /// Blocks before it were not read, so that everything must be looked at again.
    pub snapshot: bool,
}

pub struct Follower {
    pub chain: SharedChain,
    pub chain_id: String,
    pub store: Store,
    pub mine: Arc<Mine>,
    pub health: Arc<Health>,
    /// Told of each handled block: the head, whether everything must be looked at again, and the keys it touched.
    pub on_block: OnBlock,
    pub poll: Duration,
    /// Everything must be looked at again with the next block.
    pub snapshot_due: bool,
}

enum Step {
    Moved,
    Idle,
}

#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Distrust(#[from] Distrust),
}

impl Follower {
    /// Runs until it is cancelled or the database fails.
    pub async fn run(mut self, cancel: CancellationToken) -> anyhow::Result<()> {
        let mut cursor = self.store.cursor()?;
        let mut checked = false;
        let mut fallen_since: Option<Instant> = None;
        let mut failures = 0u32;
        loop {
            let pause = match self.step(&mut cursor, &mut checked, &mut fallen_since).await {
                Ok(Step::Moved) => {
                    failures = 0;
                    Duration::ZERO
                }
                Ok(Step::Idle) => {
                    failures = 0;
                    self.poll
                }
                Err(StepError::Store(e)) => return Err(e.into()),
                Err(StepError::Distrust(reason)) => {
                    self.health.distrust(&reason.to_string());
                    checked = false;
                    Duration::from_secs(2)
                }
                Err(StepError::Query(e)) => {
                    self.health.chain_failed(&e.to_string());
                    failures = failures.saturating_add(1);
                    self.poll.saturating_mul(1 << failures.min(4)).min(Duration::from_secs(2))
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause), if !pause.is_zero() => {}
                () = std::future::ready(()), if pause.is_zero() => {}
            }
        }
    }

    async fn step(
        &mut self,
        cursor: &mut Option<Cursor>,
        checked: &mut bool,
        fallen_since: &mut Option<Instant>,
    ) -> Result<Step, StepError> {
        let status = self.chain.status().await?;
        self.health.chain_answered(status.height, status.time, status.catching_up);
        if status.chain_id != self.chain_id {
            return Err(Distrust::OtherChain { expected: self.chain_id.clone(), got: status.chain_id }.into());
        }
        if let Some(at) = cursor.as_ref() {
            if at.chain_id != self.chain_id {
                return Err(Distrust::OtherChain {
                    expected: at.chain_id.clone(),
                    got: self.chain_id.clone(),
                }
                .into());
            }
            if status.height < at.height {
                let since = *fallen_since.get_or_insert_with(Instant::now);
                // Before the first block of this run there is nothing that a lagging node could explain.
                if since.elapsed() >= FALL_GRACE {
                    return Err(Distrust::WentBack { before: at.height, now: status.height }.into());
                }
                return Ok(Step::Idle);
            }
            *fallen_since = None;
            if !*checked {
                self.check_same_chain(at).await?;
                *checked = true;
                self.health.trust_again();
                self.snapshot_due = true;
            }
        }
        let next = match cursor.as_ref() {
            Some(at) if status.height == at.height => {
                self.health.block_handled(at.height, at.time);
                if std::mem::take(&mut self.snapshot_due) {
                    // Nothing new on the chain, but everything here is new to this process.
                    let head = NewBlock { height: at.height, tip: at.height, time: at.time, snapshot: true };
                    (self.on_block)(head, &[]);
                }
                return Ok(Step::Idle);
            }
            Some(at) if status.height - at.height <= LONGEST_GAP => at.height + 1,
            _ => status.height,
        };
        let skipped = cursor.as_ref().is_none_or(|at| next > at.height + 1);
        let block = match self.chain.block(next).await {
            Ok(block) => block,
            Err(QueryError::NoSuchHeight { .. }) if next < status.height => {
                // Pruned: what happened in it shows in the contracts' state.
                self.chain.block(status.height).await?
            }
            Err(e) => return Err(e.into()),
        };
        let snapshot = std::mem::take(&mut self.snapshot_due) || skipped || block.height != next;
        let keys = touched_by(&block, self.chain.market_address(), self.chain.provider(), &self.mine);
        let moved = Cursor {
            chain_id: self.chain_id.clone(),
            height: block.height,
            time: block.time,
            hash: block.hash.clone(),
        };
        let rows: Vec<Key> = keys.into_iter().collect();
        self.store.advance(&moved, &rows)?;
        *checked = true;
        *cursor = Some(moved);
        self.health.trust_again();
        self.health.block_handled(block.height, block.time);
        let head = NewBlock { height: block.height, tip: status.height, time: block.time, snapshot };
        (self.on_block)(head, &rows);
        Ok(Step::Moved)
    }

    /// The block at the cursor must still be the one that was seen.
    async fn check_same_chain(&self, at: &Cursor) -> Result<(), StepError> {
        match self.chain.block(at.height).await {
            Ok(block) if at.hash.is_empty() || block.hash == at.hash => Ok(()),
            Ok(block) => {
                Err(Distrust::Replaced { height: at.height, was: at.hash.clone(), now: block.hash }.into())
            }
            // Pruned since; a chain id and a greater height are all that is left to compare.
            Err(QueryError::NoSuchHeight { .. }) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}

/// Whether a head is recent enough to act on, by this machine's clock.
pub fn is_current(head: &Head) -> bool {
    head.height > 0 && clock::now().saturating_sub(head.time) <= STALE_SECONDS
}

/// The keys that a block's events name, as far as they concern this provider. It reads ids wherever an event of the
/// market carries them, so that an event that is added later needs no change here.
pub fn touched_by(block: &Block, market: &str, provider: &str, mine: &Mine) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for event in block.events.iter().filter(|event| event.contract == market) {
        let id = |name: &str| event.parse::<u64>(name).or_else(|| event.parse::<u64>(&format!("{name}_id")));
        let ours = event.get("provider") == Some(provider);
        if let Some(lease) = id("lease") {
            if ours || mine.has_lease(lease) {
                keys.insert(Key::Lease(lease));
            }
        }
        // What a bid of ours costs or earns later is told by its order or lease.
        let of_order = event.kind.starts_with("order_") || event.kind.starts_with("bid_");
        if let Some(order) = id("order").filter(|_| of_order && event.kind != "bid_placed") {
            if ours || event.kind == "order_created" || mine.has_order(order) {
                keys.insert(Key::Order(order));
            }
        }
        if event.kind.starts_with("deployment_") {
            if let Some(deployment) = id("deployment") {
                keys.extend(mine.leases_of(deployment).into_iter().map(Key::Lease));
            }
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain_client::Event;

    fn event(kind: &str, attributes: &[(&str, &str)]) -> Event {
        Event {
            contract: "market".into(),
            kind: kind.into(),
            attributes: attributes.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            msg_index: None,
        }
    }

    fn keys(events: Vec<Event>, mine: &Mine) -> Vec<Key> {
        let block = Block { height: 1, time: 1, hash: String::new(), events };
        touched_by(&block, "market", "me", mine).into_iter().collect()
    }

    #[test]
    fn new_orders_and_what_is_ours_are_noticed_and_nothing_else() {
        let mine = Mine::default();
        mine.set_lease(7, 70);
        mine.set_order(4);
        let events = vec![
            event("order_created", &[("order", "1"), ("deployment", "2")]),
            event("bid_placed", &[("order", "2"), ("provider", "other")]),
            event("order_matched", &[("order", "3"), ("lease", "5"), ("provider", "me")]),
            event("order_matched", &[("order", "4"), ("lease", "6"), ("provider", "other")]),
            event("lease_ended", &[("lease", "7"), ("provider", "x")]),
            event("lease_ended", &[("lease", "8"), ("provider", "other")]),
            event("deployment_updated", &[("deployment", "70")]),
            event("deployment_updated", &[("deployment", "71")]),
        ];
        assert_eq!(
            keys(events, &mine),
            vec![Key::Lease(5), Key::Lease(7), Key::Order(1), Key::Order(3), Key::Order(4)]
        );
    }

    #[test]
    fn events_of_other_contracts_and_broken_ids_are_ignored() {
        let mut foreign = event("order_created", &[("order", "1")]);
        foreign.contract = "elsewhere".into();
        let broken = event("order_created", &[("order", "-1"), ("lease", "99999999999999999999")]);
        assert_eq!(keys(vec![foreign, broken], &Mine::default()), vec![]);
    }
}
