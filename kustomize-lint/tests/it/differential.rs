//! One small kustomization per semantic, rendered here, by `kubectl kustomize` and by the
//! standalone kustomize: the same objects in the same order, or an error everywhere.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};

use rideshare_tests::archive::{Case, cases};

const FAMILIES: &[(&str, &str)] = &[
    ("resources", include_str!("cases/resources.txt")),
    ("generators", include_str!("cases/generators.txt")),
    ("merge", include_str!("cases/merge.txt")),
    ("json", include_str!("cases/json.txt")),
    ("names", include_str!("cases/names.txt")),
    ("fields", include_str!("cases/fields.txt")),
    ("replacements", include_str!("cases/replacements.txt")),
];

/// A kubectl of the machine, with upstream's libraries, which Debian replaces by its own.
struct Upstream {
    path: PathBuf,
    /// Its minor version of Kubernetes 1.
    minor: u32,
}

/// The oldest and the newest of the kubectl that stand beside the one on the PATH.
///
/// The newest semantics count. Cases named `(since 1.31)` are those in which older versions,
/// measured with 1.27 to 1.33, do something else.
fn upstream() -> Vec<Upstream> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(found) =
        std::env::split_paths(&path).map(|folder| folder.join("kubectl")).find(|p| p.is_file())
    else {
        return Vec::new();
    };
    let real = found.canonicalize().unwrap();
    let mut versions: Vec<Upstream> = real
        .parent()
        .unwrap()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let minor = path.file_name()?.to_str()?.strip_prefix("kubectl.1.")?.parse().ok()?;
            Some(Upstream { path, minor })
        })
        .collect();
    versions.sort_by_key(|version| version.minor);
    let newest = versions.pop();
    versions.truncate(1);
    versions.extend(newest);
    versions
}

/// The version since which a case is as it is here.
fn since(case: &Case) -> u32 {
    let version = case.name.split_once("(since 1.").and_then(|(_, rest)| rest.strip_suffix(')'));
    version.map_or(0, |version| version.parse().unwrap())
}

/// Runs a case; what differs, if anything does.
fn differs(
    case: &Case,
    kubectl: &Path,
    kustomize: Option<&Path>,
    upstream: &[Upstream],
) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let top = case.write(folder.path());
    let ours = run(Command::new(env!("CARGO_BIN_EXE_kustomize-lint")).arg("build").arg(&top));
    let against = |peer: &str, theirs: &Run| -> Option<String> {
        let context =
            || format!("--- ours\n{}--- {peer}\n{}", ours.transcript(&[]), theirs.transcript(&[]));
        match (ours.status, theirs.status) {
            (0, 0) => {
                let own = rideshare_tests::yaml::documents(&ours.stdout);
                let other = rideshare_tests::yaml::documents(&theirs.stdout);
                // Nothing at all is one empty document for this reader.
                (own != other).then(context)
            }
            (0, _) | (_, 0) => Some(context()),
            // Bad input, said in an orderly way.
            (2, _) => None,
            _ => Some(context()),
        }
    };
    let every_build = !case.name.contains("(upstream only)");
    let newer = upstream.iter().filter(|version| version.minor >= since(case));
    for kubectl in newer.map(|version| version.path.as_path()).chain(every_build.then_some(kubectl))
    {
        let theirs = run(Command::new(kubectl).arg("kustomize").arg(&top));
        if let Some(difference) = against(&kubectl.display().to_string(), &theirs) {
            return Some(difference);
        }
    }
    let every_build = every_build && !case.name.contains("(kubectl only)");
    let kustomize = kustomize.filter(|_| every_build)?;
    let theirs = run(Command::new(kustomize).arg("build").arg(&top));
    against("kustomize", &theirs)
}

#[test]
fn every_semantic_is_that_of_the_real_kustomize() {
    let Some(kubectl) = peers::find("PEER_KUBECTL") else { return };
    let kustomize = peers::find("PEER_KUSTOMIZE");
    let upstream = upstream();
    let only = std::env::var("CASE").unwrap_or_default();
    let all: Vec<(String, Case)> = FAMILIES
        .iter()
        .flat_map(|(family, text)| {
            cases(text).into_iter().map(move |case| (format!("{family}: {}", case.name), case))
        })
        .filter(|(name, _)| name.contains(&only))
        .collect();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, case)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(difference) =
                        differs(case, &kubectl, kustomize.as_deref(), &upstream)
                    {
                        failed.lock().unwrap().push(format!("##### {name}\n{difference}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} of {} cases differ\n{}",
        failed.len(),
        all.len(),
        failed.join("\n")
    );
}
