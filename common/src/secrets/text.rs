//! Secrets in a text: a line of a log, a command, a file of any format.
//!
//! The text is read line by line as `name: value`, `NAME=value` and `--name value`, so that it may
//! be YAML, JSON, an env file, a difference of two files, or broken.

use std::borrow::Cow;
use std::ops::Range;

use super::names_secret;
use super::scan::Scan;

/// Stands in a message for a secret.
pub const MASK: &str = "***";

/// The text with [`MASK`] for each secret in it.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut from = 0;
    for range in secrets(text) {
        masked.push_str(&text[from..range.start]);
        masked.push_str(MASK);
        from = range.end;
    }
    match from {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(masked + &text[from..]),
    }
}

/// Whether a text says a secret itself: an assignment, an address with a password, a key.
pub fn shows_secret(text: &str) -> bool {
    !secrets(text).is_empty()
}

/// The bytes of every secret in a text, in their order and apart from each other.
pub fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut scan = Scan::default();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        scan.line(start, line.trim_end_matches(['\n', '\r']));
        start += line.len();
    }
    let mut found = scan.found;
    found.sort_by_key(|range| range.start);
    found.dedup_by(|later, earlier| {
        let joined = later.start <= earlier.end;
        if joined {
            earlier.end = earlier.end.max(later.end);
        }
        joined
    });
    found
}

/// The lines that may show a secret in a text whose syntax is broken, with those that go on below
/// them: where there is no tree, a name and its value cannot be distinguished.
///
/// All of a Secret is hidden, and of an object that makes one: its keys need not have the name of a secret.
pub fn unreadable(text: &str) -> Vec<Range<usize>> {
    if OF_SECRETS.iter().any(|word| text.contains(word)) {
        return std::iter::once(0..text.len()).collect();
    }
    let mut found = Vec::new();
    let mut below: Option<usize> = None;
    let (mut start, mut before) = (0, false);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        // A wrong indentation does not end a block.
        below = below.filter(|key| indent > *key || !is_next(line.trim()));
        let words = || line.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
        // In a JSON patch the value of a variable stands beside a path without its name.
        let named = words().any(names_secret) || line.contains("/env/");
        if named || before || below.is_some() || shows_secret(line) {
            found.push(start..start + line.len());
        }
        // The value may stand in the next line, or in all that are indented more.
        before = named;
        below = below.or(named.then_some(indent));
        start += line.len();
    }
    found
}

/// A YAML library's complaint without the pieces of the file that it quotes, for they may be values.
/// Other programs put their own words and the names of files before it, with `yaml: ` between.
pub fn unquoted(complaint: &str) -> String {
    let (before, mut rest) = complaint.split_at(complaint.find("yaml: ").unwrap_or(0));
    let mut shown = before.to_owned();
    while let Some(open) = rest.find(['"', '\'', '`']) {
        let quote = &rest[open..=open];
        let Some(length) = rest[open + 1..].find(quote) else { break };
        let end = open + 1 + length;
        // One or two characters are punctuation that the library misses.
        let inner = if length > 2 { MASK } else { &rest[open + 1..end] };
        shown.push_str(&format!("{}{quote}{inner}{quote}", &rest[..open]));
        rest = &rest[end + 1..];
    }
    shown + rest
}

/// Words of a text that is about Secrets.
const OF_SECRETS: [&str; 4] = ["Secret", "stringData", "stringdata", "secretGenerator"];

