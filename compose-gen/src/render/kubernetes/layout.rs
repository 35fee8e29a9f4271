//! The file of each object: `base/<profile>`, `overlays/<environment>/<profile>`.

use std::collections::{BTreeMap, BTreeSet};

use common::catalogue::Catalogue;
use serde_json::{Map, Value, json};

use super::objects::job_names;
use super::view::{Key, Objects, View};
use super::{config, environment, patch, workload};
use crate::model::names::CLUSTER;
use crate::model::{Origin, Platform, Service, config_maps};
use crate::render::{Files, put};
use crate::spec::types::{Environment, Images};

/// Counts that the summary shows.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Environment → objects that `kubectl kustomize` prints.
    pub(crate) objects: BTreeMap<String, usize>,
    /// Environment → kinds in use: group and kind, whether it belongs to the cluster.
    pub(crate) kinds: BTreeMap<String, BTreeSet<(String, String, bool)>>,
}

/// Everything below `kubernetes/base` and `kubernetes/overlays`.
pub(crate) fn render(
    platform: &Platform,
    catalogue: &Catalogue,
    source: &str,
    files: &mut Files,
) -> Counts {
    let jobs = job_names(platform, catalogue);
    let view = |environment| View { platform, catalogue, environment, jobs: &jobs };
    let all: BTreeMap<&str, Objects> = platform
        .environments
        .keys()
        .map(|name| (name.as_str(), view(Some(name.as_str())).objects()))
        .collect();
    let deploys = |name: &str, home: &str| {
        platform.services_in(Some(name)).any(|service| service.home() == home)
    };
    // In the base stands what every environment has that runs its profile.
    let base: Objects = view(None)
        .objects()
        .into_iter()
        .filter(|(key, _)| {
            all.iter().all(|(name, objects)| objects.contains_key(key) || !deploys(name, &key.home))
        })
        .collect();
    let mut layout = Layout { platform, source, files, view: &view };
    let homes: BTreeSet<String> = platform.homes().into_iter().map(str::to_owned).collect();
    let mut with_base = BTreeSet::new();
    for home in &homes {
        if layout.base(home, &base) {
            with_base.insert(home.clone());
        }
    }
    let mut counts = Counts::default();
    for (name, objects) in &all {
        let Some(environment) = platform.environments.get(*name) else { continue };
        let extra = layout.overlay(name, environment, objects, &base, &with_base);
        counts.add(name, objects, &extra, platform);
    }
    counts
}

impl Counts {
    fn add(&mut self, name: &str, objects: &Objects, extra: &[Value], platform: &Platform) {
        let maps: usize = platform
            .services_in(Some(name))
            .map(|service| config_maps::names(service).values().collect::<BTreeSet<_>>().len())
            .sum();
        self.objects.insert(name.to_owned(), objects.len() + extra.len() + maps);
        let kinds = self.kinds.entry(name.to_owned()).or_default();
        for object in objects.values().chain(extra) {
            let api = object["apiVersion"].as_str().unwrap_or_default();
            let group = api.split_once('/').map_or("", |(group, _)| group);
            let kind = object["kind"].as_str().unwrap_or_default();
            let cluster = matches!(kind, "Namespace" | "StorageClass");
            kinds.insert((group.to_owned(), kind.to_owned(), cluster));
        }
        let files = platform.services_in(Some(name)).flat_map(|service| &service.mounts);
        for mount in files {
            if let Origin::Files { secret, .. } = &mount.origin {
                let kind = if *secret { "Secret" } else { "ConfigMap" };
                kinds.insert((String::new(), kind.into(), false));
            }
        }
    }
}

struct Layout<'a, 'v> {
    platform: &'a Platform,
    source: &'a str,
    files: &'a mut Files,
    view: &'a dyn Fn(Option<&'v str>) -> View<'v>,
}

