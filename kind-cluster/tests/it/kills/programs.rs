//! kill -9 at every call by which an operation changes nodes, caches or volumes: nothing is lost, and the next run
//! ends as if there had been no kill.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{run, until};
use rustix::process::Signal;
use serde_json::json;

use super::changes::state;
use crate::backup::{archives, backup, deployed, fill, folder, stateful, tree};
use crate::components::component;
use crate::create::{create, nodes_join};
use crate::gone::{DISCARD, silence};
use crate::registries::CERTIFICATE;
use crate::restore::restore;
use crate::support::{Machine, overlay, signal, start, workload};

/// How far a program is when the tool is killed. A program that never does its work is as the one before it that did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// It has done its work, and the tool has not heard of it.
    Done,
    /// It does its work a second later, when nobody waits for it any more.
    Late,
}

const PROGRAMS: [&str; 3] = ["docker", "kind", "helm"];

/// Holds a program at the call of that number; questions do not count.
fn hold(machine: &Machine, number: usize, held: Held) {
    for program in PROGRAMS {
        let path = machine.path(&format!("bin/{program}"));
        let fake = fs::read_link(&path).unwrap().display().to_string();
        let (before, after) = match held {
            Held::Done => ("\"$fake\" \"$@\"", "exit 1"),
            Held::Late => ("", "sleep 1; exec \"$fake\" \"$@\""),
        };
        let script = format!(
            r#"#!/bin/sh
fake={fake}
case $1 in
    create | cp | delete | exec | load | save | start | stop | template | update) ;;
    *) exec "$fake" "$@" ;;
esac
# One line: a script among the arguments has many.
echo "$1" >>"$FAKE/steps"
[ "$(wc -l <"$FAKE/steps")" -ge {number} ] && mkdir "$FAKE/reached" 2>/dev/null || exec "$fake" "$@"
{before}
echo "{program} $1 $2" >"$FAKE/held"
while [ -e "$FAKE/reached" ]; do sleep 0.02; done
{after}
"#
        );
        machine.program("held", &script);
        fs::remove_file(&path).unwrap();
        fs::rename(machine.path("held"), &path).unwrap();
    }
}

/// Makes the fakes themselves again.
fn release(machine: &Machine) {
    let fakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fakes");
    for program in PROGRAMS {
        let path = machine.path(&format!("bin/{program}"));
        fs::remove_file(&path).unwrap();
        symlink(fakes.join(program), &path).unwrap();
    }
    let _ = fs::remove_dir(machine.path("fake/reached"));
}

/// The nodes, the caches and their files, the context, the volumes and the API server's objects.
fn facts(machine: &Machine) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let ports = machine.read("fake/ports");
    for name in ["nodes", "caches", "hosts", "trust", "loaded", "copied", "admin.conf"] {
        let mut left = vec![machine.path(&format!("fake/{name}"))];
        while let Some(path) = left.pop() {
            if path.is_dir() {
                left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if let Ok(text) = fs::read_to_string(&path) {
                let text = match ports.trim() {
                    "" => text,
                    port => text.replace(port, "PORT"),
                };
                // An image that arrives twice is there.
                let lines: BTreeSet<&str> = text.lines().collect();
                let text = Vec::from_iter(lines).join("\n");
                let place = path.strip_prefix(machine.path("")).unwrap().display().to_string();
                found.insert(place, text);
            }
        }
    }
    let config = machine.read("home/config");
    let context = config.contains("kind-rideshare-local").to_string();
    found.insert("context".into(), context);
    found.extend(data(machine));
    found.extend(state(machine).into_iter().map(|(name, value)| (name, value.to_string())));
    machine.expect_hostile_untouched();
    found
}

/// The volumes' files, whatever a run has put beside them.
fn data(machine: &Machine) -> BTreeMap<String, String> {
    let root = machine.path("volumes");
    let mut all = if root.exists() { tree(&root) } else { BTreeMap::new() };
    all.remove("");
    // Mode, owner, time, links and content: each machine is filled at another time.
    let timeless = |text: &str| {
        let parts = text.split(' ').enumerate().filter(|(index, _)| *index != 2);
        parts.map(|(_, part)| part).collect::<Vec<_>>().join(" ")
    };
    all.iter().map(|(name, text)| (format!("volumes/{name}"), timeless(text))).collect()
}

