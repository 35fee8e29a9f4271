"""The measuring half of scripts/bench/export_dbt: FOLDER BINARY ROWS…

Prints large tables, peak memory by width of the rows, time and requests of 60 small tables, and the cost of a change of one
day of a partitioned table, and fails when a promise does not hold. Needs PEER_LOCALSTACK_PYTHON.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import localstack
from export_dbt import BROKEN, MEMORY, SHARE, check, large_tables, measure

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
TABLES = 60
WIDTHS = {
    "13 columns, 2,000,000 rows": "SELECT i, md5(i::VARCHAR) k, hash(i) % 50000 d, hash(i+1) % 300 z, i * 0.1 a, i * 0.2 b, i * 0.3 c, i % 7 e, i % 5 f, i % 3 = 0 g, DATE '2024-01-01' + (i % 300)::INTEGER h, hash(i+2) j, hash(i+3) l FROM range(2000000) t(i)",
    "150 texts of 32 bytes, 100,000 rows": f"SELECT {', '.join(f'md5((i + {n})::VARCHAR) c{n}' for n in range(150))} FROM range(100000) t(i)",
    "values of 64 KiB, 20,000 rows": "SELECT i, repeat(md5(i::VARCHAR), 2048) v FROM range(20000) t(i)",
    "lists of 2,000 numbers, 50,000 rows": "SELECT i, range(i, i + 2000) l, {'a': i, 'b': [md5(i::VARCHAR)]} s FROM range(50000) t(i)",
    "values of 1 MiB, 1,000 rows": "SELECT i, repeat(md5(i::VARCHAR), 32768) v FROM range(1000) t(i)",
}
# DuckDB stores values of this width as they are, as in files that older versions read.
PLAIN = {"values of 1 MiB, 1,000 rows"}
# Of values that DuckDB compresses, 2,048 are in memory together, beside its limit: the guide says so. Nothing is promised.
COMPRESSED = {"values of 256 KiB, compressed": "SELECT i, repeat(md5(i::VARCHAR), 8192) v FROM range(4000) t(i)"}
SMALL = "SELECT i, md5(i::VARCHAR) k, i * 0.5 a, DATE '2024-01-01' + (i % 300)::INTEGER d FROM range({rows}) t(i)"
BUILD = """
import duckdb, sys
con = duckdb.connect(sys.argv[1])
con.execute('SET enable_progress_bar = false')
con.execute("SET memory_limit = '2GB'")
con.execute('CREATE SCHEMA IF NOT EXISTS gold')
for statement in sys.argv[2:]: con.execute(statement)
"""
SCRIPT = """
import duckdb, sys
from deltalake import write_deltalake
con = duckdb.connect(sys.argv[1], read_only=True)
for name, in con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'gold' ORDER BY 1").fetchall():
    write_deltalake(sys.argv[2] + name, con.execute(f'SELECT * FROM gold.{name}').to_arrow_table(), mode='overwrite')
