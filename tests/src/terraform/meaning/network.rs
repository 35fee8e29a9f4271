//! The flows between hosts, computed from routes, addresses and security groups.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::layers::{Layers, shown, texts};

/// Flows that there shall be. Everything else must not get through.
const EXPECTED: &str = "\
database airflow <- nodes: tcp 5432
database metastore <- nodes: tcp 5432
internet <- load balancer: nothing
internet <- nodes: everything, by NAT
load balancer <- internet 203.0.113.0/24: tcp 443, tcp 80
nodes <- load balancer: tcp 3000-9090
";

/// Something with an address: where it is, and which groups it has.
#[derive(Debug)]
struct Host {
    name: String,
    groups: BTreeSet<String>,
    subnets: Vec<String>,
    public: bool,
}

#[derive(Debug)]
struct Rule {
    group: String,
    outward: bool,
    ports: String,
    /// A group, or a block of addresses.
    peer: String,
}

/// Violations of the rules that no change of the tables may relax.
pub fn problems(layers: &Layers) -> Vec<String> {
    let mut problems = Vec::new();
    let found = flows(layers);
    for line in EXPECTED.lines().filter(|line| !line.ends_with(": nothing")) {
        if !found.lines().any(|flow| flow == line) {
            problems.push(format!("network: there is no flow {line}"));
        }
    }
    for flow in found.lines().filter(|flow| !flow.ends_with(": nothing")) {
        if !EXPECTED.lines().any(|line| line == flow) {
            problems.push(format!("network: unexpected {flow}"));
        }
    }
    let routes = routes(layers);
    for host in hosts(layers) {
        let expected = match host.name.split(' ').next() {
            Some("load") => "internet gateway",
            Some("nodes" | "control") => "NAT",
            _ => "nothing",
        };
        if host.subnets.is_empty() {
            problems.push(format!("network: {} is in no subnet", host.name));
        }
        for subnet in &host.subnets {
            let way = routes.get(subnet).map_or("unknown", String::as_str);
            if way != expected {
                problems
                    .push(format!("network: {} is in {subnet}, which leads to {way}", host.name));
            }
        }
    }
    for (address, group) in layers.of("aws_default_security_group") {
        if group.get("ingress") != &serde_json::json!([])
            || group.get("egress") != &serde_json::json!([])
        {
            problems.push(format!("network: {address} lets something through"));
        }
    }
    if layers.of("aws_default_security_group").count() == 0 {
        problems.push("network: the default security group is as AWS makes it".into());
    }
    for (address, group) in layers.of("aws_security_group") {
        if !group.get("ingress").is_null() || !group.get("egress").is_null() {
            problems.push(format!(
                "network: {address} has rules inside of it: write them as resources"
            ));
        }
    }
    for rule in rules(layers) {
        if !rule.outward && rule.peer.ends_with("/0") {
            problems.push(format!("network: the whole internet reaches {}", rule.group));
        }
    }
    problems
}

/// Subnets, routes, rules and the flows that they make.
pub fn table(layers: &Layers) -> String {
    let mut made = String::from("# flows\n");
    made.push_str(&flows(layers));
    made.push_str("# subnets\n");
    let routes = routes(layers);
    for (address, subnet) in layers.of("aws_subnet") {
        let id = id(&address);
        let _ = writeln!(
            made,
            "{} {} {}: {}, public addresses {}",
            subnet.text("tags/Name"),
            subnet.text("availability_zone"),
            subnet.text("cidr_block"),
            routes.get(&id).map_or("no route table", String::as_str),
            shown(subnet.get("map_public_ip_on_launch")),
        );
    }
    made.push_str("# rules\n");
    for rule in rules(layers) {
        let way = if rule.outward { "to" } else { "from" };
        let _ = writeln!(made, "{}: {way} {}: {}", rule.group, rule.peer, rule.ports);
    }
    made.push_str("# endpoints\n");
    for (_, endpoint) in layers.of("aws_vpc_endpoint") {
        let tables = texts(endpoint.get("route_table_ids")).len();
        let _ = writeln!(made, "{}: {tables} route tables", endpoint.text("service_name"));
    }
    made
}

fn id(address: &str) -> String {
    format!("{}.id", address.split_once('/').map_or(address, |(_, address)| address))
}

/// Where each subnet's traffic to the internet goes.
fn routes(layers: &Layers) -> BTreeMap<String, String> {
    let mut ways: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, route) in layers.of("aws_route") {
        let to = shown(route.get("destination_cidr_block"));
        let gateway = route.text("gateway_id");
        let nat = route.text("nat_gateway_id");
        let way = if gateway.contains("aws_internet_gateway") {
            "internet gateway".to_owned()
        } else if nat.contains("aws_nat_gateway") {
            "NAT".to_owned()
        } else {
            format!("something else ({gateway}{nat})")
        };
        let way = if to == "0.0.0.0/0" { way } else { format!("{way} for {to}") };
        ways.entry(route.text("route_table_id").to_owned()).or_default().push(way);
    }
    let mut found = BTreeMap::new();
    for (_, association) in layers.of("aws_route_table_association") {
        let table = association.text("route_table_id");
        let known = layers.of("aws_route_table").any(|(address, _)| id(&address) == table);
        let way = match ways.get(table) {
            Some(ways) => ways.join(", "),
            None if known => "nothing".to_owned(),
            None => "an unknown table".to_owned(),
        };
        found.insert(association.text("subnet_id").to_owned(), way);
    }
    found
}

