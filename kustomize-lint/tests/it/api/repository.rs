//! This repository's own objects: nobody finds anything.

use kustomize_lint::api::Version;
use kustomize_lint::tree::Files;
use rideshare_tests::root;

use super::{rendered, violations};
use crate::peer;

#[test]
fn every_object_of_this_repository_fits_its_schema_in_every_version() {
    let folder = root().join("infrastructure/kubernetes");
    let mut objects = Vec::new();
    for part in ["overlays/local", "overlays/production", "argocd"] {
        let rendering = rendered(&folder.join(part), &mut Files::default());
        for object in &rendering.objects {
            for version in Version::KNOWN {
                let found = violations(object, version);
                assert!(
                    found.is_empty(),
                    "{version} {} {}: {found:?}",
                    object.kind(),
                    object.name()
                );
                objects.push((version.to_string(), object.node.to_json()));
            }
        }
    }
    assert!(objects.len() > 500, "{}", objects.len());
    let folder = tempfile::tempdir().unwrap();
    let Some(verdicts) = peer::verdicts(&objects, folder.path()) else { return };
    for (verdict, (version, object)) in verdicts.iter().zip(&objects) {
        let api_version = object["apiVersion"].as_str().unwrap();
        let custom = ["argoproj.io", "external-secrets.io", "gateway.networking.k8s.io"]
            .iter()
            .any(|group| api_version.starts_with(group));
        let wanted = if custom { "unknown" } else { "valid" };
        assert_eq!(verdict, wanted, "{version} {}", object["metadata"]["name"]);
    }
}