"""


def sql(database, *statements):
    subprocess.run([sys.executable, "-c", BUILD, str(database), *statements], check=True)


def widths(folder, binary):
    print("\npeak memory by width, default options")
    for name, query in {**WIDTHS, **COMPRESSED}.items():
        database = folder / "wide.duckdb"
        sql(database, *["SET force_compression = 'uncompressed'"] * (name in PLAIN), f"CREATE TABLE gold.t AS {query}")
        command = [binary, "--duckdb", str(database), "--target", f"file://{folder}/wide/{{layer}}/{{table}}", "--quiet"]
        try:
            wall, cpu, peak, _ = measure(command)
            print(f"  {name:<38} {peak:>6.0f} MiB {wall:>7.2f} s {cpu:>7.2f} cpu s", flush=True)
            if name in WIDTHS:
                check(f"MiB of memory, {name}", round(peak), MEMORY)
        except SystemExit as failed:
            print(f"  {name:<38} {str(failed).splitlines()[-1]}", flush=True)
            if name in WIDTHS:
                BROKEN.append(f"no export of {name}")
        database.unlink()
        shutil.rmtree(folder / "wide", ignore_errors=True)


def small_tables(folder, binary):
    database = folder / "small.duckdb"
    sql(database, *(f"CREATE TABLE gold.t{n:02} AS {SMALL.format(rows=1000 + n)}" for n in range(TABLES)))
    results = {}
    for _ in range(ROUNDS):
        for what in ("export-dbt", "script"):
            out = folder / "small"
            shutil.rmtree(out, ignore_errors=True)
            (out / "gold").mkdir(parents=True)
            own = [binary, "--duckdb", str(database), "--target", f"file://{out}/{{layer}}/{{table}}", "--quiet"]
            other = [sys.executable, "-c", SCRIPT, str(database), f"{out}/gold/"]
            results.setdefault(what, []).append(measure(own if what == "export-dbt" else other)[:3])
    print(f"\n{TABLES} small tables in a folder, medians of {ROUNDS} runs in turns")
    walls = {}
    for what, runs in results.items():
        walls[what], cpu, peak = (statistics.median(column) for column in zip(*runs))
        print(f"  {what:<12} {walls[what]:>6.2f} s {cpu:>6.2f} cpu s {peak:>6.0f} MiB")
    check("share of the script's time for small tables", round(walls["export-dbt"] / walls["script"], 2), SHARE)
    shutil.rmtree(folder / "small", ignore_errors=True)
    return database


def requests(folder, binary, database):
    server, address = localstack.start(str(folder / "localstack"))
    counter = localstack.Counter(address)
    environment = {
        "AWS_ENDPOINT_URL": f"http://{counter.address}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }

    def run(name, command):
        begun = time.perf_counter()
        done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{name}: {done.stderr}")
        wall = time.perf_counter() - begun
        taken = counter.take()
        kinds = {}
        for request in taken:
            kinds[request.split()[0]] = kinds.get(request.split()[0], 0) + 1
        shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        print(f"  {name:<44} {len(taken):>5} ({shown}), {wall:.2f} s", flush=True)
        return len(taken)

    try:
        print("\nrequests to LocalStack")
        for bucket in ("bench-gold", "script-gold", "one-gold"):
            subprocess.run(["curl", "-sf", "-X", "PUT", f"http://{address}/{bucket}", "-o", "/dev/null"], check=True)
        own = [binary, "--duckdb", str(database), "--target", "s3://bench-{layer}/{table}", "--quiet"]
        script = [sys.executable, "-c", SCRIPT, str(database), "s3://script-gold/"]
        usual = run(f"{TABLES} tables, first run, the script", script)
        # Beside those of each table, one listing of the bucket.
        check("requests of a first run", run(f"{TABLES} tables, first run", own), min(2 * TABLES + 1, SHARE * usual))
        run(f"{TABLES} tables, unchanged, the script", script)
        check("requests of an unchanged run", run(f"{TABLES} tables, unchanged", own), 3 * TABLES + 1)
        run(f"{TABLES} tables, all written again", [*own, "--force"])
        one = folder / "one.duckdb"
        sql(one, f"CREATE TABLE gold.t AS {SMALL.format(rows=30000)}")
        alone = [binary, "--duckdb", str(one), "--target", "s3://one-{layer}/{table}", "--quiet"]
        run("one table, first run", alone)
        for _ in range(24):
            subprocess.run([*alone, "--force"], env=os.environ | environment, check=True, capture_output=True)
        counter.take()
        check("requests of an unchanged table", run("one table of 25 versions, unchanged", alone), 4)
        parts = [*alone, "--partition-by", "*=d"]
        run("300 partitions, first run", parts)
        run("300 partitions, unchanged", parts)
        sql(one, "UPDATE gold.t SET a = 0 WHERE d = '2024-03-03'")
        run("300 partitions, one changed", parts)
    finally:
        server.terminate()
        server.wait()


def partitioned(folder, binary, rows):
    database = folder / "days.duckdb"
    sql(database, f"CREATE TABLE gold.t AS SELECT *, DATE '2024-01-01' + (i * 365 // {rows})::INTEGER AS day FROM ({SMALL.format(rows=rows)})")
    command = [binary, "--duckdb", str(database), "--target", f"file://{folder}/days/{{layer}}/{{table}}", "--partition-by", "*=day", "--format", "json", "--quiet"]
    print(f"\n{rows:,} rows in 365 partitions by day")

    def run(name):
        wall, cpu, peak, printed = measure(command)
        table = json.loads(printed)["tables"][0]
        print(f"  {name:<14} {wall:>6.2f} s {cpu:>6.2f} cpu s {peak:>5.0f} MiB, {table['outcome']}, {table['files']} files ({table['bytes'] / 2**20:.1f} MiB) written, {table['keptFiles']} kept", flush=True)
        check(f"MiB of memory, {name}", round(peak), MEMORY)
        return table

    run("first run")
    run("unchanged")
    sql(database, "UPDATE gold.t SET a = a + 1 WHERE day = '2024-07-01'")
    day = run("one day")
    check("files written for one day", day["files"], 1)
    check("files written for all other days", 364 - day["keptFiles"], 0)
    shutil.rmtree(folder / "days")
    database.unlink()


def main():
    folder, binary = Path(sys.argv[1]), sys.argv[2]
    if os.environ.get("BENCH_CASES") != "only":
        large_tables(folder, [int(rows) for rows in sys.argv[3:]])
    widths(folder, binary)
    database = small_tables(folder, binary)
    requests(folder, binary, database)
    partitioned(folder, binary, int(os.environ.get("BENCH_PARTITIONED_ROWS", "20000000")))
    if BROKEN:
        sys.exit("\nnot as promised:\n" + "\n".join(f"  {promise}" for promise in BROKEN))
    print("\ntime, memory, requests and written files as promised")


if __name__ == "__main__":
    main()
