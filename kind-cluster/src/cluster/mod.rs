//! The cluster's API server, reached through the context `kind-NAME` and no other.

mod context;
mod errors;
pub(crate) mod exec;
pub(crate) mod kubeconfig;
pub(crate) mod live;
mod managers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::stop::Stop;
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use kube::core::ApiResource;
use serde_json::{Value, json};

pub(crate) use context::context_of;
pub(crate) use errors::{Refusal, chain, code, conflicts, said, stop};

use crate::object::{Key, list, name, text, typed};
use errors::{not_served, only_ours};
pub(crate) use managers::{MANAGER, OWNER, RESTORER};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(30);

/// How each version and kind is addressed, and whether it is in namespaces.
type Kinds = BTreeMap<(String, String), (ApiResource, bool)>;

/// A connection, and the kinds that discovery has listed so far.
#[derive(Clone)]
pub(crate) struct Cluster {
    client: Client,
    kinds: Arc<Mutex<Kinds>>,
    /// The identity of the overlay whose objects are applied.
    overlay: Option<String>,
}

impl Cluster {
    /// Connects to the cluster `name`.
    pub(crate) async fn connect(name: &str) -> Result<Self, Stop> {
        Self::connect_by(name, None).await
    }

    /// The same, by the text of a kubeconfig instead of the user's.
    pub(crate) async fn connect_by(name: &str, kubeconfig: Option<&str>) -> Result<Self, Stop> {
        let config = config(name, kubeconfig).await?;
        // rustls picks its cryptography by itself only where one is compiled in. A build of the whole
        // workspace has a second one, which export-dbt's dependencies bring; the first call counts.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::try_from(config).map_err(|error| {
            let message = format!("the context {} cannot be used: {error}", context_of(name));
            Stop::bad("bad-kubeconfig", message)
        })?;
        let cluster = Cluster { client, kinds: Arc::default(), overlay: None };
        cluster.raw("GET", "/version", None, "").await.map_err(|error| {
            let context = context_of(name);
            let message = format!("the API server of {context} does not answer: {}", said(&error));
            Stop::unfinished("api-unreachable", message)
                .hint("`kind-cluster create` starts nodes that were stopped")
        })?;
        Ok(cluster)
    }

    /// Applies the objects of an overlay from here on.
    pub(crate) fn set_overlay(&mut self, id: &str) {
        self.overlay = Some(id.to_owned());
    }

    /// Major and minor version of Kubernetes, as far as the server says it.
    pub(crate) async fn version(&self) -> Result<Option<(u64, u64)>, Stop> {
        let answer = self.raw("GET", "/version", None, "").await;
        let answer = answer.map_err(|error| stop("cannot ask for the version", &error))?;
        Ok(crate::version::version(text(&answer, "/gitVersion")))
    }

    /// One request; a body is sent as `content`.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        content: &str,
    ) -> Result<Value, kube::Error> {
        let mut request = http_request(method, path);
        if !content.is_empty() {
            request = request.header("content-type", content);
        }
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = request.body(bytes).map_err(kube::Error::HttpError)?;
        match tokio::time::timeout(REQUEST, self.client.request::<Value>(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(kube::Error::Service("no answer within 30 s".into())),
        }
    }

    /// How a kind is addressed, and whether it is in namespaces; `None` when it is not served.
    pub(crate) async fn kind(
        &self,
        api_version: &str,
        kind: &str,
    ) -> Result<Option<(ApiResource, bool)>, kube::Error> {
        let asked = (api_version.to_owned(), kind.to_owned());
        if let Some(known) = self.kinds.lock().ok().and_then(|kinds| kinds.get(&asked).cloned()) {
            return Ok(Some(known));
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let path = if group.is_empty() { "/api/v1".into() } else { format!("/apis/{api_version}") };
        let answer = match self.raw("GET", &path, None, "").await {
            Err(error) if code(&error) == Some(404) => return Ok(None),
            answer => answer?,
        };
        let found = list(&answer, "/resources")
            .iter()
            .find(|found| text(found, "/kind") == kind && !text(found, "/name").contains('/'));
        let Some(found) = found else { return Ok(None) };
        let resource = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            plural: text(found, "/name").to_owned(),
        };
        let answer = (resource, found["namespaced"] == Value::Bool(true));
        if let Ok(mut kinds) = self.kinds.lock() {
            kinds.insert(asked, answer.clone());
        }
        Ok(Some(answer))
    }

    async fn path(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<String, kube::Error> {
        let Some((resource, namespaced)) = self.kind(api_version, kind).await? else {
            return Err(not_served(api_version, kind));
        };
        let root = if resource.group.is_empty() { "/api/" } else { "/apis/" };
        let mut path = format!("{root}{api_version}");
        if namespaced && !namespace.is_empty() {
            path.push_str(&format!("/namespaces/{namespace}"));
        }
        path.push_str(&format!("/{}", resource.plural));
        if !name.is_empty() {
            path.push_str(&format!("/{name}"));
        }
        Ok(path)
    }

    /// The path of an object that has a name.
    async fn path_of(&self, object: &Value) -> Result<String, kube::Error> {
        let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
        self.path(version, kind, text(object, "/metadata/namespace"), name(object)).await
    }

    /// One request without a body; `None` when what it is about, or its kind, does not exist.
    async fn ask(
        &self,
        method: &str,
        path: impl Future<Output = Result<String, kube::Error>>,
        failed: &str,
    ) -> Result<Option<Value>, Stop> {
        match async { self.raw(method, &path.await?, None, "").await }.await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if code(&error) == Some(404) => Ok(None),
            Err(error) => Err(stop(failed, &error)),
        }
    }

    /// An object; `None` when it, or its kind, does not exist.
    pub(crate) async fn get(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, Stop> {
        let failure = format!("cannot read {kind}/{name}");
        let found =
            self.ask("GET", self.path(api_version, kind, namespace, name), &failure).await?;
        Ok(found.map(|object| typed(object, api_version, kind)))
    }

    /// Every object of a kind, in one namespace or (empty) in all; none when it is not served.
    pub(crate) async fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
    ) -> Result<Vec<Value>, Stop> {
        let failure = format!("cannot list every {kind}");
        let found = self.ask("GET", self.path(api_version, kind, namespace, ""), &failure).await?;
        let mut found = found.unwrap_or_default();
        let items = found.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take);
        // The items of a list leave out what the list says.
        let items = items.unwrap_or_default().into_iter();
        Ok(items.map(|item| typed(item, api_version, kind)).collect())
    }

    /// Makes an object that does not exist yet, as `manager`.
    pub(crate) async fn create(&self, object: &Value, manager: &str) -> Result<Value, kube::Error> {
        let namespace = text(object, "/metadata/namespace");
        let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
        let path = self.path(version, kind, namespace, "").await?;
        let path = format!("{path}?fieldManager={manager}");
        self.raw("POST", &path, Some(object), "application/json").await
    }

    /// The server's answer to [`Cluster::create`] as a dry run; nothing is changed.
    pub(crate) async fn rehearse_creation(
        &self,
        object: &Value,
        manager: &str,
    ) -> Result<Value, kube::Error> {
        let namespace = text(object, "/metadata/namespace");
        let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
        let path = self.path(version, kind, namespace, "").await?;
        let path = format!("{path}?fieldManager={manager}&dryRun=All");
        self.raw("POST", &path, Some(object), "application/json").await
    }

    /// Server-side apply.
    pub(crate) async fn apply(&self, object: &Value, force: bool) -> Result<Value, kube::Error> {
        self.forced_where_ours(object, force, "").await
    }

    /// Fields that this tool has patched belong to it: a later apply of the same field is no conflict,
    /// although the server counts patches and applies as two managers.
    async fn forced_where_ours(
        &self,
        object: &Value,
        force: bool,
        more: &str,
    ) -> Result<Value, kube::Error> {
        let path = self.path_of(object).await?;
        let kind = "application/apply-patch+yaml";
        let manager = managers::manager(self.overlay.as_deref(), object);
        let address = |force| format!("{path}?fieldManager={manager}&force={force}{more}");
        match self.raw("PATCH", &address(force), Some(object), kind).await {
            Err(error) if !force && only_ours(&error) => {
                self.raw("PATCH", &address(true), Some(object), kind).await
            }
            answer => answer,
        }
    }

    /// The server's answer to [`Cluster::apply`]; nothing is changed.
    pub(crate) async fn rehearse(&self, object: &Value, force: bool) -> Result<Value, kube::Error> {
        self.forced_where_ours(object, force, "&dryRun=All").await
    }

    /// A JSON patch.
    pub(crate) async fn json_patch(
        &self,
        object: &Value,
        patch: &Value,
    ) -> Result<Value, kube::Error> {
        let path = format!("{}?fieldManager={MANAGER}", self.path_of(object).await?);
        self.raw("PATCH", &path, Some(patch), "application/json-patch+json").await
    }

    /// A JSON merge patch.
    pub(crate) async fn merge(&self, object: &Value, patch: &Value) -> Result<Value, kube::Error> {
        let path = format!("{}?fieldManager={MANAGER}", self.path_of(object).await?);
        self.raw("PATCH", &path, Some(patch), "application/merge-patch+json").await
    }

    /// Every object of a kind that can be scaled and stopped: StatefulSets, then Deployments.
    pub(crate) async fn scalable(&self) -> Result<Vec<Value>, Stop> {
        let mut all = self.list("apps/v1", "StatefulSet", "").await?;
        all.extend(self.list("apps/v1", "Deployment", "").await?);
        Ok(all)
    }

    /// Deletes an object and, in the background, its dependents. An object that is gone already is fine.
    pub(crate) async fn delete(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<(), Stop> {
        self.delete_as(api_version, &Key::new("", kind, namespace, name), "Background").await
    }

    /// The same, with another word on the objects that it owns: `Background` or `Orphan`.
    pub(crate) async fn delete_as(
        &self,
        api_version: &str,
        key: &Key,
        propagation: &str,
    ) -> Result<(), Stop> {
        let path = async {
            let path = self.path(api_version, &key.kind, &key.namespace, &key.name).await?;
            Ok(format!("{path}?propagationPolicy={propagation}"))
        };
        self.ask("DELETE", path, &format!("cannot delete {key}")).await.map(|_| ())
    }

    /// Deletes an object, and no other one that has taken its name.
    pub(crate) async fn delete_this(&self, object: &Value) -> Result<(), Stop> {
        let options = json!({"apiVersion": "v1", "kind": "DeleteOptions",
                             "preconditions": {"uid": object["metadata"]["uid"]}});
        let deleted = async {
            let path = self.path_of(object).await?;
            self.raw("DELETE", &path, Some(&options), "application/json").await
        };
        match deleted.await {
            Err(error) if !matches!(code(&error), Some(404 | 409)) => {
                Err(stop(&format!("cannot delete {}", Key::of(object)), &error))
            }
            _ => Ok(()),
        }
    }

    /// The last lines that a container has written.
    pub(crate) async fn log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        lines: usize,
    ) -> Option<String> {
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}\
             &previous={previous}&tailLines={lines}"
        );
        let request = http_request("GET", &path).body(Vec::new()).ok()?;
        let text = tokio::time::timeout(REQUEST, self.client.request_text(request)).await;
        text.ok()?.ok()
    }
}

