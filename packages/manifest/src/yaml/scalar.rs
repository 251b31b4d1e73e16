//! What plain scalars stand for, as Akash's SDK reads them.

use saphyr_parser::ScalarStyle;

use super::Value;

/// What a scalar stands for. Only plain ones stand for anything but their text.
pub(super) fn resolve(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_string());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if let Some(value) = number(text) {
        return Value::Number { value, literal: text.to_string() };
    }
    if is_date(text) {
        return Value::Date(text.to_string());
    }
    Value::Text(text.to_string())
}

fn number(text: &str) -> Option<f64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    for (prefix, radix) in [("0b", 2), ("0o", 8), ("0x", 16)] {
        if let Some(digits) = rest.strip_prefix(prefix) {
            let mut value = 0.0;
            for digit in digits.chars() {
                value = value * f64::from(radix) + f64::from(digit.to_digit(radix)?);
            }
            return (!digits.is_empty()).then_some(sign * value);
        }
    }
    match rest {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if rest.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // `.5` is a number without a sign only.
    if !digits(whole)
        || !digits(fraction)
        || (whole.is_empty() && (fraction.is_empty() || rest.len() < text.len()))
    {
        return None;
    }
    let value: f64 = rest.parse().ok()?;
    value.is_finite().then_some(sign * value)
}

/// A number as the SDK spells it where it needs text.
pub(crate) fn number_text(value: f64) -> String {
    // Display never uses an exponent and writes no fraction for whole numbers.
    if value == 0.0 {
        return "0".to_string();
    }
    value.to_string()
}

/// `2024-01-01`, alone or followed by a time.
fn is_date(text: &str) -> bool {
    let year = text.bytes().take(4).take_while(u8::is_ascii_digit).count();
    if year < 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let after_year = &text[5..];
    let month = after_year.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if month == 0 || after_year.as_bytes().get(month) != Some(&b'-') {
        return false;
    }
    let after_month = &after_year[month + 1..];
    let day = after_month.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let time = &after_month[day..];
    if time.is_empty() {
        return month == 2 && day == 2;
    }
    let begins = time.trim_start_matches([' ', '\t']);
    let separated = begins.len() < time.len() || time.starts_with(['T', 't']);
    day > 0 && separated && is_time(begins.trim_start_matches(['T', 't']))
}

/// `10:20:30`, with an optional fraction and an optional zone.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (Some(hour), Some(minute), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |part: &str, least: usize| {
        (least..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (Some(second), Some(rest)) = (rest.get(..2), rest.get(2..)) else { return false };
    if !digits(hour, 1) || !digits(minute, 2) || !digits(second, 2) {
        return false;
    }
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let zone = rest.trim_start_matches([' ', '\t']);
    if zone == "Z" || rest.is_empty() {
        return true;
    }
    let Some(offset) = zone.strip_prefix(['+', '-']) else { return false };
    match offset.split_once(':') {
        Some((hour, minute)) => digits(hour, 1) && digits(minute, 2),
        None => digits(offset, 1),
    }
}
