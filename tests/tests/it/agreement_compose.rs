//! The same Compose project to the built tools: `compose-gen import`, `compose-gen --spec` and
//! `kustomize-lint --compose` read the same services from it, or each of them refuses it.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{Run, run};
use rideshare_tests::yaml;
use serde_json::{Value, json};

/// A tool that cargo has built beside this test.
fn tool(name: &str) -> Command {
    let test = std::env::current_exe().expect("this test is a file");
    let tool = test.ancestors().nth(2).expect("target/debug").join(name);
    assert!(tool.exists(), "cargo build -p {name} makes {}", tool.display());
    Command::new(tool)
}

/// A Compose project; the files whose names start with `compose` are merged in this order.
struct Project<'a> {
    folder: tempfile::TempDir,
    compose: Vec<&'a str>,
}

/// The service `web` as a file of Kubernetes would have it.
struct Expected<'a> {
    image: &'a str,
    environment: &'a [(&'a str, &'a str)],
    ports: &'a [u16],
}

impl<'a> Project<'a> {
    fn new(files: &[(&'a str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write(&folder.path().join(name), text);
        }
        let names = files.iter().map(|(name, _)| *name);
        Project { folder, compose: names.filter(|name| name.starts_with("compose")).collect() }
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Run {
        run(tool(name).args(arguments).current_dir(self.folder.path()))
    }

    fn import(&self) -> Run {
        let arguments = [&["import"], self.compose.as_slice(), &["--output-dir", "new/platform"]];
        self.run("compose-gen", &arguments.concat())
    }

    /// `None` for a project of several files, for `--spec` takes one.
    fn specification(&self) -> Option<Run> {
        let [file] = self.compose.as_slice() else { return None };
        Some(self.run("compose-gen", &["--spec", file, "--output-dir", "out"]))
    }

    /// Asks the rules that compare `web` in a cluster with `web` of the project.
    fn lint(&self, web: &Expected<'_>) -> Run {
        let environment: Vec<Value> = web
            .environment
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let ports: Vec<Value> =
            web.ports.iter().map(|port| json!({"containerPort": port})).collect();
        let container =
            json!({"name": "web", "image": web.image, "env": environment, "ports": ports});
        let deployment = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [container]},
                },
            },
        });
        let overlay = self.folder.path().join("overlay");
        write(&overlay.join("kustomization.yaml"), "resources: [web.yaml]\n");
        write(&overlay.join("web.yaml"), &deployment.to_string());
        let mut arguments = vec!["overlay", "--select", "KP"];
        for file in &self.compose {
            arguments.extend(["--compose", file]);
        }
        self.run("kustomize-lint", &arguments)
    }

    /// The services of the Compose file that the imported specification becomes.
    fn imported(&self) -> Value {
        self.import().expect(0);
        self.run("compose-gen", &["--spec", "new/platform"]).expect(0);
        self.services("new/docker/compose.yaml")
    }

    /// The services of the Compose file that the project itself becomes.
    fn generated(&self) -> Option<Value> {
        self.specification()?.expect(0);
        Some(self.services("out/docker/compose.yaml"))
    }

    fn services(&self, file: &str) -> Value {
        let text = fs::read_to_string(self.folder.path().join(file)).unwrap();
        yaml::documents(&text).remove(0)["services"].clone()
    }

    /// Asserts that every tool reads `web` like this, and that kustomize-lint finds another image,
    /// another value and another port. Returns what compose-gen has generated.
    #[track_caller]
    fn agrees(&self, web: &Expected<'_>) -> Vec<Value> {
        let services: Vec<Value> =
            [Some(self.imported()), self.generated()].into_iter().flatten().collect();
        for generated in &services {
            let generated = &generated["web"];
            assert_eq!(generated["image"], web.image);
            let environment: serde_json::Map<String, Value> = web
                .environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            let found = generated["environment"].as_object().cloned().unwrap_or_default();
            assert_eq!(found, environment);
            let ports = generated["ports"].as_array().map_or(&[][..], Vec::as_slice);
            let mut ports: Vec<u16> = ports.iter().map(container_port).collect();
            ports.sort_unstable();
            assert_eq!(ports, web.ports);
        }
        self.lint(web).expect(0);
        let other: Vec<(&str, &str)> =
            web.environment.iter().map(|(name, _)| (*name, "another")).collect();
        let other = Expected { image: "web:another", environment: &other, ports: &[9] };
        let found = self.lint(&other).expect(1);
        assert_eq!(found.stdout.matches("[KP001]").count(), 1, "{}", found.stdout);
        let values = found.stdout.matches("[KP003]").count();
        assert_eq!(values, web.environment.len(), "{}", found.stdout);
        let ports = found.stdout.matches("names no port").count();
        assert_eq!(ports, web.ports.len(), "{}", found.stdout);
        services
    }

    /// Asserts that every tool refuses the project with this code.
    #[track_caller]
    fn refused(&self, code: &str) {
        let nothing = Expected { image: "web:1", environment: &[], ports: &[] };
        let runs = [Some(self.import()), self.specification(), Some(self.lint(&nothing))];
        for run in runs.into_iter().flatten() {
            let run = run.expect(2);
            let text = format!("{}{}", run.stdout, run.stderr);
            assert!(text.contains(&format!("error[{code}]")), "{text}");
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The container's port of `[published:]target`.
fn container_port(port: &Value) -> u16 {
    let text = port.as_str().map_or_else(|| port["target"].to_string(), str::to_owned);
    text.rsplit(':').next().unwrap_or_default().parse().expect("a port")
}

#[test]
fn services_that_extend_each_other_are_refused() {
    let text = "services:
  web: {image: 'web:1', extends: base}
  base: {image: 'web:1', extends: web}
";
    Project::new(&[("compose.yml", text)]).refused("cycle");
}

#[test]
fn services_that_extend_each_other_through_a_file_are_refused() {
    let files = [
        ("compose.yml", "services: {web: {extends: {file: b.yml, service: base}}}\n"),
        ("b.yml", "services: {base: {extends: {file: compose.yml, service: web}}}\n"),
    ];
    Project::new(&files).refused("cycle");
}

#[test]
fn a_service_extends_across_a_file_and_back() {
    let compose = "services:
  web: {extends: {file: b.yml, service: base}, environment: {A: '1'}}
  root: {image: 'web:1', environment: {A: '3', B: '3', C: '3'}}
";
    let base = "services:
  base: {extends: {file: compose.yml, service: root}, environment: {A: '2', B: '2'}}
";
    Project::new(&[("compose.yml", compose), ("b.yml", base)]).agrees(&Expected {
        image: "web:1",
        environment: &[("A", "1"), ("B", "2"), ("C", "3")],
        ports: &[],
    });
}

#[test]
fn an_entry_that_comes_back_is_one_entry() {
    let compose = "services:
  web:
    extends: {file: b.yml, service: base}
    environment: [A=2, C=3]
    ports: ['80:80', '82:82']
    extra_hosts: ['h=1.1.1.1', 'g=2.2.2.2']
    cap_add: [KILL, CHOWN]
";
    let base = "services:
  base:
    image: web:1
    environment: [A=1, B=2]
    ports: ['80:80', '81:81']
    extra_hosts: {h: 1.1.1.1}
    cap_add: [KILL]
";
    let project = Project::new(&[("compose.yml", compose), ("b.yml", base)]);
    let services = project.agrees(&Expected {
        image: "web:1",
        environment: &[("A", "2"), ("B", "2"), ("C", "3")],
        ports: &[80, 81, 82],
    });
    for generated in services {
        let hosts = generated["web"]["extra_hosts"].as_array().map(Vec::len);
        assert_eq!(hosts, Some(2), "{}", generated["web"]);
        let capabilities = generated["web"]["cap_add"].as_array().map(Vec::len);
        assert_eq!(capabilities, Some(2), "{}", generated["web"]);
    }
}

#[test]
fn a_list_of_paths_in_an_include_is_one_file_over_another() {
    let files = [
        (
            "compose.yml",
            "include: [{path: [a.yml, b.yml]}]\nservices: {other: {image: 'other:1'}}\n",
        ),
        ("a.yml", "services: {web: {image: 'web:1', environment: {A: '1'}, ports: ['80:80']}}\n"),
        ("b.yml", "services: {web: {image: 'web:2', environment: {B: '2'}}}\n"),
    ];
    Project::new(&files).agrees(&Expected {
        image: "web:2",
        environment: &[("A", "1"), ("B", "2")],
        ports: &[80],
    });
}

#[test]
fn the_words_of_a_merge_tag_in_a_text_are_a_text() {
    let compose = "services:
  web:
    extends: {file: b.yml, service: base}
    environment: {A: '!reset', B: 'a !override b'}
";
    let base = "services: {base: {image: 'web:1', environment: {A: '1', B: '1'}}}\n";
    Project::new(&[("compose.yml", compose), ("b.yml", base)]).agrees(&Expected {
        image: "web:1",
        environment: &[("A", "!reset"), ("B", "a !override b")],
        ports: &[],
    });
}

#[test]
fn nothing_over_a_variable_takes_the_value_of_the_base_away() {
    let files = [
        (
            "compose.yml",
            "services: {web: {extends: {file: b.yml, service: base}, environment: {A: }}}\n",
        ),
        ("b.yml", "services: {base: {image: 'web:1', environment: {A: base}}}\n"),
    ];
    let project = Project::new(&files);
    // Both leave the variable out, as Compose does where nobody sets it, and say so.
    let generated = project.specification().unwrap().expect(0);
    assert!(generated.stderr.contains("warning[not-carried]"), "{}", generated.stderr);
    assert_eq!(project.imported()["web"]["environment"].get("A"), None);
    let any = [("A", "any")];
    project.lint(&Expected { image: "web:1", environment: &any, ports: &[] }).expect(0);
}

#[test]
fn a_volume_at_the_path_of_another_takes_its_place() {
    let compose = "services:
  web:
    extends: {file: b.yml, service: base}
    volumes: ['new:/data', 'more:/more']
volumes: {new: {}, more: {}}
";
    let base = "services: {base: {image: 'web:1', volumes: ['old:/data']}}\n";
    let project = Project::new(&[("compose.yml", compose), ("b.yml", base)]);
    let web = Expected { image: "web:1", environment: &[], ports: &[] };
    for generated in project.agrees(&web) {
        assert_eq!(generated["web"]["volumes"], json!(["new:/data", "more:/more"]));
    }
}

#[test]
fn a_file_overrides_a_service_that_the_first_one_includes() {
    let files = [
        ("a.yml", "services: {web: {image: 'web:1', environment: {X: '1'}, ports: ['80:80']}}\n"),
        ("compose.yml", "include: [a.yml]\nservices: {other: {image: 'other:1'}}\n"),
        ("compose.override.yml", "services: {web: {environment: {A: '1'}}}\n"),
    ];
    Project::new(&files).agrees(&Expected {
        image: "web:1",
        environment: &[("A", "1"), ("X", "1")],
        ports: &[80],
    });
}

#[test]
fn a_service_that_a_file_includes_and_defines_is_refused() {
    let files = [
        ("a.yml", "services: {web: {image: 'web:1'}}\n"),
        ("compose.yml", "include: [a.yml]\nservices: {web: {image: 'web:2'}}\n"),
    ];
    Project::new(&files).refused("duplicate");
}

#[test]
fn a_reset_item_leaves_the_entry_of_the_base() {
    let compose = "services:
  web:
    extends: {file: b.yml, service: base}
    environment: [!reset A=1, C=3]
    ports: [!reset '80:80', '82:82']
";
    let base = "services:
  base: {image: 'web:1', environment: [A=1, B=2], ports: ['80:80', '81:81']}
";
    Project::new(&[("compose.yml", compose), ("b.yml", base)]).agrees(&Expected {
        image: "web:1",
        environment: &[("A", "1"), ("B", "2"), ("C", "3")],
        ports: &[80, 81, 82],
    });
}

#[test]
fn a_reset_item_of_an_override_leaves_the_entry_of_the_first_file() {
    let files = [
        ("compose.yml", "services: {web: {image: 'web:1', environment: [A=1, B=2]}}\n"),
        ("compose.override.yml", "services: {web: {environment: [!reset A=1, C=3]}}\n"),
    ];
    Project::new(&files).agrees(&Expected {
        image: "web:1",
        environment: &[("A", "1"), ("B", "2"), ("C", "3")],
        ports: &[],
    });
}
