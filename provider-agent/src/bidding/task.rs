//! The task that looks at orders: new ones at each block, all of them now and then.

use std::sync::Arc;

use chain_client::{QueryError, TxError};
use cloud_std::{Bps, Money};
use cosmwasm_std::Uint128;
use futures::StreamExt;
use market_api::{Bid, BidState, ExecuteMsg, LeasePhase, Order, OrderId, OrderPhase, Params};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{evaluate, Refusal, Standing, Verdict};
use crate::core::Core;
use crate::follow::Head;
use crate::inventory::Amounts;
use crate::matching::Matcher;
use crate::ops::OrderLine;
use crate::queue::Key;
use crate::store::{Reservation, StoreError};

/// How long an answer about ourselves and the parameters is believed.
const STANDING_AGE: std::time::Duration = std::time::Duration::from_secs(10);
/// More touched orders of ours than this are looked at in pages instead of one by one.
const MANY: usize = 50;
/// Questions asked of the chain at the same time.
const PARALLEL: usize = 8;

#[derive(Debug, thiserror::Error)]
pub enum BidError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, BidError>;

pub struct Bidder {
    core: Arc<Core>,
    matcher: Matcher,
    standing: Option<(Standing, Params, Instant)>,
    snapshot: u64,
    last_scan: Option<Instant>,
}

impl Bidder {
    pub fn new(core: Arc<Core>) -> Self {
        Self { matcher: Matcher::new(core.clone()), core, standing: None, snapshot: 0, last_scan: None }
    }

