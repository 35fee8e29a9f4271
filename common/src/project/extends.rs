//! `extends`: a service with everything that it takes over from another, of its file or of one
//! that it names.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::paths::{below, folder_of, real};
use super::reader::{DEPTH, Reader, Services};
use super::scope::Scope;
use super::tree::{Tree, Value};
use super::{file, merge};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};

/// One step on the way from a service to those that it extends.
struct Step {
    /// The file, the same for every way to write its path.
    file: PathBuf,
    service: String,
}

impl Reader<'_> {
    /// Resolves every `extends` of a file. The key itself stays, for its place.
    pub(super) fn extend(&mut self, root: &mut Tree, path: &Path) {
        let services = by_name(root);
        let Some(Value::Map(members)) = root.get_mut("services").map(|section| &mut section.value)
        else {
            return;
        };
        let here = Here { services: &services, path, real: real(path) };
        for (name, service) in
            members.iter_mut().filter(|(_, service)| service.get("extends").is_some())
        {
            let mut open = vec![Step { file: here.real.clone(), service: name.clone() }];
            if let Some(whole) = self.extended(name, &here, &mut open) {
                *service = whole;
            }
        }
    }

    /// A service with everything that it extends.
    fn extended(&mut self, name: &str, here: &Here<'_>, open: &mut Vec<Step>) -> Option<Tree> {
        let service = here.services.get(name)?.clone();
        let Some(extends) = service.get("extends").cloned() else { return Some(service) };
        let place = extends.place();
        let other = extends.text().or(extends.get("service").and_then(Tree::text));
        let Some(other) = other else {
            self.fail("bad-extends", "extends needs a service".to_owned(), Some(&place));
            return Some(service);
        };
        let file = extends.get("file").and_then(Tree::text);
        if !self.readable(file.unwrap_or_default(), &place) {
            return Some(service);
        }
        let file = file.map(|file| below(&service.origin.folder, file));
        let there = file.as_deref().map_or_else(|| here.real.clone(), real);
        if let Some(begin) =
            open.iter().position(|step| step.file == there && step.service == other)
        {
            let round = open[begin..].iter().map(Step::shown);
            let chain: Vec<String> = round.chain([open[begin].shown()]).collect();
            let message = format!("\"{name}\" extends itself: {}", chain.join(" → "));
            self.fail("cycle", message, Some(&place));
            return Some(service);
        }
        if open.len() > DEPTH {
            let message = format!("more than {DEPTH} services extend each other");
            self.fail("too-deep", message, Some(&place));
            return Some(service);
        }
        open.push(Step { file: there.clone(), service: other.to_owned() });
        let scope = Arc::clone(&service.origin.scope);
        let base = match &file {
            None => self.base(other, here, open, &place),
            Some(path) => self.services(path, &scope, &place).and_then(|services| {
                let there = Here { services: &services, path, real: there };
                self.base(other, &there, open, &place)
            }),
        };
        open.pop();
        Some(match base {
            Some(mut base) => {
                // The place of the service's `extends` counts, not that of its base.
                if let Value::Map(members) = &mut base.value {
                    members.retain(|(key, _)| key != "extends");
                }
                merge::services(base, service, self.report)
            }
            None => service,
        })
    }

    /// The services of a file that is extended.
    fn services(&mut self, path: &Path, scope: &Arc<Scope>, from: &Place) -> Option<Rc<Services>> {
        let key = (real(path), Arc::as_ptr(scope));
        if let Some(known) = self.bases.get(&key) {
            return Some(Rc::clone(known));
        }
        let file = self.file(path, Some(from))?;
        let trees = file::trees(&file, &folder_of(path), scope, &mut self.unresolved);
        let mut whole: Option<Tree> = None;
        for tree in trees {
            whole = Some(match whole {
                Some(base) => merge::files(base, tree, self.report),
                None => tree,
            });
        }
        let services = Rc::new(whole.as_ref().map(by_name).unwrap_or_default());
        self.bases.insert(key, Rc::clone(&services));
        Some(services)
    }

    fn base(
        &mut self,
        name: &str,
        there: &Here<'_>,
        open: &mut Vec<Step>,
        place: &Place,
    ) -> Option<Tree> {
        let base = self.extended(name, there, open);
        if base.is_none() {
            let message = format!("{} has no service \"{name}\"", there.path.display());
            let names = there.services.keys().map(String::as_str);
            let diagnostic = Diagnostic::error("unknown-service", message).at(place.clone(), "");
            self.report.push(diagnostic.hint_if(did_you_mean(name, names)));
        }
        base
    }
}

impl Step {
    fn shown(&self) -> String {
        let file = self.file.file_name().unwrap_or_default().to_string_lossy();
        format!("{} of {file}", self.service)
    }
}

/// The services of a file.
fn by_name(root: &Tree) -> Services {
    root.get("services").map_or(&[][..], Tree::members).iter().cloned().collect()
}

/// The file in which an `extends` stands.
struct Here<'a> {
    services: &'a Services,
    path: &'a Path,
    /// The path, the same for every way to write it.
    real: PathBuf,
}
