//! Layers point one way: no two modules of a crate use definitions of each other, directly or
//! through other modules. A test module may use everything.

mod circles;
mod modules;
mod names;
mod reading;

use modules::Modules;

fn assert_no_circle(folder: &str) {
    let graph = Modules::of(&rideshare_tests::root().join(folder).join("src")).graph();
    assert!(!graph.is_empty(), "no imports were found in {folder}");
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
