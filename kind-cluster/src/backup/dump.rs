//! A database's own dump, written while it runs.

use std::time::Instant;

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;
use tokio::io::AsyncWrite;

use super::archive::{Member, Writer};
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
///
/// # Errors
/// No pod of it is ready, or its dump fails.
pub(super) async fn write(
    cluster: &Cluster,
    database: &Database,
    writer: &mut Writer,
    deadline: Instant,
) -> Result<manifest::Dump, Stop> {
    let Key { namespace, name: workload, .. } = &database.workload;
    let failed = |why: String| {
        let message = format!("{} could not be dumped: {why}", database.workload);
        Stop::new(
            Status::Unfinished,
            Diagnostic::error("dump-failed", message)
                .hint("a database that does not answer is not backed up half: mend it, or scale it to 0 first"),
        )
    };
    let pods = cluster.list("v1", "Pod", namespace).await?;
    let pod = pods
        .iter()
        .filter(|pod| matches(Some(&database.selector), pod))
        .find(|pod| has_condition(pod, "Ready", "True"))
        .ok_or_else(|| failed("no pod of it is ready".into()))?;
    let member_name = format!("dumps/{namespace}/{workload}.{}", database.ending);
    let mut sink = Sink { member: writer.member(&member_name)?, failure: None };
    let command = ["sh", "-c", database.script];
    let run = cluster.exec(namespace, name(pod), &database.container, &command, &mut sink);
    let limit = deadline.saturating_duration_since(Instant::now());
    let outcome = tokio::time::timeout(limit, run).await;
    let Sink { member, failure } = sink;
    if let Some(stop) = failure {
        return Err(stop);
    }
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

/// A member as a stream, which keeps the archive's own failure: it says more than an I/O error.
struct Sink<'w> {
    member: Member<'w>,
    failure: Option<Stop>,
}

impl AsyncWrite for Sink<'_> {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        match self.member.write(bytes) {
            Ok(()) => std::task::Poll::Ready(Ok(bytes.len())),
            Err(stop) => {
                self.failure = Some(stop);
                std::task::Poll::Ready(Err(std::io::Error::other("the archive cannot be written")))
            }
        }
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}
