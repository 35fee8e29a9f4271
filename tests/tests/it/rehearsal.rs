//! `make up` on a real Docker engine, with images made of the peers: the first stages of the rehearsal, for one profile.
//! `make rehearse` runs all of it.

use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

#[test]
fn make_up_starts_everything_and_ends_with_the_addresses() {
    let needed = [
        "PEER_DOCKER",
        "PEER_COMPOSE",
        "PEER_LOCALSTACK_PYTHON",
        "PEER_KAFKA",
        "PEER_REDIS",
        "PEER_STAND_IN_PYTHON",
    ];
    if needed.into_iter().any(|peer| peers::find(peer).is_none()) {
        return;
    }
    crate::secrets_init_image::files();
    let done = run(Command::new(root().join("scripts/rehearse"))
        .args(["--profiles", "core", "images", "start", "secrets", "topics"])
        .current_dir(root()))
    .expect(0);
    for line in [
        "frontend           http://localhost:5173/\n",
        "simulation         http://localhost:8000/health\n",
        "LocalStack has made ",
        "kafka-init has made ",
    ] {
        assert!(done.stderr.contains(line), "{line}\n{}", done.stderr);
    }
}
