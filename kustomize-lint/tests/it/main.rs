//! `kustomize-lint` as its users run it: the real executable, beside the real kustomize.

mod archive;
mod build;
mod differential;
mod facts;
mod odd_shapes;
mod repository;
mod rules;
mod silent;
