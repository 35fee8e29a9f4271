//! Which names are of secrets, and which values are none: a placeholder, a reference, a path.

mod hide;
mod places;

/// Ends of names that say a secret.
const SECRET_WORDS: [&str; 8] =
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIAL", "CREDENTIALS"];

/// A `KEY` is a secret behind one of these.
const BEFORE_KEY: [&str; 7] =
    ["API", "ACCESS", "SECRET", "PRIVATE", "ENCRYPTION", "SIGNING", "FERNET"];

/// Keys of a Secret that say where something is, not how to get in.
const PUBLIC_KEYS: [&str; 23] = [
    "ca.crt",
    "database",
    "db",
    "dbname",
    "email",
    "enablelfs",
    "endpoint",
    "host",
    "hostname",
    "insecure",
    "key-id",
    "name",
    "port",
    "project",
    "region",
    "server",
    "tls.crt",
    "type",
    "uri",
    "url",
    "user",
    "user-name",
    "username",
];

/// What stands where a value will be, in lower case.
const DUMMIES: [&str; 17] = [
    "",
    "-",
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

/// Whether a variable of this name holds a secret: `REDIS_PASSWORD`, `API_KEY`, `jwtSecret`. Not
/// `AWS_ACCESS_KEY_ID`, `TOKEN_TTL` or `PASSWORD_FILE`: what counts is the end.
pub(crate) fn names_secret(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last().map(String::as_str) else { return false };
    let before = words.len().checked_sub(2).map(|at| words[at].as_str());
    SECRET_WORDS.contains(&last)
        // PGPASSWORD, MYSQLPASSWORD
        || last.ends_with("PASSWORD")
        // Alone it is where a shell is.
        || last == "PWD" && before.is_some()
        || last == "KEY" && before.is_some_and(|before| BEFORE_KEY.contains(&before))
}

/// `redisPassword` and `redis-password` as `REDIS`, `PASSWORD`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for letter in name.chars() {
        let separates = !letter.is_alphanumeric();
        if separates || small && letter.is_uppercase() {
            words.push(String::new());
        }
        small = letter.is_lowercase() || letter.is_numeric();
        if let Some(last) = words.last_mut().filter(|_| !separates) {
            last.extend(letter.to_uppercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a Secret may have this key for everybody to read.
pub(crate) fn is_public_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let end = lower.rsplit('_').next().unwrap_or(&lower);
    PUBLIC_KEYS.contains(&lower.as_str())
        || PUBLIC_KEYS.contains(&end)
        || lower.ends_with("-id")
        || lower.ends_with("_id")
}

/// Whether a value is no secret: nothing, a placeholder (`<token>`, `${TOKEN}`, `REPLACE_ME`), a
/// reference (`$(TOKEN)`), a dummy (`test`), or encrypted (SOPS).
pub(crate) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let within = |open: &str, close: &str| value.starts_with(open) && value.ends_with(close);
    DUMMIES.contains(&value.to_ascii_lowercase().as_str())
        || value.contains("$(")
        || value.contains("${")
        || within("<", ">")
        || within("{{", "}}")
        || within("ENC[", "]")
        || value.trim_start_matches('>').starts_with("vault:") && value.contains('#')
        || within("[", "]") && value.len() > 2 && value[1..].starts_with(char::is_uppercase)
        || ["xxx", "***", "..."].iter().any(|mark| value.to_ascii_lowercase().starts_with(mark))
        || ["your-", "your_", "my-secret"]
            .iter()
            .any(|mark| value.to_ascii_lowercase().starts_with(mark))
}

/// Whether a variable's value cannot be a secret whatever its name says: a switch, a number, a
/// path, an address.
pub(crate) fn is_setting(value: &str) -> bool {
    let value = value.trim();
    let number = value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit());
    number
        || ["true", "false", "yes", "no", "on", "off"]
            .contains(&value.to_ascii_lowercase().as_str())
        || value.starts_with('/')
        || value.contains("://") && !has_password(value)
}

/// Whether an address has a password in it: `postgres://user:password@db`.
pub(crate) fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
    let Some((user, _)) = rest[..end].rsplit_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, password)| !is_placeholder(password))
}

/// Whether a variable with this value gives a secret away.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    names_secret(name) && !is_placeholder(value) && !is_setting(value) || has_password(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "PASSWORD",
            "MYSQL_PWD",
            "REDIS_PASSWORD",
            "PGPASSWORD",
            "API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "jwtSecret",
            "github-token",
            "_AIRFLOW_WWW_USER_PASSWORD",
            "AIRFLOW__CORE__FERNET_KEY",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "AWS_ACCESS_KEY_ID",
            "PASSWORD_FILE",
            "TOKEN_TTL",
            "SECRET_NAME",
            "MAX_TOKENS",
            "KEY",
            "SORT_KEY",
            "PARTITION_KEY",
            "",
            "HOST",
            "MONKEY",
            "PWD",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn values_that_are_none() {
        for value in [
            "",
            "<password>",
            "${TOKEN}",
            "$(A):$(B)",
            "REPLACE_ME",
            "test",
            "ENC[AES256_GCM,data:x]",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        assert!(!is_placeholder("hunter2"));
        for value in ["true", "3600", "/run/secrets/token", "https://auth:8080/token"] {
            assert!(is_setting(value), "{value}");
        }
        assert!(!is_setting("12345678"));
        assert!(!is_setting("postgres://app:hunter2@db/app"));
        assert!(has_password("postgres://app:hunter2@db:5432/app"));
        for value in ["postgres://app@db", "postgres://app:$(PW)@db", "a@b:c", "http://h/x:y@z"] {
            assert!(!has_password(value), "{value}");
        }
    }
}
