//! The rules of `values.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::at::{At, Refusals};
use super::quantity;
use super::structural;
use super::syntax;

/// The parts of every pod.
pub(super) const POD: (&str, &str) = ("core", "Pod*");
pub(super) const CONTAINER: (&str, &str) = ("core", "Container*");

/// The variables of an expression about an admission.
pub(super) const ADMISSION: [&str; 7] =
    ["authorizer", "namespaceObject", "object", "oldObject", "params", "request", "variables"];

struct Row {
    path: Vec<&'static str>,
    rule: &'static str,
    arguments: Vec<&'static str>,
}

static TABLE: LazyLock<HashMap<(&str, &str), Vec<Row>>> = LazyLock::new(|| {
    let mut table: HashMap<_, Vec<Row>> = HashMap::new();
    let mut kind = ("", "");
    for line in include_str!("values.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some(row) = line.strip_prefix('\t') else {
            kind = line.split_once(' ').unwrap_or_default();
            continue;
        };
        let mut words = row.split(' ');
        let path = words.next().unwrap_or_default().split('.').collect();
        let rule = words.next().unwrap_or_default();
        let row = Row { path, rule, arguments: words.collect() };
        table.entry(kind).or_default().push(row);
    }
    table
});

/// Checks an object, or a part of one.
pub(super) fn check(at: &At<'_>, group: &str, kind: &str, refusals: &mut Refusals) {
    let group = if group.is_empty() { "core" } else { group };
    for row in TABLE.get(&(group, kind)).into_iter().flatten() {
        let Some((field, parents)) = row.path.split_last() else { continue };
        match row.rule {
            "required" => {
                for parent in walk(at, parents) {
                    refusals.required(&parent, field);
                }
            }
            "present" => {
                for parent in walk(at, parents).iter().filter(|parent| !parent.has(field)) {
                    refusals.missing(parent, field);
                }
            }
            _ => walk(at, &row.path).iter().for_each(|value| row.check(value, refusals)),
        }
    }
}

/// The values behind a path.
fn walk<'a>(at: &At<'a>, path: &[&str]) -> Vec<At<'a>> {
    let mut found = vec![at.clone()];
    for step in path {
        found = match (step.strip_suffix("[]"), step.strip_suffix("{}")) {
            (Some(key), _) => found.iter().flat_map(|at| at.list(key)).collect(),
            (_, Some(key)) => {
                found.iter().flat_map(|at| at.pairs(key)).map(|(_, value)| value).collect()
            }
            _ => found.iter().filter_map(|at| at.get(step)).collect(),
        };
    }
    found
}

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters";
const SUBDOMAIN: &str =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters";
const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.'";

/// A form of texts, its name, and the server's words.
type Form = (fn(&str) -> bool, &'static str, &'static str);

/// The forms by their names in the table.
const FORMS: &[(&str, Form)] = &[
    ("cidr", (syntax::is_cidr, "a range of addresses", "must be a valid CIDR value")),
    ("account", (|t| t == "*" || syntax::is_subdomain(t), "the name of an account", SUBDOMAIN)),
    (
        "api-version",
        (syntax::is_api_version, "a group and a version", "a DNS-1035 label must consist of"),
    ),
    (
        "bundle",
        (
            |t| t.is_empty() || t.split(':').next_back().is_some_and(syntax::is_subdomain),
            "the name of a bundle",
            "not a valid clustertrustbundlename",
        ),
    ),
    ("controller", (syntax::is_path_key, "a domain with a path", "must be a domain-prefixed path")),
    ("driver", (syntax::is_driver, "the name of a driver", SUBDOMAIN)),
    (
        "https",
        (
            |t| t.starts_with("https://"),
            "an address that begins with `https://`",
            "'https' is the only allowed URL scheme",
        ),
    ),
    (
        "identifier",
        (syntax::is_identifier, "a name that CEL allows", "must be a valid CEL identifier"),
    ),
    ("ip", (syntax::is_ip, "an IP address", "must be a valid IP address")),
    (
        "json-path",
        (syntax::is_json_path, "a path such as `.spec.replicas`", "must be a valid json path"),
    ),
    ("key", (syntax::is_qualified, "a name, perhaps with a domain before it", KEY)),
    (
        "kind",
        (
            |t| syntax::is_service_name(&t.to_ascii_lowercase()),
            "the name of a kind",
            "a DNS-1035 label must consist of",
        ),
    ),
    ("label", (syntax::is_label, "a name of at most 63 lower-case letters, digits and `-`", LABEL)),
    ("path", (|t| t.starts_with('/'), "a path that begins with `/`", "must be an absolute path")),
    (
        "pod-resource",
        (
            |t| t.is_empty() || super::downward::is_resource_field(t),
            "a resource of a container",
            "Unsupported value",
        ),
    ),
    ("resource", (quantity::is_resource, "a resource", KEY)),
    ("search", (syntax::is_search_domain, "a domain to search in", SUBDOMAIN)),
    (
        "service",
        (
            syntax::is_service_name,
            "a name of lower-case letters, digits and `-`, a letter first",
            "a DNS-1035 label must consist of",
        ),
    ),
    (
        "subdomain",
        (syntax::is_subdomain, "a name of lower-case letters, digits, `-` and `.`", SUBDOMAIN),
    ),
    (
        "sysctl",
        (
            syntax::is_sysctl,
            "the name of a kernel parameter",
            "must have at most 253 characters and match regex",
        ),
    ),
    (
        "value",
        (
            syntax::is_label_value,
            "the value of a label",
            "a valid label must be an empty string or consist of alphanumeric characters",
        ),
    ),
    ("verb", (syntax::is_verb, "a verb", "Unsupported value: supported values")),
];

