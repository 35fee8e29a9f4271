//! `diff`: the changes that `deploy` would make, as the API server sees them, with secrets masked.

use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;

use crate::cli::{self, Format, Shared};
use crate::cluster::Cluster;
use crate::deploy::changes::{Side, changes};
use crate::deploy::inventory::{Identity, Records};
use crate::deploy::rehearsal::{Allowed, rehearse};
use crate::deploy::shrinking;
use crate::object::{Key, text};
use crate::render;
use crate::report::{self, Check, Outcome};

/// `diff`: status 1 when something would change.
pub(crate) async fn run(shared: &Shared, options: &cli::Diff) -> Result<Status, Stop> {
    let mut rendered = render::overlay(shared).await?;
    let mut cluster = Cluster::connect(&shared.name).await?;
    rendered.place(&cluster).await?;
    let identity = Identity::of(shared)?;
    cluster.set_overlay(&identity.id);
    let records = Records::read(&cluster, &rendered, identity, &[]).await?;
    let objects = records.marked(&rendered.selected);
    let mut checks = shrinking::losses(&cluster, &objects).await?;
    for object in &objects {
        let key = Key::of(object);
        let version = text(object, "/apiVersion");
        let now = cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
        let Some(now) = now else {
            checks.push(Check::warning("diff", key.placed(), "new", "to be created"));
            continue;
        };
        checks.extend(match cluster.rehearse(object, options.force_conflicts).await {
            Ok(then) => compared(&key, &now, &then),
            // A refusal is told with everything that is known of it.
            Err(_) => {
                let allowed = Allowed { recreate: false, retry_jobs: false };
                let one = std::slice::from_ref(object);
                let force = options.force_conflicts;
                match rehearse(&cluster, one, force, allowed).await {
                    Err(stop) => report::stopped("diff", &stop),
                    Ok(_) => {
                        vec![Check::warning("diff", key.placed(), "again", "to be recreated")]
                    }
                }
            }
        });
    }
    for key in records.left(&rendered).keys() {
        let detail = "has left the overlay; `deploy --prune` deletes it";
        checks.push(Check::warning("diff", key.placed(), "left-overlay", detail));
    }
    let differs = checks.iter().any(|check| check.outcome != Outcome::Ok);
    if shared.format == Format::Text {
        checks.retain(|check| check.outcome != Outcome::Ok);
        if checks.is_empty() {
            checks.push(Check::ok("diff", "overlay", "nothing would change"));
        }
    }
    let status = report::publish("diff", &checks, shared.format)?;
    Ok(if differs { Status::No } else { status })
}

fn compared(key: &Key, now: &Value, then: &Value) -> Vec<Check> {
    let found = changes(&lasting(now), &lasting(then), Side::Both);
    if found.is_empty() {
        return vec![Check::ok("diff", key.placed(), "unchanged")];
    }
    let shown: Vec<String> = found.iter().map(|change| change.shown()).collect();
    vec![Check::warning("diff", key.placed(), "changed", shown.join("\n"))]
}

/// An object without the fields that every write changes.
fn lasting(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
        fields.remove("apiVersion");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"]
        {
            metadata.remove(field);
        }
    }
    object
}
