//! The memory that an environment's pods need at most, against what it has.

use common::environment::{available, memory};
use common::kubernetes::budget;
use common::quantity::Quantity;
use serde_json::{Value, json};

use super::{Platform, Service};
use crate::spec::types::Scalar;

/// The memory of the init container that waits.
pub(crate) const WAIT_MEMORY: u64 = 64 << 20;

/// One service's part.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) service: String,
    /// Bytes of all its pods together.
    pub(crate) limit: u64,
    /// How its pods are counted, such as `1 replica + 1 surge`.
    pub(crate) why: String,
}

/// An environment's sums, in bytes.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: u64,
    pub(crate) requests: u64,
    /// The memory of all pods together, where a budget is given.
    pub(crate) available: Option<u64>,
    /// Largest first.
    pub(crate) parts: Vec<Part>,
    /// Services without a limit.
    pub(crate) unlimited: Vec<String>,
}

impl Budget {
    /// Adds an environment up, as the other tools add up what is made of it.
    pub(crate) fn of(platform: &Platform, name: &str) -> Budget {
        let environment = platform.environments.get(name);
        let services: Vec<&Service> = platform.services_in(Some(name)).collect();
        let unlimited = services.iter().filter(|s| s.amounts(Some(name)).memory.is_none());
        let unlimited = unlimited.map(|service| service.name.clone()).collect();
        let objects: Vec<Value> =
            services.iter().map(|service| object(platform, service, name)).collect();
        let nodes = environment.and_then(|e| e.nodes).map(i64::from);
        let sums = budget::Budget::of(objects.iter(), nodes);
        let part = |part: &budget::Part<'_, Value>| Part {
            service: part.object["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
            limit: part.limit().to_bytes(),
            why: part.pods.why.clone(),
        };
        let memory_budget = environment.and_then(|e| e.memory.as_ref());
        let of_pods = memory_budget.and_then(|memory_budget| {
            let amount = |scalar: &Scalar| memory(&scalar.to_string());
            let reserved = memory_budget.reserved.as_ref().map_or(Some(Quantity::ZERO), amount)?;
            Some(available(amount(&memory_budget.budget)?, reserved).to_bytes())
        });
        Budget {
            limits: sums.limits().to_bytes(),
            requests: sums.requests().to_bytes(),
            available: of_pods,
            parts: sums.parts.iter().map(part).collect(),
            unlimited,
        }
    }

    /// How much is too much; `None` when everything fits.
    pub(crate) fn excess(&self) -> Option<u64> {
        self.limits.max(self.requests).checked_sub(self.available?).filter(|bytes| *bytes > 0)
    }
}

/// The part of a workload that counts. The patches may change how its pods are rolled out.
fn object(platform: &Platform, service: &Service, name: &str) -> Value {
    let environment = platform.environments.get(name);
    let amounts = service.amounts(Some(name));
    let mut resources = json!({});
    for (list, bytes) in [("limits", amounts.memory), ("requests", amounts.memory_request)] {
        if let Some(bytes) = bytes {
            resources[list] = json!({"memory": bytes});
        }
    }
    let mut pod = json!({"containers": [{"resources": resources}]});
    if !service.waits(platform, Some(name)).is_empty() {
        pod["initContainers"] = json!([{"resources": {"limits": {"memory": WAIT_MEMORY}}}]);
    }
    let mut spec = json!({"template": {"spec": pod}});
    let kind = service.kind(platform);
    if matches!(kind, "Deployment" | "StatefulSet") {
        spec["replicas"] = json!(service.pods(environment, Some(name)));
    }
    if let Some(strategy) = service.strategy(platform, environment) {
        spec["strategy"] = strategy;
    }
    for patch in ["all", name].iter().filter_map(|key| service.patches.get(*key)) {
        merge(&mut spec, &patch["spec"]);
    }
    let group = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    json!({"apiVersion": group, "kind": kind, "metadata": {"name": service.name}, "spec": spec})
}

/// Mappings are merged. Lists stay as they are: amounts in them are no patch's business.
fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(_), _) | (_, Value::Null) => {}
        (into, value) => *into = value.clone(),
    }
}
