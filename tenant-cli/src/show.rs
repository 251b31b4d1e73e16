//! What the things of the market look like as text.

use market_api::{
    Bid, BidState, Deployment, DeploymentState, EndReason, Lease, LeasePhase, Order, OrderPhase,
    ProviderRecord, RequirementCheck, RequirementKind, Resources,
};
use registry_api::{Attribute, Provider, Root, RootState};

use crate::output::{facts, table};
use crate::units::{bytes, cores, duration, moment};

/// Shortens an address to what tells it from others at a glance; JSON has it whole.
pub fn short(address: &str) -> String {
    match (address.get(..10), address.get(address.len().saturating_sub(6)..)) {
        (Some(head), Some(tail)) if address.len() > 20 => format!("{head}..{tail}"),
        _ => address.to_owned(),
    }
}

pub fn deployment_state(state: DeploymentState) -> &'static str {
    match state {
        DeploymentState::Active => "active",
        DeploymentState::Closing => "closing",
        DeploymentState::Closed => "closed",
    }
}

pub fn order_phase(phase: OrderPhase) -> &'static str {
    match phase {
        OrderPhase::Bidding => "bidding",
        OrderPhase::Matching => "matching",
        OrderPhase::Lapsed => "lapsed",
        OrderPhase::Matched => "matched",
        OrderPhase::Expired => "expired",
        OrderPhase::Closed => "closed",
    }
}

pub fn bid_state(state: BidState) -> &'static str {
    match state {
        BidState::Open => "open",
        BidState::Won => "won",
        BidState::Lost => "lost",
        BidState::Skipped => "skipped",
    }
}

pub fn lease_phase(phase: LeasePhase) -> &'static str {
    match phase {
        LeasePhase::Pending => "pending",
        LeasePhase::Overdue => "overdue",
        LeasePhase::Active => "active",
        LeasePhase::Due => "due",
        LeasePhase::Ended => "ended",
    }
}

pub fn end_reason(reason: EndReason) -> &'static str {
    match reason {
        EndReason::TenantCancelled => "cancelled by the tenant before it started",
        EndReason::TenantClosed => "closed by the tenant",
        EndReason::FundsExhausted => "its prepaid time ran out",
        EndReason::ProviderNotice => "the provider gave notice",
        EndReason::ProviderBroke => "the provider broke it",
        EndReason::Declined => "declined by the winner",
        EndReason::ActivationExpired => "the winner did not start it in time",
    }
}

pub fn requirement(check: &RequirementCheck) -> String {
    let what = match check.requirement {
        RequirementKind::Registered => "registered",
        RequirementKind::NotJailed => "not jailed",
        RequirementKind::ValidRoot => "valid certificate root",
        RequirementKind::NoPunishmentDue => "no punishment due",
        RequirementKind::Attribute => "attribute",
        RequirementKind::SignedByAllOf => "auditor",
        RequirementKind::SignedByAnyOf => "any of the auditors",
        RequirementKind::MinStake => "stake",
        RequirementKind::MinReputation => "reputation",
    };
    format!("{what}: expected {}, found {}", check.expected, check.found)
}

/// Such as `1 x 0.5 cpu, 512Mi memory, 1Gi storage`.
pub fn resources(resources: &Resources) -> String {
    let mut parts = vec![
        format!("{} x {} cpu", resources.count, cores(resources.cpu)),
        format!("{} memory", bytes(resources.memory)),
    ];
    parts.extend(resources.storage.iter().map(|volume| {
        let kind = if volume.persistent { " persistent" } else { "" };
        format!("{}{kind} storage", bytes(volume.size))
    }));
    if let Some(gpu) = &resources.gpu {
        parts.push(format!("{} gpu", gpu.units));
    }
    parts.join(", ")
}

pub fn deployments(items: &[Deployment]) -> String {
    let rows = items.iter().map(|item| {
        vec![
            item.id.to_string(),
            deployment_state(item.state).to_owned(),
            item.live.to_string(),
            item.revision.to_string(),
            item.version.to_string(),
            moment(item.created_at),
        ]
    });
    table(
        &["deployment", "state", "live", "revision", "version", "created"],
        rows.collect(),
        "no deployments",
    )
}

