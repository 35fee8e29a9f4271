//! The kustomization file.

mod configuration;
mod fields;
mod model;
mod modern;
mod parse;

pub(crate) use configuration::{configuration, crds};
pub(crate) use fields::Fields;
pub(crate) use model::{
    Behavior, Chart, FieldOptions, Generator, GeneratorOptions, Image, Kustomization, Labels,
    OpenApiField, Order, OrderKind, Pairs, Patch, PatchText, Replacement, ReplacementSource,
    ReplacementTarget, Replica, Selector, Spot, Var,
};
pub(crate) use modern::rewrites;
pub(crate) use parse::{parse, replacement_file};

/// Readers of parts that also stand in objects of their own.
pub(crate) mod reading {
    pub(crate) use super::parse::{
        field_specs, generator, image, inline_merge, merge, patch, patch_of, replacements, replica,
        selector,
    };
}

/// The names that the file may have.
pub(crate) const FILE_NAMES: [&str; 3] =
    ["kustomization.yaml", "kustomization.yml", "Kustomization"];
