//! A name that one tool calls a secret is a secret to every tool.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::secrets::names::WORDS;
use rideshare_tests::run::{Run, run};

/// Names that are about a secret, or about something else, with a value that could be one.
const OTHERS: [&str; 6] =
    ["LOG_LEVEL", "SORT_KEY", "AWS_ACCESS_KEY_ID", "DB_SECRET_NAME", "TOKEN_ISSUER", "PUBLIC_KEY"];

pub(crate) fn tool(name: &str) -> Command {
    let exe = std::env::current_exe().unwrap();
    let tool: PathBuf = exe.parent().unwrap().parent().unwrap().join(name);
    assert!(tool.exists(), "cargo build -p {name} makes {}", tool.display());
    let mut command = Command::new(tool);
    command.env("NO_COLOR", "1");
    command
}

/// The names with a literal each, in an overlay, a Compose file, and one with `.env`.
struct Project(tempfile::TempDir);

impl Project {
    fn new(names: &[&str]) -> Self {
        let lines = |line: &dyn Fn(&str) -> String| -> String {
            names.iter().map(|name| line(name)).collect()
        };
        let env = lines(&|name| format!("            - {{name: {name}, value: hunter2-kube}}\n"));
        let deployment = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  \
             selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
             metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        \
             - name: web\n          image: example/web:1\n          env:\n{env}"
        );
        let service = "services:\n  web:\n    image: example/web:1\n    environment:\n";
        let literal = lines(&|name| format!("      {name}: hunter2-compose\n"));
        let variable = lines(&|name| format!("      {name}: ${{{name}}}\n"));
        let project = Project(tempfile::tempdir().unwrap());
        project.write("overlay/kustomization.yaml", "resources: [web.yaml]\n");
        project.write("overlay/web.yaml", &deployment);
        project.write("literal/compose.yml", &format!("{service}{literal}"));
        project.write("variable/compose.yml", &format!("{service}{variable}"));
        project.write("variable/.env", &lines(&|name| format!("{name}=hunter2-env\n")));
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Run {
        run(tool(name).current_dir(self.0.path()).args(arguments))
    }

    fn compose_gen(&self, file: &str) -> String {
        self.run("compose-gen", &["--spec", file, "--out", "out"]).expect(0).stderr
    }

    fn import(&self, file: &str) -> String {
        self.run("compose-gen", &["import", file, "--out", "new"]).stderr
    }

    /// The names that a text has as the first word behind one of the marks.
    fn named<'n>(names: &[&'n str], text: &str, mark: &str) -> Vec<&'n str> {
        let is_in = |name: &&&str| text.contains(&format!("{mark}{name} "));
        names.iter().filter(is_in).copied().collect()
    }
}

fn secrets() -> Vec<&'static str> {
    WORDS.iter().map(|word| word.example).collect()
}

