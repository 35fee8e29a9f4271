"""export-dbt beside DuckDB's COPY and the usual script on large tables: the first half of scripts/bench/export_dbt."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import deltalake
import duckdb
import pyarrow

TABLE = """
CREATE TABLE gold.fact_trips AS SELECT
    i AS trip_id,
    md5(i::VARCHAR) AS trip_key,
    (hash(i) % 50000)::INTEGER AS driver_id,
    (hash(i + 1) % 400000)::INTEGER AS rider_id,
    ['requested', 'matched', 'started', 'completed', 'cancelled'][1 + (hash(i + 2) % 5)::INTEGER] AS status,
    'zone-' || (hash(i + 3) % 300) AS pickup_zone,
    TIMESTAMP '2024-01-01' + to_milliseconds(i * 700 + (hash(i + 4) % 5000)::BIGINT) AS requested_at,
    TIMESTAMP '2024-01-01' + to_milliseconds(i * 700 + 400000 + (hash(i + 5) % 3000000)::BIGINT) AS completed_at,
    round((hash(i + 6) % 40000) / 1000.0, 3)::DOUBLE AS distance_km,
    ((hash(i + 7) % 9000) / 100.0)::DECIMAL(10,2) AS fare,
    (1 + (hash(i + 8) % 20) / 10.0)::DOUBLE AS surge,
    (hash(i + 9) % 6)::SMALLINT AS rating,
    (hash(i + 10) % 3 = 0) AS is_shared
FROM range({rows}) t(i)
"""

BUILD = """
import duckdb, sys
con = duckdb.connect(sys.argv[1])
con.execute('SET enable_progress_bar = false')
con.execute('CREATE SCHEMA gold')
con.execute(sys.argv[2])
"""

COPY = """
import duckdb, sys, time
con = duckdb.connect(sys.argv[1], read_only=True)
con.execute('SET enable_progress_bar = false')
start = time.perf_counter()
con.execute(f"COPY (SELECT * FROM gold.fact_trips) TO '{sys.argv[2]}/copy.parquet' (FORMAT parquet, COMPRESSION zstd)")
print(time.perf_counter() - start)
"""

SCRIPT = """
import duckdb, sys
from deltalake import write_deltalake
con = duckdb.connect(sys.argv[1], read_only=True)
write_deltalake(sys.argv[2] + '/script', con.execute('SELECT * FROM gold.fact_trips').to_arrow_table(), mode='overwrite')
"""


# export-dbt with DuckDB compiled in, and with jemalloc.
BUNDLED = "bundled"
BINARIES = {"export-dbt": os.environ["EXPORT_DBT"]}
if "EXPORT_DBT_BUNDLED" in os.environ:
    BINARIES[BUNDLED] = os.environ["EXPORT_DBT_BUNDLED"]


# MiB that a run may take at any size and width.
MEMORY = 400
# Share of the peer's time or requests that a run may take.
SHARE = 1.1
# The promises that do not hold, which are printed at the end.
BROKEN = []


def check(what, found, most):
    if found > most:
        BROKEN.append(f"{what}: {found:g} instead of at most {most:g}")


def measure(command):
    """Wall seconds, processor seconds, peak MiB and stdout of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"{command[0]} failed:\n{err}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out


def size(path):
    files = [path] if path.is_file() else path.rglob("*.parquet")
    return sum(f.stat().st_size for f in files if "_delta_log" not in str(f)) / 2**20


def build(folder, rows):
    """The database of so many rows; one that is there already is taken."""
    database = folder / f"bench-{rows}.duckdb"
    if not database.exists():
        partial = database.with_suffix(".partial")
        # In a process of its own: a child's peak memory counts from that of the process that starts it.
        subprocess.run([sys.executable, "-c", BUILD, str(partial), TABLE.format(rows=rows)], check=True)
        partial.rename(database)
    return database


def run(exporter, database, out):
    """Wall seconds, processor seconds, peak MiB and MiB of files of one export."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    if exporter in BINARIES:
        command = [BINARIES[exporter], "--duckdb", str(database), "--target", f"file://{out}/lake/{{layer}}/{{table}}", "--quiet"]
    else:
        command = [sys.executable, "-c", COPY if exporter == "COPY" else SCRIPT, str(database), str(out)]
    wall, cpu, peak, printed = measure(command)
    if exporter == "COPY":
        wall = float(printed)  # without starting Python
    result = wall, cpu, peak, size(out)
    shutil.rmtree(out, ignore_errors=True)
    return result


def line(rows, exporter, result):
    wall, cpu, peak, mib = result
    print(f"{rows:>12,}  {exporter:<12} {wall:>8.2f} {cpu:>8.2f} {peak:>9.0f} {mib:>9.1f}", flush=True)


def large_tables(folder, counts):
    rounds = int(os.environ["BENCH_ROUNDS"])
    version = subprocess.run([BINARIES["export-dbt"], "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{version}; DuckDB {duckdb.__version__}, deltalake {deltalake.__version__}, pyarrow {pyarrow.__version__}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'rows':>12}  {'what':<12} {'wall s':>8} {'cpu s':>8} {'peak MiB':>9} {'file MiB':>9}")
    # In turns, so that what else the machine does falls on all of them alike.
    database, results = build(folder, counts[0]), {}
    for _ in range(rounds):
        for exporter in ("COPY", *BINARIES, "script"):
            results.setdefault(exporter, []).append(run(exporter, database, folder / "out"))
    middle = {exporter: [statistics.median(column) for column in zip(*runs)] for exporter, runs in results.items()}
    for exporter, result in middle.items():
        line(counts[0], exporter, result)
    # The script would hold these whole; of export-dbt, the peak is what matters.
    peaks = [max(peak for _, _, peak, _ in results["export-dbt"])]
    for rows in counts[1:]:
        result = run("export-dbt", build(folder, rows), folder / "out")
        line(rows, "export-dbt", result)
        peaks.append(result[2])
    for rows, peak in zip(counts, peaks):
        check(f"MiB of memory, {rows:,} rows", round(peak), MEMORY)
    ours, copy, script = (middle[exporter] for exporter in ("export-dbt", "COPY", "script"))
    print(f"\nmedians of {rounds} runs in turns, {counts[0]:,} rows:")
    print(f"  time     {ours[0] / copy[0]:.2f} of COPY's (cpu {ours[1] / copy[1]:.2f}), {script[0] / ours[0]:.2f} times as fast as the script (cpu {script[1] / ours[1]:.2f})")
    check("share of COPY's time", round(ours[0] / copy[0], 2), SHARE)
    print(f"  files    {ours[3] / copy[3]:.2f} of COPY's, {ours[3] / script[3]:.2f} of the script's")
    print(f"  memory   {ours[2] / copy[2]:.2f} of COPY's, {ours[2] / script[2]:.2f} of the script's")
    if bundled := middle.get(BUNDLED):
        print(f"  bundled  time {bundled[0] / ours[0]:.2f}, cpu {bundled[1] / ours[1]:.2f}, memory {bundled[2] / ours[2]:.2f} of the linked build's")
    print(f"peak memory for {', '.join(f'{n:,}' for n in counts)} rows: {', '.join(f'{p:.0f}' for p in peaks)} MiB, {100 * (max(peaks) / min(peaks) - 1):.1f} % apart")
