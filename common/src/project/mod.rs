//! A Compose project as Docker Compose merges it, with the place of every value.
//!
//! Several files override each other; `include`, `extends`, anchors and `<<`, `!reset` and
//! `!override`, and variables are resolved. Profiles filter nothing: every service is there.
//! Relative paths stay as they are written; [`Origin::folder`] says where they start, and
//! [`paths::each`] where they stand.
//!
//! Variables come from the `.env` beside the first file and from the caller; the environment of
//! this process decides nothing. The part of a text that needs a variable without a value and
//! without a default is [`crate::compose::OPAQUE`]. Every text keeps its written form, too, for a reader
//! in which variables stay variable.
//!
//! The files are not validated against Compose's schema.

mod extends;
mod file;
mod include;
mod merge;
pub mod paths;
mod reader;
mod scope;
mod tree;
mod unique;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Report};
use crate::spec::File;
use reader::Reader;

pub use merge::{dependencies, pairs};
pub use reader::{COMPOSE, Dialect};
pub use scope::{Env, NO_VARIABLE, NO_VARIABLE_HINT, Scope, with};
pub use tree::{Origin, Tag, Text, Tree, Value, known};

/// A project.
pub struct Project {
    /// Its name, from which Compose makes those of containers and volumes. `None` where a
    /// variable without a value decides it.
    pub name: Option<String>,
    /// The merged content of the files. `extends` and `include` are resolved, and still there.
    pub root: Tree,
    /// The values of the first file's variables.
    pub scope: Arc<Scope>,
    /// The texts that Compose refuses because of their variables.
    pub unresolved: Vec<Diagnostic>,
    /// The files, without those that services extend.
    pub files: Vec<File>,
    /// Whether every file could be read.
    pub complete: bool,
}

/// Reads a project; later files override earlier ones. The variables of `outer` count before
/// those of `.env`. `None` when nothing can be said about the project.
pub fn read(
    files: &[PathBuf],
    outer: &Env,
    dialect: &Dialect<'_>,
    report: &mut Report,
) -> Option<Project> {
    let Some(first) = files.first() else {
        report.push(Diagnostic::error("no-services", "no Compose file is given"));
        return None;
    };
    let folder = paths::folder_of(first);
    let env_file = folder.join(".env");
    let env_files = if env_file.is_file() { vec![(env_file, None)] } else { Vec::new() };
    let mut scope = Scope { env: scope::variables(&env_files, outer, report) };
    let mut reader = Reader::new(dialect, report);
    let files = reader.files(files, None);
    let name = name(&files, &folder, &scope);
    if let Some(name) = &name {
        scope.env.insert("COMPOSE_PROJECT_NAME".to_owned(), name.clone());
    }
    let scope = Arc::new(scope);
    let root = reader.whole(&files, &folder, &scope);
    finish(reader, first, files, root, name, scope)
}

/// Reads files that stand beside each other: every section belongs to the project, and a member
/// that two files have is a mistake.
pub fn read_beside(
    files: &[PathBuf],
    dialect: &Dialect<'_>,
    report: &mut Report,
) -> Option<Project> {
    let mut reader = Reader::new(dialect, report);
    let first = files.first()?;
    let files = reader.files(files, None);
    beside(reader, first, files)
}

/// Reads texts as [`read_beside`] reads files; each has the path that messages and relative paths see.
pub fn read_texts(
    texts: &[(PathBuf, &str)],
    dialect: &Dialect<'_>,
    report: &mut Report,
) -> Option<Project> {
    let mut reader = Reader::new(dialect, report);
    let (first, _) = texts.first()?;
    let read = |(path, text): &(PathBuf, &str)| Some((path.clone(), reader.text(path, text)?));
    let files = texts.iter().filter_map(read).collect();
    beside(reader, first, files)
}

fn beside(mut reader: Reader<'_>, first: &Path, files: Vec<(PathBuf, File)>) -> Option<Project> {
    let dialect = reader.dialect;
    let folder = paths::folder_of(first);
    let scope = Arc::new(Scope { env: Env::new() });
    let mut whole: Option<Tree> = None;
    for file in &files {
        let Some(tree) = reader.whole(std::slice::from_ref(file), &folder, &scope) else {
            continue;
        };
        let Some(whole) = &mut whole else {
            whole = Some(tree);
            continue;
        };
        for (section, members) in tree.members() {
            match (dialect.sections.contains(&section.as_str()), &mut whole.value) {
                (true, _) => reader.join(whole, section, members, true),
                (false, Value::Map(all)) => all.push((section.clone(), members.clone())),
                _ => {}
            }
        }
    }
    finish(reader, first, files, whole, None, scope)
}

fn finish(
    reader: Reader<'_>,
    first: &Path,
    files: Vec<(PathBuf, File)>,
    root: Option<Tree>,
    name: Option<String>,
    scope: Arc<Scope>,
) -> Option<Project> {
    let Reader { report, unresolved, kept, complete, .. } = reader;
    if root.is_none() && !report.has_errors() {
        let message = format!("{} has no services", first.display());
        report.push(Diagnostic::error("no-services", message));
    }
    let files = files.into_iter().map(|(_, file)| file).chain(kept).collect();
    Some(Project { name, root: root?, scope, unresolved, files, complete })
}

impl Project {
    /// Reports a project without services.
    pub fn check_services(&self, report: &mut Report) {
        let services = self.root.get("services");
        if services.is_none_or(|services| services.members().is_empty()) && !report.has_errors() {
            let path = &self.root.origin.source.path;
            report.push(Diagnostic::error("no-services", format!("{path} has no services")));
        }
    }
}

/// The project's name: of the environment, of the last file with one, or of the folder.
fn name(files: &[(PathBuf, File)], folder: &Path, scope: &Scope) -> Option<String> {
    let documents = files.iter().rev().flat_map(|(_, file)| file.documents.iter().rev());
    let said = documents.filter_map(|document| document.get("name")?.as_str()).next();
    // A text that cannot be resolved is reported where the file is read.
    let said = said.map(|name| scope.resolve(name).unwrap_or(crate::compose::OPAQUE.to_string()));
    let given = scope.env.get("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty()).cloned();
    known(&given.or(said).unwrap_or_else(|| normal(folder)))
}

/// The project's name that Compose makes of a folder's name.
fn normal(folder: &Path) -> String {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let whole = paths::real(folder);
    let name = whole.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let good = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(*c);
    name.chars().filter(good).collect::<String>().trim_start_matches(['_', '-']).to_owned()
}
