//! The claims that pods bring with them.

use std::collections::HashSet;

use super::{Tree, kind, namespace, template};

/// Claims of a StatefulSet's `volumeClaimTemplates`, without the pod's number, and those of the
/// `ephemeral` volumes of Pods.
#[derive(Debug)]
pub struct Claims<'a>(HashSet<(&'a str, String)>);

impl<'a> Claims<'a> {
    /// The claims that come with some objects.
    pub fn of<T: Tree + 'a>(objects: impl Iterator<Item = &'a T>) -> Self {
        let claims = objects.flat_map(|object| {
            let namespace = namespace(object);
            names(object).into_iter().map(move |name| (namespace, name))
        });
        Claims(claims.collect())
    }

    /// Whether a claim is one of them.
    pub fn has(&self, namespace: &str, name: &str) -> bool {
        // The number is the pod's; all have claims of the same kind.
        let (stem, number) = name.rsplit_once('-').unwrap_or((name, ""));
        let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let known = |name: &str| self.0.contains(&(super::effective(namespace), name.to_owned()));
        numbered && known(stem) || known(name)
    }
}

fn names<T: Tree>(object: &T) -> Vec<String> {
    let name = object.word_at(&["metadata", "name"]).unwrap_or_default();
    match kind(object) {
        "StatefulSet" => {
            let templates = object.at(&["spec", "volumeClaimTemplates"]).map_or(&[][..], T::items);
            let names = templates.iter().filter_map(|one| one.word_at(&["metadata", "name"]));
            // A volume of the same name gives way to the template.
            names.map(|claim| format!("{claim}-{name}")).collect()
        }
        "Pod" => {
            let volumes = template(object).and_then(|pod| pod.at(&["spec", "volumes"]));
            let volumes = volumes.map_or(&[][..], T::items).iter();
            let ephemeral = volumes.filter(|volume| volume.get("ephemeral").is_some());
            let names = ephemeral.filter_map(|volume| volume.word_at(&["name"]));
            names.map(|volume| format!("{name}-{volume}")).collect()
        }
        _ => Vec::new(),
    }
}
