//! Workloads: Deployments, StatefulSets, DaemonSets, Jobs and their like.

use super::super::violation::Subject;
use super::at::{At, Refusals};
use super::cron;
use super::pod::{self, Maker};
use super::syntax;
use super::zone;

pub(super) fn check(object: &At<'_>, kind: &str, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else {
        return refusals.missing(object, "spec");
    };
    match kind {
        "Pod" => {
            if let Some(metadata) = object.get("metadata") {
                pod::profiles(&metadata, refusals);
            }
            pod::check(&spec, Maker::Pod, &[], refusals);
        }
        "Job" => {
            super::job::check(object, &spec, refusals);
            job(&spec, false, refusals);
        }
        "CronJob" => cron_job(&spec, refusals),
        _ => controller(&spec, kind, refusals),
    }
}

fn controller(spec: &At<'_>, kind: &str, refusals: &mut Refusals) {
    for key in ["replicas", "minReadySeconds", "progressDeadlineSeconds"] {
        refusals.at_least(spec, key, 0);
    }
    // The server takes any number for a StatefulSet.
    if kind != "StatefulSet" {
        refusals.at_least(spec, "revisionHistoryLimit", 0);
    }
    match kind {
        "Deployment" => strategy(spec, refusals),
        "DaemonSet" => {
            let at = spec.at(&["updateStrategy", "rollingUpdate"]);
            let zero = at.as_ref().is_some_and(|at| {
                let text = |key| at.node.word_at(&[key]);
                matches!(text("maxUnavailable"), Some("0" | "0%")) && text("maxSurge").is_none()
            });
            if let (true, Some(at)) = (zero, &at) {
                let server = "cannot be 0 when maxSurge is 0";
                refusals.add(at, "lets no pod change: `maxUnavailable` is 0", server);
            }
            let is_zero = |text: Option<&str>| matches!(text, Some("0" | "0%"));
            if let Some(at) = &at
                && let Some(surge) = at.get("maxSurge").filter(|at| !is_zero(at.node.word()))
                && !is_zero(at.node.word_at(&["maxUnavailable"]))
            {
                let server = "may not be set when maxUnavailable is non-zero";
                refusals.add(&surge, "needs `maxUnavailable: 0`, whose default is 1", server);
            }
            rolling(at, refusals);
        }
        "StatefulSet" => {
            if let Some(rolling) = spec.at(&["updateStrategy", "rollingUpdate"]) {
                let kind = spec.at(&["updateStrategy"]).and_then(|at| at.text("type"));
                if kind == Some("OnDelete") {
                    let server = "only allowed for updateStrategy 'RollingUpdate'";
                    refusals.add(&rolling, "may not be beside the type `OnDelete`", server);
                }
                if let Some(most) = rolling.get("maxUnavailable")
                    && matches!(most.node.word(), Some("0" | "0%"))
                {
                    let why = "lets no pod change, which newer versions of Kubernetes refuse";
                    refusals.about(Subject::Cluster, &most, why, "cannot be 0");
                }
                refusals.at_least(&rolling, "partition", 0);
                syntax::amount(rolling.get("maxUnavailable"), refusals);
            }
            syntax::label(spec.get("serviceName"), refusals);
            if let Some(ordinals) = spec.get("ordinals") {
                refusals.at_least(&ordinals, "start", 0);
            }
        }
        _ => {}
    }
    let template = spec.get("template");
    if template.is_none() {
        refusals.missing(spec, "template");
    }
    match kind {
        "ReplicationController" => selects_plainly(spec, template.as_ref(), refusals),
        _ => selects(spec, template.as_ref(), refusals),
    }
    let Some(template) = template else { return };
    let claims = spec.list("volumeClaimTemplates");
    let names: Vec<&str> =
        claims.iter().filter_map(|claim| claim.at(&["metadata"])?.text("name")).collect();
    if kind == "StatefulSet" {
        for claim in &claims {
            match claim.get("metadata") {
                Some(metadata) => {
                    refusals.required(&metadata, "name");
                    syntax::label(metadata.get("name"), refusals);
                }
                None => refusals.missing(claim, "metadata"),
            }
            match claim.get("spec") {
                Some(spec) => super::storage::claim(&spec, refusals),
                None => refusals.missing(claim, "spec"),
            }
        }
    }
    pod::template(&template, Maker::Forever, &names, refusals);
}

/// The selector, which has to select the template.
fn selects(spec: &At<'_>, template: Option<&At<'_>>, refusals: &mut Refusals) {
    let Some(selector) = spec.get("selector") else {
        return refusals.missing(spec, "selector");
    };
    syntax::selector(Some(selector.clone()), refusals);
    let (labels, expressions) = (selector.pairs("matchLabels"), selector.list("matchExpressions"));
    if labels.is_empty() && expressions.is_empty() {
        let server = "empty selector is invalid for deployment";
        return refusals.add(&selector, "selects nothing", server);
    }
    let Some(template) = template else { return };
    let template_labels = template.at(&["metadata", "labels"]);
    let template_labels = template_labels.as_ref().map(|labels| labels.node);
    if !crate::view::Selector::of(selector.node).selects(template_labels) {
        let server = "`selector` does not match template `labels`";
        let why = "does not select the labels of the template";
        refusals.about(Subject::Selection, &selector, why, server);
    }
}

