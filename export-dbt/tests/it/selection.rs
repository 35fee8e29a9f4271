//! `--select` and `--exclude` beside `dbt ls`: the project in `tests/selection`, built and listed by real dbt.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rideshare_tests::peers;
use rideshare_tests::run::run;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{bare, summary};

/// The built project, and dbt's answers to all selections.
struct Shop {
    folder: TempDir,
    /// The ids by `select` and `exclude`; none where dbt refuses.
    listed: BTreeMap<(String, String), Option<BTreeSet<String>>>,
    manifest: Value,
}

impl Shop {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("shop").join(name)
    }

    /// The names of the tables and views of these nodes. Seeds are among them when a selector is given, sources when it
    /// asks for sources.
    fn relations(&self, ids: &BTreeSet<String>, select: &str) -> BTreeSet<String> {
        let asks_for_sources =
            ["source:", "resource_type:source"].iter().any(|m| select.contains(m));
        let text = |node: &Value, key: &str| node[key].as_str().map(str::to_owned);
        let relation = |id: &String| {
            let (kind, _) = id.split_once('.').unwrap();
            let node = &self.manifest["nodes"][id];
            match kind {
                "model" if node["config"]["materialized"] == "ephemeral" => None,
                "model" | "snapshot" => text(node, "alias"),
                "seed" if !select.is_empty() => text(node, "alias"),
                "source" if asks_for_sources => text(&self.manifest["sources"][id], "identifier"),
                _ => None,
            }
        };
        ids.iter().filter_map(relation).collect()
    }
}

fn shop() -> Option<&'static Shop> {
    static SHOP: OnceLock<Shop> = OnceLock::new();
    let dbt = peers::find("PEER_DBT")?;
    Some(SHOP.get_or_init(|| build(&dbt)))
}

fn build(dbt: &Path) -> Shop {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let project = folder.path().join("shop");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/selection");
    run(Command::new("cp").arg("-r").arg(source).arg(&project)).expect(0);
    let mut python = Command::new(dbt.with_file_name("python"))
        .arg("ls.py")
        .current_dir(&project)
        .env("SHOP_DATABASE", project.join("shop.duckdb"))
        .env("DBT_PROFILES_DIR", &project)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let lines = SELECTIONS.iter().map(|(select, exclude)| {
        let given = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        format!("{}\n", json!([given(select), given(exclude)]))
    });
    let lines: String = lines.collect();
    let mut input = python.stdin.take().unwrap();
    // The pipe has room for all lines.
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    let answers = python.wait_with_output().expect("dbt ends");
    assert!(answers.status.success(), "dbt failed; its output is above");
    let answers = String::from_utf8(answers.stdout).unwrap();
    let answers = answers.lines().map(|line| serde_json::from_str(line).unwrap());
    let keys = SELECTIONS.iter().map(|(select, exclude)| (select.to_string(), exclude.to_string()));
    let listed: BTreeMap<_, _> = keys.zip(answers).collect();
    assert_eq!(listed.len(), SELECTIONS.len(), "a selection stands twice, or has no answer");
    let manifest = std::fs::read_to_string(project.join("target/manifest.json")).unwrap();
    Shop { folder, listed, manifest: serde_json::from_str(&manifest).unwrap() }
}

/// The tables that export-dbt selects, and its messages.
fn selected(shop: &Shop, select: &str, exclude: &str) -> (BTreeSet<String>, String) {
    let mut command = bare();
    command.arg("--duckdb").arg(shop.path("shop.duckdb"));
    command.arg("--manifest").arg(shop.path("target/manifest.json"));
    command.args([
        "--target",
        "file:lake/{layer}/{table}",
        "--views",
        "--dry-run",
        "--format",
        "json",
    ]);
    for (option, text) in [("--select", select), ("--exclude", exclude)] {
        if !text.is_empty() {
            command.args([option, text]);
        }
    }
    let run = run(command.current_dir(shop.folder.path()));
    if run.status == 2 {
        return (BTreeSet::new(), run.stderr);
    }
    let summary = summary(&run.expect(0));
    let tables = summary["tables"].as_array().unwrap().iter();
    (tables.map(|table| table["table"].as_str().unwrap().to_owned()).collect(), String::new())
}

