//! The ports of a container, from `ports` and `expose`.

use std::collections::{BTreeMap, HashSet};

use common::compose::OPAQUE;
use common::compose::ports::{self, short};
use common::compose::scalar::Scalar;
use common::diagnostic::Diagnostic;
use common::project::{Tree, Value, known};

use super::model::{Port, Published};
use super::typed::Typed;

/// More than a container can have of each protocol.
const MOST: usize = 1 << 17;

/// The same port said again is one.
type Key = (String, u16, Published, Option<String>);

/// The ports, and whether there are more that depend on variables without a value.
pub(super) fn read(service: &Tree, typed: &mut Typed<'_>) -> (Vec<Port>, bool) {
    let mut all: BTreeMap<Key, Port> = BTreeMap::new();
    let mut more = false;
    let mut put = |port: Port| {
        let key =
            (port.protocol.clone(), port.target, port.published.clone(), port.host_ip.clone());
        if all.len() < MOST {
            all.insert(key, port);
        }
    };
    let mut published = HashSet::new();
    for item in service.get("ports").map_or(&[][..], Tree::items) {
        match one(item, typed) {
            Read::Ports(ports) => {
                published.extend(ports.iter().map(|port| (port.protocol.clone(), port.target)));
                ports.into_iter().for_each(&mut put);
            }
            Read::Unknown => more = true,
            Read::Bad => bad(item, typed),
        }
    }
    for item in service.get("expose").map_or(&[][..], Tree::items) {
        let text = item.printed().unwrap_or_default();
        match written(&text, item) {
            Read::Ports(ports) if !text.contains(':') => {
                let known = |port: &Port| published.contains(&(port.protocol.clone(), port.target));
                let own = ports.into_iter().filter(|port| !known(port));
                own.map(|port| Port { published: Published::No, ..port }).for_each(&mut put);
            }
            Read::Unknown => more = true,
            Read::Ports(_) | Read::Bad => bad(item, typed),
        }
    }
    (all.into_values().collect(), more)
}

enum Read {
    Ports(Vec<Port>),
    Unknown,
    Bad,
}

fn one(item: &Tree, typed: &mut Typed<'_>) -> Read {
    match &item.value {
        Value::Text(text) => written(&text.value, item),
        Value::Plain(Scalar::Integer(number), _) => written(&number.to_string(), item),
        Value::Map(_) => long(item, typed),
        _ => Read::Bad,
    }
}

fn written(text: &str, item: &Tree) -> Read {
    match short(text) {
        Some(ports) => Read::Ports(ports.into_iter().map(|own| port(own, item)).collect()),
        None if text.contains(OPAQUE) => Read::Unknown,
        None => Read::Bad,
    }
}

fn port(own: ports::Port, item: &Tree) -> Port {
    Port {
        target: own.target,
        protocol: own.protocol,
        published: published(&own.published),
        host_ip: own.host_ip.as_deref().and_then(known),
        place: item.place(),
    }
}

fn published(text: &str) -> Published {
    match text {
        "" => Published::Any,
        text if text.contains(OPAQUE) => Published::Unknown,
        text => Published::At(text.to_owned()),
    }
}

fn long(item: &Tree, typed: &mut Typed<'_>) -> Read {
    let printed = |key: &str| item.get(key).and_then(Tree::printed);
    let target = printed("target").unwrap_or_default();
    let protocol = printed("protocol").unwrap_or_else(|| "tcp".to_owned());
    if target.contains(OPAQUE) || protocol.contains(OPAQUE) {
        return Read::Unknown;
    }
    let Some(target) = target.parse().ok().filter(|target| *target > 0) else { return Read::Bad };
    let host_ip = item.get("host_ip").and_then(|own| typed.text("host_ip", own)?.value);
    let published = published(&printed("published").unwrap_or_default());
    Read::Ports(vec![Port { target, protocol, published, host_ip, place: item.place() }])
}

fn bad(item: &Tree, typed: &mut Typed<'_>) {
    let diagnostic = Diagnostic::error("bad-port", "this is no port").at(item.place(), "");
    let hint = "[host:]container[/protocol] such as \"8085:8081\", each from 1 to 65535";
    typed.report.push(diagnostic.hint(hint));
}
