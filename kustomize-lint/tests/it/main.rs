//! `kustomize-lint` as its users run it: the real executable, beside the real kustomize.

mod alone;
mod api;
mod archive;
mod bad_input;
mod baseline;
mod build;
mod compose;
mod differential;
mod facts;
mod formats;
mod integrations;
mod repository;
mod rules;
