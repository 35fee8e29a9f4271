//! An overlay that has changed its namespace, its prefix or its folder: the copy under the old names
//! runs on, and is easily overlooked.

use std::collections::{BTreeMap, BTreeSet};

use common::stop::Stop;
use serde_json::Value;

use super::{Inventory, Origin, Record, Records};
use crate::cluster::Cluster;
use crate::deploy::changes::{Side, changes};
use crate::object::{Key, template};
use crate::render::Rendered;
use crate::report::Check;

/// Kinds that run, and a kind that holds data.
const RUNS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];
const CLAIM: &str = "PersistentVolumeClaim";

impl Records {
    /// A warning for each copy of the overlay under other names. A name that was given with `--inventory` is an
    /// identity: nothing else is a copy then.
    pub(in crate::deploy) async fn copies(
        &self,
        cluster: &Cluster,
        rendered: &Rendered,
    ) -> Result<Vec<Check>, Stop> {
        let now: BTreeSet<Key> = rendered.all.iter().map(Key::of).collect();
        let mut checks = Vec::new();
        let left = self.left(rendered);
        if let Some(change) = change(&left, &now) {
            let hint = "`kind-cluster deploy --prune` deletes it, except claims";
            checks.extend(warning(cluster, &change, &left, "the overlay", hint).await?);
        }
        for other in self.others.iter().filter(|record| match record.origin {
            Origin::Overlay => !self.identity.is_given && !record.is_given,
            Origin::Namespace => true,
            Origin::Component => false,
        }) {
            if other.objects.keys().any(|key| runs(key) && now.contains(key)) {
                continue;
            }
            let Some(change) = change(&other.objects, &now) else { continue };
            if other.origin == Origin::Overlay
                && !is_same(cluster, other, rendered, &change).await?
            {
                continue;
            }
            let hint = format!(
                "if it is an old copy, `kind-cluster deploy --adopt {} --prune` deletes it, except claims; an \
                 overlay with an `--inventory` is no copy of another",
                other.id
            );
            checks.extend(warning(cluster, &change, &other.objects, &other.shown(), &hint).await?);
        }
        Ok(checks)
    }
}

