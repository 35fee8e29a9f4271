//! Objects below their owners: namespaces, their workloads, the pods of those, and the claims that a pod mounts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::expected;
use crate::object::{Key, list, text};
use crate::readiness::World;
use crate::report::{Check, Outcome, one_line};

/// The heading of objects without a namespace.
const CLUSTER: &str = "cluster";
/// Owners between a pod and its workload: a ReplicaSet, a Job of a CronJob.
const CLIMB: usize = 5;

/// The objects as a tree, each with its state; below them, everything else that was checked and is not well.
pub(super) fn render<'o>(
    objects: &[(Key, Check)],
    others: impl Iterator<Item = &'o Check>,
    world: &World,
) -> String {
    let shown: BTreeSet<&Key> = objects.iter().map(|(key, _)| key).collect();
    let mut children: BTreeMap<Option<&Key>, Vec<&(Key, Check)>> = BTreeMap::new();
    for object in objects {
        let parent = parent(&object.0, &shown, world);
        children.entry(parent).or_default().push(object);
    }
    let roots = children.get(&None).cloned().unwrap_or_default();
    let namespaces: BTreeSet<&str> = roots.iter().map(|(key, _)| key.namespace.as_str()).collect();
    let mut out = String::new();
    for namespace in namespaces {
        let of_namespace = || objects.iter().filter(|(key, _)| key.namespace == namespace);
        let well = of_namespace().filter(|(_, check)| check.outcome == Outcome::Ok).count();
        let heading = if namespace.is_empty() { CLUSTER } else { namespace };
        out.push_str(&format!("{heading}  {well} of {} ready\n", of_namespace().count()));
        let mine: Vec<_> =
            roots.iter().copied().filter(|(key, _)| key.namespace == namespace).collect();
        branch(&mine, &children, "", &mut out);
    }
    let wrong: Vec<&Check> = others.filter(|check| check.outcome != Outcome::Ok).collect();
    if !wrong.is_empty() {
        out.push_str(&format!("{}\n", expected::GROUP));
        for (index, check) in wrong.iter().enumerate() {
            let twig = if index + 1 == wrong.len() { "└─" } else { "├─" };
            out.push_str(&format!("{twig} {}  {}\n", check.name, state(check)));
        }
    }
    out
}

fn branch<'o>(
    objects: &[&'o (Key, Check)],
    children: &BTreeMap<Option<&'o Key>, Vec<&'o (Key, Check)>>,
    indent: &str,
    out: &mut String,
) {
    for (index, (key, check)) in objects.iter().enumerate() {
        let last = index + 1 == objects.len();
        let (twig, deeper) = if last { ("└─", "   ") } else { ("├─", "│  ") };
        out.push_str(&format!("{indent}{twig} {key}  {}\n", state(check)));
        if let Some(below) = children.get(&Some(key)) {
            branch(below, children, &format!("{indent}{deeper}"), out);
        }
    }
}

fn state(check: &Check) -> String {
    let detail = one_line(&check.detail);
    match check.outcome {
        Outcome::Ok => detail,
        other => format!("{}: {detail}", other.word()),
    }
}

/// The nearest owner that is shown; for a claim, a pod that mounts it.
fn parent<'o>(key: &Key, shown: &BTreeSet<&'o Key>, world: &World) -> Option<&'o Key> {
    let shown_as = |wanted: &Key| shown.get(wanted).copied();
    if key.kind == "PersistentVolumeClaim" {
        let mounts = |pod: &Value| {
            let mut volumes = list(pod, "/spec/volumes").iter();
            volumes.any(|v| text(v, "/persistentVolumeClaim/claimName") == key.name)
        };
        let mut pods = world.objects.iter().filter(|(pod, _)| {
            pod.kind == "Pod" && pod.group.is_empty() && pod.namespace == key.namespace
        });
        return pods.find(|(_, pod)| mounts(pod)).and_then(|(pod, _)| shown_as(pod));
    }
    let mut at = key.clone();
    for _ in 0..CLIMB {
        let object = world.objects.get(&at)?;
        let owner = list(object, "/metadata/ownerReferences").first()?;
        let group = text(owner, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
        at = Key::new(group, text(owner, "/kind"), &at.namespace, text(owner, "/name"));
        if let Some(shown) = shown_as(&at) {
            return Some(shown);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(
        kind: &str,
        group: &str,
        name: &str,
        owner: Option<(&str, &str, &str)>,
    ) -> (Key, Value) {
        let owners = owner.map(
            |(kind, version, name)| json!([{"kind": kind, "apiVersion": version, "name": name}]),
        );
        let value = json!({"metadata": {"ownerReferences": owners},
            "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}});
        let namespace = if kind == "Node" { "" } else { "shop" };
        (Key::new(group, kind, namespace, name), value)
    }

    #[test]
    fn pods_are_below_their_workloads_and_claims_below_their_pods() {
        let all = [
            object("Node", "", "worker", None),
            object("Deployment", "apps", "web", None),
            object("ReplicaSet", "apps", "web-1", Some(("Deployment", "apps/v1", "web"))),
            object("Pod", "", "web-1-a", Some(("ReplicaSet", "apps/v1", "web-1"))),
            object("PersistentVolumeClaim", "", "data", None),
            object("Service", "", "web", None),
        ];
        let world = World { objects: all.clone().into_iter().collect(), ..World::default() };
        let shown: Vec<(Key, Check)> = all
            .iter()
            .filter(|(key, _)| key.kind != "ReplicaSet")
            .map(|(key, _)| {
                let check = match key.kind.as_str() {
                    "Pod" => Check::failed("pods", key.placed(), "failed", "Crash\nmore"),
                    _ => Check::ok("workloads", key.placed(), "ready"),
                };
                (key.clone(), check)
            })
            .collect();
        let others = [
            Check::ok("objects", "Secret/here (shop)", "there"),
            Check::failed("objects", "Secret/gone (shop)", "missing", "it is not there"),
        ];
        assert_eq!(
            render(&shown, others.iter(), &world),
            "cluster  1 of 1 ready\n\
             └─ Node/worker  ready\n\
             shop  3 of 4 ready\n\
             ├─ Deployment/web  ready\n\
             │  └─ Pod/web-1-a  FAILED: Crash\n\
             │     └─ PersistentVolumeClaim/data  ready\n\
             └─ Service/web  ready\n\
             objects\n\
             └─ Secret/gone (shop)  FAILED: it is not there\n"
        );
    }
}
