//! Controllers and scheduler, over nodes that are objects only.

use std::collections::BTreeMap;
use std::iter::once;
use std::time::Instant;

use common::kubernetes::budget::Budget;
use serde_json::{Value, json};

use super::server::{START, Server};
use crate::run::run;

/// A node of a given size.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Bytes of memory that its Pods may request.
    pub memory: u64,
    /// Its processors.
    pub processors: u32,
    /// Whether it carries the label and the taint of a control plane beside workers.
    pub is_control_plane: bool,
}

/// Where the scheduler has put Pods.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// Each Pod's node, by namespace and name.
    pub placed: BTreeMap<String, String>,
    /// Why a Pod has no node, in the scheduler's words.
    pub refused: BTreeMap<String, String>,
    /// Workloads that have made fewer Pods than they ask for, such as one whose Pods the server refuses.
    pub short: Vec<String>,
    /// Bytes of memory that the Pods of a node request.
    pub requested: BTreeMap<String, u64>,
}

impl Server {
    /// Applies the objects with controllers and scheduler running, and waits until every workload has made
    /// its Pods and the scheduler has answered for each of them. Claims get volumes. A Pod never runs and
    /// never ends, so the Pods of Jobs stay, and a StatefulSet of several must start them in parallel.
    ///
    /// # Panics
    /// An object is refused; the controllers do not start.
    pub fn place(&mut self, machines: &[Machine], objects: &str) -> Placement {
        self.start_controllers();
        for machine in machines {
            let created = self.send(&["create"], &machine.object().to_string());
            created.expect(0);
        }
        // Kind's default class has this name. Its volumes come from a program on the nodes.
        let class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "rancher.io/local-path"});
        self.send(&["create"], &class.to_string()).expect(0);
        let answer = self.apply(objects);
        assert_eq!(answer.refusals, Vec::<String>::new());

        let end = Instant::now() + START;
        loop {
            let cluster = self.list("deployments,statefulsets,daemonsets,jobs,pods");
            self.bind_claims();
            let placement = Placement::of(&cluster);
            let pods = cluster.iter().filter(|object| object["kind"] == "Pod").count();
            let answered = placement.placed.len() + placement.refused.len() == pods;
            if (answered && placement.short.is_empty()) || Instant::now() > end {
                return placement;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    }

    fn start_controllers(&mut self) {
        let kubeconfig = self.kubeconfig().display().to_string();
        let scheduler = [
            ("kubeconfig", kubeconfig.as_str()),
            ("leader-elect", "false"),
            // Nobody asks them anything.
            ("secure-port", "0"),
        ];
        let mut controllers = scheduler.to_vec();
        let (key, authority) = (self.path("accounts.key"), self.path("server.crt"));
        controllers.extend([
            ("service-account-private-key-file", key.as_str()),
            ("root-ca-file", &authority),
            // Nodes without a kubelet would be "not ready" after a minute.
            ("controllers", "*,-node-lifecycle-controller"),
        ]);
        self.keeper.spawn(&self.program("kube-controller-manager"), &controllers);
        self.keeper.spawn(&self.program("kube-scheduler"), &scheduler);
        let account = ["get", "serviceaccount", "default", "--namespace=default"];
        self.await_part("the controller manager", |server| {
            run(&mut server.kubectl(&account)).status == 0
        });
    }

    /// The objects of some kinds in all namespaces.
    fn list(&self, kinds: &str) -> Vec<Value> {
        let found = run(&mut self.kubectl(&["get", kinds, "--all-namespaces", "--output=json"]));
        let mut found: Value = serde_json::from_str(&found.expect(0).stdout).expect("JSON");
        match found["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        }
    }

    /// Makes the volume of each claim that has none.
    fn bind_claims(&self) {
        let claims = self.list("persistentvolumeclaims,persistentvolumes");
        let has_volume = |claim: &Value| {
            claims
                .iter()
                .any(|volume| volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"])
        };
        for claim in &claims {
            if claim["kind"] != "PersistentVolumeClaim" || has_volume(claim) {
                continue;
            }
            let (spec, metadata) = (&claim["spec"], &claim["metadata"]);
            let name = metadata["uid"].as_str().expect("its identity");
            let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
                "spec": {"capacity": spec["resources"]["requests"], "accessModes": spec["accessModes"],
                    "storageClassName": spec["storageClassName"], "hostPath": {"path": "/nowhere"},
                    "claimRef": {"namespace": metadata["namespace"], "name": metadata["name"],
                                 "uid": metadata["uid"]}}});
            self.send(&["create"], &volume.to_string()).expect(0);
        }
    }
}

impl Machine {
    fn object(&self) -> Value {
        let amounts = json!({"cpu": self.processors.to_string(), "memory": self.memory.to_string(),
                             "pods": "110", "ephemeral-storage": "100Gi"});
        let mut node = json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": self.name, "labels": {"kubernetes.io/hostname": self.name,
                "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
            "spec": {},
            "status": {"capacity": amounts, "allocatable": amounts,
                "conditions": [{"type": "Ready", "status": "True", "reason": "Tests"}]}});
        if self.is_control_plane {
            let name = "node-role.kubernetes.io/control-plane";
            node["metadata"]["labels"][name] = json!("");
            node["spec"]["taints"] = json!([{"key": name, "effect": "NoSchedule"}]);
        }
        node
    }
}

impl Placement {
    fn of(cluster: &[Value]) -> Placement {
        let mut placement = Placement::default();
        for object in cluster {
            let metadata = &object["metadata"];
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let name = format!("{}/{}", word(&metadata["namespace"]), word(&metadata["name"]));
            if object["kind"] != "Pod" {
                if made(object) < wanted(object) {
                    placement.short.push(format!("{} {name}", word(&object["kind"])));
                }
                continue;
            }
            if let Some(node) = object["spec"]["nodeName"].as_str() {
                let requests = Budget::of(once(object), None).requests().to_bytes();
                *placement.requested.entry(node.to_owned()).or_default() += requests;
                placement.placed.insert(name, node.to_owned());
            } else if let Some(reason) = refusal(object) {
                placement.refused.insert(name, reason);
            }
        }
        placement
    }
}

/// Why the scheduler has no node for a Pod. Room does not appear by itself, but a volume does.
fn refusal(pod: &Value) -> Option<String> {
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    let condition = conditions.find(|condition| condition["type"] == "PodScheduled")?;
    let message = condition["message"].as_str()?;
    (condition["status"] == "False" && !message.contains("PersistentVolumeClaims"))
        .then(|| message.to_owned())
}

/// The Pods that a workload asks for; of one that its controller has not seen, more than it can have.
fn wanted(object: &Value) -> u64 {
    let (spec, status) = (&object["spec"], &object["status"]);
    let number = |value: &Value| value.as_u64();
    match object["kind"].as_str() {
        Some("DaemonSet") if number(&status["observedGeneration"]).is_none() => u64::MAX,
        Some("DaemonSet") => number(&status["desiredNumberScheduled"]).unwrap_or_default(),
        Some("Job") => number(&spec["parallelism"]).unwrap_or(1),
        _ => number(&spec["replicas"]).unwrap_or(1),
    }
}

/// The Pods that it has made.
fn made(object: &Value) -> u64 {
    let field = match object["kind"].as_str() {
        Some("DaemonSet") => "currentNumberScheduled",
        Some("Job") => "active",
        _ => "replicas",
    };
    object["status"][field].as_u64().unwrap_or_default()
}
