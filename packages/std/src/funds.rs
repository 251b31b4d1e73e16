use cosmwasm_std::{MessageInfo, Uint128};
use thiserror::Error;

use crate::Money;

#[derive(Error, Debug, PartialEq, Eq)]
pub enum FundsError {
    #[error("this message takes no funds, got {got}: send it without funds")]
    NotAccepted { got: String },
    #[error("expected funds in exactly one denom, got {got}: send one coin")]
    NotOneCoin { got: String },
    #[error("amount of {denom} exceeds what this contract counts (2^128 - 1)")]
    TooLarge { denom: String },
}

/// Refuses any funds.
pub fn no_funds(info: &MessageInfo) -> Result<(), FundsError> {
    if info.funds.is_empty() {
        Ok(())
    } else {
        Err(FundsError::NotAccepted { got: listed(info) })
    }
}

/// Exactly one coin of a non-zero amount.
pub fn one_coin(info: &MessageInfo) -> Result<Money, FundsError> {
    match info.funds.as_slice() {
        [coin] if !coin.amount.is_zero() => {
            let amount = Uint128::try_from(coin.amount)
                .map_err(|_| FundsError::TooLarge { denom: coin.denom.clone() })?;
            Ok(Money::new(&coin.denom, amount))
        }
        _ => Err(FundsError::NotOneCoin { got: listed(info) }),
    }
}

fn listed(info: &MessageInfo) -> String {
    if info.funds.is_empty() {
        return "none".to_owned();
    }
    info.funds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
