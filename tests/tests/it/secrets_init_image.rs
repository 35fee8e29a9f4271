//! The secrets-init image, built without a registry and run by a real Docker engine.

use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

/// The files of the image, with its static binary. scripts/secrets-init-image finds them there by itself.
pub(crate) fn files() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let files = target.join("secrets-init/files");
    assert!(files.exists(), "`make secrets-init-files` makes {}", files.display());
    files
}

#[test]
fn the_image_fetches_from_localstack_into_a_volume() {
    let peer = |name| peers::find(name);
    let (Some(_), Some(busybox), Some(python)) =
        (peer("PEER_DOCKER"), peer("PEER_BUSYBOX"), peer("PEER_LOCALSTACK_PYTHON"))
    else {
        return;
    };
    let files = files();
    let scratch = tempfile::tempdir().unwrap();
    let done = run(Command::new(root().join("scripts/docker-engine"))
        .args(["run", "--"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/secrets_init_image.sh"))
        .args([&files.join("fetch-secrets"), &busybox, &python])
        .arg(scratch.path())
        .current_dir(root()))
    .expect(0);
    insta::assert_snapshot!(done.stdout);
}
