//! Ctrl-C, SIGTERM, SIGHUP and SIGQUIT: the first one ends what is going on and lets it clean up,
//! the second one ends the cleaning, too.

use std::future::Future;

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether, and how often, the user wants to stop.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    seen: watch::Receiver<Seen>,
}

/// The number of signals, and the status that the first one ends the run with.
#[derive(Clone, Copy, Debug)]
struct Seen {
    count: u32,
    status: Status,
}

impl Interrupt {
    /// Takes the signals from here on.
    pub(crate) fn listen() -> Self {
        let (send, seen) = watch::channel(Seen { count: 0, status: Status::Interrupted });
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        // A terminal that goes away must not leave anything stopped, unless nohup has said that
        // its going is to be ignored.
        let more = [SignalKind::hangup(), SignalKind::quit()];
        kinds.extend(more.into_iter().filter(|kind| !is_ignored(*kind)));
        for kind in kinds {
            // It fails only for signals that cannot be caught, and these can.
            let Ok(mut stream) = signal(kind) else { continue };
            let send = send.clone();
            let status = match kind == SignalKind::terminate() {
                true => Status::Terminated,
                false => Status::Interrupted,
            };
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    send.send_modify(|seen| {
                        let status = if seen.count == 0 { status } else { seen.status };
                        *seen = Seen { count: seen.count + 1, status };
                    });
                }
            });
        }
        Interrupt { seen }
    }

    /// Ends here what a signal has interrupted.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.seen.borrow().count == 0 { Ok(()) } else { Err(self.stop()) }
    }

    /// `work`, unless a signal comes first.
    pub(crate) async fn or<T>(
        &self,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Stop> {
        self.unless(1, work).await
    }

    /// `work` that a first signal has started or must not stop, unless a second one comes.
    pub(crate) async fn cleanup<T>(
        &self,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Stop> {
        let count = self.seen.borrow().count;
        self.unless(count.max(1) + 1, work).await
    }

    async fn unless<T>(
        &self,
        times: u32,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Stop> {
        let mut seen = self.seen.clone();
        tokio::select! {
            biased;
            _ = seen.wait_for(|seen| seen.count >= times) => Err(self.stop()),
            outcome = work => outcome,
        }
    }

    /// The end of a run that a signal has stopped.
    fn stop(&self) -> Stop {
        let status = self.seen.borrow().status;
        let word = if status == Status::Terminated { "terminated" } else { "interrupted" };
        Stop::new(status, Diagnostic::error("interrupted", word))
    }
}

/// Whether whoever started this program wants a signal to be ignored.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let set = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    set >> (kind.as_raw_value() - 1) & 1 == 1
}
