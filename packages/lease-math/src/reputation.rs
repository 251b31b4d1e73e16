//! Reputation: the part of all stake that stands behind proven service, 0 to 10000 basis points. Worked examples, and
//! what faking a record costs, are in `docs/reputation.md`.

/// The whole, in basis points.
const ONE: u128 = 10_000;
const DAY: u128 = 24 * 3600;
/// Service that proves itself in full: 400 days of leases.
pub const FULL_SERVICE: u64 = 400 * 24 * 3600;
/// Of each distinct tenant at most this much service counts: 20 days, so that full proof takes 20 tenants.
pub const SERVICE_OF_A_TENANT: u64 = 20 * 24 * 3600;
/// What each fault weighs, in days of service.
pub const DECLINED_DAYS: u64 = 1;
pub const EXPIRED_DAYS: u64 = 10;
pub const BROKEN_DAYS: u64 = 20;

/// What counts of a provider's record. Money earned does not: what one pays to oneself comes back and proves nothing.
/// Neither do leases won, activated or completed: they may be a second long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fulfilment {
    /// Of all leases together.
    pub seconds_served: u64,
    pub distinct_tenants: u64,
    pub declined: u64,
    /// Silent past the activation window.
    pub expired: u64,
    pub broken: u64,
}

impl Fulfilment {
    /// Seconds that count: `min(seconds_served, 20 days x distinct_tenants)`.
    pub fn service(&self) -> u64 {
        self.seconds_served.min(self.distinct_tenants.saturating_mul(SERVICE_OF_A_TENANT))
    }

    /// Seconds that the faults weigh.
    pub fn faults(&self) -> u128 {
        let weigh = |count: u64, days: u64| u128::from(count) * u128::from(days) * DAY;
        weigh(self.declined, DECLINED_DAYS)
            + weigh(self.expired, EXPIRED_DAYS)
            + weigh(self.broken, BROKEN_DAYS)
    }

    /// How far the service proves itself, in basis points: `floor(10000 x sqrt(min(1, service / 400 days)))`.
    ///
    /// The root makes each further part of the proof dearer than the one before.
    pub fn proven(&self) -> u16 {
        let full = u128::from(FULL_SERVICE);
        let service = u128::from(self.service()).min(full);
        within_one((service * ONE * ONE / full).isqrt())
    }

    /// How good the service is, in basis points: `floor(proven x service / (service + faults))`.
    pub fn quality(&self) -> u16 {
        let service = u128::from(self.service());
        if service == 0 {
            return 0;
        }
        within_one(u128::from(self.proven()) * service / (service + self.faults()))
    }
}

/// `floor(quality x stake / total_stake)` in basis points, `total_stake` being the stake of everyone; 0 where nobody
/// has a stake.
///
/// Grows with stake, with time served and with tenants; falls with each fault and as others stake more. It is the
/// stake's share that is divided among providers, so that parts of a stake never have more reputation in sum than the
/// whole, and all providers together have at most 10000.
pub fn reputation(stake: u64, total_stake: u64, record: &Fulfilment) -> u16 {
    if total_stake == 0 {
        return 0;
    }
    let stake = u128::from(stake.min(total_stake));
    within_one(u128::from(record.quality()) * stake / u128::from(total_stake))
}

/// Both fractions above are of at most one whole.
fn within_one(bps: u128) -> u16 {
    bps.min(ONE) as u16
}
