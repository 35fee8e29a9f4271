//! Where a value comes from: a place in a file, and the step that changed it last.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::diagnostic::{self, Source};

/// A file of a [`Files`] table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub(crate) u32);

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

/// Line and column, both counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A step of the rendering: one patch, one `images` entry, one `namespace` …; see
/// [`crate::facts::Step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub(crate) u32);

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Where the value stood first: in a resource, a generator or, for what a patch added, there.
    pub base: Place,
    /// The last step that set the value; `None` for one that nothing changed.
    pub last: Option<Touch>,
}

/// A change of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The step that changed it.
    pub step: StepId,
    /// Where the new value is written: the line of the patch, the entry of `images` ….
    pub place: Place,
}

impl Origin {
    /// A value as it was read.
    pub fn new(base: Place) -> Self {
        Origin { base, last: None }
    }

    /// A value that a step added.
    pub(crate) fn added(touch: Touch) -> Self {
        Origin { base: touch.place, last: Some(touch) }
    }

    /// The place to look at first: the last change, else where the value stood first.
    pub fn place(&self) -> Place {
        self.last.map_or(self.base, |touch| touch.place)
    }
}

/// A file that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as a user of the tool would write it.
    pub path: PathBuf,
    /// Its text; a file that is not UTF-8 (a generator's binary file) has none.
    pub text: Arc<str>,
    /// The byte that each line begins at.
    lines: Vec<u32>,
    /// The ranges that messages must not show: values of secrets.
    hidden: Vec<Range<usize>>,
}

/// Texts in place of those on disk, by their canonical path.
pub(crate) type Texts = HashMap<PathBuf, String>;

/// Every file that a rendering has read.
#[derive(Debug, Default)]
pub struct Files {
    list: Vec<SourceFile>,
    by_path: HashMap<PathBuf, FileId>,
    instead: Texts,
}

impl Files {
    /// Adds a file, or finds it when it was added before.
    pub(crate) fn add(&mut self, path: &Path, text: &str) -> FileId {
        if let Some(id) = self.by_path.get(path) {
            return *id;
        }
        let lines = std::iter::once(0)
            .chain(
                text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at as u32 + 1),
            )
            .collect();
        let id = FileId(self.list.len() as u32);
        self.list.push(SourceFile {
            path: path.to_owned(),
            text: text.into(),
            lines,
            hidden: Vec::new(),
        });
        self.by_path.insert(path.to_owned(), id);
        id
    }

    /// An empty table that knows other texts than those on disk, by canonical path.
    pub(crate) fn with_texts(texts: &Texts) -> Self {
        Files { instead: texts.clone(), ..Files::default() }
    }

    /// The text to read in place of the file's own, if there is one.
    pub(crate) fn instead_of(&self, path: &Path) -> Option<&str> {
        if self.instead.is_empty() {
            return None;
        }
        let canonical = std::fs::canonicalize(path).ok()?;
        self.instead.get(&canonical).map(String::as_str)
    }

    /// The file.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.list[id.0 as usize]
    }

    /// Keeps a value out of every message.
    pub(crate) fn hide(&mut self, place: Place) {
        let file = &mut self.list[place.file.0 as usize];
        let mut end = (place.end as usize).min(file.text.len());
        let mut start = (place.start as usize).min(end);
        // Whole characters, as their neighbours would be broken otherwise.
        while !file.text.is_char_boundary(start) {
            start -= 1;
        }
        while !file.text.is_char_boundary(end) {
            end += 1;
        }
        // A comment behind a value may contain the former value.
        let line = file.text[end..].lines().next().unwrap_or_default();
        if let Some(at) = line.find(" #").filter(|at| !line[*at..].contains("ignore[")) {
            file.hidden.push(end + at + 2..end + line.len());
        }
        file.hidden.push(start..end);
    }

    pub(crate) fn whole(&self, file: FileId) -> Place {
        Place::new(file, &(0..self.get(file).text.len()))
    }

    /// Whether messages must not show a value.
    pub(crate) fn is_hidden(&self, place: Place) -> bool {
        let hidden = &self.get(place.file).hidden;
        hidden.iter().any(|range| range.contains(&(place.start as usize)))
    }

    /// Every file with its id, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.list.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }

    /// The first line of a place: to point at a whole entry without drawing all of it.
    pub(crate) fn first_line(&self, place: Place) -> Place {
        let text = self.get(place.file).text.get(place.span()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default().trim_end();
        Place { end: place.start + line.len() as u32, ..place }
    }

    /// Line and column of a place's first byte.
    pub fn locate(&self, place: Place) -> Location {
        let file = self.get(place.file);
        let start = (place.start as usize).min(file.text.len());
        let line = file.lines.partition_point(|begin| *begin as usize <= start).max(1);
        let begin = file.lines[line - 1] as usize;
        let column = file.text.get(begin..start).map_or(0, |before| before.chars().count()) + 1;
        Location { line, column }
    }

    /// The line that a place begins in.
    pub fn line(&self, place: Place) -> &str {
        let file = self.get(place.file);
        let at = self.locate(place).line - 1;
        let end = file.lines.get(at + 1).map_or(file.text.len(), |next| *next as usize);
        file.text.get(file.lines[at] as usize..end).unwrap_or_default()
    }

    /// `path:line:column`.
    pub fn show(&self, place: Place) -> String {
        let at = self.locate(place);
        format!("{}:{}:{}", self.get(place.file).path.display(), at.line, at.column)
    }

    /// Makes places as messages draw them.
    pub fn drawn(&self) -> impl FnMut(Place) -> diagnostic::Place {
        let mut known: HashMap<FileId, Arc<Source>> = HashMap::new();
        move |place| {
            let source = known.entry(place.file).or_insert_with(|| {
                let file = self.get(place.file);
                let path = file.path.display().to_string();
                Arc::new(Source::new(path, &file.text, &file.hidden))
            });
            diagnostic::Place { source: Arc::clone(source), span: place.span() }
        }
    }
}

impl Place {
    /// The bytes of `span` in `file`.
    pub(crate) fn new(file: FileId, span: &Range<usize>) -> Self {
        // Files are bounded far below 4 GiB.
        Place { file, start: span.start as u32, end: span.end as u32 }
    }

    /// The bytes.
    pub fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}
