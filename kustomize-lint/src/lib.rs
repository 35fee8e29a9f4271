//! Finds what breaks a Kustomize deployment before it is applied, and says where.
//!
//! - Input: folders with a `kustomization.yaml`, and the files and folders that they name.
//!   Nothing else: no kubectl, no network, no clock.
//! - Output: `build` prints the objects on stdout, as `kubectl kustomize` does.
//!   `budget` prints what the pods may use; 1 means more than there is, 3 that nobody knows.
//! - Exit status: 0 rendered. 2 usage, or a kustomization that cannot be built. 3 a part of it
//!   is not analysed: a remote base, a Helm chart, a function.

pub mod api;
mod argocd;
mod baseline;
mod budget;
pub mod cli;
mod command;
pub mod compose;
mod config;
pub mod facts;
mod finding;
mod fix;
mod format;
mod generate;
mod id;
mod kustomization;
mod lint;
mod listed;
mod load;
mod netpol;
pub mod object;
mod objects;
mod parity;
pub mod render;
pub mod rule;
pub mod rules;
mod schema;
mod secrecy;
mod select;
mod tracked;
mod transform;
pub mod tree;
mod view;

use common::exit::Status;

use cli::{Cli, Command};

/// The findings in `folder`, as the JSON of `--format json`; with the default settings. For programs that
/// have the linter as a library, and for its fuzz targets.
///
/// # Errors
/// A folder that does not exist.
pub fn check(folder: &std::path::Path) -> Result<String, common::diagnostic::Report> {
    let paths = [folder.to_owned()];
    let outcome = lint::lint(&paths, &config::Settings::default(), &tree::Texts::new())?;
    Ok(format::render(cli::Format::Json, &outcome))
}

/// The objects of a kustomization, as `build` writes them; `None` where it does not build or has parts that
/// are not analysed. Only the fuzz targets call it.
pub fn build(folder: &std::path::Path) -> Option<String> {
    let rendering = render::render(folder, &mut tree::Files::default());
    let is_known = rendering.not_analysed.iter().all(|part| part.effect.is_harmless());
    let is_whole = rendering.problems.is_empty() && is_known;
    let write = |object: &object::Object| tree::write(&object.node, &|_| String::new());
    is_whole.then(|| rendering.objects.iter().map(write).collect::<Vec<_>>().join("---\n"))
}

/// Does the work of the command line.
///
/// # Errors
/// The run could not do its work.
pub fn run(cli: Cli) -> anyhow::Result<Status> {
    Ok(match cli.command {
        None => command::lint::run(&cli.lint),
        Some(Command::Rules(options)) => command::rules::list(&options),
        Some(Command::Explain(options)) => command::rules::explain(&options),
        Some(Command::Budget(options)) => command::budget::run(&options),
        Some(Command::Build(options)) => command::build::run(&options),
    }?)
}
