//! A scalar without quotes as Docker Compose reads it.
//!
//! Compose reads with yaml.v3: YAML 1.2's numbers, YAML 1.1's octals and dates, and `yes` or
//! `12:30` as text. It prints what it read, so `1.10` in an environment is `1.1`.

use std::fmt;

/// The value of a scalar that is no text.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Nothing.
    Null,
    /// A switch.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number from 2^63 on.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// A date without a time, as Go prints it: with one.
    Date(String),
}

/// The value, or `None` where Compose reads the text itself.
pub fn read(raw: &str) -> Option<Scalar> {
    match raw {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Scalar::Null),
        "true" | "True" | "TRUE" => return Some(Scalar::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Scalar::Bool(false)),
        _ => {}
    }
    if !raw.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    if let Some(date) = date(raw) {
        return Some(Scalar::Date(date));
    }
    let plain = raw.replace('_', "");
    if let Some(integer) = integer(&plain) {
        return Some(Scalar::Integer(integer));
    }
    if let Some(large) = unsigned(&plain) {
        return Some(Scalar::Unsigned(large));
    }
    let float = looks_like_a_float(&plain).then(|| plain.parse::<f64>().ok()).flatten()?;
    float.is_finite().then_some(Scalar::Float(float))
}

/// The text that Compose puts into an environment or a label.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Null => Ok(()),
            Scalar::Bool(switch) => write!(f, "{switch}"),
            Scalar::Integer(number) => write!(f, "{number}"),
            Scalar::Unsigned(number) => write!(f, "{number}"),
            Scalar::Float(number) => f.write_str(&float_text(*number)),
            Scalar::Date(text) => f.write_str(text),
        }
    }
}

fn integer(plain: &str) -> Option<i64> {
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, plain.strip_prefix('+').unwrap_or(plain)),
    };
    let radix = |prefix: &str, radix| {
        digits.strip_prefix(prefix).and_then(|rest| i64::from_str_radix(rest, radix).ok())
    };
    let decimal = || match digits.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        Some(octal) => i64::from_str_radix(octal, 8).ok(),
        None => digits.starts_with(|c: char| c.is_ascii_digit()).then(|| digits.parse().ok())?,
    };
    // Of all numbers, only this one has no positive counterpart.
    if plain == "-9223372036854775808" {
        return Some(i64::MIN);
    }
    let value =
        radix("0x", 16).or_else(|| radix("0b", 2)).or_else(|| radix("0o", 8)).or_else(decimal)?;
    Some(if negative { -value } else { value })
}

/// A whole number that only an unsigned one can be.
fn unsigned(plain: &str) -> Option<u64> {
    let of = |prefix: &str, radix| u64::from_str_radix(plain.strip_prefix(prefix)?, radix).ok();
    let decimal = || plain.bytes().all(|byte| byte.is_ascii_digit()).then(|| plain.parse().ok())?;
    of("0x", 16).or_else(|| of("0b", 2)).or_else(|| of("0o", 8)).or_else(decimal)
}

fn looks_like_a_float(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().any(|c| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c))
}

/// Go's shortest form: an exponent below -4 and from 6 on, of at least two digits.
fn float_text(float: f64) -> String {
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return float.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// A date without a time, which Go prints with one.
fn date(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = year.len() == 4
        && (1..=2).contains(&month.len())
        && (1..=2).contains(&day.len())
        && [year, month, day].into_iter().all(digits)
        && parts.next().is_none();
    fits.then(|| format!("{year}-{month:0>2}-{day:0>2} 00:00:00 +0000 UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The output of `docker compose config` of Compose 2.26 for each.
    #[test]
    fn scalars_are_what_compose_prints() {
        for (raw, printed) in [
            ("1.10", "1.1"),
            ("0777", "511"),
            ("0x1F", "31"),
            ("1e3", "1000"),
            ("True", "true"),
            ("1_000", "1000"),
            ("0o17", "15"),
            ("1e21", "1e+21"),
            ("100000000.5", "1.000000005e+08"),
            ("-0", "0"),
            ("+12", "12"),
            (".5", "0.5"),
            ("1.", "1"),
            ("1234567.0", "1.234567e+06"),
            ("0b11", "3"),
            ("9223372036854775808", "9223372036854775808"),
            ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
            ("18446744073709551616", "1.8446744073709552e+19"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-9223372036854775809", "-9.223372036854776e+18"),
            ("2024-01-01", "2024-01-01 00:00:00 +0000 UTC"),
        ] {
            assert_eq!(read(raw).unwrap().to_string(), printed, "{raw}");
        }
        for raw in ["yes", "off", "12:30", "22:22", "1.2.3", "-", "7a", "on"] {
            assert_eq!(read(raw), None, "{raw}");
        }
    }
}
