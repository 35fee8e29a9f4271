//! The ports of a container, from `ports` and `expose`.

use std::collections::{BTreeMap, HashSet};

use common::compose::OPAQUE;
use common::compose::ports::{self, short};
use common::compose::scalar::Scalar;
use common::diagnostic::Diagnostic;
use common::project::{Tree, Value};

use super::model::Port;
use super::typed::Typed;

/// More than a container can have of each protocol.
const MOST: usize = 1 << 17;

/// Protocol, number, and the host's port and address: the same port said again is one.
type Key = (String, u16, String, Option<String>);

/// The ports whose numbers do not depend on variables without a value.
pub(super) fn read(service: &Tree, typed: &mut Typed<'_>) -> Vec<Port> {
    let mut all: BTreeMap<Key, Port> = BTreeMap::new();
    let mut put = |(key, port): (Key, Port)| {
        if all.len() < MOST {
            all.insert(key, port);
        }
    };
    let mut published = HashSet::new();
    for item in service.get("ports").map_or(&[][..], Tree::items) {
        match one(item) {
            Read::Ports(ports) => {
                let numbers = ports.iter().map(|(_, port)| (port.protocol.clone(), port.target));
                published.extend(numbers);
                ports.into_iter().for_each(&mut put);
            }
            Read::Unknown => {}
            Read::Bad => bad(item, typed),
        }
    }
    for item in service.get("expose").map_or(&[][..], Tree::items) {
        let text = item.printed().unwrap_or_default();
        match written(&text, item) {
            Read::Ports(ports) if !text.contains(':') => ports
                .into_iter()
                .filter(|(_, port)| !published.contains(&(port.protocol.clone(), port.target)))
                .for_each(&mut put),
            Read::Unknown => {}
            Read::Ports(_) | Read::Bad => bad(item, typed),
        }
    }
    all.into_values().collect()
}

enum Read {
    Ports(Vec<(Key, Port)>),
    Unknown,
    Bad,
}

fn one(item: &Tree) -> Read {
    match &item.value {
        Value::Text(text) => written(&text.value, item),
        Value::Plain(Scalar::Integer(number), _) => written(&number.to_string(), item),
        Value::Map(_) => long(item),
        _ => Read::Bad,
    }
}

fn written(text: &str, item: &Tree) -> Read {
    match short(text) {
        Some(ports) => Read::Ports(ports.into_iter().map(|parsed| port(parsed, item)).collect()),
        None if text.contains(OPAQUE) => Read::Unknown,
        None => Read::Bad,
    }
}

fn port(parsed: ports::Port, item: &Tree) -> (Key, Port) {
    let ports::Port { target, protocol, published, host_ip, .. } = parsed;
    let key = (protocol.clone(), target, published, host_ip);
    (key, Port { target, protocol, place: item.place() })
}

fn long(item: &Tree) -> Read {
    let printed = |key: &str| item.get(key).and_then(Tree::printed);
    let target = printed("target").unwrap_or_default();
    let protocol = printed("protocol").unwrap_or_else(|| "tcp".to_owned());
    if target.contains(OPAQUE) || protocol.contains(OPAQUE) {
        return Read::Unknown;
    }
    let Some(target) = target.parse().ok().filter(|target| *target > 0) else { return Read::Bad };
    let published = printed("published").unwrap_or_default();
    let key = (protocol.clone(), target, published, printed("host_ip"));
    Read::Ports(vec![(key, Port { target, protocol, place: item.place() })])
}

fn bad(item: &Tree, typed: &mut Typed<'_>) {
    let diagnostic = Diagnostic::error("bad-port", "this is not a port").at(item.place(), "");
    let hint = "[host:]container[/protocol] such as \"8085:8081\", each from 1 to 65535";
    typed.report.push(diagnostic.hint(hint));
}
