//! The lines of an import's report.

use std::path::Path;

use serde_json::Value;

use super::item::{Sources, speaks_of};
use crate::run::Run;

/// The rows of the import's report.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Every row that says more than "carried".
    said: Vec<Said>,
    /// The work that is left, one line each.
    pub(super) left: Vec<String>,
    /// The name of each service in Kubernetes, where it is another one.
    renamed: Vec<(String, String)>,
}

/// A row.
#[derive(Debug)]
struct Said {
    key: String,
    reason: String,
    /// The text of the item of a list that it is about; `None` where it cannot be told.
    item: Option<String>,
}

impl Report {
    /// Reads a report whose places are paths from `folder`.
    pub(super) fn read(imported: &Run, folder: &Path) -> Self {
        let mut report = Report::default();
        let Ok(whole) = serde_json::from_str::<Value>(&imported.stdout) else { return report };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut sources = Sources::default();
        for row in whole["keys"].as_array().into_iter().flatten() {
            if row["outcome"] != "carried" || row["reason"] != "" {
                let key = text(&row["key"]);
                let lists = key.split('.').filter(|step| step.parse::<usize>().is_ok()).count();
                let place = row["place"].as_str().filter(|_| lists > 0);
                let item = place.and_then(|place| sources.item(folder, place, lists - 1));
                report.said.push(Said { key, reason: text(&row["reason"]), item });
            }
        }
        for left in whole["left"].as_array().into_iter().flatten() {
            report.left.push(format!("{}: {}", text(&left["code"]), text(&left["message"])));
        }
        for (old, new) in whole["renamed"].as_object().into_iter().flatten() {
            report.renamed.push((old.clone(), text(new)));
        }
        report
    }

    /// The name of a service in Kubernetes.
    pub(super) fn name<'a>(&'a self, service: &'a str) -> &'a str {
        let renamed = self.renamed.iter().find(|(old, _)| old == service);
        renamed.map_or(service, |(_, new)| new)
    }

    /// Whether a row says something about one of these keys of a service: of the key itself, of the
    /// entry `item` below it, or of any entry in whose reason the item stands. A row of a list's item counts
    /// for this item alone.
    pub(super) fn mentions(&self, service: &str, keys: &[&str], item: &str) -> bool {
        self.said.iter().any(|said| {
            let reason = &said.reason;
            let Some(rest) = said.key.strip_prefix(&format!("services.{service}.")) else {
                return said.key == format!("services.{service}") && reason.contains(item);
            };
            let Some(key) = keys.iter().find(|key| {
                rest.strip_prefix(**key).is_some_and(|end| end.is_empty() || end.starts_with('.'))
            }) else {
                return false;
            };
            let below = rest[key.len()..].trim_start_matches('.');
            if below.is_empty() || below == item || reason.contains(item) {
                return true;
            }
            let in_list = below.split('.').next().is_some_and(|step| step.parse::<usize>().is_ok());
            in_list && said.item.as_ref().is_none_or(|text| speaks_of(text, item))
        })
    }
}
