//! The short form of a port: `[ip:][published:]target[/protocol]`, each number or a range.

use super::OPAQUE;

/// A port of a container that is published on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// In the container.
    pub target: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// On the host: a number, a range of which the engine takes one, or empty when it chooses.
    pub published: String,
    /// The host's address.
    pub host_ip: Option<String>,
}

/// The ports of a text, one for each of a range; `None` where it is none. A published part that
/// holds [`OPAQUE`] is kept as it is.
pub fn short(text: &str) -> Option<Vec<Port>> {
    let (text, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return None;
    }
    let (host, target) = match text.rsplit_once(':') {
        Some((host, target)) => (Some(host), target),
        None => (None, text),
    };
    let (host_ip, published) = match host.map(|host| (host, host.rsplit_once(':'))) {
        Some((_, Some((ip, published)))) => {
            (Some(ip.trim_matches(['[', ']']).to_owned()), published)
        }
        Some((published, None)) => (None, published),
        None => (None, ""),
    };
    let targets = range(target)?;
    let hosts = match published {
        "" => None,
        text if text.contains(OPAQUE) => None,
        text => Some(range(text)?),
    };
    // Compose takes the first free one of a range for a single port.
    let pool = hosts.as_ref().is_some_and(|hosts| hosts.len() > 1) && targets.len() == 1;
    if hosts.as_ref().is_some_and(|hosts| !pool && hosts.len() != targets.len()) {
        return None;
    }
    let port = |(index, target): (usize, u16)| Port {
        target,
        protocol: protocol.clone(),
        published: match &hosts {
            Some(hosts) if !pool => hosts[index].to_string(),
            _ => published.to_owned(),
        },
        host_ip: host_ip.clone(),
    };
    Some(targets.into_iter().enumerate().map(port).collect())
}

fn range(text: &str) -> Option<Vec<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse::<u16>().ok().filter(|n| *n > 0);
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then(|| (first..=last).collect())
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn the_short_forms() {
        let shown = |text| -> Vec<String> {
            let one = |port: &super::Port| {
                let ip = port.host_ip.as_deref().unwrap_or("*");
                format!("{ip} {} {} {}", port.published, port.target, port.protocol)
            };
            short(text).unwrap().iter().map(one).collect()
        };
        assert_eq!(shown("8085:8081"), ["* 8085 8081 tcp"]);
        assert_eq!(shown("127.0.0.1:53:53/udp"), ["127.0.0.1 53 53 udp"]);
        assert_eq!(shown("[::1]:70:71"), ["::1 70 71 tcp"]);
        assert_eq!(shown("80"), ["*  80 tcp"]);
        assert_eq!(shown("127.0.0.1::80"), ["127.0.0.1  80 tcp"]);
        assert_eq!(shown("8000-8010:81"), ["* 8000-8010 81 tcp"]);
        assert_eq!(shown("82/UDP"), ["*  82 udp"]);
        assert_eq!(shown("7000-7001:8000-8001"), ["* 7000 8000 tcp", "* 7001 8001 tcp"]);
        for bad in ["", "x", "0", "70000", "1:2:3:x", "80/icmp", "1-2:3-5"] {
            assert!(short(bad).is_none(), "{bad}");
        }
    }
}
