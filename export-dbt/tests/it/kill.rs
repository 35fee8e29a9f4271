//! kill -9 at any time: the old or the new version is readable, and the next run cleans up.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rideshare_tests::run::run;

use crate::support::{Sandbox, data_files, readers};

/// Kills of one test.
const KILLS: u32 = 200;

/// Reads the table in a loop, one line in and one line out: `version rows`.
const READER: &str = "
import sys
from deltalake import DeltaTable
import pyarrow.parquet as pq
for line in sys.stdin:
    t = DeltaTable(line.strip())
    rows = sum(pq.read_table(f.removeprefix('file://'), columns=['id']).num_rows for f in t.file_uris())
    generations = {g for f in t.file_uris() for g in pq.read_table(f.removeprefix('file://'), columns=['generation']).column(0).unique().to_pylist()}
    print(t.version(), rows, *sorted(generations), flush=True)
";

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

    let mut reader = std::process::Command::new(python)
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ask = reader.stdin.take().unwrap();
    let mut answers = std::io::BufReader::new(reader.stdout.take().unwrap());
    let path = sandbox.table("gold", "t");
    let mut read = || -> (u64, u64, usize) {
        use std::io::{BufRead, Write};
        writeln!(ask, "{}", path.display()).unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let numbers: Vec<u64> = line.split_whitespace().map(|n| n.parse().unwrap()).collect();
        (numbers[0], numbers[1], numbers.len() - 2)
    };

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
        let (now, count, generations) = read();
        assert_eq!((count, generations), (rows, 1), "kill {kill}: version {now}");
        assert!(now == version || now == version + 1, "kill {kill}: {version} to {now}");
        committed += now - version;
        version = now;
    }
    // Both happened, or the kills were all at one place.
    assert!(committed > 5 && committed < u64::from(KILLS), "{committed} of {KILLS} committed");
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
    assert_eq!(read(), (version + 1, rows, 1));
    drop(ask);
    reader.wait().unwrap();
}
