//! DuckDB's errors by what a person can do about them.

use duckdb::Error;

/// A kind of error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Another process has the file open for writing: DuckDB's words about it.
    Locked(String),
    /// A value does not fit its new type.
    Value,
    /// A vector of rows does not fit the memory limit, or its text does not fit one Arrow array.
    Memory,
    Other,
}

impl Failure {
    /// Sorts an error by its text: the C API gives one number to every error of opening, preparing and running.
    pub(crate) fn of(error: &Error) -> Self {
        let text = error.to_string();
        if text.contains("Could not set lock on file") {
            let holder = text.split_once("Conflicting lock is held in ");
            let holder = holder.map_or(&*text, |(_, rest)| rest.split(". ").next().unwrap_or(rest));
            return Failure::Locked(holder.to_owned());
        }
        if text.contains("Out of Memory Error: ") || text.contains("Arrow Appender: ") {
            return Failure::Memory;
        }
        let is_value =
            ["Conversion Error: ", "Out of Range Error: "].map(|kind| text.contains(kind));
        if is_value.contains(&true) { Failure::Value } else { Failure::Other }
    }
}

/// The sentence of an error: below it DuckDB adds the query, which is ours and long.
pub(crate) fn sentence(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or(&text).trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::process::{Command, Stdio};

    use duckdb::Connection;

    fn failed(sql: &str) -> Error {
        let connection = Connection::open_in_memory().unwrap();
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_err()
    }

    #[test]
    fn a_value_that_does_not_fit() {
        for sql in ["SELECT CAST('x' AS BIGINT)", "SELECT 100::UTINYINT * 100::UTINYINT"] {
            let error = failed(sql);
            assert_eq!(Failure::of(&error), Failure::Value, "{error}");
        }
    }

    #[test]
    fn a_query_that_does_not_bind() {
        let error = failed("SELECT no_such_column");
        assert_eq!(Failure::of(&error), Failure::Other, "{error}");
        assert!(!sentence(&error).contains('\n') && sentence(&error).contains("no_such_column"));
    }

    #[test]
    fn rows_that_do_not_fit_the_memory() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("SET memory_limit = '4MB'; SET temp_directory = ''").unwrap();
        let sql = "SELECT len(list(repeat('x', 1000) || i)) FROM range(1000000) t(i)";
        let error = connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Memory, "{error}");
    }

    const HELD: &str = "EXPORT_DBT_TEST_HELD";

    /// The process that [`a_file_that_another_process_writes_to`] starts: it opens the file again.
    #[test]
    fn opens_the_file_that_its_parent_holds() {
        let Some(path) = std::env::var_os(HELD) else { return };
        let error = Connection::open(path).unwrap_err();
        let Failure::Locked(holder) = Failure::of(&error) else { panic!("{error}") };
        assert!(holder.contains("PID"), "{holder}");
    }

    #[test]
    fn a_file_that_another_process_writes_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.duckdb");
        let _held = Connection::open(&path).unwrap();
        let name = "failure::tests::opens_the_file_that_its_parent_holds";
        let mut child = Command::new(std::env::current_exe().unwrap());
        let child = child.args(["--exact", name]).env(HELD, &path).stdout(Stdio::null());
        assert!(child.status().unwrap().success());
    }
}