/// Kills an operation at each of its calls, and repeats it.
fn every_kill_is_finished(
    prepare: impl Fn() -> Option<Machine>,
    command: impl Fn(&Machine) -> Option<Command>,
    lost: impl Fn(&Machine) -> bool,
) {
    let Some(whole) = prepare() else { return };
    let Some(mut first) = command(&whole) else { return };
    // It has fewer calls.
    hold(&whole, 1000, Held::Done);
    run(&mut first).expect(0);
    let expected = facts(&whole);
    let steps = whole.read("fake/steps").lines().count();
    assert!(steps > 0, "it changes nothing");
    for (number, held) in (1..=steps).flat_map(|n| [(n, Held::Done), (n, Held::Late)]) {
        let machine = prepare().unwrap();
        hold(&machine, number, held);
        let mut child = start(&mut command(&machine).unwrap());
        until(&format!("{held:?} {number}"), || {
            let is_held = machine.path("fake/held").exists();
            assert!(
                is_held || child.try_wait().unwrap().is_none(),
                "it ends before {held:?} {number}"
            );
            is_held
        });
        signal(child, Signal::KILL).expect(137);
        let step = format!("{held:?} {}", machine.read("fake/held").trim());
        assert!(!lost(&machine), "{step}");
        if step.contains("kind delete") {
            // The API server goes with its node.
            silence(&machine);
        }
        release(&machine);
        let again = run(&mut command(&machine).unwrap());
        assert_eq!(again.status, 0, "{step}: {}", again.transcript(&[]));
        assert!(!lost(&machine), "{step}");
        assert_eq!(facts(&machine), expected, "{step}");
    }
}

fn nothing(_: &Machine) -> bool {
    false
}

/// A cluster with a filled volume.
fn filled() -> Option<Machine> {
    let machine = deployed(&[stateful("store", "busybox:1")])?;
    fill(&folder(&machine, "store"));
    Some(machine)
}

fn has_lost_data(machine: &Machine) -> bool {
    !folder(machine, "store").join("deep/er/secret").exists()
}

#[test]
fn a_creation_with_certificates_caches_and_components() {
    every_kill_is_finished(
        || {
            let machine = Machine::new()?;
            nodes_join(&machine);
            machine.write("ca.pem", CERTIFICATE);
            component(&machine, "");
            Some(machine)
        },
        |machine| {
            let [file, components] = ["ca.pem", "components/components.yaml"]
                .map(|name| machine.path(name).display().to_string());
            let more = ["--ca-file", &file, "--registry-cache", "docker.io", "--update-lock"];
            create(machine, &[&more[..], &["--components", &components]].concat())
        },
        nothing,
    );
}

#[test]
fn a_stop() {
    every_kill_is_finished(filled, |machine| Some(machine.tool(&["stop"])), has_lost_data);
}

#[test]
fn a_start() {
    every_kill_is_finished(
        || {
            let machine = filled()?;
            run(&mut machine.tool(&["stop"])).expect(0);
            Some(machine)
        },
        |machine| Some(machine.tool(&["start"])),
        has_lost_data,
    );
}

#[test]
fn a_load() {
    every_kill_is_finished(
        || {
            let machine = Machine::with_cluster()?;
            let mut local = workload("Deployment", "own");
            local["spec"]["template"]["spec"]["containers"][0]["image"] = json!("rideshare/own");
            overlay(&machine, "small", &[local]);
            machine.have_images(&[]);
            let images = format!("rideshare/own {}\nbusybox:1 x\n", "a".repeat(64));
            machine.write("fake/engine-images", &images);
            Some(machine)
        },
        |machine| {
            let small = machine.path("small").display().to_string();
            Some(machine.tool(&["load", "--overlay", &small]))
        },
        nothing,
    );
}

#[test]
fn a_teardown() {
    every_kill_is_finished(filled, |machine| Some(machine.tool(&DISCARD)), nothing);
}

#[test]
fn a_teardown_after_a_backup() {
    every_kill_is_finished(
        filled,
        |machine| {
            let backups = machine.path("backups").display().to_string();
            Some(machine.tool(&["teardown", "--preserve-data", "--backup-dir", &backups]))
        },
        // An archive has its name only after it was verified.
        |machine| {
            let is_there = machine.path("fake/nodes/rideshare-local-worker").exists();
            !is_there && !archives(machine).iter().any(|path| path.extension().unwrap() == "tar")
        },
    );
}

#[test]
fn a_restore_over_other_data() {
    every_kill_is_finished(
        || {
            let machine = filled()?;
            run(&mut backup(&machine)).expect(0);
            fs::write(folder(&machine, "store").join("since"), "then\n").unwrap();
            Some(machine)
        },
        |machine| Some(restore(machine, &archives(machine)[0], &["--force", "--no-smoke"])),
        |machine| {
            let root = folder(machine, "store");
            let old = root.with_file_name(format!(
                "{}.kind-cluster-old",
                root.file_name().unwrap().display()
            ));
            has_lost_data(machine) && !old.join("deep/er/secret").exists()
        },
    );
}
