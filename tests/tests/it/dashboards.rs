//! Grafana's dashboards: their sources exist, and the SQL of each panel is answered from the lake's tables.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use rideshare_tests::dbt;
use rideshare_tests::run::run;
use rideshare_tests::{peers, root, yaml};
use serde_json::Value;

/// Asks DuckDB each question on standard input, with the dbt project's file in the place of Trino's catalog.
const ASK: &str = "
import duckdb, json, sys
lake = duckdb.connect()
lake.execute(f\"ATTACH '{sys.argv[1]}' AS delta (READ_ONLY)\")
for name, sql in json.load(sys.stdin):
    try:
        # DuckDB has one information schema for all catalogs.
        sql = sql.replace('delta.information_schema', 'information_schema')
        columns = [one[0] for one in lake.execute(sql).description]
        rows = lake.fetchall()
        known = [any(row[i] is not None for row in rows) for i in range(len(columns))]
        print(json.dumps({'name': name, 'columns': columns, 'rows': len(rows), 'known': known}))
    except Exception as error:
        print(json.dumps({'name': name, 'error': str(error)}))
";

fn dashboards() -> Vec<(String, Value)> {
    let folder = root().join("infrastructure/config/grafana/dashboards");
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A panel's name and SQL, with the plugin's macros for a range that holds all of the simulation.
fn questions() -> Vec<(String, String, bool)> {
    let mut all = Vec::new();
    for (name, dashboard) in dashboards() {
        for panel in list(&dashboard["panels"]) {
            for target in list(&panel["targets"]) {
                let Some(sql) = target["rawSQL"].as_str() else { continue };
                let name = format!("{name}: {}", panel["title"].as_str().unwrap());
                all.push((name, expanded(sql), panel["type"] == "timeseries"));
            }
        }
    }
    all
}

/// As Grafana's plugin for Trino replaces them.
fn expanded(sql: &str) -> String {
    let mut text = sql.to_owned();
    for (name, kind, from, to) in [
        ("$__timeFilter(", "TIMESTAMP", "2026-01-01 00:00:00", "2026-12-31 23:59:59"),
        ("$__dateFilter(", "date", "2026-01-01", "2026-12-31"),
    ] {
        while let Some(start) = text.find(name) {
            let end = start + text[start..].find(')').unwrap();
            let column = &text[start + name.len()..end];
            let range = format!("{column} BETWEEN {kind} '{from}' AND {kind} '{to}'");
            text.replace_range(start..=end, &range);
        }
    }
    assert!(!text.contains("$_"), "a macro that this test does not know: {sql}");
    text
}

#[test]
fn each_panel_asks_a_source_that_there_is() {
    let file = root().join("infrastructure/config/grafana/datasources/datasources.yaml");
    let sources = yaml::documents(&fs::read_to_string(file).unwrap()).remove(0);
    let sources: BTreeSet<(&str, &str)> = list(&sources["datasources"])
        .iter()
        .map(|source| (source["uid"].as_str().unwrap(), source["type"].as_str().unwrap()))
        .collect();
    for (name, dashboard) in dashboards() {
        assert_eq!(dashboard["uid"], name.as_str(), "links use the file's name");
        let mut ids = BTreeSet::new();
        for panel in list(&dashboard["panels"]) {
            let title = &panel["title"];
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{name}: {title}: its id is taken");
            let source = &panel["datasource"];
            let source = (source["uid"].as_str().unwrap(), source["type"].as_str().unwrap());
            assert!(sources.contains(&source), "{name}: {title}: {source:?}");
            assert!(!list(&panel["targets"]).is_empty(), "{name}: {title} asks nothing");
        }
    }
}

/// Panels that overlap hide each other.
#[test]
fn no_panel_lies_on_another() {
    for (name, dashboard) in dashboards() {
        let mut taken = BTreeSet::new();
        for panel in list(&dashboard["panels"]) {
            let number = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            let (x, y) = (number("x"), number("y"));
            assert!(x + number("w") <= 24, "{name}: {} is wider than the page", panel["title"]);
            for cell in (x..x + number("w")).flat_map(|x| (y..y + number("h")).map(move |y| (x, y)))
            {
                assert!(taken.insert(cell), "{name}: {} lies on another", panel["title"]);
            }
        }
    }
}

#[test]
fn trips_revenue_drivers_and_surge_have_a_dashboard_from_the_lake() {
    let lake: BTreeSet<String> =
        questions().into_iter().map(|(name, ..)| name.split(':').next().unwrap().into()).collect();
    for name in ["trips", "revenue", "drivers", "surge"] {
        assert!(lake.contains(name), "{name}: {lake:?}");
    }
}

#[test]
fn each_sql_panel_is_answered_from_the_lakes_tables() {
    let (Some(project), Some(python)) = (dbt::project(), peers::find("PEER_READERS_PYTHON")) else {
        return;
    };
    let questions = questions();
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("questions.json");
    let asked: Vec<_> = questions.iter().map(|(name, sql, _)| (name, sql)).collect();
    fs::write(&input, serde_json::to_string(&asked).unwrap()).unwrap();
    let done = run(Command::new("sh")
        .args(["-c", "exec \"$1\" -c \"$2\" \"$3\" <\"$4\"", "sh"])
        .arg(python)
        .arg(ASK)
        .arg(&project.database)
        .arg(&input))
    .expect(0);
    let answers: Vec<Value> =
        done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), questions.len(), "{}", done.stderr);
    for (answer, (name, sql, over_time)) in answers.iter().zip(&questions) {
        assert!(answer["error"].is_null(), "{name}: {sql}\n{answer}");
        assert!(answer["rows"].as_u64() > Some(0), "{name}: no row\n{sql}");
        let known = list(&answer["known"]).iter().all(|one| *one == true);
        assert!(known, "{name}: a column holds nothing\n{answer}\n{sql}");
        if *over_time {
            assert_eq!(answer["columns"][0], "time", "{name}: Grafana's time axis\n{sql}");
        }
    }
}
