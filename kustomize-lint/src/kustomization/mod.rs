//! The kustomization file.

mod fields;
mod model;
mod modern;
mod parse;

pub use model::{
    Behavior, FieldOptions, Generator, GeneratorOptions, Image, Kustomization, Labels, Pairs,
    Patch, PatchText, Replacement, ReplacementSource, ReplacementTarget, Replica, Selector, Spot,
    Var,
};
pub(crate) use modern::rewrites;
pub(crate) use parse::{parse, replacement_file};

/// The names that the file may have.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
