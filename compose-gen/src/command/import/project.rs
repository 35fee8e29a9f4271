//! The project as Compose puts it together: the file, what it includes, what its services
//! extend, and the values of its `.env`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::diagnostic::{Diagnostic, Place, Report};
use common::spec::read_file;

use super::merge::merge;
use super::paths::{Rebase, absolute};
use super::tree::{Fate, Tree, Value};
use super::variables::{self, Env};
use super::{dotenv, extends};

/// What was read.
pub(super) struct Project {
    /// The top of the file, with the sections of everything that it includes.
    pub(super) root: Tree,
    /// The values of `.env`.
    pub(super) env: Env,
    /// Service → the comment lines above it.
    pub(super) comments: BTreeMap<String, String>,
    /// The project's folder.
    pub(super) folder: PathBuf,
}

/// Reads the files of a project.
pub(super) struct Reader {
    /// Mistakes that leave nothing to import.
    pub(super) report: Report,
    out: PathBuf,
    env: Env,
    comments: BTreeMap<String, String>,
    /// The files being read, from the first.
    open: Vec<PathBuf>,
}

/// Reads a project. `out` is the specification's folder, from where paths lead.
pub(super) fn read(path: &Path, out: &Path) -> Result<Project, Report> {
    let folder = absolute(path.parent().unwrap_or(Path::new("")));
    let mut report = Report::default();
    let env = dotenv::read(&folder.join(".env"), &Env::new(), &mut report);
    let mut reader =
        Reader { report, out: out.to_owned(), env, comments: BTreeMap::new(), open: Vec::new() };
    let root = reader.file(path, &folder, &Env::new(), None);
    let Reader { mut report, env, comments, .. } = reader;
    let services = root.as_ref().and_then(|root| root.get("services"));
    if root.is_some() && services.is_none_or(|services| services.members().next().is_none()) {
        let message = format!("{} has no services", path.display());
        report.push(Diagnostic::error("no-services", message));
    }
    match root.filter(|_| !report.has_errors()) {
        Some(root) => Ok(Project { root, env, comments, folder }),
        None => {
            report.sort();
            Err(report)
        }
    }
}

impl Reader {
    /// A file with its paths rewritten, its `extends` and its `include` resolved. `own` is
    /// known in this file alone.
    fn file(
        &mut self,
        path: &Path,
        folder: &Path,
        own: &Env,
        from: Option<&Place>,
    ) -> Option<Tree> {
        let mut root = self.single(path, folder, own, from)?;
        extends::resolve(&mut root, path, self);
        self.include(&mut root, path);
        self.open.pop();
        Some(root)
    }

    /// The file that a service extends.
    pub(super) fn extended(&mut self, path: &Path, place: &Place) -> Option<Tree> {
        let folder = absolute(path.parent().unwrap_or(Path::new("")));
        let mut root = self.single(path, &folder, &Env::new(), Some(place))?;
        extends::resolve(&mut root, path, self);
        self.open.pop();
        Some(root)
    }

    /// The file alone; the caller takes it from `open` again.
    fn single(
        &mut self,
        path: &Path,
        folder: &Path,
        own: &Env,
        from: Option<&Place>,
    ) -> Option<Tree> {
        let real = absolute(path);
        if self.open.contains(&real) {
            let message = format!("{} leads back to itself", path.display());
            self.fail(Diagnostic::error("cycle", message), from);
            return None;
        }
        let file = match read_file(path, &mut self.report) {
            Ok(Some(file)) => file,
            Ok(None) => {
                let message = format!("{} is empty", path.display());
                self.fail(Diagnostic::error("empty", message), from);
                return None;
            }
            Err(diagnostic) => {
                let from = from.filter(|_| diagnostic.place().is_none());
                self.fail(*diagnostic, from);
                return None;
            }
        };
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut root = Tree::of(&file.root, &file, file.place(&file.root.span));
        if !matches!(root.value, Value::Map(_)) {
            let diagnostic = Diagnostic::error("not-a-mapping", "a Compose file is a mapping");
            self.report.push(diagnostic.at(file.place(&(0..0)), ""));
            return None;
        }
        self.tags(&text, &root);
        if let Some(services) = root.get("services") {
            for (name, service) in services.members() {
                let lines = comment(&text, service.place.span.start);
                self.comments.entry(name.to_owned()).or_insert(lines);
            }
        }
        let mut env = own.clone();
        env.extend(self.env.clone());
        Rebase { from: folder, to: &self.out, env: &env }.file(&mut root);
        if !own.is_empty() {
            let mut own = own.clone();
            own.retain(|name, _| !self.env.contains_key(name));
            variables::substitute(&mut root, &own);
        }
        self.open.push(real);
        Some(root)
    }

