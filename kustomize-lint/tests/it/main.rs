//! `kustomize-lint` as its users run it: the real executable. The tables of cases are in `cases`.

mod alone;
mod api;
mod bad_input;
mod baseline;
mod budget;
mod build;
mod compose;
mod facts;
mod fix;
mod formats;
mod integrations;
mod joined;
mod odd_shapes;
mod parity;
mod peer;
mod repository;
