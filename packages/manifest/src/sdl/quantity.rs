//! Quantities as Akash's SDK reads them. It computes in binary floating point, and what it computes is hashed, so
//! this does the same operations in the same order, and refuses what does not come out as a whole number.

use crate::limits::{MAX_CPU, MAX_SIZE};
use crate::rules::{shown, Problem};
use crate::yaml::{number_text, Value};

const CPU: &str = "cores such as 0.5 or 2, or millicores such as \"500m\", up to 1000 cores";
const SIZE: &str = "a number with a unit, such as 512Mi: Ki, Mi, Gi, Ti, Pi and Ei count by 1024, k, M, G, T, P and E by 1000";

fn problem<T>(message: String, accepted: &'static str) -> Result<T, Problem> {
    Err(Problem { message, accepted })
}

/// Splits `1.5Gi` into its number and its unit.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.split_at(end)
}

fn decimal(text: &str) -> Option<f64> {
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if !has_digit || text.matches('.').count() > 1 {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A count, and how it was read where that may not be what was meant.
pub(super) struct Quantity {
    pub count: u64,
    pub doubt: Option<String>,
}

/// Millicores.
pub(super) fn cpu(value: &Value) -> Result<Quantity, Problem> {
    let mut doubt = None;
    let (given, millicores) = match value {
        Value::Number { value, literal } => (literal.as_str(), *value * 1_000.0),
        Value::Text(text) => {
            let (number, unit) = split(text);
            let value = match decimal(number) {
                Some(value) if !number.starts_with('.') && !number.ends_with('.') => value,
                _ => return problem(format!("{} is not a number of cores", shown(text)), CPU),
            };
            match unit {
                "" => (text.as_str(), value * 1_000.0),
                "m" | "M" => (text.as_str(), value),
                unit if letters(unit) => {
                    doubt = Some(format!("{} is read as {number} cores", shown(text)));
                    (text.as_str(), value * 1_000.0)
                }
                unit => return problem(format!("{} is not a unit of cpu", shown(unit)), CPU),
            }
        }
        _ => return problem("cpu units are a number or text".to_string(), CPU),
    };
    // Negative and not-a-number fall through to the last line.
    if millicores >= 1.0 && millicores <= MAX_CPU as f64 {
        if millicores.fract() == 0.0 {
            return Ok(Quantity { count: millicores as u64, doubt });
        }
        return problem(
            format!("{} comes to {} millicores in Akash's own tools", shown(given), number_text(millicores)),
            "a whole number of millicores; written as such it is exact: \"2010m\" for 2.01",
        );
    }
    problem(format!("{} is out of range", shown(given)), CPU)
}

/// Bytes.
pub(super) fn size(text: &str) -> Result<Quantity, Problem> {
    let (number, unit) = split(text);
    let Some(value) = decimal(number) else {
        return problem(format!("{} is not a size", shown(text)), SIZE);
    };
    if unit.is_empty() {
        return problem(format!("{} has no unit", shown(text)), SIZE);
    }
    if !letters(unit) {
        return problem(format!("{} is not a unit of size", shown(unit)), SIZE);
    }
    let unit_lower = unit.to_ascii_lowercase();
    let (factor, known) = match unit_lower.as_bytes() {
        b"b" => (1.0, true),
        [prefix, b'i'] => power(1_024.0, *prefix),
        [prefix] | [prefix, b'b'] => power(1_000.0, *prefix),
        // Only a lone i makes a unit count by 1024: Akash's SDK takes MiB for MB.
        [prefix, ..] => (power(1_000.0, *prefix).0, false),
        [] => (1.0, false),
    };
    let bytes = (value * factor).ceil();
    if bytes >= 1.0 && bytes <= MAX_SIZE as f64 {
        let count = bytes as u64;
        let doubt = (!known).then(|| format!("{} is read as {count} bytes", shown(text)));
        return Ok(Quantity { count, doubt });
    }
    problem(format!("{} is out of range", shown(text)), "1b to 8Pi")
}

fn letters(unit: &str) -> bool {
    unit.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// What a prefix multiplies by, and whether it is one.
fn power(base: f64, prefix: u8) -> (f64, bool) {
    match b"kmgtpe".iter().position(|known| *known == prefix) {
        // Exact for both bases: the largest is 2^60 or 10^18.
        Some(exponent) => ((0..exponent).fold(base, |product, _| product * base), true),
        None => (1.0, false),
    }
}
