//! A run of the linter.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use common::diagnostic::Report;
use common::verbose::{self, timed};
use serde::Serialize;

use super::discover::{Discovered, Found, discover};
use super::input::Run;
use super::join::join;
use super::overlay::Overlay;
use super::{fingerprint, orphans, suppress};
use crate::argocd::Checkout;
use crate::config::Settings;
use crate::finding::{Finding, Findings};
use crate::load::{Bases, Options};
use crate::parity::{self, Compose};
use crate::render::{Rendering, render_sharing};
use crate::rules::{self, Check, Entry};
use crate::tree::{self, Files, Place, Texts};

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The findings, in the order of files and places; no defect stands twice.
    pub(crate) findings: Vec<Finding>,
    /// The number of suppressed findings.
    pub(crate) suppressed: usize,
    /// The number of findings in the baseline, see [`crate::baseline`].
    pub(crate) baselined: usize,
    /// The number of findings below the threshold.
    pub(crate) below_threshold: usize,
    /// Every file that was read.
    pub(crate) files: Files,
    /// The roots, as a user would write them.
    pub(crate) overlays: Vec<String>,
    pub(crate) objects: usize,
    /// Roots that do not build.
    pub(crate) broken: Vec<String>,
    /// The rules that could not tell what is absent from an overlay, because parts of it are unknown.
    pub(crate) cannot_tell: Vec<Uncertain>,
    /// Parts that could not be looked at, in words: roots that do not build, remote bases, folders that
    /// cannot be read.
    pub(crate) incomplete: Vec<String>,
}

/// An overlay, and the codes of the rules that could not tell what is absent from it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Uncertain {
    pub(crate) overlay: String,
    pub(crate) rules: Vec<&'static str>,
}

/// Renders every root at and below `paths`, and asks every rule. `texts` stand in for files.
///
/// # Errors
/// Paths that do not exist.
pub(crate) fn lint(
    paths: &[PathBuf],
    settings: &Settings,
    texts: &Texts,
) -> Result<Outcome, Report> {
    let step = "looking for kustomizations";
    let Found { kustomizations: found, unreadable } = timed(step, || discover(paths))?;
    let mut files = Files::with_texts(texts);
    if let Some((path, text)) = &settings.file {
        files.add(path, text);
    }
    let renderings = render_roots(&found, &settings.rendering, &mut files);
    let orphans = orphans::find(&found, &renderings, &mut files);
    let compose = settings.project.as_ref().map(|project| Compose::new(project, &mut files));
    if let Some(compose) = &compose {
        parity::hide(compose, &renderings, &mut files);
    }
    let checkout = checkout(&renderings, settings, &mut files);
    let mut findings = Vec::new();
    let mut unknown: HashSet<Place> = HashSet::new();
    let mut broken = Vec::new();
    let (mut names, mut objects) = (Vec::new(), 0);
    let cannot_tell;
    {
        let overlays: Vec<Overlay<'_>> = renderings
            .into_iter()
            .map(|(name, rendering)| {
                Overlay::new(name, rendering, settings, &files, compose.as_ref())
            })
            .collect();
        for overlay in &overlays {
            names.push(overlay.name.clone());
            objects += overlay.objects().len();
            if !overlay.rendering.problems.is_empty() {
                broken.push(overlay.name.clone());
            }
            let parts = overlay.rendering.not_analysed.iter();
            let parts = parts.filter(|part| !part.effect.is_harmless());
            unknown.extend(parts.map(|part| part.place));
        }
        let run = Run {
            settings,
            files: &files,
            overlays: &overlays,
            orphans: &orphans,
            checkout: &checkout,
        };
        cannot_tell = timed("checking the rules", || ask(&run, &mut findings));
    }
    let findings = join(findings, &files);
    let sorted = suppress::apply(findings, settings, &files);
    for finding in &sorted.suppressed {
        if let (true, Some(place)) = (finding.rule.code == "KB018", finding.place) {
            unknown.remove(&place);
        }
    }
    let mut incomplete = unreadable;
    incomplete.extend(broken.iter().map(|overlay| {
        format!("{overlay} does not build; rules that need all its objects are not checked")
    }));
    let mut unknown: Vec<Place> = unknown.into_iter().collect();
    unknown.sort();
    incomplete.extend(
        unknown.into_iter().map(|place| format!("{}: this is not rendered", files.show(place))),
    );
    let mut findings = join(sorted.kept, &files);
    fingerprint::assign(&mut findings, settings, &files);
    Ok(Outcome {
        findings,
        suppressed: sorted.suppressed.len(),
        baselined: 0,
        below_threshold: 0,
        files,
        overlays: names,
        objects,
        broken,
        cannot_tell,
        incomplete,
    })
}

