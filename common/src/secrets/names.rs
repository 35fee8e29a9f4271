//! Names of variables that hold a secret: a table of words, and the words that say otherwise.

/// Where in a name a word makes it the name of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// In any place, unless the name ends with one of [`ABOUT`]; also at the end of a longer word,
    /// as in `PGPASSWORD`.
    Anywhere,
    /// Short words, which other words end with: in any place, also at the end of a longer word, as
    /// in `SSHKEY`, unless one of [`OTHER_WORDS`] ends so, or one of [`BEHIND_KEY`] follows.
    Short,
    /// At the end, alone or behind other words.
    Last,
    /// At the end, behind another word.
    Behind,
}

/// A word, or several with `_` between them, and a name that it makes a secret's.
#[derive(Debug)]
pub struct Word {
    /// The word in capital letters.
    pub word: &'static str,
    stands: Stands,
    /// A name that people really use.
    pub example: &'static str,
}

const fn anywhere(word: &'static str, example: &'static str) -> Word {
    Word { word, stands: Stands::Anywhere, example }
}

const fn short(word: &'static str, example: &'static str) -> Word {
    Word { word, stands: Stands::Short, example }
}

const fn last(word: &'static str, example: &'static str) -> Word {
    Word { word, stands: Stands::Last, example }
}

const fn behind(word: &'static str, example: &'static str) -> Word {
    Word { word, stands: Stands::Behind, example }
}

/// The rule. Comments say why a word is here.
pub const WORDS: &[Word] = &[
    // Proofs of who a person or a program is.
    anywhere("PASSWORD", "POSTGRES_PASSWORD"),
    anywhere("PASSWORDS", "ADMIN_PASSWORDS"),
    anywhere("PASSWD", "MYSQL_PASSWD"),
    anywhere("PASSPHRASE", "PASSPHRASE"),
    anywhere("PASSCODE", "ADMIN_PASSCODE"),
    anywhere("SECRET", "JWT_SECRET"),
    anywhere("SECRETS", "APP_SECRETS"),
    anywhere("TOKEN", "GITHUB_TOKEN"),
    anywhere("TOKENS", "API_TOKENS"),
    anywhere("CREDENTIAL", "GCP_CREDENTIAL"),
    anywhere("CREDENTIALS", "GOOGLE_CREDENTIALS_JSON"),
    anywhere("CREDS", "AWS_CREDS"),
    last("CRED", "GCP_CRED"),
    // The schemes that send a token; `OAUTH2_CLIENT_ID` is about one.
    anywhere("BEARER", "API_BEARER"),
    anywhere("OAUTH", "GITHUB_OAUTH"),
    // MySQL's client. Alone it is the folder where a shell is.
    short("PWD", "MYSQL_PWD"),
    short("PW", "ADMIN_PW"),
    // Redis' `requirepass` is one word.
    short("PASS", "REDIS_REQUIREPASS"),
    // Every key that is not one of data; see [`KEYS_OF_DATA`]. Alone it is half of a pair.
    short("KEY", "FERNET_KEY"),
    short("KEYS", "SIGNING_KEYS"),
    // AppRole's half of a login. A `SECRET_ID` of another service says which secret it is.
    last("VAULT_SECRET_ID", "VAULT_SECRET_ID"),
    last("APPROLE_SECRET_ID", "VAULT_APPROLE_SECRET_ID"),
    last("ROLE_SECRET_ID", "VAULT_ROLE_SECRET_ID"),
    // Rails names its key for all cookies so.
    last("SECRET_KEY_BASE", "SECRET_KEY_BASE"),
    // Addresses that hold a password or a key by definition. A `_URL` is judged by its value.
    last("DSN", "SENTRY_DSN"),
    last("WEBHOOK", "SLACK_WEBHOOK"),
    last("WEBHOOK_URL", "SLACK_WEBHOOK_URL"),
    last("CONNECTION_STRING", "AZURE_STORAGE_CONNECTION_STRING"),
    last("CONNECTIONSTRING", "AZURE_CONNECTIONSTRING"),
    last("CONN_STR", "SERVICE_BUS_CONN_STR"),
    // Headers, and what stands for a session.
    last("AUTHORIZATION", "HTTP_AUTHORIZATION"),
    last("COOKIE", "RABBITMQ_ERLANG_COOKIE"),
    last("JWT", "SERVICE_JWT"),
    behind("SALT", "AUTH_SALT"),
    // A user and a password in one value. Other names with `AUTH` at the end say a method.
    last("NEO4J_AUTH", "NEO4J_AUTH"),
    last("REDIS_AUTH", "REDIS_AUTH"),
    last("BASIC_AUTH", "PROXY_BASIC_AUTH"),
    last("AUTH_CONFIG", "DOCKER_AUTH_CONFIG"),
];

