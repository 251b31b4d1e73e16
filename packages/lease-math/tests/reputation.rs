use lease_math::{reputation, Fulfilment, FULL_SERVICE, SERVICE_OF_A_TENANT};
use proptest::prelude::*;

const DAY: u64 = 24 * 3600;

/// Any stakes that staking lets in, of one provider and of the others.
fn stakes() -> impl Strategy<Value = (u64, u64)> {
    (0..=u64::MAX / 2, 0..=u64::MAX / 2)
}

/// Records of which the interesting parts are likely: below and beyond full service, few and many faults.
fn record() -> impl Strategy<Value = Fulfilment> {
    let seconds = prop_oneof![0..2 * FULL_SERVICE, 0..=u64::MAX, Just(0)];
    let tenants = prop_oneof![0..40u64, 0..=u64::MAX];
    let faults = || prop_oneof![Just(0), 0..30u64, 0..=u64::MAX];
    (seconds, tenants, faults(), faults(), faults()).prop_map(
        |(seconds_served, distinct_tenants, declined, expired, broken)| Fulfilment {
            seconds_served,
            distinct_tenants,
            declined,
            expired,
            broken,
        },
    )
}

/// A record without faults.
fn good(seconds_served: u64, distinct_tenants: u64) -> Fulfilment {
    Fulfilment { seconds_served, distinct_tenants, ..Default::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn it_is_within_its_bounds_for_any_numbers(
        stake in any::<u64>(), total in any::<u64>(), record in record(),
    ) {
        prop_assert!(record.quality() <= 10_000);
        prop_assert!(reputation(stake, total, &record) <= record.quality());
    }

    #[test]
    fn more_stake_never_lowers_it_and_more_stake_of_others_never_raises_it(
        (own, others) in stakes(), more in 0..=u64::MAX / 4, record in record(),
    ) {
        let before = reputation(own, own.saturating_add(others), &record);
        let after = reputation(own.saturating_add(more), own.saturating_add(others).saturating_add(more), &record);
        prop_assert!(own.checked_add(others).and_then(|total| total.checked_add(more)).is_none() || before <= after);
        prop_assert!(reputation(own, own.saturating_add(others).saturating_add(more), &record) <= before);
    }

    #[test]
    fn more_service_never_lowers_it(
        (own, others) in stakes(), record in record(), seconds in any::<u64>(), tenants in any::<u64>(),
    ) {
        let total = own + others;
        let before = reputation(own, total, &record);
        let longer = Fulfilment { seconds_served: record.seconds_served.saturating_add(seconds), ..record };
        let wider = Fulfilment { distinct_tenants: record.distinct_tenants.saturating_add(tenants), ..record };
        prop_assert!(before <= reputation(own, total, &longer));
        prop_assert!(before <= reputation(own, total, &wider));
    }

    #[test]
    fn faults_never_raise_it(
        (own, others) in stakes(), record in record(), more in 1..=u64::MAX,
    ) {
        let total = own + others;
        let before = reputation(own, total, &record);
        for worse in [
            Fulfilment { declined: record.declined.saturating_add(more), ..record },
            Fulfilment { expired: record.expired.saturating_add(more), ..record },
            Fulfilment { broken: record.broken.saturating_add(more), ..record },
        ] {
            prop_assert!(reputation(own, total, &worse) <= before);
        }
    }

    /// The parts may even serve the same tenants, which the whole then counts once.
    #[test]
    fn parts_of_a_stake_never_have_more_in_sum_than_the_whole(
        parts in prop::collection::vec((0..=u64::MAX / 16, 0..FULL_SERVICE, 0..30u64), 1..8),
        others in 0..=u64::MAX / 2,
        shared in any::<bool>(),
    ) {
        let stake: u64 = parts.iter().map(|(stake, ..)| stake).sum();
        let seconds: u64 = parts.iter().map(|(_, seconds, _)| seconds).sum();
        let each = parts.iter().map(|(.., tenants)| *tenants);
        let tenants = if shared { each.max().unwrap_or_default() } else { each.sum() };
        let total = stake + others;
        let whole = reputation(stake, total, &good(seconds, tenants));
        let split: u32 = parts
            .iter()
            .map(|(stake, seconds, tenants)| u32::from(reputation(*stake, total, &good(*seconds, *tenants))))
            .sum();
        prop_assert!(split <= u32::from(whole), "{split} > {whole}");
    }

    #[test]
    fn all_providers_together_have_at_most_the_whole(
        providers in prop::collection::vec((0..=u64::MAX / 16, record()), 1..16),
    ) {
        let total: u64 = providers.iter().map(|(stake, _)| stake).sum();
        let sum: u32 = providers.iter().map(|(stake, record)| u32::from(reputation(*stake, total, record))).sum();
        prop_assert!(sum <= 10_000);
    }

    /// The price list of `docs/reputation.md`, whatever the record says.
    #[test]
    fn a_reputation_has_its_price_in_stake_service_and_tenants(
        (own, others) in stakes(), record in record(),
    ) {
        let total = own + others;
        let reached = u128::from(reputation(own, total, &record));
        prop_assert!(u128::from(own) * 10_000 >= reached * u128::from(total));
        let service = u128::from(record.service());
        prop_assert!(service * 10_000 * 10_000 >= reached * reached * u128::from(FULL_SERVICE));
        prop_assert!(record.distinct_tenants >= record.service().div_ceil(SERVICE_OF_A_TENANT));
        prop_assert!(record.seconds_served >= record.service());
    }
}

/// The least service that reaches a quality without faults.
fn service_for(quality: u16) -> u64 {
    let (mut low, mut high) = (0, FULL_SERVICE);
    while low < high {
        let middle = (low + high) / 2;
        if good(middle, u64::MAX).quality() >= quality {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[test]
fn each_further_part_of_a_faked_record_costs_more_service_than_the_one_before() {
    let steps: Vec<_> = (0..=20).map(|step| service_for(step * 500)).collect();
    let costs: Vec<_> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(costs[0], DAY, "the first twentieth");
    assert!(costs.windows(2).all(|pair| pair[0] < pair[1]), "{costs:?}");
    assert_eq!(steps[20], FULL_SERVICE);
    for bps in 1..10_000 {
        // One second of rounding aside.
        let (before, after) =
            (service_for(bps) - service_for(bps - 1), service_for(bps + 1) - service_for(bps));
        assert!(before <= after + 1, "{bps}: {before} then {after}");
    }
}

#[test]
fn the_stake_behind_a_reputation_grows_faster_than_the_reputation() {
    let others = 1_000_000_000;
    let record = good(FULL_SERVICE, 20);
    let needed = |bps: u64| (others * bps).div_ceil(10_000 - bps);
    let mut last = 0;
    for bps in (100..10_000).step_by(100) {
        let stake = needed(bps);
        assert_eq!(u64::from(reputation(stake, others + stake, &record)), bps);
        assert!(u64::from(reputation(stake - 1, others + stake - 1, &record)) < bps);
        assert!(stake - last > last / (bps / 100), "the step to {bps} is no dearer than those before");
        last = stake;
    }
}

#[test]
fn the_worked_examples_of_the_documentation_are_right() {
    let page = include_str!("../../../docs/reputation.md");
    let rows: Vec<Vec<u64>> = page
        .lines()
        .filter_map(|line| {
            line.strip_prefix('|')?
                .strip_suffix('|')?
                .split('|')
                .map(|cell| cell.trim().parse().ok())
                .collect()
        })
        .collect();
    assert_eq!(rows.len(), 16, "rows of figures");
    for row in rows {
        let [own, total, days, distinct_tenants, declined, expired, broken, quality, expected] = row[..]
        else {
            panic!("nine figures in {row:?}");
        };
        let record = Fulfilment { seconds_served: days * DAY, distinct_tenants, declined, expired, broken };
        assert_eq!(u64::from(record.quality()), quality, "quality of {row:?}");
        assert_eq!(u64::from(reputation(own, total, &record)), expected, "reputation of {row:?}");
    }
}
