//! Ports: published on the host in Compose, the container's own in Kubernetes.

use std::net::IpAddr;

use common::compose::ports;
use common::diagnostic::Diagnostic;

use super::Builder;
use super::uncarried::NOT_CARRIED;
use crate::spec::types;

/// A port of a container.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    /// In the container.
    pub(crate) target: u16,
    /// The last port of a range that no Service lists; else the same.
    pub(crate) last: u16,
    /// `tcp`, `udp` or `sctp`.
    pub(crate) protocol: String,
    /// On the host, as written; empty when the engine chooses, `None` when only other containers
    /// reach it.
    pub(crate) published: Option<String>,
    /// The host's address.
    pub(crate) host_ip: Option<String>,
    /// Its place in the list `ports`; 0 for one of `expose`, whose place nobody reports.
    pub(crate) item: usize,
}

impl Port {
    /// As Compose's short form.
    pub(crate) fn compose(&self) -> String {
        let mut text = String::new();
        if let Some(ip) = &self.host_ip {
            let v6 = ip.contains(':');
            text.push_str(&if v6 { format!("[{ip}]:") } else { format!("{ip}:") });
        }
        if let Some(published) = &self.published {
            text.push_str(published);
            if !published.is_empty() || self.host_ip.is_some() {
                text.push(':');
            }
        }
        text.push_str(&self.target.to_string());
        if self.is_range() {
            text.push_str(&format!("-{}", self.last));
        }
        if self.protocol != "tcp" {
            text.push('/');
            text.push_str(&self.protocol);
        }
        text
    }

    /// The host's address, where only the host itself reaches it.
    pub(crate) fn loopback(&self) -> Option<IpAddr> {
        self.host_ip.as_deref()?.parse().ok().filter(IpAddr::is_loopback)
    }

    /// Whether it stands for many ports, which only the Compose file has.
    pub(crate) fn is_range(&self) -> bool {
        self.last != self.target
    }

    /// Its name in a Service: the protocol's letters and the number.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.protocol, self.target)
    }
}

impl Builder<'_> {
    /// The ports of a large range as one.
    fn range(&mut self, name: &str, all: Vec<Port>, path: &[&str]) -> Option<Port> {
        let (first, last) = (all.first()?, all.last()?);
        let (from, to) = (first.target, last.target);
        let short = format!(
            "the {} ports {from}-{to} have no Service, which lists each: network_mode: host, or a smaller range",
            all.len()
        );
        let message = format!("ports of \"{name}\": {short}");
        self.say.push(Diagnostic::warning(NOT_CARRIED, message).short(short), path);
        let published = match (&first.published, &last.published) {
            (Some(first), Some(last)) if first != last => Some(format!("{first}-{last}")),
            (first, _) => first.clone(),
        };
        Some(Port { last: to, published, ..first.clone() })
    }

    pub(super) fn ports(&mut self, name: &str, service: &types::Service) -> Vec<Port> {
        let mut ports: Vec<Port> = Vec::new();
        for (item, port) in service.ports.iter().enumerate() {
            let index = item.to_string();
            let path = ["services", name, "ports", &index];
            let parsed = match port {
                types::Port::Number(target) => Some(vec![chosen(*target)]),
                types::Port::Text(text) => short(text),
                types::Port::Long(long) => Some(vec![Port {
                    target: long.target,
                    last: long.target,
                    protocol: long.protocol.clone().unwrap_or_else(|| "tcp".into()),
                    // Without a number, the engine chooses one.
                    published: Some(
                        long.published.as_ref().map(ToString::to_string).unwrap_or_default(),
                    ),
                    host_ip: long.host_ip.clone(),
                    item,
                }]),
            };
            let at = |port| Port { item, ..port };
            match parsed {
                Some(parsed) if parsed.len() > MANY => {
                    ports.extend(self.range(name, parsed, &path).map(at));
                }
                Some(parsed) => ports.extend(parsed.into_iter().map(at)),
                None => self.say.hinted(
                    "bad-port",
                    "this is not a port".into(),
                    &path,
                    "host:container, such as \"8085:8081\", each from 1 to 65535",
                ),
            }
        }
        for (index, port) in service.expose.iter().enumerate() {
            let text = port.to_string();
            match short(&text).filter(|_| !text.contains(':')) {
                Some(parsed) if parsed.len() > MANY => {
                    let index = index.to_string();
                    let path = ["services", name, "expose", &index];
                    let range = self
                        .range(name, parsed, &path)
                        .map(|port| Port { published: None, ..port });
                    ports.extend(range);
                }
                Some(parsed) => ports.extend(parsed.into_iter().map(|mut port| {
                    port.published = None;
                    port
                })),
                None => {
                    let index = index.to_string();
                    let path = ["services", name, "expose", &index];
                    self.say.error(
                        "bad-port",
                        format!("\"{text}\" is not a container port"),
                        &path,
                    );
                }
            }
        }
        ports
    }
}

/// The most ports of a range that a Service lists.
const MANY: usize = 100;

/// A port that the engine publishes where it likes.
fn chosen(target: u16) -> Port {
    Port {
        target,
        last: target,
        protocol: "tcp".into(),
        published: Some(String::new()),
        host_ip: None,
        item: 0,
    }
}

/// Compose's short form.
fn short(text: &str) -> Option<Vec<Port>> {
    let convert = |port: ports::Port| Port {
        target: port.target,
        last: port.target,
        protocol: port.protocol,
        published: Some(port.published),
        host_ip: port.host_ip,
        item: 0,
    };
    Some(ports::short(text)?.into_iter().map(convert).collect())
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn the_short_forms() {
        let shown = |text| -> Vec<String> {
            short(text).unwrap().iter().map(|p| format!("{} {}", p.compose(), p.name())).collect()
        };
        assert_eq!(shown("8085:8081"), ["8085:8081 tcp-8081"]);
        assert_eq!(shown("127.0.0.1:53:53/udp"), ["127.0.0.1:53:53/udp udp-53"]);
        assert_eq!(shown("80"), ["80 tcp-80"]);
        assert_eq!(shown("127.0.0.1::80"), ["127.0.0.1::80 tcp-80"]);
        assert_eq!(shown("8000-8010:81"), ["8000-8010:81 tcp-81"]);
        assert_eq!(shown("82/UDP"), ["82/udp udp-82"]);
        assert_eq!(shown("7000-7001:8000-8001"), ["7000:8000 tcp-8000", "7001:8001 tcp-8001"]);
        for bad in ["", "x", "0", "70000", "1:2:3:x", "80/icmp", "1-2:3-5"] {
            assert!(short(bad).is_none(), "{bad}");
        }
    }
}