/// Last words of names that are about a secret and are none: `TOKEN_TTL`, `PASSWORD_FILE`,
/// `SECRET_NAME`; with an S behind them, too. A word that is not here leaves the name a secret's: `TOKEN_PROD`.
const ABOUT: &[&str] = &[
    // Where it is.
    "ADDR ADDRESS BACKEND CALLBACK DIR DIRECTORY DOMAIN ENDPOINT FILE FILENAME FOLDER HOST LOCATION \
     MANAGER MOUNT PATH PORT PROVIDER REGION SERVER SERVICE SOURCE STORE URI URL",
    // Names and kinds of a secret.
    "ARN AUDIENCE CLASS FIELD HEADER ID ISSUER LABEL NAME NAMESPACE PREFIX \
     PROFILE PROMPT REALM REF REFERENCE SCOPE SUFFIX USER USERNAME VERSION",
    // Rules for a secret, and its lifetime.
    "AGE ALG ALGORITHM BITS BYTES COUNT DAYS DEADLINE DURATION ENCODING EXPIRATION EXPIRES \
     EXPIRY FORMAT HOURS INTERVAL KIND LEN LENGTH LIFETIME LIMIT MAX METHOD MIN MINUTES \
     MODE MS PATTERN PERIOD POLICIES POLICY REGEX ROTATION SECONDS SIZE TIMEOUT TTL TYPE",
    // Switches.
    "ALLOWED DISABLED ENABLE ENABLED OPTIONAL REQUIRED SECURE",
];

/// Words at the end of a name that say for which environment, which release or in which form it
/// is: the words before them decide. `BASE` and `B` are `BASE64` and `B64` without their digits.
const VARIANTS: &[&str] =
    &["B BACKUP BASE CURRENT DEFAULT DEMO DER DEV DEVELOPMENT HEX JSON LIVE \
     LOCAL NEW NEXT OLD PEM PRD PREV PREVIOUS PROD PRODUCTION QA RAW SANDBOX STAGE STAGING STG \
     TEST TESTING UAT V"];

/// Words before `KEY` that make it a key of data, or one for everybody to read.
const KEYS_OF_DATA: &[&str] =
    &["ANNOTATION AUTHORIZED BUCKET BY CACHE CLUSTERING CONFIG CORRELATION DEDUP \
     FEATURE FIELD FOREIGN GROUP HASH IDEMPOTENCY INDEX JOIN LABEL LOOKUP MAP MESSAGE \
     NATURAL OBJECT ORDER PARTITION PRIMARY PUBLIC PUBLISHABLE RANGE RECORD ROUTING SEARCH \
     SHARD SORT SURROGATE TAINT TOPOLOGY UNIQUE"];

/// Words behind `KEY` that say where in a record or a program it is: `CONNECT_KEY_CONVERTER`,
/// `KEY_VAULT`, `ACCESS_KEY_ID`.
const BEHIND_KEY: &[&str] = &["BINDING BINDINGS BOARD CLOAK COLUMN CONVERTER DESERIALIZER EVENT \
     EVENTS ID IDS PREFIX SCHEMA SCHEMAS SERDE SERIALIZER SPACE SUBJECT USAGE VAULT"];

/// Words behind `PASS` that make it a verb or a ticket.
const BEHIND_PASS: &[&str] = &["FAIL PRICE RATE THROUGH"];

/// Words that end with a short word and are other words.
const OTHER_WORDS: &[&str] = &[
    "BYPASS COMPASS ENCOMPASS OVERPASS SURPASS TRESPASS UNDERPASS",
    "DONKEY DONKEYS HOCKEY HOTKEY HOTKEYS JOCKEY JOCKEYS MONKEY MONKEYS TURKEY TURNKEY WHISKEY",
    // Where a shell was before.
    "OLDPWD",
];

/// Words that make `TOKENS` the pieces of a text.
const COUNTS: &[&str] = &["MAX", "MIN", "NUM", "TOTAL"];

/// Whether a variable of this name holds a secret: `REDIS_PASSWORD`, `jwtSecret`, `github-token`,
/// `AIRFLOW__CORE__FERNET_KEY`. Not `AWS_ACCESS_KEY_ID`, `TOKEN_TTL` or `SORT_KEY`.
pub fn names_secret(name: &str) -> bool {
    has_word(name, |_| true)
}

