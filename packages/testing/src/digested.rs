//! The chain's storage, with a digest of all that is in it.

use std::hash::{DefaultHasher, Hasher};

use cosmwasm_std::testing::MockStorage;
use cosmwasm_std::{Order, Record, Storage};

/// Where cw-multi-test keeps the bank: the namespace with its length before it.
const BANK: &[u8] = b"\0\x04bank";

/// What is stored, and sums of the hashes of its entries: what was stored in another order sums up to the same, and
/// each write costs the same however much there is.
#[derive(Default)]
pub struct Digested {
    stored: MockStorage,
    all: u64,
    bank: u64,
}

impl Digested {
    /// Of every contract and every balance.
    pub fn digest(&self) -> u64 {
        self.all
    }

    /// Of every balance.
    pub fn bank_digest(&self) -> u64 {
        self.bank
    }

    fn forget(&mut self, key: &[u8]) {
        if let Some(value) = self.stored.get(key) {
            let entry = entry(key, &value);
            self.all = self.all.wrapping_sub(entry);
            if key.starts_with(BANK) {
                self.bank = self.bank.wrapping_sub(entry);
            }
        }
    }
}

impl Storage for Digested {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.stored.get(key)
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        self.stored.range(start, end, order)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        self.forget(key);
        self.stored.set(key, value);
        let entry = entry(key, value);
        self.all = self.all.wrapping_add(entry);
        if key.starts_with(BANK) {
            self.bank = self.bank.wrapping_add(entry);
        }
    }

    fn remove(&mut self, key: &[u8]) {
        self.forget(key);
        self.stored.remove(key);
    }
}

fn entry(key: &[u8], value: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_usize(key.len());
    hasher.write(key);
    hasher.write(value);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;

    #[test]
    fn the_digest_is_that_of_the_entries_however_they_came_there() {
        let (mut straight, mut winding) = (Digested::default(), Digested::default());
        straight.set(b"a", b"1");
        straight.set(b"b", b"2");
        winding.set(b"b", b"1");
        winding.set(b"c", b"1");
        winding.set(b"a", b"1");
        assert_ne!(straight.digest(), winding.digest());
        winding.set(b"b", b"2");
        winding.remove(b"c");
        winding.remove(b"d");
        assert_eq!(straight.digest(), winding.digest());
        assert_eq!(straight.bank_digest(), 0);
    }

    #[test]
    fn coins_that_move_change_the_digest_of_the_bank_and_nothing_else_does() {
        let mut suite = Suite::builder().tenants(2).build();
        let of = |suite: &Suite| suite.app.storage().bank_digest();
        let before = of(&suite);
        let (from, to) = (suite.tenants[0].clone(), suite.tenants[1].clone());
        suite.donate(&from, &to, 7, crate::DENOM).expect("sent");
        let after = of(&suite);
        assert_ne!(before, after);
        let stored = suite.app.storage().digest();
        suite.app.storage_mut().set(b"elsewhere", b"1");
        assert_eq!(of(&suite), after);
        assert_ne!(suite.app.storage().digest(), stored);
    }
}
