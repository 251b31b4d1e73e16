//! Whether to bid on an order, and for how much. A pure function: everything it needs is given.

use cloud_std::Money;
use cosmwasm_std::Uint128;
use market_api::{Group, Order, OrderPhase, RequirementKind};
use registry_api::{Attribute, Provider};
use serde::Serialize;

use super::price;
use crate::config::Config;
use crate::inventory::Amounts;

/// What the chain says about this provider.
#[derive(Clone, Debug)]
pub struct Standing {
    pub record: Provider,
    /// Bonded, in staking's base denom.
    pub stake: Uint128,
}

/// The decision on one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Bid { price: Uint128, amounts: Amounts },
    Refuse(Refusal),
}

/// Why there is no bid; shown in the status. `NotEligible` is the answer of the market itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    Disabled,
    NotBidding {
        phase: OrderPhase,
    },
    Jailed {
        until: u64,
    },
    NoValidRoot,
    TenantRefused,
    Denom {
        wanted: String,
        sold: String,
    },
    TermTooShort {
        term: u64,
        least: u64,
    },
    TermTooLong {
        term: u64,
        most: u64,
    },
    AttributeMissing {
        key: String,
        value: String,
    },
    NotOurKind {
        key: String,
        value: String,
    },
    StakeTooLow {
        needed: Uint128,
        bonded: Uint128,
    },
    NotEligible {
        requirement: RequirementKind,
        expected: String,
        found: String,
    },
    NoGpu,
    NoPersistentStorage,
    /// Beside the root file system there is only what services mount, which is not offered.
    NoVolumes,
    StorageClass {
        class: String,
    },
    NoRoom {
        what: &'static str,
        needed: u64,
        free: u64,
    },
    TooManyOpen {
        limit: u64,
    },
    AboveMaximum {
        price: Uint128,
        maximum: Uint128,
    },
    Uncountable,
}

impl Refusal {
    /// The word that metrics and the status use.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Disabled => "disabled",
            Refusal::NotBidding { .. } => "not_bidding",
            Refusal::Jailed { .. } => "jailed",
            Refusal::NoValidRoot => "no_valid_root",
            Refusal::TenantRefused => "tenant_refused",
            Refusal::Denom { .. } => "denom",
            Refusal::TermTooShort { .. } => "term_too_short",
            Refusal::TermTooLong { .. } => "term_too_long",
            Refusal::AttributeMissing { .. } => "attribute_missing",
            Refusal::NotOurKind { .. } => "not_our_kind",
            Refusal::StakeTooLow { .. } => "stake_too_low",
            Refusal::NotEligible { .. } => "not_eligible",
            Refusal::NoGpu => "no_gpu",
            Refusal::NoPersistentStorage => "no_persistent_storage",
            Refusal::NoVolumes => "no_volumes",
            Refusal::StorageClass { .. } => "storage_class",
            Refusal::NoRoom { .. } => "no_room",
            Refusal::TooManyOpen { .. } => "too_many_open",
            Refusal::AboveMaximum { .. } => "above_maximum",
            Refusal::Uncountable => "uncountable",
        }
    }

    /// Whether the answer may be another one later without the order changing, so that it is worth asking again.
    pub fn may_pass(&self) -> bool {
        !matches!(
            self,
            Refusal::NotBidding { .. }
                | Refusal::Uncountable
                | Refusal::Denom { .. }
                | Refusal::AboveMaximum { .. }
        )
    }
}

/// Decides on one order. `free` is the inventory less what is reserved, `open` counts bids and leases, `now` is the
/// time of the latest block.
pub fn evaluate(
    order: &Order,
    standing: &Standing,
    config: &Config,
    free: &Amounts,
    open: u64,
    now: u64,
) -> Verdict {
    if order.phase != OrderPhase::Bidding || now >= order.open_until {
        return Verdict::Refuse(Refusal::NotBidding { phase: order.phase });
    }
    if config.bidding.refuse_tenants.iter().any(|tenant| tenant == order.tenant.as_str()) {
        return Verdict::Refuse(Refusal::TenantRefused);
    }
    let spec = &order.spec;
    let wanted = Wanted { group: &spec.group, term: spec.term, max_price: &spec.max_price };
    match offer(&wanted, standing, config, free, open, now) {
        Ok((price, amounts)) => Verdict::Bid { price, amounts },
        Err(mut refusals) => Verdict::Refuse(refusals.swap_remove(0)),
    }
}

/// What somebody wants to buy.
pub struct Wanted<'a> {
    pub group: &'a Group,
    /// Seconds.
    pub term: u64,
    pub max_price: &'a Money,
}

