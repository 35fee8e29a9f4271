//! The contents of this checkout at the paths of Applications.
//!
//! An Application names a repository and a path; whether that repository is this one cannot be
//! asked without a network. It is when the configuration says so (`repository`), and without that
//! when more paths of Applications with its URL are here than of those with any other.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::application::{Application, Source, is_application, normalized};
use crate::config::Settings;
use crate::lint::kustomization_file;
use crate::load::Options;
use crate::object::Object;
use crate::render::{Rendering, render_with};
use crate::tree::{FileId, Files};

/// How many paths are rendered besides the roots of the run.
const MOST: usize = 500;

/// The contents of a path.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Nothing.
    Missing,
    /// A file; Argo CD deploys folders.
    File,
    /// A folder without a kustomization, and whether it has something else to deploy.
    Bare {
        /// Manifests, a chart, or a folder with such.
        other: bool,
    },
    /// A root of this run, by its position.
    Root(usize),
    /// A kustomization that was rendered for this.
    Rendered(usize),
    /// One kustomization too many.
    Unknown,
}

/// The contents of the paths.
#[derive(Debug, Default)]
pub(crate) struct Checkout {
    contents: HashMap<PathBuf, Content>,
    renderings: Vec<Rendering>,
    options: Options,
    ours: HashSet<String>,
    roots: HashMap<FileId, PathBuf>,
}

impl Checkout {
    /// Looks at the paths of every Application in the renderings.
    pub(crate) fn of(
        renderings: &[(String, Rendering)],
        settings: &Settings,
        files: &mut Files,
    ) -> Self {
        let options = settings.rendering.clone();
        let mut checkout = Checkout { options, ..Checkout::default() };
        let objects = renderings.iter().flat_map(|(_, rendering)| &rendering.objects);
        let applications: Vec<&Object> = objects.filter(|object| is_application(object)).collect();
        for object in &applications {
            checkout.find_root(object.source.file, settings, files);
        }
        let mut sources = Vec::new();
        for object in &applications {
            for source in (Application { object }).sources() {
                if let Some(path) = checkout.folder(object, &source) {
                    sources.push((source, path));
                }
            }
        }
        match &settings.repository {
            Some(repository) => checkout.ours.extend([normalized(repository)]),
            None => checkout.ours.extend(checkout.likeliest(&sources)),
        }
        let known = Known::of(renderings);
        for (source, path) in sources {
            if checkout.ours.contains(&url(&source)) && !checkout.contents.contains_key(&path) {
                let content = checkout.look(&path, &known, files);
                checkout.contents.insert(path, content);
            }
        }
        checkout
    }

    /// The URL that most paths of this checkout are named with; none when two are alike.
    fn likeliest(&self, sources: &[(Source<'_>, PathBuf)]) -> Option<String> {
        let mut paths: HashMap<String, HashSet<&Path>> = HashMap::new();
        // That a repository has a root says nothing.
        let roots: HashSet<&Path> = self.roots.values().map(PathBuf::as_path).collect();
        let is_root = |path: &Path| fs::canonicalize(path).is_ok_and(|path| roots.contains(&*path));
        for (source, path) in sources.iter().filter(|(_, path)| path.is_dir() && !is_root(path)) {
            paths.entry(url(source)).or_default().insert(path);
        }
        let most = paths.values().map(HashSet::len).max()?;
        let mut first = paths.into_iter().filter(|(_, paths)| paths.len() == most);
        first.next().map(|(url, _)| url).filter(|_| first.next().is_none())
    }

    /// The contents of a source's path; `None` when that is of another repository, or nobody can say.
    pub(crate) fn content(&self, object: &Object, source: &Source<'_>) -> Option<&Content> {
        if source.is_pinned() || !self.ours.contains(&url(source)) {
            return None;
        }
        let content = self.contents.get(&self.folder(object, source)?)?;
        // The result of another tool is not known here.
        let known = matches!(content, Content::Missing | Content::File);
        Some(content).filter(|_| known || !source.has_other_tool())
    }

    pub(crate) fn rendering(&self, at: usize) -> Option<&Rendering> {
        self.renderings.get(at)
    }

    /// The root of the checkout: the nearest folder above the Application that git knows, else
    /// that of the configuration.
    fn find_root(&mut self, file: FileId, settings: &Settings, files: &Files) {
        self.roots.entry(file).or_insert_with(|| {
            let path = fs::canonicalize(&files.get(file).path).unwrap_or_default();
            let root = path.ancestors().skip(1).find(|folder| folder.join(".git").exists());
            root.unwrap_or(&settings.folder).to_owned()
        });
    }

    /// The folder that a source means. Names that only a generator fills in mean none.
    fn folder(&self, object: &Object, source: &Source<'_>) -> Option<PathBuf> {
        let text = &source.path?.scalar()?.text;
        if text.contains("{{") || text.contains('$') || text.contains('\0') {
            return None;
        }
        let root = self.roots.get(&object.source.file)?;
        Some(root.join(text.trim_start_matches('/').trim_end_matches('/')))
    }

    fn look(&mut self, path: &Path, known: &Known, files: &mut Files) -> Content {
        let Ok(canonical) = fs::canonicalize(path) else { return Content::Missing };
        if !canonical.is_dir() {
            return Content::File;
        }
        if kustomization_file(&canonical).is_none() {
            return Content::Bare { other: has_manifests(&canonical) };
        }
        if let Some(at) = known.roots.get(&canonical) {
            return Content::Root(*at);
        }
        if self.renderings.len() >= MOST {
            return Content::Unknown;
        }
        let shown = known.shown.get(&canonical).cloned().unwrap_or_else(|| from_here(&canonical));
        self.renderings.push(render_with(&shown, &self.options, files));
        Content::Rendered(self.renderings.len() - 1)
    }
}

/// The kustomizations of the run.
struct Known {
    roots: HashMap<PathBuf, usize>,
    /// As a user would write them.
    shown: HashMap<PathBuf, PathBuf>,
}

impl Known {
    fn of(renderings: &[(String, Rendering)]) -> Self {
        let mut known = Known { roots: HashMap::new(), shown: HashMap::new() };
        for (at, (_, rendering)) in renderings.iter().enumerate() {
            if let Some(root) = rendering.roots.first() {
                known.roots.insert(root.canonical.clone(), at);
            }
            for root in &rendering.roots {
                known.shown.insert(root.canonical.clone(), root.path.clone());
            }
        }
        known
    }
}

fn url(source: &Source<'_>) -> String {
    normalized(source.repository.scalar().map_or("", |scalar| &scalar.text))
}

/// Relative to the current folder where the path is below it.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(fs::canonicalize);
    let below = here.ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    below.filter(|path| !path.as_os_str().is_empty()).unwrap_or_else(|| path.to_owned())
}

/// Whether there is something that Argo CD could deploy without kustomize, here or below.
fn has_manifests(folder: &Path) -> bool {
    let ends = ["yaml", "yml", "json", "jsonnet"];
    ignore::WalkBuilder::new(folder).standard_filters(false).build().flatten().any(|entry| {
        let end = entry.path().extension().and_then(|end| end.to_str());
        end.is_some_and(|end| ends.contains(&end))
    })
}
