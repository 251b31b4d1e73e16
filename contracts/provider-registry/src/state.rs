//! Everything that the contract stores, under one roof, so that no two namespaces meet.

use cloud_std::storage::Table;
use cloud_std::{OwnershipStore, Page};
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Binary, Empty, HexBinary, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Item, Map};
use registry_api::raw::Signed;
use registry_api::{raw, Attestation, Provider};

pub const OWNERSHIP: OwnershipStore = OwnershipStore::new("ownership");
const MARKET: Item<Addr> = Item::new("market");
/// Operator key to the provider that it works for.
const OPERATORS: Map<&Addr, Addr> = Map::new("operators");
/// Account and fingerprint to root.
const ROOTS: Table<(&Addr, &[u8]), StoredRoot> = Table::new("roots");
/// Hash of a key that was ever published, to who published it. Entries stay for good.
const KEYS: Map<&[u8], Addr> = Map::new("root_keys");
/// Ends of jailings that run while their account is not registered, so that leaving is no way out.
const JAILS: Map<&Addr, u64> = Map::new("jails");

/// Auditor and provider's owner: the attestations by who signed them.
const BY_AUDITOR: Map<(&Addr, &Addr), Empty> = Map::new("attested_by");

#[cfg(test)]
const NAMESPACES: [&str; 10] = [
    "ownership",
    "market",
    "operators",
    "roots",
    "root_keys",
    "jails",
    "attested_by",
    "contract_info",
    "providers",
    "attestations",
];

#[cw_serde]
pub struct StoredRoot {
    pub fingerprint: HexBinary,
    pub key_hash: HexBinary,
    pub der: Binary,
    pub not_before: u64,
    pub not_after: u64,
    pub published_at: u64,
    pub revoked_at: Option<u64>,
}

impl StoredRoot {
    pub fn is_active(&self, now: u64) -> bool {
        self.revoked_at.is_none() && !self.is_expired(now)
    }

    pub fn is_expired(&self, now: u64) -> bool {
        now > self.not_after
    }
}

pub fn market(storage: &dyn Storage) -> StdResult<Option<Addr>> {
    MARKET.may_load(storage)
}

pub fn save_market(storage: &mut dyn Storage, market: &Addr) -> StdResult<()> {
    MARKET.save(storage, market)
}

pub fn provider(storage: &dyn Storage, owner: &Addr) -> StdResult<Option<Provider>> {
    raw::PROVIDERS.may_load(storage, owner)
}

pub fn save_provider(storage: &mut dyn Storage, provider: &Provider) -> StdResult<()> {
    raw::PROVIDERS.save(storage, &provider.owner, provider)
}

pub fn remove_provider(storage: &mut dyn Storage, owner: &Addr) {
    raw::PROVIDERS.remove(storage, owner);
}

pub fn providers(
    storage: &dyn Storage,
    start_after: Option<&Addr>,
    limit: Option<u32>,
) -> StdResult<Page<Provider, Addr>> {
    let entries = raw::PROVIDERS
        .range(storage, start_after.map(Bound::exclusive), None, Order::Ascending)
        .map(|entry| entry.map(|(_, provider)| provider));
    Page::collect(entries, limit, |provider| provider.owner.clone())
}

pub fn provider_of_operator(storage: &dyn Storage, operator: &Addr) -> StdResult<Option<Addr>> {
    OPERATORS.may_load(storage, operator)
}

pub fn save_operator(storage: &mut dyn Storage, operator: &Addr, provider: &Addr) -> StdResult<()> {
    OPERATORS.save(storage, operator, provider)
}

pub fn remove_operator(storage: &mut dyn Storage, operator: &Addr) {
    OPERATORS.remove(storage, operator);
}

pub fn root(storage: &dyn Storage, account: &Addr, fingerprint: &[u8]) -> StdResult<Option<StoredRoot>> {
    ROOTS.may_load(storage, (account, fingerprint))
}

/// All roots of an account on record; at most `MAX_ROOTS`.
pub fn roots(storage: &dyn Storage, account: &Addr) -> StdResult<Vec<StoredRoot>> {
    ROOTS
        .prefix(account)
        .range(storage, None, None, Order::Ascending)
        .map(|entry| entry.map(|(_, root)| root))
        .collect()
}

pub fn roots_page(
    storage: &dyn Storage,
    account: &Addr,
    start_after: Option<&[u8]>,
    limit: Option<u32>,
) -> StdResult<Page<StoredRoot, HexBinary>> {
    let entries = ROOTS
        .prefix(account)
        .range(storage, start_after.map(Bound::exclusive), None, Order::Ascending)
        .map(|entry| entry.map(|(_, root)| root));
    Page::collect(entries, limit, |root| root.fingerprint.clone())
}

pub fn save_root(storage: &mut dyn Storage, account: &Addr, root: &StoredRoot) -> StdResult<()> {
    ROOTS.save(storage, (account, root.fingerprint.as_slice()), root)
}

pub fn remove_root(storage: &mut dyn Storage, account: &Addr, fingerprint: &[u8]) {
    ROOTS.remove(storage, (account, fingerprint));
}

