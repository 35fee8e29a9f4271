//! Ports for the servers of tests.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that kernels give to connections and to listeners without a wish: a server opens its port seconds after
/// the choice, and nobody else may get it meanwhile.
const FIRST: u32 = 20_000;
const COUNT: u32 = 10_000;

/// A port that nobody listens on, on any address; no two calls of a process give the same one.
///
/// # Panics
/// All of them are in use.
pub fn free() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test programs that run side by side begin at different places.
    let start = std::process::id().wrapping_mul(97);
    (0..COUNT)
        .map(|_| FIRST + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|&port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok())
        .expect("a free port")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once_and_only_while_nobody_listens() {
        let first = free();
        let next = |port: u16| if port == 29_999 { 20_000 } else { port + 1 };
        let _busy = TcpListener::bind(("127.0.0.1", next(first)));
        let second = free();
        assert!(second != first && second != next(first), "{first}, {second}");
        assert!((20_000..30_000).contains(&second), "{second}");
    }
}