impl<'a> Layout<'a, '_> {
    /// One folder of the base; false when it would be empty.
    fn base(&mut self, home: &str, base: &Objects) -> bool {
        let folder = format!("kubernetes/base/{home}");
        let in_home: Objects = of_home(base, home);
        if in_home.is_empty() {
            return false;
        }
        let resources = self.resources(&folder, &in_home);
        let services = self.services(home, |service, platform| platform.runs(service, None));
        let generators = config::generators(&services, &folder, self.files);
        let mut patches = Vec::new();
        for service in services {
            let Some(extra) = service.patches.get("all") else { continue };
            let patch = self.authored(service, extra);
            patches.push(self.patch(&folder, service, &[patch]));
        }
        self.kustomization(
            &folder,
            [
                ("resources", json!(resources)),
                ("configMapGenerator", json!(generators.maps)),
                ("secretGenerator", json!(generators.secrets)),
                ("patches", json!(patches)),
            ],
        );
        true
    }

    fn overlay(
        &mut self,
        name: &str,
        environment: &Environment,
        objects: &Objects,
        base: &Objects,
        with_base: &BTreeSet<String>,
    ) -> Vec<Value> {
        let root = format!("kubernetes/overlays/{name}");
        let mut folders = vec![CLUSTER.to_owned()];
        let homes: BTreeSet<&str> = objects.keys().map(|key| key.home.as_str()).collect();
        for home in homes {
            let in_home = of_home(objects, home);
            self.overlay_home(name, environment, home, &in_home, base, with_base.contains(home));
            if !self.platform.is_opt_in(environment, home) {
                folders.push(home.to_owned());
            }
        }
        let secrets = objects.keys().any(|key| key.kind == "ExternalSecret");
        let waits = |object: &Value| object.pointer("/spec/template/spec/initContainers").is_some();
        let needs = environment::Needs { secrets, waits: objects.values().any(waits) };
        let extra = environment::objects(self.platform, environment, needs);
        let mut all = Vec::new();
        let mut resources = Vec::new();
        for (file, documents) in extra {
            resources.push(format!("{file}.yaml"));
            let path = format!("{root}/{CLUSTER}/{file}.yaml");
            self.files.yaml(path, self.source, &documents);
            all.extend(documents);
        }
        let namespace = json!(environment.namespace);
        let fields = [("namespace", namespace), ("resources", json!(resources))];
        self.kustomization(&format!("{root}/{CLUSTER}"), fields);
        self.kustomization(&root, [("resources", json!(folders))]);
        all
    }

    fn overlay_home(
        &mut self,
        name: &str,
        environment: &Environment,
        home: &str,
        objects: &Objects,
        base: &Objects,
        with_base: bool,
    ) {
        let folder = format!("kubernetes/overlays/{name}/{home}");
        let added: Objects = objects
            .iter()
            .filter(|(key, _)| !base.contains_key(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let mut resources = Vec::new();
        if with_base {
            resources.push(format!("../../../base/{home}"));
        }
        resources.extend(self.resources(&folder, &added));
        let only_here = self.services(home, |service, platform| {
            platform.runs(service, Some(name)) && !platform.runs(service, None)
        });
        let generators = config::generators(&only_here, &folder, self.files);
        let mut patches = Vec::new();
        let here = self.services(home, |service, platform| platform.runs(service, Some(name)));
        for service in here {
            let mut documents = Vec::new();
            for (key, value) in objects.iter().filter(|(key, _)| key.file == service.name) {
                documents.extend(base.get(key).and_then(|before| patch::between(before, value)));
            }
            let everywhere =
                service.patches.get("all").filter(|_| !self.platform.runs(service, None));
            for extra in everywhere.into_iter().chain(service.patches.get(name)) {
                documents.push(self.authored(service, extra));
            }
            if !documents.is_empty() {
                patches.push(self.patch(&folder, service, &documents));
            }
        }
        // Objects that belong to no service, such as secrets, are the same wherever they are.
        let image = |images: &Images, name: &String| {
            json!({
                "name": name,
                "newName": format!("{}/{name}", images.registry.trim_end_matches('/')),
                "newTag": images.tag,
            })
        };
        let images = environment.images.as_ref().map(|images| {
            let used = images_of(objects).into_iter();
            let prefixed = used.filter(|name| name.starts_with(&images.prefix));
            prefixed.map(|name| image(images, &name)).collect::<Vec<_>>()
        });
        self.kustomization(
            &folder,
            [
                ("namespace", json!(environment.namespace)),
                ("resources", json!(resources)),
                ("configMapGenerator", json!(generators.maps)),
                ("secretGenerator", json!(generators.secrets)),
                ("patches", json!(patches)),
                ("images", json!(images)),
            ],
        );
    }

    /// Writes a folder's kustomization with the keys that have something to say.
    fn kustomization<const N: usize>(&mut self, folder: &str, keys: [(&str, Value); N]) {
        let mut file = Map::new();
        put(&mut file, "apiVersion", json!("kustomize.config.k8s.io/v1beta1"));
        put(&mut file, "kind", json!("Kustomization"));
        keys.into_iter().for_each(|(key, value)| put(&mut file, key, value));
        let path = format!("{folder}/kustomization.yaml");
        self.files.yaml(path, self.source, &[Value::Object(file)]);
    }

    /// Writes objects by file and names the files.
    fn resources(&mut self, folder: &str, objects: &Objects) -> Vec<String> {
        let mut by_file: BTreeMap<&str, Vec<(&Key, Value)>> = BTreeMap::new();
        for (key, value) in objects {
            by_file.entry(&key.file).or_default().push((key, value.clone()));
        }
        let mut names = Vec::new();
        for (file, documents) in by_file {
            let documents: Vec<Value> = documents.into_iter().map(|(_, value)| value).collect();
            let source = self.platform.services.get(file).map_or(self.source, |s| &s.source);
            names.push(format!("{file}.yaml"));
            self.files.yaml(format!("{folder}/{file}.yaml"), source, &documents);
        }
        names
    }

    fn services(
        &self,
        home: &str,
        wanted: impl Fn(&Service, &Platform) -> bool,
    ) -> Vec<&'a Service> {
        let platform: &'a Platform = self.platform;
        let here = platform.services.values().filter(|service| service.home() == home);
        here.filter(|service| wanted(service, platform)).collect()
    }

    /// A patch of the specification with the name of what it patches.
    fn authored(&self, service: &Service, extra: &Value) -> Value {
        let view = (self.view)(None);
        let kind = workload::kind(&view, service);
        let mut patch = extra.clone();
        patch["apiVersion"] = json!(if kind == "Job" { "batch/v1" } else { "apps/v1" });
        patch["kind"] = json!(kind);
        patch["metadata"]["name"] = json!(workload::name(&view, service));
        patch
    }

    fn patch(&mut self, folder: &str, service: &Service, documents: &[Value]) -> Value {
        let path = format!("patches/{}.yaml", service.name);
        self.files.yaml(format!("{folder}/{path}"), &service.source, documents);
        json!({"path": path})
    }
}

fn of_home(objects: &Objects, home: &str) -> Objects {
    let in_home = objects.iter().filter(|(key, _)| key.home == home);
    in_home.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The images of workloads, without their tags.
fn images_of(objects: &Objects) -> BTreeSet<String> {
    let mut images = BTreeSet::new();
    for object in objects.values() {
        for list in ["containers", "initContainers"] {
            let containers = object.pointer(&format!("/spec/template/spec/{list}"));
            for container in containers.and_then(Value::as_array).into_iter().flatten() {
                let Some(image) = container["image"].as_str() else { continue };
                let image = image.split('@').next().unwrap_or_default();
                let tag = image.rfind(':').filter(|at| !image[*at..].contains('/'));
                images.insert(image[..tag.unwrap_or(image.len())].to_owned());
            }
        }
    }
    images
}
