//! An error that a person can act on: the fault, its place, and one thing to do.
//!
//! A run collects all its problems in a [`Report`] and prints them together.

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A file that a person wrote, kept to show its lines in messages.
#[derive(Debug)]
pub struct Source {
    /// The path as the user would write it, for `path:line:col`.
    pub path: String,
    /// The text that positions point into, with everything hidden overwritten.
    shown: String,
    /// The byte that each line begins at.
    lines: Vec<usize>,
}

impl Source {
    /// Keeps `text` for messages about `path`. The byte ranges in `hidden` may hold secret
    /// values: their bytes are overwritten with `*` here, so no message can ever show them.
    pub fn new(path: String, text: &str, hidden: &[Range<usize>]) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        for range in hidden {
            for byte in &mut bytes[range.clone()] {
                if *byte != b'\n' {
                    *byte = b'*';
                }
            }
        }
        // Ranges start and end on character boundaries, so this never replaces anything.
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let ends = shown.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Source { path, shown, lines }
    }

    /// The text that positions point into, with everything hidden overwritten.
    pub fn text(&self) -> &str {
        &self.shown
    }

    /// The line that a byte is in, counted from 1.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= at).max(1)
    }
}

/// A byte range in a [`Source`].
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes meant, from the start of the file.
    pub span: Range<usize>,
}

impl fmt::Display for Place {
    /// `path:line:col`, both counted from 1, the column in characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = &self.source.shown[..self.span.start.min(self.source.shown.len())];
        let line = self.source.line(before.len());
        let column = before[self.source.lines[line - 1]..].chars().count() + 1;
        write!(f, "{}:{line}:{column}", self.source.path)
    }
}

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The run cannot succeed.
    Error,
    /// Worth a look; the run goes on.
    Warning,
    /// Worth knowing.
    Info,
}

/// One problem.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    severity: Severity,
    code: &'static str,
    message: String,
    primary: Option<(Place, String)>,
    others: Vec<(Place, String)>,
    hint: Option<String>,
    short: Option<String>,
}

impl Diagnostic {
    /// An error with a stable code, such as `unknown-key`.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary: None,
            others: Vec::new(),
            hint: None,
            short: None,
        }
    }

    /// A warning with a stable code.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// A remark with a stable code.
    pub fn info(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Info, ..Self::error(code, message) }
    }

    /// The place to change, with a few words under it.
    pub fn at(mut self, place: impl Into<Option<Place>>, label: impl Into<String>) -> Self {
        self.primary = place.into().map(|place| (place, label.into()));
        self
    }

    /// Another place that explains the first.
    pub fn also(mut self, place: impl Into<Option<Place>>, label: impl Into<String>) -> Self {
        self.others.extend(place.into().map(|place| (place, label.into())));
        self
    }

    /// The hint: one thing to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The hint, where there is one.
    pub fn hint_if(self, hint: Option<impl Into<String>>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The sentence for a list that names the thing by itself.
    pub fn short(mut self, short: impl Into<String>) -> Self {
        self.short = Some(short.into());
        self
    }

    /// The same problem, with the state that it leaves behind after the sentence.
    #[must_use]
    pub fn with(mut self, state: &str) -> Self {
        self.message = format!("{}; {state}", self.message);
        self
    }

    /// The same problem, with the name of the thing that has it before the sentence.
    pub fn about(mut self, thing: &str) -> Self {
        self.message = format!("{thing}: {}", self.message);
        self
    }

    /// The same problem in another text: `to` maps each place, or drops it.
    pub fn moved(mut self, mut to: impl FnMut(&Place) -> Option<Place>) -> Self {
        self.primary = self.primary.and_then(|(place, label)| Some((to(&place)?, label)));
        let moved = |(place, label): (Place, String)| Some((to(&place)?, label));
        self.others = self.others.into_iter().filter_map(moved).collect();
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence, without place or hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The sentence without the name of the thing, where it has such a form.
    pub fn short_message(&self) -> &str {
        self.short.as_deref().unwrap_or(&self.message)
    }

    /// The place to change, if the problem has one.
    pub fn place(&self) -> Option<&Place> {
        self.primary.as_ref().map(|(place, _)| place)
    }

    /// The hint, if the problem has one.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether the run cannot succeed.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn render(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let title = level.primary_title(&self.message).id(self.code);
        let mut group = Group::with_title(title);
        let mut drawn: Vec<&Arc<Source>> = Vec::new();
        for (place, _) in self.primary.iter().chain(&self.others) {
            // One snippet per file; a file named twice is drawn once, with both marks.
            if drawn.iter().any(|source| Arc::ptr_eq(source, &place.source)) {
                continue;
            }
            drawn.push(&place.source);
            group = group.element(self.snippet(&place.source));
        }
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.with_name("hint").message(hint));
        }
        renderer.render(&[group])
    }

    fn snippet<'a>(
        &'a self,
        source: &'a Arc<Source>,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let marks = self
            .primary
            .iter()
            .map(|mark| (AnnotationKind::Primary, mark))
            .chain(self.others.iter().map(|mark| (AnnotationKind::Context, mark)))
            .filter(|(_, (place, _))| Arc::ptr_eq(&place.source, source));
        // Only the lines with marks on them and between them: drawing goes through all it is
        // given, which for a large file with many findings takes long.
        // A place behind the last line is drawn at that line's end.
        let text = source.shown.trim_end_matches('\n');
        let clip = |at: usize| text.floor_char_boundary(at);
        let start = marks.clone().map(|(_, (place, _))| place.span.start).min().unwrap_or(0);
        let end = marks.clone().map(|(_, (place, _))| place.span.end).max().unwrap_or(0);
        let start = text[..clip(start)].rfind('\n').map_or(0, |at| at + 1);
        let end = text[clip(end)..].find('\n').map_or(text.len(), |at| clip(end) + at + 1);
        let mut snippet = Snippet::source(&text[start..end])
            .path(source.path.as_str())
            .line_start(source.line(start));
        for (kind, (place, label)) in marks {
            let span =
                place.span.start.min(text.len()) - start..place.span.end.min(text.len()) - start;
            let mark = kind.span(span);
            let mark = if label.is_empty() { mark } else { mark.label(label.as_str()) };
            snippet = snippet.annotation(mark);
        }
        snippet
    }
}

