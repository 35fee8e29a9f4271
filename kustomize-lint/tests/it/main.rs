//! `kustomize-lint` as its users run it: the real executable, beside the real kustomize.

mod api;
mod archive;
mod build;
mod differential;
mod facts;
mod repository;
