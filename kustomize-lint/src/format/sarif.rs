//! SARIF 2.1.0, for code scanning.
//!
//! Source: the OASIS standard, and GitHub's documentation of its SARIF support.

use serde_json::{Value, json};

use super::record::{Record, Region, records};
use crate::lint::Outcome;
use crate::rule::{Rule, Severity};
use crate::rules;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(crate) fn render(outcome: &Outcome) -> String {
    let records = records(outcome);
    // Only the rules that found something: the whole catalogue would be most of the file.
    let found: Vec<&Rule> =
        rules::all().filter(|rule| records.iter().any(|record| record.rule == rule.code)).collect();
    let results: Vec<Value> = records.iter().map(|record| result(record, &found)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "kustomize-lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": found.iter().map(|rule| self::rule(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).expect("texts and numbers only") + "\n"
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary()},
        "fullDescription": {"text": rule.text()},
        "help": {"text": rule.text(), "markdown": rule.text()},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    if severity == Severity::Info { "note" } else { severity.name() }
}

fn result(record: &Record<'_>, rules: &[&Rule]) -> Value {
    let mut message = record.message.to_owned();
    if let Some(hint) = record.hint {
        message = format!("{message}. {hint}");
    }
    let mut result = json!({
        "ruleId": record.rule,
        "ruleIndex": rules.iter().position(|rule| rule.code == record.rule),
        "level": level(record.severity),
        "message": {"text": message},
        "partialFingerprints": {"kustomizeLint/v1": record.fingerprint},
        "properties": {"overlays": record.overlays},
    });
    if let Some(place) = &record.place {
        result["locations"] = json!([{"physicalLocation": location(place)}]);
    }
    if !record.related.is_empty() {
        let related = record.related.iter().enumerate().map(|(at, related)| {
            json!({
                "id": at + 1,
                "physicalLocation": location(&related.region),
                "message": {"text": related.label},
            })
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = &record.fix {
        // SARIF wants the edits of one file together.
        let mut changes: Vec<(&str, Vec<Value>)> = Vec::new();
        for edit in &fix.edits {
            let replacement = json!({
                "deletedRegion": region(&edit.region),
                "insertedContent": {"text": edit.text},
            });
            match changes.iter_mut().find(|(file, _)| *file == edit.region.file) {
                Some((_, list)) => list.push(replacement),
                None => changes.push((&edit.region.file, vec![replacement])),
            }
        }
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|(file, list)| json!({"artifactLocation": artifact(file), "replacements": list}))
            .collect();
        result["fixes"] = json!([{"description": {"text": fix.title}, "artifactChanges": changes}]);
    }
    result
}

fn location(place: &Region) -> Value {
    json!({"artifactLocation": artifact(&place.file), "region": region(place)})
}

fn region(place: &Region) -> Value {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

/// The file as a URI: relative where the path is.
fn artifact(file: &str) -> Value {
    let encoded = common::url::encode(file).replace("%2F", "/");
    if file.starts_with('/') {
        json!({"uri": format!("file://{encoded}")})
    } else {
        json!({"uri": encoded, "uriBaseId": "%SRCROOT%"})
    }
}
