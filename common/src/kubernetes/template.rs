//! Where the pods of an object are described.

use super::{Tree, group, is_builtin, kind};

/// Where the pod template is, for each kind.
const TEMPLATES: &[(&str, &str, &[&str])] = &[
    ("apps", "Deployment", &["spec", "template"]),
    ("apps", "StatefulSet", &["spec", "template"]),
    ("apps", "DaemonSet", &["spec", "template"]),
    ("apps", "ReplicaSet", &["spec", "template"]),
    ("batch", "Job", &["spec", "template"]),
    ("batch", "CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ("", "ReplicationController", &["spec", "template"]),
    ("", "Pod", &[]),
    ("keda.sh", "ScaledJob", &["spec", "jobTargetRef", "template"]),
];

/// The template of the pods that an object makes, or the Pod itself; `None` for an object that
/// makes no pods.
pub fn template<T: Tree>(object: &T) -> Option<&T> {
    let (group, kind) = (group(object), kind(object));
    // Old Deployments came from other groups; they have the same shape.
    let fits = |known: &str| known == group || known == "apps" && group == "extensions";
    match TEMPLATES.iter().find(|(of, known, _)| fits(of) && *known == kind) {
        Some((.., path)) => object.at(path),
        // Custom resources with a pod template in the usual place, as Rollouts of Argo.
        None if !is_builtin(group) => {
            let template = object.at(&["spec", "template"])?;
            template.at(&["spec", "containers"]).filter(|list| !list.items().is_empty())?;
            Some(template)
        }
        None => None,
    }
}
