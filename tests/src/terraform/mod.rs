//! The Terraform layers as text: what they declare, and whether they keep what they promise each
//! other and the rest of the repository. Nothing here runs Terraform.

pub mod contract;
pub mod meaning;
pub mod mutation;
pub mod plan;
pub mod platform;
pub mod project;
mod reads;
pub mod tree;
