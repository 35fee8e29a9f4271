//! Kubernetes' quantities: `512Mi`, `1.5Gi`, `250m`, `1e3`, exact.
//!
//! Source: the documentation of `resource.Quantity` in the Kubernetes API. A quantity is counted
//! here in billionths, the finest that Kubernetes keeps; finer amounts are rounded up, away
//! from zero, as there.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};

const BILLION: i128 = 1_000_000_000;
/// The largest amount; Kubernetes, too, reads a larger one as this.
const MAX: i128 = (i64::MAX as i128) * BILLION;

/// An amount: bytes of memory, or CPU cores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i128);

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity(0);

    /// Whole units: bytes, or cores.
    pub fn units(units: i64) -> Self {
        Quantity(i128::from(units) * BILLION)
    }

    /// Bytes of memory; more than Kubernetes can count are its largest amount.
    pub fn bytes(bytes: u64) -> Self {
        Quantity::units(i64::try_from(bytes).unwrap_or(i64::MAX))
    }

    /// The whole bytes, rounded up; none below zero.
    pub fn to_bytes(self) -> u64 {
        u64::try_from(self.ceil().max(0)).unwrap_or(u64::MAX)
    }

    /// Reads a quantity as Kubernetes writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(digits);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let scale = Scale::parse(suffix)?;
        let value = scale.apply(whole, fraction)?;
        Some(Quantity(if negative { -value } else { value }))
    }

    /// The whole units, rounded up.
    pub fn ceil(self) -> i128 {
        self.0.div_euclid(BILLION) + i128::from(self.0.rem_euclid(BILLION) != 0)
    }

    /// Whether it is not a whole number of units: `128m` of memory is an eighth of a byte.
    pub fn is_fractional(self) -> bool {
        self.0 % BILLION != 0
    }
}

/// Bytes for a message, in the largest binary unit: `512 B`, `1.5 KiB`, `384 MiB`.
pub fn show(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (1..UNITS.len()).take_while(|power| bytes >> (10 * power) > 0).count();
    let value = format!("{:.1}", bytes as f64 / (1_u64 << (10 * power)) as f64);
    format!("{} {}", value.strip_suffix(".0").unwrap_or(&value), UNITS[power])
}

/// The factor of a suffix.
enum Scale {
    Binary(u32),
    Decimal(i32),
}

impl Scale {
    fn parse(suffix: &str) -> Option<Self> {
        let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
        if let Some(at) = binary.iter().position(|known| *known == suffix) {
            return Some(Scale::Binary(at as u32 + 1));
        }
        let exponent = match suffix {
            "n" => -9,
            "u" => -6,
            "m" => -3,
            "" => 0,
            "k" => 3,
            "M" => 6,
            "G" => 9,
            "T" => 12,
            "P" => 15,
            "E" => 18,
            _ => {
                let digits = suffix.strip_prefix(['e', 'E'])?;
                let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
                if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                // Beyond three digits everything is the largest amount, or nothing.
                digits.parse::<i32>().unwrap_or(999).clamp(-999, 999)
            }
        };
        Some(Scale::Decimal(exponent))
    }

    /// The number in billionths, rounded up.
    fn apply(&self, whole: &str, fraction: &str) -> Option<i128> {
        // Zeros change nothing, and many of them would not fit.
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Some(0);
        }
        let places = i32::try_from(fraction.len()).ok()?;
        let (factor, exponent) = match self {
            Scale::Binary(power) => (1_i128 << (10 * power), 9 - places),
            Scale::Decimal(power) => (1, power + 9 - places),
        };
        // Digits that are too many for the largest amount, or too few for the smallest.
        let magnitude = i32::try_from(digits.len()).ok()? + exponent;
        if magnitude > 30 {
            return Some(MAX);
        }
        if magnitude < -30 {
            return Some(1);
        }
        let value = if digits.len() > 20 {
            // More digits than are kept: cut, and rounded up.
            let cut = digits.len() - 20;
            let head: i128 = digits[..20].parse().ok()?;
            let rest = digits[20..].bytes().any(|digit| digit != b'0');
            scaled(head + i128::from(rest), factor, exponent + i32::try_from(cut).ok()?)
        } else {
            scaled(digits.parse().ok()?, factor, exponent)
        };
        Some(value.unwrap_or(MAX).min(MAX))
    }
}

