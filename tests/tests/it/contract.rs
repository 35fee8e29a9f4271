//! The applications' contract names the topics that kafka-init makes and the tables that
//! register_tables.py registers, and leaves none of them out.

use std::collections::BTreeSet;
use std::fs;

use rideshare_tests::{root, yaml};
use serde_json::Value;

/// The names in one list of `x-contract`, of all services: `way` is reads or writes.
fn promised(way: &str, list_name: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(root().join("infrastructure/platform")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        for document in yaml::documents(&fs::read_to_string(&path).unwrap()) {
            for service in document["services"].as_object().into_iter().flat_map(|all| all.values())
            {
                let list = service["x-contract"][way][list_name].as_array().into_iter().flatten();
                names.extend(list.filter_map(Value::as_str).map(str::to_owned));
            }
        }
    }
    assert!(!names.is_empty(), "no service {way} {list_name}");
    names
}

/// The first word of each line that is no comment.
fn listed(path: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("infrastructure/config").join(path)).unwrap();
    let words = text.lines().filter_map(|line| line.split([' ', ':', '\t']).next());
    words.filter(|word| !word.is_empty() && !word.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn each_topic_is_written_by_somebody_and_made_by_kafka_init() {
    assert_eq!(promised("writes", "topics"), listed("kafka/topics.txt"));
}

#[test]
fn each_topic_that_is_read_is_written() {
    let written = promised("writes", "topics");
    let read = promised("reads", "topics");
    assert!(read.is_subset(&written), "{:?}", read.difference(&written));
}

#[test]
fn each_table_that_is_written_is_registered() {
    assert_eq!(promised("writes", "tables"), listed("delta/tables.txt"));
}
