//! Support that the tests of all tools share: the real components they talk to, a proxy that breaks
//! connections on purpose, and a readable record of a program's run.

pub mod apiserver;
pub mod archive;
pub mod compose;
pub mod dbt;
pub mod dockerfile;
pub mod kubelet;
pub mod kubernetes;
pub mod localstack;
pub mod moto;
pub mod peers;
pub mod proxy;
pub mod run;
pub mod terraform;
pub mod yaml;

use std::path::PathBuf;

/// The root of the checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("a checkout")
}
