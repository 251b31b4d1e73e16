//! Quantities as people write them in the configuration: `250ms`, `8GiB`, `0.35`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A length of time such as `250ms`, `10s` or `1h 30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

impl Span {
    pub const fn millis(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    pub const fn secs(s: u64) -> Self {
        Self(Duration::from_secs(s))
    }
}

impl TryFrom<String> for Span {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        humantime::parse_duration(&s).map(Self).map_err(|e| {
            format!("{s:?} is not a length of time ({e}): write it like \"250ms\", \"10s\" or \"1h\"")
        })
    }
}

impl From<Span> for String {
    fn from(v: Span) -> String {
        v.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// Bytes, written as a number or with one of the units KiB, MiB, GiB, TiB, KB, MB, GB, TB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(pub u64);

const SIZE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

impl TryFrom<String> for Size {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        let refused =
            || format!("{s:?} is not a size: write a whole number with a unit, like \"8GiB\" or \"512MiB\"");
        let trimmed = s.trim();
        let (digits, unit) = SIZE_UNITS
            .iter()
            .find_map(|(name, bytes)| trimmed.strip_suffix(name).map(|rest| (rest.trim_end(), *bytes)))
            .unwrap_or((trimmed, 1));
        let count: u64 = digits.parse().map_err(|_| refused())?;
        count.checked_mul(unit).map(Self).ok_or_else(refused)
    }
}

impl From<Size> for String {
    fn from(v: Size) -> String {
        v.to_string()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SIZE_UNITS[..4].iter().find(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes)) {
            Some((unit, bytes)) => write!(f, "{}{unit}", self.0 / bytes),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// Digits after the point that a rate keeps.
pub const RATE_DECIMALS: u32 = 9;

/// A price per unit and hour in the base denom, exact to nine decimals: billionths of the base unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(pub u64);

impl FromStr for Rate {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let refused = || {
            format!("{s:?} is not a price: write a decimal number of at most {RATE_DECIMALS} decimals, like \"120\" or \"0.35\"")
        };
        let (whole, fraction) = s.split_once('.').unwrap_or((s, ""));
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty()
            || !all_digits(whole)
            || !all_digits(fraction)
            || fraction.len() > RATE_DECIMALS as usize
        {
            return Err(refused());
        }
        let whole: u64 = whole.parse().map_err(|_| refused())?;
        let padded = format!("{fraction:0<width$}", width = RATE_DECIMALS as usize);
        let fraction: u64 = padded.parse().map_err(|_| refused())?;
        whole
            .checked_mul(10u64.pow(RATE_DECIMALS))
            .and_then(|n| n.checked_add(fraction))
            .map(Self)
            .ok_or_else(refused)
    }
}

impl TryFrom<String> for Rate {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<Rate> for String {
    fn from(v: Rate) -> String {
        v.to_string()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10u64.pow(RATE_DECIMALS);
        let fraction = format!("{:09}", self.0 % one);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / one),
            digits => write!(f, "{}.{digits}", self.0 / one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_back_as_they_are_written() {
        for (text, bytes) in
            [("8GiB", 8u64 << 30), ("512MiB", 512 << 20), ("1500MB", 1_500_000_000), ("17", 17)]
        {
            let size = Size::try_from(text.to_owned()).unwrap();
            assert_eq!(size.0, bytes, "{text}");
            assert_eq!(Size::try_from(size.to_string()).unwrap(), size);
        }
        for bad in ["", "GiB", "-1GiB", "1.5GiB", "1 gib", "99999999999TiB", "1e9"] {
            assert!(Size::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn rates_are_exact_decimals() {
        assert_eq!("0.35".parse::<Rate>().unwrap().0, 350_000_000);
        assert_eq!("120".parse::<Rate>().unwrap().to_string(), "120");
        assert_eq!("0.000000001".parse::<Rate>().unwrap().0, 1);
        for bad in ["", ".5", "1e3", "-1", "0.0000000001", "1,5", "NaN", "99999999999999"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
