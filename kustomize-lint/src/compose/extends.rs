//! `extends`: a service with everything that it takes over from another, of its file or of one
//! that it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use common::diagnostic::{Diagnostic, Place, nearest};

use super::interpolate::Scope;
use super::load::{DEPTH, Reader, below, folder_of, member, real, rebase};
use super::merge;
use super::tree::{Tree, Value};

/// The services of a file, by name.
pub(super) type Services = BTreeMap<String, Tree>;

impl Reader<'_> {
    /// Resolves every `extends` of a file.
    pub(super) fn extend(&mut self, root: &mut Tree, path: &Path, folder: &Path, scope: &Scope) {
        let services = by_name(root);
        let Some(Value::Map(own)) = member(root, "services").map(|own| &mut own.value) else {
            return;
        };
        let here = Here { services: &services, path, real: real(path), folder, scope };
        for (name, service) in own.iter_mut().filter(|(_, own)| own.get("extends").is_some()) {
            if let Some(whole) =
                self.extended(name, &here, &mut vec![(here.real.clone(), name.clone())])
            {
                *service = whole;
            }
        }
    }

    /// A service with everything that it extends.
    fn extended(
        &mut self,
        name: &str,
        here: &Here<'_>,
        open: &mut Vec<(PathBuf, String)>,
    ) -> Option<Tree> {
        let mut own = here.services.get(name)?.clone();
        let Some(extends) = own.get("extends").cloned() else { return Some(own) };
        if let Value::Map(members) = &mut own.value {
            members.retain(|(key, _)| key != "extends");
        }
        let place = extends.place.clone();
        let other = extends.text().or(extends.get("service").and_then(Tree::text));
        let Some(other) = other else {
            self.fail("bad-extends", "extends needs a service".to_owned(), Some(&place));
            return Some(own);
        };
        let file = extends.get("file").and_then(Tree::text);
        if !self.readable(file.unwrap_or_default(), &place) {
            return Some(own);
        }
        let file = file.map(|file| below(here.folder, file));
        let step = (file.as_deref().map_or_else(|| here.real.clone(), real), other.to_owned());
        if open.contains(&step) {
            self.fail("cycle", format!("\"{name}\" extends itself"), Some(&place));
            return Some(own);
        }
        if open.len() > DEPTH {
            let message = format!("more than {DEPTH} services extend each other");
            self.fail("too-deep", message, Some(&place));
            return Some(own);
        }
        open.push(step);
        let base = match &file {
            None => self.base(other, here, open, &place),
            Some(path) => self.services(path, here.scope, &place).and_then(|services| {
                let (folder, real) = (folder_of(path), real(path));
                let (services, scope) = (&*services, here.scope);
                let there = Here { services, path, real, folder: &folder, scope };
                self.base(other, &there, open, &place)
            }),
        };
        open.pop();
        Some(match base {
            Some(base) => merge::services(base, own),
            None => own,
        })
    }

    /// The services of a file that is extended.
    fn services(&mut self, path: &Path, scope: &Scope, from: &Place) -> Option<Rc<Services>> {
        let key = (real(path), scope.id);
        if let Some(known) = self.bases.get(&key) {
            return Some(Rc::clone(known));
        }
        let folder = folder_of(path);
        let mut trees = self.file(path, Some(from))?.trees(scope, self.report);
        trees.iter_mut().for_each(|tree| rebase(tree, &folder));
        let services = trees.into_iter().reduce(merge::files).as_ref().map(by_name);
        let services = Rc::new(services.unwrap_or_default());
        self.bases.insert(key, Rc::clone(&services));
        Some(services)
    }

    fn base(
        &mut self,
        name: &str,
        there: &Here<'_>,
        open: &mut Vec<(PathBuf, String)>,
        place: &Place,
    ) -> Option<Tree> {
        let base = self.extended(name, there, open);
        if base.is_none() {
            let message = format!("{} has no service \"{name}\"", there.path.display());
            let names = there.services.keys().map(String::as_str);
            let diagnostic = Diagnostic::error("unknown-service", message).at(place.clone(), "");
            self.report.push(match nearest(name, names) {
                Some(near) => diagnostic.hint(format!("did you mean \"{near}\"?")),
                None => diagnostic,
            });
        }
        base
    }
}

/// The services of a file.
fn by_name(root: &Tree) -> Services {
    root.get("services").map_or(&[][..], Tree::members).iter().cloned().collect()
}

/// Where an `extends` stands.
struct Here<'a> {
    services: &'a Services,
    path: &'a Path,
    /// The path, the same for every way to write it.
    real: PathBuf,
    folder: &'a Path,
    scope: &'a Scope,
}
