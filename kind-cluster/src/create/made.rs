//! How far an earlier creation has got, by what its nodes and its API server say.
//!
//! Only answers count. A question that fails, whatever the reason, is never taken for a "no":
//! a cluster is deleted because of what was read here.

use common::stop::Stop;
use futures::future::{join_all, try_join3};
use serde_json::Value;

use super::config::KindConfig;
use crate::cluster::Cluster;
use crate::engine;
use crate::nodes::{self, Node};
use crate::object::{meta, name};

/// Prints one word about the control plane and one about the volumes that local-path keeps.
/// kubeadm writes the file before it starts the API server: without it, no object was ever stored.
const SCRIPT: &str = "if [ -e /etc/kubernetes/admin.conf ]; then echo plane; else echo no-plane; fi
    if [ ! -e /var/local-path-provisioner ]; then echo empty; exit 0; fi
    found=$(ls -A /var/local-path-provisioner) || exit 9
    if [ -n \"$found\" ]; then echo data; else echo empty; fi";

/// One node's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    plane: bool,
    data: bool,
}

/// A cluster that is not whole.
#[derive(Debug)]
pub(super) struct HalfMade {
    /// The missing parts.
    why: Vec<String>,
    /// Whether an API server may ever have stored something.
    used: bool,
    /// Nodes whose volumes hold data, or that cannot say, with the reason.
    data: Vec<String>,
}

impl HalfMade {
    /// The missing parts, for people.
    pub(super) fn why(&self) -> String {
        self.why.join("; ")
    }

    /// Whether it may be deleted to be made anew: never with data, and where there was an API
    /// server only when somebody has asked for it.
    pub(super) fn may_go(&self, cluster: &str, recreate: bool) -> Result<(), Stop> {
        let refuse = |message: String, hint: &str| Err(Stop::no("half-made", message).hint(hint));
        let problem = format!("the cluster {cluster} is incomplete: {}", self.why());
        if !self.data.is_empty() {
            let message = format!("{problem}; it is not deleted, because {}", self.data.join("; "));
            return refuse(
                message,
                "look at the data; `kind-cluster teardown --discard-data` deletes the cluster with it",
            );
        }
        if self.used && !recreate {
            return refuse(
                problem,
                "`kind-cluster create --recreate` deletes it and creates it again; its volumes are empty, \
                 the objects of its API server are lost",
            );
        }
        Ok(())
    }
}

/// Looks at the nodes alone: whether there is a control plane that was set up.
pub(super) async fn by_nodes(nodes: &[Node]) -> Result<Option<HalfMade>, Stop> {
    let mut why = Vec::new();
    let mut planes = 0;
    for node in nodes.iter().filter(|node| node.is_control_plane()) {
        planes += 1;
        let answer = ask(node).await.map_err(|reason| {
            let message = format!("the progress of its creation is unknown: {reason}");
            Stop::unfinished("node-answer", message)
        })?;
        if !answer.plane {
            why.push(format!("{} was never set up", node.name));
        }
    }
    if planes == 0 {
        why.push("it has no control plane".to_owned());
    }
    if why.is_empty() {
        return Ok(None);
    }
    // One of several control planes may have been used.
    let used = planes > why.len();
    Ok(Some(HalfMade { why, used, data: data(nodes).await }))
}

/// Looks at what the API server has: every node, the network and a class for claims, in the order
/// in which kind makes them.
pub(super) async fn by_api(
    config: &KindConfig,
    nodes: &[Node],
    cluster: &Cluster,
) -> Result<Option<HalfMade>, Stop> {
    let (joined, network, classes) = try_join3(
        cluster.list("v1", "Node", ""),
        cluster.get("apps/v1", "DaemonSet", "kube-system", "kindnet"),
        cluster.list("storage.k8s.io/v1", "StorageClass", ""),
    )
    .await?;
    let mut why: Vec<String> = nodes
        .iter()
        .filter(|node| !joined.iter().any(|known| name(known) == node.name))
        .map(|node| format!("{} never joined", node.name))
        .collect();
    if network.is_none() && !config.brings_network() {
        why.push("it has no network: there is no DaemonSet/kindnet".to_owned());
    }
    if !classes.iter().any(is_default) {
        why.push("it has no default StorageClass".to_owned());
    }
    if why.is_empty() {
        return Ok(None);
    }
    Ok(Some(HalfMade { why, used: true, data: data(nodes).await }))
}

/// A cluster whose API server has not answered for long, when somebody wants it made anew.
pub(super) async fn silent(nodes: &[Node]) -> HalfMade {
    let why = vec!["its API server does not answer".to_owned()];
    HalfMade { why, used: true, data: data(nodes).await }
}

fn is_default(class: &Value) -> bool {
    let said = |key| meta(class, "annotations", key) == Some("true");
    said("storageclass.kubernetes.io/is-default-class")
        || said("storageclass.beta.kubernetes.io/is-default-class")
}

/// Why the nodes' volumes are not known to be empty.
async fn data(nodes: &[Node]) -> Vec<String> {
    let answers = join_all(nodes.iter().map(ask)).await;
    let reason = |(node, answer): (&Node, Result<Answer, String>)| match answer {
        Ok(answer) if answer.data => Some(format!("volumes on {} hold data", node.name)),
        Ok(_) => None,
        Err(reason) => Some(reason),
    };
    nodes.iter().zip(answers).filter_map(reason).collect()
}

/// The two words of a node, or why there are none.
async fn ask(node: &Node) -> Result<Answer, String> {
    let name = &node.name;
    if !node.running {
        return Err(format!("{name} is not running and cannot be asked"));
    }
    let arguments = ["exec", name, "sh", "-c", SCRIPT];
    let output = engine::output(&arguments, nodes::QUESTION).await;
    let output = output.map_err(|stop| format!("{name} cannot be asked: {}", stop.reason()))?;
    if !output.success {
        return Err(format!("{name} cannot be asked: {}", output.complaint()));
    }
    answer(&output.text()).ok_or_else(|| format!("{name} has answered something else"))
}

fn answer(text: &str) -> Option<Answer> {
    let mut lines = text.lines();
    let plane = match lines.next()? {
        "plane" => true,
        "no-plane" => false,
        _ => return None,
    };
    let data = match lines.next()? {
        "data" => true,
        "empty" => false,
        _ => return None,
    };
    lines.next().is_none().then_some(Answer { plane, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_known_words_are_an_answer() {
        assert_eq!(answer("plane\nempty\n"), Some(Answer { plane: true, data: false }));
        assert_eq!(answer("no-plane\ndata\n"), Some(Answer { plane: false, data: true }));
        for text in ["", "no-plane\n", "plane\n\n", "no-plane\nempty\nmore\n", "Killed\nempty\n"] {
            assert_eq!(answer(text), None, "{text:?}");
        }
    }

    #[test]
    fn data_stays_whatever_is_asked_and_used_goes_on_demand_only() {
        let half_made = |used, data: &[&str]| HalfMade {
            why: vec!["x".into()],
            used,
            data: data.iter().map(ToString::to_string).collect(),
        };
        assert!(half_made(false, &[]).may_go("c", false).is_ok());
        assert!(half_made(true, &[]).may_go("c", false).is_err());
        assert!(half_made(true, &[]).may_go("c", true).is_ok());
        assert!(half_made(false, &["d"]).may_go("c", true).is_err());
    }
}
