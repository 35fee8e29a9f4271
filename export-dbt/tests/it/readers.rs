//! Every type at its ends, read back by chdb, polars and Arrow.

use crate::support::{Sandbox, python};

#[test]
fn every_type_comes_back_equal() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path().display().to_string();
    let program = include_str!("types.py");
    let out = python(program, &[env!("CARGO_BIN_EXE_export-dbt"), &folder]);
    let counts: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert!(counts["tables"].as_u64().unwrap() > 150, "{out}");
}
