//! `fetch-secrets` as its users run it: the real executable, real shells, a real LocalStack.

mod action;
mod catalogue;
mod composed;
mod credentials;
mod dev;
mod docs;
mod exec;
mod failures;
mod guard;
mod guide;
mod interrupted;
mod localstack;
mod matrix;
mod print;
mod readers;
mod round_trip;
mod search;
mod secrecy;
mod support;
mod versions;
mod watch;
