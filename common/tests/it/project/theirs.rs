//! `docker compose config` of a project, without the parts that Compose adds by itself.

use serde_json::{Map, Value, json};

/// `config` prints a `$` as it would have to be written again.
fn unescaped(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("$$", "$")),
        Value::Array(items) => items.iter().map(unescaped).collect(),
        Value::Object(map) => {
            let member =
                |(key, value): (&String, &Value)| (key.replace("$$", "$"), unescaped(value));
            map.iter().map(member).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// The keys of [`super::ours`], from the output.
pub(super) fn project(config: &str) -> Value {
    let whole = unescaped(&serde_json::from_str(config).unwrap());
    let services: Map<String, Value> =
        object(&whole, "services").iter().map(|(name, own)| (name.clone(), service(own))).collect();
    let names = |section: &str| -> Vec<String> {
        let members = object(&whole, section);
        members.keys().filter(|name| *name != "default").cloned().collect()
    };
    let labels = |section: &str| -> Map<String, Value> {
        let members = object(&whole, section).into_iter();
        members
            .filter(|(_, own)| own.get("labels").is_some())
            .map(|(name, own)| (name, own["labels"].clone()))
            .collect()
    };
    let file = |(name, own): (String, Value)| (name, own["file"].clone());
    json!({
        "name": whole["name"],
        "services": services,
        "configs": object(&whole, "configs").into_iter().map(file).collect::<Map<_, _>>(),
        "volumes": names("volumes"),
        "networks": names("networks"),
        "labels": [labels("volumes"), labels("networks")],
        "subnets": object(&whole, "networks").values().map(|own| own.pointer("/ipam/config").cloned().unwrap_or_default()).filter(|own| !own.is_null()).collect::<Vec<_>>(),
    })
}

fn object(value: &Value, key: &str) -> Map<String, Value> {
    value[key].as_object().cloned().unwrap_or_default()
}

fn service(own: &Value) -> Value {
    let list = |key: &str| own[key].as_array().cloned().unwrap_or_default();
    let depends: Map<String, Value> = object(own, "depends_on")
        .into_iter()
        // A link is a dependency, too, which restarts.
        .filter(|(_, own)| own["restart"] != json!(true))
        .map(|(name, own)| (name, json!([own["condition"], own["required"]])))
        .collect();
    let mut networks: Vec<String> = object(own, "networks").keys().cloned().collect();
    networks.retain(|name| name != "default");
    let build = own.get("build").map(|build| {
        json!([
            build["context"],
            object(build, "args"),
            build["tags"].as_array().cloned().unwrap_or_default(),
            object(build, "labels"),
            build["extra_hosts"].as_array().cloned().unwrap_or_default()
        ])
    });
    let mounts = list("volumes").into_iter().map(|own| {
        let read_only = own.get("read_only").cloned().unwrap_or(json!(false));
        json!([own["type"], own["source"], own["target"], read_only])
    });
    let ports = list("ports").into_iter().map(|own| {
        let published = own.get("published").cloned().unwrap_or(json!(""));
        json!([own["host_ip"], published, own["target"], own["protocol"]])
    });
    let uses = |key: &str| {
        let uses = list(key).into_iter().map(|own| json!([own["source"], own["target"]]));
        uses.collect::<Vec<_>>()
    };
    let devices = list("devices").into_iter().map(|own| json!([own["source"], own["target"]]));
    json!({
        "image": own["image"],
        "restart": own["restart"],
        "command": own["command"],
        "entrypoint": own["entrypoint"],
        "environment": object(own, "environment"),
        "labels": object(own, "labels"),
        "annotations": object(own, "annotations"),
        "sysctls": object(own, "sysctls"),
        "extra_hosts": list("extra_hosts"),
        "lists": super::LISTS.iter().map(|key| list(key)).collect::<Vec<_>>(),
        "ports": super::sorted(ports.collect()),
        "volumes": super::sorted(mounts.collect()),
        "secrets": super::sorted(uses("secrets")),
        "configs": super::sorted(uses("configs")),
        "devices": super::sorted(devices.collect()),
        "depends_on": depends,
        "networks": networks,
        "ulimits": object(own, "ulimits"),
        "logging": [own.pointer("/logging/driver"), own.pointer("/logging/options")],
        "build": build,
        "replicas": own.pointer("/deploy/replicas"),
        "test": own.pointer("/healthcheck/test"),
    })
}
