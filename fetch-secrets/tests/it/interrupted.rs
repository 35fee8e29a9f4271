//! Killed, out of space, not allowed to write: no file is ever torn.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use insta::assert_snapshot;
use rideshare_tests::run::{has_open, run, until};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::Bench;

/// Two catalogues whose files are large enough to be caught half-way.
fn versions() -> (String, String) {
    let catalogue = |fill: &str| {
        let value = fill.repeat(200_000);
        format!(
            "x-secrets:\n  one: {{services: [a, b], keys: {{A: {{dev: {value}}}, \
             B: {{dev: {value}}}}}}}\n"
        )
    };
    (catalogue("x"), catalogue("y"))
}

#[test]
fn killed_two_hundred_times_at_random_moments_every_file_is_whole() {
    let (old, new) = versions();
    let bench = Bench::new(&old);
    let started = Instant::now();
    run(&mut bench.tool(&["--source", "dev"])).expect(0);
    let usual = started.elapsed();
    let whole: Vec<String> = {
        let first = bench.read("out/core.env");
        bench.write("spec/secrets.yaml", &new);
        run(&mut bench.tool(&["--source", "dev"])).expect(0);
        vec![first, bench.read("out/core.env")]
    };
    let mut killed = 0;
    let mut random = 42u64;
    for round in 0..200 {
        bench.write("spec/secrets.yaml", if round % 2 == 0 { &old } else { &new });
        let mut child = bench.tool(&["--source", "dev"]).stdout(Stdio::null()).spawn().unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // The pause is the input of the test: kills are spread over the whole run.
        thread::sleep(usual.mul_f64((random >> 33) as f64 / f64::from(u32::MAX >> 1)));
        let _ = child.kill();
        if child.wait().unwrap().code().is_none() {
            killed += 1;
        }
        for name in ["out/core.env", "out/extra.env"] {
            assert!(whole.contains(&bench.read(name)), "{name} is torn in round {round}");
        }
    }
    assert!(killed > 50, "only {killed} runs were caught while they worked");
    run(&mut bench.tool(&["--source", "dev"])).expect(0);
    assert_eq!(bench.listing(), ["core.env", "extra.env"], "nothing is left behind");
}