    fn include(&mut self, root: &mut Tree, path: &Path) {
        let here = path.parent().unwrap_or(Path::new("")).to_owned();
        let Some(include) = root.get_mut("include") else { return };
        include.gone = true;
        include.say(Fate::Changed, "what the files have stands here now");
        let include = include.clone();
        if !matches!(include.value, Value::List(_)) {
            let diagnostic = Diagnostic::error("bad-include", "include is a list of files");
            self.report.push(diagnostic.at(include.place.clone(), ""));
        }
        for item in include.items() {
            let list = |key: &str| -> Vec<String> {
                let node = item.get(key);
                let one = node.and_then(Tree::text).map(str::to_owned);
                let many = node.into_iter().flat_map(Tree::items);
                one.into_iter().chain(many.filter_map(|n| n.text().map(str::to_owned))).collect()
            };
            let mut paths = list("path");
            paths.extend(item.text().map(str::to_owned));
            paths.iter_mut().for_each(|path| {
                *path = variables::resolve(path, &self.env).unwrap_or_else(|| path.clone());
            });
            let Some(first) = paths.first() else {
                let diagnostic = Diagnostic::error("bad-include", "an include needs its path");
                self.report.push(diagnostic.at(item.place.clone(), ""));
                continue;
            };
            let folder = match list("project_directory").first() {
                Some(folder) => absolute(&here.join(folder)),
                None => absolute(here.join(first).parent().unwrap_or(Path::new(""))),
            };
            let mut own = Env::new();
            let files = match list("env_file") {
                files if files.is_empty() => vec![folder.join(".env")],
                files => files.iter().map(|file| here.join(file)).collect(),
            };
            for file in files {
                own.extend(dotenv::read(&file, &self.env, &mut self.report));
            }
            let mut whole: Option<Tree> = None;
            for path in &paths {
                let read = self.file(&here.join(path), &folder, &own, Some(&item.place));
                let Some(read) = read else { continue };
                whole = Some(match whole {
                    Some(base) => merge(base, read),
                    None => read,
                });
            }
            if let Some(whole) = whole {
                self.join(root, whole);
            }
        }
    }

    /// Adds the sections of an included file. What both have is a mistake, unless it is the same.
    fn join(&mut self, root: &mut Tree, included: Tree) {
        let Value::Map(sections) = included.value else { return };
        for (section, tree) in sections {
            let Value::Map(members) = tree.value else { continue };
            if tree.gone || section.starts_with("x-") {
                continue;
            }
            if root.get(&section).is_none() {
                root.insert(&section, Tree::new(tree.place, Value::Map(Vec::new())));
            }
            let all = root.section(&section);
            for (name, own) in members {
                match all.get(&name) {
                    Some(have) if have.json() == own.json() => {}
                    Some(have) => {
                        let message = format!("\"{name}\" of {section} stands in two files");
                        let diagnostic = Diagnostic::error("duplicate", message);
                        let diagnostic = diagnostic.at(own.place.clone(), "");
                        self.report.push(diagnostic.also(have.place.clone(), "first here"));
                    }
                    None => all.insert(&name, own),
                }
            }
        }
    }

    /// Compose's tags for overriding files are no YAML of their own, so nothing else sees them.
    fn tags(&mut self, text: &str, root: &Tree) {
        for tag in ["!reset", "!override"] {
            let found = text.match_indices(tag).map(|(at, _)| at);
            let in_comment = |at: &usize| {
                let line = text[..*at].rfind('\n').map_or(0, |end| end + 1);
                text[line..*at].contains('#')
            };
            for at in found.filter(|at| !in_comment(at)) {
                let place = Place { source: root.place.source.clone(), span: at..at + tag.len() };
                let message = format!("{tag} is not read; write what is left of the list");
                self.report.push(Diagnostic::error("merge-tag", message).at(place, ""));
            }
        }
    }

    fn fail(&mut self, diagnostic: Diagnostic, from: Option<&Place>) {
        self.report.push(match from {
            Some(place) => diagnostic.at(place.clone(), "named here"),
            None => diagnostic,
        });
    }
}

/// The comment lines that stand directly above a place, without their indentation.
fn comment(text: &str, at: usize) -> String {
    let above = text[..at].rfind('\n').map_or("", |end| &text[..end]);
    let mut lines: Vec<&str> =
        above.lines().rev().take_while(|line| line.trim_start().starts_with('#')).collect();
    lines.reverse();
    lines.iter().map(|line| format!("{}\n", line.trim_start())).collect()
}
