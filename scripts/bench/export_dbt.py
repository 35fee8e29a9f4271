"""The measuring half of scripts/bench/export_dbt: FOLDER ROWS…"""

import os
import shutil
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


def main():
    folder, counts = Path(sys.argv[1]), [int(n) for n in sys.argv[2:]]
    rounds = int(os.environ["BENCH_ROUNDS"])
    binary = os.environ["EXPORT_DBT"]
    version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{version}; DuckDB {duckdb.__version__}, deltalake {deltalake.__version__}, pyarrow {pyarrow.__version__}; {os.cpu_count()} cores; best of {rounds}")
    print(f"{'rows':>12}  {'what':<12} {'wall s':>8} {'cpu s':>8} {'peak MiB':>9} {'file MiB':>9}   {'wall':>5} {'cpu':>5} {'size':>5}  (of COPY)")
    for rows in counts:
        database = folder / f"bench-{rows}.duckdb"
        if not database.exists():
            con = duckdb.connect(str(database))
            con.execute("CREATE SCHEMA gold")
            con.execute(TABLE.format(rows=rows))
            con.close()
        results = {}
        for _ in range(rounds):
            for what in ("copy", "export-dbt", "script"):
                out = folder / "out"
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                if what == "export-dbt":
                    command = [binary, "--duckdb", str(database), "--target", f"file://{out}/lake/{{layer}}/{{table}}", "--quiet"]
                else:
                    command = [sys.executable, "-c", COPY if what == "copy" else SCRIPT, str(database), str(out)]
                wall, cpu, peak, printed = measure(command)
                if what == "copy":
                    wall = float(printed)  # without starting Python
                best = results.get(what)
                if best is None or wall < best[0]:
                    results[what] = (wall, cpu, peak, size(out))
                shutil.rmtree(out, ignore_errors=True)
        base = results["copy"]
        for what, (wall, cpu, peak, mib) in results.items():
            print(f"{rows:>12,}  {what:<12} {wall:>8.2f} {cpu:>8.2f} {peak:>9.0f} {mib:>9.1f}   {wall / base[0]:>5.2f} {cpu / base[1]:>5.2f} {mib / base[3]:>5.2f}", flush=True)


if __name__ == "__main__":
    main()
