//! In which order objects are applied, and what is waited for before which.
//!
//! An object comes after everything that it needs. Where that leaves a choice, the stages decide
//! — definitions, namespaces, storage, configuration and secrets, workloads, routes — then the
//! wave, the profile (data platform, core, monitoring) and Helm's order of kinds. Deletion is the
//! same in reverse.

use std::collections::{BTreeMap, BTreeSet};

use common::diagnostic::Diagnostic;
use common::kubernetes::{Provided, is_route, needs};
use serde_json::Value;

use crate::object::{Key, matches, meta, template, text};
use crate::references::{self, defines};

/// Argo CD's annotation, which the overlay carries for production: a workload waits for those of
/// lower waves.
const WAVE: &str = "argocd.argoproj.io/sync-wave";
/// Other objects that one waits for, as kpt and cli-utils write them:
/// `GROUP/namespaces/NAMESPACE/KIND/NAME` or `GROUP/KIND/NAME`, with commas between.
const DEPENDS_ON: &str = "config.kubernetes.io/depends-on";

/// Objects that can be applied one after the other without waiting.
#[derive(Debug, Default)]
pub(crate) struct Phase {
    /// In the order of applying; indices into the objects.
    pub(crate) objects: Vec<usize>,
    /// Objects that must be ready before the next phase starts.
    pub(crate) awaited: BTreeSet<usize>,
}

/// One object needs another, and whether that one must be ready, or only be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    on: usize,
    ready: bool,
}

/// The phases, or the circle that makes an order impossible.
pub(crate) fn phases(objects: &[Value]) -> Result<Vec<Phase>, Vec<Diagnostic>> {
    let edges = edges(objects)?;
    let mut order: Vec<usize> = (0..objects.len()).collect();
    order.sort_by_cached_key(|index| rank(&objects[*index]));
    let mut phase_of: BTreeMap<usize, usize> = BTreeMap::new();
    let mut sorted = Vec::new();
    // Takes the first object whose needs are met, again and again: few hundred objects are few.
    while sorted.len() < objects.len() {
        let next = order
            .iter()
            .position(|index| edges[*index].iter().all(|edge| phase_of.contains_key(&edge.on)));
        let Some(next) = next else { return Err(vec![circle(objects, &edges, &order)]) };
        let index = order.remove(next);
        let phase = edges[index]
            .iter()
            .map(|edge| phase_of[&edge.on] + usize::from(edge.ready))
            .max()
            .unwrap_or(0);
        phase_of.insert(index, phase);
        sorted.push(index);
    }
    let count = phase_of.values().max().map_or(0, |last| last + 1);
    let mut phases: Vec<Phase> = (0..count).map(|_| Phase::default()).collect();
    // Each object is waited for once: just before its first use.
    let mut awaited: BTreeMap<usize, usize> = BTreeMap::new();
    for index in &sorted {
        phases[phase_of[index]].objects.push(*index);
        for edge in edges[*index].iter().filter(|edge| edge.ready) {
            let before = phase_of[index] - 1;
            let first = awaited.entry(edge.on).or_insert(before);
            *first = (*first).min(before);
        }
    }
    for (index, phase) in awaited {
        phases[phase].awaited.insert(index);
    }
    Ok(phases)
}

