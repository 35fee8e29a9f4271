//! A Kubernetes API server inside the test's own process.
//!
//! It speaks TLS, lists what it serves, and keeps objects with resource versions; it answers
//! list, watch (with bookmarks and 410 Gone), server-side apply with conflicts, merge patches,
//! status, scale, logs and exec over WebSocket. Controllers, kubelets and operators are a script
//! ([`Behaviour`]); [`controllers::usual`] is the one where all goes well. The real kubectl works against it,
//! which is how its answers are kept honest.

mod apply;
mod behaviour;
mod clock;
pub mod controllers;
mod exec;
mod http;
mod merge;
mod shared;
mod store;
mod tls;
mod types;
mod watch;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::run::until;

pub use behaviour::{Behaviour, Delay, Exec, ExecCall, ExecOutcome, Refusal, Step};
use shared::Shared;
use store::Store;
pub use store::{Change, Event};

/// A running server; it ends with the value.
pub struct ApiServer {
    shared: Arc<Shared>,
    certificate: String,
    address: std::net::SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ApiServer {
    /// Starts a server on a free port of the loopback interface, with the usual behaviour and
    /// the namespaces that every cluster has.
    ///
    /// # Panics
    /// No port or no thread is to be had.
    pub fn start() -> Self {
        Self::start_at("127.0.0.1")
    }

    /// The same, on another address; its kubeconfig leads to the loopback interface all the same.
    ///
    /// # Panics
    /// As [`ApiServer::start`].
    pub fn start_at(address: &str) -> Self {
        let listen = format!("{address}:0");
        let identity = tls::identity();
        let certificate = identity.certificate.clone();
        let (ready, answer) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind(listen).await.unwrap();
                let shared = Arc::new(Shared {
                    store: Mutex::new(Store::new()),
                    behaviour: Mutex::new(Arc::new(controllers::usual)),
                    exec: Mutex::new(Arc::new(|_| ExecOutcome::default())),
                    refusal: Mutex::new(Arc::new(|_, _| None)),
                    hidden: Mutex::default(),
                    delay: Mutex::new(Arc::new(|_, _| Duration::ZERO)),
                    logs: Mutex::default(),
                    requests: Mutex::default(),
                    changed: tokio::sync::watch::channel(0).0,
                    expired: tokio::sync::watch::channel(0).0,
                    watches: Mutex::default(),
                    pending: AtomicUsize::new(0),
                    token: "a-token-of-tests".to_owned(),
                    runtime: tokio::runtime::Handle::current(),
                });
                ready.send((listener.local_addr().unwrap(), Arc::clone(&shared))).unwrap();
                tokio::select! {
                    () = http::serve(listener, identity.acceptor, shared) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_timeout(Duration::from_millis(200));
        });
        let (address, shared) = answer.recv().expect("the server starts");
        let server =
            ApiServer { shared, certificate, address, stop: Some(stop), thread: Some(thread) };
        for namespace in ["default", "kube-system"] {
            server.put(json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": namespace}, "status": {"phase": "Active"}}));
        }
        server
    }

    /// A kubeconfig whose current context is `context`, with the server's certificate.
    pub fn kubeconfig(&self, context: &str) -> String {
        use base64::Engine;
        let certificate = base64::engine::general_purpose::STANDARD.encode(&self.certificate);
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {context}\npreferences: {{}}\n\
             clusters:\n- name: {context}\n  cluster:\n    server: https://127.0.0.1:{}\n    \
             certificate-authority-data: {certificate}\n\
             contexts:\n- name: {context}\n  context: {{cluster: {context}, user: {context}}}\n\
             users:\n- name: {context}\n  user: {{token: {}}}\n",
            self.port(),
            self.shared.token
        )
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Replaces what controllers would do.
    pub fn behave(
        &self,
        behaviour: impl Fn(&Event) -> Vec<(Duration, Step)> + Send + Sync + 'static,
    ) {
        *self.shared.behaviour.lock().unwrap() = Arc::new(behaviour);
    }

    /// Replaces what commands in containers do; without this they succeed and print nothing.
    pub fn on_exec(&self, exec: impl Fn(&ExecCall) -> ExecOutcome + Send + Sync + 'static) {
        *self.shared.exec.lock().unwrap() = Arc::new(exec);
    }

    /// Lets a write or a list fail where the function says so; it sees the method and the object, of
    /// a list its kind alone, such as `PodList`.
    pub fn refuse(
        &self,
        refusal: impl Fn(&str, &Value) -> Option<(u16, String, String)> + Send + Sync + 'static,
    ) {
        *self.shared.refusal.lock().unwrap() = Arc::new(refusal);
    }

    /// Answers that a kind may not be listed, with 403 Forbidden.
    pub fn hide(&self, plural: &str) {
        self.shared.hidden.lock().unwrap().push(plural.to_owned());
    }

    /// Lets a change of an object take its time. It is made also when nobody waits for the answer
    /// any more, as a real server does it.
    pub fn delay(&self, delay: impl Fn(&str, &Value) -> Duration + Send + Sync + 'static) {
        *self.shared.delay.lock().unwrap() = Arc::new(delay);
    }

    /// Sets the text of a pod's log.
    pub fn log(&self, pod: &str, text: &str) {
        self.shared.logs.lock().unwrap().push((pod.to_owned(), text.to_owned()));
    }

    /// Creates or replaces an object, as a controller would.
    pub fn put(&self, object: Value) {
        self.shared.act(Step::Put(object));
    }

    /// Merges a patch into an object.
    pub fn merge(&self, kind: &str, namespace: &str, name: &str, patch: Value) {
        let (kind, namespace, name) = (kind.into(), namespace.into(), name.into());
        self.shared.act(Step::Merge { kind, namespace, name, patch });
    }

    /// Deletes an object.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) {
        let (kind, namespace, name) = (kind.into(), namespace.into(), name.into());
        self.shared.act(Step::Delete { kind, namespace, name });
    }

    /// Lists a kind from now on, as if its definition had been there.
    pub fn serve(&self, definition: Value) {
        self.shared.act(Step::Serve(definition));
    }

    /// An object as it is now.
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.shared.store.lock().unwrap().find(kind, namespace, name)
    }

    /// Every object of a kind.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        self.shared.store.lock().unwrap().all(kind)
    }

    /// Waits until an object is as `good` wants it.
    ///
    /// # Panics
    /// It is not within ten seconds.
    pub fn wait(&self, kind: &str, namespace: &str, name: &str, good: impl Fn(&Value) -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !self.get(kind, namespace, name).is_some_and(|object| good(&object)) {
            assert!(Instant::now() < end, "{kind} {name}: {:#?}", self.get(kind, namespace, name));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Forgets the history of changes: every watch, running or new, that wants it gets 410 Gone.
    pub fn expire_watches(&self) {
        self.shared.store.lock().unwrap().compact();
        self.shared.expired.send_modify(|count| *count += 1);
    }

    /// How many watches of a kind have begun so far.
    pub fn watches(&self, plural: &str) -> usize {
        self.shared.watches.lock().unwrap().iter().filter(|known| *known == plural).count()
    }

    /// Waits until every request is answered, and everything is done that follows from changes.
    ///
    /// # Panics
    /// It is not within 15 seconds.
    pub fn settle(&self) {
        until("the end of all steps", || self.shared.pending.load(Ordering::SeqCst) == 0);
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
