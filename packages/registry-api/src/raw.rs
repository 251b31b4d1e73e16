//! The part of the registry's storage that is public interface: other contracts read it by raw query.

use cloud_std::storage::Table;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::Addr;

use crate::{Attestation, Attribute, Provider};

/// Owner address to record.
pub const PROVIDERS: Table<&Addr, Provider> = Table::new("providers");

/// Provider's owner and auditor to what the auditor signed.
pub const ATTESTATIONS: Table<(&Addr, &Addr), Signed> = Table::new("attestations");

/// An attestation as it is stored: what was signed, whether it still holds or not.
#[cw_serde]
#[derive(Eq)]
pub struct Signed {
    /// Sorted by key; no key twice.
    pub attributes: Vec<Attribute>,
    /// Seconds since the epoch.
    pub attested_at: u64,
}

impl Signed {
    /// Holds what was signed against what the provider says of itself now; `provider` is none when it is not
    /// registered.
    pub fn against(self, provider: Option<&Provider>, owner: Addr, auditor: Addr) -> Attestation {
        let provider = provider.filter(|provider| self.attested_at >= provider.registered_at);
        let holds =
            |attribute: &Attribute| provider.is_some_and(|provider| provider.attributes.contains(attribute));
        let (attributes, lapsed) = self.attributes.into_iter().partition(holds);
        Attestation { provider: owner, auditor, attributes, lapsed, attested_at: self.attested_at }
    }
}
