//! Bounds as JSON values that lie outside the column's values or at their ends.

use super::bounds::Bounds;
use crate::calendar;
use crate::types::DeltaType;

/// Characters kept of a string bound, as Spark keeps.
const STRING_PREFIX: usize = 32;

/// Bytes of a string bound that Parquet must keep so that [`STRING_PREFIX`] characters are whole.
pub(crate) const STRING_PREFIX_BYTES: usize = STRING_PREFIX * 4;

/// Digits up to which a decimal is the same after a trip through a JSON reader's double.
const DOUBLE_DIGITS: usize = 15;

impl Bounds {
    /// The bounds as JSON values; either may be missing.
    pub(super) fn to_json(&self, ty: &DeltaType) -> (Option<String>, Option<String>) {
        match (self, ty) {
            (
                Bounds::Integer(min, max),
                DeltaType::Byte | DeltaType::Short | DeltaType::Integer | DeltaType::Long,
            ) => (Some(min.to_string()), Some(max.to_string())),
            (Bounds::Integer(min, max), DeltaType::Decimal(_, scale)) => {
                (Some(decimal(*min, *scale)), Some(decimal(*max, *scale)))
            }
            (Bounds::Integer(min, max), DeltaType::Date) => (date(*min), date(*max)),
            (Bounds::Integer(min, max), DeltaType::Timestamp | DeltaType::TimestampNtz) => {
                let zone = if *ty == DeltaType::Timestamp { "Z" } else { "" };
                let ceiling = max.div_euclid(1000) + i128::from(max.rem_euclid(1000) != 0);
                (timestamp(min.div_euclid(1000), zone), timestamp(ceiling, zone))
            }
            // A float is written with its double's digits: exact for readers of either width.
            (Bounds::Float(min, max), DeltaType::Float | DeltaType::Double) => {
                (float(*min), float(*max))
            }
            (Bounds::Text(min, max), DeltaType::String) => {
                let text = |bytes| std::str::from_utf8(bytes).ok();
                (
                    text(min).map(|text| quoted(&cut_down(text))),
                    text(max).and_then(cut_up).map(|text| quoted(&text)),
                )
            }
            _ => (None, None),
        }
    }
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A decimal, as a JSON number when a double keeps every digit and as a string otherwise.
fn decimal(unscaled: i128, scale: u8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let scale = usize::from(scale);
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let dot = if scale > 0 { "." } else { "" };
    let text = format!("{sign}{whole}{dot}{fraction}");
    if digits.len() <= DOUBLE_DIGITS { text } else { format!("\"{text}\"") }
}

fn date(days: i128) -> Option<String> {
    calendar::date(days).map(|date| format!("\"{date}\""))
}

fn timestamp(millis: i128, zone: &str) -> Option<String> {
    calendar::timestamp(millis).map(|time| format!("\"{time}{zone}\""))
}

fn float(value: f64) -> Option<String> {
    value.is_finite().then(|| serde_json::Value::from(value).to_string())
}

fn cut_down(text: &str) -> String {
    text.chars().take(STRING_PREFIX).collect()
}

/// The smallest easy text that is not less than any text with the same first characters; none
/// when the prefix has no successor.
fn cut_up(text: &str) -> Option<String> {
    let mut prefix: Vec<char> = text.chars().take(STRING_PREFIX + 1).collect();
    if prefix.len() <= STRING_PREFIX {
        return Some(text.to_string());
    }
    prefix.truncate(STRING_PREFIX);
    while let Some(last) = prefix.pop() {
        // The surrogates are no characters; code points order as their UTF-8 bytes do.
        let next =
            if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(last as u32 + 1) };
        if let Some(next) = next {
            prefix.push(next);
            return Some(prefix.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(decimal(123_456_789_012_345_678, 3), "\"123456789012345.678\"");
        assert_eq!(decimal(9_007_199_254_740_993, 0), "\"9007199254740993\"");
        assert_eq!(decimal(-5, 3), "-0.005");
        assert_eq!(decimal(0, 2), "0.00");
        assert_eq!(decimal(42, 0), "42");
        assert_eq!(decimal(i128::from(i64::MIN), 10), "\"-922337203.6854775808\"");
    }

    #[test]
    fn strings_are_rounded_outward() {
        let long = "é".repeat(40);
        assert_eq!(cut_down(&long).chars().count(), 32);
        let up = cut_up(&long).unwrap();
        assert!(up > long && up.chars().count() == 32, "{up}");
        assert_eq!(cut_up("short"), Some("short".into()));
        assert_eq!(cut_up(&"\u{10ffff}".repeat(33)), None);
        let carry = format!("a{}", "\u{10ffff}".repeat(40));
        assert_eq!(cut_up(&carry), Some("b".into()));
        let surrogates = format!("{}{}", "\u{d7ff}".repeat(32), "x");
        assert!(cut_up(&surrogates).unwrap() > surrogates);
    }

    #[test]
    fn timestamps_are_rounded_outward() {
        let bounds = Bounds::Integer(-1, 1_700_000_000_000_001);
        let (min, max) = bounds.to_json(&DeltaType::Timestamp);
        assert_eq!(min.unwrap(), "\"1969-12-31T23:59:59.999Z\"");
        assert_eq!(max.unwrap(), "\"2023-11-14T22:13:20.001Z\"");
        let (_, max) =
            Bounds::Integer(0, i128::from(i64::MAX) - 1).to_json(&DeltaType::TimestampNtz);
        assert_eq!(max, None);
    }

    #[test]
    fn floats_that_are_not_numbers_have_no_bounds() {
        let bounds = Bounds::Float(f64::NEG_INFINITY, 0.1);
        assert_eq!(bounds.to_json(&DeltaType::Double), (None, Some("0.1".into())));
        assert_eq!(float(f64::from(0.1f32)).unwrap(), "0.10000000149011612");
        assert_eq!(float(1e300).unwrap(), "1e+300");
    }
}
