use std::fmt;
use std::str::FromStr;

/// Akash's average time between blocks, in milliseconds. An SDL's price is for each block; a price of this market
/// is a total for a term. The constant is what ties the two: it is part of the language and never measured, so that
/// the same file and the same term always cost the same.
pub const BLOCK_MILLISECONDS: u64 = 6_098;

/// An amount of money with decimals, exactly: `digits / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    digits: u128,
    scale: u32,
}

/// Digits before and after the point that an amount may have.
const MAX_WHOLE_DIGITS: usize = 20;
const MAX_SCALE: usize = 18;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount: a decimal number such as 100 or 0.5, up to 20 digits before and 18 after the point, is")]
pub struct InvalidAmount(pub String);

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let invalid = || InvalidAmount(text.to_string());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction_given = text.contains('.');
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || !digits_only(whole)
            || !digits_only(fraction)
            || (fraction_given && fraction.is_empty())
        {
            return Err(invalid());
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        if whole.len() > MAX_WHOLE_DIGITS || fraction.len() > MAX_SCALE {
            return Err(invalid());
        }
        // 38 digits always fit.
        let digits = format!("0{whole}{fraction}").parse().map_err(|_| invalid())?;
        Ok(Self { digits, scale: fraction.len() as u32 })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u128.pow(self.scale);
        write!(f, "{}", self.digits / unit)?;
        if self.scale > 0 {
            write!(f, ".{:0width$}", self.digits % unit, width = self.scale as usize)?;
        }
        Ok(())
    }
}

/// The total that `count` replicas cost for `term` seconds at `per_block` each:
/// `ceil(per_block x count x term x 1000 / 6098)`, exactly. None when it is more than 128 bits hold on the way,
/// which is far beyond what the market accepts.
pub fn total_for_term(per_block: &Amount, count: u32, term: u64) -> Option<u128> {
    let replicas_and_time = u128::from(count).checked_mul(u128::from(term))?.checked_mul(1_000)?;
    let divisor = 10_u128.pow(per_block.scale).checked_mul(u128::from(BLOCK_MILLISECONDS))?;
    // Shortened first, so that decimals cost no room: digits up to 2^64 and eighteen decimals stay exact.
    let common = gcd(per_block.digits, divisor);
    let (digits, divisor) = match common {
        0 => (0, 1),
        common => (per_block.digits / common, divisor / common),
    };
    let common = gcd(replicas_and_time, divisor).max(1);
    let (factor, divisor) = (replicas_and_time / common, divisor / common);
    Some(digits.checked_mul(factor)?.div_ceil(divisor))
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
