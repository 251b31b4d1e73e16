use cloud_std::Page;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Binary, HexBinary};

/// What a provider says of itself and a tenant may ask for, such as `region` = `eu-west`.
#[cw_serde]
#[derive(Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Attribute {
    pub key: String,
    pub value: String,
}

impl Attribute {
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// What stands at the end of a wanted attribute's key for any further characters but `/`.
pub const WILDCARD: char = '*';

impl Attribute {
    /// Whether `held` is what this, as a wish, asks for. Values are equal; keys are equal, or the wish ends in
    /// [`WILDCARD`] and the held key goes on from there without another `/`: `gpu/nvidia/*` is met by
    /// `gpu/nvidia/a100` and not by `gpu/nvidia/a100/80Gi`.
    pub fn is_met_by(&self, held: &Attribute) -> bool {
        self.value == held.value && self.names(&held.key)
    }

    /// Whether the key of this, as a wish, means this key.
    pub fn names(&self, key: &str) -> bool {
        match self.key.strip_suffix(WILDCARD) {
            Some(start) => key.strip_prefix(start).is_some_and(|rest| !rest.contains('/')),
            None => self.key == key,
        }
    }
}

/// How to reach the people behind a provider. Each field may be empty.
#[cw_serde]
#[derive(Default, Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Contact {
    pub name: String,
    pub email: String,
    pub website: String,
}

/// A provider's record. Also readable by raw query under [`crate::raw::PROVIDERS`], which other contracts use
/// because it costs no contract start.
#[cw_serde]
#[derive(Eq)]
pub struct Provider {
    /// The cold key, which is also the provider's id.
    pub owner: Addr,
    /// Where all earnings go.
    pub payout: Addr,
    /// Hot keys, which may bid, activate, decline and withdraw to `payout`, and nothing else.
    pub operators: Vec<Addr>,
    /// Base addresses of the provider's gateways, `https://host:port`.
    pub endpoints: Vec<String>,
    /// Sorted by key; no key twice.
    pub attributes: Vec<Attribute>,
    pub contact: Contact,
    /// Seconds since the epoch until which the provider may not win orders; 0 when it is not jailed.
    pub jailed_until: u64,
    /// The latest end of validity of the owner's unrevoked roots, in seconds since the epoch; 0 without one.
    pub root_valid_until: u64,
    /// Seconds since the epoch.
    pub registered_at: u64,
    /// Seconds since the epoch.
    pub updated_at: u64,
}

impl Provider {
    pub fn is_jailed(&self, now: u64) -> bool {
        now < self.jailed_until
    }

    /// Roots count up to and including the second that their certificate names as the last.
    pub fn has_valid_root(&self, now: u64) -> bool {
        now <= self.root_valid_until
    }

    /// Whether this key may bid, activate, decline and withdraw for the provider.
    pub fn may_operate(&self, key: &Addr) -> bool {
        self.owner == *key || self.operators.contains(key)
    }

    /// Those of `wanted` that nothing of this provider meets; see [`Attribute::is_met_by`].
    pub fn missing_attributes(&self, wanted: &[Attribute]) -> Vec<Attribute> {
        wanted
            .iter()
            .filter(|wish| !self.attributes.iter().any(|held| wish.is_met_by(held)))
            .cloned()
            .collect()
    }
}

/// What an auditor vouches for at one provider.
#[cw_serde]
#[derive(Eq)]
pub struct Attestation {
    pub provider: Addr,
    pub auditor: Addr,
    /// Signed, and what the provider says of itself at the time of the block that answers. Sorted by key.
    pub attributes: Vec<Attribute>,
    /// Signed, and no longer what the provider says: these count for nothing. Sorted by key.
    pub lapsed: Vec<Attribute>,
    /// Seconds since the epoch.
    pub attested_at: u64,
}

/// A provider and one page of its attestations.
#[cw_serde]
pub struct AttestedProvider {
    pub provider: Provider,
    pub attestations: Page<Attestation, Addr>,
}

#[cw_serde]
#[derive(Copy, Eq)]
pub enum RootState {
    /// Current and not revoked.
    Active,
    /// Past its validity.
    Expired,
    /// Revoked by its account, for good.
    Revoked,
}

/// One certificate root of an account.
#[cw_serde]
#[derive(Eq)]
pub struct Root {
    pub account: Addr,
    /// SHA-256 of the DER.
    pub fingerprint: HexBinary,
    /// SHA-256 of the DER of the subject's public key info.
    pub key_hash: HexBinary,
    /// The certificate itself, so that a peer can verify leaves from the chain alone.
    pub der: Binary,
    /// Seconds since the epoch.
    pub not_before: u64,
    /// Seconds since the epoch; the last second of validity.
    pub not_after: u64,
    /// Seconds since the epoch.
    pub published_at: u64,
    /// Seconds since the epoch; absent while the root is not revoked.
    pub revoked_at: Option<u64>,
    /// At the time of the block that answers.
    pub state: RootState,
}

#[cw_serde]
pub struct Config {
    pub owner: Addr,
    pub pending_owner: Option<Addr>,
    /// The market, which is asked for live leases and may jail; absent until wired.
    pub market: Option<Addr>,
}

#[cw_serde]
pub struct Limits {
    pub max_operators: u32,
    pub max_endpoints: u32,
    pub max_endpoint_bytes: u32,
    pub max_attributes: u32,
    pub max_attribute_key_bytes: u32,
    pub max_attribute_value_bytes: u32,
    pub max_contact_bytes: u32,
    pub max_active_roots: u32,
    pub max_roots: u32,
    pub max_root_der_bytes: u32,
    pub max_root_validity_seconds: u64,
    pub max_jail_seconds: u64,
    pub default_page_limit: u32,
    pub max_page_limit: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_met_by_the_same_key_and_value_or_within_its_wildcard() {
        let met = |wanted: &str, held: &str| {
            Attribute::new(wanted, "true").is_met_by(&Attribute::new(held, "true"))
        };
        for (wanted, held) in [
            ("region", "region"),
            ("gpu/*", "gpu/a100"),
            ("gpu/*", "gpu/"),
            ("gpu/*", "gpu/*"),
            ("gpu/a*", "gpu/a100"),
            ("reg*", "region"),
        ] {
            assert!(met(wanted, held), "{wanted} by {held}");
        }
        for (wanted, held) in [
            ("region", "regio"),
            ("region", "regions"),
            ("gpu/*", "gpu"),
            ("gpu/*", "gpu/a100/80gi"),
            ("gpu/b*", "gpu/a100"),
            // What a provider calls its own is taken word for word.
            ("gpu/a100", "gpu/*"),
            ("gp*/a100", "gpu/a100"),
        ] {
            assert!(!met(wanted, held), "{wanted} by {held}");
        }
        assert!(!Attribute::new("gpu/*", "true").is_met_by(&Attribute::new("gpu/a100", "false")));
    }
}
