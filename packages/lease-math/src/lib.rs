//! Pure arithmetic of leases: what a lease has earned, how long its funds last, when it ends, which bid comes first,
//! and what reputation its provider has from it. The market contract, the provider agent and the tenant's client all count with these functions, so that
//! they can never disagree.
//!
//! Units: amounts in the base denom, time in whole seconds since the Unix epoch, durations in seconds. A price is the
//! total for one term. Everything rounds down, that is against the provider while a lease runs; what rounding leaves
//! over returns to the tenant at the end.

mod reputation;

use std::cmp::Ordering;

use thiserror::Error;

pub use reputation::{
    reputation, Fulfilment, BROKEN_DAYS, DECLINED_DAYS, EXPIRED_DAYS, FULL_SERVICE, SERVICE_OF_A_TENANT,
};

#[derive(Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum MathError {
    #[error("the term of a lease is 0 seconds: it must be at least 1")]
    ZeroTerm,
    #[error("the price of a lease is 0: it must be at least 1")]
    ZeroPrice,
    #[error("{left} x {right} exceeds 128 bits")]
    Overflow { left: u128, right: u128 },
    #[error("{seconds} seconds exceed 64 bits")]
    TooLong { seconds: u128 },
}

fn product(left: u128, right: u128) -> Result<u128, MathError> {
    left.checked_mul(right).ok_or(MathError::Overflow { left, right })
}

/// What a lease has earned after `elapsed` seconds: `floor(price x min(elapsed, funded) / term)`.
///
/// Counted from the start every time, so that it never drifts, however often it is withdrawn. With
/// `funded = funded_seconds(funds, term, price)` it never exceeds `funds`.
pub fn earned(price: u128, elapsed: u64, funded: u64, term: u64) -> Result<u128, MathError> {
    if term == 0 {
        return Err(MathError::ZeroTerm);
    }
    Ok(product(price, u128::from(elapsed.min(funded)))? / u128::from(term))
}

/// The seconds that `funds` pay for at `price` for `term` seconds: `floor(funds x term / price)`.
pub fn funded_seconds(funds: u128, term: u64, price: u128) -> Result<u64, MathError> {
    if price == 0 {
        return Err(MathError::ZeroPrice);
    }
    if term == 0 {
        return Err(MathError::ZeroTerm);
    }
    let seconds = product(funds, u128::from(term))? / price;
    u64::try_from(seconds).map_err(|_| MathError::TooLong { seconds })
}

/// The second at which an active lease ends when nobody acts: the end of its funds, or of a notice if that is sooner.
/// From that second on it earns nothing more.
pub fn ends_at(started_at: u64, funded_seconds: u64, notice_until: Option<u64>) -> u64 {
    let funds_end = started_at.saturating_add(funded_seconds);
    notice_until.map_or(funds_end, |notice| notice.min(funds_end))
}

/// The place of a bid in an order's book: the lowest price first, then the earliest placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BidRank {
    /// Total for the term, in the base denom.
    pub price: u128,
    /// The place in time at this price: lower was placed earlier.
    pub sequence: u64,
}

impl Ord for BidRank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.price.cmp(&other.price).then(self.sequence.cmp(&other.sequence))
    }
}

impl PartialOrd for BidRank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
