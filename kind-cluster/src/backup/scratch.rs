//! Volumes that a backup leaves out, each reported with its reason: volumes that go with their pod, folders
//! of a node, and volumes that no claim has any more.

use serde_json::Value;

use super::manifest::Scratch;
use crate::object::{Key, list, name, template, text};

/// Namespaces of the cluster itself, which is made anew and not restored.
const OF_THE_CLUSTER: [&str; 4] =
    ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// Volumes of pods' templates, and of pods that nobody owns, that are in no archive.
pub(super) fn of_pods(objects: &[Value]) -> Vec<Scratch> {
    let theirs = |object: &&Value| {
        let owned = !list(object, "/metadata/ownerReferences").is_empty();
        let over = matches!(text(object, "/status/phase"), "Succeeded" | "Failed");
        !owned && !over && !OF_THE_CLUSTER.contains(&text(object, "/metadata/namespace"))
    };
    let mut found = Vec::new();
    for object in objects.iter().filter(theirs) {
        let Some(template) = template(object) else { continue };
        for volume in list(template, "/spec/volumes") {
            let reason = if volume.get("emptyDir").is_some() {
                "an emptyDir: it lives as long as its pod".to_owned()
            } else if volume.get("hostPath").is_some() {
                format!("the folder {} of its node (hostPath)", text(volume, "/hostPath/path"))
            } else {
                continue;
            };
            let key = Key::of(object);
            found.push(Scratch {
                namespace: key.namespace.clone(),
                owner: key.to_string(),
                volume: text(volume, "/name").to_owned(),
                reason,
            });
        }
    }
    found
}

/// Volumes that were kept when their claim went: data that only an administrator gets back.
pub(crate) fn abandoned<'v>(volumes: &'v [Value], claims: &[Value]) -> Vec<&'v str> {
    let has_claim = |volume: &Value| {
        claims.iter().any(|claim| {
            name(claim) == text(volume, "/spec/claimRef/name")
                && text(claim, "/metadata/namespace") == text(volume, "/spec/claimRef/namespace")
        })
    };
    let kept = |volume: &&Value| {
        // Volumes with another policy go as soon as the provisioner gets to them.
        text(volume, "/spec/persistentVolumeReclaimPolicy") != "Delete"
            && (matches!(text(volume, "/status/phase"), "Released" | "Failed")
                || (volume.pointer("/spec/claimRef/name").is_some() && !has_claim(volume)))
    };
    volumes.iter().filter(kept).map(name).collect()
}

/// The same, for people.
pub(super) fn of_volumes(abandoned: &[&str]) -> impl Iterator<Item = Scratch> {
    abandoned.iter().map(|volume| Scratch {
        namespace: String::new(),
        owner: "volume".into(),
        volume: (*volume).to_owned(),
        reason: "no claim has it any more".into(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_volume_is_abandoned_when_it_is_kept_without_its_claim() {
        let volume = |name: &str, policy: &str, phase: &str, claim: &str| {
            json!({"metadata": {"name": name}, "status": {"phase": phase},
                   "spec": {"persistentVolumeReclaimPolicy": policy,
                            "claimRef": {"namespace": "n", "name": claim}}})
        };
        let volumes = [
            volume("used", "Retain", "Bound", "here"),
            volume("left", "Retain", "Released", "gone"),
            volume("unsaid", "Retain", "Bound", "gone"),
            volume("going", "Delete", "Released", "gone"),
            // A new claim has reused the name; the volume belonged to the old one.
            volume("older", "Retain", "Released", "here"),
        ];
        let claims = [json!({"metadata": {"namespace": "n", "name": "here"}})];
        assert_eq!(abandoned(&volumes, &claims), ["left", "unsaid", "older"]);
    }
}
