//! `extends`: the service with everything it takes over from another, of this file or of one
//! that it names. Compose-gen reads services written out.

use std::path::Path;

use common::diagnostic::{Diagnostic, Place, nearest};

use super::merge::merge;
use super::paths::absolute;
use super::project::Reader;
use super::tree::{Fate, Tree};

/// Resolves every `extends` of a file.
pub(super) fn resolve(root: &mut Tree, path: &Path, reader: &mut Reader) {
    let Some(services) = root.get("services").cloned() else { return };
    for (name, _) in services.members() {
        let whole = Chain { services: &services, path, reader, open: Vec::new() }.service(name);
        let own = root.get_mut("services").and_then(|all| all.get_mut(name));
        if let (Some(whole), Some(own)) = (whole, own) {
            *own = whole;
        }
    }
}

/// One service and those it leads to.
struct Chain<'a> {
    services: &'a Tree,
    path: &'a Path,
    reader: &'a mut Reader,
    /// The services on the way here.
    open: Vec<String>,
}

impl Chain<'_> {
    fn service(&mut self, name: &str) -> Option<Tree> {
        let mut own = self.services.get(name)?.clone();
        let Some(extends) = own.get_mut("extends") else { return Some(own) };
        let other = match extends.text() {
            Some(other) => Some(other.to_owned()),
            None => extends.get("service").and_then(Tree::text).map(str::to_owned),
        };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let file = extends.get("file").and_then(Tree::text).map(|file| folder.join(file));
        let file = file.filter(|file| absolute(file) != absolute(self.path));
        let place = extends.place.clone();
        extends.gone = true;
        extends.say(Fate::Changed, "what it takes over stands in the service now");
        let Some(other) = other else {
            self.fail("bad-extends", "extends needs a service".to_owned(), &place, None);
            return Some(own);
        };
        if self.open.contains(&other) || other == name && file.is_none() {
            let message = format!("\"{name}\" extends itself");
            self.fail("cycle", message, &place, None);
            return Some(own);
        }
        self.open.push(name.to_owned());
        let base = match &file {
            None => self.service(&other),
            Some(file) => {
                let root = self.reader.extended(file, &place)?;
                root.get("services").and_then(|services| services.get(&other)).cloned()
            }
        };
        self.open.pop();
        match base {
            Some(base) => own = merge(base, own),
            None => {
                let known = self.services.members().map(|(name, _)| name);
                let hint = nearest(&other, known).map(|near| format!("did you mean \"{near}\"?"));
                let message = format!("\"{name}\" extends \"{other}\", which is not there");
                self.fail("unknown-service", message, &place, hint);
            }
        }
        Some(own)
    }

    fn fail(&mut self, code: &'static str, message: String, place: &Place, hint: Option<String>) {
        let diagnostic = Diagnostic::error(code, message).at(place.clone(), "");
        let diagnostic = match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        };
        self.reader.report.push(diagnostic);
    }
}
