//! The objects that the words of a command line name.

use std::collections::BTreeSet;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::fault;
use common::stop::Stop;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::object::{Key, name};
use crate::render::Rendered;

/// Version and kind of the workloads that keep pods running.
const RUNNING: [(&str, &str); 3] =
    [("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet")];

/// The workloads of the overlay's namespaces.
pub(super) async fn all(cluster: &Cluster, rendered: &Rendered) -> Result<Vec<Value>, Stop> {
    of_kinds(cluster, rendered, &RUNNING).await
}

/// The objects of some kinds in the overlay's namespaces.
pub(super) async fn of_kinds(
    cluster: &Cluster,
    rendered: &Rendered,
    kinds: &[(&str, &str)],
) -> Result<Vec<Value>, Stop> {
    let spaces = match rendered.namespaces() {
        spaces if spaces.is_empty() => BTreeSet::from(["default"]),
        spaces => spaces,
    };
    let mut found = Vec::new();
    for space in spaces {
        for (version, kind) in kinds {
            found.extend(cluster.list(version, kind, space).await?);
        }
    }
    Ok(found)
}

/// The objects of a list that some words name, `NAME` or `KIND/NAME`; a word that names none is an error.
pub(super) fn named(all: Vec<Value>, words: &[String], noun: &str) -> Result<Vec<Value>, Stop> {
    let mut report = Report::default();
    for word in words.iter().filter(|word| !all.iter().any(|object| is_named(object, word))) {
        let names: Vec<&str> = all.iter().map(name).collect();
        let message = format!("{} in the overlay's namespaces", fault::unknown(noun, word));
        let hint = fault::available(word, names);
        report.push(Diagnostic::error("no-such-workload", message).hint(hint));
    }
    if report.has_errors() {
        return Err(Stop { status: Status::Bad, report });
    }
    let wanted = |object: &Value| words.iter().any(|word| is_named(object, word));
    Ok(all.into_iter().filter(|object| words.is_empty() || wanted(object)).collect())
}

/// Kinds are written as kubectl takes them: `deployment/web`, `Deployment/web`.
fn is_named(object: &Value, word: &str) -> bool {
    let key = Key::of(object);
    match word.split_once('/') {
        None => key.name == word,
        Some((kind, name)) => {
            let kind = kind.to_ascii_lowercase();
            let known = key.kind.to_ascii_lowercase();
            let short = match known.as_str() {
                "deployment" => "deploy",
                "statefulset" => "sts",
                "daemonset" => "ds",
                _ => "svc",
            };
            key.name == name && (kind == known || kind == format!("{known}s") || kind == short)
        }
    }
}
