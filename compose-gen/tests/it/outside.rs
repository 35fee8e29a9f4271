//! Published ports outside of the cluster, where an environment asks for them.

use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::support::{Bench, tool};

/// A specification whose local environment has published ports of a type.
fn bench(kind: &str, services: &str) -> Bench {
    Bench::new(&format!(
        "x-environments:\n  local: {{cluster: kind, namespace: shop, published-ports: {kind}}}\nservices:\n{services}"
    ))
}

/// The Service that leads in from outside.
fn published(bench: &Bench, service: &str) -> Option<Value> {
    let name = format!("{service}-published");
    bench
        .local(service, "Service")
        .into_iter()
        .find(|object| object["metadata"]["name"] == name.as_str())
}

#[test]
fn without_the_key_ports_stay_in_the_cluster() {
    let bench = Bench::new("services:\n  a: {image: a, ports: ['8080:80']}\n");
    bench.generate();
    assert_eq!(bench.local("a", "Service").len(), 1);
}

#[test]
fn a_load_balancer_has_the_published_port() {
    let bench = bench("load-balancer", "  a: {image: a, ports: ['8080:80', '53:5353/udp']}\n");
    let run = bench.generate();
    assert!(!run.stderr.contains("port"), "{}", run.stderr);
    let spec = &published(&bench, "a").unwrap()["spec"];
    let ports = json!([
        {"name": "tcp-8080", "port": 8080, "protocol": "TCP", "targetPort": 80},
        {"name": "udp-53", "port": 53, "protocol": "UDP", "targetPort": 5353},
    ]);
    assert_eq!((&spec["type"], &spec["ports"]), (&json!("LoadBalancer"), &ports));
    // The name inside the cluster still leads to the container's port.
    let inside = bench.local("a", "Service");
    let inside = inside.iter().find(|object| object["metadata"]["name"] == "a").unwrap();
    assert_eq!(inside["spec"]["ports"][0]["port"], 80);
}

#[test]
fn a_service_has_one_node_port_for_several_protocols() {
    let ports = "['30053:53/tcp', '30053:53/udp']";
    let bench = bench("node-port", &format!("  a: {{image: a, ports: {ports}}}\n"));
    let run = bench.generate();
    assert!(!run.stderr.contains("another Service"), "{}", run.stderr);
    let ports = published(&bench, "a").unwrap()["spec"]["ports"].clone();
    assert_eq!((&ports[0]["nodePort"], &ports[1]["nodePort"]), (&json!(30053), &json!(30053)));
}

#[test]
fn a_node_port_is_the_published_one_where_nodes_have_it() {
    let bench = bench("node-port", "  a: {image: a, ports: ['30080:80', '8080:81']}\n");
    let run = bench.generate();
    let spec = &published(&bench, "a").unwrap()["spec"];
    let ports = json!([
        {"name": "tcp-30080", "nodePort": 30080, "port": 30080, "protocol": "TCP", "targetPort": 80},
        {"name": "tcp-8080", "port": 8080, "protocol": "TCP", "targetPort": 81},
    ]);
    assert_eq!((&spec["type"], &spec["ports"]), (&json!("NodePort"), &ports));
    let why = "the cluster chooses a port of its nodes: 8080 is not from 30000 to 32767";
    assert!(run.stderr.contains(why), "{}", run.stderr);
}

#[test]
fn a_node_port_belongs_to_one_service_of_the_environment() {
    let bench = bench(
        "node-port",
        "  a: {image: a, profiles: [one], ports: ['30080:80']}\n  b: {image: b, profiles: [two], ports: ['30080:80']}\n",
    );
    let run = bench.generate();
    let of = |home: &str, name: &str| {
        let path = format!("kubernetes/overlays/local/{home}/{name}.yaml");
        bench.documents(&path)[0]["spec"]["ports"][0]["nodePort"].clone()
    };
    assert_eq!((of("one", "a"), of("two", "b")), (json!(30080), Value::Null));
    assert!(run.stderr.contains("another Service may have 30080"), "{}", run.stderr);
}

#[test]
fn a_port_of_the_loopback_address_stays_inside() {
    for ip in ["127.0.0.1", "[::1]"] {
        let bench =
            bench("load-balancer", &format!("  a: {{image: a, ports: ['{ip}:5432:5432']}}\n"));
        let run = bench.generate();
        assert_eq!(published(&bench, "a"), None);
        assert!(run.stderr.contains("only the host itself reaches"), "{}", run.stderr);
    }
}

#[test]
fn a_port_that_differs_from_compose_is_reported() {
    for (port, why) in [
        ("'80'", "port 80: in Compose, the engine chooses"),
        ("{target: 80}", "port 80: in Compose, the engine chooses"),
        ("'8000-8010:80'", "port 8000, of 8000-8010"),
        ("'10.0.0.1:8080:80'", "reachable at every address, not at 10.0.0.1 alone"),
        ("'9000-9500:9000-9500'", "which lists each"),
    ] {
        let bench = bench("load-balancer", &format!("  a: {{image: a, ports: [{port}]}}\n"));
        let run = bench.generate();
        assert!(run.stderr.contains(why), "{port}: {}", run.stderr);
    }
}

