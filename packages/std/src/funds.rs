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

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::{testing::message_info, Addr, Coin, Uint256};

    fn with(funds: &[Coin]) -> MessageInfo {
        message_info(&Addr::unchecked("sender"), funds)
    }

    #[test]
    fn one_coin_takes_exactly_one_non_zero_coin() {
        assert_eq!(one_coin(&with(&[Coin::new(5u128, "a")])), Ok(Money::new("a", 5u128)));
        for funds in [vec![], vec![Coin::new(0u128, "a")], vec![Coin::new(1u128, "a"), Coin::new(1u128, "b")]]
        {
            assert!(matches!(one_coin(&with(&funds)), Err(FundsError::NotOneCoin { .. })), "{funds:?}");
        }
    }

    #[test]
    fn an_amount_beyond_128_bits_is_refused_and_not_cut() {
        let huge = Coin::new(Uint256::from(u128::MAX) + Uint256::one(), "a");
        assert_eq!(one_coin(&with(&[huge])), Err(FundsError::TooLarge { denom: "a".into() }));
    }

    #[test]
    fn a_message_without_funds_names_what_it_got() {
        assert_eq!(no_funds(&with(&[])), Ok(()));
        let error = no_funds(&with(&[Coin::new(3u128, "a"), Coin::new(4u128, "b")])).unwrap_err();
        assert_eq!(error.to_string(), "this message takes no funds, got 3a, 4b: send it without funds");
    }
}
