//! The components beside the platform: from manifests or charts of one version, checked against the lock,
//! applied like everything else and waited for.

use common::secrets::unquoted;
use common::yaml::plain;
use std::path::Path;
use std::time::Instant;

use common::stop::Stop;
use serde::Deserialize;
use serde_json::{Value, json};

use super::lock::Lock;
use super::source;
use crate::cli::{self, Shared};
use crate::cluster::Cluster;
use crate::deploy::display;
use crate::deploy::inventory;
use crate::deploy::rehearsal::{Allowed, rehearse};
use crate::deploy::roll_out::{self, RollOut};
use crate::object::{list, meta, text};
use crate::report::Check;
use crate::version::version;
use crate::{places, process, render};

/// Restarts of a component's container that are no failure: it may wait for another one.
const RESTARTS: i64 = 5;
/// Where a store says on which address Secrets Manager answers in the cluster.
const ENDPOINT: &str = "compose-gen/secretsmanager-endpoint";

/// The file of components.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    components: Vec<Component>,
}

/// One thing to install.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Component {
    name: String,
    version: String,
    /// The versions of Kubernetes that it is made for.
    kubernetes: Option<Range>,
    /// Made before anything else, and the default namespace of the component's objects.
    namespace: Option<String>,
    /// Manifests, by URL.
    #[serde(default)]
    manifests: Vec<String>,
    /// A Helm chart's archive, by URL.
    chart: Option<String>,
    /// The chart's values.
    #[serde(default)]
    values: Value,
    /// Definitions of custom resources of these groups, and the policies named after them, are
    /// left out: another component has them.
    #[serde(default)]
    without_definitions_of: Vec<String>,
    /// A Deployment that gets the overlay's address of Secrets Manager in a variable.
    secrets_manager: Option<Endpoint>,
    /// More objects, applied last.
    #[serde(default)]
    objects: Vec<Value>,
}

/// Minor versions of Kubernetes (`1.33`), both included.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    from: String,
    to: Option<String>,
}

