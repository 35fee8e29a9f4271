//! Every case next to the real `docker compose config`: the same values, or an error there.
//!
//! A case that Compose refuses is only read here: its types are checked by the tools.

mod ours;
mod theirs;

use std::path::{Path, PathBuf};

use common::diagnostic::Report;
use common::project::{COMPOSE, Env, read};
use rideshare_tests::archive::{Case, cases};
use rideshare_tests::compose::{config, difference, outer, write};
use rideshare_tests::{peers, root};
use serde_json::Value;

/// Keys of a service whose texts are compared one by one.
const LISTS: [&str; 9] = [
    "cap_add",
    "cap_drop",
    "dns",
    "dns_search",
    "expose",
    "links",
    "profiles",
    "security_opt",
    "tmpfs",
];

fn all() -> Vec<Case> {
    cases(include_str!("../cases/compose.txt"))
}

fn sorted(mut values: Vec<Value>) -> Value {
    values.sort_by_key(Value::to_string);
    values.dedup();
    Value::Array(values)
}

/// Compares a project of these files.
#[track_caller]
fn compare(compose: &Path, files: &[PathBuf], outer: &Env) {
    let mut report = Report::default();
    let ours = read(files, outer, &COMPOSE, &mut report);
    let run = config(compose, files, outer);
    if run.status != 0 {
        return;
    }
    assert!(!report.has_errors(), "Compose takes it\n{}", report.render());
    let ours = ours.expect("a project");
    assert!(ours.unresolved.is_empty(), "{:?}", ours.unresolved[0]);
    let theirs = theirs::project(&run.stdout);
    let used = |section: &str, name: &str| {
        theirs[section].as_array().is_some_and(|names| names.iter().any(|known| known == name))
    };
    let found = difference(&ours::project(&ours, used), &theirs, "");
    assert!(found.is_none(), "{}", found.unwrap());
}

/// Reads one case on both sides.
#[track_caller]
fn agrees(name: &str) {
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    let all = all();
    let case = all.iter().find(|case| case.name == name).expect("a case of the file");
    let folder = tempfile::tempdir().unwrap();
    let files = write(case, folder.path());
    compare(&compose, &files, &outer(case));
}

macro_rules! tests {
    ($($test:ident: $case:literal,)*) => {
        $(#[test]
        fn $test() {
            agrees($case);
        })*

        const TESTS: &[&str] = &[$($case),*];
    };
}

#[test]
fn every_case_has_a_test() {
    let names: Vec<String> = all().into_iter().map(|case| case.name).collect();
    assert_eq!(names, TESTS);
}

#[test]
fn the_generated_file_of_this_repository() {
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    compare(&compose, &[root().join("infrastructure/docker/compose.yaml")], &Env::new());
}

