//! How a provider stands: its reputation with the formula's parts, and what an order asks of it.

use futures::future::try_join;
use lease_math::Fulfilment;
use market_api::{Eligibility, OrderId, Record, Reputation};
use serde_json::json;

use crate::error::Result;
use crate::output::{facts, table, Answer};
use crate::session::Session;
use crate::show;
use crate::units::duration;

pub async fn reputation(session: &Session, provider: &str) -> Result<Answer> {
    let market = &session.chain()?.contracts.market;
    let (reputation, record) =
        try_join(market.reputation(provider), market.provider_record(provider)).await?;
    let counts = counted(&record.record);
    let text = text(&reputation, &record.record, &counts);
    let value = json!({
        "reputation": reputation,
        "record": record,
        "parts": {
            "service_seconds": counts.service(),
            "fault_seconds": counts.faults(),
            "proven": counts.proven(),
            "quality": counts.quality(),
        },
    });
    Ok(Answer::new(value, text))
}

/// What the formula counts of a record.
fn counted(record: &Record) -> Fulfilment {
    Fulfilment {
        seconds_served: record.seconds_served,
        distinct_tenants: record.distinct_tenants,
        declined: record.leases_declined,
        expired: record.leases_expired,
        broken: record.leases_broken,
    }
}

fn text(reputation: &Reputation, record: &Record, counts: &Fulfilment) -> String {
    let faults = u64::try_from(counts.faults()).unwrap_or(u64::MAX);
    facts(&[
        ("provider", reputation.provider.to_string()),
        ("reputation", format!("{} of 10000: quality x stake / stake of everyone", reputation.reputation.0)),
        ("quality", format!("{} of 10000: proven x service / (service + faults)", reputation.quality.0)),
        ("proven", format!("{} of 10000: the root of service in 400 days", counts.proven())),
        (
            "service",
            format!(
                "{}: {} served, of each of {} tenants 20 days at most",
                duration(counts.service()),
                duration(record.seconds_served),
                record.distinct_tenants
            ),
        ),
        (
            "faults",
            format!(
                "{}: {} declined at 1 day, {} silent at 10, {} broken at 20",
                duration(faults),
                record.leases_declined,
                record.leases_expired,
                record.leases_broken
            ),
        ),
        ("stake", format!("{} of {} in all", reputation.stake, reputation.total_stake)),
    ])
}

pub async fn requirements(session: &Session, order: OrderId, provider: &str) -> Result<Answer> {
    let eligibility = session.chain()?.contracts.market.eligibility(order, provider).await?;
    let text = verdict(order, &eligibility);
    Ok(Answer::new(eligibility, text))
}

fn verdict(order: OrderId, eligibility: &Eligibility) -> String {
    let rows = eligibility.checks.iter().map(|check| {
        let met = if check.met { "met" } else { "not met" };
        vec![met.to_owned(), show::requirement(check)]
    });
    format!(
        "{}\n\n{} {} order {order}",
        table(&["", "requirement"], rows.collect(), "the order asks for nothing"),
        eligibility.provider,
        if eligibility.eligible { "may bid on" } else { "may not bid on" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_std::Bps;
    use cosmwasm_std::Addr;
    use market_api::{RequirementCheck, RequirementKind};

    fn record() -> Record {
        Record {
            leases_won: 9,
            leases_activated: 8,
            leases_declined: 1,
            leases_expired: 0,
            leases_completed: 5,
            leases_broken: 0,
            leases_live: 1,
            seconds_served: 4 * 24 * 3600,
            distinct_tenants: 1,
        }
    }

    #[test]
    fn the_parts_are_those_of_the_formula() {
        let counts = counted(&record());
        // Four of 400 days, and one day of faults beside them.
        assert_eq!((counts.proven(), counts.quality()), (1_000, 800));
        let reputation = Reputation {
            provider: Addr::unchecked("wasm1p"),
            reputation: Bps(400),
            quality: Bps(counts.quality()),
            stake: 50u128.into(),
            total_stake: 100u128.into(),
        };
        let text = text(&reputation, &record(), &counts);
        for words in
            ["400 of 10000", "800 of 10000", "1000 of 10000", "4d: 4d served", "1d: 1 declined", "50 of 100"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
    }

    #[test]
    fn each_requirement_is_told_with_the_verdict() {
        let check = |met, found: &str| RequirementCheck {
            requirement: RequirementKind::MinStake,
            met,
            expected: "a stake of at least 5".into(),
            found: found.into(),
        };
        let eligibility = Eligibility {
            provider: Addr::unchecked("wasm1p"),
            eligible: false,
            checks: vec![check(true, "9"), check(false, "4")],
        };
        let text = verdict(OrderId(7), &eligibility);
        for words in ["not met", "found 9", "found 4", "wasm1p may not bid on order 7"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}