/// Whether a line begins another entry of a mapping or a list, or another document.
fn is_next(line: &str) -> bool {
    let item = line.trim_start_matches("- ");
    let key = item.split_once(':').filter(|(_, rest)| rest.is_empty() || rest.starts_with(' '));
    let name = |key: &str| {
        let key = key.trim_matches(['"', '\'']);
        !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-./<".contains(c))
    };
    item.len() < line.len() || line == "---" || key.is_some_and(|(key, _)| name(key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::*;
    use crate::secrets::names::WORDS;

    /// Texts in which a name has a value.
    const FORMS: [&str; 24] = [
        "<NAME>hunter2</NAME>",
        "<name>NAME</name>\n<value>hunter2</value>",
        "NAME=hunter2",
        "export NAME=hunter2 && run",
        "NAME=\"correct hunter2\"",
        "NAME: hunter2",
        "NAME: correct hunter2 # once hunter2",
        "  - NAME=correct hunter2",
        "  NAME: |\n    hunter2\n\n    hunter2",
        "  NAME: >-\n    hunter2",
        "  NAME:\n    hunter2",
        "- name: NAME\n  value: hunter2",
        "- name: NAME\n  optional: false\n  value: |-\n    hunter2",
        "{name: NAME, value: hunter2}",
        "{\"name\": \"NAME\", \"value\": \"hunter2\"}",
        "  {\n    \"name\": \"NAME\",\n    \"value\": \"hunter2\"\n  }",
        "{a: b, NAME: correct hunter2, c: d}",
        "{\"NAME\":\"correct hunter2\"}",
        "[\"NAME=correct hunter2\", 'x']",
        "image: ${NAME:-hunter2}/x",
        "run --NAME hunter2 -v",
        "run --NAME=hunter2 -v",
        "[run, \"--NAME\", \"hunter2\"]",
        "- --NAME\n- hunter2",
    ];

    #[test]
    fn a_complaint_keeps_its_words_and_loses_what_it_quotes() {
        let serde =
            "x.A: invalid value: string \"hunter2\", expected an integer at line 5 column 2";
        assert_eq!(unquoted(serde), serde.replace("hunter2", "***"));
        let go = "from 'web.yaml': MalformedYAMLError: yaml: unknown anchor 'hunter2' referenced";
        assert_eq!(unquoted(go), go.replace("hunter2", "***"));
        let missing = "yaml: line 3: did not find expected ',' or ']'";
        assert_eq!(unquoted(missing), missing);
    }

    #[test]
    fn the_value_of_every_secret_name_is_masked_in_every_form() {
        for form in FORMS {
            for word in WORDS {
                let text = form.replace("NAME", word.example);
                let masked = mask(&text);
                assert!(!masked.contains("hunter2") && masked.contains(MASK), "{text}\n{masked}");
                assert!(shows_secret(&text), "{text}");
            }
        }
    }

    #[test]
    fn the_rest_of_a_text_stays() {
        for (text, masked) in [
            ("LOG_LEVEL=debug", "LOG_LEVEL=debug"),
            ("a: 1\nPASSWORD: x\nb: 2\n", "a: 1\nPASSWORD: ***\nb: 2\n"),
            ("{PASSWORD: x, b: 2}", "{PASSWORD: ***, b: 2}"),
            (
                "- {name: TOKEN, value: x}\n- {name: A, value: y}",
                "- {name: TOKEN, value: ***}\n- {name: A, value: y}",
            ),
            (
                "  - name: TOKEN\n    value: x\n  - name: A\n    value: y",
                "  - name: TOKEN\n    value: ***\n  - name: A\n    value: y",
            ),
            ("K: |\n  x\nPASSWORD: |\n  y\nA: b", "K: |\n  x\nPASSWORD: |\n  ***\nA: b"),
            ("see postgres://app:hunter2@db/app?x=1", "see postgres://app:***@db/app?x=1"),
            (
                "https://hooks.example.com/?token=hunter2&a=b",
                "https://hooks.example.com/?token=***&a=b",
            ),
            ("Authorization Bearer abc123def", "Authorization Bearer ***"),
            ("uses Basic authentication", "uses Basic authentication"),
            ("key AKIAABCDEFGHIJKLMNOP.", "key ***"),
            ("secret:\n  secretName: web\n", "secret:\n  secretName: web\n"),
            ("- secretKey: REDIS_PASSWORD\n", "- secretKey: REDIS_PASSWORD\n"),
            ("- secretKey: REDIS_USER\n", "- secretKey: REDIS_USER\n"),
            ("secretKey: hunter2\nsecrets: {}", "secretKey: ***\nsecrets: {}"),
            ("example/token:1.0 --token-ttl=3600", "example/token:1.0 --token-ttl=3600"),
            (
                "--password=$(PASSWORD) --secret-name=web",
                "--password=$(PASSWORD) --secret-name=web",
            ),
            ("password=\"$password\";", "password=\"$password\";"),
            ("password=$(escaped \"$PASSWORD\")", "password=$(escaped \"$PASSWORD\")"),
            (
                "<name>a.Password</name><value>x</value>",
                "<name>a.Password</name><value>***</value>",
            ),
            ("<name>a</name>\n<value>x</value>", "<name>a</name>\n<value>x</value>"),
            ("PASSWORD: \"changeme\"", "PASSWORD: \"changeme\""),
            ("x: ${PASSWORD:?set it}", "x: ${PASSWORD:?set it}"),
            ("automountServiceAccountToken: false", "automountServiceAccountToken: false"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn a_private_key_is_masked_to_its_end() {
        let text = "a: |\n  -----BEGIN EC PRIVATE KEY-----\n  aaaa\n  bbbb\n  -----END EC PRIVATE KEY-----\nb: c\n";
        assert_eq!(mask(text), "a: |\n  ***\n  ***\n  ***\n  ***\nb: c\n");
    }

    #[test]
    fn a_broken_text_loses_the_lines_that_may_show_a_secret() {
        let shown = |text: &str| {
            let hidden = unreadable(text);
            let mut start = 0;
            let free = text.split_inclusive('\n').filter(|line| {
                let at = start;
                start += line.len();
                !hidden.iter().any(|range| range.contains(&at))
            });
            free.collect::<String>()
        };
        assert_eq!(shown("a: [b\n- name: PASSWORD\n  value: x\nb: c\n"), "a: [b\nb: c\n");
        assert_eq!(shown("PASSWORD: |\n  x\n\n  y\nb: [\n"), "b: [\n");
        assert_eq!(shown("a:\n  TOKEN: 'x\nb: c\nd: e\n"), "a:\nd: e\n");
        // A block whose lines are not indented enough.
        assert_eq!(shown("a:\n  TOKEN: |\n    x\n  y\n z\nw\nb: c\n"), "a:\nb: c\n");
        assert_eq!(shown("{\"kind\": \"Secret\"}\nkind: Secret\ndata:\n  a: |\n    x\n y\n"), "");
        assert_eq!(shown("a: [\nkind: ConfigMap\n"), "a: [\nkind: ConfigMap\n");
    }

    proptest! {
        #[test]
        fn a_secret_is_masked_whatever_stands_around_it(
            before in "[ -~\\n]{0,80}", value in "[a-z0-9]{8}zQ", after in "[ -~\\n]{0,80}"
        ) {
            for word in WORDS {
                let text = format!("{before}\n{}={value}\n{after}", word.example);
                prop_assert!(!mask(&text).contains(&value), "{text}");
            }
        }

        #[test]
        fn any_text_is_cut_at_whole_characters(
            text in "(PASSWORD|name|value|://|\\$\\{|--|[:=\"'|<>{}, \\n@é]|a){0,60}"
        ) {
            mask(&text);
            for range in unreadable(&text) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
