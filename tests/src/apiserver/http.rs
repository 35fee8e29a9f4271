//! Requests and their answers.

use common::yaml::plain;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::apply::Owners;
use super::behaviour::ExecCall;
use super::exec;
use super::merge::merge_patch;
use super::shared::{Pending, Shared};
use super::store::{Id, Store};
use super::types::{self, Type};
use super::watch::{self, Selection, Watch};

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

pub(super) async fn serve(
    listener: tokio::net::TcpListener,
    tls: TlsAcceptor,
    shared: Arc<Shared>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                // A task of its own: a client that goes takes no change back.
                let pending = Pending::of(&shared);
                let task = tokio::spawn(async move {
                    let answer = answer(request, shared).await;
                    drop(pending);
                    answer
                });
                async move { Ok::<_, Infallible>(task.await.unwrap()) }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Answer {
    let bearer = format!("Bearer {}", shared.token);
    if request.headers().get(AUTHORIZATION).is_none_or(|given| given != bearer.as_str()) {
        return failure(401, "Unauthorized", "Unauthorized");
    }
    let path = request.uri().path().to_owned();
    let query = Query::of(request.uri().query().unwrap_or_default());
    shared.requests.lock().unwrap().push(format!("{} {path}", request.method()));
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let known = shared.store.lock().unwrap().types.clone();
    let (group, version, rest) = match parts.as_slice() {
        ["version"] => {
            return reply(200, &json!({"major": "1", "minor": "32", "gitVersion": "v1.32.3"}));
        }
        ["readyz" | "livez" | "healthz"] => return plain("ok"),
        ["api"] => return reply(200, &json!({"kind": "APIVersions", "versions": ["v1"]})),
        ["apis"] => return reply(200, &types::groups(&known)),
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return failure(404, "NotFound", "the server could not find the requested resource"),
    };
    if rest.is_empty() {
        return match types::resources(&known, group, version) {
            Some(found) => reply(200, &found),
            None => failure(404, "NotFound", "the server could not find the requested resource"),
        };
    }
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() && *rest != ["status"] => {
            (Some((*namespace).to_owned()), rest)
        }
        rest => (None, rest),
    };
    let find = |plural: &str| {
        known.iter().find(|t| t.group == group && t.version == version && t.plural == plural)
    };
    let Some(found) = find(rest[0]).cloned() else {
        return failure(404, "NotFound", "the server could not find the requested resource");
    };
    match rest {
        [_] => collection(request, shared, found, namespace, query).await,
        [_, name] => item(request, shared, found, namespace, name, None, query).await,
        ["pods", name, "log"] => log(&shared, name, &query),
        ["pods", name, "exec"] => {
            exec_in(request, &shared, namespace.unwrap_or_default(), name, &query)
        }
        [_, name, part @ ("status" | "scale")] => {
            item(request, shared, found, namespace, name, Some(*part), query).await
        }
        _ => failure(404, "NotFound", "the server could not find the requested resource"),
    }
}

async fn collection(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    found: Type,
    namespace: Option<String>,
    query: Query,
) -> Answer {
    if request.method() == Method::GET && shared.hidden.lock().unwrap().contains(&found.plural) {
        let message = format!("{} is forbidden: the user cannot list them", found.plural);
        return failure(403, "Forbidden", &message);
    }
    let selection = Selection {
        namespace: namespace.clone(),
        labels: query.pairs("labelSelector"),
        fields: query.pairs("fieldSelector"),
    };
    if request.method() == Method::GET && ["true", "1"].contains(&query.get("watch")) {
        let from = query.get("resourceVersion").parse().ok().filter(|version| *version > 0);
        let seconds = query.get("timeoutSeconds").parse().unwrap_or(300);
        let (send, lines) = mpsc::channel(64);
        let bookmarks = query.get("allowWatchBookmarks") == "true";
        let timeout = Duration::from_secs(seconds);
        tokio::spawn(watch::run(
            shared,
            Watch { found, selection, from, bookmarks, timeout },
            send,
        ));
        let frames = stream::unfold(lines, |mut lines| async {
            let line = lines.recv().await?;
            Some((Ok(Frame::data(Bytes::from(line))), lines))
        });
        return Response::builder()
            .header(CONTENT_TYPE, "application/json")
            .body(StreamBody::new(frames).boxed_unsync())
            .unwrap();
    }
    if request.method() == Method::GET {
        let refusal = Arc::clone(&shared.refusal.lock().unwrap());
        let kind = format!("{}List", found.kind);
        if let Some((code, reason, message)) = refusal("GET", &json!({"kind": kind})) {
            return failure(code, &reason, &message);
        }
        return reply(200, &watch::list(&shared.store.lock().unwrap(), &found, &selection));
    }
    if request.method() != Method::POST {
        return failure(405, "MethodNotAllowed", "the server does not allow this method");
    }
    let mut object = match body(request).await {
        Ok(object) => object,
        Err(refused) => return refused,
    };
    if let Some(namespace) = &namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    write(&shared, &found, namespace, &name, "POST", &query, |store, id, old| {
        if old.is_some() {
            let message = format!("{} \"{}\" already exists", found.plural, id.3);
            return Err(Box::new(failure(409, "AlreadyExists", &message)));
        }
        let _ = store;
        let mut owners = Owners::default();
        owners.update(&json!({}), &object, query.manager());
        Ok((object.clone(), owners))
    })
}

