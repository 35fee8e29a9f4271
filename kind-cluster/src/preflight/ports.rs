//! The host's ports that the cluster publishes.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use crate::nodes::Node;
use crate::report::{Check, Outcome};

/// A port, and whether it is free.
pub(super) type Looked = (u16, Check);

/// The program that publishes the ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An engine of this machine's root.
    Root,
    /// An engine of a user.
    Rootless,
    /// An engine on another machine.
    Remote,
}

/// The first port that needs no privilege.
fn first() -> u16 {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    text.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(1024)
}

/// Looks at every port; it waits for none longer than a moment.
pub(super) fn look(ports: &[u16]) -> Vec<Looked> {
    ports.iter().map(|port| (*port, check(*port))).collect()
}

/// Ports that the cluster's own nodes hold are not in anybody's way. `None` when the engine has not
/// said which these are.
pub(super) fn judge(looked: Vec<Looked>, nodes: Option<&[Node]>, place: Place) -> Vec<Check> {
    let ours = |port: u16| {
        let holds = |node: &Node| node.running && node.ports.values().any(|held| *held == port);
        nodes.unwrap_or_default().iter().any(holds)
    };
    let judge = |(port, check): Looked| match nodes {
        _ if place == Place::Remote => {
            let detail = "the engine publishes it on another machine";
            Check::skipped("ports", port.to_string(), detail)
        }
        _ if ours(port) => Check::ok("ports", port.to_string(), "held by this cluster"),
        None if check.outcome == Outcome::Failed => {
            let detail = format!("port {port} is in use, perhaps by this cluster");
            Check::warning("ports", port.to_string(), "port-unknown", detail)
        }
        _ if check.outcome == Outcome::Ok && place == Place::Rootless && port < first() => {
            let detail = format!("a rootless engine publishes no port below {}", first());
            Check::failed("ports", port.to_string(), "port-privileged", detail)
                .hint(format!("`sudo sysctl net.ipv4.ip_unprivileged_port_start={port}`"))
        }
        _ => check,
    };
    looked.into_iter().map(judge).collect()
}

fn check(port: u16) -> Check {
    let name = port.to_string();
    match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)) {
        Ok(_) => Check::ok("ports", name, "free"),
        Err(error) if error.kind() == ErrorKind::AddrInUse => taken(port, "ss"),
        // The engine publishes ports as root; that this user may not is no obstacle.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let address = (Ipv4Addr::LOCALHOST, port).into();
            match TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
                Ok(_) => taken(port, "sudo ss"),
                Err(_) => Check::ok("ports", name, "free"),
            }
        }
        Err(error) => Check::warning("ports", name, "port-unknown", error.to_string()),
    }
}

fn taken(port: u16, ss: &str) -> Check {
    let detail = format!("port {port} is in use");
    Check::failed("ports", port.to_string(), "port-taken", detail)
        .hint(format!("`{ss} -ltnp 'sport = :{port}'` shows by whom; stop that"))
}