fn edges(objects: &[Value]) -> Result<Vec<BTreeSet<Edge>>, Vec<Diagnostic>> {
    let index: BTreeMap<Key, usize> =
        objects.iter().enumerate().map(|(index, object)| (Key::of(object), index)).collect();
    let provided = Provided::of(objects.iter());
    let definitions: BTreeMap<(&str, &str), usize> = objects
        .iter()
        .enumerate()
        .filter_map(|(index, object)| Some((defines(object)?, index)))
        .collect();
    let mut problems = Vec::new();
    let mut all = Vec::new();
    for (this, object) in objects.iter().enumerate() {
        let key = Key::of(object);
        let mut edges = BTreeSet::new();
        if let Some(on) = definitions.get(&(key.group.as_str(), key.kind.as_str())) {
            edges.insert(Edge { on: *on, ready: true });
        }
        if let Some(on) = index.get(&Key::new("", "Namespace", "", &key.namespace)) {
            edges.insert(Edge { on: *on, ready: false });
        }
        for need in needs::of(object) {
            if let Some(on) = index.get(&references::key(&need)) {
                edges.insert(Edge { on: *on, ready: false });
            } else if let Some(on) = provided.maker(need.target, need.namespace, need.name()) {
                // A Secret that another object makes is there when that one is ready.
                edges.insert(Edge { on, ready: true });
            }
        }
        for wanted in meta(object, "annotations", DEPENDS_ON).into_iter().flat_map(|t| t.split(','))
        {
            match parse(wanted.trim()).and_then(|key| index.get(&key)) {
                Some(on) => {
                    edges.insert(Edge { on: *on, ready: true });
                }
                None => problems.push(
                    Diagnostic::error(
                        "dangling-reference",
                        format!("{key} depends on \"{}\", which is not in the overlay", wanted.trim()),
                    )
                    .hint("write GROUP/namespaces/NAMESPACE/KIND/NAME, or GROUP/KIND/NAME; the core group is empty"),
                ),
            }
        }
        edges.extend(waves(objects, this));
        edges.extend(backends(objects, object));
        edges.retain(|edge| edge.on != this);
        all.push(edges);
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// A workload waits for the workloads of every lower wave.
fn waves(objects: &[Value], this: usize) -> Vec<Edge> {
    let Some(level) = wave(&objects[this]) else { return Vec::new() };
    let lower = |on: &usize| wave(&objects[*on]).is_some_and(|other| other < level);
    (0..objects.len()).filter(lower).map(|on| Edge { on, ready: true }).collect()
}

/// A route waits for the workloads behind its services: it leads somewhere from its first moment.
fn backends(objects: &[Value], route: &Value) -> Vec<Edge> {
    if !is_route(route) {
        return Vec::new();
    }
    let needed: Vec<Key> = needs::of(route).iter().map(references::key).collect();
    let services = objects.iter().filter(|object| needed.contains(&Key::of(object)));
    let selectors: Vec<&Value> = services.filter_map(|s| s.pointer("/spec/selector")).collect();
    let behind = |on: &usize| {
        let made = template(&objects[*on]);
        made.is_some_and(|made| selectors.iter().any(|selector| matches(Some(*selector), made)))
    };
    (0..objects.len()).filter(behind).map(|on| Edge { on, ready: true }).collect()
}

/// The wave of a workload; other objects have none.
pub(crate) fn wave(object: &Value) -> Option<i64> {
    template(object)?;
    meta(object, "annotations", WAVE)?.parse().ok()
}

fn parse(text: &str) -> Option<Key> {
    match text.split('/').collect::<Vec<_>>().as_slice() {
        [group, "namespaces", namespace, kind, name] => {
            Some(Key::new(group, kind, namespace, name))
        }
        [group, kind, name] => Some(Key::new(group, kind, "", name)),
        _ => None,
    }
}

/// Objects in the order in which they are deleted: an object goes before the objects that it needs.
pub(crate) fn for_deletion(objects: Vec<Value>) -> Vec<Value> {
    let mut order: Vec<usize> = match phases(&objects) {
        Ok(phases) => phases.into_iter().flat_map(|phase| phase.objects).collect(),
        // They need something that is gone, or each other: their kinds decide.
        Err(_) => {
            let mut order: Vec<usize> = (0..objects.len()).collect();
            order.sort_by_cached_key(|index| rank(&objects[*index]));
            order
        }
    };
    order.reverse();
    order.into_iter().map(|index| objects[index].clone()).collect()
}

/// The order of objects that do not need each other.
fn rank(object: &Value) -> (u8, i64, u8, usize, Key) {
    let key = Key::of(object);
    let profile = match meta(object, "labels", "app.kubernetes.io/component") {
        Some("data-pipeline") => 0,
        Some("core") => 1,
        Some("monitoring") => 2,
        _ => 3,
    };
    (stage(object), wave(object).unwrap_or_default(), profile, helm(&key.kind), key)
}

fn stage(object: &Value) -> u8 {
    match text(object, "/kind") {
        "CustomResourceDefinition" => 0,
        "Namespace" => 1,
        "StorageClass" | "PersistentVolume" | "PersistentVolumeClaim" => 2,
        "GatewayClass" | "Gateway" | "HTTPRoute" | "Ingress" => 5,
        _ if template(object).is_some() => 4,
        _ => 3,
    }
}

/// The place of a kind in the order in which Helm installs; kinds that Helm does not know come last.
fn helm(kind: &str) -> usize {
    const ORDER: &str = "PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange \
                         PodDisruptionBudget ServiceAccount Secret ConfigMap StorageClass \
                         PersistentVolume PersistentVolumeClaim CustomResourceDefinition ClusterRole \
                         ClusterRoleBinding Role RoleBinding Service DaemonSet Pod ReplicaSet \
                         Deployment HorizontalPodAutoscaler StatefulSet Job CronJob";
    ORDER.split(' ').position(|known| known == kind).unwrap_or(usize::MAX)
}

/// One circle among the objects that are left.
fn circle(objects: &[Value], edges: &[BTreeSet<Edge>], left: &[usize]) -> Diagnostic {
    let left_set: BTreeSet<usize> = left.iter().copied().collect();
    let mut path = vec![left[0]];
    loop {
        let last = path[path.len() - 1];
        // Each of those left needs another of them, or it would not be left.
        let Some(next) = edges[last].iter().map(|edge| edge.on).find(|on| left_set.contains(on))
        else {
            break;
        };
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            path.drain(..start);
            path.push(next);
            break;
        }
        path.push(next);
    }
    let names: Vec<String> = path.iter().map(|i| Key::of(&objects[*i]).to_string()).collect();
    Diagnostic::error("dependency-cycle", format!("a dependency cycle: {}", names.join(" needs ")))
        .hint("remove one of these dependencies; waves count, too")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &str, name: &str, more: Value) -> Value {
        let mut object = json!({"apiVersion": "v1", "kind": kind,
                                "metadata": {"name": name, "namespace": "n"}});
        for (key, value) in more.as_object().into_iter().flatten() {
            object[key.as_str()] = value.clone();
        }
        object
    }

    fn shown(objects: &[Value]) -> Vec<Vec<String>> {
        let name = |index: &usize| Key::of(&objects[*index]).to_string();
        phases(objects).unwrap().iter().map(|p| p.objects.iter().map(name).collect()).collect()
    }

    #[test]
    fn what_is_needed_comes_first_and_definitions_are_awaited() {
        let mut definition = object(
            "CustomResourceDefinition",
            "things.g",
            json!({
            "spec": {"group": "g", "names": {"kind": "Thing"}}}),
        );
        definition["apiVersion"] = json!("apiextensions.k8s.io/v1");
        definition["metadata"].as_object_mut().unwrap().remove("namespace");
        let mut namespace = object("Namespace", "n", json!({}));
        namespace["metadata"].as_object_mut().unwrap().remove("namespace");
        let mut thing = object("Thing", "t", json!({}));
        thing["apiVersion"] = json!("g/v1");
        let pod = object("Pod", "p", json!({"spec": {"volumes": [{"configMap": {"name": "c"}}]}}));
        let objects = [thing, pod, object("ConfigMap", "c", json!({})), namespace, definition];
        assert_eq!(
            shown(&objects),
            [
                vec!["CustomResourceDefinition/things.g", "Namespace/n", "ConfigMap/c", "Pod/p"],
                vec!["Thing/t"]
            ]
        );
    }

    #[test]
    fn explicit_dependencies_and_their_circles() {
        let on = |name: &str, other: &str| {
            let mut object = object("ConfigMap", name, json!({}));
            object["metadata"]["annotations"][DEPENDS_ON] = json!(other);
            object
        };
        let a = on("a", "/namespaces/n/ConfigMap/b");
        let b = object("ConfigMap", "b", json!({}));
        assert_eq!(shown(&[a.clone(), b]), [["ConfigMap/b"], ["ConfigMap/a"]]);
        let circle = phases(&[a.clone(), on("b", "/namespaces/n/ConfigMap/a")]).unwrap_err();
        assert_eq!(
            circle[0].message(),
            "a dependency cycle: ConfigMap/a needs ConfigMap/b needs ConfigMap/a"
        );
        let none = phases(&[a]).unwrap_err();
        assert_eq!(none[0].code(), "dangling-reference");
    }
}
