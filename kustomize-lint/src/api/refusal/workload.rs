//! What makes pods: Deployments, StatefulSets, DaemonSets, Jobs and their like.

use super::at::{At, Refusals};
use super::cron;
use super::pod::{self, Maker};
use super::syntax;

pub(super) fn check(object: &At<'_>, kind: &str, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else {
        return refusals.missing(object, "spec");
    };
    match kind {
        "Pod" => pod::check(&spec, Maker::Pod, &[], refusals),
        "Job" => job(&spec, refusals),
        "CronJob" => cron_job(&spec, refusals),
        _ => controller(&spec, kind, refusals),
    }
}

fn controller(spec: &At<'_>, kind: &str, refusals: &mut Refusals) {
    for key in ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        refusals.at_least(spec, key, 0);
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
            rolling(at, refusals);
        }
        "StatefulSet" => {
            if let Some(rolling) = spec.at(&["updateStrategy", "rollingUpdate"]) {
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
    if kind != "ReplicationController" {
        selects(spec, template.as_ref(), refusals);
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
                    super::metadata::pairs(&metadata, refusals);
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
    let own = template.at(&["metadata", "labels"]);
    let own = own.as_ref().map(|labels| labels.node);
    if !crate::view::Selector::of(selector.node).selects(own) {
        let server = "`selector` does not match template `labels`";
        refusals.add(&selector, "does not select the labels of the template", server);
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

fn job(spec: &At<'_>, refusals: &mut Refusals) {
    for key in [
        "completions",
        "parallelism",
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
    ] {
        refusals.at_least(spec, key, 0);
    }
    if let Some(selector) = spec.get("selector")
        && !spec.is("manualSelector")
    {
        let server = "`selector` not auto-generated";
        refusals.add(&selector, "is the server's to make", server);
    }
    if spec.text("completionMode") == Some("Indexed") && !spec.has("completions") {
        let server = "when completion mode is Indexed";
        refusals.add(spec, "needs `completions` for `Indexed`", server);
    }
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
    pod::template(&template, Maker::Job, &[], refusals);
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
        {
            let server = "timeZone must be a valid time zone";
            refusals.add(&zone, "is no time zone such as `Europe/Berlin`", server);
        }
    }
    for key in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        refusals.at_least(spec, key, 0);
    }
    match spec.at(&["jobTemplate", "spec"]) {
        Some(spec) => {
            if spec.is("manualSelector") {
                let server = "Unsupported value: true";
                refusals.add(&spec, "may not have `manualSelector`", server);
            }
            job(&spec, refusals);
        }
        None => refusals.missing(spec, "jobTemplate"),
    }
}
