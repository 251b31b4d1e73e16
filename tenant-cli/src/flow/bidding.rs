//! From an open order to its lease.

use std::collections::BTreeMap;
use std::time::Instant;

use cosmwasm_std::Uint128;
use market_api::{Bid, ExecuteMsg, LeaseId, Order, OrderId, OrderPhase};
use serde::Serialize;

use crate::error::Result;
use crate::flow::{PATIENCE, POLL};
use crate::progress::Progress;
use crate::session::Session;
use crate::show;
use crate::units::now;

/// Blocks that others have to match an order whose bidding is over, before this client does it: the winner's agent
/// is as fast, and two transactions cost twice.
const BLOCKS_FOR_OTHERS: u64 = 3;
/// Bids that are followed one by one.
const MAX_BIDS: usize = 1_000;

/// How bidding ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Leased(LeaseId),
    /// Nobody was left to win it; everything locked went back.
    Expired,
    /// Somebody closed it with the tenant's key.
    Closed,
}

/// A bid as it ended.
#[derive(Clone, Debug, Serialize)]
pub struct SeenBid {
    pub provider: String,
    pub price: Uint128,
    pub won: bool,
    /// Why it did not win.
    pub reason: Option<String>,
}

/// Follows one order and keeps the bids that it saw.
pub struct Bidding<'a> {
    session: &'a Session,
    progress: &'a Progress,
    order: OrderId,
    /// How progress lines name the order.
    label: String,
    bids: BTreeMap<String, Bid>,
    /// Leases of this order that came to nothing.
    past: Vec<LeaseId>,
    matching_since: Option<u64>,
    unknown_since: Option<Instant>,
}

impl<'a> Bidding<'a> {
    pub fn new(session: &'a Session, progress: &'a Progress, order: OrderId, label: String) -> Self {
        let (bids, past) = (BTreeMap::new(), Vec::new());
        Self { session, progress, order, label, bids, past, matching_since: None, unknown_since: None }
    }

    /// The lease that was matched last has come to nothing: look for another.
    pub fn forget(&mut self, lease: LeaseId) {
        self.past.push(lease);
        self.matching_since = None;
    }