/// Checks that an answer names exactly the secrets.
#[track_caller]
fn names_the_secrets(answer: impl Fn(&Project) -> String, mark: &str) {
    let all: Vec<&str> = secrets().into_iter().chain(OTHERS).collect();
    let text = answer(&Project::new(&all));
    assert_eq!(Project::named(&all, &text, mark), secrets(), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn kustomize_lint_reports_each_variable_of_a_container() {
    let lint = |project: &Project| {
        project.run("kustomize-lint", &["overlay", "--select", "KS001"]).expect(1).stdout
    };
    names_the_secrets(lint, "variable ");
}

#[test]
fn compose_gen_warns_of_each_literal() {
    names_the_secrets(|project| project.compose_gen("literal/compose.yml"), "[maybe-secret]: ");
}

#[test]
fn compose_gen_warns_of_each_value_of_an_env_file() {
    names_the_secrets(|project| project.compose_gen("variable/compose.yml"), "[maybe-secret]: ");
}

#[test]
fn an_import_warns_of_each_literal() {
    names_the_secrets(|project| project.import("literal/compose.yml"), "[maybe-secret]: ");
}

#[test]
fn an_import_warns_of_each_value_of_an_env_file() {
    names_the_secrets(|project| project.import("variable/compose.yml"), "[maybe-secret]: ");
}

#[test]
fn explain_masks_each_value() {
    let explain = |project: &Project| {
        let options = ["explain", "web", "--spec", "literal/compose.yml"];
        let text = project.run("compose-gen", &options).expect(0).stdout;
        text.lines().filter(|line| line.contains("***")).map(|line| format!(":{line} \n")).collect()
    };
    names_the_secrets(explain, ":");
}

#[test]
fn the_rule_of_parity_masks_each_value_on_both_sides() {
    let all: Vec<&str> = secrets().into_iter().chain(OTHERS).collect();
    let project = Project::new(&all);
    for format in ["text", "json", "sarif", "github", "junit"] {
        let options = ["overlay", "--select", "KP003", "--compose", "literal/compose.yml"];
        let found = project.run("kustomize-lint", &[&options[..], &["--format", format]].concat());
        let text = found.expect(1).stdout;
        for name in secrets() {
            assert!(text.contains(&format!("another {name} than Compose")), "{name}\n{text}");
        }
        let shown = text.matches("hunter2-kube").count();
        assert!(shown >= OTHERS.len(), "values of other names are shown\n{text}");
        for line in text.lines().filter(|line| line.contains("hunter2")) {
            assert!(OTHERS.iter().any(|name| line.contains(name)), "{line}");
        }
    }
}

/// An empty variable of the environment is an unset one, in every tool.
mod empty_variables {
    use super::*;

    const VARIABLES: [&str; 36] = [
        "PLATFORM_SPEC",
        "COMPOSE_GEN_OUT",
        "KUSTOMIZE_LINT_CONFIG",
        "SECRETS_PROFILE",
        "SECRETS_SOURCE",
        "SECRETS_TIMEOUT",
        "SECRETS_DEADLINE",
        "SECRETS_OUTPUT_DIR",
        "SECRETS_MODE",
        "CLUSTER_NAME",
        "KIND_OVERLAY",
        "KIND_PROFILE",
        "KIND_CONFIG",
        "KIND_TIMEOUT",
        "KIND_BACKUP_DIR",
        "KIND_BUILT_HERE",
        "KIND_COMPONENTS",
        "KIND_GATEWAY",
        "KIND_MANIFEST_DIR",
        "DUCKDB_PATH",
        "DBT_MANIFEST",
        "EXPORT_TARGET",
        "EXPORT_RETENTION",
        "EXPORT_ORPHAN_AGE",
        "EXPORT_TIMEOUT",
        "EXPORT_SHARD",
        "EXPORT_JOBS",
        "EXPORT_MEMORY_LIMIT",
        "EXPORT_FILE_SIZE",
        "EXPORT_THREADS",
        "EXPORT_RETRY_TIMEOUT",
        "S3_ENDPOINT",
        "TRINO_URL",
        "TRINO_CATALOG",
        "TRINO_USER",
        "TRINO_PASSWORD",
    ];

    /// The command says the same with every variable empty as with none set.
    #[track_caller]
    fn same(name: &str, arguments: &[&str]) {
        let [unset, empty] = [false, true].map(|empty| {
            let folder = tempfile::tempdir().unwrap();
            let mut command = tool(name);
            command.current_dir(folder.path()).args(arguments).env("HOME", folder.path());
            for variable in VARIABLES {
                if empty {
                    command.env(variable, "");
                } else {
                    command.env_remove(variable);
                }
            }
            let path = folder.path().display().to_string();
            run(&mut command).transcript(&[(&path, "FOLDER")])
        });
        assert_eq!(empty, unset);
    }

    #[test]
    fn fetch_secrets() {
        same("fetch-secrets", &["--check"]);
    }

    #[test]
    fn export_dbt() {
        same("export-dbt", &[]);
        same("export-dbt", &["--duckdb", "absent.duckdb", "--register", "http://trino:8080"]);
    }

    #[test]
    fn compose_gen() {
        same("compose-gen", &["--check"]);
    }

    #[test]
    fn kustomize_lint() {
        same("kustomize-lint", &[]);
    }

    #[test]
    fn kind_cluster_deploy() {
        same("kind-cluster", &["deploy", "--dry-run"]);
    }

    #[test]
    fn kind_cluster_backup() {
        same("kind-cluster", &["backup", "--dry-run"]);
    }
}
