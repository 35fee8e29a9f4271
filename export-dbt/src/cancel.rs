//! Stopping a run: a flag that the loops look at, and the queries to interrupt.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use duckdb::{Connection, InterruptHandle};

/// Shared by everything that runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cancel {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    set: AtomicBool,
    next: AtomicU64,
    queries: Mutex<Vec<(u64, Arc<InterruptHandle>)>>,
    woken: tokio::sync::Notify,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cancel").field("set", &self.set).finish_non_exhaustive()
    }
}

/// Takes a connection out of the list when dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    cancel: Cancel,
    id: u64,
}

impl Cancel {
    /// Whether the run is to stop.
    pub(crate) fn is_set(&self) -> bool {
        self.inner.set.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self) {
        self.inner.set.store(true, Ordering::Relaxed);
        for (_, handle) in self.lock().iter() {
            handle.interrupt();
        }
        self.inner.woken.notify_waiters();
    }

    /// Waits until the run is to stop.
    pub(crate) async fn wait(&self) {
        let woken = self.inner.woken.notified();
        if !self.is_set() {
            woken.await;
        }
    }

    /// Interrupts the queries of `connection` when the run stops, while the guard lives.
    pub(crate) fn interrupts(&self, connection: &Connection) -> Guard {
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        self.lock().push((id, connection.interrupt_handle()));
        Guard { cancel: self.clone(), id }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Arc<InterruptHandle>)>> {
        self.inner.queries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.cancel.lock().retain(|(id, _)| *id != self.id);
    }
}
