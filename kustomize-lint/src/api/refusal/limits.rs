//! Budgets, autoscalers, quotas and priorities.

use common::quantity::Quantity;

use super::at::{At, Refusals};
use super::quantity;
use super::syntax;

pub(super) fn disruption(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    if spec.has("minAvailable") && spec.has("maxUnavailable") {
        let server = "minAvailable and maxUnavailable cannot be both set";
        refusals.add(&spec, "has both `minAvailable` and `maxUnavailable`", server);
    }
    for key in ["minAvailable", "maxUnavailable"] {
        let Some(at) = spec.get(key) else { continue };
        syntax::amount(Some(at.clone()), refusals);
        let percent = at.word().and_then(|text| text.strip_suffix('%'));
        if percent.and_then(|text| text.parse::<u32>().ok()).is_some_and(|percent| percent > 100) {
            refusals.add(&at, "has to be 100% or less", "must not be greater than 100%");
        }
    }
    syntax::selector(spec.get("selector"), refusals);
    refusals.filled(&spec, "unhealthyPodEvictionPolicy");
}

pub(super) fn autoscaler(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return refusals.missing(object, "spec") };
    match spec.get("scaleTargetRef") {
        None => refusals.missing(&spec, "scaleTargetRef"),
        Some(target) => {
            refusals.required(&target, "kind");
            refusals.required(&target, "name");
            let version = target.text("apiVersion").unwrap_or_default();
            if !version.contains('/') && target.text("kind") != Some("ReplicationController") {
                let server = "apiVersion must specify API group";
                refusals.add(&target, "needs an `apiVersion` with a group", server);
            }
        }
    }
    let least = spec.int("minReplicas").unwrap_or(1);
    let metrics = spec.list("metrics");
    let scales_to_zero =
        metrics.iter().any(|one| matches!(one.text("type"), Some("External" | "Object")));
    refusals.at_least(&spec, "minReplicas", if scales_to_zero { 0 } else { 1 });
    match spec.get("maxReplicas") {
        None => refusals.missing(&spec, "maxReplicas"),
        Some(most) => {
            if most.node.as_int().is_some_and(|most| most < 1) {
                refusals.add(&most, "has to be 1 or more", "must be greater than 0");
            } else if most.node.as_int().is_some_and(|most| most < least) {
                let server = "must be greater than or equal to `minReplicas`";
                refusals.add(&most, "is less than `minReplicas`", server);
            }
        }
    }
    for metric in &metrics {
        self::metric(metric, refusals);
    }
    for direction in ["scaleUp", "scaleDown"] {
        let Some(rules) = spec.at(&["behavior", direction]) else { continue };
        if let Some(window) = rules.get("stabilizationWindowSeconds")
            && window.node.as_int().is_some_and(|seconds| !(0..=3600).contains(&seconds))
        {
            let server = "must be less than or equal to 3600";
            refusals.add(&window, "has to be from 0 to 3600", server);
        }
        if let Some(tolerance) = rules.get("tolerance") {
            quantity::one(&tolerance, refusals);
        }
        if rules.has("policies") && rules.list("policies").is_empty() {
            refusals.add(&rules, "needs policies", "must specify at least one Policy");
        }
        for policy in rules.list("policies") {
            refusals.required(&policy, "type");
            for key in ["value", "periodSeconds"] {
                if policy.int(key).is_none_or(|number| number < 1) {
                    let why = format!("needs a `{key}` of 1 or more");
                    refusals.add(&policy, why, "must be greater than zero");
                } else {
                    refusals.at_least(&policy, key, 1);
                }
            }
            if policy.int("periodSeconds").is_some_and(|seconds| seconds > 1800) {
                let server = "must be less than or equal to 1800";
                refusals.add(&policy, "needs `periodSeconds` up to 1800", server);
            }
        }
    }
}

/// The field of each type of metric.
const METRICS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

