//! NetworkPolicies: services of different networks are apart, where an environment asks for it.

use serde_json::{Value, json};

use crate::support::Bench;

fn bench(services: &str, networks: &str) -> Bench {
    let bench = Bench::new(&format!(
        "x-environments:\n  local: {{cluster: kind, namespace: shop, network-policies: true}}\nservices:\n{services}networks: {networks}\n"
    ));
    bench.generate();
    bench
}

fn policy(bench: &Bench, service: &str) -> Value {
    let all = bench.local(service, "NetworkPolicy");
    assert_eq!(all.len(), 1, "{all:#?}");
    all[0]["spec"].clone()
}

/// The services that a rule names.
fn peers(rule: &Value) -> Vec<&str> {
    let all = rule.as_array().into_iter().flatten();
    all.map(|peer| peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"].as_str().unwrap())
        .collect()
}

const THREE: &str = "  web: {image: w, networks: [front], ports: ['80:80']}
  api: {image: a, networks: [front, back]}
  db: {image: d, networks: [back], expose: ['5432']}
";

#[test]
fn only_services_of_a_common_network_reach_each_other() {
    let bench = bench(THREE, "{front: {}, back: {}}");
    let from = |service: &str| {
        let policy = policy(&bench, service);
        let names = peers(&policy["ingress"][0]["from"]);
        names.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(from("web"), ["api", "web"]);
    assert_eq!(from("api"), ["api", "db", "web"]);
    assert_eq!(from("db"), ["api", "db"]);
    assert_eq!(policy(&bench, "db").get("egress"), None);
}

#[test]
fn a_published_port_is_open_to_everybody() {
    let bench = bench(THREE, "{front: {}, back: {}}");
    let ports = json!([{"protocol": "TCP", "port": 80}]);
    assert_eq!(policy(&bench, "web")["ingress"][1]["ports"], ports);
    assert_eq!(policy(&bench, "db")["ingress"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_port_of_the_loopback_address_is_not_open() {
    let bench = bench("  db: {image: d, ports: ['127.0.0.1:5432:5432']}\n", "{}");
    assert_eq!(policy(&bench, "db")["ingress"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_port_of_a_route_is_open() {
    let bench = bench("  web: {image: w, expose: ['80'], x-routes: [{path: /}]}\n", "{}");
    let ports = json!([{"protocol": "TCP", "port": 80}]);
    assert_eq!(policy(&bench, "web")["ingress"][1]["ports"], ports);
}

#[test]
fn an_internal_network_leads_nowhere_else() {
    let bench = bench(THREE, "{front: {}, back: {internal: true}}");
    let egress = policy(&bench, "db")["egress"].clone();
    assert_eq!(peers(&egress[0]["to"]), ["api", "db"]);
    assert_eq!(egress[1]["ports"][0]["port"], 53);
    // The other network of api leads outside.
    assert_eq!(policy(&bench, "api").get("egress"), None);
}

#[test]
fn a_service_without_networks_is_in_the_default_one() {
    let bench =
        bench("  a: {image: a}\n  b: {image: b}\n  c: {image: c, networks: [x]}\n", "{x: {}}");
    assert_eq!(peers(&policy(&bench, "a")["ingress"][0]["from"]), ["a", "b"]);
    assert_eq!(peers(&policy(&bench, "c")["ingress"][0]["from"]), ["c"]);
}

#[test]
fn a_range_of_ports_is_one_rule() {
    let bench = bench("  a: {image: a, ports: ['9000-9500:9000-9500/udp']}\n", "{}");
    let rule = json!([{"protocol": "UDP", "port": 9000, "endPort": 9500}]);
    assert_eq!(policy(&bench, "a")["ingress"][1]["ports"], rule);
}

#[test]
fn a_service_without_a_network_reaches_nobody_in_any_environment() {
    let bench = Bench::new("services:\n  a: {image: a, network_mode: none}\n");
    bench.generate();
    let spec = policy(&bench, "a");
    assert_eq!((&spec["ingress"], &spec["egress"]), (&json!([]), &json!([])));
    assert_eq!(spec["policyTypes"], json!(["Ingress", "Egress"]));
}

#[test]
fn the_network_of_a_node_has_no_policy() {
    let bench = bench("  a: {image: a, network_mode: host}\n", "{}");
    assert!(bench.local("a", "NetworkPolicy").is_empty());
}

#[test]
fn without_the_key_there_is_no_policy() {
    let bench = Bench::new("services:\n  a: {image: a, networks: [x]}\nnetworks: {x: {}}\n");
    bench.generate();
    assert!(bench.local("a", "NetworkPolicy").is_empty());
}
