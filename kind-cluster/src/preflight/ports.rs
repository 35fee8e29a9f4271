//! The host's ports that the cluster publishes.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use crate::create::config::KindConfig;
use crate::nodes::Node;
use crate::report::Check;

pub(super) fn checks(config: &KindConfig, own: &[Node]) -> Vec<Check> {
    config
        .host_ports()
        .into_iter()
        .map(|port| {
            let ours =
                own.iter().any(|node| node.running && node.ports.values().any(|p| *p == port));
            if ours {
                return Check::ok("ports", port.to_string(), "held by this cluster");
            }
            check(port)
        })
        .collect()
}

fn check(port: u16) -> Check {
    let name = port.to_string();
    match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)) {
        Ok(_) => Check::ok("ports", name, "free"),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Check::failed("ports", name, "port-taken", format!("port {port} is in use"))
                .hint(format!("`ss -ltnp 'sport = :{port}'` shows by whom; stop that"))
        }
        // The engine publishes ports as root; that this user may not is no obstacle.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            match std::net::TcpStream::connect_timeout(
                &(Ipv4Addr::LOCALHOST, port).into(),
                std::time::Duration::from_millis(200),
            ) {
                Ok(_) => {
                    Check::failed("ports", name, "port-taken", format!("port {port} is in use"))
                        .hint(format!("`sudo ss -ltnp 'sport = :{port}'` shows by whom; stop that"))
                }
                Err(_) => Check::ok("ports", name, "free"),
            }
        }
        Err(error) => Check::warning("ports", name, "port-unknown", error.to_string()),
    }
}
