//! From text to [`Node`]s, within limits.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::node::{Entry, Node, Style, Value};
use super::quoted;

/// The limits above which a file is refused.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Nesting of lists and mappings.
    pub depth: usize,
    /// Nodes, counted after aliases are expanded; a long scalar counts for several.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 8 << 20, depth: 100, nodes: 1_000_000 }
    }
}

/// Bytes of text that weigh as much as one node.
const SCALAR_UNIT: usize = 64;

/// The content of a file.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Its documents.
    pub documents: Vec<Node>,
    /// Keys that stand twice in one mapping, and merges of something else than mappings. The
    /// documents have one of such keys, see [`Keep`], and nothing of such a merge.
    pub problems: Vec<Error>,
    /// Whether a document follows the end of another (`...`) without a separator (`---`), for each document.
    pub continues: Vec<bool>,
    /// The tags that are not YAML's own, such as `!reset`, each with the span of its node.
    pub tags: Vec<(Range<usize>, String)>,
}

/// The choice among equal keys of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The first.
    First,
    /// The last, as readers do that fill a structure field by field.
    Last,
}

/// Why a file could not be read.
#[derive(Debug)]
pub struct Error {
    /// The bytes to look at.
    pub span: Range<usize>,
    /// A second place, for a key that stands there twice.
    pub earlier: Option<Range<usize>>,
    /// A stable code.
    pub code: &'static str,
    /// The problem.
    pub message: String,
}

/// Reads every document of `text`. Aliases are expanded and `<<` merge keys resolved. Of equal
/// keys the first counts.
///
/// # Errors
/// The first thing that is not YAML, a key that is not a scalar, or a limit passed.
pub fn load(text: &str, limits: Limits) -> Result<Loaded, Error> {
    load_keeping(text, limits, Keep::First)
}

/// [`load`], and which of equal keys counts.
///
/// # Errors
/// As [`load`].
pub fn load_keeping(text: &str, limits: Limits, keep: Keep) -> Result<Loaded, Error> {
    let strict = load_strictly(text, text, limits, keep);
    let Err(error) = &strict else { return strict };
    // Other readers take such a line of a flow collection or in quotes that is not indented.
    match super::flow::in_one_line(text) {
        Cow::Owned(joined) if error.code == "yaml-syntax" => {
            load_strictly(text, &joined, limits, keep).or(strict)
        }
        _ => strict,
    }
}

/// Loads a file by a text of the same length that the parser accepts; `written` is the file.
fn load_strictly(written: &str, text: &str, limits: Limits, keep: Keep) -> Result<Loaded, Error> {
    if text.len() > limits.bytes {
        return Err(error(
            0..0,
            "too-large",
            format!("the file has {} bytes; at most {} are read", text.len(), limits.bytes),
        ));
    }
    let mut loader = Loader {
        written,
        offsets: Offsets::new(text),
        unfinished: !text.is_empty() && !text.ends_with('\n'),
        limits,
        keep,
        nodes: 0,
        anchors: HashMap::new(),
        open: Vec::new(),
        loaded: Loaded::default(),
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|scan| {
            let at = loader.offsets.byte(scan.marker().index());
            error(at..at, "yaml-syntax", format!("not valid YAML: {}", scan.info()))
        })?;
        loader.event(event, span)?;
    }
    Ok(loader.loaded)
}

fn error(span: Range<usize>, code: &'static str, message: impl Into<String>) -> Error {
    Error { span, earlier: None, code, message: message.into() }
}

struct Loader<'a> {
    written: &'a str,
    offsets: Offsets,
    /// Whether the last line has no end.
    unfinished: bool,
    limits: Limits,
    keep: Keep,
    nodes: usize,
    /// The value of each anchor of this document, and how many nodes it holds.
    anchors: HashMap<usize, (Node, usize)>,
    open: Vec<Open>,
    loaded: Loaded,
}

/// A list or mapping that has begun and not ended.
struct Open {
    start: usize,
    anchor: usize,
    tag: Option<String>,
    /// The node count when it began, to know its own size at its end.
    before: usize,
    kind: Kind,
}

enum Kind {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        /// The keys so far, each with its place.
        seen: HashMap<String, Range<usize>>,
        merges: Vec<Node>,
        key: Option<(String, Range<usize>)>,
    },
}

