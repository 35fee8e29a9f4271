//! Ranges of addresses, and addresses that stand for no machine.

use std::net::IpAddr;

use ipnet::IpNet;

/// Whether a range lies within another and is smaller; texts that are no ranges are another rule's.
pub(super) fn is_strictly_within(inner: &str, outer: &str) -> bool {
    let (Ok(inner), Ok(outer)) = (inner.parse::<IpNet>(), outer.parse::<IpNet>()) else {
        return true;
    };
    outer.contains(&inner) && inner.prefix_len() > outer.prefix_len()
}

/// Whether a range is written with the address of one machine in it.
pub(super) fn has_machine(text: &str) -> bool {
    text.parse::<IpNet>().is_ok_and(|range| range.addr() != range.network())
}

/// The sort of an address that is of no use outside of its machine or link.
pub(super) fn special(text: &str) -> Option<&'static str> {
    let address = text.parse::<IpAddr>().ok()?.to_canonical();
    let (is_local, is_local_multicast) = match address {
        IpAddr::V4(address) => (address.is_link_local(), address.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            (first & 0xffc0 == 0xfe80, first & 0xff0f == 0xff02)
        }
    };
    if address.is_unspecified() {
        Some("may not be unspecified")
    } else if address.is_loopback() {
        Some("may not be in the loopback range")
    } else if is_local {
        Some("may not be in the link-local range")
    } else if is_local_multicast {
        Some("may not be in the link-local multicast range")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lie_within_others() {
        assert!(is_strictly_within("10.1.0.0/16", "10.0.0.0/8"));
        assert!(!is_strictly_within("11.0.0.0/24", "10.0.0.0/8"));
        assert!(!is_strictly_within("10.0.0.0/8", "10.0.0.0/8"));
        assert!(!is_strictly_within("10.0.0.0/8", "::/0"));
        assert!(is_strictly_within("fd00::/8", "::/0"));
        assert!(has_machine("10.0.0.1/8") && !has_machine("10.0.0.0/8") && !has_machine("::/0"));
        assert!(!has_machine("10.0.0.1/32"));
        assert!(!has_machine("10.0.0.0/4294967295"));
    }

    #[test]
    fn addresses_of_no_use_elsewhere() {
        for (text, wanted) in [
            ("0.0.0.0", Some("may not be unspecified")),
            ("127.0.0.1", Some("may not be in the loopback range")),
            ("::ffff:127.0.0.1", Some("may not be in the loopback range")),
            ("169.254.1.1", Some("may not be in the link-local range")),
            ("fe80::1", Some("may not be in the link-local range")),
            ("224.0.0.5", Some("may not be in the link-local multicast range")),
            ("ff02::5", Some("may not be in the link-local multicast range")),
            ("ff12::5", Some("may not be in the link-local multicast range")),
            ("239.1.1.1", None),
            ("224.0.1.1", None),
            ("ff05::5", None),
            ("192.0.2.1", None),
        ] {
            assert_eq!(special(text), wanted, "{text}");
        }
    }
}
