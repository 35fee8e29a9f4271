//! A rule's name, weight and page. How it looks is in [`crate::rules`].

use serde::Serialize;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Likely a mistake.
    Warning,
    /// Breaks the deployment.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One thing that can be wrong.
#[derive(Debug)]
pub struct Rule {
    /// The stable code: `KR004`.
    pub code: &'static str,
    /// The stable name: `secret-key-missing`.
    pub name: &'static str,
    /// How much its findings weigh unless the configuration says otherwise.
    pub severity: Severity,
    /// The page in Markdown: the rule, its reason, a bad and a good example.
    pub docs: &'static str,
}

impl Rule {
    /// The documentation without the space that begins a doc comment's lines.
    pub fn text(&self) -> String {
        let line = |line: &str| format!("{}\n", line.strip_prefix(' ').unwrap_or(line));
        self.docs.lines().map(line).collect()
    }

    /// The rule, in one sentence.
    pub fn summary(&self) -> String {
        let text = self.text();
        let first = text.split("\n\n").next().unwrap_or_default();
        first.trim().replace('\n', " ")
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.code == other.code
    }
}
