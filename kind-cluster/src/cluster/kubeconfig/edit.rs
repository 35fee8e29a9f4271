//! A kubeconfig's text with some entries replaced: everything else keeps its bytes, comments and order.
//!
//! The text is changed line by line where a section is a list of lines. The result is read again and
//! compared; where the two differ, such as for a file in JSON, the whole file is written anew.

use std::ops::Range;

use common::yaml::plain::{self, Mapping, Value};
use common::yaml::{Limits, Node, load};

/// The sections with entries that have names.
pub(super) const SECTIONS: [&str; 3] = ["clusters", "contexts", "users"];

/// Why a text cannot be edited.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    NoYaml,
    NoMapping,
}

/// The changes of one file.
#[derive(Debug, Default)]
pub(super) struct Edit {
    /// Section, name, and the entry that is to be there; `None` for no entry.
    pub(super) entries: Vec<(&'static str, String, Option<Value>)>,
    /// A current context that is not to stay.
    pub(super) not_current: Option<String>,
}

/// A file's content.
pub(super) fn read(text: &str) -> Result<Mapping, Unusable> {
    match plain::from_str(text) {
        Ok(Value::Mapping(config)) => Ok(config),
        Ok(Value::Null) => Ok(Mapping::new()),
        Ok(_) => Err(Unusable::NoMapping),
        Err(_) => Err(Unusable::NoYaml),
    }
}

/// The entry of a name in a section.
pub(super) fn entry<'a>(config: &'a Mapping, section: &str, name: &str) -> Option<&'a Value> {
    let entries = config.get(section)?.as_sequence()?;
    entries.iter().find(|entry| named(entry) == Some(name))
}

fn named(entry: &Value) -> Option<&str> {
    entry.get("name").and_then(Value::as_str)
}

impl Edit {
    /// The text with the changes; `None` when it has them already.
    pub(super) fn apply(&self, text: &str) -> Result<Option<String>, Unusable> {
        let before = read(text)?;
        let mut after = before.clone();
        self.change(&mut after);
        if after == before {
            return Ok(None);
        }
        if before.is_empty() && text.trim().is_empty() {
            let mut whole = Mapping::new();
            whole.insert("apiVersion".into(), "v1".into());
            whole.insert("kind".into(), "Config".into());
            whole.extend(after);
            return Ok(Some(plain::to_string(&whole).unwrap_or_default()));
        }
        let edited = self.in_lines(text);
        let is_right = |text: &String| read(text).is_ok_and(|config| same(&config, &after));
        Ok(Some(match edited.filter(is_right) {
            Some(text) => text,
            None => plain::to_string(&after).unwrap_or_default(),
        }))
    }

    fn change(&self, config: &mut Mapping) {
        for (section, name, wanted) in &self.entries {
            let known = config.get(*section).and_then(Value::as_sequence).cloned();
            let there = known
                .as_ref()
                .is_some_and(|known| known.iter().any(|entry| named(entry) == Some(name)));
            let mut entries = known.unwrap_or_default();
            match (wanted, entries.iter_mut().find(|entry| named(entry) == Some(name))) {
                (Some(wanted), Some(entry)) => *entry = wanted.clone(),
                (Some(wanted), None) => entries.push(wanted.clone()),
                (None, Some(_)) => entries.retain(|entry| named(entry) != Some(name)),
                (None, None) => {}
            }
            if wanted.is_some() || there {
                config.insert((*section).into(), Value::Sequence(entries));
            }
        }
        if let Some(context) = &self.not_current
            && config.get("current-context").and_then(Value::as_str) == Some(context)
        {
            config.insert("current-context".into(), "".into());
        }
    }

    /// The changes, one after another, in the lines of the text.
    fn in_lines(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for (section, name, wanted) in &self.entries {
            text = entry_in_lines(&text, section, name, wanted.as_ref())?;
        }
        if let Some(context) = &self.not_current {
            let root = root(&text)?;
            let current = root.get("current-context").filter(|now| now.text() == Some(context));
            if let Some(start) = current.map(|current| current.span.start) {
                // The span of a quoted text reaches to the next key.
                let length = match text[start..].chars().next() {
                    Some(quote @ ('"' | '\'')) => text[start + 1..].find(quote)? + 2,
                    _ => context.len(),
                };
                text.replace_range(start..start + length, "\"\"");
            }
        }
        Some(text)
    }
}

