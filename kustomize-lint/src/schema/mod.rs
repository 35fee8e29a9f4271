//! The little that kustomize knows of Kubernetes' own kinds. Source: the OpenAPI document of
//! Kubernetes 1.21 (`x-kubernetes-patch-merge-key`, `x-kubernetes-list-map-keys`) and
//! kustomize's default transformer configuration.

mod config;
mod fields;
mod lists;
mod openapi;
mod scope;

pub(crate) use common::kubernetes::is_builtin;
pub(crate) use config::{Config, Conflict, Reference, merge};
pub(crate) use fields::DEFAULT;
pub(crate) use lists::{List, list};
pub(crate) use openapi::OpenApi;
pub(crate) use scope::{is_cluster_wide, is_known, is_known_cluster_scoped, keeps_name};
