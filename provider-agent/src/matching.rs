//! Triggers the match of orders we have a bid on, as soon as their bidding is over: at once where our bid is the
//! best, some blocks later where another's is and its owner does not act.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chain_client::QueryError;
use futures::StreamExt;
use market_api::{ExecuteMsg, OrderId, OrderPhase};
use rand::Rng;

use crate::core::Core;
use crate::follow::Head;

/// Blocks after which a match that had no effect is tried again, and after which an order that waits for its winner
/// is looked at again.
const RETRY_BLOCKS: u64 = 4;
const WAIT_BLOCKS: u64 = 20;
const PARALLEL: usize = 8;

/// An order whose bidding is over.
struct Due {
    /// The height from which we trigger the match.
    from: u64,
    tried: bool,
}

pub struct Matcher {
    core: Arc<Core>,
    due: BTreeMap<u64, Due>,
}

impl Matcher {
    pub fn new(core: Arc<Core>) -> Self {
        Self { core, due: BTreeMap::new() }
    }

    pub async fn on_head(&mut self, head: Head) -> Result<(), QueryError> {
        let due: BTreeSet<u64> =
            self.core.reservations.due(head.time).into_iter().map(|(order, _)| order).collect();
        self.due.retain(|order, _| due.contains(order));
        let new: Vec<u64> = due.into_iter().filter(|order| !self.due.contains_key(order)).collect();
        let height = self.core.height();
        let fallback = self.core.config.bidding.match_fallback_blocks;
        let core = self.core.clone();
        let fronts: Vec<_> = futures::stream::iter(new.into_iter().map(|order| {
            let core = core.clone();
            async move { core.chain.front(height, OrderId(order)).await.map(|bid| (order, bid)) }
        }))
        .buffer_unordered(PARALLEL)
        .collect()
        .await;
        for front in fronts {
            let (order, bid) = front?;
            let ours = bid.is_some_and(|bid| bid.provider.as_str() == self.core.chain.provider());
            // Chance spreads the bystanders, so that they do not all pay for one match.
            let wait = if ours { 0 } else { fallback + rand::rng().random_range(0..=fallback) };
            self.due.insert(order, Due { from: head.height + wait, tried: false });
        }
        for (order, due) in self.due.iter_mut().filter(|(_, due)| due.from <= head.height) {
            // The first time nothing is asked, because each question costs a part of the block.
            let possible = !due.tried || {
                let phase = self.core.chain.order(height, OrderId(*order)).await?.phase;
                matches!(phase, OrderPhase::Matching | OrderPhase::Lapsed)
            };
            due.tried = true;
            if possible {
                due.from = head.height + RETRY_BLOCKS;
                trigger(&self.core, *order);
            } else {
                due.from = head.height + WAIT_BLOCKS;
                self.core.touch_order(*order);
            }
        }
        Ok(())
    }
}

fn trigger(core: &Arc<Core>, order: u64) {
    let msg = ExecuteMsg::Match { order: OrderId(order) };
    let key = format!("match/{order}");
    let submitted = core.chain.submit(key.clone(), &msg, vec![]);
    let core = core.clone();
    core.clone().tasks.spawn(async move {
        let result = match submitted {
            Ok(outcome) => crate::chain::outcome_of(outcome).await,
            Err(e) => Err(e),
        };
        core.note_outcome(&key, &result);
        if result.is_ok() {
            core.metrics.matches.inc();
        }
        core.touch_order(order);
    });
}
