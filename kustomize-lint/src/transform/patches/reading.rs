//! The documents of patches, from files and from the kustomization itself, with what may be secret
//! in them kept out of messages.

use std::path::{Path, PathBuf};

use super::documents::{parsed, understood};
use super::inline::{Lines, inline};
use crate::kustomization::{Kustomization, Patch, PatchText, Spot};
use crate::load::{Context, Folder};
use crate::tree::Node;

/// The documents of a patch, wherever it is written.
pub(super) fn read(folder: &Folder, patch: &Patch, context: &mut Context) -> Option<Vec<Node>> {
    let (path, text, spot): (PathBuf, String, &Spot<String>) = match &patch.text {
        PatchText::File(spot) => {
            let (path, text) = folder.read_text(spot, context)?;
            (path, text, spot)
        }
        PatchText::Inline(spot) => (PathBuf::new(), spot.value.clone(), spot),
    };
    // kustomize takes what begins with a bracket for JSON, which is stricter than YAML.
    if text.trim_start().starts_with('[')
        && let Err(error) = serde_json::from_str::<serde_json::Value>(&text)
    {
        hide_text(patch, &path, &text, context);
        let message = format!("a patch that begins with `[` must be JSON: {error}");
        context.malformed(spot.place, message);
        return None;
    }
    let before = context.problems.len();
    let documents = match &patch.text {
        PatchText::File(_) => documents(&path, &text, context),
        PatchText::Inline(_) => inline(&text, spot.place, context),
    };
    let secret = targets_secret(patch);
    documents.iter().for_each(|node| context.files.hide_secrets_for(node, secret));
    if context.problems.len() > before {
        if documents.is_empty() {
            hide_text(patch, &path, &text, context);
        }
        return None;
    }
    let documents: Vec<Node> = documents.into_iter().filter(|node| !node.is_null()).collect();
    if documents.is_empty() {
        context.malformed(spot.place, "this patch is empty");
        return None;
    }
    Some(documents)
}

/// Keeps the secrets of patches that stand in a kustomization out of every message, also when the
/// kustomization has a mistake and no patch is applied.
pub(crate) fn hide_inline(kustomization: &Kustomization, context: &mut Context) {
    let lists = [
        &kustomization.patches,
        &kustomization.patches_json6902,
        &kustomization.patches_strategic_merge,
    ];
    for patch in lists.into_iter().flatten() {
        let PatchText::Inline(spot) = &patch.text else { continue };
        let secret = targets_secret(patch);
        match understood(spot.place.file, &spot.value) {
            Ok(read) => {
                let file = &context.files.get(spot.place.file).text;
                let lines = Lines::new(file, spot.place, &spot.value);
                for mut node in read.documents {
                    lines.move_node(&mut node);
                    context.files.hide_secrets_for(&node, secret);
                }
            }
            Err(_) if secret => context.files.hide(spot.place),
            Err(_) => context.files.hide_unreadable(spot.place),
        }
    }
}

/// Whether the target says that the patch is for a Secret.
pub(super) fn targets_secret(patch: &Patch) -> bool {
    patch.target.as_ref().is_some_and(|target| target.value.kind.eq_ignore_ascii_case("Secret"))
}

/// Keeps what may be secret in a patch that cannot be read out of every message.
fn hide_text(patch: &Patch, path: &Path, text: &str, context: &mut Context) {
    let part = match &patch.text {
        PatchText::File(_) => {
            let file = context.files.add(path, text);
            context.files.whole(file)
        }
        PatchText::Inline(spot) => spot.place,
    };
    if targets_secret(patch) {
        context.files.hide(part);
    } else {
        context.files.hide_unreadable(part);
    }
}

fn documents(path: &Path, text: &str, context: &mut Context) -> Vec<Node> {
    let file = context.files.add(path, text);
    parsed(understood(file, text), context)
}