fn http_request(method: &str, path: &str) -> http::request::Builder {
    http::Request::builder().method(method).uri(path)
}

/// The settings of the context, read anew: nothing of the current context is in them.
async fn config(name: &str, given: Option<&str>) -> Result<Config, Stop> {
    let context = context_of(name);
    let absent = |why: String| {
        Stop::bad("no-cluster", format!("no context {context} in the kubeconfig{why}"))
            .hint("`kind-cluster create` creates the cluster and its context")
    };
    let kubeconfig = match given {
        Some(text) => Kubeconfig::from_yaml(text).map_err(|error| error.to_string()),
        None => kubeconfig::merged(),
    };
    let kubeconfig = kubeconfig.map_err(|error| absent(format!(": {error}")))?;
    if !kubeconfig.contexts.iter().any(|known| known.name == context) {
        return Err(absent(String::new()));
    }
    let options = KubeConfigOptions { context: Some(context.clone()), ..Default::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| absent(format!(" that can be used: {error}")))?;
    // A context may have any name; kind's clusters are on this machine.
    let host = config.cluster_url.host().unwrap_or_default().to_owned();
    if !["127.0.0.1", "localhost", "[::1]", "::1", "0.0.0.0"].contains(&host.as_str()) {
        let message = format!("the context {context} leads to {host}, which is not this machine");
        return Err(Stop::bad("not-local", message)
            .hint("a Kind cluster answers on the loopback interface; rename that context"));
    }
    config.connect_timeout = Some(Duration::from_secs(5));
    config.proxy_url = None;
    Ok(config)
}
