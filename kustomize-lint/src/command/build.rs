//! `kustomize-lint build`.

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use common::streams;
use common::verbose::timed;

use crate::cli::Build;
use crate::facts::Effect;
use crate::render::{Rendering, render_with};
use crate::tree::{self, Files, Node};

/// The bytes that are printed at a time, so that no second copy of the result fills the memory.
const CHUNK: usize = 1 << 20;

pub(crate) fn run(options: &Build) -> Result<Status, Stop> {
    let mut files = Files::default();
    let step = format!("rendering {}", options.path.display());
    let rendering = timed(step, || render_with(&options.path, &options.rendering, &mut files));
    let report = report(&rendering, &files);
    if report.has_errors() {
        return Err(report.into());
    }
    let mut text = String::new();
    for (at, object) in rendering.objects.iter().enumerate() {
        if at > 0 {
            text.push_str("---\n");
        }
        if text.len() > CHUNK {
            streams::output(&text)?;
            text.clear();
        }
        if options.origins {
            text.push_str(&tree::write(&object.node, &|node| origin(&rendering, &files, node)));
        } else {
            text.push_str(&tree::write(&object.node, &|_| String::new()));
        }
    }
    streams::output(&text)?;
    streams::say(&report);
    let complete = rendering.not_analysed.iter().all(|part| part.effect.is_harmless());
    Ok(if complete { Status::Done } else { Status::Unfinished })
}

/// `base.yaml:3:5`, and `-> patch.yaml:7:9 (merge patch)` where a step changed the value.
fn origin(rendering: &Rendering, files: &Files, node: &Node) -> String {
    let base = files.show(node.origin.base);
    match node.origin.last {
        None => base,
        Some(touch) => {
            let by = rendering.step(touch.step).kind.name();
            let at = files.show(touch.place);
            if at == base { format!("{base} ({by})") } else { format!("{base} -> {at} ({by})") }
        }
    }
}

/// The problems as errors, and what is not analysed as warnings.
pub(super) fn report(rendering: &Rendering, files: &Files) -> Report {
    let mut place = files.drawn();
    let mut report = Report::default();
    for problem in &rendering.problems {
        let mut diagnostic = Diagnostic::error(problem.kind.code(), &problem.message);
        if let Some(at) = problem.place {
            diagnostic = diagnostic.at(place(at), "");
        }
        if let Some((at, label)) = &problem.also {
            diagnostic = diagnostic.also(place(*at), label);
        }
        report.push(diagnostic);
    }
    for part in &rendering.not_analysed {
        let missing = match part.effect {
            Effect::Nothing => "",
            Effect::Value => "; it is empty here",
            Effect::Fields => "; its changes are not shown here",
            Effect::Objects => "; its objects are missing here",
        };
        let message = format!("{} is not analysed{missing}", part.name);
        report.push(Diagnostic::warning("not-analysed", message).at(place(part.place), ""));
    }
    report.sort();
    report
}
