//! `kustomize-lint` as its users run it: the real executable, beside the real kustomize.

mod alone;
mod api;
mod bad_input;
mod baseline;
mod budget;
mod build;
mod compose;
mod differential;
mod facts;
mod fix;
mod formats;
mod integrations;
mod joined;
mod odd_shapes;
mod parity;
mod repository;
mod rules;
mod secrets;
mod silent;
