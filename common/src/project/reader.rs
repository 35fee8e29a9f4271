//! The files of a project in one tree: overrides, `extends` and `include`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::scope::Scope;
use super::tree::{Tag, Tree};
use super::{file, merge, paths, unique};
use crate::compose::OPAQUE;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::spec::{self, File};

/// More files would be a mistake, or made to take long.
const FILES: usize = 1000;
/// How many files may include, and services extend, each other.
pub(super) const DEPTH: usize = 100;

/// The files that make a project.
pub struct Dialect<'a> {
    /// The sections that an included file adds.
    pub sections: &'a [&'a str],
    /// Whether an entry that a list of one file has twice is a single one. Otherwise both stay.
    pub repeats: bool,
}

/// The files that Docker Compose takes.
pub const COMPOSE: Dialect<'_> =
    Dialect { sections: &["configs", "networks", "secrets", "services", "volumes"], repeats: true };

/// The services of a file, by name.
pub(super) type Services = BTreeMap<String, Tree>;

/// Reads the files of a project.
pub(super) struct Reader<'a> {
    pub(super) report: &'a mut Report,
    pub(super) dialect: &'a Dialect<'a>,
    /// The texts that have no meaning.
    pub(super) unresolved: Vec<Diagnostic>,
    /// Every file but those that services extend.
    pub(super) kept: Vec<File>,
    /// Whether every file could be read.
    pub(super) complete: bool,
    /// How many files were read.
    read: usize,
    /// The files on the way from the first to the one that is being read.
    pub(super) open: Vec<PathBuf>,
    /// The services of files that services extend, in each scope.
    pub(super) bases: HashMap<(PathBuf, *const Scope), Rc<Services>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(dialect: &'a Dialect<'a>, report: &'a mut Report) -> Self {
        Reader {
            report,
            dialect,
            unresolved: Vec::new(),
            kept: Vec::new(),
            complete: true,
            read: 0,
            open: Vec::new(),
            bases: HashMap::new(),
        }
    }

    /// Files over each other, and what they include.
    pub(super) fn whole(
        &mut self,
        files: &[(PathBuf, File)],
        folder: &Path,
        scope: &Arc<Scope>,
    ) -> Option<Tree> {
        let depth = self.open.len();
        self.open.extend(files.iter().map(|(path, _)| paths::real(path)));
        let mut whole: Option<Tree> = None;
        for (path, file) in files {
            for mut tree in file::trees(file, folder, scope, &mut self.unresolved) {
                self.extend(&mut tree, path);
                // A name that is there already is a conflict inside this file alone.
                let include =
                    tree.get("include").filter(|include| include.tag != Tag::Reset).cloned();
                if let Some(include) = include {
                    self.include(&mut tree, &include, folder, scope);
                }
                whole = Some(match whole {
                    Some(base) => merge::files(base, tree, self.report),
                    None => tree,
                });
            }
        }
        if let Some(whole) = &mut whole {
            self.settle(whole);
        }
        self.open.truncate(depth);
        whole
    }

    /// Removes what is reset, and the entries that a list has twice.
    pub(super) fn settle(&self, tree: &mut Tree) {
        tree.settle();
        if self.dialect.repeats {
            unique::settle(tree);
        }
    }

    pub(super) fn files(
        &mut self,
        paths: &[PathBuf],
        from: Option<&Place>,
    ) -> Vec<(PathBuf, File)> {
        paths.iter().filter_map(|path| Some((path.clone(), self.file(path, from)?))).collect()
    }

    pub(super) fn file(&mut self, path: &Path, from: Option<&Place>) -> Option<File> {
        self.read += 1;
        if self.read > FILES {
            // Each later one would say the same.
            if self.read == FILES + 1 {
                let message = format!("the project has more than {FILES} files");
                self.fail("too-many-files", message, from);
            }
            return None;
        }
        let loaded = spec::load(path, path.display().to_string(), self.report);
        self.loaded(loaded, from)
    }

    /// A text that is no file, with the path that messages and relative paths see.
    pub(super) fn text(&mut self, path: &Path, text: &str) -> Option<File> {
        let parsed = spec::parse(text, path.display().to_string(), self.report);
        self.loaded(parsed, None)
    }

    fn loaded(
        &mut self,
        loaded: Result<Option<File>, Box<Diagnostic>>,
        from: Option<&Place>,
    ) -> Option<File> {
        match loaded {
            Ok(file) => {
                let documents = file.iter().flat_map(|file| &file.documents);
                for document in
                    documents.filter(|document| !document.is_null() && document.entries().is_none())
                {
                    let place = file.as_ref().map(|file| file.place(&file::head(document)));
                    let message = "a Compose file is a mapping".to_owned();
                    self.fail("not-a-mapping", message, place.as_ref());
                }
                file
            }
            Err(diagnostic) => {
                self.complete = false;
                self.report.push(match from.filter(|_| diagnostic.place().is_none()) {
                    Some(place) => diagnostic.at(place.clone(), "named here"),
                    None => *diagnostic,
                });
                None
            }
        }
    }

    /// Whether a path can be followed.
    pub(super) fn readable(&mut self, path: &str, place: &Place) -> bool {
        if path.contains(OPAQUE) {
            let message = "this path needs a variable that has no value".to_owned();
            self.fail("unknown-path", message, Some(place));
            return false;
        }
        let remote = path.contains("://") || path.starts_with("git@");
        if remote {
            self.fail("remote", format!("{path} is remote and not read"), Some(place));
        }
        !remote
    }

    pub(super) fn fail(&mut self, code: &'static str, message: String, at: Option<&Place>) {
        self.report.push(Diagnostic::error(code, message).at(at.cloned(), ""));
    }
}
