//! kill -9 before each step of a commit in a folder. A library that is loaded before glibc counts the steps and kills, so the
//! test is one of Linux.

use std::path::Path;
use std::process::Command;

use rideshare_tests::run::run;

use crate::kill::Reader;
use crate::partitions::BY_DAY;
use crate::replaced::others;
use crate::support::{Sandbox, readers, summary, table};

#[test]
fn a_kill_before_each_step_in_a_folder_leaves_a_whole_version() {
    let Some(python) = readers() else { return };
    let sandbox = Sandbox::new();
    let library = sandbox.path().join("kill_before.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-x", "c", "-o"]).arg(&library);
    run(compiler.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/kill_before.c"))).expect(0);
    let folder = sandbox.table("gold", "t");
    let plain = || {
        let mut command = sandbox.command();
        command.args(BY_DAY).args(["--format", "json", "--retention", "0s", "--orphan-age", "0s"]);
        command
    };
    let mut reader = Reader::new(&python, folder.clone());
    let killed = |steps: usize| {
        if steps == 0 {
            // Every commit then has a checkpoint, too, and drops entries of the log.
            let properties = "{'delta.checkpointInterval': '1', 'delta.logRetentionDuration': 'interval 0 days', 'delta.deletedFileRetentionDuration': 'interval 0 days'}";
            others(&sandbox, &format!("t.alter.set_table_properties({properties})"));
        }
        let (_, data) = files_below(&folder);
        assert_eq!(data.len(), 10, "before step {steps}: {data:#?}");
        let mut command = plain();
        command.env("LD_PRELOAD", &library).env("KILL_BELOW", &folder);
        let status = run(command.env("KILL_BEFORE", steps.to_string())).status;
        assert!([0, 137].contains(&status), "killed before step {steps}: {status}");
        status == 0
    };
    let read = || *reader.read().first_chunk().unwrap();
    let steps = whole_after_a_kill_before_each_step(&sandbox, plain, killed, read);
    assert!(steps >= 25, "{steps}");
    let (log, _) = files_below(&folder);
    assert!(log.len() < 10, "{log:#?}");
}

/// The paths of the files of the log, and of the other files.
fn files_below(folder: &Path) -> (Vec<String>, Vec<String>) {
    let mut find = Command::new("find");
    find.current_dir(folder).args([".", "-type", "f"]);
    let found = run(&mut find).expect(0).stdout;
    found.lines().map(str::to_owned).partition(|path| path.starts_with("./_delta_log/"))
}

/// Kills a run that changes two partitions and replaces a third one, before each of its steps in turn: readers see the
/// version before or the one after, and the next run makes the latter. `plain` is a run, `killed` one that is killed
/// before a step, unless it has fewer and succeeds. The number of steps.
fn whole_after_a_kill_before_each_step(
    sandbox: &Sandbox,
    plain: impl Fn() -> Command,
    killed: impl Fn(usize) -> bool,
    mut read: impl FnMut() -> [i64; 3],
) -> usize {
    sandbox.sql("CREATE TABLE gold.t AS SELECT i AS id, (i // 100)::INTEGER AS day, 0 AS generation FROM range(1000) t(i)");
    run(&mut plain()).expect(0);
    for steps in 0.. {
        let generation = steps as i64 + 1;
        sandbox.sql(&format!(
            "UPDATE gold.t SET generation = {generation} WHERE day IN (3, 4); UPDATE gold.t SET day = 100 + {generation} WHERE day > 8"
        ));
        let has_ended = killed(steps);
        let (now, sum) = (read(), generation * 200);
        run(&mut plain()).expect(0);
        let next = read();
        assert_eq!(next[1..], [1000, sum], "killed before step {steps}");
        // The next run commits only where the killed one has not.
        assert!(
            now[1] == 1000 && (now == next || now[0] + 1 == next[0] && now[2] == sum - 200),
            "killed before step {steps}: {now:?}, {next:?}"
        );
        if has_ended {
            let last = run(&mut plain()).expect(0);
            assert_eq!(table(&summary(&last), "gold.t")["outcome"], "unchanged");
            return steps;
        }
    }
    unreachable!("a run has an end")
}
