//! Ports: published on the host in Compose, the container's own in Kubernetes.

use super::Builder;
use crate::spec::types;

/// A port of a container.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    /// In the container.
    pub(crate) target: u16,
    /// `tcp` or `udp`.
    pub(crate) protocol: String,
    /// On the host, as written; empty when the engine chooses, `None` when only other containers
    /// reach it.
    pub(crate) published: Option<String>,
    /// The host's address.
    pub(crate) host_ip: Option<String>,
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
        if self.protocol != "tcp" {
            text.push('/');
            text.push_str(&self.protocol);
        }
        text
    }

    /// Its name in a Service: the protocol's letters and the number.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.protocol, self.target)
    }
}

impl Builder<'_> {
    pub(super) fn ports(&mut self, name: &str, service: &types::Service) -> Vec<Port> {
        let mut ports: Vec<Port> = Vec::new();
        for (index, port) in service.ports.iter().enumerate() {
            let index = index.to_string();
            let path = ["services", name, "ports", &index];
            let parsed = match port {
                types::Port::Number(target) => Some(vec![chosen(*target)]),
                types::Port::Text(text) => short(text),
                types::Port::Long(long) => Some(vec![Port {
                    target: long.target,
                    protocol: long.protocol.clone().unwrap_or_else(|| "tcp".into()),
                    published: long.published.as_ref().map(ToString::to_string),
                    host_ip: long.host_ip.clone(),
                }]),
            };
            match parsed {
                Some(parsed) => ports.extend(parsed),
                None => self.error_hint(
                    "bad-port",
                    "this is no port".into(),
                    &path,
                    "host:container, such as \"8085:8081\", each from 1 to 65535",
                ),
            }
        }
        for (index, port) in service.expose.iter().enumerate() {
            let text = port.to_string();
            match short(&text).filter(|_| !text.contains(':')) {
                Some(parsed) => ports.extend(parsed.into_iter().map(|mut port| {
                    port.published = None;
                    port
                })),
                None => {
                    let index = index.to_string();
                    let path = ["services", name, "expose", &index];
                    self.error("bad-port", format!("\"{text}\" is no container port"), &path);
                }
            }
        }
        ports
    }
}

/// A port that the engine publishes where it likes.
fn chosen(target: u16) -> Port {
    Port { target, protocol: "tcp".into(), published: Some(String::new()), host_ip: None }
}

/// `[ip:][published:]target[/protocol]`, each of the two numbers may be a range.
fn short(text: &str) -> Option<Vec<Port>> {
    let (text, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp") {
        return None;
    }
    let (host, target) = match text.rsplit_once(':') {
        Some((host, target)) => (Some(host), target),
        None => (None, text),
    };
    let (host_ip, published) = match host.map(|host| host.rsplit_once(':')) {
        Some(Some((ip, published))) => {
            (Some(ip.trim_matches(['[', ']']).to_owned()), Some(published))
        }
        Some(None) => (None, host),
        None => (None, None),
    };
    let targets = range(target)?;
    let late = published.is_some_and(|p| p.contains('\u{F0000}'));
    let hosts = match published {
        None | Some("") => None,
        Some(_) if late => None,
        Some(text) => Some(range(text)?),
    };
    // Compose takes the first free one of a range for a single port.
    let pool = hosts.as_ref().is_some_and(|hosts| hosts.len() > 1) && targets.len() == 1;
    if hosts.as_ref().is_some_and(|hosts| !pool && hosts.len() != targets.len()) {
        return None;
    }
    let port = |(index, target): (usize, u16)| Port {
        target,
        protocol: protocol.clone(),
        published: match (&hosts, late) {
            (Some(_), _) if pool => published.map(str::to_owned),
            (Some(hosts), _) => Some(hosts[index].to_string()),
            (None, _) => Some(published.unwrap_or_default().to_owned()),
        },
        host_ip: host_ip.clone(),
    };
    Some(targets.into_iter().enumerate().map(port).collect())
}

fn range(text: &str) -> Option<Vec<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse::<u16>().ok().filter(|n| *n > 0);
    let (first, last) = (number(first)?, number(last)?);
    (first <= last && last - first < 1000).then(|| (first..=last).collect())
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
        for bad in ["", "x", "0", "70000", "1:2:3:x", "80/sctp", "1-2:3-5"] {
            assert!(short(bad).is_none(), "{bad}");
        }
    }
}
