//! The forms of texts: what the API server, or the controller of a custom resource, can read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::definition::Form;

impl Form {
    /// Whether the text has the form.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Form::Base64 => is_base64(text),
            Form::Time => is_time(text),
            Form::DnsLabel => text.len() <= 63 && is_label(text),
            Form::DnsSubdomain => is_subdomain(text),
            Form::Hostname => is_subdomain(text.strip_prefix("*.").unwrap_or(text)),
            Form::HeaderName => {
                let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
                !text.is_empty() && text.bytes().all(allowed)
            }
            Form::GatewayDuration => is_gateway_duration(text),
            Form::GoDuration => is_go_duration(text),
        }
    }

    /// What the form is called.
    pub(super) fn description(self) -> &'static str {
        match self {
            Form::Base64 => "base64",
            Form::Time => "a time such as `2025-01-31T09:30:00Z`",
            Form::DnsLabel => "a name of lower-case letters, digits and `-`",
            Form::DnsSubdomain => "a name of lower-case letters, digits, `-` and `.`",
            Form::Hostname => "a host name such as `www.example.org` or `*.example.org`",
            Form::HeaderName => "a name that HTTP allows",
            Form::GatewayDuration => "a duration such as `1h30m`, in `h`, `m`, `s` and `ms`",
            Form::GoDuration => "a duration such as `1h30m`, whose longest unit is `h`",
        }
    }
}

/// As Go's decoder reads it: line ends do not count.
fn is_base64(text: &str) -> bool {
    let letters: Vec<u8> = text.bytes().filter(|byte| !b"\r\n".contains(byte)).collect();
    STANDARD.decode(letters).is_ok()
}

fn is_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else { return false };
    let zone = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let zone_fits =
        zone == "Z" || zone.strip_prefix(['+', '-']).is_some_and(|zone| has_shape(zone, "99:99"));
    has_shape(date, "9999-99-99")
        && has_shape(time, "99:99:99")
        && zone_fits
        && is_digits(fraction)
        && in_range(&date[5..7], 1, 12)
        && in_range(&date[8..], 1, 31)
        && in_range(&time[..2], 0, 23)
        && in_range(&time[3..5], 0, 59)
        && in_range(&time[6..], 0, 59)
}

/// Whether the text has a digit for each `9` and is otherwise the same.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'9' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn in_range(digits: &str, first: u8, last: u8) -> bool {
    digits.parse().is_ok_and(|number: u8| (first..=last).contains(&number))
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_gateway_duration(text: &str) -> bool {
    let parts = parts(text);
    let fits = |(number, unit): &(&str, &str)| {
        is_digits(number) && number.len() <= 5 && matches!(*unit, "h" | "m" | "s" | "ms")
    };
    (1..=4).contains(&parts.len()) && parts.iter().all(fits)
}

fn is_go_duration(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fits = |(number, unit): &(&str, &str)| {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| part.is_empty() || is_digits(part);
        *number != "."
            && !number.is_empty()
            && digits(whole)
            && digits(fraction)
            && matches!(*unit, "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h")
    };
    let parts = parts(text);
    text == "0" || !parts.is_empty() && parts.iter().all(fits)
}

/// Numbers and the units behind them.
fn parts(text: &str) -> Vec<(&str, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
        let end = rest[number..].find(is_number).map_or(rest.len(), |unit| number + unit);
        found.push((&rest[..number], &rest[number..end]));
        rest = &rest[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(form.fits(text), "{form:?} {text:?}");
        }
        for text in bad {
            assert!(!form.fits(text), "{form:?} {text:?}");
        }
    }

    #[test]
    fn base64_is_what_go_decodes() {
        let bad = ["a", "YQ", "YQ=", "YW Jj", "secret", "<value>", "_-8="];
        check(Form::Base64, &["", "YQ==", "YWJj", "YW\nJj\n", "/+8="], &bad);
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        let good =
            ["2024-02-29T23:59:59Z", "2024-01-01T00:00:00.123+02:00", "2024-01-01T00:00:00-11:30"];
        let bad = [
            "",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+2",
            "ä024-01-01T00:00:00Z",
        ];
        check(Form::Time, &good, &bad);
    }

    #[test]
    fn names_are_those_of_dns() {
        let long = "a".repeat(64);
        check(Form::DnsLabel, &["a", "a-1", "0"], &["", "-a", "a-", "A", "a.b", "a_b", &long]);
        check(
            Form::DnsSubdomain,
            &["a", "a.b-c.1", &long],
            &["", "a..b", ".a", "a.", "*.a", "a b"],
        );
        check(Form::Hostname, &["a.b", "*.a.b"], &["*", "*.", "a.*.b", "**.a", "A.b", "a:80"]);
        check(Form::HeaderName, &["X-A", "x_1"], &["", "a b", "a:", "ä"]);
    }

    #[test]
    fn durations_are_those_of_their_readers() {
        let bad = ["", "1", "1d", "1.5s", "-1s", "s", "1h1h1h1h1h", "100000s"];
        check(Form::GatewayDuration, &["10s", "1h30m", "500ms", "0s"], &bad);
        let good = ["0", "1h", "1h30m", "1.5h", "-1s", "+5m", ".5s", "1.s", "10µs", "1ns"];
        check(
            Form::GoDuration,
            &good,
            &["", "1", "1d", "1w", "h", ".s", "1 h", "--1s", "1..5s", "∞"],
        );
    }
}
