//! Work that reads whole archives, beside the runtime: signals and deadlines are heard meanwhile.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use common::stop::Stop;

use super::waiting::late;

/// Whether nobody waits for the result any more.
#[derive(Clone, Debug, Default)]
pub(super) struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    /// A reader that ends with an error once nobody waits any more.
    pub(super) fn watch<R: Read>(&self, inner: R) -> Watched<R> {
        Watched { inner, given_up: self.clone() }
    }
}

/// See [`GivenUp::watch`].
#[derive(Debug)]
pub(super) struct Watched<R> {
    inner: R,
    given_up: GivenUp,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given_up.0.load(Ordering::Relaxed) {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        self.inner.read(buffer)
    }
}

/// Ends the work when the one who waits for it goes.
struct Waiting(GivenUp);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `work` on a thread of its own until the deadline.
pub(super) async fn run<T: Send + 'static>(
    deadline: Instant,
    item: &str,
    work: impl FnOnce(&GivenUp) -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    let given_up = GivenUp::default();
    let waiting = Waiting(given_up.clone());
    let task = tokio::task::spawn_blocking(move || work(&given_up));
    let outcome = tokio::time::timeout_at(deadline.into(), task).await;
    drop(waiting);
    match outcome {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that ends cancels it.
            Err(_) => Err(late(item)),
        },
        Err(_) => Err(late(item)),
    }
}
