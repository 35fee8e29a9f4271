//! Secrets of Compose: files that a specification, which is committed, has no place for. A person
//! has to put them into the catalogue.

use common::diagnostic::{Diagnostic, Report};

use super::Import;
use super::tree::{Fate, Tree};

/// Takes it out of the project.
pub(super) fn settle(import: &mut Import) {
    let root = &mut import.project.root;
    if let Some(secrets) = root.get_mut("secrets") {
        secrets.leave("secrets come from the catalogue, x-secrets");
    }
    let services = root.get_mut("services").into_iter().flat_map(Tree::members_mut);
    for (name, service) in services {
        // A file of a secret becomes neither a ConfigMap nor part of a committed folder.
        if let Some(used) = service.get_mut("secrets") {
            let message = format!("nothing gives \"{name}\" its files under /run/secrets any more");
            let hint = "list the service in x-secrets and let it read the secret's variable";
            missing(used, &mut import.findings, &message, hint);
        }
        if let Some(used) = service.get_mut("build").and_then(|build| build.get_mut("secrets")) {
            let message = format!("the build of \"{name}\" has no secrets any more");
            let hint = "build the image elsewhere, and name it under image";
            missing(used, &mut import.findings, &message, hint);
        }
    }
}

fn missing(tree: &mut Tree, findings: &mut Report, message: &str, hint: &str) {
    let diagnostic = Diagnostic::error("secret", message).at(tree.place.clone(), "");
    findings.push(diagnostic.hint(hint));
    tree.gone = true;
    tree.say(Fate::ToDo, format!("{message}: {hint}"));
}