#[test]
fn a_port_that_is_published_at_two_addresses_is_one() {
    let ports = "['10.0.0.1:80:80', '10.0.0.2:80:81']";
    let bench = bench("load-balancer", &format!("  a: {{image: a, ports: {ports}}}\n"));
    let run = bench.generate();
    let spec = published(&bench, "a").unwrap()["spec"].clone();
    assert_eq!(spec["ports"].as_array().map(Vec::len), Some(1));
    assert!(run.stderr.contains("the Service has the port 80 already"), "{}", run.stderr);
}

/// The server is asked about both, see `accepted`.
#[test]
fn every_protocol_is_generated_for_both_types() {
    let ports = "['30081:80', '30082:82/udp', '30083:83/sctp', '84:84', '85']";
    for kind in ["node-port", "load-balancer"] {
        let bench = bench(kind, &format!("  a: {{image: a, ports: {ports}}}\n"));
        bench.generate();
        let spec = published(&bench, "a").unwrap()["spec"].clone();
        let protocols =
            spec["ports"].as_array().unwrap().iter().map(|port| port["protocol"].clone());
        assert_eq!(protocols.collect::<Value>(), json!(["TCP", "UDP", "SCTP", "TCP", "TCP"]));
    }
}

#[test]
fn a_pod_with_the_network_of_its_node_needs_no_service() {
    let bench = bench("node-port", "  a: {image: a, network_mode: host, ports: ['80:80']}\n");
    bench.generate();
    assert_eq!(published(&bench, "a"), None);
}

#[test]
fn the_name_of_another_service_is_not_taken() {
    let bench =
        bench("node-port", "  a: {image: a, ports: ['30080:80']}\n  a-published: {image: b}\n");
    bench.generate();
    let names = bench.local("a", "Service");
    let names: Vec<&str> =
        names.iter().map(|object| object["metadata"]["name"].as_str().unwrap()).collect();
    assert!(names.len() == 2 && !names.contains(&"a-published"), "{names:?}");
}

#[test]
fn a_long_name_has_room_for_the_ending() {
    let name = "x".repeat(60);
    let bench = bench("node-port", &format!("  {name}: {{image: a, ports: ['30080:80']}}\n"));
    bench.generate();
    assert_eq!(bench.local(&name, "Service").len(), 2);
}

#[test]
fn an_unknown_type_is_an_error_with_the_known_ones() {
    let run = bench("nodeport", "  a: {image: a}\n").run(&[]).expect(2);
    assert!(run.stderr.contains("node-port"), "{}", run.stderr);
}

/// The environment that an import with these options makes, and its report.
fn imported(project: &str, options: &[&str]) -> (Bench, Value) {
    let bench = Bench::new("services: {}\n");
    bench.write("old/compose.yml", project);
    let mut import = tool();
    import.args(["import", "old/compose.yml", "--out", "new/platform", "--format", "json"]);
    let run_one = run(import.args(options).current_dir(bench.path())).expect(0);
    run(tool().args(["--spec", "new/platform"]).current_dir(bench.path())).expect(0);
    let report = serde_json::from_str(&run_one.stdout).unwrap();
    (bench, report)
}

#[test]
fn an_import_takes_both_keys_as_options() {
    let project = "services:
  web: {image: web, ports: ['8080:80'], networks: [front]}
  db: {image: db, networks: [back], profiles: [data]}
networks: {front: {}, back: {}}
";
    let options = ["--published-ports", "load-balancer", "--network-policies"];
    let (bench, report) = imported(project, &options);
    let overlay = "new/kubernetes/overlays/local/default/web.yaml";
    let kinds: Vec<Value> =
        bench.documents(overlay).into_iter().map(|object| object["kind"].clone()).collect();
    assert_eq!(kinds, ["Service", "NetworkPolicy"]);
    let row = |key: &str| {
        let rows = report["keys"].as_array().unwrap();
        rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no row of {key}"))
    };
    let added = row("x-environments.local")["reason"].as_str().unwrap();
    for option in ["--published-ports", "--network-policies"] {
        assert!(added.contains(&format!("from {option}")), "{added}");
    }
    let ports = row("services.web.ports");
    assert_eq!(ports["outcome"], "carried");
    assert!(ports["reason"].as_str().unwrap().contains("published-ports"), "{ports}");
    // The profile still waits until somebody asks.
    let root = &bench.documents("new/kubernetes/overlays/local/kustomization.yaml")[0];
    assert_eq!(root["resources"], json!(["cluster", "default"]));
}

#[test]
fn an_option_of_an_import_counts_before_the_key_of_the_project() {
    let project = "x-environments:
  dev: {cluster: kind, namespace: dev, published-ports: node-port}
services: {web: {image: web, ports: ['8080:80']}}
";
    let (bench, _) = imported(project, &["--published-ports", "load-balancer"]);
    let overlay = "new/kubernetes/overlays/dev/default/web.yaml";
    assert_eq!(bench.documents(overlay)[0]["spec"]["type"], "LoadBalancer");
}