/// The selector of a ReplicationController, which the labels of the template replace where it is missing.
fn selects_plainly(spec: &At<'_>, template: Option<&At<'_>>, refusals: &mut Refusals) {
    let Some(selector) = spec.get("selector") else { return };
    let template_labels = template.and_then(|template| template.at(&["metadata", "labels"]));
    let template_labels = template_labels.as_ref().map(|labels| labels.node);
    if !crate::view::Selector::plain(selector.node).selects(template_labels) {
        let server = "`selector` does not match template `labels`";
        let why = "does not select the labels of the template";
        refusals.about(Subject::Selection, &selector, why, server);
    }
}

fn strategy(spec: &At<'_>, refusals: &mut Refusals) {
    if let Some(strategy) = spec.get("strategy") {
        let rolling = strategy.get("rollingUpdate");
        if let (Some("Recreate"), Some(at)) = (strategy.text("type"), &rolling) {
            let server = "may not be specified when strategy `type` is 'Recreate'";
            refusals.add(at, "may not be beside the type `Recreate`", server);
        }
        self::rolling(rolling, refusals);
    }
    let deadline = spec.int("progressDeadlineSeconds").unwrap_or(600);
    if spec.int("minReadySeconds").is_some_and(|ready| ready >= deadline)
        && let Some(at) =
            spec.get("progressDeadlineSeconds").or_else(|| spec.get("minReadySeconds"))
    {
        let why = "`progressDeadlineSeconds` has to be more than `minReadySeconds`";
        refusals.add(&at, why, "must be greater than minReadySeconds");
    }
}

fn rolling(at: Option<At<'_>>, refusals: &mut Refusals) {
    let Some(at) = at else { return };
    for key in ["maxSurge", "maxUnavailable"] {
        syntax::amount(at.get(key), refusals);
    }
    let is_zero =
        |key: &str| at.node.word_at(&[key]).is_some_and(|text| matches!(text, "0" | "0%"));
    if is_zero("maxSurge") && is_zero("maxUnavailable") {
        let server = "may not be 0 when `maxSurge` is 0";
        refusals.add(&at, "lets no pod change: both numbers are 0", server);
    }
    if let Some(most) = at.get("maxUnavailable")
        && let Some(percent) = most.word().and_then(|text| text.strip_suffix('%'))
        && percent.parse::<u32>().is_ok_and(|percent| percent > 100)
    {
        refusals.add(&most, "has to be 100% or less", "must not be greater than 100%");
    }
}

fn job(spec: &At<'_>, is_template: bool, refusals: &mut Refusals) {
    for key in ["completions", "parallelism", "backoffLimit", "ttlSecondsAfterFinished"] {
        refusals.at_least(spec, key, 0);
    }
    refusals.at_least_long(spec, "activeDeadlineSeconds", 0);
    if let Some(selector) = spec.get("selector")
        && !spec.is("manualSelector")
    {
        let server = "`selector` not auto-generated";
        refusals.add(&selector, "is the server's to make", server);
    }
    super::job::parts(spec, is_template, refusals);
    refusals.filled(spec, "completionMode");
    if let Some(limit) = spec.get("backoffLimitPerIndex") {
        refusals.at_least(spec, "backoffLimitPerIndex", 0);
        if spec.text("completionMode") != Some("Indexed") {
            refusals.add(&limit, "is for `Indexed` only", "requires indexed completion mode");
        }
    }
    let Some(template) = spec.get("template") else {
        return refusals.missing(spec, "template");
    };
    if spec.has("podFailurePolicy")
        && template.at(&["spec"]).and_then(|pod| pod.text("restartPolicy")) != Some("Never")
    {
        let server = "only \"Never\" is supported when podFailurePolicy is specified";
        refusals.add(spec, "needs `restartPolicy: Never` for `podFailurePolicy`", server);
    }
    indexes(spec, refusals);
    if let Some(policy) = spec.get("podFailurePolicy") {
        failures(spec, &policy, &template, refusals);
    }
    pod::template(&template, Maker::Job, &[], refusals);
}