#[test]
fn a_full_disk_leaves_the_old_files_whole() {
    let (old, new) = versions();
    let bench = Bench::new(&old);
    run(&mut bench.tool(&["--source", "dev"])).expect(0);
    let before = (bench.read("out/core.env"), bench.read("out/extra.env"));
    bench.write("spec/secrets.yaml", &new);
    // A limit on the size of a file fails like a disk that is full, in the middle of a write.
    let script = "trap '' XFSZ; ulimit -f 300; exec \"$@\"";
    let tool = bench.tool(&["--source", "dev"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", script, "sh"]).arg(tool.get_program()).args(tool.get_args());
    limited.current_dir(bench.path());
    limited.env("PLATFORM_SPEC", "spec").env("SECRETS_OUTPUT_DIR", "out");
    let failed = run(&mut limited).expect(2);
    assert_snapshot!(failed.transcript(&[]));
    assert_eq!((bench.read("out/core.env"), bench.read("out/extra.env")), before);
    assert_eq!(bench.listing(), ["core.env", "extra.env"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let bench = Bench::new("x-secrets:\n  one: {services: [a], keys: {A: {dev: canary}}}\n");
    bench.write("file", "");
    let into_file = run(&mut bench.tool(&["--source", "dev", "--output-dir", "file/x"])).expect(2);
    assert_snapshot!(into_file.transcript(&[]));
}

#[test]
fn a_file_of_another_user_in_an_own_folder_is_replaced() {
    // Only root can make files of two users.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let bench = Bench::new(
        "x-secrets:\n  one: {services: [a], keys: {A: {dev: a}}}\n  two: {services: [b], keys: {B: {dev: b}}}\n",
    );
    run(&mut bench.tool(&["--source", "dev", "--mode", "0644"])).expect(0);
    let core = bench.out().join("core.env");
    fs::write(&core, bench.read("out/core.env").replace("'a'", "'old'")).unwrap();
    std::os::unix::fs::chown(&core, Some(1000), Some(1000)).unwrap();
    std::os::unix::fs::chown(bench.out(), Some(1000), Some(1000)).unwrap();
    // The user has to reach the folder, and the program.
    fs::set_permissions(bench.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = bench.path().join("fetch-secrets");
    fs::copy(env!("CARGO_BIN_EXE_fetch-secrets"), &program).unwrap();
    let mut command = std::process::Command::new(program);
    command.args(["--source", "dev"]).current_dir(bench.path()).uid(1000).gid(1000);
    command.env("PLATFORM_SPEC", "spec").env("SECRETS_OUTPUT_DIR", "out");
    let written = run(&mut command).expect(0);
    assert!(written.stdout.contains("permissions set"), "{}", written.stdout);
    for (name, line) in [("core", "A='a'"), ("extra", "B='b'")] {
        let path = bench.out().join(format!("{name}.env"));
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.uid(), metadata.mode() & 0o777), (1000, 0o600), "{name}");
        assert!(fs::read_to_string(path).unwrap().contains(line), "{name}");
    }
}

#[test]
fn without_permission_nothing_changes() {
    if !rustix::process::geteuid().is_root() {
        // Anybody else cannot write to root's folder in the first place.
        let bench = Bench::new("x-secrets:\n  one: {services: [a], keys: {A: {dev: canary}}}\n");
        let refused = run(&mut bench.tool(&["--source", "dev", "--output-dir", "/"])).expect(2);
        assert!(refused.stderr.contains("Permission denied"), "{}", refused.stderr);
        return;
    }
    let bench = Bench::new("x-secrets:\n  one: {services: [a], keys: {A: {dev: canary}}}\n");
    run(&mut bench.tool(&["--source", "dev", "--mode", "0644"])).expect(0);
    let before = bench.read("out/core.env");
    bench.write("spec/secrets.yaml", "x-secrets:\n  one: {services: [a], keys: {A: {dev: new}}}\n");
    fs::set_permissions(bench.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // The executable stands in a folder that only root may enter: nobody gets a copy.
    let copy = bench.path().join("fetch-secrets");
    fs::copy(env!("CARGO_BIN_EXE_fetch-secrets"), &copy).unwrap();
    let refused = run(Command::new(&copy)
        .args(["--source", "dev", "--mode", "0644"])
        .current_dir(bench.path())
        .env("PLATFORM_SPEC", "spec")
        .env("SECRETS_OUTPUT_DIR", "out")
        .uid(65534)
        .gid(65534))
    .expect(2);
    assert_snapshot!(refused.transcript(&[]));
    assert_eq!(bench.read("out/core.env"), before);
}

#[test]
fn two_runs_at_once_leave_files_of_one_of_them() {
    let (old, new) = versions();
    let (first, second) = (Bench::new(&old), Bench::new(&new));
    run(&mut first.tool(&["--source", "dev"])).expect(0);
    run(&mut second.tool(&["--source", "dev"])).expect(0);
    let whole = [first.read("out/core.env"), second.read("out/core.env")];
    for _ in 0..10 {
        let children: Vec<_> = [&first, &second]
            .into_iter()
            .cycle()
            .take(6)
            .map(|bench| {
                let mut tool = bench.tool(&["--source", "dev"]);
                tool.env("SECRETS_OUTPUT_DIR", first.out()).stdout(Stdio::null());
                tool.spawn().unwrap()
            })
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert!(whole.contains(&first.read("out/core.env")));
        assert_eq!(first.read("out/core.env"), first.read("out/extra.env"));
    }
    assert_eq!(first.listing(), ["core.env", "extra.env"]);
}

#[test]
fn a_folder_in_use_is_given_up_at_the_deadline_and_can_be_interrupted() {
    let bench = Bench::new("x-secrets:\n  one: {services: [a], keys: {A: {dev: canary}}}\n");
    fs::create_dir(bench.out()).unwrap();
    let held = fs::File::open(bench.out()).unwrap();
    held.lock().unwrap();
    let given_up = run(&mut bench.tool(&["--source", "dev", "--timeout", "300ms"])).expect(3);
    assert_snapshot!(given_up.stderr);
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut child = bench.tool(&["--source", "dev"]).spawn().unwrap();
        until("the folder's lock", || has_open(&child, "out"));
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
    }
    assert!(bench.listing().is_empty());
}

#[test]
fn other_peoples_files_in_the_folder_stay() {
    let bench = Bench::new("x-secrets:\n  one: {services: [a], keys: {A: {dev: canary}}}\n");
    fs::create_dir_all(bench.out().join(".cache.partial")).unwrap();
    bench.write("out/.download.partial", "mine");
    bench.write("out/.core.env.12345678.partial", "left by a killed run");
    run(&mut bench.tool(&["--source", "dev"])).expect(0);
    assert_eq!(bench.listing(), [".cache.partial", ".download.partial", "core.env", "extra.env"]);
}
