//! The forms of texts that the API server, or the controller of a custom resource, can read.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use super::definition::Form;

impl Form {
    /// Whether the text has the form.
    pub(in crate::api) fn fits(self, text: &str) -> bool {
        match self {
            Form::Base64 => is_base64(text),
            Form::Time => TIME.is_match(text),
            Form::DnsLabel => text.len() <= 63 && is_label(text),
            Form::DnsSubdomain => is_subdomain(text),
            Form::Hostname => is_subdomain(text.strip_prefix("*.").unwrap_or(text)),
            Form::HeaderName => {
                let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
                !text.is_empty() && text.bytes().all(allowed)
            }
            Form::GatewayDuration => GATEWAY_DURATION.is_match(text),
            Form::GoDuration => GO_DURATION.is_match(text),
        }
    }

    /// The name of the form.
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

/// RFC 3339 as Go reads it.
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
    let time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?";
    pattern(&format!("{date}T{time}(Z|[+-][0-9]{{2}}:[0-9]{{2}})"))
});

static GATEWAY_DURATION: LazyLock<Regex> = LazyLock::new(|| pattern("([0-9]{1,5}(h|m|s|ms)){1,4}"));

static GO_DURATION: LazyLock<Regex> =
    LazyLock::new(|| pattern("[+-]?(0|(([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+)"));

/// A pattern for the whole text.
fn pattern(text: &str) -> Regex {
    Regex::new(&format!("^(?:{text})$")).expect("a pattern")
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
