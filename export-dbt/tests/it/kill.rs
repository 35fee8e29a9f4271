//! kill -9 at any time: the old or the new version is readable, and the next run cleans up.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rideshare_tests::run::run;

use crate::support::{Sandbox, data_files, readers};

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
pub(crate) struct Reader {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    table: PathBuf,
}

impl Reader {
    pub(crate) fn new(python: &Path, table: PathBuf) -> Self {
        let mut command = Command::new(python);
        command.args(["-c", READER]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let ask = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, ask, answers, table }
    }

    pub(crate) fn read(&mut self) -> [i64; 4] {
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
