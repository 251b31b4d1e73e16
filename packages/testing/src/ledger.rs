use std::collections::BTreeMap;

use cosmwasm_std::Addr;

use crate::suite::Suite;

/// Balances as a test believes them to be, kept without asking the contracts: it starts from the bank, then only
/// follows what the test says was moved.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    balances: BTreeMap<(Addr, String), u128>,
}

impl Ledger {
    /// The balances of these accounts in these denoms now.
    pub fn of<'a>(suite: &Suite, accounts: impl IntoIterator<Item = &'a Addr>, denoms: &[&str]) -> Self {
        let mut balances = BTreeMap::new();
        for account in accounts {
            for denom in denoms {
                let key = (account.clone(), (*denom).to_owned());
                balances.insert(key, suite.balance_of(account, denom));
            }
        }
        Self { balances }
    }

    /// Panics when the payer has less, as believed.
    #[track_caller]
    pub fn moves(&mut self, from: &Addr, to: &Addr, amount: u128, denom: &str) {
        self.burns(from, amount, denom);
        self.mints(to, amount, denom);
    }

    #[track_caller]
    pub fn burns(&mut self, from: &Addr, amount: u128, denom: &str) {
        let held = self.entry(from, denom);
        *held = held.checked_sub(amount).unwrap_or_else(|| panic!("{from} has {held}, pays {amount}{denom}"));
    }

    #[track_caller]
    pub fn mints(&mut self, to: &Addr, amount: u128, denom: &str) {
        let held = self.entry(to, denom);
        *held = held.checked_add(amount).expect("128 bits");
    }

    pub fn balance(&self, account: &Addr, denom: &str) -> u128 {
        self.balances.get(&(account.clone(), denom.to_owned())).copied().unwrap_or_default()
    }

    /// The first account whose real balance is another.
    pub fn difference(&self, suite: &Suite) -> Option<String> {
        self.balances.iter().find_map(|((account, denom), believed)| {
            let held = suite.balance_of(account, denom);
            (held != *believed).then(|| format!("{account} has {held}{denom}, the ledger says {believed}"))
        })
    }

    /// Panics unless every balance is as believed.
    #[track_caller]
    pub fn assert_matches(&self, suite: &Suite) {
        if let Some(difference) = self.difference(suite) {
            panic!("{difference}");
        }
    }

    fn entry(&mut self, account: &Addr, denom: &str) -> &mut u128 {
        self.balances.entry((account.clone(), denom.to_owned())).or_default()
    }
}
