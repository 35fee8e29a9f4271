//! A database's own dump, written while it runs.

use std::time::Instant;

use common::stop::Stop;
use serde_json::Value;

use super::archive::Writer;
use super::{manifest, waiting};
use crate::cluster::Cluster;
use crate::object::{Key, has_condition, list, matches, name, text};

/// How a database is dumped: the image's name, the file's ending, and the command. Passwords are
/// in the container's environment already.
const KNOWN: [(&str, &str, &str, &str); 2] = [
    (
        "postgres",
        "sql",
        "pg_dumpall",
        "PGPASSWORD=\"$POSTGRES_PASSWORD\" exec pg_dumpall --username=\"${POSTGRES_USER:-postgres}\" \
         --clean --if-exists",
    ),
    ("redis", "rdb", "redis-cli --rdb", "REDISCLI_AUTH=\"$REDIS_PASSWORD\" exec redis-cli --rdb -"),
];

/// A workload whose image is a database that is known.
#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) workload: Key,
    selector: Value,
    container: String,
    ending: &'static str,
    method: &'static str,
    script: &'static str,
}

impl Database {
    /// The database of a workload, by its first container's image.
    pub(super) fn of(workload: &Value) -> Option<Self> {
        let container = list(workload, "/spec/template/spec/containers").first()?;
        let image = text(container, "/image");
        let repository = image.rsplit('/').next()?.split([':', '@']).next()?;
        let (_, ending, method, script) = KNOWN.iter().find(|known| known.0 == repository)?;
        Some(Database {
            workload: Key::of(workload),
            selector: workload.pointer("/spec/selector/matchLabels")?.clone(),
            container: text(container, "/name").to_owned(),
            ending,
            method,
            script,
        })
    }
}

/// Copies a dump into the archive.
pub(super) async fn write(
    cluster: &Cluster,
    database: &Database,
    writer: &mut Writer,
    deadline: Instant,
) -> Result<manifest::Dump, Stop> {
    let Key { namespace, name: workload, .. } = &database.workload;
    let failed = |why: String| {
        let message = format!("{} could not be dumped: {why}", database.workload);
        Stop::unfinished("dump-failed", message).hint("fix the database, or scale it to 0 first; a database that does not answer is not backed up")
    };
    let pods = cluster.list("v1", "Pod", namespace).await?;
    let pod = pods
        .iter()
        .filter(|pod| matches(Some(&database.selector), pod))
        .find(|pod| has_condition(pod, "Ready", "True"))
        .ok_or_else(|| failed("no pod of it is ready".into()))?;
    let member_name = format!("dumps/{namespace}/{workload}.{}", database.ending);
    let mut member = writer.member(&member_name)?;
    let command = ["sh", "-c", database.script];
    let keep = |bytes: &[u8]| member.write(bytes);
    let run = cluster.exec(namespace, name(pod), &database.container, &command, keep);
    let limit = deadline.saturating_duration_since(Instant::now());
    let outcome = tokio::time::timeout(limit, run).await;
    let executed = outcome.map_err(|_| waiting::late(workload))??;
    if executed.status != 0 {
        let said = crate::process::tail(&executed.stderr);
        return Err(failed(format!("exit status {}: {said}", executed.status)));
    }
    let (bytes, sha256) = member.end()?;
    if bytes == 0 {
        return Err(failed("its dump is empty".into()));
    }
    Ok(manifest::Dump {
        namespace: namespace.clone(),
        workload: workload.clone(),
        member: member_name,
        method: database.method.into(),
        consistency: "live: the database's own snapshot".into(),
        bytes,
        sha256,
    })
}
