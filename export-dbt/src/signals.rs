//! SIGINT and SIGTERM: the first one stops the run and lets it clean up, the second one ends the
//! process at once.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use common::exit::Status;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cancel::Cancel;

#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes the signals from here on; one that comes before [`Signals::first`] is kept for it.
    pub(crate) fn listen() -> io::Result<Self> {
        let again = Arc::new(AtomicBool::new(false));
        for number in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag unset, and sets it.
            register_conditional_shutdown(number, 128 + number, Arc::clone(&again))?;
            register(number, Arc::clone(&again))?;
        }
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for a signal; the status that a run which it has stopped ends with.
    pub(crate) async fn first(&mut self) -> Status {
        tokio::select! {
            _ = self.interrupt.recv() => Status::Interrupted,
            _ = self.terminate.recv() => Status::Terminated,
        }
    }
}

/// Does the work of a run. A signal or the deadline cancels it; then the status that the run ends with is there, too.
pub(crate) async fn stoppable<T>(
    signals: &mut Signals,
    deadline: Option<Instant>,
    cancel: &Cancel,
    work: impl Future<Output = T>,
) -> (T, Option<Status>) {
    let late = async {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => pending().await,
        }
    };
    let mut early = pin!(async {
        tokio::select! {
            status = signals.first() => status,
            () = late => Status::Unfinished,
        }
    });
    let mut work = pin!(work);
    let mut stopped = None;
    loop {
        tokio::select! {
            done = &mut work => return (done, stopped),
            status = &mut early, if stopped.is_none() => {
                stopped = Some(status);
                cancel.set();
            }
        }
    }
}
