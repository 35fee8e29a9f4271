//! The fields that transformers change, as a kustomization configures them, and the schema of lists.

use std::sync::Arc;

use crate::facts::{Effect, ProblemKind};
use crate::kustomization::{Kustomization, OpenApiField, configuration, crds};
use crate::load::{Accumulated, Context, Folder, is_remote};
use crate::schema::{Config, Conflict, DEFAULT, OpenApi};
use crate::tree::{Dialect, Place};

/// The version of Kubernetes whose schema kustomize has built in.
const BUILT_IN: &str = "v1.21.2";

/// Adds the fields of `configurations` and `crds`. A field of `configurations` comes before the defaults,
/// so that one for some kinds takes the place of a default for all.
pub(super) fn load(
    folder: &Folder,
    kustomization: &Kustomization,
    base: &mut Accumulated,
    context: &mut Context,
) {
    let mut merged: Option<Arc<Config>> = None;
    for path in &kustomization.configurations {
        let dialect = Dialect::Kustomization;
        let Some(documents) = folder.documents(path, dialect, context) else { continue };
        let mut wrong = Vec::new();
        for document in documents.iter().take(1) {
            let config = configuration(document, &mut wrong);
            merge(&mut merged, &Arc::new(config), path.place, context);
        }
        for (place, message) in wrong {
            context.malformed(place, message);
        }
    }
    merge(&mut merged, &DEFAULT, kustomization.place, context);
    let merged = merged.unwrap_or_default();
    // Bases have the defaults, too.
    if base.config.is_none() || !Arc::ptr_eq(&merged, &DEFAULT) {
        merge(&mut base.config, &merged, kustomization.place, context);
    }
    for path in &kustomization.crds {
        let dialect = Dialect::Kustomization;
        let Some(documents) = folder.documents(path, dialect, context) else { continue };
        for document in documents.iter().take(1) {
            merge(&mut base.config, &Arc::new(crds(document)), path.place, context);
        }
    }
}

/// Adds fields to those that are known.
pub(super) fn merge(
    config: &mut Option<Arc<Config>>,
    more: &Arc<Config>,
    place: Place,
    context: &mut Context,
) {
    let Some(config) = config else {
        *config = Some(Arc::clone(more));
        return;
    };
    if Arc::ptr_eq(config, more) {
        return;
    }
    if let Err(Conflict(path)) = Arc::make_mut(config).merge(more) {
        let message = format!("the field {path} already exists, with another `create`");
        context.problem(ProblemKind::Build, Some(place), message);
    }
}

/// Takes the schema of `openapi`, unless a kustomization before has chosen one.
pub(super) fn schema(folder: &Folder, kustomization: &Kustomization, context: &mut Context) {
    let Some(OpenApiField { path, version }) = &kustomization.openapi else { return };
    if context.has_schema {
        return;
    }
    if let (Some(path), Some(_)) = (path, version) {
        return context.malformed(path.place, "`openapi` has a `path` or a `version`, not both");
    }
    if let Some(version) = version.as_ref().filter(|version| !version.value.is_empty()) {
        context.has_schema = true;
        if version.value != BUILT_IN {
            let message =
                format!("kustomize has no schema of {}; it has {BUILT_IN}", version.value);
            context.problem(ProblemKind::Build, Some(version.place), message);
        }
    }
    let Some(path) = path else { return };
    context.has_schema = true;
    if is_remote(&path.value) {
        let part = format!("the remote schema {}", path.value);
        return context.not_analysed(path.place, part, Effect::Fields);
    }
    let dialect = Dialect::Kustomization;
    let Some(documents) = folder.documents(path, dialect, context) else { return };
    if let Some(document) = documents.first() {
        context.openapi = Some(Arc::new(OpenApi::new(document.to_json())));
    }
}