pub fn orders(items: &[Order]) -> String {
    let rows = items.iter().map(|item| {
        vec![
            item.id.to_string(),
            item.deployment.to_string(),
            item.spec.group.name.clone(),
            order_phase(item.phase).to_owned(),
            item.bids.to_string(),
            item.spec.max_price.to_string(),
            duration(item.spec.term),
            moment(item.open_until),
            item.lease.map(|lease| lease.to_string()).unwrap_or_default(),
            short(item.tenant.as_str()),
        ]
    });
    table(
        &[
            "order",
            "deployment",
            "group",
            "phase",
            "bids",
            "max price",
            "term",
            "open until",
            "lease",
            "tenant",
        ],
        rows.collect(),
        "no orders",
    )
}

pub fn bids(items: &[Bid]) -> String {
    let rows = items.iter().enumerate().map(|(place, item)| {
        vec![
            (place + 1).to_string(),
            item.price.to_string(),
            item.provider.to_string(),
            bid_state(item.state).to_owned(),
            moment(item.placed_at),
        ]
    });
    table(&["place", "price", "provider", "state", "placed"], rows.collect(), "no bids in the book")
}

pub fn leases(items: &[Lease]) -> String {
    let rows = items.iter().map(|item| {
        vec![
            item.id.to_string(),
            item.deployment.to_string(),
            item.order.to_string(),
            item.group.clone(),
            lease_phase(item.phase).to_owned(),
            format!("{} for {}", item.price, duration(item.term)),
            item.earned.to_string(),
            item.funds.to_string(),
            moment(item.ends_at),
            short(item.provider.as_str()),
        ]
    });
    table(
        &["lease", "deployment", "order", "group", "phase", "price", "earned", "funds", "ends", "provider"],
        rows.collect(),
        "no leases",
    )
}

/// One lease as lines of facts.
pub fn lease(item: &Lease) -> String {
    let mut lines = vec![
        ("lease", item.id.to_string()),
        ("group", item.group.clone()),
        ("phase", lease_phase(item.phase).to_owned()),
        ("provider", item.provider.to_string()),
        ("price", format!("{} for {}", item.price, duration(item.term))),
        ("funds", format!("{} paid in, {} earned, {} withdrawn", item.funds, item.earned, item.withdrawn)),
    ];
    match item.end_reason {
        Some(reason) => {
            lines.push(("ended", format!("{}: {}", moment(item.ends_at), end_reason(reason))));
            lines.push(("refunded", item.refunded.to_string()));
        }
        None if item.phase == LeasePhase::Pending || item.phase == LeasePhase::Overdue => {
            lines.push(("to start until", moment(item.activate_until)));
        }
        None => lines.push(("paid until", moment(item.ends_at))),
    }
    facts(&lines)
}

pub fn providers(items: &[(Provider, ProviderRecord, String)], now: u64) -> String {
    let rows = items.iter().map(|(provider, record, stake)| {
        let record = &record.record;
        vec![
            provider.owner.to_string(),
            provider_state(provider, now),
            stake.clone(),
            record.leases_live.to_string(),
            record.leases_completed.to_string(),
            (record.leases_declined + record.leases_expired + record.leases_broken).to_string(),
            duration(record.seconds_served),
            attributes(provider),
        ]
    });
    table(
        &["provider", "state", "stake", "live", "completed", "failed", "served", "attributes"],
        rows.collect(),
        "no providers are registered",
    )
}

pub fn provider_state(provider: &Provider, now: u64) -> String {
    if provider.is_jailed(now) {
        format!("jailed until {}", moment(provider.jailed_until))
    } else if provider.root_valid_until == 0 {
        "without a root".to_owned()
    } else if !provider.has_valid_root(now) {
        "root expired".to_owned()
    } else {
        "ready".to_owned()
    }
}

pub fn attributes(provider: &Provider) -> String {
    pairs(&provider.attributes)
}

pub fn pairs(attributes: &[Attribute]) -> String {
    let pairs = attributes.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value));
    pairs.collect::<Vec<_>>().join(" ")
}

pub fn roots(items: &[Root]) -> String {
    let rows = items.iter().map(|root| {
        let state = match root.state {
            RootState::Active => "active",
            RootState::Expired => "expired",
            RootState::Revoked => "revoked",
        };
        vec![root.fingerprint.to_string(), state.to_owned(), moment(root.not_before), moment(root.not_after)]
    });
    table(&["fingerprint", "state", "valid from", "valid until"], rows.collect(), "no roots on the chain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_shorten_only_when_long() {
        assert_eq!(short("akash1short"), "akash1short");
        assert_eq!(short("wasm1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzzzzzz"), "wasm1qqqqq..zzzzzz");
        assert_eq!(short(""), "");
    }
}
