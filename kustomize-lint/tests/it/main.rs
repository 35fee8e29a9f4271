//! `kustomize-lint` as its users run it: the real executable, beside the real kustomize.

mod archive;
mod build;
mod compose;
mod differential;
mod facts;
mod repository;