async fn item(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    found: Type,
    namespace: Option<String>,
    name: &str,
    part: Option<&str>,
    query: Query,
) -> Answer {
    let method = request.method().clone();
    let id = id(&found, namespace.as_deref(), name);
    if method == Method::GET {
        let store = shared.store.lock().unwrap();
        return match store.objects.get(&id) {
            Some(kept) => reply(200, &kept.object),
            None => missing(&found, name),
        };
    }
    if method == Method::DELETE {
        let event = {
            let mut store = shared.store.lock().unwrap();
            let Some(kept) = store.objects.get(&id) else { return missing(&found, name) };
            if let Some((code, reason, message)) =
                (shared.refusal.lock().unwrap())("DELETE", &kept.object)
            {
                return failure(code, &reason, &message);
            }
            if query.get("dryRun") == "All" { None } else { store.take(&id) }
        };
        if let Some(event) = event {
            shared.announce(event);
        }
        return reply(200, &json!({"kind": "Status", "apiVersion": "v1", "status": "Success"}));
    }
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let sent = match body(request).await {
        Ok(sent) => sent,
        Err(refused) => return refused,
    };
    let delay = Arc::clone(&shared.delay.lock().unwrap());
    tokio::time::sleep(delay(method.as_str(), &sent)).await;
    write(&shared, &found, namespace.clone(), name, method.as_str(), &query, |_, id, old| {
        let (before, mut owners) = match old {
            Some(old) => old,
            None if kind.contains("apply-patch") && part.is_none() => {
                (json!({}), Owners::default())
            }
            None => return Err(Box::new(missing(&found, name))),
        };
        let mut after = before.clone();
        if kind.contains("apply-patch") {
            let force = query.get("force") == "true";
            let mut applied = sent.clone();
            if part.is_none()
                && let Some(map) = applied.as_object_mut()
            {
                map.remove("status");
            }
            if !id.2.is_empty() {
                applied["metadata"]["namespace"] = json!(id.2);
            }
            let manager = query.manager();
            owners.apply(&mut after, &applied, manager, force).map_err(|conflicts| {
                let causes: Vec<Value> = conflicts
                    .iter()
                    .map(|c| {
                        json!({"reason": "FieldManagerConflict", "field": c.field,
                               "message": format!("conflict with \"{}\"", c.manager)})
                    })
                    .collect();
                let message = match conflicts.as_slice() {
                    [one] => format!(
                        "Apply failed with 1 conflict: conflict with \"{}\": {}",
                        one.manager, one.field
                    ),
                    many => format!("Apply failed with {} conflicts", many.len()),
                };
                let mut status = status(409, "Conflict", &message);
                status["details"] = json!({"causes": causes});
                Box::new(reply(409, &status))
            })?;
        } else if method == Method::PUT {
            after = sent.clone();
            if part.is_none() {
                after["status"] = before["status"].clone();
                if after["status"].is_null() {
                    after.as_object_mut().unwrap().remove("status");
                }
            }
            owners.update(&before, &after, query.manager());
        } else if kind.contains("merge-patch") {
            match part {
                Some("scale") => after["spec"]["replicas"] = sent["spec"]["replicas"].clone(),
                _ => merge_patch(&mut after, &sent),
            }
            owners.update(&before, &after, query.manager());
        } else {
            return Err(Box::new(failure(
                415,
                "UnsupportedMediaType",
                &format!("no patch of type {kind}"),
            )));
        }
        Ok((after, owners))
    })
}

