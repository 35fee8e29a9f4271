//! Checks that run commands in the platform's own containers, with what those containers have.
//! Passwords stay where they are: a script names the variable, never the value.

use serde_json::Value;

use super::bench::{Bench, Place};
use crate::object::name;
use crate::report::Check;

/// The checks, in their order.
pub(super) const NAMES: [&str; 5] = ["kafka", "redis", "minio", "dns", "volume"];

/// With the tools and the login that the platform gives every client. The broker's own heap
/// settings are for the broker.
const KAFKA: &str = "KAFKA_HEAP_OPTS=-Xmx96m KAFKA_JMX_OPTS= exec bash /etc/rideshare/kafka/with-jaas.sh \
    kafka-topics --bootstrap-server kafka:29092 \
    --command-config /etc/rideshare/kafka/client.properties --list";

const REDIS: &str = "REDISCLI_AUTH=\"$REDIS_PASSWORD\" exec redis-cli ping";

/// Writes an object, reads it back, and removes it; with MinIO's client, or a curl that can sign.
const MINIO: &str = r#"
set -eu
url=http://127.0.0.1:9000 object=kind-cluster-smoke-$$
if command -v curl >/dev/null 2>&1; then curl -sSf -o /dev/null "$url/minio/health/live"; fi
if command -v mc >/dev/null 2>&1; then
    config=$(mktemp -d)
    trap 'rm -rf "$config"' EXIT
    mc --config-dir "$config" --quiet alias set here "$url" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null
    mc --config-dir "$config" --quiet mb --ignore-existing "here/$object" >/dev/null
    echo written | mc --config-dir "$config" --quiet pipe "here/$object/probe" >/dev/null
    mc --config-dir "$config" --quiet cat "here/$object/probe"
    mc --config-dir "$config" --quiet rb --force "here/$object" >/dev/null
elif command -v curl >/dev/null 2>&1; then
    s3() { printf 'user = "%s:%s"\n' "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" | curl -sSf -K - --aws-sigv4 aws:amz:us-east-1:s3 "$@"; }
    s3 -X PUT "$url/$object"
    s3 -X PUT --data-binary written "$url/$object/probe"
    s3 "$url/$object/probe"
    s3 -X DELETE "$url/$object/probe"
    s3 -X DELETE "$url/$object"
else
    echo 'the image has neither mc nor curl' >&2
    exit 1
fi
"#;

pub(super) async fn kafka(bench: &Bench<'_>) -> Check {
    let judge = |out: &str| {
        let topics = out.lines().filter(|topic| !topic.starts_with("__")).count();
        Ok(format!("answers with its credentials; {topics} topics"))
    };
    run(bench, "kafka", KAFKA, "kafka-failed", judge).await
}

pub(super) async fn redis(bench: &Bench<'_>) -> Check {
    let judge = |out: &str| match out {
        "PONG" => Ok("PONG".to_owned()),
        other => Err(format!("PING was answered with \"{other}\"")),
    };
    run(bench, "redis", REDIS, "redis-failed", judge).await
}

pub(super) async fn minio(bench: &Bench<'_>) -> Check {
    let judge = |out: &str| match out {
        "written" => Ok("healthy; an object was written and read".to_owned()),
        other => Err(format!("the value read back is \"{other}\"")),
    };
    run(bench, "minio", MINIO, "minio-failed", judge).await
}

/// Every service's name, resolved inside the cluster.
pub(super) async fn dns(bench: &Bench<'_>) -> Check {
    let mut names: Vec<&str> =
        bench.objects.iter().filter(|object| object["kind"] == "Service").map(name).collect();
    names.sort_unstable();
    names.push("kubernetes.default.svc.cluster.local");
    let script = format!(
        "for name in {}; do getent hosts \"$name\" >/dev/null 2>&1 || nslookup \"$name\" >/dev/null 2>&1 \
         || echo \"$name\"; done",
        names.join(" ")
    );
    let judge = |out: &str| match out {
        "" => Ok(format!("{} names resolve", names.len())),
        missing => Err(format!("not resolved: {}", missing.lines().collect::<Vec<_>>().join(", "))),
    };
    let Some(service) = with_shell(bench) else {
        return Check::skipped("smoke", "dns", "no service with a shell is in the overlay");
    };
    Check { name: "dns".into(), ..run(bench, service, &script, "dns-failed", judge).await }
}

/// A file written to a claim's volume, read back and removed.
pub(super) async fn volume(bench: &Bench<'_>) -> Check {
    let Some(service) = with_shell(bench) else {
        return Check::skipped("smoke", "volume", "no service with a shell is in the overlay");
    };
    let Place::In(pod, container) = bench.pod_of(service) else {
        return Check::failed(
            "smoke",
            "volume",
            "volume-failed",
            format!("no pod of {service} is ready"),
        );
    };
    let Some((path, claim)) = bench.claim_of(pod) else {
        return Check::skipped("smoke", "volume", format!("{} has no claim", name(pod)));
    };
    let script = format!(
        "set -eu; file='{path}/.kind-cluster-smoke'; trap 'rm -f \"$file\"' EXIT; \
         echo written >\"$file\"; sync; cat \"$file\""
    );
    match bench.ask(pod, container, &script).await {
        Ok(out) if out == "written" => {
            Check::ok("smoke", "volume", format!("claim {claim} was written and read"))
        }
        Ok(out) => Check::failed(
            "smoke",
            "volume",
            "volume-failed",
            format!("the value read back is \"{out}\""),
        ),
        Err(why) => Check::failed("smoke", "volume", "volume-failed", why),
    }
}

/// A service whose image has a shell and name resolution.
fn with_shell<'s>(bench: &Bench<'_>) -> Option<&'s str> {
    const KNOWN: [&str; 4] = ["redis", "kafka", "postgres-airflow", "postgres-metastore"];
    KNOWN.into_iter().find(|service| !matches!(bench.pod_of(service), Place::Absent))
}

async fn run(
    bench: &Bench<'_>,
    service: &str,
    script: &str,
    code: &'static str,
    judge: impl Fn(&str) -> Result<String, String>,
) -> Check {
    let (pod, container): (&Value, &str) = match bench.pod_of(service) {
        Place::In(pod, container) => (pod, container),
        Place::Absent => return Check::skipped("smoke", service, "not in the overlay"),
        Place::NotReady => return Check::failed("smoke", service, code, "no pod of it is ready"),
    };
    match bench.ask(pod, container, script).await.and_then(|out| judge(&out)) {
        Ok(detail) => Check::ok("smoke", service, detail),
        Err(why) => Check::failed("smoke", service, code, why)
            .hint(format!("pod {}; `kind-cluster status` shows its state", name(pod))),
    }
}
