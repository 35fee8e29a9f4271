//! A kustomization's folder and files as they are read, and the state of a rendering, which generators and
//! transformers share.

mod accumulated;
mod bases;
mod bound;
mod context;
mod folder;
pub(crate) mod marks;
mod options;
mod remote;
pub(crate) mod resources;
mod root;

pub(crate) use accumulated::{Accumulated, add};
pub(crate) use bases::{Bases, Rendered};
pub(crate) use bound::Bound;
pub(crate) use context::Context;
pub(crate) use folder::{Folder, Found, clean, read_bounded};
pub use options::{Options, Restriction};
pub(crate) use remote::is_remote;
pub use root::Root;
