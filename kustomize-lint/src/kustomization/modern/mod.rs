//! Deprecated fields, written as the fields that took their place: as edits of the text, line by
//! line, so that comments and everything else stay as they are.

mod field;

use std::ops::Range;

use common::yaml::{self, Keep, Limits, Node, Style, Value};

use field::{Field, depth, end_of, end_of_line, raw};

/// A text in the place of another: bytes of the file, and the new text.
pub(crate) type Change = (Range<usize>, String);

/// How one deprecated field is replaced.
#[derive(Debug)]
pub(crate) struct Rewrite {
    /// The fields that are gone afterwards.
    pub(crate) fields: Vec<&'static str>,
    /// The field that takes their place.
    pub(crate) target: &'static str,
    /// The edits; they do not overlap.
    pub(crate) changes: Vec<Change>,
}

/// Each field with the older fields that go into it, in the order in which kustomize applies their items.
const LISTS: [(&str, &[&str]); 3] = [
    ("resources", &["resources", "bases"]),
    ("patches", &["patchesStrategicMerge", "patches", "patchesJson6902"]),
    ("images", &["imageTags"]),
];

/// Every rewriting that a kustomization file needs and that can be written safely. A file in an
/// unusual form, such as all in braces, gets none.
pub(crate) fn rewrites(text: &str) -> Vec<Rewrite> {
    let Ok(loaded) = yaml::load_keeping(text, Limits::default(), Keep::Last) else {
        return Vec::new();
    };
    let ([document], true) = (loaded.documents.as_slice(), loaded.problems.is_empty()) else {
        return Vec::new();
    };
    let lists = LISTS.iter().filter_map(|(target, order)| list(text, document, target, order));
    lists.chain(labels(text, document)).collect()
}

/// Puts the items of several lists into one.
fn list(
    text: &str,
    document: &Node,
    target: &'static str,
    order: &'static [&'static str],
) -> Option<Rewrite> {
    let mut fields: Vec<Field<'_>> =
        order.iter().filter_map(|name| Field::of(text, document, name)).collect();
    let present = |name: &str| document.entries().into_iter().flatten().any(|e| e.key == name);
    let all = order.iter().filter(|name| present(name)).count();
    let old: Vec<&'static str> =
        order.iter().copied().filter(|name| *name != target && present(name)).collect();
    let known = order.contains(&target) || !present(target);
    if old.is_empty() || fields.len() != all || !known {
        return None;
    }
    let named = fields.iter().position(|field| field.name == target);
    let block = || fields.iter().position(|field| field.is_block(text));
    let at = named.or_else(block).unwrap_or(0);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let anchor = fields.remove(at);
    let mut changes = Vec::new();
    if anchor.name != target {
        changes.push((anchor.key.clone(), target.to_owned()));
        if anchor.name == "patchesStrategicMerge" {
            changes.extend(in_place(text, &anchor)?);
        }
    }
    for (place, field) in fields.iter().enumerate() {
        let items = if anchor.is_flow(text) {
            flow_items(text, field)?
        } else {
            block_items(text, field, anchor.indent)?
        };
        if place < at {
            before.push(items)
        } else {
            after.push(items)
        }
        // An entry that moves into brackets leaves its comment behind.
        let comment = if anchor.is_flow(text) { field.behind(text, 0) } else { String::new() };
        changes.push((field.whole(), comment));
    }
    if !fields.is_empty() {
        changes.extend(insert(text, &anchor, before, after)?);
    }
    Some(Rewrite { fields: old, target, changes })
}

/// Items in front of those of a list, and behind them.
fn insert(
    text: &str,
    anchor: &Field<'_>,
    before: Vec<String>,
    after: Vec<String>,
) -> Option<Vec<Change>> {
    if anchor.is_flow(text) {
        let (open, close) = (anchor.value.span.start + 1, end_of(text, anchor.value) - 1);
        let empty = anchor.value.items()?.is_empty();
        let mut changes = Vec::new();
        if !before.is_empty() {
            let end = if empty && after.is_empty() { "" } else { ", " };
            changes.push((open..open, format!("{}{end}", before.join(", "))));
        }
        if !after.is_empty() {
            // Behind the last item, not behind the blank that may stand before the bracket.
            let at = open + text.get(open..close)?.trim_end().len();
            let begin = if empty { "" } else { ", " };
            changes.push((at..at, format!("{begin}{}", after.join(", "))));
        }
        return Some(changes);
    }
    if !anchor.is_block(text) {
        return None;
    }
    let (start, end) = (anchor.body.start, anchor.body.end);
    let mut changes = Vec::new();
    if !before.is_empty() {
        changes.push((start..start, before.concat()));
    }
    if !after.is_empty() {
        let lines = after.concat();
        let open = !text[..end].ends_with('\n');
        let lines = if open { format!("\n{}", lines.trim_end_matches('\n')) } else { lines };
        changes.push((end..end, lines));
    }
    Some(changes)
}

