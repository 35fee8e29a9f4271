//! Folders of kustomizations, and the files that they may read.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use common::fault::cannot_read;
use common::quantity;

use super::context::Context;
use super::options::Restriction;
use super::remote::is_remote;
use super::resources;
use crate::facts::{Effect, ProblemKind};
use crate::kustomization::Spot;
use crate::tree::{Dialect, Node, Place};

/// More than any file of a kustomization has.
const MAX_BYTES: u64 = 64 << 20;

/// The folder of a kustomization.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    /// As a user would write it.
    pub(crate) shown: PathBuf,
    /// Without links and detours.
    pub(crate) canonical: PathBuf,
    /// From the folder that is rendered.
    pub(crate) trace: PathBuf,
    /// The folders that lead here, the outermost first.
    above: Vec<PathBuf>,
}

/// The target of a path of `resources`.
pub(crate) enum Found {
    File(PathBuf),
    Folder(Folder),
}

impl Folder {
    /// The folder that was asked for.
    pub(crate) fn root(path: &Path, context: &mut Context) -> Option<Self> {
        match fs::canonicalize(path) {
            Ok(canonical) if canonical.is_dir() => {
                let (trace, above) = (PathBuf::new(), Vec::new());
                Some(Folder { shown: clean(path), canonical, trace, above })
            }
            Ok(_) => {
                let message = format!("{} is not a folder", path.display());
                context.problem(ProblemKind::Build, None, message);
                None
            }
            Err(error) => {
                let message = cannot_read("folder", path.display(), &error);
                context.problem(ProblemKind::unread(&error), None, message);
                None
            }
        }
    }

    /// Whether a folder that leads here is `folder`, or is in it.
    pub(crate) fn is_below(&self, folder: &Path) -> bool {
        self.above.iter().any(|above| above.starts_with(folder))
    }

    /// A path in the folder, as a user would write it.
    pub(crate) fn shown(&self, path: impl AsRef<Path>) -> PathBuf {
        clean(&self.shown.join(path))
    }

    /// A folder that this one's kustomization names.
    pub(crate) fn enter(&self, path: &Spot<String>, context: &mut Context) -> Option<Self> {
        match self.find(path, context)? {
            Found::Folder(folder) => Some(folder),
            Found::File(file) => {
                let message = format!("{} is not a folder", file.display());
                context.problem(ProblemKind::Build, Some(path.place), message);
                None
            }
        }
    }

    /// A file or folder that this one's kustomization names.
    pub(crate) fn find(&self, path: &Spot<String>, context: &mut Context) -> Option<Found> {
        if path.value.is_empty() {
            context.problem(ProblemKind::MissingFile, Some(path.place), "this path is empty");
            return None;
        }
        let copy = self.copy_of(path, context);
        let is_copy = copy.is_some();
        let joined = copy.unwrap_or_else(|| self.canonical.join(&path.value));
        let Ok(canonical) = fs::canonicalize(&joined) else {
            let shown = self.shown(&path.value);
            let message = format!("there is no file or folder {}", shown.display());
            context.problem(ProblemKind::MissingFile, Some(path.place), message);
            return None;
        };
        if !canonical.is_dir() {
            return Some(Found::File(canonical));
        }
        let shown = self.shown(&path.value);
        let visited = self.above.iter().chain([&self.canonical]);
        if let Some(again) = visited.into_iter().find(|folder| folder.starts_with(&canonical)) {
            let message = if *again == canonical {
                format!("{} includes itself through this", shown.display())
            } else {
                format!("{} contains the kustomization that includes it", shown.display())
            };
            context.problem(ProblemKind::Cycle, Some(path.place), message);
            return None;
        }
        let mut above = self.above.clone();
        above.push(self.canonical.clone());
        let shown = if is_copy { clean(&joined) } else { shown };
        let trace = clean(&self.trace.join(&path.value));
        Some(Found::Folder(Folder { shown, canonical, trace, above }))
    }

    /// The local copy of what a path leads to elsewhere.
    pub(crate) fn copy_of(&self, path: &Spot<String>, context: &Context) -> Option<PathBuf> {
        is_remote(&path.value).then(|| context.options.copy_of(&path.value)).flatten()
    }

    /// The bytes of a file in the folder, and its path for messages.
    pub(crate) fn read(
        &self,
        path: &Spot<String>,
        context: &mut Context,
    ) -> Option<(PathBuf, Vec<u8>)> {
        let copy = self.copy_of(path, context);
        let is_here = || self.canonical.join(&path.value).exists();
        if path.value.contains("://") && copy.is_none() && !is_here() {
            let part = format!("the remote file {}", path.value);
            context.not_analysed(path.place, part, Effect::Objects);
            return None;
        }
        let is_free = copy.is_some() || context.options.load_restrictor == Restriction::None;
        let shown = copy.map_or_else(|| self.shown(&path.value), |copy| clean(&copy));
        match self.find(path, context)? {
            Found::File(file) => {
                if !is_free && !file.starts_with(&self.canonical) {
                    let message = format!(
                        "{} is outside {}; kustomize reads files only below the kustomization",
                        shown.display(),
                        self.shown.display()
                    );
                    context.problem(ProblemKind::OutsideRoot, Some(path.place), message);
                    return None;
                }
                let bytes = read_bounded(&file, Some(path.place), context)?;
                Some((shown, bytes))
            }
            Found::Folder(_) => {
                let message = format!("{} is a folder", shown.display());
                context.problem(ProblemKind::Build, Some(path.place), message);
                None
            }
        }
    }

    /// The same as text.
    pub(crate) fn read_text(
        &self,
        path: &Spot<String>,
        context: &mut Context,
    ) -> Option<(PathBuf, String)> {
        let (shown, bytes) = self.read(path, context)?;
        match String::from_utf8(bytes) {
            Ok(text) => Some((shown, text)),
            Err(_) => {
                context.malformed(path.place, format!("{} is not UTF-8 text", shown.display()));
                None
            }
        }
    }

    /// The documents of a file in the folder.
    pub(crate) fn documents(
        &self,
        path: &Spot<String>,
        dialect: Dialect,
        context: &mut Context,
    ) -> Option<Vec<Node>> {
        let (shown, text) = self.read_text(path, context)?;
        Some(resources::documents(&shown, &text, dialect, context))
    }
}

/// The bytes of a file that is known to be there, up to a bound.
pub(crate) fn read_bounded(
    path: &Path,
    place: Option<Place>,
    context: &mut Context,
) -> Option<Vec<u8>> {
    if let Some(text) = context.files.instead_of(path) {
        return Some(text.as_bytes().to_owned());
    }
    let read = || -> std::io::Result<Vec<u8>> {
        // Asked before it is opened: opening a pipe would wait for somebody to write to it.
        if !fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("not a regular file"));
        }
        let file = fs::File::open(path)?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if bytes.len() as u64 <= MAX_BYTES => return Some(bytes),
        Ok(_) => {
            let message = format!("{} has more than {}", path.display(), quantity::show(MAX_BYTES));
            context.problem(ProblemKind::Build, place, message);
        }
        Err(error) => {
            let message = cannot_read("file", path.display(), &error);
            context.problem(ProblemKind::unread(&error), place, message);
        }
    }
    None
}

/// The path without `.` and, where that is safe to say, `..`.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}