impl Error for Diagnostic {}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The problems of one run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Error for Report {}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<&str> = self.diagnostics.iter().map(Diagnostic::message).collect();
        f.write_str(&messages.join("; "))
    }
}

impl Report {
    /// Puts the thing that has the problems, or the action that failed, before each message.
    pub fn about(&mut self, thing: &str) {
        self.diagnostics
            .iter_mut()
            .for_each(|diagnostic| diagnostic.message = format!("{thing}: {}", diagnostic.message));
    }

    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds all problems of another report.
    pub fn append(&mut self, more: Report) {
        self.diagnostics.extend(more.diagnostics);
    }

    /// Gives the last problem a hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        let last = self.diagnostics.pop().map(|last| last.hint(hint));
        self.diagnostics.extend(last);
        self
    }

    /// Whether any of the problems is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// The problems in the order they were found.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Puts the problems in the order of files and places, those without a place last, and drops
    /// duplicates.
    pub fn sort(&mut self) {
        let key = |d: &Diagnostic| {
            let place = d.place().map(|p| (p.source.path.clone(), p.span.start));
            (place.is_none(), place, d.code, d.message.clone())
        };
        self.diagnostics.sort_by_cached_key(key);
        self.diagnostics.dedup_by(|a, b| key(a) == key(b));
    }

    /// The whole report with ANSI colours; write it through `anstream`, which takes the
    /// colours out where `NO_COLOR` or a pipe asks for it.
    pub fn render(&self) -> String {
        let renderer = Renderer::styled();
        let mut text = String::new();
        for diagnostic in &self.diagnostics {
            text.push_str(&diagnostic.render(&renderer));
            text.push_str("\n\n");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        Report { diagnostics: vec![diagnostic] }
    }
}

impl Extend<Diagnostic> for Report {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: T) {
        self.diagnostics.extend(diagnostics);
    }
}

/// An error with its causes, in one sentence.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        // Some libraries repeat their cause in their own text.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// The text of the deepest cause of an error, which is often the operating system's.
pub fn last_cause(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// The known name nearest to `name`, if one is near enough to be a typing mistake.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The hint for an unknown name that a known one is near to.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    Some(format!("did you mean \"{}\"?", nearest(name, known)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_counts_lines_and_characters_from_one() {
        let source = Arc::new(Source::new("a.yaml".into(), "x: 1\nä: 2\n", &[]));
        let place = Place { source, span: 9..10 };
        assert_eq!(place.to_string(), "a.yaml:2:4");
    }

    #[test]
    fn hidden_bytes_are_not_in_the_rendering() {
        let text = "dev: hünter2\nnext: 1\n";
        let source = Arc::new(Source::new("a.yaml".into(), text, std::slice::from_ref(&(5..13))));
        let report = Report::from(
            Diagnostic::error("code", "wrong").at(Place { source, span: 0..3 }, "here"),
        );
        let shown = report.render();
        assert!(!shown.contains("nter2"), "{shown}");
        assert!(shown.contains("********"), "{shown}");
    }

    #[test]
    fn nearest_finds_a_typing_mistake_and_nothing_else() {
        let known = ["variable", "services", "dev"];
        assert_eq!(nearest("varaible", known), Some("variable"));
        assert_eq!(nearest("completely", known), None);
    }
}
