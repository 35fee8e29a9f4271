//! The real components, as `scripts/peers` installed them.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::run::run;

/// The path behind a `PEER_…` name of `scripts/peers env`.
///
/// `None` means that the peer is not installed: the caller returns, and the skip has been
/// counted and shown. With `CI=true` a missing peer is a failure. With `PEERS=none` no peer is used.
pub fn find(name: &str) -> Option<PathBuf> {
    if std::env::var_os("PEERS").is_some_and(|peers| peers == "none") {
        return None;
    }
    let path = installed().get(name);
    if path.is_none() {
        skip(&format!("{name} (`make peers` installs it)"));
    }
    path.cloned()
}

/// A copy of the installation that a program belongs to, for a server that runs as another user: the user's
/// cache folder, where peers are, is often closed to others. The folder goes when it is dropped.
///
/// # Panics
/// The program is not below a folder named `root`, or cannot be copied.
pub fn for_any_user(program: &Path) -> (tempfile::TempDir, PathBuf) {
    let root = program.ancestors().find(|above| above.ends_with("root")).expect("a folder `root`");
    let copy = tempfile::tempdir().expect("a temporary folder");
    std::fs::set_permissions(copy.path(), std::fs::Permissions::from_mode(0o755))
        .expect("its mode");
    run(Command::new("cp").arg("-a").arg(root).arg(copy.path())).expect(0);
    let program = copy.path().join("root").join(program.strip_prefix(root).expect("below it"));
    (copy, program)
}

/// The folders of libraries in an unpacked Debian tree, as `LD_LIBRARY_PATH` wants them.
pub fn libraries(root: &Path) -> String {
    let folders = std::fs::read_dir(root.join("usr/lib")).into_iter().flatten().flatten();
    let folders = folders.map(|entry| entry.path().display().to_string());
    folders.filter(|path| path.ends_with("-linux-gnu")).collect::<Vec<_>>().join(":")
}

/// Counts and shows that the test of this thread is skipped because `missing` is not there.
///
/// # Panics
/// With `CI=true`.
pub fn skip(missing: &str) {
    static SKIPPED: AtomicUsize = AtomicUsize::new(0);
    assert!(std::env::var("CI").is_err(), "{missing} is not there");
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not through eprintln!, which the test runner holds back for tests that pass.
    let _ = writeln!(std::io::stderr(), "SKIPPED ({count}): {test}: {missing} is not there");
}

fn installed() -> &'static BTreeMap<String, PathBuf> {
    static INSTALLED: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let script = crate::root().join("scripts/peers");
        let output = Command::new(&script).arg("env").output().expect("scripts/peers runs");
        assert!(output.status.success(), "{} env failed", script.display());
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, path)| (name.to_owned(), PathBuf::from(path)))
            .collect()
    })
}