/// The rendering of every root, as text; a root that does not build renders to nothing.
///
/// # Errors
/// Paths that do not exist.
pub(crate) fn rendered(
    paths: &[PathBuf],
    settings: &Settings,
    texts: &Texts,
) -> Result<Vec<String>, Report> {
    let found = discover(paths)?.kustomizations;
    let renderings = render_roots(&found, &settings.rendering, &mut Files::with_texts(texts));
    let text = |rendering: Rendering| {
        if !rendering.problems.is_empty() {
            return String::new();
        }
        let objects = rendering.objects.iter();
        objects.map(|object| tree::write(&object.node, &|_| String::new()) + "---\n").collect()
    };
    Ok(renderings.into_iter().map(|(_, rendering)| text(rendering)).collect())
}

/// Renders the roots, and then whatever no root has led to: bases that include each other.
fn render_roots(
    found: &[Discovered],
    options: &Options,
    files: &mut Files,
) -> Vec<(String, Rendering)> {
    let mut visited: HashSet<PathBuf> = HashSet::new();
    let mut renderings = Vec::new();
    let mut bases = Bases::expecting(uses(found));
    let (roots, others): (Vec<_>, Vec<_>) = found.iter().partition(|one| one.root);
    for one in roots.into_iter().chain(others) {
        if !one.root && (one.component || visited.contains(&one.canonical)) {
            continue;
        }
        let step = format!("rendering {}", one.shown.display());
        let rendering = timed(step, || render_sharing(&one.shown, options, files, &mut bases));
        visited.extend(rendering.roots.iter().map(|root| root.canonical.clone()));
        renderings.push((one.shown.display().to_string(), rendering));
    }
    drop(verbose::step(format!("bases: {} rendered, {} copied", bases.rendered, bases.copied)));
    renderings
}

/// How often each folder is included.
fn uses(found: &[Discovered]) -> HashMap<PathBuf, usize> {
    let mut uses = HashMap::new();
    for one in found {
        // A component is rendered again for everything that includes it.
        let often = if one.component { usize::from(u16::MAX) } else { 1 };
        for folder in &one.includes {
            *uses.entry(folder.clone()).or_default() += often;
        }
    }
    uses
}

/// The contents of the paths of Applications, when a rule about Argo CD is asked.
fn checkout(
    renderings: &[(String, Rendering)],
    settings: &Settings,
    files: &mut Files,
) -> Checkout {
    match rules::all().any(|rule| rule.code.starts_with("KA") && settings.asks(rule)) {
        true => Checkout::of(renderings, settings, files),
        false => Checkout::default(),
    }
}

fn ask(run: &Run<'_>, list: &mut Vec<Finding>) -> Vec<Uncertain> {
    let none =
        |overlay: &Overlay<'_>| Uncertain { overlay: overlay.name.clone(), rules: Vec::new() };
    let mut uncertain: Vec<Uncertain> = run.overlays.iter().map(none).collect();
    for Entry { rule, check } in rules::ENTRIES.iter().copied() {
        if !run.settings.asks(rule) {
            continue;
        }
        let severity = run.settings.severity(rule);
        match check {
            Check::Overlay(check) => {
                for overlay in run.overlays {
                    let name = Some(overlay.name.as_str());
                    check(overlay, &mut Findings::new(rule, severity, name, list));
                }
            }
            Check::Run(check) => check(run, &mut Findings::new(rule, severity, None, list)),
            Check::Last => {}
        }
        for (overlay, uncertain) in run.overlays.iter().zip(&mut uncertain) {
            if overlay.take_uncertain() {
                uncertain.rules.push(rule.code);
            }
        }
    }
    uncertain.retain(|uncertain| !uncertain.rules.is_empty());
    uncertain
}
