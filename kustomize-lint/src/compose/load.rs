//! The files of a project in one tree: overrides, `extends` and `include`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use common::compose::{OPAQUE, dotenv};
use common::diagnostic::{Diagnostic, Place, Report};

use super::extends::Services;
use super::interpolate::{Scope, with};
use super::tree::{Tree, Value, known};
use super::{Env, file, merge};

/// More would be a mistake, or made to take long.
const FILES: usize = 1000;
pub(super) const DEPTH: usize = 100;

/// The project's name, everything that its files say, and what its variables stand for. `None`
/// when there is nothing to go on with.
pub(super) fn project(
    files: &[PathBuf],
    outer: &Env,
    report: &mut Report,
) -> Option<(Option<String>, Tree, Scope)> {
    let Some(first) = files.first() else {
        report.push(Diagnostic::error("no-services", "no Compose file is given"));
        return None;
    };
    let folder = folder_of(first);
    let env_file = folder.join(".env");
    let env_files = if env_file.is_file() { vec![(env_file, None)] } else { Vec::new() };
    let mut scope = Scope { env: variables(&env_files, outer, report), id: 0 };
    let mut reader = Reader { report, read: 0, scopes: 0, open: Vec::new(), bases: HashMap::new() };

    let files = reader.files(files, None);
    let said = files.iter().rev().find_map(|(_, file)| file.top("name"));
    let said = said.map(|(name, place)| scope.resolve(name, &place, reader.report));
    let given = scope.env.get("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty()).cloned();
    let name = known(&given.or(said).unwrap_or_else(|| normal(&folder)));
    if let Some(name) = &name {
        scope.env.insert("COMPOSE_PROJECT_NAME".to_owned(), name.clone());
    }

    let root = reader.whole(&files, &folder, &scope);
    let services = root.as_ref().and_then(|root| root.get("services"));
    let none = services.is_none_or(|services| services.members().is_empty());
    if none && !reader.report.has_errors() {
        let shown: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
        let message = format!("{} has no services", shown.join(", "));
        reader.report.push(Diagnostic::error("no-services", message));
    }
    Some((name, root?, scope))
}

/// Reads the files of a project.
pub(super) struct Reader<'a> {
    pub(super) report: &'a mut Report,
    /// How many files were read.
    pub(super) read: usize,
    /// How many scopes there are besides the first.
    pub(super) scopes: usize,
    /// The files on the way from the first to the one that is being read.
    pub(super) open: Vec<PathBuf>,
    /// What files that services extend have, in each scope.
    pub(super) bases: HashMap<(PathBuf, usize), Rc<Services>>,
}

impl Reader<'_> {
    /// Files over each other, and what they include.
    pub(super) fn whole(
        &mut self,
        files: &[(PathBuf, file::File)],
        folder: &Path,
        scope: &Scope,
    ) -> Option<Tree> {
        let depth = self.open.len();
        self.open.extend(files.iter().map(|(path, _)| real(path)));
        let mut whole: Option<Tree> = None;
        for (path, file) in files {
            for mut tree in file.trees(scope, self.report) {
                rebase(&mut tree, folder);
                self.extend(&mut tree, path, folder, scope);
                whole = Some(match whole {
                    Some(base) => merge::files(base, tree),
                    None => tree,
                });
            }
        }
        if let Some(whole) = &mut whole {
            whole.settle();
            if let Some(include) = whole.get("include").cloned() {
                self.include(whole, &include, folder, scope);
            }
        }
        self.open.truncate(depth);
        whole
    }

    pub(super) fn files(
        &mut self,
        paths: &[PathBuf],
        from: Option<&Place>,
    ) -> Vec<(PathBuf, file::File)> {
        paths.iter().filter_map(|path| Some((path.clone(), self.file(path, from)?))).collect()
    }

    pub(super) fn file(&mut self, path: &Path, from: Option<&Place>) -> Option<file::File> {
        self.read += 1;
        if self.read > FILES {
            // Each later one would say the same.
            if self.read == FILES + 1 {
                let message = format!("the project has more than {FILES} files");
                self.fail("too-many-files", message, from);
            }
            return None;
        }
        file::read(path, from, self.report)
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
        let diagnostic = Diagnostic::error(code, message);
        self.report.push(match at {
            Some(place) => diagnostic.at(place.clone(), ""),
            None => diagnostic,
        });
    }
}

/// What names stand for: those of `outer`, then those of the files, of which the last wins.
pub(super) fn variables(
    files: &[(PathBuf, Option<Place>)],
    outer: &Env,
    report: &mut Report,
) -> Env {
    let mut env = Env::new();
    for (path, from) in files {
        match dotenv::read(path, report) {
            Ok(file) => {
                let value = |name: &str| outer.get(name).or_else(|| env.get(name)).cloned();
                let values = with(&value, |names| dotenv::values(&file.assignments, names));
                env.extend(values);
            }
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                let diagnostic = Diagnostic::error("unreadable", message);
                report.push(match from {
                    Some(place) => diagnostic.at(place.clone(), "named here"),
                    None => diagnostic,
                });
            }
        }
    }
    env.extend(outer.clone());
    env
}

/// Makes the paths of env files start where `folder` does.
pub(super) fn rebase(root: &mut Tree, folder: &Path) {
    let change = |tree: &mut Tree| {
        if let Some(path) = tree.text().and_then(known) {
            tree.value = Value::Text(below(folder, &path).display().to_string());
        }
    };
    let Some(services) = member(root, "services") else { return };
    let Value::Map(services) = &mut services.value else { return };
    for (_, service) in services {
        let Some(files) = member(service, "env_file") else { continue };
        match &mut files.value {
            Value::List(items) => {
                for item in items {
                    change(item);
                    member(item, "path").into_iter().for_each(change);
                }
            }
            _ => change(files),
        }
    }
}

pub(super) fn member<'t>(tree: &'t mut Tree, key: &str) -> Option<&'t mut Tree> {
    let Value::Map(members) = &mut tree.value else { return None };
    members.iter_mut().find(|(name, _)| name == key).map(|(_, tree)| tree)
}

/// A path that starts at a folder, as a person would write it.
pub(super) fn below(folder: &Path, path: &str) -> PathBuf {
    let path = Path::new(path);
    folder.join(path.strip_prefix(".").unwrap_or(path))
}

pub(super) fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

/// The same for every way to write a path.
pub(super) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// What Compose makes of a folder's name.
fn normal(folder: &Path) -> String {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let whole = real(folder);
    let name = whole.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let good = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(*c);
    name.chars().filter(good).collect::<String>().trim_start_matches(['_', '-']).to_owned()
}
