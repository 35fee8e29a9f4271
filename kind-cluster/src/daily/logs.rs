//! `logs`: the output of containers, with the values of the namespace's Secrets masked.

use std::cell::RefCell;
use std::pin::pin;
use std::time::{Duration, Instant};

use common::exit::Status;
use common::fault;
use common::secrets::mask;
use common::stop::Stop;
use common::streams;
use serde_json::Value;

use super::select;
use crate::cli::{self, Shared};
use crate::cluster::{Cluster, context_of};
use crate::deploy::Secrets;
use crate::object::{name, text};
use crate::{process, render};

/// How long `--follow` goes on, if nobody ends it.
const FOREVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long lines wait for others, before the Secrets are read again and they are printed.
const HELD: Duration = Duration::from_millis(300);

/// `logs`.
pub(crate) async fn run(shared: &Shared, options: &cli::Logs) -> Result<Status, Stop> {
    let rendered = render::overlay(shared).await?;
    let cluster = Cluster::connect(&shared.name).await?;
    let kinds = [
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
    ];
    let all = select::of_kinds(&cluster, &rendered, &kinds).await?;
    let chosen = select::named(all, &options.workloads, "workload")?;
    let end = Instant::now() + if options.follow { FOREVER } else { shared.timeout };
    let one = chosen.iter().map(|workload| follow(&cluster, shared, options, workload, end));
    futures::future::try_join_all(one).await?;
    Ok(Status::Done)
}

/// Prints the lines of one workload's pods, each with pod and container before it.
async fn follow(
    cluster: &Cluster,
    shared: &Shared,
    options: &cli::Logs,
    workload: &Value,
    end: Instant,
) -> Result<(), Stop> {
    let namespace = text(workload, "/metadata/namespace");
    let mut secrets = read(cluster, namespace).await?;
    let selector = match workload.pointer("/spec/selector/matchLabels").and_then(Value::as_object) {
        Some(labels) => {
            let label = |(key, value): (&String, &Value)| {
                format!("{key}={}", value.as_str().unwrap_or_default())
            };
            labels.iter().map(label).collect::<Vec<_>>().join(",")
        }
        None => format!("batch.kubernetes.io/job-name={}", name(workload)),
    };
    let (context, tail) = (context_of(&shared.name), options.tail.to_string());
    let mut arguments = vec![
        "--context",
        &context,
        "--namespace",
        namespace,
        "logs",
        "--selector",
        &selector,
        "--all-containers",
        "--prefix",
        "--ignore-errors",
        "--max-log-requests=100",
        "--tail",
        &tail,
    ];
    if options.follow {
        arguments.push("--follow");
    }
    if options.previous {
        arguments.push("--previous");
    }
    let mut command = process::command("kubectl", &arguments);
    let pending = RefCell::new(Vec::new());
    let each = |bytes: &[u8]| {
        pending.borrow_mut().extend_from_slice(bytes);
        Ok(())
    };
    let limit = end.saturating_duration_since(Instant::now());
    let mut pipe = pin!(process::pipe(&mut command, async |_| (), each, limit));
    // A container may print a value that did not exist when it was started. So lines wait until the Secrets have been
    // read once more.
    let ended = loop {
        let ended = tokio::select! {
            ended = &mut pipe => Some(ended),
            () = tokio::time::sleep(HELD) => None,
        };
        let lines = whole(&mut pending.borrow_mut(), ended.is_some());
        if !lines.is_empty() {
            secrets.extend(read(cluster, namespace).await?);
            print(&lines, &secrets)?;
        }
        if let Some(ended) = ended {
            break ended?;
        }
    };
    match ended {
        Some(((), output)) if !output.success => {
            Err(process::failed("kubectl", &["logs"], &output))
        }
        Some(_) => Ok(()),
        None => {
            let message = "kubectl logs has not ended before the deadline";
            Err(Stop::unfinished("timeout", message).hint(fault::MORE_TIME))
        }
    }
}

/// The values that no line may show.
async fn read(cluster: &Cluster, namespace: &str) -> Result<Secrets, Stop> {
    let secrets = Secrets::of(cluster, namespace).await;
    if secrets.are_unknown() {
        let message = format!("the Secrets of {namespace} cannot be read, and could not be masked");
        return Err(Stop::unfinished("secrets-unknown", message));
    }
    Ok(secrets)
}

/// Takes the whole lines out, and at the end the rest, too.
fn whole(pending: &mut Vec<u8>, at_end: bool) -> Vec<u8> {
    let last = pending.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    pending.drain(..if at_end { pending.len() } else { last }).collect()
}

fn print(bytes: &[u8], secrets: &Secrets) -> Result<(), Stop> {
    if bytes.is_empty() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(bytes);
    streams::output(&streams::harmless(&secrets.hide(&mask(&text))))
}