/// Who published this key, ever.
pub fn key_publisher(storage: &dyn Storage, key_hash: &[u8]) -> StdResult<Option<Addr>> {
    KEYS.may_load(storage, key_hash)
}

pub fn save_key_publisher(storage: &mut dyn Storage, key_hash: &[u8], account: &Addr) -> StdResult<()> {
    KEYS.save(storage, key_hash, account)
}

/// Until when an account that is not registered is jailed; 0 when it is not.
pub fn outside_jail(storage: &dyn Storage, account: &Addr) -> StdResult<u64> {
    Ok(JAILS.may_load(storage, account)?.unwrap_or_default())
}

pub fn save_outside_jail(storage: &mut dyn Storage, account: &Addr, until: u64) -> StdResult<()> {
    JAILS.save(storage, account, &until)
}

pub fn remove_outside_jail(storage: &mut dyn Storage, account: &Addr) {
    JAILS.remove(storage, account);
}

pub fn attestation(storage: &dyn Storage, provider: &Addr, auditor: &Addr) -> StdResult<Option<Signed>> {
    raw::ATTESTATIONS.may_load(storage, (provider, auditor))
}

pub fn save_attestation(
    storage: &mut dyn Storage,
    provider: &Addr,
    auditor: &Addr,
    signed: &Signed,
) -> StdResult<()> {
    raw::ATTESTATIONS.save(storage, (provider, auditor), signed)?;
    BY_AUDITOR.save(storage, (auditor, provider), &Empty {})
}

pub fn remove_attestation(storage: &mut dyn Storage, provider: &Addr, auditor: &Addr) {
    raw::ATTESTATIONS.remove(storage, (provider, auditor));
    BY_AUDITOR.remove(storage, (auditor, provider));
}

pub fn attestations_of_provider(
    storage: &dyn Storage,
    provider: &Provider,
    start_after: Option<&Addr>,
    limit: Option<u32>,
) -> StdResult<Page<Attestation, Addr>> {
    let entries = raw::ATTESTATIONS
        .prefix(&provider.owner)
        .range(storage, start_after.map(Bound::exclusive), None, Order::Ascending)
        .map(|entry| {
            let (auditor, signed) = entry?;
            Ok(signed.against(Some(provider), provider.owner.clone(), auditor))
        });
    Page::collect(entries, limit, |attestation: &Attestation| attestation.auditor.clone())
}

pub fn attestations_of_auditor(
    storage: &dyn Storage,
    auditor: &Addr,
    start_after: Option<&Addr>,
    limit: Option<u32>,
) -> StdResult<Page<Attestation, Addr>> {
    let entries = BY_AUDITOR
        .prefix(auditor)
        .keys(storage, start_after.map(Bound::exclusive), None, Order::Ascending)
        .map(|owner| {
            let owner = owner?;
            let signed = raw::ATTESTATIONS.load(storage, (&owner, auditor))?;
            Ok(signed.against(provider(storage, &owner)?.as_ref(), owner, auditor.clone()))
        });
    Page::collect(entries, limit, |attestation: &Attestation| attestation.provider.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::{MockApi, MockStorage};
    use std::collections::BTreeSet;

    #[test]
    fn no_two_namespaces_are_the_same() {
        let distinct: BTreeSet<_> = NAMESPACES.iter().collect();
        assert_eq!(distinct.len(), NAMESPACES.len());
    }

    #[test]
    fn every_map_writes_under_a_listed_namespace() {
        let mut storage = MockStorage::new();
        let who = MockApi::default().addr_make("who");
        OWNERSHIP.initialise(&mut storage, &MockApi::default(), who.as_str()).unwrap();
        save_market(&mut storage, &who).unwrap();
        save_operator(&mut storage, &who, &who).unwrap();
        save_key_publisher(&mut storage, b"k", &who).unwrap();
        save_outside_jail(&mut storage, &who, 1).unwrap();
        let root = StoredRoot {
            fingerprint: HexBinary::from([1; 32]),
            key_hash: HexBinary::from([2; 32]),
            der: Binary::default(),
            not_before: 0,
            not_after: 0,
            published_at: 0,
            revoked_at: None,
        };
        save_root(&mut storage, &who, &root).unwrap();
        let signed = Signed { attributes: vec![], attested_at: 0 };
        save_attestation(&mut storage, &who, &who, &signed).unwrap();
        let provider = Provider {
            owner: who.clone(),
            payout: who,
            operators: vec![],
            endpoints: vec![],
            attributes: vec![],
            contact: Default::default(),
            jailed_until: 0,
            root_valid_until: 0,
            registered_at: 0,
            updated_at: 0,
        };
        save_provider(&mut storage, &provider).unwrap();
        cw2::set_contract_version(&mut storage, "c", "0.1.0").unwrap();

        for (key, _) in storage.range(None, None, Order::Ascending) {
            let is_item = NAMESPACES.iter().any(|name| key == name.as_bytes());
            let is_map = NAMESPACES.iter().any(|name| {
                let mut prefix = (name.len() as u16).to_be_bytes().to_vec();
                prefix.extend_from_slice(name.as_bytes());
                key.starts_with(&prefix)
            });
            assert!(is_item || is_map, "{} is not listed", String::from_utf8_lossy(&key));
        }
    }
}
