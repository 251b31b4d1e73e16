use std::collections::BTreeMap;

use cosmwasm_std::Addr;

use super::{ensure, Outcome};

/// Who has what, contracts included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bank {
    pub balances: BTreeMap<(Addr, String), u128>,
    pub burned: BTreeMap<String, u128>,
}

impl Bank {
    pub fn balance(&self, account: &Addr, denom: &str) -> u128 {
        self.balances.get(&(account.clone(), denom.to_owned())).copied().unwrap_or_default()
    }

    /// As the bank module has it: an empty transfer is refused.
    pub fn transfer(&mut self, from: &Addr, to: &Addr, denom: &str, amount: u128) -> Outcome {
        ensure(amount > 0, "an empty transfer")?;
        ensure(self.balance(from, denom) >= amount, "not enough")?;
        *self.balances.entry((from.clone(), denom.to_owned())).or_default() -= amount;
        *self.balances.entry((to.clone(), denom.to_owned())).or_default() += amount;
        Ok(())
    }

    /// A payment by a contract. One that a contract cannot make is a broken promise, whatever the operation.
    pub fn pay(&mut self, from: &Addr, to: &Addr, denom: &str, amount: u128) {
        if amount > 0 {
            self.transfer(from, to, denom, amount).expect("a contract has what it owes");
        }
    }

    pub fn burn(&mut self, from: &Addr, denom: &str, amount: u128) {
        if amount > 0 {
            assert!(self.balance(from, denom) >= amount, "a contract has what it burns");
            *self.balances.entry((from.clone(), denom.to_owned())).or_default() -= amount;
            *self.burned.entry(denom.to_owned()).or_default() += amount;
        }
    }
}
