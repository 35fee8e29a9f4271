//! The outputs of foundation that the platform layer reads, each by its name or as a whole.

use std::collections::BTreeMap;
use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::visit::{self, Visit};

use super::tree::{File, Folder};

/// The outputs that are read, with the place of one reader, and what is wrong with others.
pub(super) fn of_foundation(platform: &Folder) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut names, mut problems) = (BTreeMap::new(), Vec::new());
    for file in &platform.0 {
        let mut reader = Reader { found: Vec::new() };
        reader.visit_body(&file.body);
        for (name, span) in reader.found {
            match name {
                Some(name) => {
                    names.entry(name).or_insert_with(|| file.at(span, ""));
                }
                None => problems.push(aliased(file, span)),
            }
        }
    }
    (names, problems)
}

fn aliased(file: &File, span: Option<Range<usize>>) -> String {
    file.at(
        span,
        "the outputs of foundation are taken as a whole: read each by its name, as \
         data.terraform_remote_state.foundation.outputs.vpc_id, so that a missing one is seen",
    )
}

struct Reader {
    found: Vec<(Option<String>, Option<Range<usize>>)>,
}

impl Visit for Reader {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let Expression::Variable(root) = &node.expr {
            let path: Vec<Option<String>> =
                node.operators.iter().map(|step| step_name(step)).collect();
            let path: Vec<Option<&str>> = path.iter().map(Option::as_deref).collect();
            let rest = match (root.as_str(), path.as_slice()) {
                ("data", [Some("terraform_remote_state"), Some("foundation"), rest @ ..]) => {
                    Some(rest)
                }
                ("data", [Some("terraform_remote_state"), ..]) => Some(&[][..]),
                _ => None,
            };
            if let Some(rest) = rest {
                let name = match rest {
                    [Some("outputs"), Some(name), ..] => Some((*name).to_owned()),
                    _ => None,
                };
                self.found.push((name, node.span()));
            }
        }
        visit::visit_traversal(self, node);
    }
}

/// `.name` and `["name"]`; anything else is no name that a reader of the file can see.
fn step_name(step: &TraversalOperator) -> Option<String> {
    match step {
        TraversalOperator::GetAttr(name) => Some(name.as_str().to_owned()),
        TraversalOperator::Index(index) => index.as_str().map(str::to_owned),
        _ => None,
    }
}
