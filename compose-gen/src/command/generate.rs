//! `generate`: the files, written or checked.

use std::env;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use common::cli::Format;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::fault;
use common::stop::Stop;
use common::streams::{self, say};
use common::table;
use common::verbose::timed;
use serde::Serialize;

use super::{Loaded, load};
use crate::cli::{Generate, Part, Shared};
use crate::model::budget::Budget;
use crate::output::{Finding, Output, State, diff};
use crate::render::compose::Paths;
use crate::render::{Files, argocd, compose, kind, kubernetes};
use crate::spec::quantity::bytes;

/// Characters of a bar that is as long as the available memory.
const BAR: usize = 20;

/// The result of a run.
#[derive(Serialize)]
struct Summary {
    files: usize,
    bytes: usize,
    services: usize,
    changed: Vec<Change>,
    environments: Vec<Line>,
}

#[derive(Serialize)]
struct Change {
    path: String,
    state: State,
    #[serde(skip_serializing_if = "String::is_empty")]
    diff: String,
}

#[derive(Serialize)]
struct Line {
    environment: String,
    services: usize,
    objects: usize,
    limits: u64,
    requests: u64,
    available: Option<u64>,
}

pub(crate) fn run(shared: &Shared, options: &Generate) -> Result<Status> {
    let loaded = load(shared)?;
    let root = out_folder(&loaded, options)?;
    let source = source(&loaded.path);
    let (mut files, counts) = timed("rendering the files", || render(&loaded, &root, &source));
    let scopes: Vec<&str> = parts(&options.only).into_iter().flat_map(scope).copied().collect();
    files.all.retain(|path, _| scopes.iter().any(|scope| below(path, scope)));
    let out = Output::new(&root);
    out.with_lists(&mut files, &source);
    let failed = || format!("cannot write below {}", shown(&root));
    let step = format!("comparing with {}", shown(&root));
    let findings = timed(step, || out.compare(&files, &scopes)).with_context(failed)?;
    let current = findings.iter().all(|finding| finding.state == State::Current);
    warn(&loaded.warnings, current && !options.check);
    if !options.check {
        refuse(&findings, &root)?;
        let step = format!("writing to {}", shown(&root));
        timed(step, || out.write(&files, &findings)).with_context(failed)?;
    }
    let drift: Vec<&Finding> = findings.iter().filter(|f| f.state != State::Current).collect();
    let summary = Summary {
        files: files.all.len(),
        bytes: files.bytes(),
        services: loaded.platform.services.len(),
        changed: drift
            .iter()
            .map(|finding| Change {
                path: finding.path.clone(),
                state: finding.state,
                diff: if options.check { diff(finding, &files) } else { String::new() },
            })
            .collect(),
        environments: environments(&loaded, &counts),
    };
    match options.format {
        Some(Format::Json) => streams::json(&summary)?,
        Some(Format::Text) | None => {
            let bars = std::io::stdout().is_terminal();
            streams::output(&text(&summary, options.check, bars))?;
        }
    }
    Ok(if options.check && !drift.is_empty() { Status::No } else { Status::Done })
}

/// Says the warnings: all of them in a check and where something changes, otherwise their number.
fn warn(warnings: &Report, counted: bool) {
    let count = warnings.diagnostics().len();
    if !counted || count < 2 || common::verbose::is_on() {
        return say(warnings);
    }
    let message = format!("{count} warnings; the files are up to date");
    let mut report = Report::default();
    report.push(Diagnostic::warning("counted", message).hint("--verbose shows them"));
    say(&report);
}

/// Every file, without the disk being looked at.
pub(crate) fn render(loaded: &Loaded, root: &Path, source: &str) -> (Files, kubernetes::Counts) {
    let mut files = Files::default();
    let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| whole(path));
    let paths =
        Paths { from: absolute(&loaded.spec.sources.folder), to: absolute(root).join("docker") };
    let value = compose::render(&loaded.compose, &paths);
    files.yaml("docker/compose.yaml", source, &[value]);
    let counts = kubernetes::render(&loaded.platform, &loaded.spec.catalogue, source, &mut files);
    argocd::render(&loaded.platform, &counts, source, &mut files);
    kind::render(&loaded.platform, source, &mut files);
    (files, counts)
}

/// A path that does not exist yet, from the root on.
fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn out_folder(loaded: &Loaded, options: &Generate) -> Result<PathBuf> {
    let variable = || env::var_os("COMPOSE_GEN_OUT").filter(|out| !out.is_empty());
    if let Some(out) = options.out.clone().or_else(|| variable().map(PathBuf::from)) {
        return Ok(out);
    }
    let folder = loaded.spec.sources.folder.canonicalize();
    let folder = folder.with_context(|| format!("cannot find {}", loaded.path.display()))?;
    let beside = if loaded.path.is_dir() { folder.parent().map(Path::to_owned) } else { None };
    Ok(beside.unwrap_or(folder))
}