fn metric(at: &At<'_>, refusals: &mut Refusals) {
    let Some(kind) = at.text("type") else {
        return refusals.add(at, "needs a `type`", "must specify a metric source type");
    };
    let Some((_, field)) = METRICS.iter().find(|(known, _)| *known == kind) else { return };
    for (_, other) in METRICS.iter().filter(|(_, other)| other != field) {
        if let Some(at) = at.get(other) {
            let server = "must populate the given metric source only";
            refusals.add(&at, format!("is not for the type `{kind}`"), server);
        }
    }
    let Some(source) = at.get(field) else {
        let server = "must populate information for the given metric source";
        return refusals.add(at, format!("needs `{field}` for its type"), server);
    };
    if matches!(*field, "resource" | "containerResource") {
        refusals.required(&source, "name");
    } else if let Some(metric) = source.get("metric") {
        let name = refusals.required(&metric, "name");
        if let Some(name) = name
            && name.word().is_some_and(|text| !syntax::is_path_segment(text))
        {
            refusals.add(&name, "may not have `/` or `%`", "may not contain, or: may not be");
        }
    } else {
        refusals.missing(&source, "metric");
    }
    if *field == "containerResource" {
        refusals.required(&source, "container");
    }
    if *field == "object" {
        match source.get("describedObject") {
            None => refusals.missing(&source, "describedObject"),
            Some(object) => {
                refusals.required(&object, "kind");
                refusals.required(&object, "name");
            }
        }
    }
    let Some(target) = source.get("target") else { return refusals.missing(&source, "target") };
    if target.text("type").is_none() {
        refusals.add(&target, "needs a `type`", "must specify a metric target type");
    }
    for key in ["value", "averageValue"] {
        if let Some(amount) = target.get(key) {
            quantity::one(&amount, refusals);
            if quantity::value(&amount) == Some(Quantity::ZERO) {
                refusals.add(&amount, "has to be more than 0", "must be positive");
            }
        }
    }
    refusals.at_least(&target, "averageUtilization", 1);
    let said = |key: &str| target.has(key);
    let (values, missing): (&[&str], _) = match *field {
        "resource" | "containerResource" => (
            &["averageUtilization", "averageValue"],
            "must set either a target raw value or a target utilization",
        ),
        "pods" => (&["averageValue"], "must specify a positive target averageValue"),
        "object" => (&["averageValue", "value"], "must set either a target value or averageValue"),
        _ => (
            &["averageValue", "value"],
            "must set either a target value for metric or a per-pod target",
        ),
    };
    match values.iter().filter(|key| said(key)).count() {
        0 => refusals.add(&target, "says no value that its metric can have", missing),
        // The server takes both for an object.
        2 if *field != "object" => {
            let why = format!("has both `{}`", values.join("` and `"));
            refusals.add(&target, why, "may not set both a target");
        }
        _ => {}
    }
}

pub(super) fn quota(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    for one in spec.at(&["scopeSelector"]).iter().flat_map(|at| at.list("matchExpressions")) {
        if matches!(one.text("operator"), Some("In" | "NotIn")) && one.list("values").is_empty() {
            let server =
                "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
            refusals.add(&one, "needs `values` for its operator", server);
        }
        if matches!(one.text("operator"), Some("Exists" | "DoesNotExist"))
            && !one.list("values").is_empty()
        {
            let server =
                "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
            refusals.add(&one, "may not have `values` for its operator", server);
        }
    }
    scopes(&spec, refusals);
    for (entry, amount) in spec.pairs("hard") {
        quantity::one(&amount, refusals);
        let prefixed = ["count/", "hugepages-", "requests.hugepages-"];
        let compute = ["cpu", "memory", "ephemeral-storage", "storage"];
        let part =
            entry.key.split_once('.').filter(|(kind, _)| matches!(*kind, "requests" | "limits"));
        let name = entry.key.as_str();
        let fits = compute.contains(&name)
            || OBJECTS.contains(&name)
            || part.is_some_and(|(_, name)| compute.contains(&name))
            || prefixed.iter().any(|prefix| entry.key.starts_with(prefix))
            || entry.key.contains('/') && syntax::is_qualified(&entry.key)
            || entry.key.contains(".storageclass.storage.k8s.io/");
        if !fits {
            let server = "must be a standard resource for quota";
            refusals.key(&amount, entry, "is not a resource of a quota", server);
        } else if is_counted(&entry.key) && !quantity::is_whole(&amount) {
            refusals.add(&amount, "has to be an integer", "must be an integer");
        }
    }
}

/// Resources of a quota that are numbers of objects.
const OBJECTS: [&str; 9] = [
    "pods",
    "services",
    "secrets",
    "configmaps",
    "replicationcontrollers",
    "resourcequotas",
    "persistentvolumeclaims",
    "services.loadbalancers",
    "services.nodeports",
];

/// Whether a resource of a quota is a number of objects.
fn is_counted(name: &str) -> bool {
    OBJECTS.contains(&name) || name.starts_with("count/")
}

/// Whether a resource is more than the number of pods. The server looks at its standard resources only, which have
/// no domain.
fn counts_more(name: &str) -> bool {
    name != "pods" && !name.contains('/')
}

/// Scopes of a quota, which limit its resources and may exclude each other.
fn scopes(spec: &At<'_>, refusals: &mut Refusals) {
    let Some(at) = spec.get("scopes") else { return };
    let scopes = at.items();
    let has = |scope: &str| scopes.iter().any(|one| one.word() == Some(scope));
    if has("BestEffort") && has("NotBestEffort") || has("Terminating") && has("NotTerminating") {
        refusals.add(&at, "exclude each other", "conflicting scopes");
    } else if has("BestEffort")
        && spec.pairs("hard").iter().any(|(entry, _)| counts_more(&entry.key))
    {
        let server = "unsupported scope applied to resource";
        refusals.add(&at, "is `BestEffort`, which counts `pods` only", server);
    }
}

