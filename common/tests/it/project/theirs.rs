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
    let services: Map<String, Value> = object(&whole, "services")
        .iter()
        .map(|(name, value)| (name.clone(), service(value)))
        .collect();
    let names = |section: &str| -> Vec<String> {
        let members = object(&whole, section);
        members.keys().filter(|name| *name != "default").cloned().collect()
    };
    let labels = |section: &str| -> Map<String, Value> {
        let members = object(&whole, section).into_iter();
        members
            .filter(|(_, value)| value.get("labels").is_some())
            .map(|(name, value)| (name, value["labels"].clone()))
            .collect()
    };
    let file = |(name, value): (String, Value)| (name, value["file"].clone());
    json!({
        "name": whole["name"],
        "services": services,
        "configs": object(&whole, "configs").into_iter().map(file).collect::<Map<_, _>>(),
        "volumes": names("volumes"),
        "networks": names("networks"),
        "labels": [labels("volumes"), labels("networks")],
        "subnets": object(&whole, "networks").values().map(|network| network.pointer("/ipam/config").cloned().unwrap_or_default()).filter(|config| !config.is_null()).collect::<Vec<_>>(),
    })
}

fn object(value: &Value, key: &str) -> Map<String, Value> {
    value[key].as_object().cloned().unwrap_or_default()
}

fn service(service: &Value) -> Value {
    let list = |key: &str| service[key].as_array().cloned().unwrap_or_default();
    let depends: Map<String, Value> = object(service, "depends_on")
        .into_iter()
        // A link is a dependency, too, which restarts.
        .filter(|(_, dependency)| dependency["restart"] != json!(true))
        .map(|(name, dependency)| (name, json!([dependency["condition"], dependency["required"]])))
        .collect();
    let mut networks: Vec<String> = object(service, "networks").keys().cloned().collect();
    networks.retain(|name| name != "default");
    let build = service.get("build").map(|build| {
        json!([
            build["context"],
            object(build, "args"),
            build["tags"].as_array().cloned().unwrap_or_default(),
            object(build, "labels"),
            build["extra_hosts"].as_array().cloned().unwrap_or_default()
        ])
    });
    let mounts = list("volumes").into_iter().map(|mount| {
        let read_only = mount.get("read_only").cloned().unwrap_or(json!(false));
        json!([mount["type"], mount["source"], mount["target"], read_only])
    });
    let ports = list("ports").into_iter().map(|port| {
        let published = port.get("published").cloned().unwrap_or(json!(""));
        json!([port["host_ip"], published, port["target"], port["protocol"]])
    });
    let uses = |key: &str| {
        let uses = list(key).into_iter().map(|item| json!([item["source"], item["target"]]));
        uses.collect::<Vec<_>>()
    };
    let devices =
        list("devices").into_iter().map(|device| json!([device["source"], device["target"]]));
    json!({
        "image": service["image"],
        "restart": service["restart"],
        "command": service["command"],
        "entrypoint": service["entrypoint"],
        "environment": object(service, "environment"),
        "labels": object(service, "labels"),
        "annotations": object(service, "annotations"),
        "sysctls": object(service, "sysctls"),
        "extra_hosts": list("extra_hosts"),
        "lists": super::LISTS.iter().map(|key| list(key)).collect::<Vec<_>>(),
        "ports": super::sorted(ports.collect()),
        "volumes": super::sorted(mounts.collect()),
        "secrets": super::sorted(uses("secrets")),
        "configs": super::sorted(uses("configs")),
        "devices": super::sorted(devices.collect()),
        "depends_on": depends,
        "networks": networks,
        "ulimits": object(service, "ulimits"),
        "logging": [service.pointer("/logging/driver"), service.pointer("/logging/options")],
        "build": build,
        "replicas": service.pointer("/deploy/replicas"),
        "test": service.pointer("/healthcheck/test"),
    })
}
