//! `compose-gen` as its users run it: the real executable over specifications of all kinds.

mod accepted;
mod broken;
mod check;
mod commands;
mod determinism;
mod dollar;
mod import;
mod include;
mod keys;
mod mapping;
mod ordinary;
mod outside;
mod policies;
mod secret_dollars;
mod support;
mod wait;
