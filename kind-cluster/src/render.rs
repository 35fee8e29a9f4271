//! The overlay as objects: the output of `kubectl kustomize`.

use common::fault;
use common::yaml::plain;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use common::diagnostic::{Diagnostic, Report};
use common::kubernetes::is_custom_cluster_wide;
use common::secrets::{mask, unquoted};
use common::stop::Stop;
use serde_json::Value;

use crate::cli::Shared;
use crate::cluster::{self, Cluster};
use crate::object::{group, name, text};
use crate::places;
use crate::process;
use crate::references::defines;

/// The part that every profile needs: the folder of an overlay with its namespace and stores.
const COMMON: &str = "cluster";

/// An overlay's objects.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// The objects of the chosen profiles.
    pub(crate) selected: Vec<Value>,
    /// The objects of all profiles.
    pub(crate) all: Vec<Value>,
}

impl Rendered {
    /// Puts the objects of a namespaced kind that name no namespace where kubectl puts them.
    pub(crate) async fn place(&mut self, cluster: &Cluster) -> Result<(), Stop> {
        let defined = namespaced(&self.all);
        for object in self.all.iter_mut().chain(&mut self.selected) {
            place(cluster, "default", &defined, object).await?;
        }
        Ok(())
    }

    /// The namespaces that the overlay makes or uses.
    pub(crate) fn namespaces(&self) -> BTreeSet<&str> {
        let of = |object| match text(object, "/kind") {
            "Namespace" => name(object),
            _ => text(object, "/metadata/namespace"),
        };
        self.all.iter().map(of).filter(|namespace| !namespace.is_empty()).collect()
    }
}

/// The kinds in namespaces that some objects define, by group and kind.
pub(crate) fn namespaced(objects: &[Value]) -> Vec<(String, String)> {
    let of_scope = objects.iter().filter(|object| text(object, "/spec/scope") == "Namespaced");
    let defined = of_scope.filter_map(defines);
    defined.map(|(group, kind)| (group.to_owned(), kind.to_owned())).collect()
}

/// Objects of a namespaced kind that name none get one. Kinds that are `defined` beside them are not in discovery
/// yet.
pub(crate) async fn place(
    cluster: &Cluster,
    namespace: &str,
    defined: &[(String, String)],
    object: &mut Value,
) -> Result<(), Stop> {
    if !text(object, "/metadata/namespace").is_empty() {
        return Ok(());
    }
    let group_kind = (group(object).to_owned(), text(object, "/kind").to_owned());
    let namespaced = defined.contains(&group_kind) || {
        let found = cluster.kind(text(object, "/apiVersion"), text(object, "/kind")).await;
        let found = found.map_err(|error| cluster::stop("cannot look for a kind", &error))?;
        found.is_some_and(|(_, namespaced)| namespaced)
    };
    if namespaced {
        object["metadata"]["namespace"] = namespace.into();
    }
    Ok(())
}

/// Renders the overlay of the command line.
pub(crate) async fn overlay(shared: &Shared) -> Result<Rendered, Stop> {
    let overlay = places::overlay(shared.overlay.as_deref())?;
    let known = profiles(&overlay);
    let mut report = Report::default();
    for profile in &shared.profile {
        if !known.contains(profile) {
            let message =
                format!("{} in {}", fault::unknown("profile", profile), overlay.display());
            let hint = fault::available(profile, known.iter().map(String::as_str));
            report.push(Diagnostic::error("unknown-profile", message).hint(hint));
        }
    }
    if report.has_errors() {
        return Err(report.into());
    }
    let all = kustomize(&overlay).await?;
    let selected = if shared.profile.is_empty() {
        all.clone()
    } else {
        let mut selected = Vec::new();
        if overlay.join(COMMON).is_dir() {
            selected = kustomize(&overlay.join(COMMON)).await?;
        }
        for profile in &shared.profile {
            selected.extend(kustomize(&overlay.join(profile)).await?);
        }
        selected
    };
    Ok(Rendered { selected, all })
}

/// The folders of an overlay that can be deployed alone.
fn profiles(overlay: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(overlay).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join("kustomization.yaml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != COMMON)
        .collect();
    names.sort();
    names
}

async fn kustomize(folder: &Path) -> Result<Vec<Value>, Stop> {
    let arguments = ["kustomize".as_ref(), folder.as_os_str()];
    let output = process::output("kubectl", &arguments, Duration::from_secs(60)).await?;
    if !output.success {
        // Only a YAML library quotes values; kubectl itself quotes the names of files.
        let complaint = match output.complaint() {
            complaint if complaint.contains("yaml: ") => unquoted(&complaint),
            complaint => complaint,
        };
        let message = format!("{} cannot be rendered: {complaint}", folder.display());
        return Err(Stop::bad("bad-overlay", message)
            .hint(format!("`kubectl kustomize {}` shows the same", folder.display())));
    }
    objects(&output.text()).map_err(|why| {
        Stop::bad(
            "bad-overlay",
            format!("the rendering of {} is not valid YAML: {why}", folder.display()),
        )
    })
}

/// The documents of a YAML text that are objects; a `List` is taken apart.
pub(crate) fn objects(yaml: &str) -> Result<Vec<Value>, String> {
    let mut objects = Vec::new();
    for document in plain::documents::<Value>(yaml) {
        let mut value = document.map_err(|error| unquoted(&error.to_string()))?;
        if is_custom_cluster_wide(group(&value), text(&value, "/kind"))
            && let Some(metadata) = value["metadata"].as_object_mut()
        {
            metadata.remove("namespace");
        }
        match value {
            Value::Null => {}
            Value::Object(_) if value["kind"] == "List" => {
                objects.extend(value["items"].as_array().cloned().unwrap_or_default());
            }
            Value::Object(_) if value["kind"].is_string() && !name(&value).is_empty() => {
                objects.push(value);
            }
            other => {
                let shown = mask(&other.to_string()).into_owned();
                return Err(format!("a document without kind or name: {shown:.80}"));
            }
        }
    }
    Ok(objects)
}
