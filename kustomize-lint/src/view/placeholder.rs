//! Values that somebody was to fill in.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::object::Object;
use crate::tree::{Node, Value};

pub(crate) struct Placeholder<'a> {
    pub(crate) node: &'a Node,
    /// The field: `spec/template/spec/containers/0/image`.
    pub(crate) path: String,
    /// The placeholder, unless the value is a secret.
    pub(crate) token: Option<String>,
    pub(crate) sort: Sort,
}

/// The sorts of placeholders.
pub(crate) enum Sort {
    /// A word that asks for another.
    Blank,
    /// This host, below a domain that is kept for documentation (RFC 2606). It may be a part of a secret.
    Example(String),
}

/// `<account-id>`, `${ACCOUNT_ID}`, and words that ask for another.
static ANY: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"<[A-Za-z][A-Za-z0-9_-]*>|\$\{[A-Z_][A-Z0-9_]*\}|(?:REPLACE|CHANGE)[_-]?(?:ME|THIS)|(?:replace|change)[_-]?me";
    Regex::new(pattern).expect("a pattern")
});

/// The whole value, perhaps behind a key.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?m)^(?:[ \t]*[\w.-]+[ \t]*[:=])?[ \t]*["']?((?:REPLACE|CHANGE)[_-]?(?:ME|THIS)|(?:replace|change)[_-]?me|TODO|FIXME|TBD)["']?[ \t]*$"#;
    Regex::new(pattern).expect("a pattern")
});

/// A key and the value behind it in a line of a file, with a placeholder of several words in it: a single
/// word in brackets may be a tag.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?m)^[ \t]*(?:- )?[\w.-]+[ \t]*[:=][ \t]*["']?[^\s<>#"']*(<[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)+>)"#;
    Regex::new(pattern).expect("a pattern")
});

/// A host in an address: behind a scheme, a user or an `@`.
static HOST: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        r"(?:://(?:[^\s/@]*@)?|^[\w.+-]+@)((?:[a-z0-9-]+\.)*example\.(?:com|net|org))(?:[:/?#]|$)";
    Regex::new(pattern).expect("a pattern")
});

/// The whole value, perhaps with a key or an option before it and a port or a path behind it.
static ALONE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^(?:-{0,2}[\w.-]+=)?((?:\*\.)?(?:[a-z0-9-]+\.)*example\.(?:com|net|org))(?::\d+)?(?:/\S*)?$";
    Regex::new(pattern).expect("a pattern")
});

/// Elements of HTML, which stand in brackets, too.
const ELEMENTS: &[&str] = &[
    "a", "b", "body", "br", "code", "div", "em", "h1", "h2", "h3", "head", "hr", "html", "i",
    "img", "li", "ol", "p", "pre", "script", "span", "strong", "style", "table", "td", "th", "tr",
    "ul",
];

/// How much of a value is meant as it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// All of it.
    Plain,
    /// Text for somebody else, who may replace parts of it.
    Foreign,
    /// A name of another kind than hosts have: a group, a key, a driver. No host of documentation is in it.
    Name,
    /// A variable, an argument or a setting: many programs replace `${NAME}` in theirs.
    Variable,
    /// The same in base64, and not to be shown.
    Encoded,
    /// As it is written, and not to be shown.
    Secret,
}

/// The placeholders of an object, in the order of its fields.
pub(crate) fn find(object: &Object) -> Vec<Placeholder<'_>> {
    let mut found = Vec::new();
    if object.kind() != "CustomResourceDefinition" {
        walk(&object.node, object.kind(), &mut Vec::new(), Reading::Plain, &mut found);
    }
    found
}

