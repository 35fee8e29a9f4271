//! kind, kubectl and helm: there, new enough, and answering.

use std::time::Duration;

use common::exit::Status;

use crate::process;
use crate::report::Check;

/// The code of a question that was not answered in time: the program may well be there.
pub(super) const NO_ANSWER: &str = "no-answer";

/// The message on a question without an answer in time.
pub(super) fn late(command: &str, limit: Duration) -> String {
    format!("`{command}` has not answered within {}", common::duration::show(limit))
}

/// A program, and the oldest version of it that this tool is used with.
pub(super) struct Program {
    name: &'static str,
    missing: &'static str,
    old: &'static str,
    arguments: &'static [&'static str],
    least: (u64, u64),
}

pub(super) const KIND: Program = Program {
    name: "kind",
    missing: "kind-missing",
    old: "kind-version",
    arguments: &["version"],
    // It makes clusters of images with containerd 2, which newer ones have.
    least: (0, 27),
};

pub(super) const KUBECTL: Program = Program {
    name: "kubectl",
    missing: "kubectl-missing",
    old: "kubectl-version",
    arguments: &["version", "--client", "--output=json"],
    least: (1, 27),
};

pub(super) const HELM: Program = Program {
    name: "helm",
    missing: "helm-missing",
    old: "helm-version",
    arguments: &["version", "--template", "{{.Version}}"],
    least: (3, 8),
};

/// A program that was looked for: its version, if it is there and new enough.
pub(super) struct Found {
    version: Option<(u64, u64)>,
    pub(super) check: Check,
}

/// Whether a program is there and new enough.
pub(super) async fn version(program: &Program, limit: Duration) -> Found {
    let Program { name, least: (major, minor), .. } = *program;
    let wanted = format!("{major}.{minor}");
    let failed = |code, why: String| {
        let install = format!("install {name} {wanted} or later, and see that it is in PATH");
        Found { version: None, check: Check::failed("programs", name, code, why).hint(install) }
    };
    let output = match process::output(name, program.arguments, limit).await {
        Ok(output) if output.success => output,
        Ok(output) => return failed(program.old, output.complaint()),
        Err(stop) if stop.status == Status::Unfinished => {
            let late = late(&format!("{name} {}", program.arguments[0]), limit);
            let check = Check::failed("programs", name, NO_ANSWER, late);
            let hint = "run it by hand, and see what it waits for";
            return Found { version: None, check: check.hint(hint) };
        }
        Err(stop) => {
            return failed(program.missing, stop.reason().to_owned());
        }
    };
    let found = output.text();
    match crate::version::version(&found) {
        Some(version) if version >= program.least => {
            let check = Check::ok("programs", name, format!("{}.{}", version.0, version.1));
            Found { version: Some(version), check }
        }
        Some((major, minor)) => {
            failed(program.old, format!("{major}.{minor} is older than {wanted}"))
        }
        None => {
            let line = found.lines().next().unwrap_or_default();
            failed(program.old, format!("no version in \"{line}\""))
        }
    }
}

/// Whether kubectl, as checked, is at most one minor version from the cluster's; further apart its
/// project promises nothing.
pub(super) fn skew(kubectl: &Found, cluster: (u64, u64)) -> Option<Check> {
    let (major, minor) = kubectl.version?;
    let near = major == cluster.0 && minor.abs_diff(cluster.1) <= 1;
    let detail = format!("{major}.{minor}, and the cluster is {}.{}", cluster.0, cluster.1);
    (!near).then(|| {
        Check::warning("programs", "kubectl", "kubectl-skew", detail)
            .hint("install a kubectl of the cluster's version, or one beside it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubectl_may_be_one_minor_version_away() {
        let found = |version| Found { version, check: Check::ok("programs", "kubectl", "") };
        let far = |minor| skew(&found(Some((1, minor))), (1, 33));
        assert!(far(32).is_none() && far(34).is_none());
        assert_eq!(far(31).unwrap().code, "kubectl-skew");
        assert_eq!(far(35).unwrap().code, "kubectl-skew");
        assert!(skew(&found(None), (1, 33)).is_none());
    }
}