/// The types of limits.
const LIMITED: [&str; 3] = ["Container", "PersistentVolumeClaim", "Pod"];

pub(super) fn range(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    let limits = spec.list("limits");
    refusals.distinct(&limits, |one| one.text("type"), "type");
    for limit in &limits {
        let Some(kind) = limit.text("type") else {
            refusals.missing(limit, "type");
            continue;
        };
        if !syntax::is_qualified(kind) || !kind.contains('/') && !LIMITED.contains(&kind) {
            let server = "must be a standard limit type or fully qualified";
            refusals.add(limit, "has a `type` that is unknown", server);
        }
        for (entry, ratio) in limit.pairs("maxLimitRequestRatio") {
            quantity::one(&ratio, refusals);
            if quantity::value(&ratio).is_some_and(|ratio| ratio < Quantity::units(1)) {
                refusals.add(&ratio, "has to be 1 or more", "is less than 1");
            }
            if !quantity::is_resource(&entry.key) && entry.key != "storage" {
                let server = "must be a standard resource type or fully qualified";
                refusals.key(&ratio, entry, "is not a resource", server);
            }
        }
        let fields = ["min", "defaultRequest", "default", "max"];
        for field in fields {
            for (entry, amount) in limit.pairs(field) {
                quantity::one(&amount, refusals);
                if !quantity::is_resource(&entry.key) && entry.key != "storage" {
                    let server = "must be a standard resource type or fully qualified";
                    refusals.key(&amount, entry, "is not a resource", server);
                }
            }
        }
        if kind == "Pod" {
            for field in ["default", "defaultRequest"] {
                if let Some(at) = limit.get(field) {
                    let server = "may not be specified when `type` is 'Pod'";
                    refusals.add(&at, "is not for the type `Pod`", server);
                }
            }
        }
        if kind == "PersistentVolumeClaim"
            && limit.at(&["min", "storage"]).or_else(|| limit.at(&["max", "storage"])).is_none()
        {
            let server =
                "either minimum or maximum storage value is required, but neither was provided";
            refusals.add(limit, "needs `storage` in `min` or `max`", server);
        }
        for (entry, ratio) in limit.pairs("maxLimitRequestRatio") {
            let of = |key: &str| limit.at(&[key, &entry.key]).as_ref().and_then(quantity::value);
            if let (Some(least), Some(most), Some(value)) =
                (of("min"), of("max"), quantity::value(&ratio))
                && least > Quantity::ZERO
                && is_beyond(value, most, least)
            {
                let why = "is more than `max` divided by `min`";
                refusals.add(&ratio, why, "is greater than max/min");
            }
        }
        // Each may not be more than those behind it.
        for (at, low) in fields.iter().enumerate() {
            for high in &fields[at + 1..] {
                for (entry, amount) in limit.pairs(low) {
                    let other = limit.get(high).and_then(|map| map.get(&entry.key));
                    let values =
                        (quantity::value(&amount), other.as_ref().and_then(quantity::value));
                    if let (Some(low_value), Some(high_value)) = values
                        && low_value > high_value
                    {
                        let server = "is greater than max value";
                        refusals.add(&amount, format!("is more than `{high}`"), server);
                    }
                }
            }
        }
    }
}

/// Whether a ratio is more than the quotient of two amounts, in thousandths as the server counts.
fn is_beyond(ratio: Quantity, most: Quantity, least: Quantity) -> bool {
    let milli = |amount: Quantity| (amount * 1000).ceil();
    // A product beyond 128 bits is beyond every amount.
    let product = milli(ratio).checked_mul(milli(least));
    product.is_none_or(|product| product > milli(most) * 1000)
}

pub(super) fn priority(object: &At<'_>, refusals: &mut Refusals) {
    if let Some(policy) = object.get("preemptionPolicy")
        && policy.word().is_some_and(|text| !["Never", "PreemptLowerPriority"].contains(&text))
    {
        let why = "has to be `Never` or `PreemptLowerPriority`";
        refusals.add(&policy, why, "Unsupported value");
    }
    if let Some(value) = object.get("value")
        && value
            .node
            .as_int()
            .is_some_and(|value| (1_000_000_001..=i64::from(i32::MAX)).contains(&value))
        && !object
            .at(&["metadata"])
            .and_then(|m| m.text("name"))
            .is_some_and(|name| name.starts_with("system-"))
    {
        let server = "maximum allowed value of a user defined priority is 1000000000";
        refusals.add(&value, "has to be 1000000000 or less", server);
    }
}