fn walk<'a>(
    node: &'a Node,
    kind: &str,
    path: &mut Vec<String>,
    reading: Reading,
    found: &mut Vec<Placeholder<'a>>,
) {
    match &node.value {
        Value::Scalar(scalar) => {
            let hidden = matches!(reading, Reading::Secret | Reading::Encoded);
            let blank = token(&scalar.text, reading).map(|token| (token, Sort::Blank));
            let example = || {
                let is_name = |key: &&String| key.parse::<usize>().is_err();
                let key = path.iter().rev().find(is_name).map(String::as_str).unwrap_or_default();
                let host = example(&scalar.text, key, reading)?;
                Some((host.clone(), Sort::Example(host)))
            };
            if let Some((token, sort)) = blank.or_else(example) {
                let token = (!hidden).then_some(token);
                found.push(Placeholder { node, path: path.join("/"), token, sort });
            }
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                walk(item, kind, path, reading, found);
                path.pop();
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                let key = entry.key.as_str();
                let inner = match (kind, path.len(), key) {
                    _ if !matches!(reading, Reading::Plain | Reading::Name) => reading,
                    ("ConfigMap", 0, "binaryData") => Reading::Foreign,
                    ("ConfigMap", 0, "data") => Reading::Variable,
                    ("Secret", 0, "data") => Reading::Encoded,
                    ("Secret", 0, "stringData") => Reading::Secret,
                    (_, _, "env") => Reading::Variable,
                    (_, _, "command" | "args") => Reading::Variable,
                    (_, _, "script" | "expr") => Reading::Foreign,
                    _ if is_prose(key) => Reading::Foreign,
                    // Custom resources with the configuration of a program.
                    (_, _, "config" | "configuration" | "values") => Reading::Variable,
                    (_, _, "labels" | "matchLabels" | "finalizers" | "resources") => Reading::Name,
                    _ => reading,
                };
                path.push(key.to_owned());
                walk(&entry.value, kind, path, inner, found);
                path.pop();
            }
        }
    }
}

/// Whether a field or an annotation is for people to read.
fn is_prose(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key).to_ascii_lowercase();
    name.starts_with("runbook")
        || matches!(
            name.as_str(),
            "description" | "summary" | "message" | "title" | "note" | "notes"
        )
}

fn token(text: &str, reading: Reading) -> Option<String> {
    let decoded;
    let text = match reading {
        Reading::Encoded => {
            decoded = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
            decoded.as_str()
        }
        _ => text,
    };
    if let Some(whole) = WHOLE.captures(text).filter(|_| !text.starts_with("#!")) {
        return Some(whole[1].to_owned());
    }
    // A text of several lines is a script, a template or a file.
    if text.contains('\n')
        && reading == Reading::Variable
        && !text.starts_with("#!")
        && !is_markup(text)
    {
        return LINE.captures(text).map(|found| found[1].to_owned());
    }
    if reading == Reading::Foreign || text.contains('\n') || text.contains("</") {
        return None;
    }
    let counts = |token: &str| {
        let element = || {
            let name = token.trim_matches(['<', '>']).to_ascii_lowercase();
            token.starts_with('<') && ELEMENTS.contains(&name.as_str())
        };
        reading != Reading::Variable || !token.starts_with('$') && !element()
    };
    // A word of a command line may be what a script compares with; behind a sign it is a value.
    let is_script = reading == Reading::Variable && text.contains(char::is_whitespace);
    let is_value = |start: usize| {
        !is_script
            || text[start..].starts_with('<')
            || text[..start].ends_with(['=', ':', '/', '@'])
    };
    let mut found = ANY.find_iter(text);
    let found = found.find(|found| {
        counts(found.as_str()) && is_value(found.start()) && alone(text, found.start(), found.end())
    })?;
    Some(found.as_str().to_owned())
}

/// Whether a text is of elements in brackets.
fn is_markup(text: &str) -> bool {
    text.contains("</") || text.contains("/>")
}

/// A host of documentation: in an address, or as the whole of a value that may be a host.
fn example(text: &str, key: &str, reading: Reading) -> Option<String> {
    if matches!(reading, Reading::Foreign | Reading::Name) || text.contains('\n') {
        return None;
    }
    let decoded;
    let text = match reading {
        Reading::Encoded => {
            decoded = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
            decoded.as_str()
        }
        _ => text,
    };
    if let Some(found) = HOST.captures(text) {
        return Some(found[1].to_owned());
    }
    let found = ALONE.captures(text)?;
    // Elsewhere a domain with a path may be the name of a driver, a class, or a condition.
    let is_setting = reading != Reading::Plain || is_host(key);
    is_setting.then(|| found[1].to_owned())
}