/// `value × factor × 10^exponent`, rounded up; `None` when it does not fit.
fn scaled(value: i128, factor: i128, exponent: i32) -> Option<i128> {
    let product = value.checked_mul(factor)?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs());
    if exponent >= 0 {
        return product.checked_mul(power?);
    }
    let Some(power) = power else { return Some(1) };
    Some(product / power + i128::from(product % power != 0))
}

impl Add for Quantity {
    type Output = Quantity;
    fn add(self, other: Quantity) -> Quantity {
        Quantity(self.0.saturating_add(other.0))
    }
}

impl Sub for Quantity {
    type Output = Quantity;
    fn sub(self, other: Quantity) -> Quantity {
        Quantity(self.0.saturating_sub(other.0))
    }
}

impl Mul<i64> for Quantity {
    type Output = Quantity;
    fn mul(self, times: i64) -> Quantity {
        Quantity(self.0.saturating_mul(i128::from(times)))
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Quantity>>(items: I) -> Quantity {
        items.fold(Quantity::ZERO, Add::add)
    }
}

impl fmt::Display for Quantity {
    /// In the largest binary unit that keeps it whole (`1536Mi`); bytes otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_fractional() {
            return write!(f, "{}m", Quantity(self.0 * 1000).ceil());
        }
        let mut whole = self.0 / BILLION;
        let mut unit = "";
        for next in ["Ki", "Mi", "Gi", "Ti"] {
            if whole == 0 || whole % 1024 != 0 {
                break;
            }
            whole /= 1024;
            unit = next;
        }
        f.pad(&format!("{whole}{unit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> i128 {
        Quantity::parse(text).unwrap_or_else(|| panic!("{text}")).ceil()
    }

    #[test]
    fn suffixes_fractions_and_exponents() {
        assert_eq!(bytes("512Mi"), 512 << 20);
        assert_eq!(bytes("1.5Gi"), 3 << 29);
        assert_eq!(bytes("1e3"), 1000);
        assert_eq!(bytes("1E3"), 1000);
        assert_eq!(bytes("2E"), 2_000_000_000_000_000_000);
        assert_eq!(bytes("128M"), 128_000_000);
        assert_eq!(bytes(".5Ki"), 512);
        assert_eq!(bytes("1.Ki"), 1024);
        assert_eq!(bytes("128m"), 1);
        assert!(Quantity::parse("128m").unwrap().is_fractional());
        assert_eq!(bytes("1e-9"), 1);
        assert_eq!(bytes("0"), 0);
    }

    #[test]
    fn a_message_says_the_largest_unit() {
        assert_eq!(show(0), "0 B");
        assert_eq!(show(1023), "1023 B");
        assert_eq!(show(1536), "1.5 KiB");
        assert_eq!(show(384 << 20), "384 MiB");
        assert_eq!(show(10 << 30), "10 GiB");
        assert_eq!(show(u64::MAX), "16777216 TiB");
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "Mi", "1 Gi", "1gi", "1GB", "1K", "0x10", "1e", "1ee3", "1..2", "--1", "."]
        {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn enormous_and_tiny_amounts_stay_bounded() {
        assert_eq!(Quantity::parse("9e999").unwrap().ceil(), i128::from(i64::MAX));
        assert_eq!(bytes(&format!("{}Ei", "9".repeat(400))), i128::from(i64::MAX));
        assert_eq!(bytes(&format!("0.{}1", "0".repeat(400))), 1);
        assert_eq!(bytes(&format!("1{}e-400", "0".repeat(400))), 1);
    }

    #[test]
    fn one_byte_is_one_byte() {
        let ten = Quantity::parse("10Gi").unwrap();
        assert_eq!(ten, Quantity::parse("10737418240").unwrap());
        assert!(Quantity::parse("10737418241").unwrap() > ten);
        assert_eq!(ten.to_string(), "10Gi");
        assert_eq!((ten + Quantity::units(1)).to_string(), "10737418241");
        assert_eq!(Quantity::parse("9024Mi").unwrap().to_string(), "9024Mi");
    }
}
