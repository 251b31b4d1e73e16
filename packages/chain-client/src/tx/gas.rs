use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Digits after the point that are kept, as the chain itself does.
const DECIMALS: u32 = 18;

/// What one unit of gas costs: a denom and a decimal amount of its base unit, such as `0.025` of `uakash`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct GasPrice {
    pub denom: String,
    /// In 10^-18 of the base unit.
    atto: u128,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    denom: String,
    amount: String,
}

impl GasPrice {
    pub fn new(denom: impl Into<String>, amount: &str) -> Result<Self, String> {
        let denom = denom.into();
        if denom.is_empty() {
            return Err("the gas price has no denom".to_owned());
        }
        let wrong = || {
            format!(
                "gas price {amount:?} is not a decimal number with at most {DECIMALS} places, such as 0.025"
            )
        };
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
        let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > DECIMALS as usize {
            return Err(wrong());
        }
        let whole: u128 = whole.parse().map_err(|_| wrong())?;
        let fraction: u128 = format!("{fraction:0<18}").parse().map_err(|_| wrong())?;
        let atto = whole.checked_mul(10u128.pow(DECIMALS)).and_then(|w| w.checked_add(fraction));
        Ok(Self { denom, atto: atto.ok_or_else(wrong)? })
    }

    /// The fee for this much gas, rounded up.
    pub fn fee(&self, gas: u64) -> u128 {
        self.atto.saturating_mul(u128::from(gas)).div_ceil(10u128.pow(DECIMALS))
    }

    /// The roundest price at which this much gas costs exactly `fee`: a node names the fee, rounded up, and people
    /// want the price behind it.
    pub fn behind(denom: &str, fee: u128, gas: u64) -> Self {
        let gas = u128::from(gas.max(1));
        let exact = fee.saturating_mul(10u128.pow(DECIMALS)) / gas;
        let too_low = fee.saturating_sub(1).saturating_mul(10u128.pow(DECIMALS)) / gas;
        let rounded = (0..DECIMALS).map(|places| {
            let step = 10u128.pow(DECIMALS - places);
            exact / step * step
        });
        let atto = rounded.into_iter().find(|price| *price > too_low).unwrap_or(exact);
        Self { denom: denom.to_owned(), atto }
    }

    /// The amount as a decimal number.
    pub fn amount(&self) -> String {
        let unit = 10u128.pow(DECIMALS);
        let fraction = format!("{:018}", self.atto % unit);
        let fraction = fraction.trim_end_matches('0');
        let whole = self.atto / unit;
        if fraction.is_empty() {
            whole.to_string()
        } else {
            format!("{whole}.{fraction}")
        }
    }
}

impl fmt::Display for GasPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount(), self.denom)
    }
}

/// As the SDK writes it: `0.025uakash`.
impl FromStr for GasPrice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        Self::new(&text[end..], &text[..end])
    }
}

impl TryFrom<Written> for GasPrice {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Self::new(written.denom, &written.amount)
    }
}

impl From<GasPrice> for Written {
    fn from(price: GasPrice) -> Self {
        Written { amount: price.amount(), denom: price.denom }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_rounded_up_and_prices_keep_their_digits() {
        let price = GasPrice::new("uakash", "0.025").unwrap();
        assert_eq!((price.fee(0), price.fee(1), price.fee(40), price.fee(41)), (0, 1, 1, 2));
        assert_eq!(price.to_string(), "0.025uakash");
        assert_eq!("0.025uakash".parse::<GasPrice>().unwrap(), price);
        assert_eq!(GasPrice::new("uakash", "3").unwrap().to_string(), "3uakash");
    }

    #[test]
    fn the_price_behind_a_rounded_fee_is_the_round_one() {
        for gas in [40u64, 52_413, 104_827, 1_000_003] {
            let price = GasPrice::new("uakash", "0.025").unwrap();
            assert_eq!(GasPrice::behind("uakash", price.fee(gas), gas).fee(gas), price.fee(gas));
        }
        assert_eq!(GasPrice::behind("uakash", 2621, 104_827).amount(), "0.025");
    }

    #[test]
    fn what_is_no_decimal_number_is_refused() {
        for amount in ["", ".5", "5.", "-1", "1e3", "0,025", "0.0000000000000000001", "1.2.3"] {
            assert!(GasPrice::new("uakash", amount).is_err(), "{amount:?}");
        }
        assert!(GasPrice::new("", "1").is_err());
        let unknown = r#"{"denom":"uakash","amount":"1","unit":"x"}"#;
        assert!(serde_json::from_str::<GasPrice>(unknown).is_err());
    }
}