/// The items of a list as lines, indented anew.
fn block_items(text: &str, field: &Field<'_>, indent: usize) -> Option<String> {
    let merges = field.name == "patchesStrategicMerge";
    let mut out = field.comment(text, indent);
    if field.is_flow(text) {
        out.clear();
        for item in field.value.items()? {
            let raw = raw(text, item).filter(|raw| !raw.contains('\n'))?;
            let key = if merges { format!("{}: ", merge_key(item)?) } else { String::new() };
            out.push_str(&format!("{}- {key}{raw}\n", " ".repeat(indent)));
        }
        out.push_str(&field.behind(text, indent));
        return Some(out);
    }
    if !field.is_block(text) {
        return None;
    }
    let mut body = text[field.body.clone()].to_owned();
    if merges {
        let mut changes = in_place(text, field)?;
        changes.sort_by_key(|(range, _)| range.start);
        for (range, new) in changes.into_iter().rev() {
            let from = field.body.start;
            body.replace_range(range.start - from..range.end - from, &new);
        }
    }
    for line in body.split_inclusive('\n') {
        if line.trim().is_empty() {
            out.push_str(line);
            continue;
        }
        // A comment may stand further left than the items.
        let depth = (depth(line) + indent).saturating_sub(field.indent);
        out.push_str(&" ".repeat(depth));
        out.push_str(line.trim_start_matches(' '));
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Some(out)
}

/// The items of a list in brackets, for another such list.
fn flow_items(text: &str, field: &Field<'_>) -> Option<String> {
    if !field.is_flow(text) {
        return None;
    }
    let merges = field.name == "patchesStrategicMerge";
    let mut items = Vec::new();
    for item in field.value.items()? {
        let raw = raw(text, item)?;
        items.push(match merges {
            true => format!("{{{}: {raw}}}", merge_key(item)?),
            false => raw.to_owned(),
        });
    }
    Some(items.join(", "))
}

/// Makes entries with `path` or `patch` of the items of `patchesStrategicMerge`.
fn in_place(text: &str, field: &Field<'_>) -> Option<Vec<Change>> {
    let items = field.value.items()?;
    let mut changes = Vec::new();
    if field.is_flow(text) {
        for item in items {
            let (start, end) = (item.span.start, end_of(text, item));
            changes.push((start..start, format!("{{{}: ", merge_key(item)?)));
            changes.push((end..end, "}".to_owned()));
        }
        return Some(changes);
    }
    if !field.is_block(text) {
        return None;
    }
    let mut items = items.iter();
    let mut at = field.body.start;
    while at < field.body.end {
        let end = end_of_line(text, at);
        let line = &text[at..end];
        let depth = depth(line);
        if depth == field.indent && line.trim_start().starts_with('-') {
            let behind = line[depth + 1..].len() - line[depth + 1..].trim_start_matches(' ').len();
            let value = at + depth + 1 + behind;
            changes.push((value..value, format!("{}: ", merge_key(items.next()?)?)));
        } else if depth > field.indent && !line.trim().is_empty() {
            changes.push((at..at, "  ".to_owned()));
        }
        at = end;
    }
    items.next().is_none().then_some(changes)
}

/// Whether an item of `patchesStrategicMerge` is a file's path or the patch itself.
fn merge_key(item: &Node) -> Option<&'static str> {
    let Value::Scalar { text, style } = &item.value else { return None };
    let inline = text.contains('\n') || text.trim_start().starts_with('{');
    // An alias, or an anchor, would lose its meaning.
    let whole = *style == Style::Quoted || !text.is_empty();
    whole.then_some(if inline { "patch" } else { "path" })
}

/// Makes an entry of `labels` of `commonLabels`.
fn labels(text: &str, document: &Node) -> Option<Rewrite> {
    let field = Field::of(text, document, "commonLabels")?;
    if !field.is_flow(text) && !field.is_block(text) {
        return None;
    }
    let entry = |indent: usize| {
        let margin = " ".repeat(indent);
        let head = format!("{margin}- includeSelectors: true\n{margin}  pairs");
        (head, indent + 2)
    };
    let present = document.entries()?.iter().any(|entry| entry.key == "labels");
    let mut changes = Vec::new();
    if !present {
        let (head, more) = entry(0);
        changes.push((field.key.clone(), format!("labels:\n{head}")));
        changes.extend(shifted(text, &field.body, more));
    } else {
        let labels = Field::of(text, document, "labels").filter(|labels| labels.is_block(text))?;
        let (head, more) = entry(labels.indent);
        let mut lines = format!("{head}:{}", &text[field.rest.clone()]);
        if !lines.ends_with('\n') {
            lines.push('\n');
        }
        for line in text[field.body.clone()].split_inclusive('\n') {
            if !line.trim().is_empty() {
                lines.push_str(&" ".repeat(more));
            }
            lines.push_str(line);
        }
        if !lines.ends_with('\n') {
            lines.push('\n');
        }
        changes.push((field.whole(), String::new()));
        changes.extend(insert(text, &labels, Vec::new(), vec![lines])?);
    }
    Some(Rewrite { fields: vec!["commonLabels"], target: "labels", changes })
}

