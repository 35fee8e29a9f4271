//! kill -9 at any time, and before each step: the old or the new version is readable, and the next run cleans up.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rideshare_tests::run::run;

use crate::partitions::BY_DAY;
use crate::replaced::others;
use crate::support::{Sandbox, data_files, readers, summary, table};

/// Kills of one test.
const KILLS: u32 = 200;

/// Reads the table in a loop, a line in and a line out: version, rows, sum and number of the generations.
const READER: &str = "
import sys
from deltalake import DeltaTable
import pyarrow.parquet as pq
for line in sys.stdin:
    t = DeltaTable(line.strip())
    columns = [pq.read_table(f.removeprefix('file://'), columns=['generation']).column(0).to_pylist() for f in t.file_uris()]
    generations = [generation for column in columns for generation in column]
    print(t.version(), len(generations), sum(generations), len(set(generations)), flush=True)
";

/// A reader that stays, because a new Python takes longer than a run.
struct Reader {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    table: PathBuf,
}

impl Reader {
    fn new(python: &Path, table: PathBuf) -> Self {
        let mut command = Command::new(python);
        command.args(["-c", READER]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let ask = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, ask, answers, table }
    }

    fn read(&mut self) -> [i64; 4] {
        writeln!(self.ask, "{}", self.table.display()).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let numbers: Vec<i64> = line.split_whitespace().map(|n| n.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

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

#[test]
fn two_hundred_kills() {
    let Some(python) = readers() else { return };
    let sandbox = Sandbox::new();
    let rows = 120_000;
    let fill = |generation: u32| {
        sandbox.sql(&format!(
            "CREATE OR REPLACE TABLE gold.t AS SELECT i AS id, {generation} AS generation, hash(i + {generation})::VARCHAR AS s FROM range({rows}) t(i)"
        ));
    };
    fill(0);
    let started = Instant::now();
    sandbox.exported(&[]);
    let whole = started.elapsed();

    let path = sandbox.table("gold", "t");
    let mut reader = Reader::new(&python, path.clone());
    let (mut version, mut committed) = (0, 0);
    for kill in 0..KILLS {
        let mut child = sandbox
            .command()
            .arg("--force")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The pause is the input of the test: kills are spread over the whole run and past its
        // end, which a busy machine moves.
        let pause = whole.as_secs_f64() * 1.6 * f64::from(kill % 50) / 50.0;
        std::thread::sleep(Duration::from_secs_f64(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        let [now, count, _, generations] = reader.read();
        assert_eq!((count, generations), (rows, 1), "kill {kill}: version {now}");
        assert!(now == version || now == version + 1, "kill {kill}: {version} to {now}");
        committed += now - version;
        version = now;
    }
    // Both happened, or the kills were all at one place.
    assert!(committed > 5 && committed < i64::from(KILLS), "{committed} of {KILLS} committed");
    run(sandbox.command().args([
        "--force",
        "--retention",
        "0s",
        "--orphan-age",
        "0s",
        "--format",
        "json",
    ]))
    .expect(0);
    assert_eq!(data_files(&path).len(), 1, "{:?}", data_files(&path));
    assert_eq!(reader.read(), [version + 1, rows, 0, 1]);
}
