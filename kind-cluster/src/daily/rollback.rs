//! `rollback`: the template that a workload had before its last change.

use std::time::Instant;

use common::exit::Status;
use common::stop::Stop;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::select;
use crate::cli::{self, Shared};
use crate::cluster::{Cluster, stop};
use crate::deploy::changes::{Side, changes};
use crate::deploy::roll_out::{self, ROLLBACK, rollback_over};
use crate::digest::hex;
use crate::object::{Key, list, meta, number, text, typed};
use crate::report::{self, Check};
use crate::{render, turn};

/// `rollback`.
pub(crate) async fn run(shared: &Shared, options: &cli::Rollback) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let rendered = render::overlay(shared).await?;
    let _turn = match shared.dry_run() {
        true => None,
        false => Some(turn::take(&shared.name, "rollback", deadline).await?),
    };
    let cluster = Cluster::connect(&shared.name).await?;
    let all = select::all(&cluster, &rendered).await?;
    let chosen = select::named(all, std::slice::from_ref(&options.workload), "workload")?;
    let mut checks = Vec::new();
    let mut applied = Vec::new();
    for workload in &chosen {
        let key = Key::of(workload);
        let now = workload.pointer("/spec/template").cloned().unwrap_or_default();
        if meta(workload, "annotations", ROLLBACK) == Some(fingerprint(&now).as_str()) {
            checks.push(Check::ok("rollback", key.to_string(), "an interrupted one goes on"));
            applied.push(workload.clone());
            continue;
        }
        let Some(before) = previous(&cluster, workload).await? else {
            let message = format!("{key} has no earlier template");
            return Err(Stop::no("no-revision", message)
                .hint("Kubernetes keeps as many as its revisionHistoryLimit says"));
        };
        let shown: Vec<String> =
            changes(&now, &before, Side::Both).iter().map(|change| change.shown()).collect();
        checks.push(Check::ok("rollback", key.to_string(), shown.join("; ")));
        if shared.dry_run() {
            continue;
        }
        let mark = fingerprint(&before);
        let (path, value) = match workload["metadata"]["annotations"].is_object() {
            true => (format!("/metadata/annotations/{}", ROLLBACK.replace('/', "~1")), json!(mark)),
            false => ("/metadata/annotations".to_owned(), json!({ROLLBACK: mark})),
        };
        let patch = json!([
            {"op": "replace", "path": "/spec/template", "value": before},
            {"op": "add", "path": path, "value": value}
        ]);
        let patched = cluster.json_patch(workload, &patch).await;
        let patched = patched.map_err(|error| stop(&format!("cannot roll {key} back"), &error))?;
        applied.push(typed(patched, text(workload, "/apiVersion"), &key.kind));
    }
    if shared.dry_run() {
        return report::publish("rollback", &checks, shared.format);
    }
    let ended = roll_out::settle(&cluster, applied, deadline, "the rollback").await?;
    for workload in &chosen {
        let cleared = cluster.merge(workload, &rollback_over()).await;
        cleared.map_err(|error| stop("cannot end the rollback", &error))?;
    }
    roll_out::publish("rollback", &ended, checks, shared)
}

/// The same for the same template, whatever the order of its fields: serde_json sorts them.
fn fingerprint(template: &Value) -> String {
    hex(&Sha256::digest(template.to_string().as_bytes())[..8])
}

/// The template of the revision before the newest one.
async fn previous(cluster: &Cluster, workload: &Value) -> Result<Option<Value>, Stop> {
    let namespace = text(workload, "/metadata/namespace");
    let uid = &workload["metadata"]["uid"];
    let (version, kind) = match text(workload, "/kind") {
        "Deployment" => ("apps/v1", "ReplicaSet"),
        _ => ("apps/v1", "ControllerRevision"),
    };
    let all = cluster.list(version, kind, namespace).await?;
    let is_of = |object: &&Value| {
        list(object, "/metadata/ownerReferences").iter().any(|owner| owner["uid"] == *uid)
    };
    let mut revisions: Vec<(i64, &Value)> = all.iter().filter(is_of).map(|o| (age(o), o)).collect();
    revisions.sort_by_key(|(age, _)| std::cmp::Reverse(*age));
    let Some((_, before)) = revisions.get(1) else { return Ok(None) };
    let pointer = if kind == "ReplicaSet" { "/spec/template" } else { "/data/spec/template" };
    let mut template = before.pointer(pointer).cloned().unwrap_or_default();
    if let Some(template) = template.as_object_mut() {
        template.remove("$patch");
    }
    // The ReplicaSet's own label is not the Deployment's.
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    Ok(Some(template))
}

fn age(object: &Value) -> i64 {
    let revision = meta(object, "annotations", "deployment.kubernetes.io/revision");
    match revision.and_then(|revision| revision.parse().ok()) {
        Some(revision) => revision,
        None => number(object, "/revision"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_fields_is_no_difference() {
        let of = |text: &str| fingerprint(&serde_json::from_str(text).unwrap());
        let known = of(r#"{"a": {"c": 1, "d": [2]}, "b": 3}"#);
        assert_eq!(known, of(r#"{"b": 3, "a": {"d": [2], "c": 1}}"#));
        assert_ne!(known, of(r#"{"b": 3, "a": {"d": [2], "c": 2}}"#));
    }
}
