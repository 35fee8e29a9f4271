//! README's picture is of a real run.

use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

#[test]
fn the_picture_shows_todays_output() {
    let Some(_) = peers::find("PEER_RICH_PYTHON") else { return };
    let drawn = run(&mut Command::new(root().join("scripts/picture"))).expect(0).stdout;
    let committed = std::fs::read_to_string(root().join("docs/kustomize-lint.svg")).unwrap();
    assert!(drawn == committed, "docs/kustomize-lint.svg is old: make picture");
}
