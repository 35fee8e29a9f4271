//! Scalars with the type that kustomize's reader gives them.

/// What a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`; `yes` and `on` are text.
    Bool,
    /// An integer.
    Int,
    /// A number with a fraction, or too large for an integer.
    Float,
    /// Everything else.
    Text,
}

/// A value without children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The value in its plainest form: `0644` reads `420`, `1.0` reads `1`, `True` reads `true`.
    pub text: String,
    /// Its type.
    pub kind: Kind,
}

impl Scalar {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Scalar { text: text.into(), kind: Kind::Text }
    }

    /// An integer.
    pub fn int(value: i64) -> Self {
        Scalar { text: value.to_string(), kind: Kind::Int }
    }

    /// `null`.
    pub fn null() -> Self {
        Scalar { text: "null".into(), kind: Kind::Null }
    }

    /// The type of an unquoted scalar, by the rules of the YAML library that kustomize uses:
    /// YAML 1.2's, with YAML 1.1's octal numbers and underscores.
    pub fn plain(text: &str) -> Self {
        let named = |kind, text: &str| Scalar { text: text.into(), kind };
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Scalar::null(),
            "true" | "True" | "TRUE" => return named(Kind::Bool, "true"),
            "false" | "False" | "FALSE" => return named(Kind::Bool, "false"),
            _ => {}
        }
        let Some(first) = text.bytes().next() else { return Scalar::null() };
        if !(first.is_ascii_digit() || matches!(first, b'.' | b'+' | b'-')) {
            return Scalar::text(text);
        }
        if let Some(time) = super::timestamp::canonical(text) {
            return Scalar::text(time);
        }
        let digits: String = text.chars().filter(|c| *c != '_').collect();
        if first != b'.'
            && let Some(value) = integer(&digits)
        {
            return named(Kind::Int, &value.to_string());
        }
        match float(&digits) {
            Some(value) => number(value),
            None => Scalar::text(text),
        }
    }
}

fn number(value: f64) -> Scalar {
    let kind = if value.fract() == 0.0 && value.abs() < 1e18 { Kind::Int } else { Kind::Float };
    let text = if kind == Kind::Int { (value as i64).to_string() } else { value.to_string() };
    Scalar { text, kind }
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -value } else { value };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

fn float(text: &str) -> Option<f64> {
    let body = text.trim_start_matches(['+', '-']);
    let signs = text.len() - body.len();
    let plausible = signs <= 1
        && body.bytes().any(|b| b.is_ascii_digit())
        && body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && body.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    if !plausible {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_kustomizes_reader() {
        for (text, kind, value) in [
            ("0644", Kind::Int, "420"),
            ("0o17", Kind::Int, "15"),
            ("0x1F", Kind::Int, "31"),
            ("1_000", Kind::Int, "1000"),
            ("-5", Kind::Int, "-5"),
            ("08", Kind::Int, "8"),
            ("1.0", Kind::Int, "1"),
            ("1.5", Kind::Float, "1.5"),
            ("1e3", Kind::Int, "1000"),
            ("18446744073709551615", Kind::Int, "18446744073709551615"),
            ("yes", Kind::Text, "yes"),
            ("1.2.3", Kind::Text, "1.2.3"),
            ("10Gi", Kind::Text, "10Gi"),
            ("-", Kind::Text, "-"),
            (".", Kind::Text, "."),
            ("12:30", Kind::Text, "12:30"),
            ("TRUE", Kind::Bool, "true"),
            ("~", Kind::Null, "null"),
        ] {
            let scalar = Scalar::plain(text);
            assert_eq!((scalar.kind, scalar.text.as_str()), (kind, value), "{text}");
        }
    }
}