    /// Waits until the order has a lease or is over.
    pub async fn outcome(&mut self) -> Result<Outcome> {
        loop {
            if let Some(order) = self.order().await? {
                self.follow_book(&order).await?;
                if let Some(outcome) = self.step(&order).await? {
                    return Ok(outcome);
                }
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Makes sure that the winner's bid is among those seen, even if it came at the last moment and left the book.
    pub async fn learn(&mut self, winner: &str) -> Result<()> {
        if !self.bids.contains_key(winner) {
            if let Ok(bid) = self.session.chain()?.contracts.market.bid(self.order, winner).await {
                self.bids.insert(winner.to_owned(), bid);
            }
        }
        Ok(())
    }

    /// Every bid that was seen, best first, with why it did not win.
    pub fn bids(&self, winner: Option<&str>) -> Vec<SeenBid> {
        let mut bids: Vec<&Bid> = self.bids.values().collect();
        bids.sort_by_key(|bid| (bid.price, bid.sequence));
        let won = winner.and_then(|winner| self.bids.get(winner));
        bids.into_iter()
            .map(|bid| SeenBid {
                provider: bid.provider.to_string(),
                price: bid.price,
                won: winner == Some(bid.provider.as_str()),
                reason: won.and_then(|won| why_lost(bid, won)),
            })
            .collect()
    }

    /// The order now; none when nobody could be asked, for which there is some patience.
    async fn order(&mut self) -> Result<Option<Order>> {
        match self.session.chain()?.contracts.market.order(self.order).await {
            Ok(order) => {
                self.unknown_since = None;
                Ok(Some(order))
            }
            Err(error) if error.is_unknown() => {
                let since = *self.unknown_since.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    return Err(error.into());
                }
                self.progress.wait(format!("{}: no node answers, trying again", self.label));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn follow_book(&mut self, order: &Order) -> Result<()> {
        let still = matches!(order.phase, OrderPhase::Bidding) && order.bids as usize == self.bids.len();
        if order.bids == 0 || still {
            return Ok(());
        }
        // What the book says is for people to read; the outcome does not depend on it.
        let Ok(book) = self.session.chain()?.contracts.market.book_all(self.order, MAX_BIDS).await else {
            return Ok(());
        };
        for bid in book {
            let provider = bid.provider.to_string();
            let known = self.bids.get(&provider).map(|bid| bid.price);
            if known != Some(bid.price) {
                let verb = if known.is_some() { "lowers its bid to" } else { "bids" };
                let denom = &order.spec.max_price.denom;
                self.progress.step(format!(
                    "{}: {} {verb} {}{denom}",
                    self.label,
                    show::short(&provider),
                    bid.price
                ));
            }
            self.bids.insert(provider, bid);
        }
        Ok(())
    }

    async fn step(&mut self, order: &Order) -> Result<Option<Outcome>> {
        match order.phase {
            OrderPhase::Matched => match order.lease.filter(|lease| !self.past.contains(lease)) {
                Some(lease) => return Ok(Some(Outcome::Leased(lease))),
                // The lease that came to nothing was the last one.
                None => return Ok(Some(Outcome::Expired)),
            },
            OrderPhase::Expired => return Ok(Some(Outcome::Expired)),
            OrderPhase::Closed => return Ok(Some(Outcome::Closed)),
            OrderPhase::Bidding => {
                let left = order.open_until.saturating_sub(now());
                self.progress
                    .wait_for(format!("{}: waiting for bids", self.label), format!(", {left} s left"));
            }
            OrderPhase::Matching | OrderPhase::Lapsed => self.matching(order).await?,
        }
        Ok(None)
    }

    async fn matching(&mut self, order: &Order) -> Result<()> {
        self.progress.wait(format!("{}: bidding is over, waiting for the match", self.label));
        let height = match self.session.chain()?.client.latest_height().await {
            Ok(height) => height,
            Err(error) if error.is_unknown() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let since = *self.matching_since.get_or_insert(height);
        // Without a bid nobody else has a reason to call.
        let ours =
            order.bids == 0 || order.phase == OrderPhase::Lapsed || height >= since + BLOCKS_FOR_OTHERS;
        if !ours {
            return Ok(());
        }
        match self.session.execute_market(&ExecuteMsg::Match { order: self.order }, vec![]).await {
            Ok(_) => {
                // A long book takes several calls; the next one need not wait.
                self.matching_since = Some(height.saturating_sub(BLOCKS_FOR_OTHERS));
                Ok(())
            }
            // Somebody else was first, or the chain's clock has not come there: the next look at the order tells.
            Err(error) if error.kind == crate::error::Kind::Refused => {
                self.matching_since = Some(height);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn why_lost(bid: &Bid, won: &Bid) -> Option<String> {
    if bid.provider == won.provider {
        return None;
    }
    Some(if bid.price > won.price {
        format!("dearer by {}", bid.price.saturating_sub(won.price))
    } else if bid.price == won.price && bid.sequence > won.sequence {
        "the same price, placed later".to_owned()
    } else {
        "no longer eligible at the match, or gave the lease back".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::Addr;
    use market_api::BidState;

    fn bid(provider: &str, price: u128, sequence: u64) -> Bid {
        Bid {
            order: OrderId(1),
            provider: Addr::unchecked(provider),
            price: Uint128::new(price),
            sequence,
            state: BidState::Open,
            deposit: Uint128::zero(),
            depositor: Addr::unchecked(provider),
            placed_at: 1,
        }
    }

    #[test]
    fn a_loser_is_told_why() {
        let won = bid("a", 10, 5);
        assert_eq!(why_lost(&won, &won), None);
        assert_eq!(why_lost(&bid("b", 12, 1), &won).unwrap(), "dearer by 2");
        assert_eq!(why_lost(&bid("b", 10, 6), &won).unwrap(), "the same price, placed later");
        assert!(why_lost(&bid("b", 9, 1), &won).unwrap().contains("eligible"));
    }
}
