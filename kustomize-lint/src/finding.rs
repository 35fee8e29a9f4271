//! A rule's finding: the fault, its place, and one thing to do.

use crate::id::Id;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::tree::{Node, Origin, Place};

/// One finding. The same defect in several overlays is one finding.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) rule: &'static Rule,
    /// The rule's own, or what the configuration makes of it.
    pub(crate) severity: Severity,
    /// The problem, in one sentence.
    pub(crate) message: String,
    /// The place to change; `None` only for what has no file.
    pub(crate) place: Option<Place>,
    /// A few words under the place.
    pub(crate) label: String,
    /// Other places that explain: the base line behind a patch, the object that is meant.
    pub(crate) related: Vec<(Place, String)>,
    pub(crate) hint: Option<String>,
    /// The object: `Deployment rideshare/web`.
    pub(crate) object: Option<Id>,
    /// The text that tells findings of one rule at one place apart: a key, a name. Not shown.
    pub(crate) detail: String,
    /// The overlays that have it, as a user would write them.
    pub(crate) overlays: Vec<String>,
    /// How to correct it.
    pub(crate) fix: Option<Fix>,
    /// The identity that stays the same when lines move: rule, file, object and the text of the line.
    pub(crate) fingerprint: String,
}

/// A correction of a file's text.
#[derive(Clone, Debug)]
pub(crate) struct Fix {
    /// The effect of the fix: `replace \`bases\` by \`resources\``.
    pub(crate) title: String,
    /// Texts to put in the place of others; they do not overlap.
    pub(crate) edits: Vec<Edit>,
}

/// A text in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) place: Place,
    pub(crate) text: String,
}

impl Finding {
    /// A few words under the place.
    pub(crate) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }

    /// Another place that explains the first, if there is one; ignored when it is the first.
    pub(crate) fn also(
        &mut self,
        place: impl Into<Option<Place>>,
        label: impl Into<String>,
    ) -> &mut Self {
        if let Some(place) = place.into().filter(|place| self.place != Some(*place)) {
            self.related.push((place, label.into()));
        }
        self
    }

    /// Lowers the severity for a case that is less certain than the rule.
    pub(crate) fn at_most(&mut self, severity: Severity) -> &mut Self {
        self.severity = self.severity.min(severity);
        self
    }

    pub(crate) fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn object(&mut self, object: &Object) -> &mut Self {
        self.object = Some(object.id());
        self
    }

    /// The object that it is about, and what to do.
    pub(crate) fn about(&mut self, object: &Object, hint: impl Into<String>) -> &mut Self {
        self.object(object).hint(hint)
    }

    /// The overlay that has it, for rules that look at the whole run.
    pub(crate) fn overlay(&mut self, name: &str) -> &mut Self {
        self.overlays.push(name.to_owned());
        self
    }

    /// Sets the text that tells the finding apart from the rule's other findings at the same place.
    pub(crate) fn detail(&mut self, detail: impl Into<String>) -> &mut Self {
        self.detail = detail.into();
        self
    }

    /// How to correct it.
    pub(crate) fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fix = Some(fix);
        self
    }
}

/// Where the rules put what they find.
pub(crate) struct Findings<'a> {
    rule: &'static Rule,
    severity: Severity,
    overlay: Option<&'a str>,
    list: &'a mut Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// For one rule, in one overlay or in the whole run.
    pub(crate) fn new(
        rule: &'static Rule,
        severity: Severity,
        overlay: Option<&'a str>,
        list: &'a mut Vec<Finding>,
    ) -> Self {
        Findings { rule, severity, overlay, list }
    }

    /// A finding at a place.
    pub(crate) fn at(
        &mut self,
        place: impl Into<Option<Place>>,
        message: impl Into<String>,
    ) -> &mut Finding {
        let at = self.list.len();
        self.list.push(Finding {
            rule: self.rule,
            severity: self.severity,
            message: message.into(),
            place: place.into(),
            label: String::new(),
            related: Vec::new(),
            hint: None,
            object: None,
            detail: String::new(),
            overlays: self.overlay.map(str::to_owned).into_iter().collect(),
            fix: None,
            fingerprint: String::new(),
        });
        &mut self.list[at]
    }

    /// A finding at a value: at the patch, or other step, that set it last, and with the line
    /// where it stood first.
    pub(crate) fn value(&mut self, node: &Node, message: impl Into<String>) -> &mut Finding {
        self.origin(&node.origin, message)
    }

    /// The same for a place with a history.
    pub(crate) fn origin(&mut self, origin: &Origin, message: impl Into<String>) -> &mut Finding {
        let finding = self.at(origin.place(), message);
        finding.also(origin.base, "stood here first")
    }
}
