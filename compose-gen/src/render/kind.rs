//! The Kind cluster of an environment.

use serde_json::{Value, json};

use super::{Files, object};
use crate::model::Platform;

/// `kubernetes/kind/cluster.yaml`, or one file for each environment that has a Kind cluster.
pub(crate) fn render(platform: &Platform, source: &str, files: &mut Files) {
    let with: Vec<_> = platform
        .environments
        .iter()
        .filter_map(|(name, environment)| Some((name, environment.kind.as_ref()?)))
        .collect();
    for (name, kind) in &with {
        let node = |role: &str, ports: Value| {
            let image = json!(kind.node_image);
            object([("role", json!(role)), ("extraPortMappings", ports), ("image", image)])
        };
        let port = |port| json!({"containerPort": port, "hostPort": port, "protocol": "TCP"});
        let mut nodes = vec![node("control-plane", kind.ports.iter().map(port).collect())];
        nodes.extend((0..kind.workers.unwrap_or(2)).map(|_| node("worker", Value::Null)));
        let networking = object([
            ("podSubnet", json!(kind.pod_subnet)),
            ("serviceSubnet", json!(kind.service_subnet)),
        ]);
        let cluster = object([
            ("apiVersion", json!("kind.x-k8s.io/v1alpha4")),
            ("kind", json!("Cluster")),
            ("name", json!(kind.name)),
            ("nodes", json!(nodes)),
            ("networking", networking),
        ]);
        let file = if with.len() > 1 { format!("{name}.yaml") } else { "cluster.yaml".into() };
        files.yaml(format!("kubernetes/kind/{file}"), source, &[cluster]);
    }
}