/// Whether another overlay is this one but for the change: each object has its new name here, and each workload the same
/// template.
async fn is_same(
    cluster: &Cluster,
    other: &Record,
    rendered: &Rendered,
    change: &Change,
) -> Result<bool, Stop> {
    for (key, version) in other.objects.iter().filter(|(key, _)| key.kind != "Namespace") {
        let renamed = |object: &&Value| {
            let new = Key::of(object);
            new == *key || Change::between(key, &new).contains(change)
        };
        let Some(new) = rendered.all.iter().find(renamed) else { return Ok(false) };
        let Some(new) = template(new) else { continue };
        let old = cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
        let old = old.as_ref().and_then(template);
        if old.is_some_and(|old| !changes(old, new, Side::Second).is_empty()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn runs(key: &Key) -> bool {
    RUNS.contains(&key.kind.as_str())
}

/// A warning of the part of a copy that is still there; `None` where nothing of it runs.
async fn warning(
    cluster: &Cluster,
    change: &Change,
    old: &Inventory,
    of: &str,
    hint: &str,
) -> Result<Option<Check>, Stop> {
    let (mut running, mut data) = (Vec::new(), Vec::new());
    for (key, version) in old.iter().filter(|(key, _)| runs(key) || key.kind == CLAIM) {
        if cluster.get(version, &key.kind, &key.namespace, &key.name).await?.is_none() {
            continue;
        }
        if runs(key) {
            running.push(key.placed());
        }
        if key.kind == CLAIM || key.kind == "StatefulSet" {
            data.push(key.placed());
        }
    }
    if running.is_empty() {
        return Ok(None);
    }
    let mut detail = format!(
        "{of} was deployed under other names ({}), and that copy is still there: {}",
        change.shown(),
        running.join(", ")
    );
    if !data.is_empty() {
        detail.push_str(&format!(
            ". Data stays in the old claims ({}); `kind-cluster backup --backup-dir DIR` saves it",
            data.join(", ")
        ));
    }
    Ok(Some(Check::warning("prune", change.shown(), "old-copy", detail).hint(hint)))
}

/// How the names of a copy differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Namespace { from: String, to: String },
    Prefix { from: String, to: String },
    Suffix { from: String, to: String },
}

impl Change {
    fn shown(&self) -> String {
        let (part, from, to) = match self {
            Change::Namespace { from, to } => ("namespace", from, to),
            Change::Prefix { from, to } => ("prefix", from, to),
            Change::Suffix { from, to } => ("suffix", from, to),
        };
        format!("{part} {from:?} instead of {to:?}")
    }

    fn between(old: &Key, new: &Key) -> Vec<Self> {
        if (&old.group, &old.kind) != (&new.group, &new.kind) {
            return Vec::new();
        }
        let (a, b) = (old.name.as_str(), new.name.as_str());
        if a == b {
            let (from, to) = (old.namespace.clone(), new.namespace.clone());
            return Vec::from_iter((from != to).then_some(Change::Namespace { from, to }));
        }
        let mut changes = Vec::new();
        let is_joint = |byte: u8| matches!(byte, b'-' | b'.');
        let same = a.bytes().rev().zip(b.bytes().rev()).take_while(|(a, b)| a == b).count();
        // The joint is the affix's, and both have it.
        let joint = a.bytes().rev().nth(same.wrapping_sub(1)).is_some_and(is_joint);
        let same = same - usize::from(joint);
        if let (Some(from), Some(to)) = (a.get(..a.len() - same), b.get(..b.len() - same))
            && same > 0
            && [from, to].iter().all(|affix| affix.is_empty() || affix.ends_with(['-', '.']))
        {
            changes.push(Change::Prefix { from: from.into(), to: to.into() });
        }
        let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        let joint = a.as_bytes().get(same.wrapping_sub(1)).copied().is_some_and(is_joint);
        let same = same - usize::from(joint);
        if let (Some(from), Some(to)) = (a.get(same..), b.get(same..))
            && same > 0
            && [from, to].iter().all(|affix| affix.is_empty() || affix.starts_with(['-', '.']))
        {
            changes.push(Change::Suffix { from: from.into(), to: to.into() });
        }
        changes
    }
}

/// The change of names that explains at least half of the old workloads.
fn change(old: &Inventory, now: &BTreeSet<Key>) -> Option<Change> {
    let workloads: Vec<&Key> = old.keys().filter(|key| runs(key) && !now.contains(key)).collect();
    let mut votes: BTreeMap<Change, usize> = BTreeMap::new();
    for key in &workloads {
        let changes: BTreeSet<Change> =
            now.iter().flat_map(|new| Change::between(key, new)).collect();
        for change in changes {
            *votes.entry(change).or_default() += 1;
        }
    }
    let (change, count) = votes.into_iter().max_by_key(|(_, count)| *count)?;
    (count * 2 >= workloads.len()).then_some(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[(&str, &str)]) -> Vec<Key> {
        names.iter().map(|(space, name)| Key::new("apps", "Deployment", space, name)).collect()
    }

    fn found(old: &[(&str, &str)], new: &[(&str, &str)]) -> Option<String> {
        let old = keys(old).into_iter().map(|key| (key, "apps/v1".to_owned())).collect();
        change(&old, &keys(new).into_iter().collect()).map(|change| change.shown())
    }

    #[test]
    fn another_namespace() {
        let shown = found(&[("a", "web"), ("a", "db")], &[("b", "web"), ("b", "db")]);
        assert_eq!(shown.as_deref(), Some("namespace \"a\" instead of \"b\""));
    }

    #[test]
    fn another_prefix() {
        let shown = found(&[("a", "dev-web"), ("a", "dev-db")], &[("a", "web"), ("a", "db")]);
        assert_eq!(shown.as_deref(), Some("prefix \"dev-\" instead of \"\""));
        let shown = found(&[("a", "dev-web"), ("a", "dev-db")], &[("a", "my-web"), ("a", "my-db")]);
        assert_eq!(shown.as_deref(), Some("prefix \"dev-\" instead of \"my-\""));
    }

    #[test]
    fn another_suffix() {
        let shown = found(&[("a", "web-1")], &[("a", "web-2")]);
        assert_eq!(shown.as_deref(), Some("suffix \"-1\" instead of \"-2\""));
    }

    #[test]
    fn other_objects_are_no_copy() {
        assert_eq!(found(&[("a", "web"), ("a", "x"), ("a", "y")], &[("b", "web")]), None);
        assert_eq!(found(&[("a", "web")], &[("a", "store")]), None);
        assert_eq!(found(&[], &[("a", "store")]), None);
    }
}
