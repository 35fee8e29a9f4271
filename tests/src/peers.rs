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
/// counted and shown. With `CI=true` a missing peer is a failure.
pub fn find(name: &str) -> Option<PathBuf> {
    static SKIPPED: AtomicUsize = AtomicUsize::new(0);
    if let Some(path) = installed().get(name) {
        return Some(path.clone());
    }
    let message = format!("{name} is not installed; `make peers` installs it");
    assert!(std::env::var("CI").is_err(), "{message}");
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not through eprintln!, which the test runner holds back for tests that pass.
    let _ = writeln!(std::io::stderr(), "SKIPPED ({count}): {test}: {message}");
    None
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
