//! Kernel settings and disk.

use std::path::Path;

use common::quantity;

use crate::engine::facts::{Facts, Site};
use crate::report::Check;

/// The limits that kind's known issues name: below them, pods of a few nodes run out of watches.
const INOTIFY: [(&str, &str, u64); 2] = [
    ("fs.inotify.max_user_watches", "inotify-watches", 524_288),
    ("fs.inotify.max_user_instances", "inotify-instances", 512),
];

/// Where the engine keeps images, volumes and nodes on Linux.
const ENGINE: &str = "/var/lib/docker";

/// Below this, images of all profiles do not fit.
const LEAST: u64 = 20 << 30;
/// Below this, the kubelets' own eviction threshold is near.
const AMPLE: u64 = 40 << 30;

/// Looks at the machine where containers run, as far as it is this one.
pub(super) fn checks(facts: Option<&Facts>, site: &Site) -> Vec<Check> {
    let elsewhere = match site {
        Site::Here => None,
        Site::Inside(machine) => Some(format!("containers run in {machine}")),
        Site::Remote(host) => Some(format!("containers run on {host}")),
    };
    if let Some(why) = elsewhere {
        return unknown(&why);
    }
    let mut checks: Vec<Check> = INOTIFY
        .iter()
        .map(|(setting, code, least)| {
            let path = format!("/proc/sys/{}", setting.replace('.', "/"));
            let text = std::fs::read_to_string(&path).ok();
            match text.and_then(|text| text.trim().parse::<u64>().ok()) {
                Some(value) => inotify(setting, code, *least, value),
                None => Check::skipped("kernel", *setting, format!("no {path} on this machine")),
            }
        })
        .collect();
    checks.push(disk(facts.and_then(|facts| facts.folder.as_deref())));
    checks
}

/// Nothing on this machine says how much room there is on another one.
fn unknown(why: &str) -> Vec<Check> {
    let limit = |(setting, _, least): &(&str, &str, u64)| {
        Check::skipped("kernel", *setting, format!("{why}, where it should be at least {least}"))
    };
    let mut checks: Vec<Check> = INOTIFY.iter().map(limit).collect();
    let detail =
        format!("{why}; its free space is not known, {} are needed", quantity::show(LEAST));
    let check = Check::warning("disk", "engine", "disk-unknown", detail);
    checks.push(check.hint("`df` on that machine shows it"));
    checks
}

fn inotify(setting: &str, code: &'static str, least: u64, value: u64) -> Check {
    if value >= least {
        return Check::ok("kernel", setting, value.to_string());
    }
    Check::failed("kernel", setting, code, format!("{value} is less than {least}")).hint(format!(
        "`sudo sysctl {setting}={least}`, and the same line in /etc/sysctl.d/kind.conf"
    ))
}

fn disk(folder: Option<&Path>) -> Check {
    let mut known = folder.into_iter().chain([Path::new(ENGINE)]);
    let place = known.find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let shown = place.display().to_string();
    let Ok(found) = rustix::fs::statvfs(place) else {
        return Check::skipped("disk", shown, "cannot be asked");
    };
    space(&shown, found.f_bavail.saturating_mul(found.f_frsize))
}

fn space(place: &str, free: u64) -> Check {
    let detail = format!("{} free", quantity::show(free));
    let hint = "`docker system df` (or podman's) shows what can go; `docker image prune` removes unused images";
    match free {
        _ if free < LEAST => {
            let detail = format!("{detail}, {} needed", quantity::show(LEAST));
            Check::failed("disk", place, "disk-space", detail).hint(hint)
        }
        _ if free < AMPLE => Check::warning("disk", place, "disk-space-low", detail).hint(hint),
        _ => Check::ok("disk", place, detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Outcome;

    #[test]
    fn limits_are_where_they_are_said_to_be() {
        let at = |value| inotify("fs.inotify.max_user_watches", "inotify-watches", 524_288, value);
        assert_eq!(at(524_288).outcome, Outcome::Ok);
        assert_eq!(at(524_287).code, "inotify-watches");
        assert_eq!(space("/", LEAST - 1).code, "disk-space");
        assert_eq!(space("/", LEAST).code, "disk-space-low");
        assert_eq!(space("/", AMPLE).outcome, Outcome::Ok);
    }
}
