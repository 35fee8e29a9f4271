//! Defaults that Compose concludes about a service, written down: when it starts again, how
//! often it runs, the variables that it takes from outside.

use std::collections::BTreeSet;

use common::project::Env;
use serde_json::Value as Json;

use super::tree::{Fate, Tree, Value};
use super::{Import, wishes};

/// Settles every service.
pub(super) fn settle(import: &mut Import) {
    let outside = wishes::publishes(&import.project.root);
    let project = &mut import.project;
    let Some(services) = project.root.get_mut("services") else { return };
    let awaited = awaited(services);
    for (name, service) in services.members_mut() {
        restart(service, awaited.contains(name));
        scale(service);
        from_outside(service, &project.env);
        pull(service);
        published(service, outside);
        windows(service);
    }
}

/// The services that somebody waits for to end.
fn awaited(services: &Tree) -> BTreeSet<String> {
    let all = services.members().filter_map(|(_, service)| service.get("depends_on"));
    let conditions = all.flat_map(Tree::members).filter(|(_, dependency)| {
        dependency.get("condition").and_then(Tree::text) == Some("service_completed_successfully")
    });
    conditions.map(|(name, _)| name.to_owned()).collect()
}

/// Docker Compose reads Swarm's policy, too, and before `restart`.
fn restart(service: &mut Tree, awaited: bool) {
    let policy = service.get_mut("deploy").and_then(|deploy| deploy.get_mut("restart_policy"));
    let condition = policy
        .as_ref()
        .map(|policy| policy.get("condition").and_then(Tree::text).unwrap_or("any").to_owned());
    if let (Some(policy), Some(condition)) = (policy, condition) {
        policy.gone = true;
        let word = match condition.as_str() {
            "none" => "no",
            "on-failure" if awaited => "on-failure",
            // A server that starts again after a failure is no job.
            "on-failure" => "unless-stopped",
            _ => "always",
        };
        policy.say(Fate::Changed, format!("restart: {word}"));
        let place = policy.place.clone();
        if let Some(restart) = service.get_mut("restart") {
            restart.gone = true;
            restart.say(Fate::Rewritten, "deploy.restart_policy counts before it");
        }
        let restart = Tree::added(&place, Value::Text(word.into()), "from deploy.restart_policy");
        service.insert("restart", restart);
    }
    let is_server = ["ports", "expose", "healthcheck"].iter().any(|key| service.get(key).is_some());
    if let Some(restart) = service.get_mut("restart") {
        let job = restart.text().is_some_and(|word| word == "no" || word.starts_with("on-failure"));
        restart.say(
            Fate::Carried,
            if job && (awaited || !is_server) { "a Job in Kubernetes" } else { "" },
        );
    } else if awaited {
        service.say(Fate::Carried, "a Job in Kubernetes: another service waits for its end");
    }
}

/// Kubernetes pulls an image always, never, or when the node lacks it.
fn pull(service: &mut Tree) {
    let Some(policy) = service.get_mut("pull_policy") else { return };
    let why = match policy.text().unwrap_or_default() {
        "always" | "never" | "missing" | "if_not_present" => return,
        "build" => "a cluster builds nothing: IfNotPresent",
        _ => "IfNotPresent: Kubernetes does not ask a registry again after a time",
    };
    policy.say(Fate::Changed, why);
}

/// The host's side of a port stays in Compose, unless an environment asks for it.
fn published(service: &mut Tree, outside: bool) {
    if let Some(ports) = service.get_mut("ports").filter(|_| outside) {
        return ports.say(Fate::Carried, "as `published-ports` of the environment says");
    }
    for port in service.get_mut("ports").into_iter().flat_map(Tree::items_mut) {
        let Some(text) = port.text() else { continue };
        if text.rsplit_once(':').is_some() {
            port.say(
                Fate::Rewritten,
                "the container's port; the host's in Compose only, see published-ports and x-routes",
            );
        }
    }
}

/// Mounts that only an engine on Windows or a Swarm has.
fn windows(service: &mut Tree) {
    for mount in service.get_mut("volumes").into_iter().flat_map(Tree::items_mut) {
        match mount.get("type").and_then(Tree::text) {
            Some("npipe") => mount.leave("named pipes belong to Windows"),
            Some("cluster") => mount.leave("volumes of Docker Swarm; name a volume"),
            _ => {}
        }
    }
}

fn scale(service: &mut Tree) {
    let Some(scale) = service.get_mut("scale") else { return };
    let Value::Plain(Json::Number(count), raw) = &scale.value else { return };
    let value = Value::Plain(Json::Number(count.clone()), raw.clone());
    let place = scale.place.clone();
    scale.gone = true;
    scale.say(Fate::Rewritten, "x-replicas now");
    service.insert("x-replicas", Tree::added(&place, value, "from scale"));
}

/// A variable without a value comes from `.env` or from whoever runs Compose. Compose leaves it out
/// of the container where neither has it, and so does the specification.
fn from_outside(service: &mut Tree, env: &Env) {
    let Some(environment) = service.get_mut("environment") else { return };
    let absent = |variable: &mut Tree, name: &str| {
        variable.leave(format!(
            "nothing in the project sets {name}, so Compose leaves it out; to pass it on, write \
             {name}: ${{{name}}} and declare it under x-variables"
        ));
    };
    for (name, variable) in environment.members_mut().filter(|(_, variable)| variable.is_null()) {
        if !env.contains_key(name) {
            absent(variable, name);
            continue;
        }
        variable.value = Value::Text(format!("${{{name}}}"));
        variable.say(Fate::Rewritten, "from x-variables: a name without a value");
    }
    for item in environment.items_mut() {
        let Some(name) = item.text().filter(|text| !text.contains('=')).map(str::to_owned) else {
            continue;
        };
        if !env.contains_key(&name) {
            absent(item, &name);
            continue;
        }
        item.value = Value::Text(format!("{name}=${{{name}}}"));
        item.say(Fate::Rewritten, "from x-variables: a name without a value");
    }
}
