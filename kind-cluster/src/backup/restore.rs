//! An archive's data, put back: verified first, into claims that are bound, with what uses them
//! stopped, beside what is there, and then in its place.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use serde_json::{Value, json};
use tar::Archive;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::manifest::{self, Manifest};
use super::volumes::{self, PAUSE, Volume};
use super::{quiesce, verify};
use crate::cli::{self, Shared};
use crate::cluster::{Cluster, stop};
use crate::deploy::display;
use crate::interrupt::Interrupt;
use crate::nodes::QUESTION;
use crate::object::{Key, list, name, text};
use crate::process::{self, Group};
use crate::quantity;
use crate::readiness::{State, World, assess};
use crate::report::{self, Check};
use crate::{render, smoke};

/// The pod that makes a claim's volume come to be, where that waits for a first pod.
const BINDER: &str = "kind-cluster-binder";

/// `restore`.
pub(crate) async fn run(
    shared: &Shared,
    options: &cli::Restore,
    interrupt: &Interrupt,
) -> Result<Status, Stop> {
    let manifest = verify::archive(&options.archive)?;
    if options.verify_only || shared.dry_run {
        let word = if options.verify_only { "verified" } else { "to be restored" };
        return report::publish("restore", &listed(&manifest, word), shared.format);
    }
    let deadline = Instant::now() + shared.timeout;
    let cluster = interrupt.or(Cluster::connect(&shared.name)).await?;
    let work = put_back(&cluster, &manifest, options, deadline);
    let outcome = interrupt.or(work).await;
    let resumed = interrupt.cleanup(clean_up(&cluster)).await;
    let users = outcome?;
    resumed?;
    let mut checks = listed(&manifest, "restored");
    if users.is_empty() {
        checks.push(
            Check::skipped("smoke", "platform", "nothing uses the volumes yet")
                .hint("`kind-cluster deploy`, and it finds its data"),
        );
    } else if !options.no_smoke {
        let more = interrupt.or(try_out(shared, &cluster, &users, options, deadline)).await?;
        checks.extend(more);
    }
    report::publish("restore", &checks, shared.format)
}

/// Everything up to the point where workloads may start again; returns those.
async fn put_back(
    cluster: &Cluster,
    manifest: &Manifest,
    options: &cli::Restore,
    deadline: Instant,
) -> Result<Vec<Key>, Stop> {
    clean_up(cluster).await?;
    let mut targets = Vec::new();
    for part in &manifest.volumes {
        targets.push((part, bind(cluster, part, deadline).await?));
    }
    if !options.force {
        refuse_with_data(&targets).await?;
    }
    let claims: Vec<Value> = manifest.volumes.iter().map(|part| part.object.clone()).collect();
    let users = quiesce::users(cluster, &claims).await?;
    quiesce::stop(cluster, &users).await?;
    let volumes: Vec<Volume> = targets.iter().map(|(_, target)| target.clone()).collect();
    quiesce::wait_until_unused(cluster, &volumes, deadline).await?;
    if !options.force {
        // Until it was stopped, a workload may have written its first data.
        refuse_with_data(&targets).await?;
    }
    for (part, target) in &targets {
        display::line(&format!("restoring claim {}", part.claim));
        extract(&options.archive, part, target, deadline).await?;
    }
    Ok(users.into_iter().map(|(key, _)| key).collect())
}

/// Refuses to replace anything, and says all that there is.
async fn refuse_with_data(targets: &[(&manifest::Volume, Volume)]) -> Result<(), Stop> {
    let mut report = Report::default();
    for (part, target) in targets {
        if !is_empty(target).await? {
            let message =
                format!("claim {} holds data, at {}:{}", part.claim, target.node, target.path);
            report.push(
                Diagnostic::error("target-not-empty", message)
                    .hint("--force replaces it with the archive's"),
            );
        }
    }
    if report.has_errors() { Err(Stop { status: Status::No, report }) } else { Ok(()) }
}

/// Ends what a restore, this one or one that was killed, has left: pods that bind claims, and
/// workloads at 0.
async fn clean_up(cluster: &Cluster) -> Result<(), Stop> {
    for pod in cluster.list("v1", "Pod", "").await?.iter().filter(|pod| name(pod) == BINDER) {
        cluster.delete("v1", "Pod", text(pod, "/metadata/namespace"), BINDER).await?;
    }
    quiesce::resume(cluster).await
}

