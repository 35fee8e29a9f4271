//! SIGINT and SIGTERM: the first one stops the run and lets it clean up, the second one ends the
//! process at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use common::exit::Status;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};
use tokio::signal::unix::{Signal, SignalKind, signal};

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
