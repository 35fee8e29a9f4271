//! `kustomize-lint budget`.

use std::io::{self, IsTerminal};

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use common::streams;
use common::verbose::timed;

use super::build::report;
use crate::budget::Budget;
use crate::cli::{self, BudgetFormat};
use crate::config::Settings;
use crate::facts::Effect;
use crate::format::budget::{human, json};
use crate::lint::Overlay;
use crate::render::render_with;
use crate::tree::Files;

pub(crate) fn run(options: &cli::Budget) -> Result<Status, Stop> {
    let settings = Settings::read(options.config.as_deref())?;
    if !options.path.is_dir() {
        return Err(Stop::bad("path", format!("there is no folder {}", options.path.display())));
    }
    let mut files = Files::default();
    let step = format!("rendering {}", options.path.display());
    let rendering = timed(step, || render_with(&options.path, &options.rendering, &mut files));
    let problems = report(&rendering, &files);
    if problems.has_errors() {
        return Err(Stop { status: Status::Unfinished, report: problems });
    }
    let complete = rendering.not_analysed.iter().all(|part| part.effect != Effect::Objects);
    let name = options.path.display().to_string();
    let overlay = Overlay::new(name, rendering, &settings, &files, None);
    let budget = Budget::of(&overlay);
    match options.format {
        BudgetFormat::Text => {
            streams::output(&human(&overlay, &budget, io::stdout().is_terminal()))?;
        }
        BudgetFormat::Json => streams::output(&json(&overlay, &budget, complete))?,
    }
    streams::say(&problems);
    let available = overlay.environment.as_ref().and_then(|environment| environment.available());
    let Some(available) = available else {
        return Err(Stop { status: Status::Unfinished, report: no_budget(&overlay) });
    };
    Ok(if budget.needed > available {
        Status::No
    } else if complete {
        Status::Done
    } else {
        Status::Unfinished
    })
}

fn no_budget(overlay: &Overlay<'_>) -> Report {
    let message = format!("no memory budget is known for {}", overlay.name);
    Diagnostic::error("no-budget", message)
        .hint("give its folder an [[environment]] with `path` and `budget` in .kustomize-lint.toml")
        .into()
}
