//! The user's kubeconfig gets the cluster's context, and keeps its current one.
//!
//! kind itself makes its cluster the current context, so a `kubectl delete` that is meant for
//! another cluster would hit the new one. Files are chosen, locked and merged as kubectl does it, so
//! that neither loses an edit of the other.

mod edit;
mod lock;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::files::{Folder, folder_of, read_or_empty};
use common::stop::Stop;
use common::yaml::plain::{self, Value};
use kube::config::Kubeconfig;
use sha2::{Digest, Sha256};

use super::context::context_of;
use crate::digest::hex;
use edit::{Edit, SECTIONS, Unusable};
use lock::Lock;

/// kubectl reads the file before it locks it, and takes out entries that came in between. Such a kubectl
/// has written by then.
const SETTLED: Duration = Duration::from_millis(300);
const LOOK: Duration = Duration::from_millis(50);

/// The files, in the order of their precedence: those of `KUBECONFIG`, or the file in the home folder.
fn files() -> Vec<PathBuf> {
    let given = std::env::var_os("KUBECONFIG").unwrap_or_default();
    let mut files: Vec<PathBuf> = Vec::new();
    for path in std::env::split_paths(&given).filter(|path| !path.as_os_str().is_empty()) {
        // Resolved once: nobody may change the folder in between.
        let path = std::path::absolute(&path).unwrap_or(path);
        if !files.contains(&path) {
            files.push(path);
        }
    }
    if files.is_empty()
        && let Some(home) = std::env::var_os("HOME")
    {
        files.push(PathBuf::from(home).join(".kube/config"));
    }
    files
}

/// The files merged: of equal names the first counts, and missing files are left out.
pub(crate) fn merged() -> Result<Kubeconfig, String> {
    let mut all: Option<Kubeconfig> = None;
    for file in files().iter().filter(|file| file.exists()) {
        // kubectl takes an empty file for an empty kubeconfig.
        if read_or_empty(file).is_ok_and(|text| text.trim().is_empty()) {
            continue;
        }
        let more = Kubeconfig::read_from(file)
            .map_err(|error| format!("{}: {}", file.display(), super::chain(&error)))?;
        all = Some(match all {
            None => more,
            Some(all) => all.merge(more).map_err(|error| super::chain(&error))?,
        });
    }
    Ok(all.unwrap_or_default())
}

/// A fingerprint of the certificate authority that the context of cluster `name` trusts: two clusters of one name
/// have different ones. `None` where there is no such context.
pub(crate) fn authority(name: &str) -> Option<String> {
    fingerprint(name, &merged().ok()?)
}

/// The same, of a kubeconfig's text.
pub(crate) fn authority_of(name: &str, text: &str) -> Option<String> {
    fingerprint(name, &Kubeconfig::from_yaml(text).ok()?)
}

fn fingerprint(name: &str, config: &Kubeconfig) -> Option<String> {
    let of = context_of(name);
    let context = config.contexts.iter().find(|known| known.name == of)?.context.as_ref()?;
    let cluster = config.clusters.iter().find(|known| known.name == context.cluster)?;
    let cluster = cluster.cluster.as_ref()?;
    let authority = cluster.certificate_authority_data.as_ref();
    let known = authority.or(cluster.certificate_authority.as_ref()).or(cluster.server.as_ref())?;
    Some(hex(&Sha256::digest(known.as_bytes())))
}

/// Whether there is a context of cluster `name`.
pub(crate) fn has_context(name: &str) -> bool {
    let of = context_of(name);
    // A file that cannot be read may have one.
    merged().map_or(true, |config| config.contexts.iter().any(|known| known.name == of))
}

