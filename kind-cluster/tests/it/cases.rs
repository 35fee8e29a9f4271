//! Deployments that a real API server and kubelet show: each case has a namespace of its own, so that
//! all run side by side in one cluster.

use std::process::Command;

use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, root};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::real::{Bench, INSIDE};
use crate::support::{render, signal, start, until};

mod daily;
mod inventory;
mod jobs;
mod neighbours;
mod patience;
mod refused;

#[test]
fn the_cases_on_a_real_cluster() {
    let all = ["PEER_KUBERNETES", "PEER_KUBECTL"].map(peers::find);
    let [Some(_), Some(_)] = all else { return };
    if !rustix::process::geteuid().is_root() {
        return peers::skip("root, for a node of the test's own,");
    }
    let inside = Command::new(root().join("scripts/kubernetes"))
        .args(["run", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["cases::", "--ignored", "--test-threads=4"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let run: Run = inside.into();
    assert_eq!(run.status, 0, "{}", run.transcript(&[]));
}

/// A case's machine beside the cluster; none where the test was not started by
/// [`the_cases_on_a_real_cluster`].
struct Case {
    bench: Bench,
    /// The case's namespace.
    space: &'static str,
}

impl Case {
    fn new(space: &'static str) -> Option<Self> {
        std::env::var_os(INSIDE)?;
        Some(Case { bench: Bench::new(), space })
    }

    /// Writes an overlay of the namespace and some objects, and returns its folder.
    fn overlay(&self, folder: &str, objects: &[Value]) -> String {
        self.overlay_in(folder, self.space, objects)
    }

    fn overlay_in(&self, folder: &str, space: &str, objects: &[Value]) -> String {
        let mut all =
            vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})];
        all.extend(objects.iter().cloned().map(|mut object| {
            if object["kind"] != "CustomResourceDefinition" && object["kind"] != "GatewayClass" {
                object["metadata"]["namespace"] = space.into();
            }
            object
        }));
        render(&self.bench.machine, folder, &all)
    }

    /// The deployment of an overlay's folder.
    fn command(&self, folder: &str, more: &[&str]) -> Command {
        let shared = ["deploy", "--overlay", folder, "--no-image-check"];
        let mut command = self.bench.machine.tool(&[&shared, more].concat());
        command.env("KIND_TIMEOUT", "90s");
        command
    }

    fn run(&self, folder: &str, more: &[&str]) -> Run {
        run(&mut self.command(folder, more))
    }

    /// Deploys objects as the overlay `one`.
    fn deploy(&self, objects: &[Value], more: &[&str]) -> Run {
        self.run(&self.overlay("one", objects), more)
    }

    fn tool(&self, arguments: &[&str]) -> Run {
        run(&mut self.bench.machine.tool(arguments))
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        self.bench.kubectl(&[arguments, &["--namespace", self.space]].concat())
    }

    /// An object of the case's namespace; null when there is none.
    fn get(&self, kind: &str, name: &str) -> Value {
        let ignore = ["get", kind, name, "--output=json", "--ignore-not-found"];
        serde_json::from_str(&self.kubectl(&ignore)).unwrap_or_default()
    }

    /// Sets fields of an object's status, as its controller does.
    fn patch_status(&self, kind: &str, name: &str, status: &Value) {
        let patch = json!({ "status": status }).to_string();
        let merge = ["--subresource=status", "--type=merge", "--patch", &patch];
        self.kubectl(&[&["patch", kind, name], &merge[..]].concat());
    }

    fn is_there(&self, kind: &str, name: &str) -> bool {
        !self.get(kind, name).is_null()
    }
}

/// A workload whose pods run a script.
fn workload(kind: &str, name: &str, script: &str) -> Value {
    crate::real::scripted(kind, name, script)
}

const RUNS: &str = crate::real::RUNS;

fn config(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "b"}})
}

fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
           "spec": {"selector": {"app": name}, "ports": [{"port": 80, "protocol": "TCP"}]}})
}

fn claim(name: &str, size: &str, mode: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
           "spec": {"accessModes": [mode], "resources": {"requests": {"storage": size}}}})
}

#[track_caller]
fn says(run: &Run, texts: &[&str]) {
    let all = format!("{}{}", run.stdout, run.stderr);
    for text in texts {
        assert!(all.contains(text), "{text:?} is not in {all}");
    }
}
