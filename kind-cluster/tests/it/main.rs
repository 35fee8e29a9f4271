//! The real executable, against an API server of the tests, real kubectl, real and fake kind, helm
//! and Docker.

mod advice;
mod apiserver;
mod backup;
mod caches;
mod cases;
mod components;
mod create;
mod databases;
mod deploy;
mod docs;
mod engine;
mod engines;
mod gone;
mod half_made;
mod kills;
mod kubeconfig;
mod load;
mod nerdctl;
mod podman;
mod power;
mod preflight;
mod real;
mod registries;
mod restore;
mod rootless;
mod signals;
mod smoke;
mod status;
mod support;
mod teardown;
mod turns;
mod upgrade;
