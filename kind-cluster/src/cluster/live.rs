//! The cluster's present state: watches that keep a [`World`] up to date.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::stop::Stop;
use futures::StreamExt;
use kube::Api;
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Cluster, stop};
use crate::object::{Key, Objects, list, text, typed};
use crate::readiness::{Patience, World};
use crate::references::defines;

/// How long a first list may take.
const LIST: Duration = Duration::from_secs(30);

/// Watches, and what they have seen. They end with the value.
pub(crate) struct Live {
    cluster: Cluster,
    seen: Arc<Mutex<Seen>>,
    changed: watch::Sender<u64>,
    watched: BTreeSet<(String, String, String)>,
    tasks: JoinSet<()>,
}

/// Everything the watches have brought.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The objects that exist.
    pub(crate) world: World,
    /// The last state of objects that are gone.
    pub(crate) gone: Objects,
    /// The last thing that went wrong with a watch.
    pub(crate) trouble: Option<String>,
}

impl Seen {
    fn meet(&mut self, object: &Value) {
        if let Some(patience) = &mut self.world.patience
            && object["kind"] == "Pod"
        {
            patience.meet(object);
        }
    }
}

impl Live {
    /// Nothing yet; `restarts` of a container are no failure.
    pub(crate) fn new(cluster: &Cluster, restarts: i64) -> Self {
        let patience = Some(Patience::new(restarts));
        let seen = Seen { world: World { patience, ..World::default() }, ..Seen::default() };
        Live {
            cluster: cluster.clone(),
            seen: Arc::new(Mutex::new(seen)),
            changed: watch::channel(0).0,
            watched: BTreeSet::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Watches a kind in a namespace (empty: all of it) from now on. `false` when it is not
    /// served; the first list has been read when this returns `true`.
    pub(crate) async fn follow(
        &mut self,
        api_version: &str,
        kind: &str,
        namespace: &str,
    ) -> Result<bool, Stop> {
        let found = self
            .cluster
            .kind(api_version, kind)
            .await
            .map_err(|error| stop(&format!("cannot look for {kind}"), &error))?;
        let Some((resource, namespaced)) = found else { return Ok(false) };
        let namespace = if namespaced { namespace } else { "" };
        let id = (api_version.to_owned(), kind.to_owned(), namespace.to_owned());
        if !self.watched.insert(id) {
            return Ok(true);
        }
        let api: Api<DynamicObject> = if namespace.is_empty() {
            Api::all_with(self.cluster.client.clone(), &resource)
        } else {
            Api::namespaced_with(self.cluster.client.clone(), namespace, &resource)
        };
        let (first, mut listed) = watch::channel(false);
        let (seen, changed) = (Arc::clone(&self.seen), self.changed.clone());
        let scope = namespace.to_owned();
        self.tasks.spawn(async move {
            keep(api, resource, scope, &seen, &changed, &first).await;
        });
        // Nothing may be concluded from what has not been listed.
        let first = tokio::time::timeout(LIST, listed.wait_for(|done| *done)).await;
        match first {
            Ok(Ok(_)) => Ok(true),
            _ => {
                let why = self.seen().trouble.clone().unwrap_or_else(|| "no answer".into());
                let message =
                    format!("cannot list every {kind} within {} s: {why}", LIST.as_secs());
                Err(Stop::unfinished("api-failed", message))
            }
        }
    }

    /// The present state, with the clock set.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.world.now = now();
        seen
    }

    /// Waits until something has changed, or a moment has passed: some rules look at the clock.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Asks discovery whether it lists the kinds that some of the objects define, and remembers
    /// the answer.
    pub(crate) async fn discover(&self, objects: &[Value]) {
        for definition in objects {
            let Some((group, kind)) = defines(definition) else { continue };
            let entry = (group.to_owned(), kind.to_owned());
            if self.seen().world.served.contains(&entry) {
                continue;
            }
            let versions = list(definition, "/spec/versions");
            let mut all = !versions.is_empty();
            for version in versions.iter().filter(|version| version["served"] != false) {
                let version = format!("{group}/{}", text(version, "/name"));
                let found = self.cluster.kind(&version, kind).await;
                all &= matches!(found, Ok(Some(_)));
            }
            if all {
                self.seen().world.served.insert(entry);
            }
        }
    }
}

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

/// Keeps the objects of one watch: bookmarks, 410 Gone and lost connections are the watcher's
/// business, and end in a new list.
async fn keep(
    api: Api<DynamicObject>,
    resource: ApiResource,
    scope: String,
    seen: &Mutex<Seen>,
    changed: &watch::Sender<u64>,
    first: &watch::Sender<bool>,
) {
    let mut stream = watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut listed: BTreeSet<Key> = BTreeSet::new();
    while let Some(event) = stream.next().await {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(object)) => {
                let (key, object) = plain(&resource, &object);
                listed.insert(key.clone());
                seen.meet(&object);
                seen.world.objects.insert(key, object);
                continue;
            }
            Ok(Event::InitDone) => {
                let is_stale = |key: &Key, _: &mut Value| {
                    let ours = key.kind == resource.kind && key.group == resource.group;
                    ours && (scope.is_empty() || key.namespace == scope) && !listed.contains(key)
                };
                let stale: Objects = seen.world.objects.extract_if(.., is_stale).collect();
                seen.gone.extend(stale);
                seen.trouble = None;
                first.send_replace(true);
            }
            Ok(Event::Apply(object)) => {
                let (key, object) = plain(&resource, &object);
                seen.gone.remove(&key);
                seen.meet(&object);
                seen.world.objects.insert(key, object);
            }
            Ok(Event::Delete(object)) => {
                let (key, object) = plain(&resource, &object);
                seen.world.objects.remove(&key);
                seen.gone.insert(key, object);
            }
            Err(error) => seen.trouble = Some(format!("watching every {}: {error}", resource.kind)),
        }
        drop(seen);
        changed.send_modify(|count| *count += 1);
    }
}

/// The object as JSON, with the kind that items of a list leave out.
fn plain(resource: &ApiResource, object: &DynamicObject) -> (Key, Value) {
    let value = serde_json::to_value(object).unwrap_or_default();
    let value = typed(value, &resource.api_version, &resource.kind);
    (Key::of(&value), value)
}
