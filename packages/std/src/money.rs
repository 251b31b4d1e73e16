use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Coin, Uint128};
use std::fmt;

/// An amount of one denom, in its base unit.
#[cw_serde]
#[derive(Eq)]
pub struct Money {
    pub denom: String,
    pub amount: Uint128,
}

impl Money {
    pub fn new(denom: impl Into<String>, amount: impl Into<Uint128>) -> Self {
        Self { denom: denom.into(), amount: amount.into() }
    }

    /// As the bank module writes it.
    pub fn coin(&self) -> Coin {
        Coin::new(self.amount, &self.denom)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_as_the_bank_writes_it() {
        let money = Money::new("uakash", 250u128);
        assert_eq!((money.coin(), money.to_string()), (Coin::new(250u128, "uakash"), "250uakash".to_owned()));
    }
}