/// Equal, except that an empty section counts as none.
fn same(a: &Mapping, b: &Mapping) -> bool {
    let full = |config: &Mapping| -> Mapping {
        let is_full = |value: &Value| {
            !value.is_null() && value.as_sequence().is_none_or(|items| !items.is_empty())
        };
        config.iter().filter(|(_, v)| is_full(v)).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    full(a) == full(b)
}

fn root(text: &str) -> Option<Node> {
    let mut loaded = load(text, Limits::default()).ok()?;
    (loaded.documents.len() == 1).then(|| loaded.documents.remove(0))
}

fn entry_in_lines(text: &str, section: &str, name: &str, wanted: Option<&Value>) -> Option<String> {
    let root = root(text)?;
    let list = root.entries()?.iter().find(|entry| entry.key == section);
    let Some(list) = list else {
        let Some(wanted) = wanted else { return Some(text.to_owned()) };
        let mut text = text.to_owned();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        return Some(format!("{text}{section}:\n{}", item(wanted, "")?));
    };
    let items = list.value.items().unwrap_or_default();
    if items.is_empty() {
        let Some(wanted) = wanted else { return Some(text.to_owned()) };
        // `section: []`, or nothing behind the colon.
        let end = text[list.span.end..].find('\n').map_or(text.len(), |at| list.span.end + at + 1);
        let lines = format!("{section}:\n{}", item(wanted, "")?);
        return Some(format!("{}{lines}{}", &text[..list.span.start], &text[end..]));
    }
    let starts: Vec<Range<usize>> = lines_of(text, items)?;
    let indent = indent(text, starts[0].start);
    let found = items.iter().position(|item| item.get("name").and_then(Node::text) == Some(name));
    let (range, new) = match (found, wanted) {
        (None, None) => return Some(text.to_owned()),
        (None, Some(wanted)) => {
            let end = starts.last()?.end;
            let end = text[..end].trim_end().len();
            (end..end, format!("\n{}", item(wanted, &indent)?.trim_end()))
        }
        (Some(at), Some(wanted)) => {
            // Comments and empty lines behind an entry stay.
            let range = starts[at].start..starts[at].start + kept(text, &starts[at], &indent);
            (range, item(wanted, &indent)?)
        }
        (Some(_), None) if items.len() == 1 => {
            let line = text[..list.span.start].rfind('\n').map_or(0, |at| at + 1);
            let range = line..starts[0].start + kept(text, &starts[0], &indent);
            (range, format!("{section}: []\n"))
        }
        (Some(at), None) => {
            let range = starts[at].start..starts[at].start + kept(text, &starts[at], &indent);
            (range, String::new())
        }
    };
    Some(format!("{}{new}{}", &text[..range.start], &text[range.end..]))
}

/// The lines of each item of a list that is written in lines, each from its dash to the next one's.
fn lines_of(text: &str, items: &[Node]) -> Option<Vec<Range<usize>>> {
    let mut starts = Vec::new();
    for item in items {
        let line = text[..item.span.start].rfind('\n').map_or(0, |at| at + 1);
        let before = text[line..item.span.start].trim();
        // The dash may stand on a line of its own.
        let line = match before {
            "-" => line,
            "" => text[..line].trim_end().rfind('\n').map_or(0, |at| at + 1),
            _ => return None,
        };
        text[line..].trim_start().starts_with('-').then_some(())?;
        starts.push(line);
    }
    let last = *starts.last()?;
    let indent = indent(text, last).len();
    // The last one ends before the next line that is not indented more than its dash.
    let mut end = text.len();
    let mut at = text[last..].find('\n').map_or(text.len(), |length| last + length + 1);
    while at < text.len() {
        let stop = text[at..].find('\n').map_or(text.len(), |length| at + length + 1);
        let line = &text[at..stop];
        let is_blank = line.trim().is_empty() || line.trim_start().starts_with('#');
        let depth = line.len() - line.trim_start().len();
        if !is_blank && depth <= indent {
            end = at;
            break;
        }
        at = stop;
    }
    let ends = starts.iter().skip(1).copied().chain([end]);
    Some(starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect())
}

/// The length of an item without the comments and empty lines behind it.
fn kept(text: &str, range: &Range<usize>, indent: &str) -> usize {
    let mut length = 0;
    let mut at = 0;
    for line in text[range.clone()].split_inclusive('\n') {
        at += line.len();
        let is_blank = line.trim().is_empty();
        let depth = line.len() - line.trim_start().len();
        let is_comment = line.trim_start().starts_with('#') && depth <= indent.len();
        if !is_blank && !is_comment {
            length = at;
        }
    }
    length
}

fn indent(text: &str, line: usize) -> String {
    text[line..].chars().take_while(|c| *c == ' ').collect()
}

/// An entry as the lines of a list.
fn item(entry: &Value, indent: &str) -> Option<String> {
    let lines = plain::to_string(&Value::Sequence(vec![entry.clone()])).ok()?;
    Some(lines.lines().map(|line| format!("{indent}{line}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# mine, by hand
apiVersion: v1
kind: Config
clusters:   # two of them
- name: a     # the first
  cluster:
    server: https://a  # here
# before b
- cluster: {server: \"https://b\"}
  name: b

contexts:
  - context:
      cluster: a
      user: a
    name: a
users: []
current-context: 'a' # set by hand
preferences: {}
";

    fn entry_of(server: &str) -> Value {
        plain::from_str(&format!("name: k\ncluster: {{server: {server}}}")).unwrap()
    }

    fn edit(section: &'static str, name: &str, wanted: Option<Value>) -> Edit {
        Edit { entries: vec![(section, name.to_owned(), wanted)], not_current: None }
    }

    fn applied(text: &str, edit: &Edit) -> String {
        edit.apply(text).unwrap().unwrap()
    }

    #[test]
    fn an_entry_is_added_behind_the_last_one() {
        let text = applied(CONFIG, &edit("clusters", "k", Some(entry_of("x"))));
        let added = "  name: b\n- name: k\n  cluster:\n    server: x\n\ncontexts:";
        assert_eq!(text, CONFIG.replace("  name: b\n\ncontexts:", added));
    }

    #[test]
    fn an_entry_is_added_with_the_indentation_of_its_list() {
        let text = applied(CONFIG, &edit("contexts", "k", Some(entry_of("x"))));
        let added = "    name: a\n  - name: k\n    cluster:\n      server: x\nusers";
        assert_eq!(text, CONFIG.replace("    name: a\nusers", added));
    }

    #[test]
    fn an_entry_is_added_to_an_empty_list_and_to_none() {
        let text = applied(CONFIG, &edit("users", "k", Some(entry_of("x"))));
        assert_eq!(
            text,
            CONFIG.replace("users: []", "users:\n- name: k\n  cluster:\n    server: x")
        );
        let without = CONFIG.replace("users: []\n", "");
        let text = applied(&without, &edit("users", "k", Some(entry_of("x"))));
        assert_eq!(text, format!("{without}users:\n- name: k\n  cluster:\n    server: x\n"));
    }

    #[test]
    fn an_entry_is_replaced_and_its_neighbours_keep_their_comments() {
        let text = applied(CONFIG, &edit("clusters", "a", Some(entry_of("x"))));
        let old = "- name: a     # the first\n  cluster:\n    server: https://a  # here\n";
        assert_eq!(text, CONFIG.replace(old, "- name: k\n  cluster:\n    server: x\n"));
    }

    #[test]
    fn an_entry_is_taken_out() {
        let text = applied(CONFIG, &edit("clusters", "b", None));
        let old = "- cluster: {server: \"https://b\"}\n  name: b\n";
        assert_eq!(text, CONFIG.replace(old, ""));
        let text = applied(CONFIG, &edit("contexts", "a", None));
        let old = "contexts:\n  - context:\n      cluster: a\n      user: a\n    name: a\n";
        assert_eq!(text, CONFIG.replace(old, "contexts: []\n"));
    }

    #[test]
    fn nothing_changes_where_nothing_is_to_change() {
        assert_eq!(edit("clusters", "none", None).apply(CONFIG), Ok(None));
        let now = read(CONFIG).unwrap();
        let same = entry(&now, "clusters", "a").cloned();
        assert_eq!(edit("clusters", "a", same).apply(CONFIG), Ok(None));
        let edit = Edit { entries: Vec::new(), not_current: Some("b".into()) };
        assert_eq!(edit.apply(CONFIG), Ok(None));
    }

    #[test]
    fn the_current_context_is_emptied() {
        let edit = Edit { entries: Vec::new(), not_current: Some("a".into()) };
        let text = applied(CONFIG, &edit);
        assert_eq!(text, CONFIG.replace("'a' # set", "\"\" # set"));
    }

    #[test]
    fn a_file_in_json_is_written_anew() {
        let text = "{\"apiVersion\": \"v1\", \"clusters\": [{\"name\": \"a\", \"cluster\": {}}]}";
        let text = applied(text, &edit("clusters", "k", Some(entry_of("x"))));
        let config = read(&text).unwrap();
        assert!(
            entry(&config, "clusters", "a").is_some() && entry(&config, "clusters", "k").is_some()
        );
    }

    #[test]
    fn an_empty_file_becomes_a_kubeconfig() {
        let text = applied("", &edit("users", "k", Some(entry_of("x"))));
        assert!(text.starts_with("apiVersion: v1\nkind: Config\nusers:\n- name: k\n"), "{text}");
    }

    #[test]
    fn other_texts_are_refused() {
        assert_eq!(edit("users", "k", None).apply("a: [").unwrap_err(), Unusable::NoYaml);
        assert_eq!(edit("users", "k", None).apply("- a").unwrap_err(), Unusable::NoMapping);
    }
}
