//! Ranges of addresses, and addresses that stand for no machine.

use std::net::IpAddr;

/// A range: its first address as a number of 128 bits, and the length of its prefix there.
struct Range {
    bits: u128,
    prefix: u32,
    is_ipv4: bool,
}

fn range(text: &str) -> Option<Range> {
    let (address, prefix) = text.split_once('/')?;
    let prefix: u32 = prefix.parse().ok()?;
    let (bits, above, is_ipv4) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 96, true),
        IpAddr::V6(address) => (u128::from(address), 0, false),
    };
    Some(Range { bits, prefix: prefix.checked_add(above)?.min(128), is_ipv4 })
}

/// The bits behind a prefix.
fn rest(prefix: u32) -> u128 {
    u128::MAX.checked_shr(prefix).unwrap_or(0)
}

/// Whether a range lies within another and is smaller; texts that are no ranges are another rule's.
pub(super) fn is_strictly_within(inner: &str, outer: &str) -> bool {
    let (Some(inner), Some(outer)) = (range(inner), range(outer)) else { return true };
    inner.is_ipv4 == outer.is_ipv4
        && inner.prefix > outer.prefix
        && (inner.bits & !rest(outer.prefix)) == (outer.bits & !rest(outer.prefix))
}

/// Whether a range is written with the address of one machine in it.
pub(super) fn has_machine(text: &str) -> bool {
    range(text).is_some_and(|range| range.bits & rest(range.prefix) != 0)
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