/// The fields of a Job that counts its indexes.
fn indexes(spec: &At<'_>, refusals: &mut Refusals) {
    if let Some(most) = spec.get("maxFailedIndexes") {
        if !spec.has("backoffLimitPerIndex") {
            let server = "Required value: when maxFailedIndexes is specified";
            refusals.add(&most, "needs `backoffLimitPerIndex`", server);
        }
        let all = spec.int("completions");
        if all.is_some_and(|all| most.node.as_int().is_some_and(|most| most > all)) {
            let server = "must be less than or equal to completions";
            refusals.add(&most, "is more than `completions`", server);
        }
    }
    let Some(policy) = spec.get("successPolicy") else { return };
    if spec.text("completionMode") != Some("Indexed") {
        let server = "requires indexed completion mode";
        refusals.add(&policy, "is for `Indexed` only", server);
    }
    let all = spec.int("completions").unwrap_or(i64::MAX);
    for rule in policy.list("rules") {
        if !rule.has("succeededIndexes") && !rule.has("succeededCount") {
            let server = "at least one of succeededCount or succeededIndexes must be specified";
            refusals.add(&rule, "needs `succeededIndexes` or `succeededCount`", server);
        }
        let Some(at) = rule.get("succeededIndexes") else { continue };
        match at.word().and_then(|text| count(text, all)) {
            None => {
                let server = "error parsing succeededIndexes";
                refusals.add(&at, "is not a list of indexes such as `0-2,5`", server);
            }
            Some(found) if rule.int("succeededCount").is_some_and(|wanted| wanted > found) => {
                let server = "must be less than or equal to the number of indexes in the specified succeededIndexes field";
                refusals.add(&rule, "counts more than its indexes", server);
            }
            Some(_) => {}
        }
    }
}

/// The number of indexes of a list such as `0-2,5`, which ascend and are below a limit.
fn count(text: &str, limit: i64) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (mut found, mut last) = (0, -1);
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
        let ascends = from > last && (to > from || !part.contains('-')) && to < limit;
        if !ascends {
            return None;
        }
        found += to - from + 1;
        last = to;
    }
    Some(found)
}

/// The rules that say which failures count.
fn failures(spec: &At<'_>, policy: &At<'_>, template: &At<'_>, refusals: &mut Refusals) {
    if let Some(at) = spec.get("podReplacementPolicy")
        && at.word() == Some("TerminatingOrFailed")
    {
        let server = "Unsupported value: supported values: \"Failed\"";
        refusals.add(&at, "has to be `Failed` beside `podFailurePolicy`", server);
    }
    let containers = ["containers", "initContainers"]
        .iter()
        .flat_map(|key| template.get("spec").map(|pod| pod.list(key)).unwrap_or_default());
    let names: Vec<&str> = containers.filter_map(|container| container.text("name")).collect();
    for rule in policy.list("rules") {
        let codes = rule.get("onExitCodes");
        let conditions = rule.list("onPodConditions");
        if codes.is_some() != conditions.is_empty() {
            let server = "specifying one of OnExitCodes and OnPodConditions is required";
            refusals.add(&rule, "needs `onExitCodes` or `onPodConditions`, and not both", server);
        }
        if rule.text("action") == Some("FailIndex") && !spec.has("backoffLimitPerIndex") {
            let server = "requires the backoffLimitPerIndex";
            refusals.add(&rule, "needs `backoffLimitPerIndex` for `FailIndex`", server);
        }
        let Some(codes) = codes else { continue };
        if let Some(name) = codes.get("containerName")
            && name.word().is_some_and(|text| !names.contains(&text))
        {
            let server = "must be one of the container or initContainer names in the pod template";
            refusals.add(&name, "is not a container of the pod", server);
        }
        for value in codes.list("values") {
            if codes.text("operator") == Some("In") && value.node.as_int() == Some(0) {
                let server = "must not be 0 for the In operator";
                refusals.add(&value, "may not be 0 for `In`", server);
            }
        }
    }
}

fn cron_job(spec: &At<'_>, refusals: &mut Refusals) {
    if let Some(schedule) = refusals.required(spec, "schedule") {
        let text = schedule.word().unwrap_or_default();
        if text.contains("TZ") {
            let server = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            refusals.add(&schedule, "may not have a time zone; `timeZone` has it", server);
        } else if let Err(why) = cron::parse(text) {
            refusals.add(&schedule, why, "Invalid value: spec.schedule");
        }
    }
    if let Some(zone) = spec.get("timeZone") {
        let text = zone.word().unwrap_or_default();
        let inner = |b: u8| b.is_ascii_alphanumeric() || b"/_+-".contains(&b);
        let letters = text.starts_with(|c: char| c.is_ascii_uppercase());
        if !letters
            || text.len() > 64
            || text.is_empty()
            || text.eq_ignore_ascii_case("local")
            || !text.bytes().all(inner)
            || !zone::is_known(text)
        {
            let server = "unknown time zone, or: timeZone must be a valid time zone";
            refusals.add(&zone, "is not a time zone such as `Europe/Berlin`", server);
        }
    }
    refusals.at_least_long(spec, "startingDeadlineSeconds", 0);
    for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        refusals.at_least(spec, key, 0);
    }
    match spec.at(&["jobTemplate", "spec"]) {
        Some(spec) => {
            if spec.is("manualSelector") {
                let server = "Unsupported value: true";
                refusals.add(&spec, "may not have `manualSelector`", server);
            }
            job(&spec, true, refusals);
        }
        None => refusals.missing(spec, "jobTemplate"),
    }
}