impl Loader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        let span = self.offsets.byte(span.start.index())..self.offsets.byte(span.end.index());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let size = 1 + text.len() / SCALAR_UNIT;
                self.count(size, &span)?;
                let core = tag.as_ref().filter(|tag| tag.is_yaml_core_schema());
                let core = core.map(|tag| tag.suffix.clone());
                self.loaded.tags.extend(custom(tag).map(|tag| (span.clone(), tag)));
                let mut text = text.into_owned();
                // The parser gives a block the line end that the file does not have.
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
                    && self.unfinished
                    && span.end == self.offsets.length
                    && text.ends_with('\n')
                {
                    text.pop();
                }
                if matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
                    && let Some(lines) = self.written.get(span.clone()).and_then(quoted::value)
                {
                    text = lines;
                }
                let style = match (core.as_deref(), style) {
                    (Some("str"), _) => Style::Quoted,
                    // Such a tag makes a number of a text in quotes, too.
                    (Some("int" | "float" | "bool" | "null"), _) | (_, ScalarStyle::Plain) => {
                        Style::Plain
                    }
                    _ => Style::Quoted,
                };
                let node = Node { span, value: Value::Scalar { text, style } };
                self.finish(node, anchor, size)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(span, anchor, custom(tag), Kind::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => self.begin(
                span,
                anchor,
                custom(tag),
                Kind::Mapping {
                    entries: Vec::new(),
                    seen: HashMap::new(),
                    merges: Vec::new(),
                    key: None,
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(error(
                        span,
                        "yaml-alias",
                        "this alias stands inside the value it names, or names one of another document",
                    ));
                };
                self.count(size, &span)?;
                self.finish(node, 0, size)
            }
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            Event::DocumentStart(is_explicit) => {
                self.loaded.continues.push(!is_explicit && !self.loaded.documents.is_empty());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, more: usize, span: &Range<usize>) -> Result<(), Error> {
        self.nodes += more;
        if self.nodes > self.limits.nodes {
            return Err(error(
                span.clone(),
                "too-large",
                format!("more than {} values with aliases expanded", self.limits.nodes),
            ));
        }
        Ok(())
    }

    fn begin(
        &mut self,
        span: Range<usize>,
        anchor: usize,
        tag: Option<String>,
        kind: Kind,
    ) -> Result<(), Error> {
        if self.open.len() >= self.limits.depth {
            return Err(error(
                span,
                "too-deep",
                format!("nested more than {} levels deep", self.limits.depth),
            ));
        }
        let before = self.nodes;
        self.count(1, &span)?;
        self.open.push(Open { start: span.start, anchor, tag, before, kind });
        Ok(())
    }

    fn end(&mut self, span: Range<usize>) -> Result<(), Error> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let size = self.nodes - open.before;
        let value = match open.kind {
            Kind::Sequence(items) => Value::Sequence(items),
            Kind::Mapping { mut entries, seen, merges, .. } => {
                if !merges.is_empty() {
                    let wrong = merge(&mut entries, seen.into_keys().collect(), merges);
                    self.loaded.problems.extend(wrong.into_iter().map(|span| {
                        error(span, "yaml-merge", "<< takes a mapping, or a list of mappings")
                    }));
                }
                Value::Mapping(entries)
            }
        };
        let span = open.start..span.end;
        self.loaded.tags.extend(open.tag.map(|tag| (span.clone(), tag)));
        self.finish(Node { span, value }, open.anchor, size)
    }

    /// Puts a complete node where it belongs: an item, a key, a value, or a document.
    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Error> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.loaded.documents.push(node);
            return Ok(());
        };
        match &mut open.kind {
            Kind::Sequence(items) => items.push(node),
            Kind::Mapping { entries, seen, merges, key } => match key.take() {
                None => {
                    let Value::Scalar { text, .. } = node.value else {
                        return Err(error(node.span, "yaml-key", "a key must be a plain word"));
                    };
                    *key = Some((text, node.span));
                }
                Some((name, _)) if name == "<<" => merges.push(node),
                Some((name, span)) => match seen.get(&name) {
                    // The message does not repeat the key: in a broken catalogue it may be a
                    // part of a value.
                    Some(earlier) => {
                        self.loaded.problems.push(Error {
                            earlier: Some(earlier.clone()),
                            ..error(span.clone(), "duplicate-key", "this key is a duplicate")
                        });
                        let same = entries.iter_mut().find(|entry| entry.key == name);
                        if let (Keep::Last, Some(entry)) = (self.keep, same) {
                            *entry = Entry { span, key: name, value: node };
                        }
                    }
                    None => {
                        seen.insert(name.clone(), span.clone());
                        entries.push(Entry { span, key: name, value: node });
                    }
                },
            },
        }
        Ok(())
    }
}

/// A tag as it is written, if it is none of YAML's own.
fn custom(tag: Option<Cow<'_, Tag>>) -> Option<String> {
    let tag = tag.filter(|tag| !tag.is_yaml_core_schema())?;
    Some(format!("{}{}", tag.handle, tag.suffix))
}

/// `<<: *a` or `<<: [*a, *b]`: the mapping's own keys win, then the earlier mapping.
/// Returns the places of merges that are no mappings.
fn merge(
    entries: &mut Vec<Entry>,
    mut seen: HashSet<String>,
    merges: Vec<Node>,
) -> Vec<Range<usize>> {
    let mut wrong = Vec::new();
    for node in merges {
        let sources = match node.value {
            Value::Sequence(items) => items,
            _ => vec![node],
        };
        for source in sources {
            let Value::Mapping(merged) = source.value else {
                wrong.push(source.span);
                continue;
            };
            entries.extend(merged.into_iter().filter(|entry| seen.insert(entry.key.clone())));
        }
    }
    wrong
}

