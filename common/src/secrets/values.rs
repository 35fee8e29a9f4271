//! Values that are a secret whatever their name, and values that are none.

use super::names::names_address;
use super::names_secret;
use crate::compose::variables::{Part, parts};

/// Values that stand where a secret will be, in lower case.
const DUMMIES: [&str; 19] = [
    "",
    "-",
    "[]",
    "{}",
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "dummy",
    "example",
    "fake",
    "mock",
    "none",
    "null",
    "placeholder",
    "replace-me",
    "replace_me",
    "replaceme",
    "test",
];

/// Beginnings of tokens that a service issues in a form of its own, and how many letters, digits,
/// `-` and `_` follow at least.
const ISSUED: &[(&str, usize)] = &[
    // AWS: long-lived and temporary access keys.
    ("AKIA", 16),
    ("ASIA", 16),
    // GitHub, GitLab.
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    // Slack, Stripe, Google, npm.
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk_live_", 20),
    ("AIza", 35),
    ("npm_", 30),
];

/// The line that a private key begins with contains this, in every format of OpenSSL and OpenSSH.
pub(super) const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Whether a variable with this value gives a secret away: the question of every rule that reports.
pub fn is_secret(name: &str, value: &str) -> bool {
    names_secret(name) && !is_placeholder(value) && !is_setting(name, value)
        || has_password(value)
        || value.contains(PRIVATE_KEY)
        || value.split(|c: char| !is_of_token(c)).any(is_issued)
}

/// Whether a value can be shown whatever its name: nothing of it is the secret, or it is a switch.
pub fn is_harmless(value: &str) -> bool {
    stands_in(value) || is_only_references(value) || matches!(value, "true" | "false")
}

/// Whether a value is no secret: nothing, a placeholder (`<token>`, `${TOKEN}`, `REPLACE_ME`), a
/// reference (`$(TOKEN)`), a dummy (`test`), or encrypted (SOPS, Vault).
pub fn is_placeholder(value: &str) -> bool {
    stands_in(value)
        || value.contains("$(")
        || value.contains("${") && !has_default(value)
        || is_variable(value)
}

/// Whether a value stands where a secret will be, or is encrypted.
fn stands_in(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let within = |open: &str, close: &str| value.starts_with(open) && value.ends_with(close);
    DUMMIES.contains(&lower.as_str())
        || within("<", ">")
        || within("{{", "}}")
        || within("ENC[", "]")
        || value.trim_start_matches('>').starts_with("vault:") && value.contains('#')
        || within("[", "]") && value.len() > 2 && value[1..].starts_with(char::is_uppercase)
        || ["xxx", "***", "...", "your-", "your_", "my-secret"]
            .iter()
            .any(|mark| lower.starts_with(mark))
}

/// Whether a value has no letter and no digit beside its `${NAME}`, `$(NAME)` and `$NAME`.
fn is_only_references(value: &str) -> bool {
    let mut parts = value.split('$').map(|part| part.trim_matches(['"', '\'']));
    let plain = |text: &str| !text.contains(char::is_alphanumeric);
    let first = parts.next().unwrap_or_default();
    let behind = |part: &str| match part.chars().next() {
        Some(open @ ('{' | '(')) => {
            let close = if open == '{' { '}' } else { ')' };
            part.split_once(close).is_some_and(|(_, behind)| plain(behind))
        }
        _ => part.is_empty() || is_variable(&format!("${part}")),
    };
    // A shell puts in what a command prints.
    value.starts_with("$(") && value.ends_with(')')
        || value.contains('$') && plain(first) && !has_default(value) && parts.all(behind)
}

/// Whether a text is `${NAME}` or several, each with or without a default, and has no letter and no
/// digit beside them. Then their names are names: those in `abc$def` may be a part of a password.
pub fn has_only_references(text: &str) -> bool {
    parts(text).iter().all(|part| match part {
        Part::Literal(text) => !text.contains(char::is_alphanumeric),
        Part::Reference(_) => true,
        Part::Lone(_) | Part::Bad(_) => false,
    })
}

/// Whether a value is a shell's `$NAME`, or `$$NAME` where Compose reads it first.
fn is_variable(value: &str) -> bool {
    let name = value.trim_start_matches('$');
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    name.len() < value.len()
        && begins
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// Whether a `${NAME:-default}` has a text of its own, which may be the secret.
fn has_default(value: &str) -> bool {
    value.split("${").skip(1).any(|reference| {
        let name = reference.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        let text = name.trim_start_matches(':').strip_prefix(['-', '=', '+']);
        text.is_some_and(|text| !text.is_empty() && !text.starts_with(['}', '$']))
    })
}

/// Whether a variable's value cannot be a secret whatever its name says: a switch, a number, a
/// path, an address.
fn is_setting(name: &str, value: &str) -> bool {
    let value = value.trim();
    let number = value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit());
    number
        || ["true", "false", "yes", "no", "on", "off"]
            .contains(&value.to_ascii_lowercase().as_str())
        || value.starts_with('/')
        || value.contains("://") && !has_password(value) && !(names_address(name) && has_key(value))
}

