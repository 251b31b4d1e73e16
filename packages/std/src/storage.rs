//! cw-storage-plus' `Item` and `Map` for values with fields: the same keys and the same bytes, read through [`Json`].
//! An index whose values are empty, numbers or addresses gains nothing by it.

use std::marker::PhantomData;

use cosmwasm_std::{to_json_vec, Addr, CustomQuery, Order, QuerierWrapper, StdResult, Storage};
use cw_storage_plus::{Bound, KeyDeserialize, PrimaryKey};
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::json::Json;

/// One value under one key.
pub struct Single<T> {
    stored: cw_storage_plus::Item<Json>,
    kind: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Single<T> {
    pub const fn new(key: &'static str) -> Self {
        Self { stored: cw_storage_plus::Item::new(key), kind: PhantomData }
    }

    pub fn save(&self, storage: &mut dyn Storage, value: &T) -> StdResult<()> {
        storage.set(self.stored.as_slice(), &to_json_vec(value)?);
        Ok(())
    }

    pub fn load(&self, storage: &dyn Storage) -> StdResult<T> {
        self.stored.load(storage)?.read()
    }

    pub fn may_load(&self, storage: &dyn Storage) -> StdResult<Option<T>> {
        self.stored.may_load(storage)?.map(Json::read).transpose()
    }
}

/// Values under keys of one kind.
pub struct Table<K, T> {
    stored: cw_storage_plus::Map<K, Json>,
    kind: PhantomData<T>,
}

impl<K, T> Table<K, T> {
    pub const fn new(namespace: &'static str) -> Self {
        Self { stored: cw_storage_plus::Map::new(namespace), kind: PhantomData }
    }
}

impl<'a, K: PrimaryKey<'a>, T: Serialize + DeserializeOwned> Table<K, T> {
    pub fn save(&self, storage: &mut dyn Storage, key: K, value: &T) -> StdResult<()> {
        storage.set(&self.stored.key(key), &to_json_vec(value)?);
        Ok(())
    }

    pub fn load(&self, storage: &dyn Storage, key: K) -> StdResult<T> {
        self.stored.load(storage, key)?.read()
    }

    pub fn may_load(&self, storage: &dyn Storage, key: K) -> StdResult<Option<T>> {
        self.stored.may_load(storage, key)?.map(Json::read).transpose()
    }

    pub fn remove(&self, storage: &mut dyn Storage, key: K) {
        self.stored.remove(storage, key);
    }

    /// Reads a value of another contract's storage by raw query.
    pub fn query<Q: CustomQuery>(
        &self,
        querier: &QuerierWrapper<Q>,
        contract: Addr,
        key: K,
    ) -> StdResult<Option<T>> {
        self.stored.query(querier, contract, key)?.map(Json::read).transpose()
    }

    /// What comes after the first parts of a key.
    pub fn prefix(&self, prefix: K::Prefix) -> Prefix<K::Suffix, T>
    where
        K::Suffix: KeyDeserialize,
    {
        Prefix { stored: self.stored.prefix(prefix), kind: PhantomData }
    }

    pub fn range<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'a, K>>,
        max: Option<Bound<'a, K>>,
        order: Order,
    ) -> Entries<'c, K::Output, T>
    where
        K: KeyDeserialize,
        K::Output: 'static,
    {
        Entries { stored: self.stored.range(storage, min, max, order), kind: PhantomData }
    }
}

/// The values whose keys begin alike.
pub struct Prefix<K: KeyDeserialize, T> {
    stored: cw_storage_plus::Prefix<K, Json, K>,
    kind: PhantomData<T>,
}

impl<'b, K: KeyDeserialize + PrimaryKey<'b>, T: DeserializeOwned> Prefix<K, T> {
    pub fn range<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'b, K>>,
        max: Option<Bound<'b, K>>,
        order: Order,
    ) -> Entries<'c, K::Output, T>
    where
        K::Output: 'static,
    {
        Entries { stored: self.stored.range(storage, min, max, order), kind: PhantomData }
    }

    pub fn keys<'c>(
        &self,
        storage: &'c dyn Storage,
        min: Option<Bound<'b, K>>,
        max: Option<Bound<'b, K>>,
        order: Order,
    ) -> Box<dyn Iterator<Item = StdResult<K::Output>> + 'c>
    where
        K::Output: 'static,
    {
        self.stored.keys(storage, min, max, order)
    }
}

/// Keys and values in the order of the keys.
pub struct Entries<'c, K, T> {
    stored: Box<dyn Iterator<Item = StdResult<(K, Json)>> + 'c>,
    kind: PhantomData<T>,
}

impl<K, T: DeserializeOwned> Iterator for Entries<'_, K, T> {
    type Item = StdResult<(K, T)>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.stored.next()?.and_then(|(key, value)| Ok((key, value.read()?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::MockStorage;
    use cosmwasm_std::Coin;

    const COINS: Table<u64, Coin> = Table::new("coins");

    #[test]
    fn a_table_keeps_its_values_by_key_until_they_are_removed() {
        let mut storage = MockStorage::new();
        let coins = [(1u64, Coin::new(5u128, "uone")), (7, Coin::new(6u128, "useven"))];
        for (key, coin) in &coins {
            COINS.save(&mut storage, *key, coin).unwrap();
        }
        let found: Vec<_> =
            COINS.range(&storage, None, None, Order::Ascending).collect::<Result<_, _>>().unwrap();
        assert_eq!(found, coins);
        COINS.remove(&mut storage, 1);
        assert_eq!(COINS.may_load(&storage, 1).unwrap(), None);
        assert_eq!(COINS.may_load(&storage, 7).unwrap().as_ref(), Some(&coins[1].1));
        assert!(COINS.load(&storage, 1).is_err());
    }

    #[test]
    fn what_it_stores_is_what_cw_storage_plus_stores() {
        let (mut ours, mut theirs) = (MockStorage::new(), MockStorage::new());
        let coin = Coin::new(5u128, "uone");
        COINS.save(&mut ours, 9, &coin).unwrap();
        cw_storage_plus::Map::<u64, Coin>::new("coins").save(&mut theirs, 9, &coin).unwrap();
        let all = |storage: &MockStorage| storage.range(None, None, Order::Ascending).collect::<Vec<_>>();
        assert_eq!(all(&ours), all(&theirs));
    }
}
