//! How names, keys, ports and times are written. Source: Kubernetes' `util/validation`.

use super::at::{At, Refusals};

const LABEL: &str =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'";
const SUBDOMAIN: &str =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'";

pub(super) fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|part| !part.is_empty() && is_part(part))
}

/// A label of any length.
fn is_part(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// The name of a Service, which begins with a letter.
pub(super) fn is_service_name(text: &str) -> bool {
    is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// `[prefix/]name`.
pub(super) fn is_qualified(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    prefix.is_none_or(is_subdomain) && !name.is_empty() && name.len() <= 63 && is_word(name)
}

/// Letters and digits at both ends, with `-`, `_` and `.` between them.
fn is_word(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.bytes().all(inner) && text.starts_with(edge) && text.ends_with(edge)
}

pub(super) fn is_label_value(text: &str) -> bool {
    text.is_empty() || text.len() <= 63 && is_word(text)
}

/// The name of a port.
pub(super) fn is_port_name(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty()
        && text.len() <= 15
        && text.bytes().all(inner)
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && !text.contains("--")
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A key of a ConfigMap or Secret.
pub(super) fn is_data_key(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(inner)
        && text != "."
        && !text.starts_with("..")
}

/// A name that is a part of an address: of roles and their bindings.
pub(super) fn is_path_segment(text: &str) -> bool {
    !matches!(text, "." | "..") && !text.contains(['/', '%'])
}

/// A domain that resolvers append: labels with `_`, perhaps the root alone or a dot at the end.
pub(super) fn is_search_domain(text: &str) -> bool {
    let domain = text.strip_suffix('.').unwrap_or(text).replace('_', "-");
    text == "." || is_subdomain(&domain)
}

/// The name of a storage driver.
pub(super) fn is_driver(text: &str) -> bool {
    text.len() <= 63 && is_subdomain(&text.to_ascii_lowercase())
}

/// The name of a kernel parameter.
pub(super) fn is_sysctl(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_part = |part: &str| {
        part.starts_with(edge)
            && part.ends_with(edge)
            && part.chars().all(|c| edge(c) || matches!(c, '-' | '_'))
    };
    text.len() <= 253 && text.split(['.', '/']).all(is_part)
}

/// A domain with a path behind it.
pub(super) fn is_path_key(text: &str) -> bool {
    text.len() <= 250
        && text.split_once('/').is_some_and(|(domain, path)| {
            let inner = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b);
            is_subdomain(domain) && !path.is_empty() && path.bytes().all(inner)
        })
}

/// A path to a field as definitions of custom resources write it.
pub(super) fn is_json_path(text: &str) -> bool {
    text.starts_with('.') && text.len() > 1 && !text.contains([' ', '!'])
}

/// A version, perhaps behind a group.
pub(super) fn is_api_version(text: &str) -> bool {
    let (group, version) = text.split_once('/').unwrap_or(("", text));
    (group.is_empty() || is_subdomain(group)) && is_service_name(version)
}

/// A name of a variable in CEL.
pub(super) fn is_identifier(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.chars().all(inner) && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// A verb of the API, or all.
pub(super) fn is_verb(text: &str) -> bool {
    const VERBS: [&str; 10] = [
        "*",
        "get",
        "list",
        "create",
        "update",
        "delete",
        "deletecollection",
        "patch",
        "watch",
        "proxy",
    ];
    VERBS.contains(&text) || matches!(text, "head" | "post" | "put" | "options" | "connect")
}

pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

pub(super) fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most) && !(bits.len() > 1 && bits.starts_with('0'))
}

pub(super) fn is_percent(text: &str) -> bool {
    let digits = text.strip_suffix('%').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Checks a text by one of the forms above.
pub(super) fn form(
    at: Option<At<'_>>,
    fits: fn(&str) -> bool,
    expected: &str,
    server: &'static str,
    refusals: &mut Refusals,
) {
    let Some(at) = at else { return };
    if at.word().is_some_and(|text| !text.is_empty() && !fits(text)) {
        refusals.add(&at, format!("is not {expected}"), server);
    }
}

pub(super) fn label(at: Option<At<'_>>, refusals: &mut Refusals) {
    let expected = "a name of at most 63 lower-case letters, digits and `-`";
    form(at, is_label, expected, LABEL, refusals);
}

pub(super) fn subdomain(at: Option<At<'_>>, refusals: &mut Refusals) {
    let expected = "a name of lower-case letters, digits, `-` and `.`";
    form(at, is_subdomain, expected, SUBDOMAIN, refusals);
}

/// A port as number or name.
pub(super) fn port(at: Option<At<'_>>, refusals: &mut Refusals) {
    let Some(at) = at else { return };
    let (why, server) = if at.is_int() {
        let fits = at.node.as_int().is_some_and(|port| (1..=65535).contains(&port));
        if fits {
            return;
        }
        ("has to be from 1 to 65535", "must be between 1 and 65535, inclusive")
    } else if at.word().is_none_or(is_port_name) {
        return;
    } else {
        (
            "is not the name of a port: at most 15 lower-case letters, digits and `-`",
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        )
    };
    refusals.add(&at, why, server);
}

/// A number of pods or a percentage of them.
pub(super) fn amount(at: Option<At<'_>>, refusals: &mut Refusals) {
    let Some(at) = at else { return };
    match at.word() {
        Some(text) if !is_percent(text) => {
            let server =
                "a valid percent string must be a numeric string followed by an ending '%'";
            refusals.add(&at, "is not a percentage such as `25%`", server);
        }
        None if at.node.as_int().is_some_and(|number| number < 0) => {
            refusals.add(&at, "has to be 0 or more", "must be greater than or equal to 0");
        }
        None if at.is_int()
            && at.node.as_int().is_none_or(|number| i32::try_from(number).is_err()) =>
        {
            refusals.add(&at, "is not an integer of 32 bits", "cannot unmarshal number");
        }
        _ => {}
    }
}

/// The keys and values of labels under a key.
pub(super) fn labels(parent: &At<'_>, key: &str, refusals: &mut Refusals) {
    if let Some(labels) = parent.get(key) {
        labels_of(&labels, refusals);
    }
}

/// The keys and values of labels.
pub(super) fn labels_of(labels: &At<'_>, refusals: &mut Refusals) {
    for (entry, value) in labels.own_pairs() {
        if !is_qualified(&entry.key) {
            let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
            refusals.key(&value, entry, "is not the key of a label", server);
        }
        if value.word().is_some_and(|text| !is_label_value(text)) {
            let server = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'";
            refusals.add(&value, "is not the value of a label", server);
        }
    }
}

/// A label selector.
pub(super) fn selector(at: Option<At<'_>>, refusals: &mut Refusals) {
    let Some(at) = at else { return };
    labels(&at, "matchLabels", refusals);
    for expression in at.list("matchExpressions") {
        requirement(&expression, &["In", "NotIn"], &["Exists", "DoesNotExist"], refusals);
    }
}

/// A condition on the value of a key.
pub(super) fn requirement(at: &At<'_>, with: &[&str], without: &[&str], refusals: &mut Refusals) {
    if let Some(key) = refusals.required(at, "key") {
        let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
        form(Some(key), is_qualified, "the key of a label", server, refusals);
    }
    let Some(operator) = at.text("operator") else {
        return refusals.add(at, "needs an `operator`", "not a valid selector operator");
    };
    let values = at.list("values");
    if with.contains(&operator) && values.is_empty() {
        let server = "must be specified when `operator` is 'In' or 'NotIn'";
        refusals.add(at, format!("needs `values` for `{operator}`"), server);
    }
    if without.contains(&operator) && !values.is_empty() {
        let server = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        refusals.add(at, format!("may not have `values` for `{operator}`"), server);
    }
    for value in values {
        if value.word().is_some_and(|text| !is_label_value(text)) {
            let server = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'";
            refusals.add(&value, "is not the value of a label", server);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes() {
        assert!(is_qualified("app.kubernetes.io/name") && is_qualified("a_B.c"));
        assert!(
            !is_qualified("a b")
                && !is_qualified("/a")
                && !is_qualified("a/")
                && !is_qualified("-a")
        );
        assert!(is_port_name("http-1") && !is_port_name("1") && !is_port_name("a--b"));
        assert!(!is_port_name("sixteen-letters-"));
        assert!(is_data_key(".a") && !is_data_key("..a") && !is_data_key("a b"));
        assert!(
            is_cidr("10.0.0.0/8")
                && is_cidr("::/0")
                && !is_cidr("10.0.0.0")
                && !is_cidr("10.0.0.0/33")
        );
        assert!(is_percent("25%") && !is_percent("25") && !is_percent("%"));
        assert!(is_service_name("a1") && !is_service_name("1a"));
    }
}