/// Whether a field or an annotation says hosts. A number is the position in a list.
fn is_host(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key).to_ascii_lowercase();
    let words = [
        "host",
        "domain",
        "dnsname",
        "commonname",
        "externalname",
        "endpoint",
        "server",
        "url",
        "uri",
        "address",
    ];
    words.iter().any(|word| name.contains(word))
}

/// Whether what was found is no part of a longer word, and not escaped.
fn alone(text: &str, start: usize, end: usize) -> bool {
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
    let before = text[..start].chars().next_back().is_some_and(word);
    let after = text[end..].chars().next().is_some_and(word);
    // Brackets and braces end by themselves.
    match text[start..].chars().next() {
        // The whole value, or a whole part of a path, an address or a list.
        Some('<') => {
            let edge = |letter: char| "/:.@-_=,".contains(letter);
            text[..start].chars().next_back().is_none_or(edge)
                && text[end..].chars().next().is_none_or(edge)
                && !matches!(&text[start..end], "<none>" | "<nil>" | "<unknown>" | "<unset>")
        }
        Some('$') => !text[..start].ends_with('$'),
        _ => !before && !after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_filled_in_is_told_from_what_is_meant() {
        for text in [
            "arn:aws:iam::<account-id>:role/web",
            "REPLACE_ME",
            "https://CHANGEME/path",
            "changeme",
            "registry/${PROJECT}/web:1",
            "TODO",
        ] {
            assert!(token(text, Reading::Plain).is_some(), "{text}");
        }
        for text in [
            "todo",
            "TODO-service",
            "$(POD_IP)",
            "${env:HOME}",
            "${1}:9100",
            "$${VAR}",
            "a < b > c",
            "<b>bold</b>",
            "exchangement",
            "DONT_REPLACE_MEMORY",
            "#!/bin/sh\necho ${HOME} <file>\n",
        ] {
            assert_eq!(token(text, Reading::Plain), None, "{text}");
        }
        assert_eq!(token("host=${HOST}", Reading::Foreign), None);
        assert_eq!(token("host=${HOST}", Reading::Variable), None);
        assert!(token("${HOST}/<region>", Reading::Variable).is_some());
        assert!(token("a: 1\npassword: CHANGEME\n", Reading::Foreign).is_some());
        assert_eq!(token("test $A = CHANGEME.txt", Reading::Variable), None);
        assert!(token("-Xmx1g -Dpassword=CHANGEME", Reading::Variable).is_some());
        let file = "# see <your-docs>\nurl: http://<rds-endpoint>:1\n";
        assert_eq!(token(file, Reading::Variable).as_deref(), Some("<rds-endpoint>"));
        for text in ["# host: <your-host>\na: 1\n", "a: <b>\n", "<a-b>\n</a-b>\n", "<br>"] {
            assert_eq!(token(text, Reading::Variable), None, "{text}");
        }
        assert!(token("Q0hBTkdFTUU=", Reading::Encoded).is_some());
    }
}

#[cfg(test)]
mod hosts {
    use super::*;

    #[test]
    fn hosts_of_documentation_are_told_from_names() {
        let found = |text, key, reading| example(text, key, reading).is_some();
        for (text, key, reading) in [
            ("https://shop.example.com/path", "a", Reading::Plain),
            ("postgresql://app:secret@db.example.org:5432/x", "a", Reading::Secret),
            ("admin@example.com", "email", Reading::Plain),
            ("*.example.com", "hostnames", Reading::Plain),
            ("shop.example.com", "external-dns.alpha.kubernetes.io/hostname", Reading::Plain),
            ("--domain=example.net", "args", Reading::Variable),
            ("example.com", "HOST", Reading::Variable),
        ] {
            assert!(found(text, key, reading), "{text}");
        }
        for (text, key, reading) in [
            ("example.com", "group", Reading::Plain),
            ("example.com/gpu", "topologyKey", Reading::Plain),
            ("example.community", "host", Reading::Plain),
            ("https://example.com.evil.test/", "url", Reading::Plain),
            ("see https://example.com", "text", Reading::Foreign),
            ("myexample.com", "host", Reading::Plain),
        ] {
            assert!(!found(text, key, reading), "{text}");
        }
    }
}
