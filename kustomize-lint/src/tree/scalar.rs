//! Scalars with the type that kustomize's reader gives them.

/// The type of a scalar.
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
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The value in its plainest form: `0644` reads `420`, `1.0` reads `1`, `True` reads `true`.
    pub text: String,
    /// Its type.
    pub kind: Kind,
    /// The text in the file, where it is not the plainest form.
    written: Option<Box<str>>,
    /// How it is written.
    style: Style,
}

/// How a scalar is written. A new value takes the style of the one that it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Quoted,
    /// A block (`|`).
    Literal,
    /// A folded block (`>`).
    Folded,
}

/// How a value is written makes no other value of it.
impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.text == other.text
    }
}

impl Eq for Scalar {}

impl Scalar {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Scalar::of(Kind::Text, text)
    }

    /// An integer.
    pub fn int(value: i64) -> Self {
        Scalar::of(Kind::Int, value.to_string())
    }

    /// `null`.
    pub fn null() -> Self {
        Scalar::of(Kind::Null, "null")
    }

    /// `true` or `false`.
    pub fn truth(value: bool) -> Self {
        Scalar::of(Kind::Bool, value.to_string())
    }

    fn of(kind: Kind, text: impl Into<String>) -> Self {
        Scalar { text: text.into(), kind, written: None, style: Style::Plain }
    }

    /// Whether both are the same, and written alike.
    pub(super) fn is(&self, other: &Scalar) -> bool {
        self == other && self.written == other.written && self.style == other.style
    }

    /// Whether it is a number that JSON does not have.
    pub(crate) fn is_endless(&self) -> bool {
        self.kind == Kind::Float && is_endless(&self.text)
    }

    /// The text in the file, which the value becomes where text belongs.
    pub fn written(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.text)
    }

    /// Whether kustomize writes it as a block while it works on it.
    pub(super) fn is_block(&self) -> bool {
        let asks = match self.style {
            Style::Plain => self.text.contains('\n'),
            Style::Quoted => false,
            Style::Literal | Style::Folded => true,
        };
        asks && super::letters::may_be_block(&self.text)
    }

    /// A text in quotes.
    pub(crate) fn quoted(text: impl Into<String>) -> Self {
        Scalar { style: Style::Quoted, ..Scalar::text(text) }
    }

    /// A block (`|`).
    pub(crate) fn literal(text: impl Into<String>) -> Self {
        Scalar { style: Style::Literal, ..Scalar::text(text) }
    }

    /// A folded block.
    pub(crate) fn folded(text: impl Into<String>) -> Self {
        Scalar { style: Style::Folded, ..Scalar::text(text) }
    }

    /// The value as kustomize's reader gets it from kustomize's writer, which adds empty lines to some
    /// folded blocks.
    pub(crate) fn reread(&mut self) {
        if self.style == Style::Folded && self.is_block() {
            self.text = super::folded::rewritten(&self.text);
        }
        if self.style == Style::Folded {
            self.style = Style::Literal;
        }
    }

    /// Forgets the style of a text that kustomize writes anew, before it is read again.
    pub(crate) fn renew(&mut self) {
        self.style = Style::Plain;
    }

    /// Whether kustomize has it in quotes, also where it makes the text itself. Only such a text makes the
    /// value of a merge patch text.
    pub(crate) fn is_quoted(&self) -> bool {
        let unquoted = || Scalar::plain(&self.text).kind == Kind::Text && !self.is_word();
        let is_plain = self.style == Style::Plain && !self.text.contains('\n') && unquoted();
        self.kind == Kind::Text && !is_plain
    }

    /// Whether YAML 1.1 takes the text for a boolean.
    fn is_word(&self) -> bool {
        let words = ["y", "n", "yes", "no", "on", "off"];
        words.iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }

    /// The same value, in quotes or a block where `before` is.
    pub(crate) fn quoted_like(self, before: &Scalar) -> Self {
        Scalar { style: before.style, ..self }
    }

    /// Forgets how the value is written.
    pub(crate) fn forget_style(&mut self) {
        self.reread();
        self.written = None;
        self.style = Style::Plain;
    }

    /// The same value, written like this.
    pub(crate) fn written_as(mut self, written: &str) -> Self {
        self.written = (self.text != written).then(|| written.into());
        self
    }

    /// The type of an unquoted scalar, by the rules of the YAML library that kustomize uses:
    /// YAML 1.2's, with YAML 1.1's octal numbers and underscores.
    pub fn plain(text: &str) -> Self {
        Scalar::read(text).written_as(text)
    }

    fn read(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Scalar::null(),
            "true" | "True" | "TRUE" => return Scalar::truth(true),
            "false" | "False" | "FALSE" => return Scalar::truth(false),
            _ => {}
        }
        let Some(first) = text.bytes().next() else { return Scalar::null() };
        if is_endless(text) {
            return Scalar::of(Kind::Float, text);
        }
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
            return Scalar::of(Kind::Int, value.to_string());
        }
        match float(&digits) {
            Some(value) => number(value),
            None => Scalar::text(text),
        }
    }
}

/// Whether the text is what YAML calls an infinite number or none.
fn is_endless(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(body, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn number(value: f64) -> Scalar {
    // kustomize writes the shortest digits and reads them again: an integer if it fits into 64 bits.
    let text = if value == 0.0 { "0".to_owned() } else { value.to_string() };
    let kind = if integer(&text).is_some() { Kind::Int } else { Kind::Float };
    Scalar::of(kind, text)
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
