//! The Terraform layers as text: their declarations, and whether they keep their promises to each
//! other and to the rest of the repository. Nothing here runs Terraform.

pub mod contract;
pub mod meaning;
pub mod mutation;
pub mod plan;
pub mod platform;
pub mod project;
mod reads;
pub mod tree;
