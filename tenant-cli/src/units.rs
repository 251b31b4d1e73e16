//! How people write amounts, durations, attributes and ids, and how those are written back.

use cloud_std::Money;
use cosmwasm_std::Uint128;
use registry_api::Attribute;
use time::format_description::well_known::Rfc3339;
use time::OffsetDateTime;

/// Seconds of an average month: a 365-day year's twelfth.
pub const MONTH_SECONDS: u64 = 365 * 24 * 3600 / 12;

const UNITS: [(char, u64); 5] = [('w', 7 * 24 * 3600), ('d', 24 * 3600), ('h', 3600), ('m', 60), ('s', 1)];

/// A duration such as `90s`, `10m`, `1h`, `30d` or `1h30m`, in whole seconds; at least one second.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let accepted = "write a number and a unit of s, m, h, d or w, such as 90s, 10m, 1h, 30d or 1h30m";
    let fail = |why: &str| Err(format!("{text:?} is not a duration ({why}): {accepted}"));
    let mut total: u64 = 0;
    let mut digits = String::new();
    let mut last = u64::MAX;
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let Some((_, seconds)) = UNITS.iter().find(|(unit, _)| *unit == c) else {
            return fail(&format!("unknown unit {c:?}"));
        };
        if *seconds >= last {
            return fail("units go from large to small, each once");
        }
        last = *seconds;
        let Ok(count) = digits.parse::<u64>() else {
            return fail("a unit needs a number before it");
        };
        digits.clear();
        total = match count.checked_mul(*seconds).and_then(|part| total.checked_add(part)) {
            Some(total) => total,
            None => return fail("too long"),
        };
    }
    if !digits.is_empty() {
        return fail("the unit is missing");
    }
    if total == 0 {
        return fail("it must be at least one second");
    }
    Ok(total)
}

/// The shortest exact writing that [`parse_duration`] reads back; `0s` for zero.
pub fn duration(seconds: u64) -> String {
    if seconds == 0 {
        return "0s".to_owned();
    }
    let mut rest = seconds;
    let mut out = String::new();
    for (unit, size) in UNITS.iter().filter(|(unit, _)| *unit != 'w') {
        if rest >= *size {
            out.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    out
}

/// An amount with its denom, such as `1000000uakash`.
pub fn parse_money(text: &str) -> Result<Money, String> {
    let fail = |why: &str| {
        Err(format!(
            "{text:?} is not an amount ({why}): write a whole number and the denom, such as 1000000uakash"
        ))
    };
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, denom) = text.split_at(split);
    if digits.is_empty() {
        return fail("no number");
    }
    let Ok(amount) = digits.parse::<u128>() else {
        return fail("larger than 2^128 - 1");
    };
    // The bank module's rule for denoms.
    let first = denom.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let rest = denom.chars().all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c));
    if denom.is_empty() {
        return fail("the denom is missing");
    }
    if !first || !rest || !(3..=128).contains(&denom.len()) {
        return fail("that is no denom");
    }
    Ok(Money::new(denom, amount))
}

/// Several amounts, separated by commas, each denom once, sorted as the bank module wants them.
pub fn parse_funds(text: &str) -> Result<Vec<Money>, String> {
    let mut funds = text.split(',').map(|part| parse_money(part.trim())).collect::<Result<Vec<_>, _>>()?;
    funds.sort_by(|a, b| a.denom.cmp(&b.denom));
    if let Some(twice) = funds.windows(2).find(|pair| pair[0].denom == pair[1].denom) {
        return Err(format!("{text:?} names {} twice: name each denom once", twice[0].denom));
    }
    Ok(funds)
}

/// `key=value`.
pub fn parse_attribute(text: &str) -> Result<Attribute, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok(Attribute::new(key, value)),
        _ => Err(format!("{text:?} is not an attribute: write key=value, such as region=eu-west")),
    }
}

/// A provider's gateway, `https://host:port`.
pub fn parse_endpoint(text: &str) -> Result<String, String> {
    let fail = |why: &str| {
        Err(format!("{text:?} is not a gateway endpoint ({why}): write https://HOST:PORT without a path"))
    };
    let Some(rest) = text.strip_prefix("https://") else {
        return fail("it must begin with https://");
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let Some((host, port)) = authority.rsplit_once(':') else {
        return fail("the port is missing");
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) || (host.contains(':') && !bracketed)
    {
        return fail("that is no host");
    }
    match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok(format!("https://{authority}")),
        _ => fail("the port must be 1 to 65535"),
    }
}

/// An amount per 30.4 days at `price` for `term` seconds, rounded up.
pub fn per_month(price: Uint128, term: u64) -> Uint128 {
    if term == 0 {
        return price;
    }
    let price = price.u128();
    let scaled = price.saturating_mul(u128::from(MONTH_SECONDS));
    Uint128::new(scaled.div_ceil(u128::from(term)))
}