fn same(select: &str, exclude: &str) {
    let Some(shop) = shop() else { return };
    let listed = &shop.listed[&(select.to_owned(), exclude.to_owned())];
    let wanted = listed.as_ref().map(|ids| shop.relations(ids, select)).unwrap_or_default();
    let (found, problem) = selected(shop, select, exclude);
    assert_eq!(found, wanted, "{select:?} without {exclude:?}; dbt lists {listed:?}\n{problem}");
    // Nothing is an error that says why, whether dbt refuses or finds nothing.
    let known = ["unknown-selector", "nothing-selected", "invalid value"];
    assert_eq!(found.is_empty(), known.iter().any(|code| problem.contains(code)), "{problem}");
}

/// One test for each selection, and all of them for dbt's process.
macro_rules! selections {
    ($($test:ident: $select:literal $(- $exclude:literal)?;)*) => {
        const SELECTIONS: &[(&str, &str)] = &[$(($select, concat!($($exclude)?))),*];
        $(
            #[test]
            fn $test() {
                same($select, concat!($($exclude)?));
            }
        )*
    };
}

selections! {
    a_name: "fct_orders";
    a_name_with_other_capitals: "FCT_orders";
    a_name_with_a_dot: "odd.name";
    a_glob: "*_orders";
    a_glob_of_folders: "st*";
    a_glob_within_a_folder: "st*ing";
    a_question_mark: "?ays";
    a_set: "[dw]*";
    a_negated_set: "[!a-s]*";
    an_open_set: "[dw";
    a_folder: "staging";
    a_folder_below: "staging.web";
    a_folder_from_the_middle: "web";
    a_folder_with_the_package: "shop.marts";
    a_glob_below_a_folder: "staging.*";
    a_glob_in_the_middle: "shop.*.fct_revenue";
    a_glob_over_folders: "*.stg_sessions";
    a_glob_with_a_name: "staging.*.stg_clicks";
    everything: "*";
    another_package: "other";
    a_qualified_name: "shop.staging.stg_orders";
    fqn: "fqn:marts.finance";
    a_model_with_versions: "dim_customers";
    a_version: "dim_customers.v2";
    a_version_by_its_alias: "dim_customers_v10";
    versions_by_a_glob: "dim_*";
    versions_below_a_folder: "marts.dim_customers.v1";
    the_latest_version: "version:latest";
    newer_versions: "version:prerelease";
    older_versions: "version:old";
    models_without_versions: "version:none";
    no_such_version: "version:newest";
    a_tag: "tag:staging";
    a_tag_of_a_seed: "tag:geo";
    a_tag_of_a_snapshot: "tag:history";
    a_tag_with_an_operators_sign: "tag:team@home";
    tags_by_a_glob: "tag:[dD]aily*";
    a_tag_with_other_capitals: "tag:Daily";
    below_a_tag_of_a_source: "tag:hot+1";
    above_a_tag_of_an_exposure: "2+tag:shown";
    a_path: "path:models/staging";
    a_path_without_its_method: "models/staging/web";
    a_path_with_dots: "./models//staging/web/";
    a_path_of_a_file: "path:models/staging/stg_orders.sql";
    half_of_a_folders_name: "path:models/stag";
    a_path_with_a_star: "path:models/*/fct_*";
    a_path_with_two_stars: "path:models/**/web/**";
    a_path_of_files_below: "path:**/stg_*.sql";
    a_path_of_a_description: "path:models/marts/marts.yml";
    above_a_path_of_tests: "1+path:tests";
    above_a_path_of_exposures: "1+path:models/reports/reports.yml";
    a_path_that_a_package_has_too: "path:models/staging/*";
    a_path_of_a_package_alone: "path:models/only_here";
    a_path_of_seeds: "path:seeds";
    a_path_of_seeds_below: "seeds/geo";
    the_whole_project_by_path: "path:*";
    a_file: "stg_orders.sql";
    a_file_with_other_capitals: "stg_orders.SQL";
    a_file_without_its_ending: "file:countries";
    a_file_of_a_seed: "countries.csv";
    files_by_a_glob: "file:stg_*.sql";
    a_file_of_a_source: "file:sources.yml+1";
    a_source: "source:raw";
    a_table_of_a_source: "source:raw.orders";
    a_table_with_an_identifier: "source:events.log";
    a_source_with_a_package: "source:shop.raw.clicks";
    sources_by_a_glob: "source:*.*log*";
    below_a_source: "source:raw.clicks+";
    too_many_parts_of_a_source: "source:a.b.c.d";
    a_package: "package:other";
    this_package: "package:this";
    packages_by_a_glob: "package:oth*";
    a_group: "group:finance";
    groups_by_a_glob: "group:fin*";
    public_models: "access:public";
    protected_models: "access:protected";
    private_models: "access:private";
    access_has_no_glob: "access:p*";
    a_materialization: "config.materialized:incremental";
    config_has_no_glob: "config.materialized:inc*";
    a_key_of_meta: "config.meta.owner:finance";
    a_number_of_meta: "config.meta.level:2";
    a_truth_of_meta: "config.meta.checked:TRUE";
    a_configured_schema: "config.schema:marts";
    a_configured_tag: "config.tags:daily";
    a_configured_key: "config.unique_key:id";
    above_a_severity: "1+config.severity:WARN";
    models: "resource_type:model";
    seeds: "resource_type:seed";
    snapshots: "resource_type:snapshot";
    all_sources: "resource_type:source";
    above_analyses: "1+resource_type:analysis";
    no_such_kind: "resource_type:table";
    above_an_exposure: "+exposure:board";
    above_an_exposure_with_its_package: "1+exposure:shop.board";
    above_an_exposure_by_name: "1+board";
    above_a_metric: "+metric:order_total";
    above_a_semantic_model: "1+semantic_model:orders";
    above_a_saved_query: "3+saved_query:order_query";
    above_a_unit_test: "1+unit_test:revenue_is_there";
    above_a_test_by_name: "1+assert_revenue";
    above_a_kind_of_test: "1+test_name:relationships";
    above_generic_tests: "1+test_type:generic";
    above_singular_tests: "1+test_type:singular";
    above_data_tests: "1+test_type:data";
    above_unit_tests: "1+test_type:unit";
    tests_alone: "test_type:data";
    no_such_type_of_test: "test_type:unique";
    ancestors: "+fct_orders";
    ancestors_one_step_away: "1+fct_orders";
    ancestors_no_step_away: "0+fct_orders";
    ancestors_through_an_ephemeral_model: "2+int_orders";
    descendants: "stg_orders+";
    descendants_two_steps_away: "stg_orders+2";
    both: "1+fct_revenue+1";
    descendants_of_a_folder: "staging.web+";
    a_closure: "@stg_clicks";
    a_closure_over_a_test: "@fct_orders";
    a_closure_with_ancestors: "@+int_orders";
    a_closure_with_descendants: "@int_orders+";
    a_union: "days countries";
    a_union_with_a_graph: "+stg_clicks weekly";
    an_intersection: "staging,tag:staging,path:models/staging/web";
    an_intersection_of_graphs: "stg_orders+,+weekly";
    an_intersection_of_nothing: "tag:staging,tag:geo";
    an_intersection_beside_a_union: "tag:marts,version:none days";
    without_a_name: "staging" - "stg_clicks";
    without_a_folder: "package:shop" - "staging.web";
    without_a_glob: "package:shop" - "*_orders";
    without_a_tag: "package:shop" - "tag:marts";
    without_a_path: "package:shop" - "models/staging";
    without_a_file: "package:shop" - "stg_orders.sql";
    without_descendants: "package:shop" - "stg_orders+";
    without_an_intersection: "package:shop" - "tag:marts,group:finance";
    without_a_union: "package:shop" - "staging days";
    without_a_version: "dim_customers" - "version:latest";
    without_a_seed: "+fct_orders" - "resource_type:seed";
    all_without_a_tag: "" - "tag:staging";
    all_without_a_folder: "" - "marts.finance";
    all_without_the_ancestors: "" - "+weekly";
    state: "state:modified";
    results: "result:error";
    source_status: "source_status:fresher+";
    an_unknown_method: "label:x";
}