/// Whether a variable of this name holds an address that has a secret in it by definition: Sentry's
/// key stands before the host, and a webhook's behind it.
pub(super) fn names_address(name: &str) -> bool {
    has_word(name, |word| matches!(word.word, "DSN" | "WEBHOOK" | "WEBHOOK_URL"))
}

fn has_word(name: &str, considered: impl Fn(&Word) -> bool) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let name = Name::of(&words);
    name.is_some_and(|name| WORDS.iter().any(|word| considered(word) && word.is_in(&name)))
}

/// A name in words, with the answers that all words of the table need. Every key of every object is
/// judged, so they are found once for a name.
struct Name<'a> {
    words: &'a [&'a str],
    /// The words without the [`VARIANTS`] at the end.
    named: &'a [&'a str],
    /// Whether the name is about a secret and is none: it ends with one of [`ABOUT`].
    about: bool,
}

impl<'a> Name<'a> {
    /// `None` for a name of variants alone.
    fn of(words: &'a [&'a str]) -> Option<Self> {
        let variants = words.iter().rev().take_while(|word| listed(VARIANTS, word)).count();
        let named = &words[..words.len() - variants];
        let last = *named.last()?;
        let one = last.strip_suffix('S').unwrap_or(last);
        let about = listed(ABOUT, last) || listed(ABOUT, one);
        Some(Name { words, named, about })
    }
}

impl Word {
    /// Whether a name is a secret's because of this word.
    fn is_in(&self, name: &Name<'_>) -> bool {
        let Name { words, named, about } = *name;
        match self.stands {
            Stands::Anywhere if about => false,
            Stands::Anywhere => {
                let pieces = named.last().is_some_and(|end| end.ends_with("TOKENS"));
                let counted = pieces && words.iter().any(|word| COUNTS.contains(word));
                let proxy = self.word == "OAUTH" && words.contains(&"PROXY");
                !counted && !proxy && words.iter().any(|word| word.ends_with(self.word))
            }
            Stands::Short => !about && (0..words.len()).any(|at| self.is_short(words, at)),
            // The word may end with a variant itself: `SECRET_KEY_BASE`.
            Stands::Last | Stands::Behind => self.is_last(named) || self.is_last(words),
        }
    }

    fn is_last(&self, words: &[&str]) -> bool {
        let length = self.word.split('_').count();
        let Some(at) = words.len().checked_sub(length) else { return false };
        words[at..].iter().copied().eq(self.word.split('_'))
            && (self.stands == Stands::Last || at > 0)
    }

    /// Whether the word at `at` is, or ends with, this short one.
    fn is_short(&self, words: &[&str], at: usize) -> bool {
        let Some(glued) = words[at].strip_suffix(self.word) else { return false };
        let before = match glued {
            "" => at.checked_sub(1).map(|at| words[at]),
            glued => Some(glued),
        };
        let follows = |list| words.get(at + 1).is_some_and(|word| listed(list, word));
        if listed(OTHER_WORDS, words[at]) {
            return false;
        }
        match self.word {
            "KEY" | "KEYS" => {
                let of_data = before.is_some_and(|word| {
                    listed(KEYS_OF_DATA, word)
                        || !glued.is_empty() && ends_listed(KEYS_OF_DATA, word)
                });
                !of_data && !follows(BEHIND_KEY) && (before.is_some() || words.len() > 1)
            }
            "PWD" => before.is_some() || words.len() > 1,
            "PASS" => !follows(BEHIND_PASS),
            // Two letters end many a word: `BINDPW`, not `KPW`.
            _ => glued.is_empty() || glued.len() > 3,
        }
    }
}

/// Whether a word ends with one of a list: `SSHPUBLIC`.
fn ends_listed(list: &[&str], word: &str) -> bool {
    let mut listed = list.iter().flat_map(|line| line.split(' '));
    listed.any(|listed| listed.len() > 3 && word.ends_with(listed))
}

/// Whether one of the lines of a list has the word.
fn listed(list: &[&str], word: &str) -> bool {
    list.iter().any(|line| line.split(' ').any(|listed| listed == word))
}

