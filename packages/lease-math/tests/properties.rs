use lease_math::{earned, ends_at, funded_seconds, BidRank, MathError};
use proptest::prelude::*;

/// The widest values that the market lets in: amounts below 2^64, terms up to ten years.
const AMOUNT: std::ops::Range<u128> = 1..(1 << 64);
const TERM: std::ops::Range<u64> = 1..(10 * 366 * 24 * 3600);
const TIME: std::ops::Range<u64> = 0..(30 * 366 * 24 * 3600);

proptest! {
    #[test]
    fn earnings_never_fall_as_time_passes(
        price in AMOUNT, term in TERM, funded in TIME, t1 in TIME, t2 in TIME,
    ) {
        let (early, late) = (t1.min(t2), t1.max(t2));
        prop_assert!(earned(price, early, funded, term)? <= earned(price, late, funded, term)?);
    }

    #[test]
    fn earnings_never_exceed_the_funds(price in AMOUNT, term in TERM, periods in 0u128..4, odd in AMOUNT, t in TIME) {
        let funds = price * periods + odd % price;
        let funded = funded_seconds(funds, term, price)?;
        prop_assert!(earned(price, t, funded, term)? <= funds);
        prop_assert!(earned(price, u64::MAX, funded, term)? <= funds);
    }

    #[test]
    fn withdrawals_at_any_times_add_up_to_one_withdrawal_at_the_last(
        price in AMOUNT, term in TERM, funded in TIME, mut times in prop::collection::vec(TIME, 1..20),
    ) {
        times.sort_unstable();
        let mut withdrawn = 0;
        for at in &times {
            let total = earned(price, *at, funded, term)?;
            withdrawn += total - withdrawn;
        }
        prop_assert_eq!(withdrawn, earned(price, times[times.len() - 1], funded, term)?);
    }

    #[test]
    fn two_leases_in_place_of_one_never_earn_more(
        price in 2..(1u128 << 64), share in AMOUNT, term in TERM, t in TIME, funded in TIME,
    ) {
        let part = 1 + share % (price - 1);
        let split = earned(part, t, funded, term)? + earned(price - part, t, funded, term)?;
        prop_assert!(split <= earned(price, t, funded, term)?);
    }

    #[test]
    fn topping_up_in_parts_funds_as_much_as_at_once(price in AMOUNT, term in TERM, first in AMOUNT, second in AMOUNT) {
        let (Ok(start), Ok(total)) =
            (funded_seconds(first, term, price), funded_seconds(first + second, term, price))
        else {
            return Ok(());
        };
        prop_assert!(start <= total);
        let added = funded_seconds(second, term, price)?;
        prop_assert!(total - start >= added && total - start <= added + 1);
    }

    #[test]
    fn one_term_costs_exactly_its_price(price in AMOUNT, term in TERM) {
        prop_assert_eq!(funded_seconds(price, term, price)?, term);
        prop_assert_eq!(earned(price, term, term, term)?, price);
    }

    #[test]
    fn arbitrary_numbers_never_panic(a in any::<u128>(), b in any::<u64>(), c in any::<u64>(), d in any::<u64>()) {
        let _ = earned(a, b, c, d);
        let _ = funded_seconds(a, b, u128::from(c));
        let _ = ends_at(b, c, Some(d));
    }

    #[test]
    fn the_book_sorts_by_price_and_then_by_time(mut book in prop::collection::vec((1u128..4, 0u64..8), 1..20)) {
        let mut ranks: Vec<_> = book.iter().map(|(price, sequence)| BidRank { price: *price, sequence: *sequence }).collect();
        ranks.sort();
        book.sort_unstable();
        let sorted: Vec<_> = ranks.iter().map(|rank| (rank.price, rank.sequence)).collect();
        prop_assert_eq!(sorted, book);
    }
}

#[test]
fn rounding_is_down_at_each_second() {
    let owed: Vec<_> = (0..=9).map(|t| earned(10, t, 7, 7).unwrap()).collect();
    assert_eq!(owed, [0, 1, 2, 4, 5, 7, 8, 10, 10, 10]);
}

#[test]
fn a_lease_ends_with_its_funds_or_its_notice_whichever_is_first() {
    assert_eq!(ends_at(100, 50, None), 150);
    assert_eq!(ends_at(100, 50, Some(149)), 149);
    assert_eq!(ends_at(100, 50, Some(151)), 150);
    assert_eq!(ends_at(u64::MAX, 1, None), u64::MAX);
}

#[test]
fn impossible_terms_are_refused() {
    assert_eq!(earned(1, 1, 1, 0), Err(MathError::ZeroTerm));
    assert_eq!(funded_seconds(1, 0, 1), Err(MathError::ZeroTerm));
    assert_eq!(funded_seconds(1, 1, 0), Err(MathError::ZeroPrice));
    assert_eq!(earned(u128::MAX, 2, 2, 1), Err(MathError::Overflow { left: u128::MAX, right: 2 }));
    assert_eq!(funded_seconds(u128::MAX, 1, 1), Err(MathError::TooLong { seconds: u128::MAX }));
}
