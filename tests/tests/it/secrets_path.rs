//! The generated Compose file's way to its secrets, started by a real Docker engine: LocalStack
//! is reached, seeded and read, and a service is handed exactly the value that was put in.

use std::path::Path;
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

const VALUE: &str = r#"it's `hard` $1 $(id) ${HOME} \ "q" #"#;

#[test]
fn a_service_gets_exactly_the_hard_value_and_everything_starts_in_order() {
    let peer = |name| peers::find(name);
    let (Some(_), Some(_), Some(busybox), Some(python)) = (
        peer("PEER_DOCKER"),
        peer("PEER_COMPOSE"),
        peer("PEER_BUSYBOX"),
        peer("PEER_LOCALSTACK_PYTHON"),
    ) else {
        return;
    };
    crate::secrets_init_image::files();
    let scratch = tempfile::tempdir().unwrap();
    let done = run(Command::new(root().join("scripts/docker-engine"))
        .args(["run", "--"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/secrets_path.sh"))
        .args([&busybox, &python])
        .arg(root().join("infrastructure/docker/compose.yaml"))
        .arg(scratch.path())
        .current_dir(root()))
    .expect(0);
    // Compose clears each line of a log before it writes it.
    let shown = done.stdout.replace("\u{1b}[2K", "");
    let expected = format!(
        "# the service\nenvironment: {VALUE}\nargument: {VALUE}\n# the order\n\
         localstack running 0\nsecrets-seed exited 0\nsecrets-init exited 0\nredis running 0\n"
    );
    assert_eq!(shown, expected);
}
