//! Findings as one HTML file for people who look at them in a browser: no script, nothing from the network, light
//! and dark by the browser's setting.

use common::diagnostic;
use common::markup::escape;

use super::text;
use crate::finding::Finding;
use crate::id::Id;
use crate::lint::Outcome;
use crate::rule::Severity;

const STYLE: &str = include_str!("html.css");
/// Lines of a file that are shown around a finding.
const AROUND: usize = 2;
/// Lines of one finding that are shown: a finding may be about a whole object.
const LONGEST: usize = 12;

pub(crate) fn render(outcome: &Outcome) -> String {
    let mut body = format!(
        "<header><h1>kustomize-lint</h1><p>{}</p></header>\n",
        escape(text::count(outcome, &outcome.findings).trim_end())
    );
    body.push_str(&overlays(outcome));
    let mut place = outcome.files.drawn();
    for (file, findings) in by_file(outcome) {
        let title = if file.is_empty() { "without a place".to_owned() } else { file };
        body.push_str(&format!("<section>\n<h2>{}</h2>\n", escape(&title)));
        for finding in findings {
            body.push_str(&article(outcome, finding, &mut place));
        }
        body.push_str("</section>\n");
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>kustomize-lint</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         </body>\n</html>\n"
    )
}

/// A row for each overlay: how many findings of which severity.
fn overlays(outcome: &Outcome) -> String {
    let most = outcome.overlays.iter().map(|overlay| of(outcome, overlay, None)).max();
    let most = most.unwrap_or_default().max(1);
    let row = |overlay: &String| {
        let part = |severity: Severity| {
            let count = of(outcome, overlay, Some(severity));
            let width = count * 100 / most;
            match count {
                0 => String::new(),
                _ => format!(
                    "<span class=\"bar {0}\" style=\"width:{width}%\" title=\"{count} {0}\">{count}</span>",
                    severity.name()
                ),
            }
        };
        let bars: String = SEVERITIES.map(part).concat();
        let bars =
            if bars.is_empty() { "<span class=\"none\">none</span>".to_owned() } else { bars };
        format!("<tr><th>{}</th><td><div class=\"bars\">{bars}</div></td></tr>\n", escape(overlay))
    };
    let rows: String = outcome.overlays.iter().map(row).collect();
    format!("<table>\n<caption>Findings of each overlay</caption>\n{rows}</table>\n")
}

const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

fn of(outcome: &Outcome, overlay: &String, severity: Option<Severity>) -> usize {
    let wanted = |finding: &&Finding| {
        finding.overlays.contains(overlay)
            && severity.is_none_or(|severity| finding.severity == severity)
    };
    outcome.findings.iter().filter(wanted).count()
}

/// The findings of each file, in their order.
fn by_file(outcome: &Outcome) -> Vec<(String, Vec<&Finding>)> {
    let mut files: Vec<(String, Vec<&Finding>)> = Vec::new();
    for finding in &outcome.findings {
        let file = finding.place.map(|at| outcome.files.get(at.file).path.display().to_string());
        let file = file.unwrap_or_default();
        match files.iter_mut().find(|(name, _)| *name == file) {
            Some((_, findings)) => findings.push(finding),
            None => files.push((file, vec![finding])),
        }
    }
    files
}

fn article(
    outcome: &Outcome,
    finding: &Finding,
    place: &mut impl FnMut(crate::tree::Place) -> diagnostic::Place,
) -> String {
    let severity = finding.severity.name();
    let rule = finding.rule;
    let mut text = format!(
        "<article class=\"{severity}\">\n<h3><span class=\"badge\">{severity}</span> <code>{}</code> {}</h3>\n",
        rule.code,
        escape(&finding.message)
    );
    if let Some(at) = finding.place {
        text.push_str(&excerpt(&place(at), &finding.label));
    }
    for (at, label) in &finding.related {
        text.push_str(&excerpt(&place(*at), label));
    }
    if let Some(hint) = text::hint(outcome, finding) {
        text.push_str(&format!("<p class=\"hint\">{}</p>\n", escape(&hint)));
    }
    let object = finding.object.as_ref().map(Id::to_string);
    let object = object.map(|object| format!("{}, ", escape(&object))).unwrap_or_default();
    text.push_str(&format!("<p class=\"about\">{object}rule {}</p>\n</article>\n", rule.name));
    text
}

/// The lines of a place, numbered, with the place marked. Secrets are already overwritten in the text.
fn excerpt(place: &diagnostic::Place, label: &str) -> String {
    let text = place.source.text();
    let start = place.span.start.min(text.len());
    let end = start + text.get(place.span.clone()).map_or(0, |text| text.trim_end().len());
    let mut lines = String::new();
    let mut begin = 0;
    let first = text[..start].matches('\n').count();
    let last = text[..end].matches('\n').count().min(first + LONGEST - 1);
    for (number, line) in text.split('\n').enumerate() {
        let range = begin..begin + line.len();
        begin = range.end + 1;
        if number + AROUND < first || number > last + AROUND {
            continue;
        }
        let from = start.clamp(range.start, range.end) - range.start;
        let to = end.clamp(range.start, range.end) - range.start;
        let marked = match (first..=last).contains(&number) && from < to {
            true => format!(
                "{}<mark>{}</mark>{}",
                escape(&line[..from]),
                escape(&line[from..to]),
                escape(&line[to..])
            ),
            false => escape(line),
        };
        lines.push_str(&format!("<span class=\"line\">{:>4}</span> {marked}\n", number + 1));
    }
    let label = if label.is_empty() { String::new() } else { format!(": {}", escape(label)) };
    format!(
        "<figure><figcaption>{}{label}</figcaption><pre>{lines}</pre></figure>\n",
        escape(&place.to_string())
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_long_finding_shows_its_first_lines() {
        let text = "a: b\n".repeat(40);
        let source = Arc::new(diagnostic::Source::new("a.yaml".to_owned(), &text, &[]));
        let shown = excerpt(&diagnostic::Place { source, span: 0..text.len() }, "");
        assert_eq!(shown.matches("<mark>").count(), LONGEST);
        assert_eq!(shown.matches("class=\"line\"").count(), LONGEST + AROUND);
    }
}
