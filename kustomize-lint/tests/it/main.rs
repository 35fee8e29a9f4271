//! `kustomize-lint` as its users run it: the real executable, beside the real kustomize.

mod archive;
mod budget;
mod build;
mod differential;
mod facts;
mod repository;
mod rules;