fn rules(layers: &Layers) -> Vec<Rule> {
    let mut found = Vec::new();
    for (kind, outward) in [
        ("aws_vpc_security_group_ingress_rule", false),
        ("aws_vpc_security_group_egress_rule", true),
    ] {
        for (_, rule) in layers.of(kind) {
            let protocol = rule.text("ip_protocol");
            let (from, to) = (shown(rule.get("from_port")), shown(rule.get("to_port")));
            let ports = match protocol {
                "-1" => "everything".to_owned(),
                _ if from == to => format!("{protocol} {from}"),
                _ => format!("{protocol} {from}-{to}"),
            };
            let peers =
                ["referenced_security_group_id", "cidr_ipv4", "cidr_ipv6", "prefix_list_id"];
            let peers: Vec<&str> =
                peers.iter().map(|name| rule.text(name)).filter(|peer| !peer.is_empty()).collect();
            let group = rule.text("security_group_id").to_owned();
            found.push(Rule { group, outward, ports, peer: peers.join("+") });
        }
    }
    found
}

fn hosts(layers: &Layers) -> Vec<Host> {
    let list = |value: &Value| texts(value).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut found = Vec::new();
    for (_, balancer) in layers.of("aws_lb") {
        found.push(Host {
            name: "load balancer".to_owned(),
            groups: list(balancer.get("security_groups")).into_iter().collect(),
            subnets: list(balancer.get("subnets")),
            public: balancer.get("internal") == &Value::Bool(false),
        });
    }
    for (_, group) in layers.of("aws_eks_node_group") {
        let template = layers
            .of("aws_launch_template")
            .find(|(address, _)| group.text("launch_template/id") == id(address));
        let groups = template.map(|(_, found)| list(found.get("vpc_security_group_ids")));
        let public = layers.of("aws_launch_template").any(|(_, found)| {
            found.at("network_interfaces/associate_public_ip_address") == &Value::Bool(true)
        });
        found.push(Host {
            name: "nodes".to_owned(),
            groups: groups.unwrap_or_default().into_iter().collect(),
            subnets: list(group.get("subnet_ids")),
            public,
        });
    }
    for (address, cluster) in layers.of("aws_eks_cluster") {
        let resource = address.split_once('/').map_or("", |(_, address)| address);
        let group = format!("{resource}.vpc_config[0].cluster_security_group_id");
        let mut groups: BTreeSet<String> =
            list(cluster.at("vpc_config/security_group_ids")).into_iter().collect();
        groups.insert(group);
        found.push(Host {
            name: "control plane".to_owned(),
            groups,
            subnets: list(cluster.at("vpc_config/subnet_ids")),
            public: false,
        });
    }
    for (_, database) in layers.of("aws_db_instance") {
        let subnets = layers
            .of("aws_db_subnet_group")
            .find(|(_, group)| group.get("name") == database.get("db_subnet_group_name"))
            .map(|(_, group)| list(group.get("subnet_ids")));
        found.push(Host {
            name: format!("database {}", database.text("db_name")),
            groups: list(database.get("vpc_security_group_ids")).into_iter().collect(),
            subnets: subnets.unwrap_or_default(),
            public: database.get("publicly_accessible") != &Value::Bool(false),
        });
    }
    found
}

/// One line for each pair: `to <- from: ports`. The control plane and the nodes share EKS' own group,
/// which lets its members reach each other; that is EKS' business, and not listed.
fn flows(layers: &Layers) -> String {
    let (rules, routes, hosts) = (rules(layers), routes(layers), hosts(layers));
    let mut lines = BTreeSet::new();
    let way = |host: &Host| host.subnets.first().and_then(|subnet| routes.get(subnet)).cloned();
    for to in &hosts {
        for from in hosts.iter().filter(|from| from.name != to.name) {
            let mut ports = BTreeSet::new();
            for rule in rules.iter().filter(|rule| !rule.outward && to.groups.contains(&rule.group))
            {
                let leaves = rules.iter().any(|out| {
                    out.outward
                        && from.groups.contains(&out.group)
                        && (to.groups.contains(&out.peer) || out.peer == "0.0.0.0/0")
                        && (out.ports == rule.ports || out.ports == "everything")
                });
                if from.groups.contains(&rule.peer) && leaves {
                    ports.insert(rule.ports.clone());
                }
            }
            lines.insert(line(&to.name, &from.name, &ports));
        }
        // From the internet: by an address, and a route back.
        for rule in rules.iter().filter(|rule| !rule.outward && to.groups.contains(&rule.group)) {
            if rule.peer.contains('/') && !rule.peer.contains("aws_") {
                let reached = to.public && way(to).as_deref() == Some("internet gateway");
                if reached {
                    let same = rules.iter().filter(|other| {
                        !other.outward
                            && other.peer == rule.peer
                            && to.groups.contains(&other.group)
                    });
                    let ports = same.map(|other| other.ports.clone()).collect();
                    lines.insert(line(&to.name, &format!("internet {}", rule.peer), &ports));
                } else {
                    let from = format!("private addresses {}", rule.peer);
                    lines.insert(line(&to.name, &from, &BTreeSet::from([rule.ports.clone()])));
                }
            }
        }
        let mut out = BTreeSet::new();
        for rule in rules.iter().filter(|rule| rule.outward && to.groups.contains(&rule.group)) {
            if rule.peer.contains('/') && !rule.peer.contains("aws_") {
                match way(to).as_deref() {
                    Some("NAT") => drop(out.insert(format!("{}, by NAT", rule.ports))),
                    Some("internet gateway") => drop(out.insert(rule.ports.clone())),
                    _ => {}
                }
            }
        }
        lines.insert(line("internet", &to.name, &out));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn line(to: &str, from: &str, ports: &BTreeSet<String>) -> String {
    let ports = ports.iter().cloned().collect::<Vec<_>>().join(", ");
    format!("{to} <- {from}: {}", if ports.is_empty() { "nothing" } else { &ports })
}
