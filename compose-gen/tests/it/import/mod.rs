//! `import` over projects as people write them: each is imported, generated from, and read by
//! real Docker Compose on both ends, which must see the same services.

mod composed;
mod kinds;
mod left;
mod parts;
mod report;
mod stacks;

use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};
use serde_json::{Value, json};

use crate::support::{Bench, tool};

/// A project in `old/`, imported into `new/platform`.
struct Imported {
    bench: Bench,
    compose: Vec<String>,
    run: Run,
    report: Value,
}

impl Imported {
    fn new(files: &[(&str, &str)]) -> Self {
        Imported::merged(files, &["compose.yml"])
    }

    /// A project of several Compose files, merged in this order.
    fn merged(files: &[(&str, &str)], compose: &[&str]) -> Self {
        let bench = Bench::new("services: {}\n");
        for (name, text) in files {
            bench.write(&format!("old/{name}"), text);
        }
        let compose: Vec<String> = compose.iter().map(|name| format!("old/{name}")).collect();
        let mut import = tool();
        import.arg("import").args(&compose).args(["--out", "new/platform", "--format", "json"]);
        let run = run(import.current_dir(bench.path()));
        let report = serde_json::from_str(&run.stdout).unwrap_or_default();
        Imported { bench, compose, run, report }
    }

    /// Expects that nothing is left to do, that compose-gen accepts the folder, and that Docker
    /// Compose sees the same services in both files. `differing` are `service.key` that the
    /// report says to be different.
    fn expect_same(self, differing: &[&str]) -> Self {
        let left = &self.report["left"];
        assert_eq!(self.run.status, 0, "{}{left:#}", self.run.stderr);
        assert_eq!(*left, json!([]));
        self.generate().expect(0);
        let Some(compose) = peers::find("PEER_COMPOSE") else { return self };
        let read = |files: &[String]| -> Value {
            let mut config = Command::new(&compose);
            config.env_clear().env("HOME", "/home/somebody");
            for file in files {
                config.arg("-f").arg(self.bench.path().join(file));
            }
            config.args(["--profile", "*", "config"]);
            serde_json::from_str(&run(config.args(["--format", "json"])).expect(0).stdout).unwrap()
        };
        let (old, new) = (read(&self.compose), read(&["new/docker/compose.yaml".to_owned()]));
        assert_eq!(old["name"], new["name"]);
        for (name, service) in old["services"].as_object().unwrap() {
            let other = &new["services"][name];
            for key in
                service.as_object().unwrap().keys().filter(|key| !NOT_SEEN.contains(&key.as_str()))
            {
                let path = format!("{name}.{key}");
                if !differing.contains(&path.as_str()) {
                    assert_eq!(seen(service, key), seen(other, key), "{path}");
                }
            }
        }
        // Docker keeps the data of a volume under this name.
        for (name, volume) in old["volumes"].as_object().into_iter().flatten() {
            let names: Vec<&Value> = new["volumes"]
                .as_object()
                .unwrap()
                .values()
                .map(|volume| &volume["name"])
                .collect();
            assert!(names.contains(&&volume["name"]), "{name}: {names:?}");
        }
        self
    }

    fn generate(&self) -> Run {
        run(tool().args(["--spec", "new/platform"]).current_dir(self.bench.path()))
    }

    fn row(&self, key: &str) -> &Value {
        let rows = self.report["keys"].as_array().unwrap();
        rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no row of {key}"))
    }

    /// Outcome and reason of a key.
    #[track_caller]
    fn says(&self, key: &str, outcome: &str, reason: &str) {
        let row = self.row(key);
        let text = row["reason"].as_str().unwrap();
        assert!(row["outcome"] == outcome && text.contains(reason), "{row:#}");
    }

    /// The remaining findings: place and code.
    fn left(&self) -> Vec<String> {
        let left = self.report["left"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("nowhere").to_owned();
        left.iter()
            .map(|finding| format!("{} {}", text(&finding["place"]), text(&finding["code"])))
            .collect()
    }
}

/// Keys that a specification writes in a way of its own; the report is tested for them.
const NOT_SEEN: [&str; 5] = ["deploy", "expose", "networks", "profiles", "scale"];

/// The value of a key with what Compose writes in several ways in one.
fn seen(service: &Value, key: &str) -> Value {
    match (key, &service[key]) {
        ("environment", Value::Object(all)) => {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            // Compose leaves out what has no value, and prints it as null.
            let said = all.iter().filter(|(_, value)| !value.is_null());
            said.map(|(name, value)| (name.clone(), json!(text(value)))).collect()
        }
        ("volumes", Value::Array(mounts)) => {
            // The names of volumes are compared by themselves; those of the host may be `~`.
            let mut all: Vec<Value> = mounts
                .iter()
                .map(|mount| {
                    let source = mount["source"].as_str().filter(|_| mount["type"] == "bind");
                    json!([mount["target"], mount["read_only"], mount["type"], source])
                })
                .collect();
            all.sort_by_key(ToString::to_string);
            Value::Array(all)
        }
        ("ports", Value::Array(ports)) => {
            let port = |port: &Value| {
                json!([port["published"], port["target"], port["protocol"], port["host_ip"]])
            };
            ports.iter().map(port).collect()
        }
        ("depends_on", Value::Object(all)) => all
            .iter()
            .map(|(name, dependency)| (name.clone(), dependency["condition"].clone()))
            .collect(),
        ("healthcheck", check @ Value::Object(_)) => check["test"].clone(),
        ("environment", Value::Null) => json!({}),
        (_, value) => value.clone(),
    }
}
