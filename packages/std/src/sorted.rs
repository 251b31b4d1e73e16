use cosmwasm_std::StdResult;

/// A map for the few entries that one message touches, in the order of their keys. A `BTreeMap` costs a contract about
/// 3 KiB of Wasm for each kind of key.
#[derive(Debug)]
pub struct Sorted<K, V = ()>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Sorted<K, V> {
    /// The value of a key, made by `missing` when there is none.
    pub fn entry(&mut self, key: K, missing: impl FnOnce() -> StdResult<V>) -> StdResult<&mut V> {
        let at = match self.0.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (key, missing()?));
                at
            }
        };
        Ok(&mut self.0[at].1)
    }
}

impl<K: Ord> Sorted<K> {
    /// Whether the key is new.
    pub fn insert(&mut self, key: K) -> bool {
        let found = self.0.binary_search_by(|(known, ())| known.cmp(&key));
        if let Err(at) = found {
            self.0.insert(at, (key, ()));
        }
        found.is_err()
    }
}

impl<K, V> IntoIterator for Sorted<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::StdError;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn it_counts_like_a_map(keys in prop::collection::vec(0u8..20, 0..60)) {
            let (mut sorted, mut map) = (Sorted::<u8, u32>::default(), BTreeMap::<u8, u32>::new());
            for key in keys {
                *sorted.entry(key, || Ok(0)).unwrap() += 1;
                *map.entry(key).or_default() += 1;
            }
            prop_assert!(sorted.into_iter().eq(map));
        }

        #[test]
        fn it_knows_what_is_new_like_a_set(keys in prop::collection::vec(0u8..20, 0..60)) {
            let (mut sorted, mut set) = (Sorted::default(), BTreeSet::new());
            for key in keys {
                prop_assert_eq!(sorted.insert(key), set.insert(key));
            }
        }
    }

    #[test]
    fn a_value_that_cannot_be_made_leaves_no_entry() {
        let mut sorted = Sorted::<u8, u8>::default();
        sorted.entry(1, || Err(StdError::msg("unreadable"))).unwrap_err();
        assert_eq!(*sorted.entry(1, || Ok(7)).unwrap(), 7);
    }
}
