//! Support that the tests of all tools share: the real components they talk to, a proxy that breaks
//! connections on purpose, and a readable record of a program's run.

pub mod apiserver;
pub mod archive;
pub mod compose;
pub mod dbt;
pub mod dockerfile;
pub mod faults;
pub mod imports;
pub mod kubelet;
pub mod kubernetes;
pub mod localstack;
pub mod moto;
pub mod peers;
pub mod port;
pub mod proxy;
pub mod run;
pub mod services;
pub mod terraform;
pub mod tls;
pub mod yaml;

use std::path::PathBuf;

/// The root of the checkout, or of the copy that `RIDESHARE_ROOT` names: faults are put back there.
pub fn root() -> PathBuf {
    if let Some(copy) = std::env::var_os("RIDESHARE_ROOT") {
        return PathBuf::from(copy);
    }
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("a checkout")
}

/// A tool that cargo has built beside this test.
///
/// # Panics
/// It is not there.
pub fn tool(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("this test is a file");
    let tool = exe.ancestors().nth(2).expect("a build folder").join(name);
    assert!(tool.exists(), "cargo build -p {name} makes {}", tool.display());
    tool
}
