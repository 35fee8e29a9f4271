//! The little that kustomize knows of Kubernetes' own kinds. Source: the OpenAPI document of
//! Kubernetes 1.21–1.33 (`x-kubernetes-patch-merge-key`, `x-kubernetes-list-map-keys`) and
//! kustomize's default transformer configuration.

mod lists;
mod references;
mod scope;
pub(crate) mod transformers;

pub(crate) use common::kubernetes::is_builtin;
pub(crate) use lists::{List, list};
pub(crate) use references::{REFERENCES, Reference};
pub(crate) use scope::is_cluster_scoped;