    /// Runs until it is cancelled or the database fails.
    pub async fn run(mut self, cancel: CancellationToken) -> anyhow::Result<()> {
        let mut head = self.core.watch_head();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                changed = head.changed() => changed?,
            }
            let now = *head.borrow_and_update();
            match self.on_head(now).await {
                Ok(()) => self.core.health.orders_evaluated(),
                Err(BidError::Store(e)) => return Err(e.into()),
                Err(BidError::Query(e)) => {
                    tracing::warn!(error = %e, "orders cannot be looked at now");
                    self.last_scan = None;
                }
            }
        }
    }

    /// One round. What it could not finish it finds again in the next full look.
    pub async fn on_head(&mut self, head: Head) -> Result<()> {
        if !self.core.may_act() {
            return Ok(());
        }
        let changed = self.refresh_standing().await?;
        let full = changed
            || self.snapshot != head.snapshot
            || self.last_scan.is_none_or(|at| at.elapsed() >= self.core.config.bidding.rescan.0);
        let touched = self.core.take_touched_orders();
        let (ours, new): (Vec<u64>, Vec<u64>) =
            touched.into_iter().partition(|order| self.core.reservations.get(*order).is_some());
        if full || ours.len() > MANY {
            self.sync_bids().await?;
        } else {
            self.settle_many(ours).await?;
        }
        if full {
            self.look_at_orders(None).await?;
            self.snapshot = head.snapshot;
            self.last_scan = Some(Instant::now());
        } else if let Some(first) = new.first() {
            self.look_at_orders(first.checked_sub(1).map(OrderId)).await?;
        }
        self.matcher.on_head(head).await?;
        Ok(())
    }

    /// Whether what the chain says about us changed, so that refused orders deserve another look.
    async fn refresh_standing(&mut self) -> Result<bool> {
        if self.standing.as_ref().is_some_and(|(_, _, at)| at.elapsed() < STANDING_AGE) {
            return Ok(false);
        }
        let height = self.core.height();
        let standing = match self.core.chain.standing(height).await? {
            Some(standing) => standing,
            None => {
                let owner = self.core.chain.provider();
                let text = format!("{owner} is not registered as a provider: run `akash provider register`");
                self.core.health.standing(Some(text));
                self.standing = None;
                return Ok(false);
            }
        };
        let params = self.core.chain.params(height).await?;
        let time = self.core.head().time;
        let problem = if standing.record.is_jailed(time) {
            Some(format!("jailed until {}", standing.record.jailed_until))
        } else if !standing.record.has_valid_root(time) {
            Some("no valid certificate root on the chain: run `akash provider root`".to_owned())
        } else {
            None
        };
        self.core.health.standing(problem);
        let before = self.standing.replace((standing, params, Instant::now()));
        let (now, ..) = self.standing.as_ref().map(|(s, p, _)| (s, p)).unzip();
        Ok(match (before, now) {
            (Some((was, _, _)), Some(is)) => {
                was.stake != is.stake
                    || was.record.attributes != is.record.attributes
                    || was.record.jailed_until != is.record.jailed_until
                    || was.record.root_valid_until != is.record.root_valid_until
            }
            _ => true,
        })
    }

    // ---- new orders

    async fn look_at_orders(&mut self, after: Option<OrderId>) -> Result<()> {
        let Some((standing, params, _)) = self.standing.clone() else { return Ok(()) };
        let height = self.core.height();
        let mut cursor = after;
        loop {
            let page = self.core.chain.open_orders(height, cursor).await?;
            self.look_at_page(&page.items, &standing, &params).await?;
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Decides on a page, reserves for all its bids in one commit, then sends them.
    async fn look_at_page(&self, orders: &[Order], standing: &Standing, params: &Params) -> Result<()> {
        let now = self.core.head().time;
        let mut free = self.core.capacity().less(&self.core.reservations.reserved());
        let mut open = self.core.reservations.len() as u64;
        let mut rows = Vec::new();
        let mut bids = Vec::new();
        for order in orders {
            let id = order.id.0;
            if let Some(held) = self.core.reservations.get(id) {
                // A bid that was reserved for and is not known to the chain: sent again only if the chain has none.
                let asked = held.placed_at.is_none() && !self.core.bid_under_way(id);
                if asked && order.phase == OrderPhase::Bidding {
                    if let Some(bid) = self.core.chain.own_bid(self.core.height(), order.id).await? {
                        self.note_bid(&bid, self.core.height())?;
                    } else {
                        bids.push((order, Uint128::new(held.price)));
                    }
                }
                continue;
            }
            match evaluate(order, standing, &self.core.config, &free, open, now) {
                Verdict::Bid { price, amounts } => {
                    if let Some(refusal) = self.unmet(order).await? {
                        self.refused(id, &refusal);
                        continue;
                    }
                    free = free.less(&amounts);
                    open += 1;
                    rows.push((id, Some(reservation(order, price, amounts))));
                    bids.push((order, price));
                }
                Verdict::Refuse(refusal) => self.refused(id, &refusal),
            }
        }
        self.core.reservations.put(rows)?;
        for (order, price) in bids {
            self.send_bid(order, price, params);
        }
        Ok(())
    }

    /// Auditors and reputation are other people's doing and change without a trace in our record, so that the market
    /// is asked; it answers with the function that it decides bids with.
    async fn unmet(&self, order: &Order) -> Result<Option<Refusal>> {
        let requirements = &order.spec.group.requirements;
        if requirements.signed_by.is_empty() && requirements.min_reputation == Bps(0) {
            return Ok(None);
        }
        let answer = self.core.chain.eligibility(self.core.height(), order.id).await?;
        let unmet = answer.checks.into_iter().find(|check| !check.met);
        Ok(unmet.map(|check| Refusal::NotEligible {
            requirement: check.requirement,
            expected: check.expected,
            found: check.found,
        }))
    }

    fn refused(&self, order: u64, refusal: &Refusal) {
        self.core.metrics.refused(refusal.code());
        let line = serde_json::to_value(refusal).ok();
        tracing::debug!(order, reason = refusal.code(), "no bid");
        self.core.decided(OrderLine { order, price: None, refusal: line });
    }

    fn send_bid(&self, order: &Order, price: Uint128, params: &Params) {
        let id = order.id;
        if !self.core.begin_bid(id.0) {
            return;
        }
        let denom = &order.spec.max_price.denom;
        let deposit = params.denoms.iter().find(|d| d.denom == *denom).map(|d| d.bid_deposit);
        let funds = match deposit {
            Some(deposit) if !deposit.is_zero() => vec![Money::new(denom, deposit)],
            _ => vec![],
        };
        let msg =
            ExecuteMsg::PlaceBid { order: id, provider: Some(self.core.chain.provider().to_owned()), price };
        self.core.decided(OrderLine { order: id.0, price: Some(price.to_string()), refusal: None });
        let core = self.core.clone();
        let key = format!("bid/{id}");
        // Submitted here, so that bids join the queue in the order of their decision and share a batch.
        let submitted = core.chain.submit(key.clone(), &msg, funds);
        self.core.tasks.spawn(async move {
            let result = match submitted {
                Ok(outcome) => crate::chain::outcome_of(outcome).await,
                Err(e) => Err(e),
            };
            core.note_outcome(&key, &result);
            let recorded = bid_ended(&core, id, price, result).await;
            core.end_bid(id.0);
            if let Err(e) = recorded {
                tracing::error!(order = id.0, error = %e, "the bid's outcome could not be recorded");
            }
        });
    }

    // ---- bids that are known

    /// Compares every reservation with the chain, from the list of own bids.
    async fn sync_bids(&self) -> Result<()> {
        let height = self.core.height();
        let mut listed = std::collections::BTreeSet::new();
        let mut cursor = None;
        loop {
            let page = self.core.chain.own_bids(height, cursor).await?;
            listed.extend(page.items.iter().map(|bid| bid.order.0));
            let mut adopted =
                futures::stream::iter(page.items.into_iter().map(|bid| self.adopt_bid(bid, height)))
                    .buffer_unordered(PARALLEL);
            while let Some(result) = adopted.next().await {
                result?;
            }
            drop(adopted);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        // A bid without deposit that has left its book is not listed.
        let missing = self.core.reservations.without_lease();
        let missing: Vec<u64> = missing
            .into_iter()
            .filter(|(order, placed_at)| !listed.contains(order) && placed_at.is_some_and(|at| at <= height))
            .map(|(order, _)| order)
            .collect();
        self.settle_many(missing).await
    }

    /// Takes a bid on the chain into the books, such as after the database was lost.
    async fn adopt_bid(&self, bid: Bid, height: u64) -> Result<()> {
        let order = bid.order.0;
        let known = self.core.reservations.get(order);
        match bid.state {
            BidState::Open if known.is_none() => {
                let order = self.core.chain.order(height, bid.order).await?;
                if let Some(amounts) = Amounts::of(&order.spec.group) {
                    let mut row = reservation(&order, bid.price, amounts);
                    row.placed_at = Some(height);
                    self.core.reservations.put(vec![(order.id.0, Some(row))])?;
                    tracing::info!(order = order.id.0, price = %bid.price, "found a bid of ours on the chain");
                }
            }
            BidState::Open => {
                self.core
                    .reservations
                    .update(order, |row| row.placed_at = row.placed_at.max(Some(height)))?;
            }
            BidState::Won if known.as_ref().is_some_and(|row| row.lease.is_some()) => self.reclaim(&bid),
            _ => self.settle(order).await?,
        }
        Ok(())
    }

    async fn settle_many(&self, orders: Vec<u64>) -> Result<()> {
        let mut results = futures::stream::iter(orders.into_iter().map(|order| self.settle(order)))
            .buffer_unordered(PARALLEL);
        while let Some(result) = results.next().await {
            result?;
        }
        Ok(())
    }

    /// What came of our bid on one order.
    async fn settle(&self, order: u64) -> Result<()> {
        let height = self.core.height();
        let Some(bid) = self.core.chain.own_bid(height, OrderId(order)).await? else {
            return self.without_bid(order, height).await;
        };
        self.note_bid(&bid, height)?;
        match bid.state {
            BidState::Open => self.expire_silent_winner(order, height).await,
            BidState::Won => {
                let order_now = self.core.chain.order(height, bid.order).await?;
                let lease = match order_now.lease {
                    Some(id) => self.core.chain.lease(height, id).await?,
                    None => None,
                };
                let provider = self.core.chain.provider();
                match lease.filter(|lease| lease.provider.as_str() == provider) {
                    Some(lease) if lease.phase != LeasePhase::Ended => {
                        self.core.reservations.update(order, |row| row.lease = Some(lease.id.0))?;
                        self.core.mine.set_lease(lease.id.0, lease.deployment.0);
                        self.core.queue.push(Key::Lease(lease.id.0));
                    }
                    // Ours and over, or with fall-back already another's: the lease's own end frees the rest.
                    Some(_) | None => {
                        if self.core.reservations.get(order).is_some_and(|row| row.lease.is_none()) {
                            self.core.reservations.release(order)?;
                        }
                    }
                }
                self.reclaim(&bid);
                Ok(())
            }
            BidState::Lost | BidState::Skipped => {
                self.core.reservations.release(order)?;
                self.say_who_won(&bid, height).await;
                self.reclaim(&bid);
                Ok(())
            }
        }
    }

    /// Why a bid did not win, for the operator who sets the prices. Not knowing it changes nothing.
    async fn say_who_won(&self, bid: &Bid, height: u64) {
        let (order, state, price) = (bid.order.0, bid.state, bid.price.u128());
        let winner = match self.core.chain.order(height, bid.order).await.map(|order| order.lease) {
            Ok(Some(lease)) => self.core.chain.lease(height, lease).await.ok().flatten(),
            _ => None,
        };
        match winner {
            Some(lease) => tracing::info!(
                order,
                ?state,
                price,
                winner = %lease.provider,
                winning_price = %lease.price,
                "the order went to another provider"
            ),
            None => tracing::info!(order, ?state, price, "the order went to nobody"),
        }
    }

    fn note_bid(&self, bid: &Bid, height: u64) -> Result<()> {
        Ok(self.core.reservations.update(bid.order.0, |row| {
            row.price = bid.price.u128();
            row.placed_at = row.placed_at.max(Some(height));
        })?)
    }

    /// The chain has no bid of ours on this order.
    async fn without_bid(&self, order: u64, height: u64) -> Result<()> {
        let Some(row) = self.core.reservations.get(order) else { return Ok(()) };
        if row.lease.is_some() || row.placed_at.is_some_and(|at| at > height) {
            return Ok(());
        }
        let bidding = match self.core.chain.order(height, OrderId(order)).await {
            Ok(order) => order.phase == OrderPhase::Bidding,
            Err(QueryError::NotFound { .. }) => false,
            Err(e) => return Err(e.into()),
        };
        // While it takes bids ours may be under way; the next full look sends it again if it is not.
        if !bidding || row.placed_at.is_some() {
            self.core.reservations.release(order)?;
        }
        Ok(())
    }

    /// With fall-back the next bid wins when a winner stays silent, and ours may be it.
    async fn expire_silent_winner(&self, order: u64, height: u64) -> Result<()> {
        let now = self.core.head().time;
        let past = self.core.reservations.get(order).is_some_and(|row| row.open_until <= now);
        if !past {
            return Ok(());
        }
        let order = self.core.chain.order(height, OrderId(order)).await?;
        let Some(lease) = order.lease.filter(|_| order.phase == OrderPhase::Matched) else { return Ok(()) };
        let Some(lease) = self.core.chain.lease(height, lease).await? else { return Ok(()) };
        if lease.phase == LeasePhase::Overdue {
            let core = self.core.clone();
            let msg = ExecuteMsg::ExpireLease { lease: lease.id };
            self.core.tasks.spawn(async move {
                // Anyone may have been faster; the next look at the order shows what came of it.
                let _ = core.execute(format!("expire/{}", lease.id), &msg, vec![]).await;
                core.touch_order(order.id.0);
            });
        }
        Ok(())
    }

    fn reclaim(&self, bid: &Bid) {
        if bid.deposit.is_zero() {
            return;
        }
        let core = self.core.clone();
        let msg = ExecuteMsg::ReclaimDeposit { order: bid.order, provider: bid.provider.to_string() };
        let key = format!("reclaim/{}", bid.order);
        self.core.tasks.spawn(async move {
            // Kept on the list of own bids until it worked, so a failure is tried again by the next full look.
            let _ = core.execute(key, &msg, vec![]).await;
        });
    }
}

fn reservation(order: &Order, price: Uint128, amounts: Amounts) -> Reservation {
    Reservation {
        amounts,
        price: price.u128(),
        open_until: order.open_until,
        match_until: order.match_until,
        lease: None,
        placed_at: None,
    }
}

/// Records what came of a bid that was sent.
async fn bid_ended(
    core: &Core,
    id: OrderId,
    price: Uint128,
    result: std::result::Result<chain_client::TxResult, TxError>,
) -> std::result::Result<(), StoreError> {
    let order = id.0;
    match result {
        Ok(done) => {
            core.metrics.bids.inc();
            tracing::info!(order, %price, height = done.height, "bid placed");
            core.reservations.update(order, |row| row.placed_at = row.placed_at.max(Some(done.height)))
        }
        // It may be in a block yet: the reservation stays, the next full look asks the chain.
        Err(e) if e.is_transient() || matches!(e, TxError::Cancelled) => Ok(()),
        Err(e) => {
            let height = core.height();
            match core.chain.own_bid(height, id).await {
                Ok(Some(_)) => {
                    core.reservations.update(order, |row| row.placed_at = row.placed_at.max(Some(height)))
                }
                Ok(None) => {
                    let refusal = serde_json::json!({ "reason": "chain", "message": e.to_string() });
                    core.decided(OrderLine { order, price: Some(price.to_string()), refusal: Some(refusal) });
                    core.metrics.refused("chain");
                    core.reservations.release(order)
                }
                Err(_) => Ok(()),
            }
        }
    }
}