impl Range {
    fn has(&self, found: (u64, u64)) -> bool {
        let least = version(&self.from).is_none_or(|from| from <= found);
        least && self.to.as_deref().and_then(version).is_none_or(|to| found <= to)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoint {
    deployment: String,
    variable: String,
}

impl Component {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Whether Helm renders it.
    pub(crate) fn has_chart(&self) -> bool {
        self.chart.is_some()
    }

    fn urls(&self) -> impl Iterator<Item = &String> {
        self.manifests.iter().chain(&self.chart)
    }

    /// The files' names, as `--manifest-dir` must have them.
    pub(crate) fn files(&self) -> Vec<String> {
        self.urls().map(|url| source::file_name(url).to_owned()).collect()
    }
}

/// The components of the command line's file.
pub(crate) fn read(options: &cli::Create) -> Result<Vec<Component>, Stop> {
    from_file(&places::components(options.components.as_deref())?)
}

/// The components of a file.
pub(crate) fn from_file(path: &Path) -> Result<Vec<Component>, Stop> {
    let bad = |why: String| Stop::bad("bad-components", format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    let file: File = plain::from_str(&text).map_err(|error| bad(unquoted(&error.to_string())))?;
    Ok(file.components)
}

/// The components that are not made for this version of Kubernetes.
pub(crate) fn skew(components: &[Component], version: (u64, u64)) -> Vec<Check> {
    let check = |component: &Component| {
        let Range { from, to } = component.kubernetes.as_ref().filter(|r| !r.has(version))?;
        let range = match to {
            Some(to) => format!("{from} to {to}"),
            None => format!("{from} and later"),
        };
        let detail = format!(
            "{} is made for Kubernetes {range}, and the cluster has {}.{}",
            component.version, version.0, version.1
        );
        let check = Check::warning("components", component.name(), "component-skew", detail);
        Some(check.hint("x-environments' kind.node-image in the specification pins the version"))
    };
    components.iter().filter_map(check).collect()
}

/// The bytes of every file, in the order of [`Component::files`]; all that is wrong is said at once.
pub(crate) async fn fetch(
    components: &[Component],
    options: &cli::Create,
    dry_run: bool,
) -> Result<Vec<Vec<Vec<u8>>>, Stop> {
    if components.is_empty() || dry_run {
        return Ok(Vec::new());
    }
    let path = places::components(options.components.as_deref())?;
    let mut lock = Lock::beside(&path)?;
    let mut all = Vec::new();
    let mut failed: Option<Stop> = None;
    for component in components {
        let mut files = Vec::new();
        for url in component.urls() {
            let folder = options.manifest_dir.as_deref();
            match source::get(url, folder, &mut lock, options.update_lock).await {
                Ok(bytes) => files.push(bytes),
                Err(stop) => match &mut failed {
                    Some(first) => {
                        first.status = first.status.max(stop.status);
                        first.add(stop);
                    }
                    None => failed = Some(stop),
                },
            }
        }
        all.push(files);
    }
    failed.map_or(Ok(all), Err)
}

/// Applies a component and waits until all of it is ready.
pub(crate) async fn install(
    cluster: &Cluster,
    component: &Component,
    files: &[Vec<u8>],
    shared: &Shared,
    deadline: Instant,
) -> Result<(), Stop> {
    let mut objects = Vec::new();
    if let Some(namespace) = &component.namespace {
        objects.push(json!({"apiVersion": "v1", "kind": "Namespace",
                            "metadata": {"name": namespace}}));
    }
    for (index, bytes) in files.iter().enumerate() {
        let text = if index < component.manifests.len() {
            String::from_utf8_lossy(bytes).into_owned()
        } else {
            // The roll-out shows its own progress, on a terminal as a table that a line would break.
            let step = format!("rendering the chart of {}", component.name);
            display::during(&step, chart(component, bytes, shared)).await?
        };
        objects.extend(render::objects(&text).map_err(|why| {
            let message = format!("{} of {}: {why}", component.files()[index], component.name);
            Stop::bad("bad-manifest", message)
        })?);
    }
    objects.retain(|object| wanted(component, object));
    if let Some(endpoint) = &component.secrets_manager {
        set_endpoint(&mut objects, endpoint, shared).await?;
    }
    let defined = render::namespaced(&objects);
    // The component's custom resources come when its operator runs: its webhook has a say.
    let mut custom = component.objects.clone();
    for object in objects.iter_mut().chain(&mut custom) {
        if let Some(namespace) = &component.namespace {
            render::place(cluster, namespace, &defined, object).await?;
        }
    }
    // Recorded before it is applied, so that `status` knows what an interrupted run left out.
    let all = [objects.as_slice(), &custom].concat();
    inventory::record_component(cluster, &component.name, &all).await?;
    // A component is another project's work: its references are not checked, only its order.
    for objects in [&objects, &custom] {
        // A Job whose template changed with the version, or that failed, is made again.
        let of_jobs = |object: &&Value| text(object, "/kind") == "Job";
        let jobs: Vec<Value> = objects.iter().filter(of_jobs).cloned().collect();
        let allowed = Allowed { recreate: true, retry_jobs: true };
        let rehearsed = rehearse(cluster, &jobs, true, allowed).await?;
        let name = &component.name;
        let roll = RollOut { objects, force: true, deadline, name, rehearsed, restarts: RESTARTS };
        roll_out::run(cluster, &roll).await?;
    }
    Ok(())
}

/// Charts' own tests, and definitions that another component brings, are not wanted.
fn wanted(component: &Component, object: &Value) -> bool {
    let test =
        meta(object, "annotations", "helm.sh/hook").is_some_and(|hook| hook.contains("test"));
    let belongs = |group: &String| match text(object, "/kind") {
        "CustomResourceDefinition" => text(object, "/spec/group") == group,
        "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding" => {
            text(object, "/metadata/name").strip_suffix(group).is_some_and(|n| n.ends_with('.'))
        }
        _ => false,
    };
    !test && !component.without_definitions_of.iter().any(belongs)
}

/// Helm's rendering of a chart. Helm keeps no record of it: the objects are applied like all others.
async fn chart(component: &Component, bytes: &[u8], shared: &Shared) -> Result<String, Stop> {
    let folder = process::folder()?;
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content)
            .map(|()| path.display().to_string())
            .map_err(|error| Stop::bad("temporary-folder", format!("{}: {error}", path.display())))
    };
    let chart = write("chart.tgz", bytes)?;
    let values = write("values.json", component.values.to_string().as_bytes())?;
    let namespace = component.namespace.as_deref().unwrap_or("default");
    let arguments = [
        "template",
        &component.name,
        &chart,
        "--namespace",
        namespace,
        "--include-crds",
        "--values",
        &values,
    ];
    process::succeed("helm", &arguments, shared.timeout).await
}

/// The address that the overlay's store names becomes a variable of the operator.
async fn set_endpoint(
    objects: &mut [Value],
    endpoint: &Endpoint,
    shared: &Shared,
) -> Result<(), Stop> {
    let everything = Shared { profile: Vec::new(), ..shared.clone() };
    let rendered = render::overlay(&everything).await?;
    let address = rendered.all.iter().find_map(|object| meta(object, "annotations", ENDPOINT));
    let Some(address) = address else { return Ok(()) };
    let deployment = objects.iter_mut().find(|object| {
        text(object, "/kind") == "Deployment"
            && text(object, "/metadata/name") == endpoint.deployment
    });
    let Some(deployment) = deployment else {
        let message =
            format!("no Deployment/{} to give {} to", endpoint.deployment, endpoint.variable);
        return Err(Stop::bad("bad-components", message));
    };
    let containers = deployment.pointer_mut("/spec/template/spec/containers");
    for container in containers.and_then(Value::as_array_mut).into_iter().flatten() {
        let mut variables = list(container, "/env").to_vec();
        variables.retain(|variable| text(variable, "/name") != endpoint.variable);
        variables.push(json!({"name": endpoint.variable, "value": address}));
        container["env"] = json!(variables);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_components_are_read_and_every_one_has_files() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../infrastructure/config/kind/components.yaml");
        let file: File = plain::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let names: Vec<_> = file.components.iter().map(Component::name).collect();
        assert_eq!(names, ["gateway-api", "envoy-gateway", "external-secrets"]);
        for component in &file.components {
            assert!(component.urls().count() > 0);
            let version = component.version();
            let pinned = |url: &String| url.contains(version.trim_start_matches('v'));
            assert!(component.urls().all(pinned), "{} is pinned", component.name);
        }
        // The version that the generated configuration pins is one that all are made for.
        let config = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../infrastructure/kubernetes/kind/cluster.yaml");
        let version = super::super::config::KindConfig::read(&config).unwrap().kubernetes();
        assert_eq!(skew(&file.components, version.unwrap()).len(), 0);
        let names = |version| -> Vec<String> {
            skew(&file.components, version).into_iter().map(|check| check.name).collect()
        };
        assert_eq!(names((1, 30)), ["gateway-api", "envoy-gateway"]);
        assert_eq!(names((1, 37)), ["envoy-gateway"]);
    }
}
