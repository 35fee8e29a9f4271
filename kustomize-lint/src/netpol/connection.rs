//! Addresses of Services in the settings of a pod: `redis:6379`, `http://api.shop/v1`.

use std::collections::HashMap;

use crate::object::Object;
use crate::tree::{Node, Place};
use crate::view::Workload;
use common::kubernetes::effective;

/// An address that a pod is told.
#[derive(Clone, Debug)]
pub(crate) struct Address<'a> {
    pub(crate) host: &'a str,
    /// The port; a scheme's own where none is written.
    pub(crate) port: i64,
    /// Where it is written.
    pub(crate) place: Place,
    /// The name of the endpoint: `variable REDIS_URL`, `an argument`.
    pub(crate) label: String,
}

/// Names of variables whose address is not called by the pod that has it: it is the pod's address, or is
/// handed to browsers and other clients.
const NOT_CALLED: &str = "\
    ADVERTISE ALLOW AUDIENCE BIND CALLBACK CORS EXTERNAL ISSUER LISTEN NO_PROXY ORIGIN PUBLIC \
    REDIRECT ROOT_URL";

/// Schemes with a port of their own.
const SCHEMES: [(&str, i64); 8] = [
    ("amqp", 5672),
    ("http", 80),
    ("https", 443),
    ("mongodb", 27017),
    ("mysql", 3306),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("redis", 6379),
];

/// The addresses in the variables, commands and arguments of a workload's containers; variables
/// that come from ConfigMaps of the overlay, too.
pub(crate) fn addresses<'a>(
    workload: &Workload<'a>,
    maps: &HashMap<(&'a str, &'a str), &'a Object>,
) -> Vec<Address<'a>> {
    let mut found = Vec::new();
    let map = |name: &str| maps.get(&(effective(workload.object.namespace()), name)).copied();
    for container in workload.containers() {
        for variable in container.list("env") {
            let name = variable.word_at(&["name"]).unwrap_or_default();
            let reference = variable.at(&["valueFrom", "configMapKeyRef"]);
            let value = variable.get("value").or_else(|| {
                let reference = reference?;
                let object = map(reference.word_at(&["name"])?)?;
                object.node.at(&["data", reference.word_at(&["key"])?])
            });
            variable_of(name, value, &mut found);
        }
        for source in container.list("envFrom") {
            let Some(object) = source.str_at(&["configMapRef", "name"]).and_then(map) else {
                continue;
            };
            for entry in object.node.entries_at(&["data"]) {
                variable_of(&entry.key, Some(&entry.value), &mut found);
            }
        }
        for (field, label) in [("command", "the command"), ("args", "an argument")] {
            for item in container.list(field) {
                // A script may say anything; an option with one address is clear.
                text_of(item, |text| !text.contains('\n'), label, &mut found);
            }
        }
    }
    found
}

fn variable_of<'a>(name: &str, value: Option<&'a Node>, found: &mut Vec<Address<'a>>) {
    let upper = name.to_ascii_uppercase();
    if let Some(value) = value.filter(|_| !NOT_CALLED.split(' ').any(|mark| upper.contains(mark))) {
        text_of(value, |_| true, &format!("variable {name}"), found);
    }
}

fn text_of<'a>(
    node: &'a Node,
    clear: impl Fn(&str) -> bool,
    label: &str,
    found: &mut Vec<Address<'a>>,
) {
    let Some(text) = node.as_str().filter(|text| clear(text)) else { return };
    let upper = text.to_ascii_uppercase();
    if NOT_CALLED.split(' ').any(|mark| upper.contains(mark)) {
        return;
    }
    let place = node.place();
    found.extend(in_text(text).map(|(host, port)| Address {
        host,
        port,
        place,
        label: label.to_owned(),
    }));
}

/// `host:port` and `scheme://user:password@host[:port]/…` between separators.
fn in_text(text: &str) -> impl Iterator<Item = (&str, i64)> {
    text.split([',', ';', ' ', '\t', '\n', '"', '\'', '=', '|']).filter_map(|word| {
        let (scheme, rest) = match word.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, word),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = rest[..end].rsplit('@').next()?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => {
                let scheme = scheme?.rsplit([':', '+']).next()?;
                let (_, port) = SCHEMES.iter().find(|(known, _)| *known == scheme)?;
                (authority, *port)
            }
        };
        let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        (!host.is_empty() && host.chars().all(name)).then_some((host, port))
    })
}

#[cfg(test)]
mod tests {
    use super::in_text;

    #[test]
    fn addresses_in_texts() {
        for (text, addresses) in [
            ("redis:6379", vec![("redis", 6379)]),
            ("a:1,b.shop:2", vec![("a", 1), ("b.shop", 2)]),
            ("postgres://app:$(PW)@db/app?x=y", vec![("db", 5432)]),
            ("jdbc:postgresql://db:5433/app", vec![("db", 5433)]),
            ("jdbc:postgresql://db/app", vec![("db", 5432)]),
            ("--brokers=kafka:9092", vec![("kafka", 9092)]),
            ("http://api/v1", vec![("api", 80)]),
            ("just words", vec![]),
            ("image:latest", vec![]),
            ("gopher://api", vec![]),
            ("://", vec![]),
        ] {
            assert_eq!(in_text(text).collect::<Vec<_>>(), addresses, "{text}");
        }
    }
}
