//! This repository's own kustomizations, against the real one.

use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

#[test]
fn every_kustomization_of_this_repository_is_rendered_alike() {
    let Some(kubectl) = peers::find("PEER_KUBECTL") else { return };
    let kubernetes = root().join("infrastructure/kubernetes");
    for folder in ["overlays/local", "overlays/production", "argocd", "base/spark-testing"] {
        let folder = kubernetes.join(folder);
        let theirs = run(Command::new(&kubectl).arg("kustomize").arg(&folder)).expect(0).stdout;
        let ours = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"))
            .arg("build")
            .arg(&folder)
            .env_clear()
            .output()
            .unwrap();
        let ours = rideshare_tests::run::Run::from(ours).expect(0).stdout;
        let documents = rideshare_tests::yaml::documents;
        assert!(documents(&ours) == documents(&theirs), "{}", folder.display());
    }
}