/// Seconds since the epoch as UTC, such as `2026-01-31T12:00:00Z`.
pub fn moment(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("second {seconds}"))
}

/// Seconds since the epoch, by this machine's clock.
pub fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map(|d| d.as_secs())
        .unwrap_or_default()
}

/// Bytes with the largest binary unit that divides them well, such as `512Mi`.
pub fn bytes(count: u64) -> String {
    for (unit, size) in [("Ti", 1u64 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] {
        if count >= size && count.is_multiple_of(size) {
            return format!("{}{unit}", count / size);
        }
    }
    for (unit, size) in
        [("TB", 1_000_000_000_000u64), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)]
    {
        if count >= size && count.is_multiple_of(size) {
            return format!("{}{unit}", count / size);
        }
    }
    format!("{count}B")
}

/// Cores from millicores, such as `0.5` or `2`.
pub fn cores(millicores: u64) -> String {
    let whole = millicores / 1000;
    match millicores % 1000 {
        0 => whole.to_string(),
        rest => format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("90s", 90),
            ("10m", 600),
            ("1h", 3600),
            ("30d", 2_592_000),
            ("1h30m", 5400),
            ("1w2d3h4m5s", 788_645),
        ] {
            assert_eq!(parse_duration(text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn bad_durations_say_what_is_accepted() {
        for text in [
            "",
            "1",
            "s",
            "0s",
            "1.5h",
            "-1h",
            "1H",
            "1h1h",
            "1m1h",
            "99999999999999999999s",
            "9999999999999999999w",
            "1 h",
            "ten",
        ] {
            let error = parse_duration(text).unwrap_err();
            assert!(error.contains(&format!("{text:?}")) && error.contains("1h30m"), "{text}: {error}");
        }
    }

    #[test]
    fn durations_written_are_read_back() {
        for seconds in [1, 59, 60, 61, 3600, 5400, 86_400, 90_061, 31_622_400] {
            assert_eq!(parse_duration(&duration(seconds)), Ok(seconds));
        }
        assert_eq!(duration(0), "0s");
    }

    #[test]
    fn amounts_are_read_and_written_back() {
        for text in [
            "1000000uakash",
            "0uakash",
            "1ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2",
        ] {
            assert_eq!(parse_money(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_amounts_say_what_is_accepted() {
        for text in [
            "",
            "uakash",
            "100",
            "1.5uakash",
            "-1uakash",
            "1 uakash",
            "1u",
            "1_000uakash",
            "1uakash,2uakash",
            "340282366920938463463374607431768211456uakash",
        ] {
            let error = parse_money(text).unwrap_err();
            assert!(
                error.contains(&format!("{text:?}")) && error.contains("1000000uakash"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn funds_are_sorted_and_each_denom_is_named_once() {
        let funds = parse_funds("2uzzz, 1uaaa").unwrap();
        assert_eq!(funds, [Money::new("uaaa", 1u128), Money::new("uzzz", 2u128)]);
        assert!(parse_funds("1uaaa,2uaaa").unwrap_err().contains("twice"));
    }

    #[test]
    fn endpoints_need_scheme_host_and_port() {
        assert_eq!(parse_endpoint("https://a.example:8443/").unwrap(), "https://a.example:8443");
        assert_eq!(parse_endpoint("https://[::1]:1").unwrap(), "https://[::1]:1");
        for text in [
            "a.example:1",
            "http://a:1",
            "https://a",
            "https://:1",
            "https://a:0",
            "https://a:70000",
            "https://a:1/x",
            "https://u@a:1",
            "https://::1:1",
            "https://a b:1",
        ] {
            assert!(parse_endpoint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn attributes_have_a_key_and_a_value() {
        assert_eq!(parse_attribute("a=b=c").unwrap(), Attribute::new("a", "b=c"));
        for text in ["", "a", "=b", "a="] {
            assert!(parse_attribute(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_month_rounds_up_and_never_overflows() {
        assert_eq!(per_month(Uint128::new(1), 3600), Uint128::new(730));
        assert_eq!(per_month(Uint128::new(1), 2_628_001), Uint128::new(1));
        assert_eq!(per_month(Uint128::new(7), 0), Uint128::new(7));
        assert!(per_month(Uint128::MAX, 1) > Uint128::zero());
    }

    #[test]
    fn sizes_are_written_exactly() {
        assert_eq!(bytes(512 << 20), "512Mi");
        assert_eq!(bytes(500_000_000), "500MB");
        assert_eq!(bytes(1025), "1025B");
        assert_eq!(cores(500), "0.5");
        assert_eq!(cores(2000), "2");
        assert_eq!(cores(1250), "1.25");
    }
}
