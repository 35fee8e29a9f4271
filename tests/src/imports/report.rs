//! The lines of an import's report, and the warnings of the generation.

use serde_json::Value;

use crate::run::Run;

/// The rows of the import's report.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Key and reason of every row that says more than "carried".
    said: Vec<(String, String)>,
    /// The work that is left, one line each.
    pub(super) left: Vec<String>,
    /// The name of each service in Kubernetes, where it is another one.
    renamed: Vec<(String, String)>,
}

impl Report {
    pub(super) fn read(imported: &Run, generated: Option<&Run>) -> Self {
        let mut report = Report::default();
        let Ok(whole) = serde_json::from_str::<Value>(&imported.stdout) else { return report };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for row in whole["keys"].as_array().into_iter().flatten() {
            if row["outcome"] != "carried" || row["reason"] != "" {
                report.said.push((text(&row["key"]), text(&row["reason"])));
            }
        }
        for left in whole["left"].as_array().into_iter().flatten() {
            report.left.push(format!("{}: {}", text(&left["code"]), text(&left["message"])));
        }
        for (old, new) in whole["renamed"].as_object().into_iter().flatten() {
            report.renamed.push((old.clone(), text(new)));
        }
        let warnings = generated.map_or("", |run| run.stderr.as_str());
        report.said.extend(warnings.lines().map(|line| (String::new(), line.to_owned())));
        report
    }

    /// The name of a service in Kubernetes.
    pub(super) fn name<'a>(&'a self, service: &'a str) -> &'a str {
        let renamed = self.renamed.iter().find(|(old, _)| old == service);
        renamed.map_or(service, |(_, new)| new)
    }

    /// Whether a row says something about one of these keys of a service: of the key itself, of the
    /// entry `item` below it, or of any entry in whose reason the item stands.
    pub(super) fn mentions(&self, service: &str, keys: &[&str], item: &str) -> bool {
        self.said.iter().any(|(path, reason)| {
            let Some(rest) = path.strip_prefix(&format!("services.{service}.")) else {
                return path == &format!("services.{service}") && reason.contains(item);
            };
            let Some(key) = keys.iter().find(|key| {
                rest.strip_prefix(**key).is_some_and(|end| end.is_empty() || end.starts_with('.'))
            }) else {
                return false;
            };
            let below = rest[key.len()..].trim_start_matches('.');
            below.is_empty() || below == item || reason.contains(item) || starts_with_number(below)
        })
    }
}

/// An entry of a list has a number, and its row stands for it.
fn starts_with_number(path: &str) -> bool {
    path.split('.').next().is_some_and(|step| step.parse::<usize>().is_ok())
}