/// The claim's volume on a node; claim, namespace and volume are made where they are missing.
async fn bind(
    cluster: &Cluster,
    part: &manifest::Volume,
    deadline: Instant,
) -> Result<Volume, Stop> {
    let (namespace, claim) = (part.namespace.as_str(), part.claim.as_str());
    let apply = async |object: &Value, what: &str| {
        cluster.apply(object, false).await.map_err(|error| stop(what, &error))
    };
    if cluster.get("v1", "Namespace", "", namespace).await?.is_none() {
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        apply(&object, "cannot make the namespace").await?;
    }
    if cluster.get("v1", "PersistentVolumeClaim", namespace, claim).await?.is_none() {
        apply(&part.object, "cannot make the claim").await?;
    }
    let mut binder = false;
    let outcome = loop {
        let found = cluster.get("v1", "PersistentVolumeClaim", namespace, claim).await?;
        if let Some(found) = found.filter(|found| text(found, "/status/phase") == "Bound") {
            let all = cluster.list("v1", "PersistentVolume", "").await?;
            break volumes::of(&found, &all).map_err(|why| {
                let message = format!("claim {claim} cannot be restored: {why}");
                Stop::new(Status::No, Diagnostic::error("volume-unsupported", message))
            });
        }
        if Instant::now() >= deadline {
            let message = format!("claim {claim} was not bound in time");
            break Err(Stop::new(Status::Unfinished, Diagnostic::error("timeout", message)));
        }
        if !binder {
            let pod = binder_pod(cluster, namespace, claim).await?;
            apply(&pod, "cannot make a pod that binds the claim").await?;
            binder = true;
        }
        tokio::time::sleep(PAUSE).await;
    };
    if binder {
        cluster.delete("v1", "Pod", namespace, BINDER).await?;
        while cluster.get("v1", "Pod", namespace, BINDER).await?.is_some() {
            if Instant::now() >= deadline {
                let message = format!("pod {BINDER} does not end");
                return Err(Stop::new(Status::Unfinished, Diagnostic::error("timeout", message)));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    outcome
}

/// A pod that does nothing, of the image that every node has.
async fn binder_pod(cluster: &Cluster, namespace: &str, claim: &str) -> Result<Value, Stop> {
    let nodes = cluster.list("v1", "Node", "").await?;
    let images = nodes.iter().flat_map(|node| list(node, "/status/images"));
    let mut names = images.flat_map(|image| list(image, "/names")).filter_map(Value::as_str);
    let pause = names.find(|name| name.contains("/pause:")).unwrap_or("registry.k8s.io/pause:3.10");
    Ok(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": BINDER, "namespace": namespace},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": false,
            "containers": [{"name": "pause", "image": pause, "imagePullPolicy": "IfNotPresent",
                "resources": {"limits": {"memory": "16Mi"}},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]}}))
}

async fn is_empty(target: &Volume) -> Result<bool, Stop> {
    let script = "[ -d \"$1\" ] || exit 0; find \"$1\" -mindepth 1 | head -n 1";
    let arguments = ["exec", &target.node, "sh", "-c", script, "sh", &target.path];
    let found = process::succeed("docker", &arguments, QUESTION).await?;
    Ok(found.trim().is_empty())
}

/// Extracts beside the target and swaps: what was there stays whole until what is new is.
async fn extract(
    archive: &Path,
    part: &manifest::Volume,
    target: &Volume,
    deadline: Instant,
) -> Result<(), Stop> {
    unpack(archive, part, target, deadline).await?;
    // A step of its own: to tar, an input that ends early may look whole, and a command in a node
    // goes on when this program is killed.
    let script = "set -eu; path=$1; new=$path.kind-cluster-new; old=$path.kind-cluster-old
        sync
        rm -rf \"$old\"
        [ ! -e \"$path\" ] || mv \"$path\" \"$old\"
        mv \"$new\" \"$path\"
        rm -rf \"$old\"";
    let arguments = ["exec", &target.node, "sh", "-c", script, "sh", &target.path];
    let limit = deadline.saturating_duration_since(Instant::now());
    process::succeed("docker", &arguments, limit).await.map(|_| ())
}

/// The archive's files of a volume, in a folder beside it.
async fn unpack(
    archive: &Path,
    part: &manifest::Volume,
    target: &Volume,
    deadline: Instant,
) -> Result<(), Stop> {
    let script = "set -eu; path=$1; new=$path.kind-cluster-new; old=$path.kind-cluster-old
        [ -e \"$path\" ] || [ ! -e \"$old\" ] || mv \"$old\" \"$path\"
        rm -rf \"$new\"; mkdir -p \"$new\"
        tar --extract --numeric-owner --same-owner --same-permissions --sparse --directory \"$new\" --file -";
    let arguments = ["exec", "--interactive", &target.node, "sh", "-c", script, "sh", &target.path];
    let mut command = process::command("docker", &arguments);
    command.stdin(Stdio::piped());
    let mut group = Group::start(&mut command)?;
    let (input, err) = (group.child().stdin.take(), group.child().stderr.take());
    // Nobody reads it, and it must not fill up.
    let out = group.child().stdout.take();
    let feed = async {
        let mut file = File::open(archive)?;
        let mut reader = Archive::new(&mut file);
        for entry in reader.entries()? {
            let mut entry = entry?;
            if *entry.path_bytes() == *part.member.as_bytes() {
                let mut buffer = vec![0; 256 << 10];
                let Some(mut input) = input else { return Ok(()) };
                loop {
                    let count = entry.read(&mut buffer)?;
                    if count == 0 {
                        return input.shutdown().await;
                    }
                    input.write_all(&buffer[..count]).await?;
                }
            }
        }
        Err(io::Error::other("the archive has lost a member"))
    };
    let mut complaint = Vec::new();
    let listen = async {
        if let Some(mut err) = err {
            err.read_to_end(&mut complaint).await?;
        }
        Ok::<(), io::Error>(())
    };
    let drain = async {
        if let Some(mut out) = out {
            tokio::io::copy(&mut out, &mut tokio::io::sink()).await?;
        }
        Ok::<(), io::Error>(())
    };
    let all = async {
        // When the other side ends early, its own message says more than a broken pipe.
        let (fed, heard, _) = tokio::join!(feed, listen, drain);
        heard?;
        Ok::<_, io::Error>((fed, group.child().wait().await?))
    };
    let limit = deadline.saturating_duration_since(Instant::now());
    let (fed, status) = match tokio::time::timeout(limit, all).await {
        Ok(outcome) => outcome?,
        Err(_) => return Err(volumes::late(&part.claim)),
    };
    if !status.success() {
        let stderr = String::from_utf8_lossy(&complaint).into_owned();
        let output = process::Output { success: false, stdout: Vec::new(), stderr };
        return Err(process::failed("docker", &["exec", &target.node, "tar"], &output));
    }
    fed.map_err(Stop::from)
}

/// Waits until what was stopped is ready again, and uses the platform.
async fn try_out(
    shared: &Shared,
    cluster: &Cluster,
    users: &[Key],
    options: &cli::Restore,
    deadline: Instant,
) -> Result<Vec<Check>, Stop> {
    loop {
        let mut waiting = Vec::new();
        for key in users {
            let version = format!("{}/v1", key.group);
            let found = cluster.get(&version, &key.kind, &key.namespace, &key.name).await?;
            let mut found = found.unwrap_or_default();
            found["kind"] = json!(key.kind);
            let state = assess(&found, &World::default());
            if state != State::Ready {
                waiting.push(format!("{key}: {}", state.reason()));
            }
        }
        if waiting.is_empty() {
            break;
        }
        if Instant::now() >= deadline {
            let message = format!("restored, but not ready: {}", waiting.join("; "));
            return Err(Stop::new(Status::Unfinished, Diagnostic::error("timeout", message)));
        }
        tokio::time::sleep(PAUSE).await;
    }
    let rendered = render::overlay(shared).await?;
    let deadline = Instant::now() + shared.timeout;
    smoke::checks(cluster, &rendered.selected, &options.smoke, deadline).await
}

fn listed(manifest: &Manifest, word: &str) -> Vec<Check> {
    let volumes = manifest.volumes.iter().map(|part| {
        let size = quantity::shown(part.bytes);
        Check::ok("volumes", &part.claim, format!("{word}: {} entries, {size}", part.entries))
    });
    let dumps = manifest.dumps.iter().map(|part| {
        let size = quantity::shown(part.bytes);
        Check::ok("dumps", &part.workload, format!("{} of {size} in the archive", part.method))
    });
    volumes.chain(dumps).collect()
}