/// One write: refused by the script, checked, made, stored and announced.
fn write(
    shared: &Arc<Shared>,
    found: &Type,
    namespace: Option<String>,
    name: &str,
    method: &str,
    query: &Query,
    make: impl FnOnce(&Store, &Id, Option<(Value, Owners)>) -> Result<(Value, Owners), Box<Answer>>,
) -> Answer {
    let id = id(found, namespace.as_deref(), name);
    let (event, created) = {
        let mut store = shared.store.lock().unwrap();
        if let Some(namespace) = &namespace {
            let of = ("".into(), "namespaces".into(), "".into(), namespace.clone());
            if !store.objects.contains_key(&of) {
                let message = format!("namespaces \"{namespace}\" not found");
                return failure(404, "NotFound", &message);
            }
        }
        let old = store.objects.get(&id).map(|kept| (kept.object.clone(), kept.owners.clone()));
        let created = old.is_none();
        let before = old.as_ref().map(|(object, _)| object.clone());
        let (object, owners) = match make(&store, &id, old) {
            Ok(made) => made,
            Err(refused) => return *refused,
        };
        let refusal = Arc::clone(&shared.refusal.lock().unwrap());
        if let Some((code, reason, message)) = refusal(method, &object) {
            return failure(code, &reason, &message);
        }
        if query.get("dryRun") == "All" {
            return reply(200, &object);
        }
        // A write that changes nothing makes no new version.
        let bare = |object: &Value| {
            let mut object = object.clone();
            if let Some(meta) = object["metadata"].as_object_mut() {
                meta.remove("managedFields");
            }
            object
        };
        if before.as_ref().map(bare) == Some(bare(&object)) {
            let kept = store.objects.get_mut(&id).unwrap();
            kept.owners = owners;
            return reply(200, &kept.object.clone());
        }
        (store.keep(id, object, owners), created)
    };
    let object = event.object.clone();
    shared.announce(event);
    reply(if created { 201 } else { 200 }, &object)
}

fn log(shared: &Shared, pod: &str, query: &Query) -> Answer {
    let logs = shared.logs.lock().unwrap();
    let text = logs.iter().rev().find(|(name, _)| name == pod).map_or("", |(_, text)| text);
    let lines: Vec<&str> = text.lines().collect();
    let tail = query.get("tailLines").parse().unwrap_or(lines.len()).min(lines.len());
    plain(&lines[lines.len() - tail..].iter().map(|line| format!("{line}\n")).collect::<String>())
}

fn exec_in(
    mut request: Request<Incoming>,
    shared: &Arc<Shared>,
    namespace: String,
    pod: &str,
    query: &Query,
) -> Answer {
    use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
    let found = shared.store.lock().unwrap().find("Pod", &namespace, pod);
    if found.is_none() {
        return failure(404, "NotFound", &format!("pods \"{pod}\" not found"));
    }
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let offered = header("sec-websocket-protocol");
    let known = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
    let Some(protocol) = known.into_iter().find(|known| offered.contains(known)) else {
        return failure(400, "BadRequest", "unable to upgrade: no WebSocket protocol of ours");
    };
    let accept = derive_accept_key(header("sec-websocket-key").as_bytes());
    let call = ExecCall {
        namespace,
        pod: pod.to_owned(),
        container: query.get("container").to_owned(),
        command: query.all("command"),
    };
    let handler = Arc::clone(&shared.exec.lock().unwrap());
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            exec::run(upgraded, call, handler).await;
        }
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("upgrade", "websocket")
        .header("connection", "Upgrade")
        .header("sec-websocket-accept", accept)
        .header("sec-websocket-protocol", protocol)
        .body(Full::default().boxed_unsync())
        .unwrap()
}

async fn body(request: Request<Incoming>) -> Result<Value, Answer> {
    let bytes = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(failure(400, "BadRequest", "the body ended early")),
    };
    // Apply patches are YAML, of which JSON is a part.
    plain::from_slice(&bytes).map_err(|error| failure(400, "BadRequest", &error.to_string()))
}

fn id(found: &Type, namespace: Option<&str>, name: &str) -> Id {
    let namespace = namespace.filter(|_| found.namespaced).unwrap_or_default();
    (found.group.clone(), found.plural.clone(), namespace.to_owned(), name.to_owned())
}

fn missing(found: &Type, name: &str) -> Answer {
    let kind = if found.group.is_empty() {
        found.plural.clone()
    } else {
        format!("{}.{}", found.plural, found.group)
    };
    failure(404, "NotFound", &format!("{kind} \"{name}\" not found"))
}

fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
           "message": message, "reason": reason, "code": code})
}

fn failure(code: u16, reason: &str, message: &str) -> Answer {
    reply(code, &status(code, reason, message))
}

fn reply(code: u16, value: &Value) -> Answer {
    Response::builder()
        .status(code)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::from(value.to_string()).boxed_unsync())
        .unwrap()
}

fn plain(text: &str) -> Answer {
    Response::builder()
        .header(CONTENT_TYPE, "text/plain")
        .body(Full::from(text.to_owned()).boxed_unsync())
        .unwrap()
}

/// The parameters behind the question mark.
struct Query(Vec<(String, String)>);

impl Query {
    fn of(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        Query(pairs.collect())
    }

    fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    fn all(&self, key: &str) -> Vec<String> {
        self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone()).collect()
    }

    /// `a=b,c=d`.
    fn pairs(&self, key: &str) -> Vec<(String, String)> {
        let pairs = self.get(key).split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(k, v)| (k.to_owned(), v.trim_start_matches('=').to_owned())).collect()
    }

    fn manager(&self) -> &str {
        match self.get("fieldManager") {
            "" => "unknown",
            given => given,
        }
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
