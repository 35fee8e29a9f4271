//! The names that the modules of a crate take from each other. A module is a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::names::Names;

/// From a file to the files whose definitions it uses, with the names.
pub(crate) type Graph = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The modules of a crate by their path: `["render", "kubernetes"]`.
pub(crate) struct Modules {
    modules: BTreeMap<Vec<String>, Module>,
}

struct Module {
    file: String,
    names: Names,
}

impl Modules {
    /// Of the crate whose root is `src/lib.rs`.
    pub(crate) fn of(src: &Path) -> Modules {
        let read = |path: &str| {
            let path: PathBuf = src.join(path);
            path.is_file().then(|| std::fs::read_to_string(&path).expect("a readable file"))
        };
        Modules::read(&read)
    }

    /// Of a crate whose files a function knows.
    pub(crate) fn read(text: &dyn Fn(&str) -> Option<String>) -> Modules {
        let mut modules = Modules { modules: BTreeMap::new() };
        modules.file(Vec::new(), vec!["lib.rs".to_owned()], text);
        modules
    }

    fn file(&mut self, at: Vec<String>, files: Vec<String>, text: &dyn Fn(&str) -> Option<String>) {
        let found = files.iter().find_map(|file| Some((file.clone(), text(file)?)));
        let (file, text_of) = found.unwrap_or_else(|| panic!("none of {files:?} exists"));
        let names = Names::of(&text_of).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.module(at, file, names, text);
    }

    fn module(
        &mut self,
        at: Vec<String>,
        file: String,
        mut names: Names,
        text: &dyn Fn(&str) -> Option<String>,
    ) {
        for child in &names.files {
            let child = child_of(&at, child);
            let path = child.join("/");
            self.file(child, vec![format!("{path}.rs"), format!("{path}/mod.rs")], text);
        }
        for (name, body) in std::mem::take(&mut names.inline) {
            self.module(child_of(&at, &name), file.clone(), body, text);
        }
        self.modules.insert(at, Module { file, names });
    }

    /// The names that each module takes from each other module.
    pub(crate) fn graph(&self) -> Graph {
        let mut graph = Graph::new();
        for (at, module) in &self.modules {
            let names = &module.names;
            let imports = names.imports.iter().map(|(_, path)| path);
            let taken = imports.chain(&names.paths).filter_map(|path| self.definition(at, path, 0));
            let all = names.globs.iter().filter_map(|path| {
                Some((self.modules.get(&self.folder(at, path)?)?.file.clone(), "*".to_owned()))
            });
            for (file, name) in taken.chain(all).filter(|(file, _)| *file != module.file) {
                let from = graph.entry(module.file.clone()).or_default();
                from.entry(file).or_default().insert(name);
            }
        }
        graph
    }

    /// The file that defines what a path in a module means, through re-exports, and its name there.
    /// `None` for a module itself and for other crates.
    fn definition(&self, at: &[String], path: &[String], depth: usize) -> Option<(String, String)> {
        let (name, rest) = path.split_first()?;
        if let Some(next) = self.step(at, name) {
            return self.definition(&next, rest, depth);
        }
        let module = self.modules.get(at)?;
        if module.names.items.contains(name) {
            return Some((module.file.clone(), name.clone()));
        }
        // Two modules may import everything from each other.
        if depth > 8 {
            return None;
        }
        if let Some((_, target)) = module.names.imports.iter().find(|(alias, _)| alias == name) {
            // An import of a crate by its name: `use serde::Serialize as serde`.
            if target.first() == Some(name) && self.step(at, name).is_none() {
                return None;
            }
            let path: Vec<String> = target.iter().chain(rest).cloned().collect();
            return self.definition(at, &path, depth + 1);
        }
        let folders = module.names.globs.iter().filter_map(|glob| self.folder(at, glob));
        folders.into_iter().find_map(|folder| self.definition(&folder, path, depth + 1))
    }

    /// The module that a path names.
    fn folder(&self, at: &[String], path: &[String]) -> Option<Vec<String>> {
        path.iter().try_fold(at.to_vec(), |at, name| self.step(&at, name))
    }

    fn step(&self, at: &[String], name: &str) -> Option<Vec<String>> {
        match name {
            "crate" => Some(Vec::new()),
            "self" => Some(at.to_vec()),
            "super" => Some(at.split_last()?.1.to_vec()),
            name => Some(child_of(at, name)).filter(|child| self.modules.contains_key(child)),
        }
    }
}

fn child_of(at: &[String], name: &str) -> Vec<String> {
    at.iter().cloned().chain([name.to_owned()]).collect()
}