impl Row {
    fn check(&self, at: &At<'_>, refusals: &mut Refusals) {
        let rule = match self.rule.strip_prefix("maybe-") {
            Some(_) if at.word() == Some("") => return,
            Some(rule) => rule,
            None => self.rule,
        };
        match rule {
            "filled" => {
                if at.word() == Some("") {
                    refusals.add(at, "may not be empty", "Unsupported value: \"\"");
                }
            }
            "one-of" => {
                if at.word().is_some_and(|text| !self.arguments.contains(&text)) {
                    let why = format!("has to be `{}`", self.arguments.join("`, `"));
                    refusals.add(at, why, "Unsupported value: supported values");
                }
            }
            "range" => self.range(at, refusals),
            "at-most" => {
                let most = self.number(0).unwrap_or(i64::MAX);
                if at.word().is_some_and(|text| text.len() as i64 > most) {
                    let why = format!("is longer than {most} letters");
                    refusals.add(at, why, "must be less than or equal to");
                }
            }
            "distinct" => self.distinct(at, refusals),
            "resources" => {
                for (entry, value) in at.own_pairs() {
                    if !quantity::is_resource(&entry.key) {
                        let server = "must be a standard resource for containers";
                        refusals.key(&value, entry, "is not a resource", server);
                    }
                }
            }
            "labels" => syntax::labels_of(at, refusals),
            "selector" => syntax::selector(Some(at.clone()), refusals),
            "quantity" => quantity::one(at, refusals),
            "expression" => expression(at, refusals),
            form => {
                let known = FORMS.iter().find(|(name, _)| *name == form);
                let Some((_, (fits, expected, server))) = known else { return };
                if at.word().is_some_and(|text| !fits(text)) {
                    refusals.add(at, format!("is not {expected}"), *server);
                }
            }
        }
    }

    fn number(&self, at: usize) -> Option<i64> {
        self.arguments.get(at)?.parse().ok()
    }

    fn range(&self, at: &At<'_>, refusals: &mut Refusals) {
        let (Some(first), Some(last)) = (self.number(0), self.number(1)) else { return };
        // Also for numbers that the reader keeps as text because they are too long.
        if at.is_int() && at.node.as_int().is_none_or(|n| !(first..=last).contains(&n)) {
            let why = format!("has to be from {first} to {last}");
            refusals.add(at, why, format!("must be between {first} and {last}, inclusive"));
        }
    }

    fn distinct(&self, at: &At<'_>, refusals: &mut Refusals) {
        let items = at.items();
        if self.arguments.is_empty() {
            return refusals.distinct(&items, |item| Some(item.node.to_json()), "value");
        }
        let key = |item: &At<'_>| {
            let word = |key: &&str| item.node.word_at(&[key]).unwrap_or_default().to_owned();
            Some(self.arguments.iter().map(word).collect::<Vec<_>>())
        };
        refusals.distinct(&items, key, &format!("`{}`", self.arguments.join("` and `")));
    }
}

/// An expression in CEL about an admission.
fn expression(at: &At<'_>, refusals: &mut Refusals) {
    let Some(text) = at.word() else { return };
    if !structural::is_expression(text) {
        refusals.add(at, "is not an expression in CEL", "compilation failed");
    } else if let Some(name) = structural::undeclared(text, &ADMISSION) {
        refusals.add(at, format!("has no variable `{name}`"), "undeclared reference to");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_rule_that_is_known() {
        let simple = [
            "required",
            "present",
            "resources",
            "filled",
            "one-of",
            "range",
            "at-most",
            "distinct",
            "labels",
            "selector",
            "quantity",
            "expression",
        ];
        for ((group, kind), rows) in TABLE.iter() {
            for row in rows {
                let rule = row.rule.strip_prefix("maybe-").unwrap_or(row.rule);
                let known = simple.contains(&rule) || FORMS.iter().any(|(name, _)| *name == rule);
                assert!(known, "{group} {kind} {:?} {}", row.path, row.rule);
                if row.rule == "range" {
                    assert!(row.number(0) < row.number(1), "{group} {kind} {:?}", row.path);
                }
            }
        }
    }
}
