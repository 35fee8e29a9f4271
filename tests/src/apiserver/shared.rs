//! State that the server's parts share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::behaviour::{Behaviour, Delay, Exec, Refusal, Step};
use super::store::{Change, Event, Store};

/// The state of a server.
pub(super) struct Shared {
    pub(super) store: Mutex<Store>,
    pub(super) behaviour: Mutex<Arc<Behaviour>>,
    pub(super) exec: Mutex<Arc<Exec>>,
    pub(super) refusal: Mutex<Arc<Refusal>>,
    pub(super) hidden: Mutex<Vec<String>>,
    pub(super) delay: Mutex<Arc<Delay>>,
    pub(super) logs: Mutex<Vec<(String, String)>>,
    pub(super) requests: Mutex<Vec<String>>,
    pub(super) changed: tokio::sync::watch::Sender<u64>,
    pub(super) expired: tokio::sync::watch::Sender<u64>,
    /// The plural of each watch that has begun.
    pub(super) watches: Mutex<Vec<String>>,
    /// Requests that are being answered, and steps that are still to be done.
    pub(super) pending: AtomicUsize,
    pub(super) token: String,
    pub(super) runtime: tokio::runtime::Handle,
}

impl Shared {
    /// Does a step now and lets the behaviour answer what changed.
    pub(super) fn act(self: &Arc<Self>, step: Step) {
        let event = {
            let mut store = self.store.lock().unwrap();
            match step {
                Step::Put(object) => store.put(object),
                Step::Merge { kind, namespace, name, patch } => {
                    store.merge_into(&kind, &namespace, &name, &patch)
                }
                Step::Delete { kind, namespace, name } => store.remove(&kind, &namespace, &name),
                Step::Serve(definition) => {
                    store.serve(&definition);
                    None
                }
            }
        };
        if let Some(event) = event {
            self.announce(event);
        }
    }

    /// Tells watchers of a change, and schedules what follows from it.
    pub(super) fn announce(self: &Arc<Self>, event: Event) {
        self.changed.send_modify(|version| *version += 1);
        let behaviour = Arc::clone(&self.behaviour.lock().unwrap());
        for (after, step) in behaviour(&event) {
            if after.is_zero() {
                self.act(step);
                continue;
            }
            let shared = Arc::clone(self);
            let pending = Pending::of(self);
            let cause = (event.change != Change::Deleted).then(|| event.object.clone());
            self.runtime.spawn(async move {
                tokio::time::sleep(after).await;
                // As a controller does: decisions for an older object are made anew.
                let store = shared.store.lock().unwrap();
                let outdated = cause.is_some_and(|cause| store.is_outdated(&cause));
                drop(store);
                if !outdated {
                    shared.act(step);
                }
                drop(pending);
            });
        }
    }
}

/// Something that the server has not finished.
pub(super) struct Pending(Arc<Shared>);

impl Pending {
    pub(super) fn of(shared: &Arc<Shared>) -> Self {
        shared.pending.fetch_add(1, Ordering::SeqCst);
        Pending(Arc::clone(shared))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.pending.fetch_sub(1, Ordering::SeqCst);
    }
}
