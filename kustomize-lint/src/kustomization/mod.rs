//! The kustomization file.

mod fields;
mod model;
mod modern;
mod parse;

pub(crate) use model::{
    Behavior, FieldOptions, Generator, GeneratorOptions, Image, Kustomization, Labels, Pairs,
    Patch, PatchText, Replacement, ReplacementSource, ReplacementTarget, Selector, Spot, Var,
};
pub(crate) use modern::rewrites;
pub(crate) use parse::{parse, replacement_file};

/// The names that the file may have.
pub(crate) const FILE_NAMES: [&str; 3] =
    ["kustomization.yaml", "kustomization.yml", "Kustomization"];
