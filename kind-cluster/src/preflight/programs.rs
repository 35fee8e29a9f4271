//! docker, kind, kubectl and helm: there, new enough, and answering.

use std::time::Duration;

use common::exit::Status;
use serde_json::Value;

use crate::object::text;
use crate::process;
use crate::quantity;
use crate::report::Check;

/// The code of a question that was not answered in time: the program may well be there.
pub(super) const NO_ANSWER: &str = "no-answer";

/// What is said of such a question.
pub(super) fn late(what: &str, limit: Duration) -> String {
    format!("`{what}` has not answered within {}", common::duration::show(limit))
}

/// The oldest versions that this tool is used with.
struct Program {
    name: &'static str,
    missing: &'static str,
    old: &'static str,
    arguments: &'static [&'static str],
    least: (u64, u64),
}

const PROGRAMS: [Program; 3] = [
    Program {
        name: "kind",
        missing: "kind-missing",
        old: "kind-version",
        arguments: &["version"],
        // It makes clusters of images with containerd 2, which newer ones have.
        least: (0, 27),
    },
    Program {
        name: "kubectl",
        missing: "kubectl-missing",
        old: "kubectl-version",
        arguments: &["version", "--client", "--output=json"],
        least: (1, 27),
    },
    Program {
        name: "helm",
        missing: "helm-missing",
        old: "helm-version",
        arguments: &["version", "--template", "{{.Version}}"],
        least: (3, 8),
    },
];

/// Whether a program is there and new enough.
pub(super) async fn version(name: &'static str, limit: Duration) -> Check {
    let Some(program) = PROGRAMS.iter().find(|program| program.name == name) else {
        return Check::skipped("programs", name, "not known");
    };
    let (least_major, least_minor) = program.least;
    let wanted = format!("{least_major}.{least_minor}");
    let install = format!("install {name} {wanted} or later, and see that it is in PATH");
    let output = match process::output(name, program.arguments, limit).await {
        Ok(output) if output.success => output,
        Ok(output) => {
            let said = output.complaint();
            return Check::failed("programs", name, program.old, said).hint(install);
        }
        Err(stop) if stop.status == Status::Unfinished => {
            let late = late(&format!("{name} {}", program.arguments[0]), limit);
            return Check::failed("programs", name, NO_ANSWER, late)
                .hint("run it by hand, and see what it waits for");
        }
        Err(stop) => {
            let why = stop.report.diagnostics().first().map(|d| d.message().to_owned());
            return Check::failed("programs", name, program.missing, why.unwrap_or_default())
                .hint(install);
        }
    };
    let found = output.text();
    match numbers(&found) {
        Some(found) if found >= program.least => {
            Check::ok("programs", name, format!("{}.{}", found.0, found.1))
        }
        Some((major, minor)) => {
            let detail = format!("{major}.{minor} is older than {wanted}");
            Check::failed("programs", name, program.old, detail).hint(install)
        }
        None => {
            let line = found.lines().next().unwrap_or_default();
            let detail = format!("no version in \"{line}\"");
            Check::failed("programs", name, program.old, detail).hint(install)
        }
    }
}

/// Whether kubectl, as checked, is at most one minor version from the cluster's; further apart its
/// project promises nothing.
pub(super) fn skew(kubectl: &Check, cluster: (u64, u64)) -> Option<Check> {
    let (major, minor) = numbers(&kubectl.detail).filter(|_| kubectl.code.is_empty())?;
    let near = major == cluster.0 && minor.abs_diff(cluster.1) <= 1;
    let detail = format!("{major}.{minor}, and the cluster is {}.{}", cluster.0, cluster.1);
    (!near).then(|| {
        Check::warning("programs", "kubectl", "kubectl-skew", detail)
            .hint("install a kubectl of the cluster's version, or one beside it")
    })
}

/// The first `MAJOR.MINOR` in a text, behind a `v` or not.
fn numbers(text: &str) -> Option<(u64, u64)> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .filter_map(|word| {
            let mut parts = word.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        })
        .next()
}

