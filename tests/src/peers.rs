//! The real components, as `scripts/peers` installed them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Counts and shows that the test of this thread is skipped because `what` is not there.
///
/// # Panics
/// With `CI=true`.
pub fn skip(what: &str) {
    static SKIPPED: AtomicUsize = AtomicUsize::new(0);
    assert!(std::env::var("CI").is_err(), "{what} is not there");
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not through eprintln!, which the test runner holds back for tests that pass.
    let _ = writeln!(std::io::stderr(), "SKIPPED ({count}): {test}: {what} is not there");
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
