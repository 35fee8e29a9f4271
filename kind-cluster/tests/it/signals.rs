//! Signals in commands that only look, and kills at a backup's last steps.

use std::net::TcpListener;
use std::time::Duration;

use rideshare_tests::apiserver::ExecOutcome;
use rideshare_tests::run::run;
use rustix::process::Signal;

use crate::backup::{archives, backup, deployed, replicas, stateful};
use crate::support::{Machine, hold, signal, start, until};

#[test]
fn smoke_load_and_status_end_when_they_are_told_to() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    let asked = machine.path("asked");
    let seen = asked.clone();
    let (_held, wait) = hold();
    machine.server.on_exec(move |_| {
        std::fs::write(&seen, "").unwrap();
        wait();
        ExecOutcome::default()
    });
    let smoke = start(&mut machine.tool(&["smoke", "--gateway", "http://127.0.0.1:9"]));
    until("a check", || asked.exists());
    signal(smoke, Signal::INT).expect(130);

    machine.have_images(&[]);
    let images = crate::support::platform_images();
    let images: Vec<&str> = images.iter().map(|i| i.trim_start_matches("docker.io/")).collect();
    machine.write("fake/engine-images", &(images.join("\n") + "\n"));
    let fake = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fakes/docker");
    let slow = format!(
        "#!/bin/sh\nif [ \"$1\" = image ]; then touch \"$FAKE/looking\"; sleep 30; fi\nexec {fake} \"$@\"\n"
    );
    machine.program("bin/docker", &slow);
    let load = start(&mut machine.tool(&["load"]));
    until("a question about an image", || machine.path("fake/looking").exists());
    signal(load, Signal::INT).expect(130);

    // A server that takes the connection, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let config = machine.server.kubeconfig("kind-rideshare-local");
    let config = config
        .replace(&format!("127.0.0.1:{}", machine.server.port()), &format!("127.0.0.1:{port}"));
    machine.write("home/config", &config);
    let status = start(&mut machine.tool(&["status"]));
    let (connection, _) = silent.accept().unwrap();
    signal(status, Signal::TERM).expect(143);
    drop(connection);
}

#[test]
fn kill_9_while_a_backup_starts_again_what_it_has_stopped() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    let resuming = machine.path("resuming");
    let seen = resuming.clone();
    machine.server.delay(move |method, sent| {
        if method != "PATCH" || sent["spec"]["replicas"] != 1 {
            return Duration::ZERO;
        }
        std::fs::write(&seen, "").unwrap();
        Duration::from_secs(1)
    });
    let child = start(&mut backup(&machine));
    until("the start of what was stopped", || resuming.exists());
    signal(child, Signal::KILL).expect(137);
    // The archive had been read back, and has its name; the server makes the change all the same.
    let archive = archives(&machine).pop().unwrap();
    assert!(archive.extension().is_some_and(|e| e == "tar"), "{}", archive.display());
    let archive = archive.display().to_string();
    run(&mut machine.tool(&["restore", "--verify-only", &archive])).expect(0);
    until("the replica", || replicas(&machine, "store") == 1);
    let status = run(&mut machine.tool(&["status"]));
    assert!(!status.stdout.contains("backup-interrupted"), "{}", status.stdout);
}
