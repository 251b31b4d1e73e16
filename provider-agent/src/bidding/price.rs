//! From rates to the total of a bid: exact, and rounded up once, at the end.

use cosmwasm_std::{Uint128, Uint512};
use market_api::Group;

use crate::config::{Pricing, Rate, RATE_DECIMALS};

const SECONDS_PER_HOUR: u64 = 3600;
const MILLICORES_PER_CORE: u64 = 1000;
const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// The total for `term` seconds of a group with all its replicas, in the base denom; none when it is more than
/// money can count.
pub fn total(group: &Group, term: u64, pricing: &Pricing) -> Option<Uint128> {
    // Everything in billionths of the base unit, per hour, times the common multiple of the units sold by.
    let mut per_hour = Uint512::zero();
    for resources in &group.resources {
        let (mut ephemeral, mut persistent) = (Uint512::zero(), Uint512::zero());
        for volume in &resources.storage {
            let kind = if volume.persistent { &mut persistent } else { &mut ephemeral };
            *kind = kind.checked_add(Uint512::from(volume.size)).ok()?;
        }
        let parts = [
            part(Uint512::from(resources.cpu), pricing.cpu, MILLICORES_PER_CORE),
            part(Uint512::from(resources.memory), pricing.memory, GIB),
            part(ephemeral, pricing.storage, GIB),
            part(persistent, pricing.persistent_storage, GIB),
            part(Uint512::from(resources.bandwidth), pricing.bandwidth, MIB),
            part(Uint512::from(resources.endpoints), pricing.endpoint, 1),
        ];
        let mut one = Uint512::zero();
        for part in parts {
            one = one.checked_add(part?).ok()?;
        }
        per_hour = per_hour.checked_add(one.checked_mul(Uint512::from(resources.count)).ok()?).ok()?;
    }
    let numerator = per_hour.checked_mul(Uint512::from(term)).ok()?;
    let denominator = Uint512::from(MILLICORES_PER_CORE)
        .checked_mul(Uint512::from(GIB))
        .ok()?
        .checked_mul(Uint512::from(SECONDS_PER_HOUR))
        .ok()?
        .checked_mul(Uint512::from(10u64.pow(RATE_DECIMALS)))
        .ok()?;
    let up = denominator.checked_sub(Uint512::one()).ok()?;
    let total = numerator.checked_add(up).ok()?.checked_div(denominator).ok()?;
    let total = Uint128::try_from(total).ok()?;
    Some(total.max(Uint128::from(pricing.minimum)))
}

/// `amount x rate / unit`, times the common multiple 1000 x 2^30 of all units.
fn part(amount: Uint512, rate: Rate, unit: u64) -> Option<Uint512> {
    let scale = Uint512::from(MILLICORES_PER_CORE).checked_mul(Uint512::from(GIB)).ok()?;
    let scale = scale.checked_div(Uint512::from(unit)).ok()?;
    amount.checked_mul(Uint512::from(rate.0)).ok()?.checked_mul(scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bidding::tests::group;
    use proptest::prelude::*;

    fn pricing(cpu: &str, memory: &str, storage: &str, endpoint: &str) -> Pricing {
        let rate = |s: &str| s.parse().unwrap();
        Pricing {
            cpu: rate(cpu),
            memory: rate(memory),
            storage: rate(storage),
            persistent_storage: rate(storage),
            endpoint: rate(endpoint),
            ..Pricing::default()
        }
    }

    #[test]
    fn a_worked_example() {
        // 2 replicas of (half a core, 512 MiB, 1 GiB, 1 port) for two hours:
        // 2 x 2 h x (0.5 x 100 + 0.5 x 40 + 1 x 3 + 1 x 7) = 320.
        let group = group(500, 512 << 20, 1 << 30, 1, 2);
        assert_eq!(total(&group, 7200, &pricing("100", "40", "3", "7")), Some(Uint128::new(320)));
    }

    #[test]
    fn a_fraction_is_rounded_up_once() {
        let group = group(1, 0, 0, 0, 1);
        assert_eq!(total(&group, 1, &pricing("0.000000001", "0", "0", "0")), Some(Uint128::one()));
        // Two replicas of 0.3 each are 0.6, so 1, not 2.
        let thirds = group_of(300, 2);
        assert_eq!(total(&thirds, 3600, &pricing("1", "0", "0", "0")), Some(Uint128::one()));
    }

    fn group_of(cpu: u64, count: u32) -> Group {
        group(cpu, 0, 0, 0, count)
    }

    #[test]
    fn the_minimum_holds() {
        let mut p = pricing("0", "0", "0", "0");
        p.minimum = 25;
        assert_eq!(total(&group_of(1000, 1), 60, &p), Some(Uint128::new(25)));
    }

    proptest! {
        #[test]
        fn never_panics_and_grows_with_term(
            cpu in any::<u64>(), memory in any::<u64>(), storage in any::<u64>(), count in 1u32..1000,
            rate in any::<u64>(), term in 1u64..=market_api::limits::MAX_TERM,
        ) {
            let p = Pricing { cpu: Rate(rate), memory: Rate(rate), storage: Rate(rate), ..Pricing::default() };
            let group = group(cpu, memory, storage, 3, count);
            if let (Some(short), Some(long)) = (total(&group, term, &p), total(&group, term * 2, &p)) {
                prop_assert!(short <= long);
                prop_assert!(long.u128() <= short.u128() * 2);
            }
        }

        #[test]
        fn equals_plain_fractions_where_they_fit(cpu in 1u64..100_000, rate in 1u64..1_000_000, term in 1u64..1_000_000) {
            let p = Pricing { cpu: Rate(rate), memory: Rate(0), storage: Rate(0), endpoint: Rate(0), ..Pricing::default() };
            let exact = u128::from(cpu) * u128::from(rate) * u128::from(term);
            let unit = 1000u128 * 3600 * 1_000_000_000;
            prop_assert_eq!(total(&group_of(cpu, 1), term, &p), Some(Uint128::new(exact.div_ceil(unit).max(1))));
        }
    }
}