tests! {
    image: "image",
    image_from_env_and_defaults: "image from .env and defaults",
    image_without_a_value: "image without a value (unknown: 2)",
    nested_defaults_and_odd_ones: "nested defaults and odd ones",
    dollar_signs_stay: "dollar signs stay",
    a_bad_variable: "a bad variable",
    an_open_brace: "an open brace",
    a_dollar_that_is_no_variable: "a dollar that is no variable",
    braces_with_a_number: "braces with a number",
    environment_as_a_mapping: "environment as a mapping",
    environment_as_a_list: "environment as a list",
    environment_from_outside: "environment from outside (unknown: 2)",
    values_of_the_caller: "values of the caller",
    env_in_every_quoting: ".env in every quoting",
    env_file_in_every_quoting: "env_file in every quoting",
    env_file_the_last_wins_and_environment_over_all: "env_file, the last wins and environment over all",
    env_file_with_values_of_env: "env_file with values of .env",
    env_file_that_mentions_what_nothing_defines: "env_file that mentions what nothing defines (unknown: 1)",
    env_file_that_may_be_missing: "env_file that may be missing",
    env_file_that_is_missing: "env_file that is missing",
    env_file_with_a_bad_line: "env_file with a bad line",
    env_file_with_an_open_quote: "env_file with an open quote",
    env_with_a_bad_line: ".env with a bad line",
    env_file_through_a_variable: "env_file through a variable",
    env_file_and_a_name_without_a_value: "env_file and a name without a value (unknown: 1)",
    ports_in_the_short_form: "ports in the short form",
    ports_in_the_long_form: "ports in the long form",
    ports_through_variables: "ports through variables",
    a_published_port_without_a_value: "a published port without a value (unknown: 1)",
    ports_said_twice: "ports said twice",
    expose: "expose",
    a_bad_port: "a bad port",
    a_port_that_is_too_large: "a port that is too large",
    ranges_of_different_lengths: "ranges of different lengths",
    healthcheck_as_a_line: "healthcheck as a line",
    healthcheck_as_words: "healthcheck as words",
    healthcheck_off: "healthcheck off",
    healthcheck_without_a_kind: "healthcheck without a kind",
    a_bad_duration: "a bad duration",
    a_duration_without_a_unit: "a duration without a unit",
    healthcheck_through_variables: "healthcheck through variables",
    command_lines: "command lines",
    commands_as_words: "commands as words",
    a_command_with_an_open_quote: "a command with an open quote",
    a_command_with_a_parenthesis: "a command with a parenthesis",
    commands_through_variables: "commands through variables",
    a_command_without_a_value: "a command without a value (unknown: 2)",
    memory: "memory",
    replicas_and_restart: "replicas and restart",
    depends_on: "depends_on",
    volumes: "volumes",
    secrets: "secrets",
    profiles: "profiles",
    build_alone: "build alone",
    anchors_and_merges: "anchors and merges",
    variables_in_anchors: "variables in anchors",
    an_override_of_scalars_and_mappings: "an override of scalars and mappings",
    an_override_of_lists: "an override of lists",
    an_override_with_nothing: "an override with nothing",
    a_command_overridden_with_nothing: "a command overridden with nothing",
    an_override_in_another_folder: "an override in another folder",
    a_value_taken_away_by_an_override: "a value taken away by an override (unknown: 1)",
    reset: "reset",
    override_key: "override",
    reset_alone: "reset alone",
    three_files: "three files",
    several_documents: "several documents",
    extends_in_one_file: "extends in one file",
    extends_another_file: "extends another file",
    extends_with_profiles_and_dependencies: "extends with profiles and dependencies",
    extends_and_reset: "extends and reset",
    extends_what_is_not_there: "extends what is not there",
    extends_a_missing_file: "extends a missing file",
    extends_itself: "extends itself",
    include_key: "include",
    include_in_the_long_form: "include in the long form",
    include_of_an_include: "include of an include",
    include_of_the_same_file_twice: "include of the same file twice",
    include_of_a_service_that_is_there_already: "include of a service that is there already",
    include_of_a_missing_file: "include of a missing file",
    include_of_itself: "include of itself",
    only_includes: "only includes",
    a_name: "a name",
    a_name_of_env: "a name of .env",
    the_last_name: "the last name",
    a_key_twice: "a key twice",
    no_yaml: "no YAML",
    a_service_that_is_a_list: "a service that is a list",
    an_image_that_is_a_number: "an image that is a number",
    an_environment_that_is_a_text: "an environment that is a text",
    a_variable_that_is_a_list: "a variable that is a list",
    an_empty_file: "an empty file",
    include_nothing: "include nothing",
    include_of_one_text: "include of one text",
    services_with_the_names_of_keys: "services with the names of keys",
    an_override_of_the_other_form: "an override of the other form",
    an_override_that_changes_the_kind: "an override that changes the kind",
    an_override_of_a_whole_service_with_nothing: "an override of a whole service with nothing",
    an_override_that_extends: "an override that extends",
    an_override_that_extends_a_service_of_the_first_file: "an override that extends a service of the first file",
    extends_inside_an_included_file: "extends inside an included file",
    variables_in_the_paths_of_extends_and_include: "variables in the paths of extends and include",
    an_empty_service: "an empty service",
    a_service_without_an_image: "a service without an image (only Compose refuses)",
    environment_with_numbers_in_a_list: "environment with numbers in a list",
    a_replica_count_that_is_a_text: "a replica count that is a text",
    memory_that_is_no_amount: "memory that is no amount",
    depends_on_with_a_bad_condition: "depends_on with a bad condition (only Compose refuses)",
    depends_on_of_nothing: "depends_on of nothing (only Compose refuses)",
    multi_line_values: "multi-line values",
    secrets_as_words_of_a_command: "secrets as words of a command",
    an_env_file_in_another_encoding_of_lines: "an env file in another encoding of lines",
    extends_across_files_and_back: "extends across files and back",
    extends_in_a_circle_of_files: "extends in a circle of files",
    extends_of_a_service_with_the_same_name_in_another_file: "extends of a service with the same name in another file",
    the_words_of_merge_tags_in_a_text: "the words of merge tags in a text",
    nothing_over_a_variable: "nothing over a variable (unknown: 1)",
    nothing_over_a_variable_in_a_list: "nothing over a variable in a list (unknown: 1)",
    every_key_that_has_a_list_extended: "every key that has a list, extended",
    every_key_that_has_a_rule_of_its_own_overridden: "every key that has a rule of its own, overridden",
    include_of_a_list_of_files: "include of a list of files",
    include_with_volumes_networks_and_configs: "include with volumes, networks and configs",
    include_of_a_volume_that_is_there_already: "include of a volume that is there already",
    a_build_context_of_an_extended_file: "a build context of an extended file",
    logging_without_a_driver_in_the_override: "logging without a driver in the override",
    entries_said_twice_in_one_file: "entries said twice in one file",
    a_variable_that_is_a_whole_pair: "a variable that is a whole pair",
    a_reset_that_a_third_file_sets_again: "a reset that a third file sets again",
    an_override_of_a_mapping_with_a_text: "an override of a mapping with a text",
    a_reset_item_over_the_list_of_a_base: "a reset item over the list of a base",
    a_reset_item_in_an_override: "a reset item in an override",
    a_reset_item_in_one_file: "a reset item in one file",
    an_override_tag_on_an_item: "an override tag on an item",
    an_override_of_a_service_that_is_included: "an override of a service that is included",
    an_override_that_includes_a_service_of_the_first_file: "an override that includes a service of the first file",
    an_override_that_resets_a_service_that_is_included: "an override that resets a service that is included",
    a_reset_beside_an_include_of_the_same_service: "a reset beside an include of the same service",
    a_reset_of_a_section_beside_an_include: "a reset of a section beside an include",
    an_include_that_is_reset: "an include that is reset",
    an_override_tag_in_an_included_file: "an override tag in an included file",
    hosts_in_both_forms: "hosts in both forms",
    a_host_with_several_addresses: "a host with several addresses",
    hosts_in_an_override: "hosts in an override",
    hosts_of_a_build: "hosts of a build",
}