/// The parser counts characters; everything else here counts bytes.
struct Offsets {
    /// Byte of each character, only where the two counts differ.
    table: Option<Vec<usize>>,
    length: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let table = (!text.is_ascii()).then(|| text.char_indices().map(|(byte, _)| byte).collect());
        Offsets { table, length: text.len() }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.table {
            Some(table) => table.get(character).copied().unwrap_or(self.length),
            None => character.min(self.length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        load(text, Limits::default()).unwrap().documents.remove(0)
    }

    #[test]
    fn spans_are_bytes_also_behind_other_letters() {
        let text = "ä: [ö, \"ü\"]\nb: c\n";
        let node = one(text);
        let entry = &node.entries().unwrap()[1];
        assert_eq!(&text[entry.span.clone()], "b");
        assert_eq!(&text[entry.value.span.clone()], "c");
        let items = node.get("ä").unwrap().items().unwrap();
        assert_eq!(&text[items[1].span.clone()], "\"ü\"");
    }

    #[test]
    fn a_block_at_the_end_has_no_more_line_ends_than_the_file() {
        for (text, expected) in [
            ("a: |\n  b", "b"),
            ("a: |\n  b\n", "b\n"),
            ("a: |+\n  ä\n  b", "ä\nb"),
            ("a: >\n  b\n  c", "b c"),
            ("a: |\n  b\n# c", "b\n"),
            ("a: |-\n  b", "b"),
        ] {
            assert_eq!(one(text).get("a").unwrap().as_str(), Some(expected), "{text}");
        }
    }

    #[test]
    fn merge_keys_add_what_the_mapping_does_not_say_itself() {
        let node = one("base: &b {x: 1, y: 2}\nown:\n  <<: *b\n  y: three\n");
        let mapping = node.get("own").unwrap();
        assert_eq!(mapping.get("y").unwrap().as_str(), Some("three"));
        assert!(mapping.get("x").is_some());
    }

    #[test]
    fn a_key_twice_is_an_error_with_both_places() {
        let failed = load("a: 1\nb: 2\na: 3\n", Limits::default()).unwrap().problems.remove(0);
        assert_eq!(
            (failed.code, failed.span, failed.earlier),
            ("duplicate-key", 10..11, Some(0..1))
        );
    }

    #[test]
    fn the_last_of_equal_keys_is_kept_on_demand() {
        let loaded = load_keeping("a: one\na: two\n", Limits::default(), Keep::Last).unwrap();
        assert_eq!(loaded.documents[0].get("a").unwrap().as_str(), Some("two"));
        assert_eq!(loaded.problems.len(), 1);
    }

    #[test]
    fn a_scalar_has_the_type_of_its_tag() {
        assert_eq!(one("a: !!str 12\n").get("a").unwrap().as_str(), Some("12"));
        for text in ["a: !!int \"12\"\n", "a: !!bool 'true'\n", "a: !!null \"\"\n"] {
            let node = one(text);
            let value = &node.get("a").unwrap().value;
            assert!(matches!(value, Value::Scalar { style: Style::Plain, .. }), "{text}");
        }
    }

    #[test]
    fn an_anchor_ends_with_its_document() {
        let failed = load("a: &x 1\n---\nb: *x\n", Limits::default()).unwrap_err();
        assert_eq!((failed.code, failed.span), ("yaml-alias", 15..17));
    }

    #[test]
    fn tags_of_other_vocabularies_are_kept_with_their_nodes() {
        let text = "a: !reset\nb: !override\n  c: !!str 1\nd: !override [e]\n";
        let tags = load(text, Limits::default()).unwrap().tags;
        let shown: Vec<_> = tags.iter().map(|(span, tag)| (&text[span.clone()], &**tag)).collect();
        let expected = [
            ("!reset", "!reset"),
            ("!override\n  c: !!str 1\n", "!override"),
            ("!override [e]", "!override"),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_merge_of_something_else_is_a_problem() {
        let loaded = load("a: {<<: text, b: c}\n", Limits::default()).unwrap();
        assert_eq!(loaded.problems[0].code, "yaml-merge");
    }

    #[test]
    fn limits_hold() {
        let small = Limits { bytes: 1000, depth: 5, nodes: 100 };
        let bomb = "a: &a [x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n";
        assert_eq!(load(bomb, small).unwrap_err().code, "too-large");
        assert_eq!(load("[[[[[[x]]]]]]", small).unwrap_err().code, "too-deep");
        assert_eq!(load(&"x".repeat(1001), small).unwrap_err().code, "too-large");
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(640), "*a,".repeat(10));
        assert_eq!(load(&long, small).unwrap_err().code, "too-large");
        assert_eq!(load("a: &a [*a]", small).unwrap_err().code, "yaml-alias");
        assert_eq!(load("a: [", small).unwrap_err().code, "yaml-syntax");
    }
}