/// Puts the entries of kind's own kubeconfig for cluster `name` into the user's. Entries
/// with other names, and the current context, stay as they are.
pub(crate) fn add(name: &str, kinds: &str) -> Result<(), Stop> {
    let new: Value = plain::from_str(kinds)
        .map_err(|error| Stop::bad("bad-kubeconfig", format!("kind's kubeconfig: {error}")))?;
    let context = context_of(name);
    let entry = |section: &str| {
        let entries = new.get(section).and_then(Value::as_sequence)?;
        let is_ours = |entry: &&Value| entry.get("name").and_then(Value::as_str) == Some(&context);
        entries.iter().find(is_ours).cloned()
    };
    let wanted: Vec<(&'static str, Value)> =
        SECTIONS.into_iter().filter_map(|section| Some((section, entry(section)?))).collect();
    settle(|texts| {
        let mut edits: Vec<Edit> = texts.iter().map(|_| Edit::default()).collect();
        for (section, entry) in &wanted {
            // An entry is edited where kubectl reads it from; a new one goes where kubectl puts it.
            let has = |text: &Option<String>| {
                let config = text.as_deref().and_then(|text| edit::read(text).ok());
                config.is_some_and(|config| edit::entry(&config, section, &context).is_some())
            };
            let first = texts.iter().position(Option::is_some);
            let at = texts.iter().position(has).or(first).unwrap_or(texts.len() - 1);
            edits[at].entries.push((section, context.clone(), Some(entry.clone())));
        }
        edits
    })
}

/// Takes the cluster's entries out again, of every file that has them.
pub(crate) fn remove(name: &str) -> Result<(), Stop> {
    let context = context_of(name);
    settle(|texts| {
        let edit = |text: &Option<String>| match text {
            None => Edit::default(),
            Some(_) => Edit {
                entries: SECTIONS.map(|section| (section, context.clone(), None)).to_vec(),
                // It would lead nowhere.
                not_current: Some(context.clone()),
            },
        };
        texts.iter().map(edit).collect()
    })
}

/// Edits the files until the edits last. `edits` gets their texts, none for a missing file.
fn settle(edits: impl Fn(&[Option<String>]) -> Vec<Edit>) -> Result<(), Stop> {
    let mut deadline = None;
    loop {
        let changed = change(&edits)?;
        match deadline {
            None if !changed => return Ok(()),
            None => deadline = Some(Instant::now() + SETTLED),
            Some(deadline) if Instant::now() >= deadline => return Ok(()),
            Some(_) => {}
        }
        std::thread::sleep(LOOK);
    }
}

/// Whether the edits change a file, going by an unlocked look; a file that cannot be read counts as one
/// that would change.
fn would_change(targets: &[PathBuf], edits: impl Fn(&[Option<String>]) -> Vec<Edit>) -> bool {
    let read = |target: &PathBuf| -> io::Result<Option<String>> {
        Ok(if target.exists() { Some(read_or_empty(target)?) } else { None })
    };
    let Ok(texts) = targets.iter().map(read).collect::<io::Result<Vec<_>>>() else { return true };
    let unchanged = |(edit, text): (&Edit, &Option<String>)| {
        matches!(edit.apply(text.as_deref().unwrap_or_default()), Ok(None))
    };
    !edits(&texts).iter().zip(&texts).all(unchanged)
}

/// Edits the files, all of them locked, and says whether one has changed. A file that would not change is
/// neither locked nor touched.
fn change(edits: impl Fn(&[Option<String>]) -> Vec<Edit>) -> Result<bool, Stop> {
    let files = files();
    if files.is_empty() {
        return Err(Stop::bad("no-kubeconfig", "neither KUBECONFIG nor HOME is set"));
    }
    let failed = |path: &Path, action: &str, error: &dyn std::fmt::Display| {
        let shown = path.display();
        Stop::bad("kubeconfig", format!("cannot {action} the kubeconfig {shown}: {error}"))
    };
    // A link and the file that it leads to may both be edited. The order keeps two runs from waiting for
    // each other.
    let targets: Vec<PathBuf> = files.iter().map(|file| target(file)).collect();
    if !would_change(&targets, &edits) {
        return Ok(false);
    }
    let all: BTreeSet<PathBuf> =
        files.iter().map(|file| placed(file)).chain(targets.clone()).collect();
    let mut locks = Vec::new();
    for path in &all {
        let is_new = !path.exists();
        match Lock::take(path) {
            Ok(lock) => locks.push(lock),
            // A missing file of the list may lie in a folder that cannot be written to.
            Err(_) if is_new && files.len() > 1 => {}
            Err(error) => return Err(failed(path, "lock", &error)),
        }
    }
    let mut texts = Vec::new();
    for target in &targets {
        let text = read_or_empty(target).map_err(|error| failed(target, "read", &error))?;
        texts.push(target.exists().then_some(text));
    }
    let mut changed = false;
    for ((edit, text), target) in edits(&texts).iter().zip(&texts).zip(&targets) {
        let text = text.as_deref().unwrap_or_default();
        let new = edit.apply(text).map_err(|unusable| match unusable {
            Unusable::NoYaml => failed(target, "read", &"it is not valid YAML"),
            Unusable::NoMapping => failed(target, "read", &"it is not a mapping"),
        })?;
        changed |= new.is_some();
        if let Some(new) = new {
            write(target, &new).map_err(|error| failed(target, "write", &error))?;
        }
    }
    drop(locks);
    Ok(changed)
}

/// The path with its folder resolved: two names of one lock are one lock.
fn placed(path: &Path) -> PathBuf {
    match (fs::canonicalize(folder_of(path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// The file that a path leads to, although it may not be there yet.
fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // A link may lead to a file that is not there; a circle has no end.
    for _ in 0..40 {
        let Ok(link) = fs::read_link(&path) else { break };
        path = folder_of(&path).join(link);
    }
    placed(&path)
}

/// Replaces the file whole, with the owner and the mode that it has.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or(io::ErrorKind::InvalidInput)?;
    let now = fs::metadata(path).ok();
    let mode = now.as_ref().map_or(0o600, |now| now.permissions().mode() & 0o7777);
    let user = rustix::process::geteuid().as_raw();
    // A file of another user, or one with several names, would change its owner or lose the names.
    let in_place = now.as_ref().is_some_and(|now| now.uid() != user || now.nlink() > 1);
    if !in_place {
        let folder = Folder::lock(folder_of(path), Instant::now() + Duration::from_secs(10))?;
        let staged = folder.stage(name, text.as_bytes(), mode)?;
        match folder.publish(vec![staged]) {
            // A file that is mounted into a container cannot be replaced.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            done => return done,
        }
    }
    fs::write(path, text)
}
