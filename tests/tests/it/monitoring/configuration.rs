//! The verdict of the makers' own checkers on the configuration.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::yaml::documents;
use rideshare_tests::{peers, root};
use serde_json::{Value, json};

use super::program::adapted;

const TESTS: &str = "tests/monitoring/rules.test.yaml";

#[test]
fn promtool_accepts_the_configuration_and_the_rules() {
    let Some(promtool) = peers::find("PEER_PROMTOOL") else { return };
    let folder = tempfile::tempdir().unwrap();
    let rules = root().join("infrastructure/config/prometheus/rules.yaml");
    let rules = rules.to_str().unwrap();
    let config = adapted("prometheus/prometheus.yaml", &[("/etc/prometheus/rules.yaml", rules)]);
    fs::write(folder.path().join("prometheus.yaml"), config).unwrap();
    for (kind, file) in [("config", "prometheus.yaml"), ("rules", rules)] {
        run(Command::new(&promtool)
            .args(["check", kind, "--lint=all", "--lint-fatal", file])
            .current_dir(&folder))
        .expect(0);
    }
}

#[test]
fn each_alert_fires_and_stays_silent() {
    let Some(promtool) = peers::find("PEER_PROMTOOL") else { return };
    run(Command::new(promtool).args(["test", "rules", TESTS]).current_dir(root())).expect(0);
}

#[test]
fn each_alert_has_a_test_that_fires_and_one_that_is_silent() {
    let text = adapted("prometheus/rules.yaml", &[]);
    let rules = &documents(&text)[0];
    let groups = rules["groups"].as_array().unwrap();
    let alerts = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
    let alerts: BTreeSet<&str> = alerts.map(|rule| rule["alert"].as_str().unwrap()).collect();

    let text = fs::read_to_string(root().join(TESTS)).unwrap();
    let tests = &documents(&text)[0]["tests"];
    // A name alone proves nothing: the expected object has to be of that kind.
    let has = |alert: &str, word: &str, fires: bool| {
        tests.as_array().unwrap().iter().any(|test| {
            let named = test["name"].as_str().unwrap().starts_with(&format!("{alert} {word}"));
            let cases = test["alert_rule_test"].as_array().unwrap();
            let expected = |case: &Value| {
                let none = case["exp_alerts"].as_array().unwrap().is_empty();
                case["alertname"] == alert && none != fires
            };
            named && cases.iter().all(expected)
        })
    };
    let missing: Vec<&&str> = alerts
        .iter()
        .filter(|alert| !has(alert, "fires", true) || !has(alert, "is silent", false))
        .collect();
    assert!(missing.is_empty(), "{TESTS} lacks a test of {missing:?}");
}

#[test]
fn amtool_accepts_the_configuration() {
    let Some(amtool) = peers::find("PEER_AMTOOL") else { return };
    let file = root().join("infrastructure/config/alertmanager/alertmanager.yaml");
    run(Command::new(amtool).arg("check-config").arg(file)).expect(0);
}

#[test]
fn the_collector_accepts_its_configurations_and_warns_of_nothing() {
    let Some(collector) = peers::find("PEER_OTEL_COLLECTOR") else { return };
    let folder = tempfile::tempdir().unwrap();
    let state = ("/var/lib/otelcol", folder.path().to_str().unwrap());
    let texts = [
        adapted("otel-collector/otel-collector.yaml", &[]),
        adapted("log-collector/log-collector.yaml", &[state]),
    ];
    for text in texts {
        let file = folder.path().join("config.yaml");
        fs::write(&file, text).unwrap();
        let done =
            run(Command::new(&collector).arg("validate").arg("--config").arg(&file)).expect(0);
        assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""));
    }
}

/// Each PromQL expression of the dashboards, read as a rule.
#[test]
fn promtool_accepts_the_dashboards_queries() {
    let Some(promtool) = peers::find("PEER_PROMTOOL") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut rules = Vec::new();
    for file in fs::read_dir(root().join("infrastructure/config/grafana/dashboards")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let dashboard: Value = serde_json::from_str(&text).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            if panel["datasource"]["uid"] != "prometheus" {
                continue;
            }
            for target in panel["targets"].as_array().unwrap() {
                let name = format!("query:{}", rules.len());
                rules.push(json!({"record": name, "expr": target["expr"]}));
            }
        }
    }
    assert!(rules.len() > 10, "{rules:?}");
    let rules = json!({"groups": [{"name": "dashboards", "rules": rules}]});
    fs::write(folder.path().join("rules.yaml"), rules.to_string()).unwrap();
    run(Command::new(promtool).args(["check", "rules", "rules.yaml"]).current_dir(&folder))
        .expect(0);
}