/// The name in the header: the specification without the folders above it, which differ from
/// machine to machine.
fn source(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if path.is_dir() { format!("{name}/") } else { name }
}

fn parts(only: &[Part]) -> Vec<Part> {
    let all = [Part::Compose, Part::Kustomize, Part::Argocd, Part::Kind];
    let mut parts = if only.is_empty() { all.to_vec() } else { only.to_vec() };
    parts.sort();
    parts.dedup();
    parts
}

fn scope(part: Part) -> &'static [&'static str] {
    match part {
        Part::Compose => &["docker/compose.yaml"],
        Part::Kustomize => &["kubernetes/base", "kubernetes/overlays"],
        Part::Argocd => &["kubernetes/argocd"],
        Part::Kind => &["kubernetes/kind"],
    }
}

fn below(path: &str, scope: &str) -> bool {
    path == scope || path.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'))
}

/// A path as the user would name it: from where they stand, if it is below.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
    let below = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    below.unwrap_or(path).display().to_string()
}

/// Files that this program did not write, or that a person has changed since, stay.
fn refuse(findings: &[Finding], root: &Path) -> Result<(), Stop> {
    let mut report = Report::default();
    for finding in findings {
        let path = shown(&root.join(&finding.path));
        match finding.state {
            State::Foreign => report.push(fault::not_generated(path, "compose-gen")),
            State::HandEdited => report.push(
                Diagnostic::error("hand-edited", format!("{path} was changed by hand"))
                    .hint("bring the change into the specification, then remove the file"),
            ),
            _ => {}
        }
    }
    if report.has_errors() { Err(Stop { status: Status::No, report }) } else { Ok(()) }
}

fn environments(loaded: &Loaded, counts: &kubernetes::Counts) -> Vec<Line> {
    let platform = &loaded.platform;
    let line = |name: &String| {
        let budget = Budget::of(platform, name);
        Line {
            environment: name.clone(),
            services: platform.services_in(Some(name)).count(),
            objects: counts.objects.get(name).copied().unwrap_or(0),
            limits: budget.limits,
            requests: budget.requests,
            available: budget.available,
        }
    };
    platform.environments.keys().map(line).collect()
}

/// The summary for people; with a bar for each environment's memory where somebody looks.
fn text(summary: &Summary, check: bool, bars: bool) -> String {
    let mut text = String::new();
    for change in &summary.changed {
        let verb = match (check, change.state) {
            (true, state) => table::word(&state),
            (false, State::Orphaned) => "removed".to_owned(),
            (false, _) => "written".to_owned(),
        };
        text.push_str(&format!("{verb:<12} {}\n", change.path));
        text.push_str(&change.diff);
    }
    if !summary.changed.is_empty() {
        text.push('\n');
    }
    let rows: Vec<Vec<String>> = summary
        .environments
        .iter()
        .map(|line| {
            let mut row = vec![
                line.environment.clone(),
                line.services.to_string(),
                line.objects.to_string(),
                bytes(line.limits),
                bytes(line.requests),
                line.available.map_or_else(|| "-".into(), bytes),
            ];
            if bars {
                let share = |available: u64| share(line.limits, available);
                row.push(line.available.map_or_else(String::new, share));
            }
            row
        })
        .collect();
    let header =
        ["environment", "services", "objects", "memory limits", "requests", "available", "used"];
    let header = if bars { &header[..] } else { &header[..6] };
    text.push_str(&table::render(header, &rows, &[1, 2, 3, 4, 5]));
    let state = if summary.changed.is_empty() { "up to date" } else { "changed" };
    let changed = if summary.changed.is_empty() { summary.files } else { summary.changed.len() };
    text.push_str(&format!(
        "\n{} services, {} files, {changed} {state}\n",
        summary.services, summary.files
    ));
    text
}

/// A frame as long as the available memory, filled as far as the limits go; longer than it when they are over.
fn share(limits: u64, available: u64) -> String {
    let filled = table::bar(i128::from(limits), i128::from(available), BAR);
    let left = BAR.saturating_sub(filled.chars().count());
    let percent = limits.saturating_mul(100).checked_div(available).unwrap_or_default();
    format!("{filled}{} {percent}%", "░".repeat(left))
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_bar_shows_what_is_left_and_what_is_too_much() {
        assert_eq!(share(5, 10), format!("{}{} 50%", "█".repeat(10), "░".repeat(10)));
        assert_eq!(share(15, 10), format!("{} 150%", "█".repeat(30)));
    }
}