/// Whether an address has the key of a service in it: `https://KEY@sentry.io/1`, or the path of a
/// webhook outside the cluster.
fn has_key(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"))
    else {
        return false;
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if let Some((key, _)) = authority.rsplit_once('@') {
        return !is_placeholder(key);
    }
    let host = authority.split(':').next().unwrap_or_default();
    let inside = |end: &str| host.ends_with(end);
    let outside = host.contains('.') && ![".svc", ".local", ".internal"].into_iter().any(inside);
    let secret = |part: &str| part.len() > 7 && !is_placeholder(part);
    outside && path.split(['/', '?', '=']).any(secret)
}

/// Whether an address in a text has a password in it: `postgres://user:password@db`.
pub fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| password(&text[at + 3..]).is_some())
}

/// The bytes of the password in what follows the `://` of an address.
pub(super) fn password(rest: &str) -> Option<std::ops::Range<usize>> {
    let end = rest.find(|c: char| "/?# \"'`<>".contains(c) || c.is_whitespace());
    let at = rest[..end.unwrap_or(rest.len())].rfind('@')?;
    let start = rest[..at].find(':')? + 1;
    (start < at && !is_harmless(&rest[start..at])).then_some(start..at)
}

/// Whether a word is a token by its form: one of [`ISSUED`], or a JSON Web Token.
pub(super) fn is_issued(word: &str) -> bool {
    let issued = |part: &str| {
        let fits = |rest: &str, least| rest.len() >= least && !rest.ends_with("EXAMPLE");
        ISSUED
            .iter()
            .any(|(begin, least)| part.strip_prefix(begin).is_some_and(|rest| fits(rest, *least)))
    };
    // The first two of the three parts are JSON objects, and `{"` in Base64 begins like this.
    let mut parts = word.split('.');
    let json = |part: Option<&str>| part.is_some_and(|part| part.starts_with("eyJ"));
    word.split('.').any(issued)
        || json(parts.next())
            && json(parts.next())
            && parts.next().is_some_and(|part| part.len() > 9)
}

/// A character of a token.
pub(super) fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_no_secrets() {
        for value in [
            "",
            "<password>",
            "${TOKEN}",
            "${TOKEN:?set it}",
            "${TOKEN:-}",
            "$(A):$(B)",
            "$$TOKEN",
            "REPLACE_ME",
            "test",
            "ENC[AES256_GCM,data:x]",
            "vault:secret/data/db#password",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["hunter2", "${TOKEN:-hunter2}", "${TOKEN-hunter2}", "$2y$05$abc"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn a_text_beside_a_reference_is_not_shown() {
        for value in ["${A}", "$(A):$(B)", "\"$$A\"", "${A:?set it}", "true", "changeme"] {
            assert!(is_harmless(value), "{value}");
        }
        for value in ["hunter2${A!}", "${A}hunter2", "$(A)x", "${A:-hunter2}", "pa$word1 x", "12"] {
            assert!(!is_harmless(value), "{value}");
        }
    }

    #[test]
    fn settings_are_no_secrets() {
        for value in ["true", "3600", "/run/secrets/token", "https://auth:8080/token"] {
            assert!(!is_secret("TOKEN", value), "{value}");
        }
        for value in ["12345678", "postgres://app:hunter2@db/app"] {
            assert!(is_secret("TOKEN", value), "{value}");
        }
    }

    #[test]
    fn a_key_in_an_address_is_a_secret() {
        for (name, value) in [
            ("SENTRY_DSN", "https://0123abcd@sentry.io/1"),
            ("SENTRY_DSN_PROD", "https://0123abcd@o1.ingest.sentry.io/1"),
            ("SLACK_WEBHOOK", "https://hooks.slack.com/services/T0/B0/hunter2hunter2"),
            ("ALERT_WEBHOOK_URL", "https://discord.com/api/webhooks/1/hunter2hunter2"),
        ] {
            assert!(is_secret(name, value), "{name} {value}");
        }
        for (name, value) in [
            ("SENTRY_DSN", "https://${SENTRY_KEY}@sentry.io/1"),
            ("DATABASE_DSN", "postgres://app@db/app"),
            ("ALERT_WEBHOOK_URL", "http://relay:8080/notifications"),
            ("ALERT_WEBHOOK_URL", "http://relay.ops.svc/notifications"),
            ("SLACK_WEBHOOK", "https://hooks.slack.com/"),
            ("LOGIN_URL", "https://user@example.com/notifications"),
        ] {
            assert!(!is_secret(name, value), "{name} {value}");
        }
    }

    #[test]
    fn addresses_with_a_password() {
        for value in [
            "postgres://app:hunter2@db:5432/app",
            "amqp://u:p@ss@host",
            "jdbc:postgresql://app:hunter2@db/app",
            "http://web, postgres://app:hunter2@db",
        ] {
            assert!(has_password(value), "{value}");
        }
        for value in ["postgres://app@db", "postgres://app:$(PW)@db", "a@b:c", "http://h/x:y@z"] {
            assert!(!has_password(value), "{value}");
        }
    }

    #[test]
    fn values_that_are_secrets_by_their_form() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLWl0";
        for value in [
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "AKIAABCDEFGHIJKLMNOP",
            "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
            jwt,
            &format!("Bearer {jwt}"),
        ] {
            assert!(is_secret("SETTING", value), "{value}");
        }
        for value in [
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----",
            "AKIAIOSFODNN7EXAMPLE",
            "AKIA",
            "eyJhbGciOiJIUzI1NiJ9",
            "example/web:1.4",
        ] {
            assert!(!is_secret("SETTING", value), "{value}");
        }
    }
}
