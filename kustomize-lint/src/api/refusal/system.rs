//! The parts of a pod that depend on its operating system and on the namespaces of the node.

use super::super::violation::Subject;
use super::at::{At, Refusals};

/// Fields of the pod and of its containers' security contexts that Windows lacks.
const NOT_WINDOWS: [&str; 3] = ["hostPID", "hostIPC", "shareProcessNamespace"];
const NOT_WINDOWS_SECURITY: [&str; 15] = [
    "allowPrivilegeEscalation",
    "appArmorProfile",
    "capabilities",
    "fsGroup",
    "fsGroupChangePolicy",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
    "runAsGroup",
    "runAsUser",
    "seLinuxOptions",
    "seccompProfile",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "sysctls",
];

pub(super) fn check(spec: &At<'_>, refusals: &mut Refusals) {
    let contexts: Vec<At<'_>> = std::iter::once(spec)
        .chain(&spec.containers())
        .filter_map(|at| at.get("securityContext"))
        .collect();
    match spec.at(&["os"]).and_then(|os| os.text("name")) {
        Some("windows") => {
            for at in NOT_WINDOWS.iter().filter(|key| spec.is(key)).filter_map(|key| spec.get(key))
            {
                refusals.add(&at, "is not for Windows", "cannot be set for a windows pod");
            }
            for context in &contexts {
                for at in NOT_WINDOWS_SECURITY.iter().filter_map(|key| context.get(key)) {
                    refusals.add(&at, "is not for Windows", "cannot be set for a windows pod");
                }
            }
        }
        Some("linux") => {
            for at in contexts.iter().filter_map(|context| context.get("windowsOptions")) {
                let server = "windows options cannot be set for a linux pod";
                refusals.add(&at, "is not for Linux", server);
            }
        }
        _ => {}
    }
    if let (true, true, Some(at)) =
        (spec.is("hostPID"), spec.is("shareProcessNamespace"), spec.get("shareProcessNamespace"))
    {
        let server = "ShareProcessNamespace and HostPID cannot both be enabled";
        refusals.add(&at, "may not be beside `hostPID`", server);
    }
    users(spec, &contexts, refusals);
    kernel(spec, refusals);
}

/// A user namespace for the pod.
fn users(spec: &At<'_>, contexts: &[At<'_>], refusals: &mut Refusals) {
    let is_own = spec.node.get("hostUsers").and_then(|at| at.as_bool()) == Some(false);
    if is_own {
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            if let Some(at) = spec.get(key).filter(|_| spec.is(key)) {
                refusals.add(
                    &at,
                    "may not be beside `hostUsers: false`",
                    "when `hostUsers` is false",
                );
            }
        }
        return;
    }
    for context in contexts {
        if let Some(at) = context.get("procMount").filter(|at| at.word() == Some("Unmasked")) {
            let server = "`hostUsers` must be false to use `Unmasked`";
            let why = "needs `hostUsers: false` for `Unmasked` in newer versions of Kubernetes";
            refusals.about(Subject::Cluster, &at, why, server);
        }
    }
}

/// The kernel parameters of a namespace for communication between processes, apart from `fs.mqueue.*`.
const IPC: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

/// Kernel parameters that the node shares.
fn kernel(spec: &At<'_>, refusals: &mut Refusals) {
    for one in spec.at(&["securityContext"]).iter().flat_map(|context| context.list("sysctls")) {
        let Some(name) = one.get("name") else { continue };
        let text = name.word().unwrap_or_default().replace('/', ".");
        let is_ipc = IPC.contains(&text.as_str()) || text.starts_with("fs.mqueue.");
        let shares = [("hostNetwork", text.starts_with("net.")), ("hostIPC", is_ipc)];
        if let Some((key, _)) = shares.into_iter().find(|(key, fits)| *fits && spec.is(key)) {
            let server = format!("may not be specified when '{key}' is true");
            refusals.add(&name, format!("may not be set beside `{key}`"), server);
        }
    }
}
