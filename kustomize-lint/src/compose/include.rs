//! `include`: the services of other projects, read with variables of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use common::diagnostic::Diagnostic;

use super::interpolate::Scope;
use super::load::{DEPTH, Reader, below, folder_of, real, variables};
use super::tree::{Tree, Value};

impl Reader<'_> {
    /// Adds the services of the files that are included.
    pub(super) fn include(
        &mut self,
        root: &mut Tree,
        include: &Tree,
        folder: &Path,
        scope: &Scope,
    ) {
        if !matches!(include.value, Value::List(_)) {
            self.fail("bad-include", "include is a list of files".to_owned(), Some(&include.place));
        }
        for item in include.items() {
            let list = |key: &str| -> Vec<String> {
                let node = item.get(key);
                let one = node.and_then(Tree::text);
                let many = node.into_iter().flat_map(Tree::items).filter_map(Tree::text);
                one.into_iter().chain(many).map(str::to_owned).collect()
            };
            let mut paths = list("path");
            paths.extend(item.text().map(str::to_owned));
            let Some(first) = paths.first() else {
                let message = "an include needs its path".to_owned();
                self.fail("bad-include", message, Some(&item.place));
                continue;
            };
            let own = match list("project_directory").first() {
                Some(own) => below(folder, own),
                None => folder_of(&below(folder, first)),
            };
            let env_files = match list("env_file") {
                files if files.is_empty() => {
                    let beside = own.join(".env");
                    if beside.is_file() { vec![(beside, None)] } else { Vec::new() }
                }
                files => files
                    .iter()
                    .map(|file| (below(folder, file), Some(item.place.clone())))
                    .collect(),
            };
            if !paths.iter().all(|path| self.readable(path, &item.place)) {
                continue;
            }
            self.scopes += 1;
            let env = variables(&env_files, &scope.env, self.report);
            let inner = Scope { env, id: self.scopes };
            let paths: Vec<PathBuf> = paths.iter().map(|path| below(folder, path)).collect();
            if self.open.len() > DEPTH {
                let message = format!("more than {DEPTH} files include each other");
                self.fail("too-deep", message, Some(&item.place));
                continue;
            }
            if paths.iter().any(|path| self.open.contains(&real(path))) {
                let message = format!("{} includes itself", paths[0].display());
                self.fail("cycle", message, Some(&item.place));
                continue;
            }
            let files = self.files(&paths, Some(&item.place));
            let whole = self.whole(&files, &own, &inner);
            if let Some(services) = whole.as_ref().and_then(|whole| whole.get("services")) {
                self.join(root, services);
            }
        }
    }

    /// Adds services. One that is there already is a mistake, unless it is the same.
    fn join(&mut self, root: &mut Tree, more: &Tree) {
        let Value::Map(sections) = &mut root.value else { return };
        let at = sections.iter().position(|(key, tree)| key == "services" && !tree.is_null());
        let at = at.unwrap_or_else(|| {
            sections.push(("services".to_owned(), Tree::new(&more.place, Value::Map(Vec::new()))));
            sections.len() - 1
        });
        let members = sections[at].1.members().iter();
        let known: HashMap<&str, &Tree> = members.map(|(name, own)| (&**name, own)).collect();
        let mut new = Vec::new();
        for (name, own) in more.members() {
            match known.get(name.as_str()) {
                Some(have) if *have == own => {}
                Some(have) => {
                    let message = format!("the service \"{name}\" stands in two files");
                    let diagnostic = Diagnostic::error("duplicate", message);
                    let diagnostic = diagnostic.at(own.place.clone(), "");
                    self.report.push(diagnostic.also(have.place.clone(), "first here"));
                }
                None => new.push((name.clone(), own.clone())),
            }
        }
        if let Value::Map(services) = &mut sections[at].1.value {
            services.extend(new);
        }
    }
}
