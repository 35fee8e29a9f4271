//! `fetch-secrets` as its users run it: the real executable, real shells, a real LocalStack.

mod action;
mod catalogue;
mod dev;
mod docs;
mod exec;
mod failures;
mod interrupted;
mod localstack;
mod print;
mod round_trip;
mod secrecy;
mod support;