/// The engine: there, running, on cgroups v2, and with enough memory for the budget.
pub(super) async fn docker(budget: Option<u64>, limit: Duration) -> Vec<Check> {
    let output = match process::output("docker", &["info", "--format", "{{json .}}"], limit).await {
        Ok(output) => output,
        Err(stop) if stop.status == Status::Unfinished => {
            return vec![
                Check::failed("docker", "engine", NO_ANSWER, late("docker info", limit))
                    .hint("the engine is busy or hangs; if `docker info` does not end, restart it"),
            ];
        }
        Err(stop) => {
            let why = stop.report.diagnostics().first().map(|d| d.message().to_owned());
            return vec![
                Check::failed("docker", "engine", "docker-missing", why.unwrap_or_default())
                    .hint("install Docker, and see that `docker` is in PATH"),
            ];
        }
    };
    let info: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let version = text(&info, "/ServerVersion");
    if version.is_empty() {
        let why =
            if output.stderr.is_empty() { text(&info, "/ServerErrors/0") } else { &output.stderr };
        return vec![Check::failed("docker", "engine", "docker-stopped", process::tail(why)).hint(
            "start it (`systemctl start docker`, or Docker Desktop), and check `docker info`",
        )];
    }
    let mut checks = vec![Check::ok("docker", "engine", version)];
    let memory = info["MemTotal"].as_u64().unwrap_or_default();
    let shown = quantity::shown(memory);
    checks.push(match budget {
        Some(budget) if memory < budget => Check::failed(
            "docker",
            "memory",
            "docker-memory",
            format!("the engine has {shown}, and the cluster's budget is {}", quantity::shown(budget)),
        )
        .hint("give the engine more memory (Docker Desktop: Settings, Resources), or deploy on a larger machine"),
        Some(budget) => {
            Check::ok("docker", "memory", format!("{shown} for a budget of {}", quantity::shown(budget)))
        }
        None => Check::warning("docker", "memory", "budget-unknown", format!("{shown}; no budget is known"))
            .hint("name the specification with --spec"),
    });
    checks.push(match text(&info, "/CgroupVersion") {
        "2" => Check::ok("docker", "cgroups", "v2"),
        other => Check::warning("docker", "cgroups", "cgroup-v1", format!("v{other}"))
            .hint("Kubernetes is leaving cgroups v1; start the kernel with systemd.unified_cgroup_hierarchy=1"),
    });
    let limits = info["MemoryLimit"] == true;
    checks.push(if limits {
        Check::ok("docker", "memory limits", "enforced")
    } else {
        Check::failed(
            "docker",
            "memory limits",
            "cgroup-memory",
            "this kernel's cgroups do not limit memory",
        )
        .hint("enable the memory controller: nodes cannot be capped to the budget without it")
    });
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        assert_eq!(numbers("kind v0.27.0 go1.24.1 linux/amd64"), Some((0, 27)));
        assert_eq!(numbers("kind version 0.27.0"), Some((0, 27)));
        assert_eq!(numbers("{\"clientVersion\": {\"gitVersion\": \"v1.32.3\"}}"), Some((1, 32)));
        assert_eq!(numbers("v3.17.0"), Some((3, 17)));
        assert_eq!(numbers("no such command"), None);
    }

    #[test]
    fn a_kubectl_may_be_one_minor_version_away() {
        let far = |found: &str, minor| skew(&Check::ok("programs", "kubectl", found), (1, minor));
        assert!(far("1.32", 33).is_none() && far("1.34", 33).is_none());
        assert_eq!(far("1.31", 33).unwrap().code, "kubectl-skew");
        assert_eq!(far("1.35", 33).unwrap().code, "kubectl-skew");
        let missing = Check::failed("programs", "kubectl", "kubectl-missing", "1.2");
        assert!(skew(&missing, (1, 33)).is_none());
    }
}