/// Indents lines by more.
fn shifted(text: &str, lines: &Range<usize>, more: usize) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut at = lines.start;
    while at < lines.end {
        let end = end_of_line(text, at);
        if !text[at..end].trim().is_empty() {
            changes.push((at..at, " ".repeat(more)));
        }
        at = end;
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with all rewritings, and that there is nothing more to do then.
    fn rewritten(text: &str) -> String {
        let apply = |text: &str| {
            let mut changes: Vec<Change> =
                rewrites(text).into_iter().flat_map(|one| one.changes).collect();
            changes.sort_by_key(|(range, _)| (range.start, range.end));
            assert!(changes.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start), "{changes:?}");
            let mut out = text.to_owned();
            for (range, new) in changes.into_iter().rev() {
                out.replace_range(range, &new);
            }
            out
        };
        let once = apply(text);
        assert_eq!(apply(&once), once);
        once
    }

    #[test]
    fn bases_become_resources() {
        assert_eq!(rewritten("bases: # why\n- a # one\n"), "resources: # why\n- a # one\n");
        assert_eq!(rewritten("bases: [a, b]\n"), "resources: [a, b]\n");
        assert_eq!(
            rewritten(
                "bases: # why\n# of b\n- b # two\n\nresources:\n  - a # one\n\nnamespace: x\n"
            ),
            "\nresources:\n  - a # one\n  # why\n  # of b\n  - b # two\n\nnamespace: x\n"
        );
        assert_eq!(rewritten("resources: [a ]\nbases: [b, c]\n"), "resources: [a, b, c ]\n");
        assert_eq!(rewritten("resources: []\nbases: [b]"), "resources: [b]\n");
        assert_eq!(rewritten("resources:\n- a\nbases: [b] # c\n"), "resources:\n- a\n- b\n# c\n");
        assert_eq!(rewritten("bases: [b]\nresources:\n- a"), "resources:\n- a\n- b");
    }

    #[test]
    fn patches_of_three_fields_become_those_of_one() {
        assert_eq!(
            rewritten(
                "patchesStrategicMerge:\n- a.yaml # one\n- |-\n  kind: X\n\n  # inside\n  b: 1\n# next\nnamespace: x\n"
            ),
            "patches:\n- path: a.yaml # one\n- patch: |-\n    kind: X\n\n    # inside\n    b: 1\n# next\nnamespace: x\n"
        );
        assert_eq!(
            rewritten("patchesStrategicMerge: [a.yaml, 'b.yaml']\n"),
            "patches: [{path: a.yaml}, {path: 'b.yaml'}]\n"
        );
        assert_eq!(
            rewritten(
                "patchesJson6902:\n- target: {kind: X}\n  path: j.yaml\npatches:\n  - path: p.yaml\npatchesStrategicMerge:\n- s.yaml\n"
            ),
            "patches:\n  - path: s.yaml\n  - path: p.yaml\n  - target: {kind: X}\n    path: j.yaml\n"
        );
        assert_eq!(
            rewritten(
                "patchesJson6902:\n- {path: j, target: {kind: X}}\npatchesStrategicMerge:\n- s\n"
            ),
            "patches:\n- path: s\n- {path: j, target: {kind: X}}\n"
        );
        assert_eq!(
            rewritten("patchesStrategicMerge: [s] # c\npatchesJson6902:\n- path: j\n"),
            "patches:\n- path: s\n# c\n- path: j\n"
        );
    }

    #[test]
    fn labels_and_image_tags() {
        assert_eq!(
            rewritten(
                "commonLabels: # all\n  app: web # c\n  # more\n  b: c\nimageTags: [{name: a}]\n"
            ),
            "labels:\n- includeSelectors: true\n  pairs: # all\n    app: web # c\n    # more\n    b: c\nimages: [{name: a}]\n"
        );
        assert_eq!(
            rewritten("commonLabels: {a: b}\n"),
            "labels:\n- includeSelectors: true\n  pairs: {a: b}\n"
        );
        assert_eq!(
            rewritten("commonLabels: {a: b}\nlabels:\n  - pairs: {c: d}\n"),
            "labels:\n  - pairs: {c: d}\n  - includeSelectors: true\n    pairs: {a: b}\n"
        );
    }

    #[test]
    fn what_is_unusual_stays() {
        for text in [
            "{bases: [a]}\n",
            "bases:\n",
            "resources: [a]\nbases:\n- b\n",
            "bases: *x\n",
            "images: [{name: a}]\nimageTags: [{name: b}]\n",
            "bases: [a]\nbases: [b]\n",
            "labels: [{pairs: {c: d}}]\ncommonLabels: {a: b}\n",
        ] {
            assert_eq!(rewritten(text), text);
        }
    }
}
