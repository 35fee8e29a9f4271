//! The local Kind cluster's whole life: preflight, create, load, deploy, status, smoke, backup,
//! teardown, restore, doctor.
//!
//! - Input: the generated Kind configuration and overlay, the memory budget of the specification,
//!   and the components' file. The programs docker, kind, kubectl and helm do what they do best;
//!   everything said to the API server is said here, to the context `kind-NAME` and no other.
//! - Output: the result on stdout as text, JSON or JUnit; progress and messages on stderr;
//!   archives written as `.partial` and renamed when they are whole.
//! - Exit status: 0 done. 1 the answer is no. 2 usage, bad input or could not run. 3 could not
//!   finish. 130 interrupted.

mod backup;
mod budget;
pub mod cli;
mod cluster;
mod create;
mod daily;
mod deploy;
mod digest;
mod doctor;
mod engine;
mod interrupt;
mod load;
mod nodes;
mod object;
mod order;
mod places;
mod preflight;
mod process;
mod readiness;
mod references;
mod render;
mod report;
mod smoke;
mod started;
mod status;
mod teardown;
mod turn;
mod version;

use anyhow::Context;
use common::exit::Status;
use common::stop::Stop;

use cli::{Cli, Command, Shared};
use interrupt::Interrupt;

/// Does the work of the command line.
///
/// # Errors
/// The run could not do its work.
pub fn run(cli: Cli) -> anyhow::Result<Status> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start")?;
    let outcome = runtime.block_on(command(cli));
    // A task that still reads from a closed connection must not hold the process up.
    runtime.shutdown_background();
    Ok(outcome?)
}

async fn command(cli: Cli) -> Result<Status, Stop> {
    let interrupt = Interrupt::listen();
    let Cli { command, shared } = cli;
    match command {
        Command::Backup(options) => backup::run(&shared, &options, &interrupt).await,
        Command::Teardown(options) => teardown::run(&shared, &options, &interrupt).await,
        Command::Restore(options) => backup::restore::run(&shared, &options, &interrupt).await,
        command => interrupt.or(simple(&command, &shared)).await,
    }
}

/// The commands that may be stopped anywhere: each of their changes is atomic.
async fn simple(command: &Command, shared: &Shared) -> Result<Status, Stop> {
    match command {
        Command::Preflight(options) => preflight::run(shared, options).await,
        Command::Create(options) => create::run(shared, options).await,
        Command::Load(options) => load::run(shared, options).await,
        Command::Deploy(options) => deploy::run(shared, options).await,
        Command::Diff(options) => daily::diff::run(shared, options).await,
        Command::Status(options) => status::run(shared, options).await,
        Command::Logs(options) => daily::logs::run(shared, options).await,
        Command::Restart(options) => daily::restart::run(shared, options).await,
        Command::Rollback(options) => daily::rollback::run(shared, options).await,
        Command::PortForward(options) => daily::forward::run(shared, options).await,
        Command::Stop => daily::power::stop(shared).await,
        Command::Start => daily::power::start(shared).await,
        Command::Smoke(options) => smoke::run(shared, options).await,
        Command::Doctor(options) => doctor::run(shared, options).await,
        Command::Backup(_) | Command::Teardown(_) | Command::Restore(_) => {
            unreachable!("they handle interruption themselves")
        }
    }
}
