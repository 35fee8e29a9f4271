//! DuckDB has one version: in the crate, in the library that it is linked with, in dbt and in the readers.

use std::fs;

use rideshare_tests::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The version that a requirements file pins.
fn pinned(path: &str) -> String {
    let text = read(path);
    let line = text.lines().find_map(|line| line.strip_prefix("duckdb=="));
    line.unwrap_or_else(|| panic!("{path} pins no duckdb")).split(' ').next().unwrap().to_owned()
}

/// DuckDB's version in that of the crate: `1.MMmmpp.n`, where `M` may have any number of digits.
fn of_crate(version: &str) -> String {
    let number: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    format!("{}.{}.{}", number / 10_000, number / 100 % 100, number % 100)
}

fn locked() -> String {
    let lock = read("Cargo.lock");
    let (_, package) = lock.split_once("name = \"libduckdb-sys\"\nversion = \"").unwrap();
    of_crate(package.split('"').next().unwrap())
}

#[test]
fn a_crate_names_its_duckdb() {
    assert_eq!(of_crate("1.20000.1"), "2.0.0");
    assert_eq!(of_crate("1.10506.0"), "1.5.6");
}

#[test]
fn the_library_is_of_the_crates_version() {
    assert_eq!(pinned("scripts/requirements/duckdb.txt"), locked());
}

#[test]
fn dbt_writes_with_the_crates_version() {
    assert_eq!(pinned("tests/dbt/requirements.txt"), locked());
}

#[test]
fn the_readers_read_with_the_crates_version() {
    assert_eq!(pinned("scripts/requirements/readers.txt"), locked());
    assert_eq!(pinned("scripts/requirements/readers.constraints.txt"), locked());
}
