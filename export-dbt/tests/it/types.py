"""Every type at its ends, NULL and nested: exported, read back with independent readers, compared.

Usage: types.py EXPORT_DBT FOLDER
"""

import datetime as dt
import decimal
import json
import math
import subprocess
import sys
import uuid
from pathlib import Path

import chdb
import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet
from deltalake import DeltaTable

D = decimal.Decimal
decimal.getcontext().prec = 80
US = dt.timedelta(microseconds=1)


def ts(text):
    return dt.datetime.fromisoformat(text)


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


MAX38 = 10**38 - 1
# name: DuckDB type, Delta type, [(SQL, value read back)]; a NULL is added to each.
CASES = {
    "boolean": ("BOOLEAN", "boolean", [("true", True), ("false", False)]),
    "tinyint": ("TINYINT", "byte", [("-128", -128), ("127", 127)]),
    "smallint": ("SMALLINT", "short", [("-32768", -32768), ("32767", 32767)]),
    "integer": ("INTEGER", "integer", [("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)]),
    "bigint": ("BIGINT", "long", [("-9223372036854775808", -(2**63)), ("9223372036854775807", 2**63 - 1)]),
    "utinyint": ("UTINYINT", "short", [("0", 0), ("255", 255)]),
    "usmallint": ("USMALLINT", "integer", [("0", 0), ("65535", 65535)]),
    "uinteger": ("UINTEGER", "long", [("0", 0), ("4294967295", 2**32 - 1)]),
    "ubigint": ("UBIGINT", "decimal(20,0)", [("0", D(0)), ("18446744073709551615", D(2**64 - 1))]),
    "hugeint": ("HUGEINT", "decimal(38,0)", [(f"'-{MAX38}'", D(-MAX38)), (f"'{MAX38}'", D(MAX38)), ("9007199254740993", D(2**53 + 1))]),
    "uhugeint": ("UHUGEINT", "decimal(38,0)", [("0", D(0)), (f"'{MAX38}'", D(MAX38))]),
    "bignum": ("BIGNUM", "string", [("'-123456789012345678901234567890123456789012345'", "-123456789012345678901234567890123456789012345"), ("'0'", "0")]),
    "float": ("FLOAT", "float", [("-3.4028234663852886e38", -3.4028234663852886e38), ("3.4028234663852886e38", 3.4028234663852886e38), ("1.401298464324817e-45", 1.401298464324817e-45), ("'nan'", math.nan), ("'inf'", math.inf), ("'-inf'", -math.inf)]),
    "double": ("DOUBLE", "double", [("-1.7976931348623157e308", -1.7976931348623157e308), ("1.7976931348623157e308", 1.7976931348623157e308), ("5e-324", 5e-324), ("'nan'", math.nan), ("'inf'", math.inf), ("'-0.0'", -0.0)]),
    "decimal_4_2": ("DECIMAL(4,2)", "decimal(4,2)", [("-99.99", D("-99.99")), ("99.99", D("99.99"))]),
    "decimal_9_3": ("DECIMAL(9,3)", "decimal(9,3)", [("-999999.999", D("-999999.999")), ("999999.999", D("999999.999"))]),
    "decimal_18_3": ("DECIMAL(18,3)", "decimal(18,3)", [("-999999999999999.999", D("-999999999999999.999")), ("123456789012345.678", D("123456789012345.678"))]),
    "decimal_38_10": ("DECIMAL(38,10)", "decimal(38,10)", [("-9999999999999999999999999999.9999999999", D("-9999999999999999999999999999.9999999999")), ("9999999999999999999999999999.9999999999", D("9999999999999999999999999999.9999999999"))]),
    "varchar": ("VARCHAR", "string", [("''", ""), ("'ünï\U0001f680''\"\\'", "ünï\U0001f680'\"\\"), ("repeat('x', 100000)", "x" * 100000)]),
    "json": ("JSON", "string", [("'{\"a\": [1, null]}'", '{"a": [1, null]}'), ("'null'", "null")]),
    "uuid": ("UUID", "string", [("'00000000-0000-0000-0000-000000000000'", str(uuid.UUID(int=0))), ("'ffffffff-ffff-ffff-ffff-ffffffffffff'", str(uuid.UUID(int=2**128 - 1)))]),
    "enum": ("ENUM('low','high')", "string", [("'low'", "low"), ("'high'", "high")]),
    "blob": ("BLOB", "binary", [("''", b""), ("'\\x00\\xFF'", b"\x00\xff")]),
    "bit": ("BIT", "string", [("'0'", "0"), ("'1010101010101010101'", "1010101010101010101")]),
    "date": ("DATE", "date", [("'1900-01-01'", dt.date(1900, 1, 1)), ("'2299-12-31'", dt.date(2299, 12, 31))]),
    "time": ("TIME", "string", [("'00:00:00'", "00:00:00"), ("'23:59:59.999999'", "23:59:59.999999")]),
    "timetz": ("TIMETZ", "string", [("'00:00:00+15:59:59'", "00:00:00+15:59:59"), ("'23:59:59.999999-15:59:59'", "23:59:59.999999-15:59:59")]),
    "interval": ("INTERVAL", "string", [("INTERVAL '-14 months 40 days -100 hours -5.5 seconds'", "P-1Y-2M40DT-100H0M-5.500000S"), ("INTERVAL '1 year 2 months 3 days 04:05:06'", "P1Y2M3DT4H5M6S")]),
    "timestamp": ("TIMESTAMP", "timestamp_ntz", [("'1900-01-01 00:00:00.000001'", ts("1900-01-01T00:00:00.000001")), ("'2261-12-31 23:59:59.999999'", ts("2261-12-31T23:59:59.999999"))]),
    "timestamp_s": ("TIMESTAMP_S", "timestamp_ntz", [("'1900-01-01 00:00:01'", ts("1900-01-01T00:00:01")), ("'2261-12-31 23:59:59'", ts("2261-12-31T23:59:59"))]),
    "timestamp_ms": ("TIMESTAMP_MS", "timestamp_ntz", [("'1900-01-01 00:00:00.001'", ts("1900-01-01T00:00:00.001000")), ("'2261-12-31 23:59:59.999'", ts("2261-12-31T23:59:59.999000"))]),
    "timestamp_ns": ("TIMESTAMP_NS", "timestamp_ntz", [("'1960-01-01 00:00:00.123456789'", ts("1960-01-01T00:00:00.123456")), ("'2020-01-01 00:00:00.123456999'", ts("2020-01-01T00:00:00.123456"))]),
    "timestamptz": ("TIMESTAMPTZ", "timestamp", [("'1900-01-01 00:00:00.000001+00'", utc("1900-01-01T00:00:00.000001")), ("'2261-12-31 23:59:59.999999+00'", utc("2261-12-31T23:59:59.999999"))]),
    "nothing": ('"NULL"', "string", [("NULL", None)]),
    "geometry": ("GEOMETRY", "binary", [("'POINT(1 2)'", bytes.fromhex("0101000000000000000000f03f0000000000000040"))]),
    "variant": ("VARIANT", "string", [("{'a': [1, 2]}::VARIANT", '{"a":[1,2]}'), ("'text'::VARIANT", '"text"')]),
}
# Nested types are made from these; VARIANT cannot be cast inside a nested literal everywhere.
NESTABLE = [name for name in CASES if name not in ("nothing", "variant", "geometry", "varchar")]


def build(path):
    """The database, and for each table its rows in order as they must be read back."""
    con = duckdb.connect(str(path))
    con.execute("CREATE SCHEMA silver; CREATE SCHEMA gold")
    expected = {}

    def table(name, sql_type, rows):
        con.execute(f'CREATE TABLE silver."{name}" (i INTEGER, v {sql_type})')
        for i, (sql, _) in enumerate(rows):
            con.execute(f'INSERT INTO silver."{name}" VALUES ({i}, {sql})')
        expected[name] = [value for _, value in rows]

    for name, (sql_type, _, cases) in CASES.items():
        table(name, sql_type, [*cases, ("NULL", None)])
    for name in NESTABLE:
        sql_type, _, cases = CASES[name]
        values = [(f"CAST({sql} AS {sql_type})", value) for sql, value in cases]
        (a_sql, a), (b_sql, b) = values[0], values[-1]
        table(f"list_{name}", f"{sql_type}[]", [
            (f"[{a_sql}, NULL, {b_sql}]", [a, None, b]), ("[]", []), ("[NULL]", [None]), ("NULL", None)])
        table(f"array_{name}", f"{sql_type}[2]", [
            (f"[{a_sql}, {b_sql}]", [a, b]), (f"[NULL, {a_sql}]", [None, a]), ("NULL", None)])
        table(f"struct_{name}", f"STRUCT(a {sql_type}, b STRUCT(c {sql_type}))", [
            (f"{{'a': {a_sql}, 'b': {{'c': {b_sql}}}}}", {"a": a, "b": {"c": b}}),
            ("{'a': NULL, 'b': {'c': NULL}}", {"a": None, "b": {"c": None}})])
        table(f"map_{name}", f"MAP(VARCHAR, {sql_type})", [
            (f"MAP {{'x': {a_sql}, 'y': NULL, 'z': {b_sql}}}", [("x", a), ("y", None), ("z", b)]),
            ("MAP {}", [])])
    table("union_", "UNION(num INTEGER, str VARCHAR, big HUGEINT[])", [
        ("1", {"tag": "num", "num": 1, "str": None, "big": None}),
        ("'x'", {"tag": "str", "num": None, "str": "x", "big": None}),
        ("union_value(big := [7::HUGEINT])", {"tag": "big", "num": None, "str": None, "big": [D(7)]})])
    table("list_union", "UNION(num INTEGER, str VARCHAR)[]", [
        ("[union_value(num := 1)::UNION(num INTEGER, str VARCHAR), NULL]", [{"tag": "num", "num": 1, "str": None}, None])])
    table("null_struct", "STRUCT(a INTEGER, l INTEGER[])", [
        ("NULL", None), ("{'a': 1, 'l': NULL}", {"a": 1, "l": None})])
    table("list_of_null", '"NULL"[]', [("[NULL]", [None]), ("NULL", None)])
    table("map_hugeint_keys", "MAP(HUGEINT, UTINYINT)", [(f"MAP {{'{MAX38}'::HUGEINT: 255}}", [(D(MAX38), 255)])])
    table("deep", "STRUCT(a MAP(VARCHAR, STRUCT(x TIMESTAMP_NS, y INTERVAL)[])[])", [
        ("{'a': [MAP {'k': [{'x': '1960-01-01 00:00:00.123456789'::TIMESTAMP_NS, 'y': INTERVAL '1 day'}]}]}",
         {"a": [[("k", [{"x": ts("1960-01-01T00:00:00.123456"), "y": "P0Y0M1DT0H0M0S"}])]]})])
    con.close()
    return expected


def plain(value):
    """Readers differ in how they show maps and numbers; the values must not."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()} or []
    if isinstance(value, list):
        if value and all(isinstance(v, tuple) for v in value):
            return {plain(k): plain(v) for k, v in value}
        return [plain(v) for v in value]
    if isinstance(value, float):
        return "nan" if math.isnan(value) else (value, math.copysign(1, value))
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return D(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc) if value.tzinfo else value
    return value


def read_polars(path):
    return polars.scan_delta(str(path)).sort("i").collect().get_column("v").to_list()


def read_arrow(path):
    """delta-rs's file list with Arrow's Parquet reader: the exact stored values."""
    table = pa.concat_tables([pa.parquet.read_table(file.removeprefix("file://")) for file in DeltaTable(path).file_uris()])
    return table.sort_by("i").column("v").to_pylist()


def read_chdb(path):
    """Strings come as bytes, so that those that are no text come at all."""
    settings = "SETTINGS output_format_arrow_string_as_string = 0"
    out = chdb.query(f"SELECT v FROM deltaLakeLocal('{path}') ORDER BY i {settings}", "ArrowTable")
    return out.column("v").to_pylist()


def clickhouse(value, empty=None):
    """A value as ClickHouse holds it: text as bytes, timestamps in UTC, and no NULL for a whole
    array, map or tuple (an empty one, or one of NULLs, in its place)."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)
    if isinstance(value, dict):
        empty = empty or {}
        return {k: clickhouse(v, empty.get(k)) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(clickhouse(v) for v in value)
    if isinstance(value, list):
        return [clickhouse(v) for v in value]
    return empty if value is None else value


# The stand-in for NULL in these tables.
CLICKHOUSE_NULLS = {
    "union_": {"big": []},
    "list_of_null": [],
    "null_struct": {"a": None, "l": []},
}


def same(got, want):
    return plain(got) == plain(want)


def main():
    binary, folder = sys.argv[1], Path(sys.argv[2])
    database = folder / "types.duckdb"
    expected = build(database)
    run = subprocess.run(
        [binary, "--duckdb", str(database), "--layer", "silver", "--target", f"file://{folder}/lake/{{layer}}/{{table}}", "--format", "json"],
        capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"export-dbt ended with {run.returncode}:\n{run.stderr}")
    summary = json.loads(run.stdout)
    faults = []
    counts = {"polars": 0, "arrow": 0, "chdb": 0}
    for name, want in expected.items():
        path = folder / "lake" / "silver" / name
        if name in CASES:
            schema = json.loads(DeltaTable(path).schema().to_json())
            got = schema["fields"][1]["type"]
            if got != CASES[name][1]:
                faults.append(f"{name}: Delta type {got}, not {CASES[name][1]}")
        for reader, read in (("arrow", read_arrow), ("polars", read_polars), ("chdb", read_chdb)):
            try:
                got = read(path)
            except BaseException as error:  # polars panics are no Exceptions
                faults.append(f"{name}: {reader} failed: {str(error)[:300]}")
                continue
            counts[reader] += len(got)
            wanted = want
            if reader == "chdb":
                empty = CLICKHOUSE_NULLS.get(name, [] if name.startswith(("list_", "array_")) else None)
                wanted = [clickhouse(v, empty) for v in want]
                if name == "list_union":
                    wanted[0][1] = {"tag": None, "num": None, "str": None}
            if not same(got, wanted):
                faults.append(f"{name}: {reader} read {str(got)[:300]}, not {str(wanted)[:300]}")
    print(json.dumps({"tables": len(expected), "values": counts}))
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