/// `redisPassword` and `redis-password` as `REDIS`, `PASSWORD`; digits at the end of a word count
/// for nothing: `TOKEN2`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for letter in name.chars() {
        let separates = !letter.is_alphanumeric();
        if separates || small && letter.is_uppercase() {
            words.push(String::new());
        }
        small = letter.is_lowercase() || small && letter.is_numeric();
        if let Some(last) = words.last_mut().filter(|_| !separates) {
            last.extend(letter.to_uppercase());
        }
    }
    for word in &mut words {
        word.truncate(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_of_the_table_is_a_secret_because_of_its_word() {
        for word in WORDS {
            let words = words(word.example);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            assert!(Name::of(&words).is_some_and(|name| word.is_in(&name)), "{word:?}");
            assert!(names_secret(word.example), "{word:?}");
        }
    }

    #[test]
    fn every_spelling_of_an_example_is_a_secret() {
        for Word { example, .. } in WORDS {
            let lower = example.to_lowercase();
            let mut camel = String::new();
            for (at, part) in lower.split('_').enumerate() {
                let (first, rest) = part.split_at(1);
                let first = if at == 0 { first.to_owned() } else { first.to_uppercase() };
                camel.extend([first.as_str(), rest]);
            }
            let spellings = [
                lower.clone(),
                lower.replace('_', "-"),
                lower.replace('_', "."),
                camel,
                format!("MY__{example}"),
                format!("{example}_2"),
                format!("{example}2"),
            ];
            for spelling in spellings {
                assert!(names_secret(&spelling), "{spelling}");
            }
        }
    }

    #[test]
    fn a_name_that_is_about_a_secret_is_none() {
        for about in ABOUT.iter().flat_map(|line| line.split(' ')) {
            for word in ["PASSWORD", "TOKEN", "SECRET", "API_KEY", "APIKEY", "CREDENTIALS"] {
                let name = format!("DB_{word}_{about}");
                assert!(!names_secret(&name), "{name}");
            }
        }
    }

    #[test]
    fn keys_of_data_are_no_secrets() {
        for data in KEYS_OF_DATA.iter().flat_map(|line| line.split(' ')) {
            assert!(!names_secret(&format!("MY_{data}_KEY")), "{data}");
        }
    }

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
            "ENCRYPTION_KEY",
            "SIGNING_KEY",
            "PRIVATE_KEY",
            "GITHUB_TOKEN_PROD",
            "clientsecret",
            "SECRET_ID_OF_VAULT_SECRET_ID",
            "KEY_PEM",
            "DB_PASS_PROD",
            "PASS",
            "MYSQL_PWD_ROOT",
            "ADMIN_PW",
            "ROOTPW",
            "API_KEY_PROD",
            "FERNET_KEY_OLD",
            "PRIVATE_KEY_PEM",
            "SSH_PRIVATE_KEY_BASE64",
            "SESSION_KEY_V2",
            "JWT_KEY_OF_PASSENGERS",
            "SENTRY_DSN_PROD",
            "CREDS",
            "OAUTH2_BEARER",
            "BEARER",
            "ALERT_WEBHOOK_URL_STAGING",
            "ENCRYPTIONKEY",
            "sshKey",
            "SSHKEY",
            "STRIPE_APIKEY",
        ] {
            assert!(names_secret(name), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "PASSWORD_FILE",
            "TOKEN_TTL",
            "TOKEN_AUDIENCES",
            "PASSWORD_POLICIES",
            "SECRET_NAME",
            "MAX_TOKENS",
            "KEY",
            "KEY_PREFIX",
            "SORT_KEY",
            "TOKENIZER",
            "SECRETARY",
            "",
            "__",
            "HOST",
            "MONKEY",
            "PWD",
            "BYPASS",
            "AUTH",
            "DATABASE_URL",
            "OLDPWD",
            "COMPASS_URL",
            "PASSENGER",
            "PASSENGER_SERVICE_URL",
            "MAX_PASSENGERS",
            "PASS_THROUGH",
            "KEYBOARD",
            "KEYSPACE",
            "CASSANDRA_KEYSPACE",
            "KEYCLOAK_REALM",
            "KEYCLOAK_URL",
            "KEYSTORE_PATH",
            "KEYSTORE_LOCATION",
            "TLS_KEY_FILE",
            "TLS_KEY_PATH_PROD",
            "TLS_KEY_NAME",
            "KEY_ID",
            "ACCESS_KEY_ID_PROD",
            "AWS_ACCESS_KEY_ID_2",
            "PUBLIC_KEY_PEM",
            "PUBLICKEY",
            "SSHPUBLICKEY",
            "SORTKEY",
            "PARTITION_KEY",
            "PRIMARY_KEY",
            "FOREIGN_KEY",
            "CONNECT_KEY_CONVERTER_SCHEMAS_ENABLE",
            "OAUTH2_CLIENT_ID",
            "OAUTH2_PROXY_UPSTREAMS",
            "COOKIE_SECURE",
            "CONFIG_V2",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }
}