/// Price and amounts, or everything that stands in the way (at least one reason).
pub fn offer(
    wanted: &Wanted,
    standing: &Standing,
    config: &Config,
    free: &Amounts,
    open: u64,
    now: u64,
) -> Result<(Uint128, Amounts), Vec<Refusal>> {
    let mut against = Vec::new();
    let bidding = &config.bidding;
    let Wanted { group, term, max_price } = *wanted;
    if !bidding.enabled {
        against.push(Refusal::Disabled);
    }
    if standing.record.is_jailed(now) {
        against.push(Refusal::Jailed { until: standing.record.jailed_until });
    }
    if !standing.record.has_valid_root(now) {
        against.push(Refusal::NoValidRoot);
    }
    let denom_sold = max_price.denom == config.pricing.denom;
    if !denom_sold {
        let sold = config.pricing.denom.clone();
        against.push(Refusal::Denom { wanted: max_price.denom.clone(), sold });
    }
    let (least, most) = (bidding.min_term.0.as_secs(), bidding.max_term.0.as_secs());
    if term < least {
        against.push(Refusal::TermTooShort { term, least });
    }
    if term > most {
        against.push(Refusal::TermTooLong { term, most });
    }
    let requirements = &group.requirements;
    let missing = standing.record.missing_attributes(&requirements.attributes);
    against
        .extend(missing.into_iter().map(|Attribute { key, value }| Refusal::AttributeMissing { key, value }));
    let unasked = bidding.only_attributes.iter().filter(|a| !requirements.attributes.contains(a));
    against.extend(unasked.map(|a| Refusal::NotOurKind { key: a.key.clone(), value: a.value.clone() }));
    if standing.stake < requirements.min_stake {
        against.push(Refusal::StakeTooLow { needed: requirements.min_stake, bonded: standing.stake });
    }
    for resources in &group.resources {
        if resources.gpu.as_ref().is_some_and(|gpu| gpu.units > 0) {
            against.push(Refusal::NoGpu);
        }
        if resources.storage.iter().any(|volume| volume.persistent) {
            against.push(Refusal::NoPersistentStorage);
        } else if resources.storage.len() > 1 {
            against.push(Refusal::NoVolumes);
        }
        let classes = resources.storage.iter().filter_map(|volume| volume.class.as_ref());
        let unsold = classes.filter(|class| !config.inventory.storage_classes.contains(class));
        against.extend(unsold.map(|class| Refusal::StorageClass { class: class.clone() }));
    }
    if bidding.max_open > 0 && open >= bidding.max_open {
        against.push(Refusal::TooManyOpen { limit: bidding.max_open });
    }
    let (Some(amounts), Some(price)) = (Amounts::of(group), price::total(group, term, &config.pricing))
    else {
        against.push(Refusal::Uncountable);
        return Err(against);
    };
    if denom_sold && price > max_price.amount {
        against.push(Refusal::AboveMaximum { price, maximum: max_price.amount });
    }
    if let Some((what, needed, free)) = free.lacks(&amounts) {
        against.push(Refusal::NoRoom { what, needed, free });
    }
    if against.is_empty() {
        Ok((price, amounts))
    } else {
        Err(against)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bidding::tests::{order, standing};

    const ROOM: Amounts = Amounts { cpu: 10_000, memory: 1 << 36, storage: 1 << 40, endpoints: 100 };

    fn refusal(order: &Order, config: &Config, free: &Amounts) -> &'static str {
        match evaluate(order, &standing(), config, free, 0, 50) {
            Verdict::Refuse(refusal) => refusal.code(),
            Verdict::Bid { .. } => "bid",
        }
    }

    #[test]
    fn an_ordinary_order_gets_a_bid_at_the_configured_rates() {
        let config = Config::default();
        let order = order(1, 3600, 1_000_000);
        let expected = price::total(&order.spec.group, 3600, &config.pricing).unwrap();
        match evaluate(&order, &standing(), &config, &ROOM, 0, 50) {
            Verdict::Bid { price, amounts } => {
                assert_eq!(price, expected);
                assert_eq!(Some(amounts), Amounts::of(&order.spec.group));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_reason_to_refuse_is_named() {
        let config = Config::default();
        let base = || order(1, 3600, 1_000_000);
        let with = |change: &dyn Fn(&mut Order)| {
            let mut order = base();
            change(&mut order);
            refusal(&order, &config, &ROOM)
        };
        assert_eq!(with(&|o| o.phase = OrderPhase::Matching), "not_bidding");
        assert_eq!(with(&|o| o.open_until = 50), "not_bidding");
        assert_eq!(with(&|o| o.spec.max_price.denom = "other".into()), "denom");
        assert_eq!(with(&|o| o.spec.term = 400 * 24 * 3600), "term_too_long");
        assert_eq!(with(&|o| o.spec.max_price.amount = Uint128::new(1)), "above_maximum");
        let far =
            |o: &mut Order| o.spec.group.requirements.attributes = vec![Attribute::new("region", "moon")];
        assert_eq!(with(&far), "attribute_missing");
        assert_eq!(with(&|o| o.spec.group.requirements.min_stake = Uint128::new(10_000)), "stake_too_low");
        let gpu = market_api::Gpu { units: 1, attributes: vec![] };
        assert_eq!(with(&|o| o.spec.group.resources[0].gpu = Some(gpu.clone())), "no_gpu");
        assert_eq!(
            with(&|o| o.spec.group.resources[0].storage[0].class = Some("beta3".into())),
            "storage_class"
        );
        let second = |o: &mut Order| {
            let storage = &mut o.spec.group.resources[0].storage;
            storage.push(storage[0].clone());
        };
        assert_eq!(with(&second), "no_volumes");
        assert_eq!(with(&|o| o.spec.group.resources[0].cpu = 10_001), "no_room");
        let huge = |o: &mut Order| {
            o.spec.group.resources[0].cpu = u64::MAX;
            o.spec.group.resources[0].count = 2;
        };
        assert_eq!(with(&huge), "uncountable");
        let mut closed = Config::default();
        closed.bidding.enabled = false;
        assert_eq!(refusal(&base(), &closed, &ROOM), "disabled");
        let mut picky = Config::default();
        picky.bidding.only_attributes = vec![Attribute::new("tier", "gold")];
        assert_eq!(refusal(&base(), &picky, &ROOM), "not_our_kind");
        picky.bidding.refuse_tenants = vec![base().tenant.into_string()];
        assert_eq!(refusal(&base(), &picky, &ROOM), "tenant_refused");
    }
}
