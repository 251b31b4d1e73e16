use cloud_std::storage::Table;
use cosmwasm_std::{Addr, Empty, Order as Direction, StdResult, Storage, Uint128};
use cw_storage_plus::{Bound, Map};
use lease_math::BidRank;
use market_api::msg::BookCursor;
use market_api::{Bid, BidState, OrderId};
use serde::{Deserialize, Serialize};

use super::keys;
use super::orders::Ids;
use crate::error::ContractError;

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct StoredBid {
    #[serde(rename = "p")]
    pub price: Uint128,
    #[serde(rename = "n")]
    pub sequence: u64,
    /// `Open` while the bid is in the book; whether the book still counts depends on its order.
    #[serde(rename = "s")]
    pub state: BidState,
    #[serde(rename = "d")]
    pub deposit: Uint128,
    #[serde(rename = "f")]
    pub depositor: Addr,
    #[serde(rename = "a")]
    pub placed_at: u64,
}

impl StoredBid {
    fn rank(&self) -> BidRank {
        BidRank { price: self.price.u128(), sequence: self.sequence }
    }

    /// Whether the provider's list has to show it.
    fn is_listed(&self) -> bool {
        self.state == BidState::Open || !self.deposit.is_zero()
    }

    /// The bid as queries answer it. `book_counts` says whether bids left in the order's book can still win.
    pub fn view(self, order: OrderId, provider: Addr, book_counts: bool) -> Bid {
        let state = match self.state {
            BidState::Open if !book_counts => BidState::Lost,
            state => state,
        };
        Bid {
            order,
            provider,
            price: self.price,
            sequence: self.sequence,
            state,
            deposit: self.deposit,
            depositor: self.depositor,
            placed_at: self.placed_at,
        }
    }
}

const BIDS: Table<(OrderId, &Addr), StoredBid> = Table::new(keys::BIDS);
/// The storage order of these keys is the order of [`BidRank`].
const BOOK: Map<(OrderId, u128, u64), Addr> = Map::new(keys::BOOK);
const BY_PROVIDER: Map<(&Addr, OrderId), Empty> = Map::new(keys::BIDS_BY_PROVIDER);

pub fn may_load(storage: &dyn Storage, order: OrderId, provider: &Addr) -> StdResult<Option<StoredBid>> {
    BIDS.may_load(storage, (order, provider))
}

pub fn load(storage: &dyn Storage, order: OrderId, provider: &Addr) -> Result<StoredBid, ContractError> {
    may_load(storage, order, provider)?
        .ok_or_else(|| ContractError::NoBid { order, provider: provider.clone() })
}

fn book_key(order: OrderId, rank: BidRank) -> (OrderId, u128, u64) {
    (order, rank.price, rank.sequence)
}

/// Writes a bid in place of `old`, and moves it in the book and the provider's list as the two differ.
pub fn save(
    storage: &mut dyn Storage,
    order: OrderId,
    provider: &Addr,
    old: Option<&StoredBid>,
    new: Option<&StoredBid>,
) -> StdResult<()> {
    let in_book = |bid: &&StoredBid| bid.state == BidState::Open;
    let (rank_before, rank_after) =
        (old.filter(in_book).map(StoredBid::rank), new.filter(in_book).map(StoredBid::rank));
    if rank_before != rank_after {
        if let Some(rank) = rank_before {
            BOOK.remove(storage, book_key(order, rank));
        }
        if let Some(rank) = rank_after {
            BOOK.save(storage, book_key(order, rank), provider)?;
        }
    }
    match (old.is_some_and(StoredBid::is_listed), new.is_some_and(StoredBid::is_listed)) {
        (false, true) => BY_PROVIDER.save(storage, (provider, order), &Empty {})?,
        (true, false) => BY_PROVIDER.remove(storage, (provider, order)),
        _ => {}
    }
    match new {
        Some(bid) => BIDS.save(storage, (order, provider), bid),
        None => {
            BIDS.remove(storage, (order, provider));
            Ok(())
        }
    }
}

/// The best bid in the book.
pub fn front(storage: &dyn Storage, order: OrderId) -> StdResult<Option<Addr>> {
    BOOK.sub_prefix(order)
        .range(storage, None, None, Direction::Ascending)
        .next()
        .map(|entry| Ok(entry?.1))
        .transpose()
}

/// Providers in the order of the book, after the cursor.
pub fn book(storage: &dyn Storage, order: OrderId, after: Option<BookCursor>) -> Ids<'_, Addr> {
    let min = after.map(|cursor| Bound::exclusive((cursor.price.u128(), cursor.sequence)));
    Box::new(BOOK.sub_prefix(order).range(storage, min, None, Direction::Ascending).map(|entry| Ok(entry?.1)))
}

/// Orders of a provider's listed bids after the cursor, ascending.
pub fn orders_of_provider<'a>(
    storage: &'a dyn Storage,
    provider: &'a Addr,
    after: Option<OrderId>,
) -> Ids<'a, OrderId> {
    Box::new(BY_PROVIDER.prefix(provider).keys(
        storage,
        after.map(Bound::exclusive),
        None,
        Direction::Ascending,
    ))
}
