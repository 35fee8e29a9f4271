//! `import`: an existing Compose project into a specification folder, and a report of every key.
//!
//! The project is read by [`common::project`], made to fit what compose-gen accepts where
//! that does no harm, written, and read by compose-gen itself. Its findings then go to the
//! report at the project's own places.
//!
//! Comments above a service go with it.

mod binds;
mod check;
mod compose_only;
mod fit;
mod inherit;
mod names;
mod paths;
mod plain;
mod profiles;
mod project;
mod providers;
mod rows;
mod scalar;
mod secrets;
mod sections;
mod services;
mod settled;
mod sources;
mod state;
mod tree;
mod variables;
mod wishes;
mod write;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use common::cli::Format;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::streams::{self, say};
use common::verbose::timed;
use serde::Serialize;

use crate::cli::Import as Options;
use crate::spec::MAYBE_SECRET;
pub(crate) use plain::{Plain, plain};
use rows::Row;
use settled::settled;
use state::Import;
use tree::Fate;
use wishes::Wishes;

/// The folder that is made where none is named.
const FOLDER: &str = "platform";

/// Imports a project. `No` when compose-gen does not accept the result yet.
pub(crate) fn run(options: &Options) -> Result<Status> {
    let sources = sources::of(options)?;
    let out = options.out.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
    let taken = fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        let message = format!("{} is not empty", out.display());
        bail!(Diagnostic::error("not-empty", message));
    }
    let wishes = Wishes {
        published_ports: options.published_ports,
        network_policies: options.network_policies,
    };
    let mut import = settled(&sources, &paths::absolute(&out), wishes)?;
    let files = write::files(&import.project);
    // The paths of the project's files lead through the folder, which has to be there.
    let failed = || format!("cannot write {}", out.display());
    write::write(&files, &import.out).with_context(failed)?;
    let step = "reading the new specification";
    let checked = timed(step, || check::read(&import.out, None, &files));
    let left = check::tell(&checked.said, &files, &mut import.project.root);
    import.findings.extend(left.diagnostics().iter().cloned());
    import.findings.sort();
    report(options, &import, &Written { out: &out, files: &files, sources: &sources })
}

/// The result for programs.
#[derive(Serialize)]
struct Summary<'a> {
    keys: &'a [Row],
    files: &'a [String],
    /// The services that have another name in the specification.
    renamed: &'a BTreeMap<String, String>,
    /// The work that is left to a person before compose-gen accepts the folder.
    left: Vec<Left>,
    /// Values that look like secrets.
    warnings: Vec<Left>,
}

#[derive(Serialize)]
struct Left {
    place: Option<String>,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

/// The new folder.
struct Written<'a> {
    out: &'a Path,
    files: &'a BTreeMap<String, String>,
    /// The project's files.
    sources: &'a [PathBuf],
}

fn report(options: &Options, import: &Import, written: &Written<'_>) -> Result<Status> {
    let rows = rows::rows(&import.project.root);
    let names: Vec<String> =
        written.files.keys().map(|name| written.out.join(name).display().to_string()).collect();
    match options.format {
        Some(Format::Json) => {
            let (warnings, left) = import
                .findings
                .diagnostics()
                .iter()
                .map(|diagnostic| Left {
                    place: diagnostic.place().map(ToString::to_string),
                    code: diagnostic.code(),
                    message: diagnostic.message().to_owned(),
                    hint: diagnostic.hint_text().map(str::to_owned),
                })
                .partition(|item| item.code == MAYBE_SECRET);
            streams::json(&Summary {
                keys: &rows,
                files: &names,
                renamed: &import.renamed,
                left,
                warnings,
            })?;
        }
        Some(Format::Text) | None => {
            streams::output(&table(&rows, &names, written.sources))?;
            say(&import.findings);
            streams::output(&next(&import.findings, written.out))?;
        }
    }
    Ok(if import.findings.has_errors() { Status::No } else { Status::Done })
}

fn table(rows: &[Row], files: &[String], read: &[PathBuf]) -> String {
    let word = |fate: Fate| common::table::word(&fate).replace('-', " ");
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| vec![row.place.clone(), row.key.clone(), word(row.outcome), row.reason.clone()])
        .collect();
    let mut text = common::table::render(&["place", "key", "", ""], &cells, &[]);
    let fates = [Fate::Carried, Fate::Changed, Fate::Added, Fate::NotCarried, Fate::ToDo];
    let counts: Vec<String> = fates
        .map(word)
        .into_iter()
        .map(|label| (rows.iter().filter(|row| word(row.outcome) == label).count(), label))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    text.push_str(&format!("\n{}; written to {}\n", counts.join(", "), files.join(", ")));
    let Some(first) = read.first() else { return text };
    for name in sources::OVERRIDES {
        let beside = first.with_file_name(name);
        if beside.is_file() && !read.iter().any(|file| file.file_name() == beside.file_name()) {
            text.push_str(&format!("{name} is a file of its own and not part of this import\n"));
        }
    }
    text
}

/// The steps after an import.
fn next(findings: &Report, out: &Path) -> String {
    let out = out.display();
    match findings.diagnostics().iter().filter(|diagnostic| diagnostic.is_error()).count() {
        0 => format!(
            "\nNext: compose-gen --spec {out} writes docker/ and kubernetes/ beside it, and kubectl apply \
             -k kubernetes/overlays/local deploys them.\n"
        ),
        left => format!(
            "\nNext: change {out} where the errors above say so ({left}), and run compose-gen --spec {out}.\n"
        ),
    }
}
