//! The Kind cluster of an environment.

use serde_json::{Value, json};

use super::Files;
use crate::model::Platform;

/// `kubernetes/kind/cluster.yaml`, or one file for each environment that has a Kind cluster.
pub(crate) fn render(platform: &Platform, source: &str, files: &mut Files) {
    let with: Vec<_> = platform
        .environments
        .iter()
        .filter_map(|(name, environment)| Some((name, environment.kind.as_ref()?)))
        .collect();
    for (name, kind) in &with {
        let ports: Vec<Value> = kind
            .ports
            .iter()
            .map(|port| json!({"containerPort": port, "hostPort": port, "protocol": "TCP"}))
            .collect();
        let mut control = json!({"role": "control-plane"});
        if !ports.is_empty() {
            control["extraPortMappings"] = json!(ports);
        }
        let mut nodes = vec![control];
        nodes.extend((0..kind.workers.unwrap_or(2)).map(|_| json!({"role": "worker"})));
        if let Some(image) = &kind.node_image {
            for node in &mut nodes {
                node["image"] = json!(image);
            }
        }
        let mut cluster = json!({
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "kind": "Cluster",
            "name": kind.name,
            "nodes": nodes,
        });
        let subnets = [("podSubnet", &kind.pod_subnet), ("serviceSubnet", &kind.service_subnet)];
        for (key, subnet) in subnets {
            if let Some(subnet) = subnet {
                cluster["networking"][key] = json!(subnet);
            }
        }
        let file = if with.len() > 1 { format!("{name}.yaml") } else { "cluster.yaml".into() };
        files.yaml(format!("kubernetes/kind/{file}"), source, &[cluster]);
    }
}
