//! Puts DuckDB's library beside the binaries, where they look for it, unless it is compiled in.
//!
//! cargo finds the library when it starts a binary itself. A binary that a person or a test starts needs
//! the path inside it; relative to the binary, so that the target folder can move.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

const LIBRARY: &str = "libduckdb.so";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DUCKDB_LIB_DIR");
    if env::var_os("CARGO_FEATURE_BUNDLED").is_some() {
        return;
    }
    let Some(folder) = env::var_os("DUCKDB_LIB_DIR").map(PathBuf::from) else {
        println!(
            "cargo::error=DUCKDB_LIB_DIR is not set; start cargo inside the project, whose .cargo/config.toml sets it"
        );
        return;
    };
    let library = folder.join(LIBRARY);
    println!("cargo::rerun-if-changed={}", library.display());
    if !library.is_file() {
        println!(
            "cargo::error=DuckDB's library is not in {}: run `make duckdb`, which brings it in seconds",
            folder.display()
        );
        return;
    }
    // target/PROFILE/build/export-dbt-HASH/out
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let Some(profile) = out.ancestors().nth(3) else {
        println!("cargo::error=OUT_DIR {} is not below a target folder", out.display());
        return;
    };
    if let Err(error) = place(&library, profile) {
        println!(
            "cargo::error=could not copy {} to {}: {error}",
            library.display(),
            profile.display()
        );
    }
    // Test binaries are one folder further down; `make install` has a folder for the library.
    for place in ["$ORIGIN", "$ORIGIN/..", "$ORIGIN/../lib/rideshare-infra"] {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{place}");
    }
}

/// Copies the library, in one step: a binary of an earlier build may have it open.
fn place(library: &Path, folder: &Path) -> std::io::Result<()> {
    let new = folder.join(format!("{LIBRARY}.new"));
    fs::copy(library, &new)?;
    fs::rename(&new, folder.join(LIBRARY))
}
