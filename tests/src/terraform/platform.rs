//! The specification's values that Terraform must know, too: read from `infrastructure/platform` with an
//! ordinary YAML library.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::yaml;

/// The facts that both sides hold.
#[derive(Debug, Default)]
pub struct Platform {
    /// Each secret with its keys.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// Our own images, without `rideshare/`.
    pub images: BTreeSet<String>,
    /// The lake's buckets, as MinIO has them.
    pub buckets: BTreeSet<String>,
    /// The `x-role`s.
    pub roles: BTreeSet<String>,
    /// The labels below the domain.
    pub hosts: BTreeSet<String>,
    /// The environment `production`.
    pub production: Value,
    /// The region that every service is told.
    pub region: String,
    /// The names of the values file.
    pub values: BTreeSet<String>,
    /// `${NAME}` in the texts of the specification.
    pub used: BTreeSet<String>,
}

/// Reads `infrastructure/` of a checkout.
///
/// # Panics
/// A file is not there or not YAML.
pub fn read(infrastructure: &Path) -> Platform {
    let mut platform = Platform::default();
    let mut names: Vec<_> = fs::read_dir(infrastructure.join("platform"))
        .expect("a specification")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    names.sort();
    for name in names {
        let text = fs::read_to_string(&name).expect("a file");
        platform.used.extend(variables(&text));
        for document in yaml::documents(&text) {
            add(&mut platform, &document);
        }
    }
    let values = infrastructure.join("config/values/production.yaml");
    let values = yaml::documents(&fs::read_to_string(values).expect("the values"));
    platform.values.extend(values[0].as_object().expect("a mapping").keys().cloned());
    platform
}

fn add(platform: &mut Platform, document: &Value) {
    for (name, secret) in entries(&document["x-secrets"]) {
        platform.secrets.insert(name, entries(&secret["keys"]).map(|(key, _)| key).collect());
    }
    for (_, service) in entries(&document["services"]) {
        let image = service["image"].as_str().and_then(|image| image.strip_prefix("rideshare/"));
        platform.images.extend(image.map(str::to_owned));
        platform.roles.extend(service["x-role"].as_str().map(str::to_owned));
        let routes = service["x-routes"].as_array().into_iter().flatten();
        platform.hosts.extend(routes.filter_map(|route| route["host"].as_str().map(str::to_owned)));
        let buckets = service["environment"]["BUCKETS"].as_str().unwrap_or_default();
        platform.buckets.extend(buckets.split_whitespace().map(str::to_owned));
    }
    if let Some(region) = document["x-variables"]["AWS_REGION"].as_str() {
        platform.region = region.to_owned();
    }
    if !document["x-environments"]["production"].is_null() {
        platform.production = document["x-environments"]["production"].clone();
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (String, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value))
}

/// The names in `${NAME}` and `${NAME:-default}`; `$$` is a dollar sign.
fn variables(text: &str) -> BTreeSet<String> {
    let text = text.replace("$$", "");
    let ends = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    text.split("${").skip(1).filter_map(|rest| rest.split(ends).next().map(str::to_owned)).collect()
}
