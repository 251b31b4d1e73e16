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

    /// The lowest price at which this much gas costs at least `fee`.
    pub fn at_least(denom: &str, fee: u128, gas: u64) -> Self {
        let atto = fee.saturating_mul(10u128.pow(DECIMALS)).div_ceil(u128::from(gas.max(1)));
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
