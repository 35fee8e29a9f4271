//! Layers point one way: no module of a crate uses a definition of a module that uses its own,
//! directly or through others. A test module may use everything.

mod circles;
mod modules;
mod names;
mod reading;

use modules::Modules;

/// Arrows that are still to be turned round: crate, user, definition. They are passed over.
const LEFT: [(&str, &str, &str); 11] = [
    ("compose-gen", "command/import/extends.rs", "command/import/project.rs"),
    ("export-dbt", "log/commit.rs", "log/mod.rs"),
    ("export-dbt", "log/snapshot.rs", "log/mod.rs"),
    ("export-dbt", "log/snapshot.rs", "log/commit.rs"),
    ("export-dbt", "log/vacuum.rs", "log/mod.rs"),
    ("export-dbt", "export/table.rs", "export/mod.rs"),
    ("export-dbt", "export/write.rs", "export/mod.rs"),
    ("kustomize-lint", "compose/environment.rs", "compose/mod.rs"),
    ("kustomize-lint", "compose/extends.rs", "compose/load.rs"),
    ("kustomize-lint", "compose/interpolate.rs", "compose/mod.rs"),
    ("kustomize-lint", "compose/load.rs", "compose/mod.rs"),
];

fn assert_no_circle(folder: &str) {
    let mut graph = Modules::of(&rideshare_tests::root().join(folder).join("src")).graph();
    assert!(!graph.is_empty(), "no imports were found in {folder}");
    for (_, user, definition) in LEFT.iter().filter(|left| left.0 == folder) {
        graph.entry((*user).to_owned()).or_default().remove(*definition);
    }
    if let Some(circle) = circles::shortest(&graph) {
        panic!("modules of {folder} use each other in a circle:\n{circle}");
    }
}

macro_rules! crates {
    ($($test:ident $folder:literal)*) => {
        $(
            #[test]
            fn $test() {
                assert_no_circle($folder);
            }
        )*
    };
}

crates! {
    common "common"
    compose_gen "compose-gen"
    export_dbt "export-dbt"
    fetch_secrets "fetch-secrets"
    kind_cluster "kind-cluster"
    kustomize_lint "kustomize-lint"
    the_harness "tests"
}
