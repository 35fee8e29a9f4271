//! kill -9 at every step of the operations of a day: nothing is lost, and the next run finishes.

use std::fs;

use rideshare_tests::run::run;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::backup::{deployed, fill, folder, stateful, tree};
use crate::support::{Machine, overlay, signal, start, until, workload};

mod changes;

/// Whether a program has done its work when it is held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Before,
    After,
}

/// Runs the tool, and kills it while a program is at a command; then the program is itself again.
fn kill_at(machine: &Machine, arguments: &[&str], program: &str, command: &str, held: Held) {
    let path = machine.path(&format!("bin/{program}"));
    let fake = fs::read_link(&path).unwrap().display().to_string();
    let hold = "touch \"$FAKE/reached\"; sleep 20; exit 1";
    let script = match held {
        Held::Before => {
            format!("#!/bin/sh\n[ \"$1\" != {command} ] || {{ {hold}; }}\nexec {fake} \"$@\"\n")
        }
        Held::After => {
            format!("#!/bin/sh\n{fake} \"$@\" || exit\n[ \"$1\" != {command} ] || {{ {hold}; }}\n")
        }
    };
    machine.program("held", &script);
    fs::remove_file(&path).unwrap();
    fs::rename(machine.path("held"), &path).unwrap();
    let child = start(&mut machine.tool(arguments));
    until(&format!("{program} {command}"), || machine.path("fake/reached").exists());
    signal(child, Signal::KILL).expect(137);
    fs::remove_file(&path).unwrap();
    fs::remove_file(machine.path("fake/reached")).unwrap();
    std::os::unix::fs::symlink(fake, &path).unwrap();
}

fn running(machine: &Machine) -> usize {
    let nodes = fs::read_dir(machine.path("fake/nodes")).unwrap();
    let text = nodes.map(|node| fs::read_to_string(node.unwrap().path()).unwrap());
    text.filter(|text| text.contains("\"Running\":true")).count()
}

#[test]
fn stop_and_start_are_finished_by_the_next_run_and_the_data_stays() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fill(&folder(&machine, "store"));
    let before = tree(&folder(&machine, "store"));
    for (operation, after) in [("stop", 0), ("start", 3)] {
        for held in [Held::Before, Held::After] {
            for command in ["ps", "inspect", operation] {
                // Each kill begins where the operation has everything to do.
                run(&mut machine.tool(&[if operation == "stop" { "start" } else { "stop" }]))
                    .expect(0);
                kill_at(&machine, &[operation], "docker", command, held);
                run(&mut machine.tool(&[operation])).expect(0);
                assert_eq!(running(&machine), after, "{operation}: {held:?} {command}");
                assert_eq!(
                    tree(&folder(&machine, "store")),
                    before,
                    "{operation}: {held:?} {command}"
                );
            }
        }
    }
}

#[test]
fn load_is_finished_by_the_next_run() {
    let steps = [
        ("docker", "image", Held::Before),
        ("docker", "save", Held::Before),
        ("docker", "save", Held::After),
        ("kind", "load", Held::Before),
        ("kind", "load", Held::After),
    ];
    for (program, command, held) in steps {
        let Some(machine) = Machine::with_cluster() else { return };
        let mut local = workload("Deployment", "own");
        local["spec"]["template"]["spec"]["containers"][0]["image"] = json!("rideshare/own");
        let small = overlay(&machine, "small", &[local]).display().to_string();
        machine.have_images(&["docker.io/library/busybox:1".into()]);
        machine.write(
            "fake/engine-images",
            &format!("rideshare/own {}\nbusybox:1 x\n", "a".repeat(64)),
        );
        let load = ["load", "--overlay", &small];
        kill_at(&machine, &load, program, command, held);
        run(&mut machine.tool(&load)).expect(0);
        let last = run(&mut machine.tool(&load)).expect(0);
        assert_eq!(
            last.stdout.matches("on every node that runs pods").count(),
            2,
            "{}",
            last.stdout
        );
    }
}

/// Kills the tool while the API server has its change and has not answered yet.
fn kill_at_patch(machine: &Machine, arguments: &[&str], is_it: fn(&Value) -> bool) {
    let reached = machine.path("reached");
    let seen = reached.clone();
    machine.server.delay(move |method, sent| {
        if method != "PATCH" || !is_it(sent) {
            return std::time::Duration::ZERO;
        }
        fs::write(&seen, "").unwrap();
        std::time::Duration::from_millis(700)
    });
    let child = start(&mut machine.tool(arguments));
    until("the change", || reached.exists());
    signal(child, Signal::KILL).expect(137);
    machine.server.delay(|_, _| std::time::Duration::ZERO);
}

#[test]
fn a_killed_restart_is_finished_by_the_next_one() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fill(&folder(&machine, "store"));
    let before = tree(&folder(&machine, "store"));
    let small = machine.path("small").display().to_string();
    let restart = ["restart", "--overlay", &small];
    kill_at_patch(&machine, &restart, |sent| sent.to_string().contains("restartedAt"));
    run(&mut machine.tool(&restart)).expect(0);
    run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
    assert_eq!(tree(&folder(&machine, "store")), before);
}
