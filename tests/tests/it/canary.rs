//! No value of a variable with a secret's name is in any output of any tool.
//!
//! Every name of a list gets a value that is easy to find, in every place where a person
//! may write it, beside mistakes that make the tools quote that place; then all commands run in all
//! formats. Two outputs are data for other programs and have the values by design: the
//! stdout of `fetch-secrets print` and of `kustomize-lint build`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};
use tempfile::TempDir;

/// The beginning of every value.
const CANARY: &str = "canary-7Zq";

/// Names of secrets as people write them: not those of the rule, which would prove only itself.
const NAMES: [&str; 24] = [
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "GITHUB_TOKEN",
    "JWT_SECRET",
    "ENCRYPTIONKEY",
    "SSHKEY",
    "API_KEY_PROD",
    "FERNET_KEY_OLD",
    "DB_PASS_PROD",
    "PRIVATE_KEY_PEM",
    "SSH_PRIVATE_KEY_BASE64",
    "VAULT_SECRET_ID",
    "MYSQL_PWD_ROOT",
    "CREDS",
    "ADMIN_PW",
    "ROOT_PW",
    "SLACK_WEBHOOK",
    "SLACK_WEBHOOK_URL",
    "OAUTH_SIGNER",
    "BEARER_PROD",
    "SENTRY_DSN",
    "AWS_SECRET_ACCESS_KEY",
    "STRIPE_KEY_V2",
    "SMTP_PASS",
];

/// A tool that cargo has built beside this test.
fn tool(name: &str) -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let tool = exe.parent().unwrap().parent().unwrap().join(name);
    assert!(tool.exists(), "cargo build -p {name} makes {}", tool.display());
    tool
}

/// A folder with files.
struct Bench(TempDir);

impl Bench {
    fn new(files: &[(&str, String)]) -> Self {
        let bench = Bench(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| bench.write(path, text));
        bench
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn start(&self, name: &str, arguments: &[&str]) -> Run {
        let mut command = Command::new(tool(name));
        command.current_dir(self.0.path()).args(arguments).args(["--verbose"]);
        command.env("HOME", self.0.path()).env("NO_COLOR", "1").env_remove("AWS_ENDPOINT_URL");
        if let Some(kubectl) = peers::find("PEER_KUBECTL") {
            let path = std::env::var("PATH").unwrap();
            let folder = kubectl.parent().unwrap();
            command.env("PATH", format!("{}:{path}", folder.display()));
        }
        run(&mut command)
    }

    /// Runs a tool that must not show a value, and returns what it has said.
    #[track_caller]
    fn quiet(&self, name: &str, arguments: &[&str]) -> String {
        let said = self.start(name, arguments).transcript(&[]);
        assert!(!said.contains(CANARY), "{name} {arguments:?}\n{said}");
        said
    }
}

/// One line for each name, made of the name and its value.
fn each(line: impl Fn(&str, &str) -> String) -> String {
    let values = NAMES.iter().enumerate().map(|(at, name)| (name, format!("{CANARY}{at}x")));
    values.map(|(name, value)| line(name, &value)).collect()
}

/// A Compose project with the lines of `each` below `key` of its service.
fn compose(key: &str, lines: &str) -> String {
    format!(
        "services:\n  web:\n    image: example/web:1\n    ports: [\"8080\"]\n    {key}:\n{lines}"
    )
}

/// A Deployment with the lines of `each` below `key` of its container.
fn deployment(key: &str, lines: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        \
         - name: web\n          image: example/web:1\n          {key}:\n{lines}"
    )
}

/// Where values stand in a Compose project: the key of the service, and its lines.
fn compose_places() -> [(&'static str, String); 5] {
    [
        ("environment", each(|name, value| format!("      {name}: {value}\n"))),
        ("environment", each(|name, value| format!("      - {name}={value} # was {value}\n"))),
        ("environment", each(|name, value| format!("      {name}: |\n        {value}\n"))),
        ("command", format!("      [run{}]\n", each(|name, value| format!(", --{name}, {value}")))),
        ("command", format!("      run{}\n", each(|name, value| format!(" --{name}={value}")))),
    ]
}

/// Mistakes that quote a line with a value, or all of them: a text and its replacement.
const MISTAKES: [(&str, &str); 4] = [
    ("image: example/web:1", "image: [example/web:1]"),
    (": canary", ": ${!} canary"),
    ("=canary", "=${!}canary"),
    ("canary", "'canary"),
];

/// The Compose files of every place, right and with every mistake.
fn compose_files() -> Vec<String> {
    let right = compose_places().map(|(key, lines)| compose(key, &lines));
    let wrong = right.iter().flat_map(|text| MISTAKES.map(|(from, to)| text.replacen(from, to, 1)));
    right.iter().cloned().chain(wrong).collect()
}

fn overlay(deployment: &str) -> Vec<(&'static str, String)> {
    vec![
        ("overlay/kustomization.yaml", "resources: [web.yaml]\n".into()),
        ("overlay/web.yaml", deployment.to_owned()),
    ]
}

/// Objects of every place in an overlay.
fn overlays() -> Vec<String> {
    let env = each(|name, value| format!("            - {{name: {name}, value: {value}}}\n"));
    let long =
        each(|name, value| format!("            - name: {name}\n              value: {value}\n"));
    let args = each(|name, value| format!("            - --{name}\n            - {value}\n"));
    let joined = each(|name, value| format!("            - --{name}={value}\n"));
    let script = each(|name, value| format!(" {name}={value}"));
    let script = format!("            - sh\n            - -c\n            - {script} run\n");
    let data = each(|name, value| format!("  {name}: {value}\n"));
    let file = each(|name, value| format!("    {name}={value}\n"));
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n";
    vec![
        deployment("env", &env),
        deployment("env", &long),
        deployment("args", &args),
        deployment("args", &joined),
        deployment("command", &script),
        format!("{map}{data}"),
        format!("{map}  web.properties: |\n{file}"),
    ]
}

/// The same with mistakes.
fn broken_overlays() -> Vec<String> {
    let mistakes = [
        (": canary", ": [canary"),
        ("canary", "'canary"),
        ("value: canary", "vaule: canary"),
        ("value: canary", "value: {a: canary}"),
        ("name: web", "nmae: web"),
    ];
    overlays()
        .iter()
        .flat_map(|text| mistakes.map(|(from, to)| text.replacen(from, to, 1)))
        .collect()
}

const FINDINGS: [&str; 5] = ["text", "json", "sarif", "github", "junit"];

#[track_caller]
fn lint_is_quiet(bench: &Bench, more: &[&str]) {
    for format in FINDINGS {
        let options = ["overlay", "--severity", "info", "--format", format];
        bench.quiet("kustomize-lint", &[&options[..], more].concat());
    }
    bench.quiet("kustomize-lint", &["overlay", "--baseline", "b.json", "--write-baseline"]);
    assert!(!fs::read_to_string(bench.path("b.json")).unwrap_or_default().contains(CANARY));
    for format in ["text", "json"] {
        bench.quiet("kustomize-lint", &["budget", "overlay", "--format", format]);
    }
    let built = bench.start("kustomize-lint", &["build", "overlay"]);
    assert!(!built.stderr.contains(CANARY), "{}", built.stderr);
    bench.quiet("kustomize-lint", &["overlay", "--fix"]);
}

#[test]
fn kustomize_lint_of_every_place_in_an_overlay() {
    for object in overlays() {
        lint_is_quiet(&Bench::new(&overlay(&object)), &[]);
    }
}

#[test]
fn kustomize_lint_of_an_overlay_with_mistakes() {
    for object in broken_overlays() {
        lint_is_quiet(&Bench::new(&overlay(&object)), &[]);
    }
}

#[test]
fn kustomize_lint_of_generators_and_patches() {
    let literals = each(|name, value| format!("      - {name}={value}\n"));
    let list = each(|name, value| format!("{{name: {name}, value: {value}}}, "));
    let patch = format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{template: \
         {{spec: {{containers: [{{name: web, env: [{list}]}}]}}}}}}}}"
    );
    for (key, text) in [
        ("configMapGenerator", format!("\n  - name: web\n    literals:\n{literals}")),
        ("configMapGenerator", format!("\n  - name: web\n    literal:\n{literals}")),
        ("patches", format!("\n  - patch: |-\n      {patch}\n")),
        ("patchs", format!("\n  - patch: |-\n      {patch}\n")),
    ] {
        let mut files = overlay(&deployment("ports", "            - {containerPort: 80}\n"));
        files[0].1.push_str(&format!("{key}:{text}"));
        lint_is_quiet(&Bench::new(&files), &[]);
    }
}

#[test]
fn kustomize_lint_of_a_compose_project_with_other_values() {
    let other = each(|name, _| format!("            - {{name: {name}, value: {CANARY}-other}}\n"));
    for text in compose_files() {
        let mut files = overlay(&deployment("env", &other));
        files.push(("compose.yaml", text));
        lint_is_quiet(&Bench::new(&files), &["--compose", "compose.yaml"]);
    }
}

#[test]
fn kustomize_lint_of_a_compose_project_with_an_env_file() {
    let used = each(|name, _| format!("      {name}: ${{{name}}}\n"));
    for env in [each(|n, v| format!("{n}={v}\n")), each(|n, v| format!("{n} x={v}\n"))] {
        let mut files = overlay(&deployment("ports", "            - {containerPort: 80}\n"));
        files.push((".env", env));
        files.push(("compose.yaml", compose("environment", &used)));
        lint_is_quiet(&Bench::new(&files), &["--compose", "compose.yaml"]);
    }
}

/// Every command of compose-gen, before and after all values have changed.
#[track_caller]
fn compose_gen_is_quiet(bench: &Bench, file: &str) {
    let all = |bench: &Bench| {
        for format in ["text", "json"] {
            let spec = ["--spec", file, "--format", format];
            for command in
                [&["generate", "--out", "out"][..], &["generate", "--out", "out", "--check"]]
            {
                bench.quiet("compose-gen", &[command, &spec].concat());
            }
            bench.quiet("compose-gen", &[&["explain", "web"][..], &spec].concat());
            let _ = fs::remove_dir_all(bench.path("imported"));
            let import = ["import", file, "--out", "imported", "--format", format];
            bench.quiet("compose-gen", &import);
        }
        for format in ["svg", "dot", "mermaid"] {
            bench.quiet("compose-gen", &["graph", "--spec", file, "--format", format]);
        }
    };
    all(bench);
    for path in [file, ".env"] {
        if let Ok(text) = fs::read_to_string(bench.path(path)) {
            bench.write(path, &text.replace("x\n", "y\n").replace("x]", "y]"));
        }
    }
    let check = ["generate", "--out", "out", "--check", "--spec", file];
    for format in ["text", "json"] {
        bench.quiet("compose-gen", &[&check[..], &["--format", format]].concat());
    }
    all(bench);
}

#[test]
fn compose_gen_of_every_place_in_a_compose_file() {
    for (key, lines) in compose_places() {
        let bench = Bench::new(&[("compose.yml", compose(key, &lines))]);
        compose_gen_is_quiet(&bench, "compose.yml");
        assert!(
            fs::read_to_string(bench.path("out/docker/compose.yaml")).unwrap().contains(CANARY)
        );
    }
}

#[test]
fn compose_gen_of_a_compose_file_with_mistakes() {
    for text in compose_files() {
        compose_gen_is_quiet(&Bench::new(&[("compose.yml", text)]), "compose.yml");
    }
}

#[test]
fn compose_gen_of_an_env_file() {
    let used = each(|name, _| format!("      {name}: ${{{name}}}\n"));
    let files = [
        (".env", each(|name, value| format!("{name}={value}\n"))),
        ("compose.yml", compose("environment", &used)),
    ];
    compose_gen_is_quiet(&Bench::new(&files), "compose.yml");
}

#[test]
fn compose_gen_of_defaults() {
    let used = each(|name, value| format!("      {name}: ${{{name}:-{value}}}\n"));
    let files = [("compose.yml", compose("environment", &used))];
    compose_gen_is_quiet(&Bench::new(&files), "compose.yml");
}

#[test]
fn compose_gen_of_a_config_in_the_compose_file() {
    let content = each(|name, value| format!("      {name}={value}\n"));
    let text = format!(
        "configs:\n  web:\n    content: |\n{content}{}",
        compose("configs", "      - {source: web, target: /web}\n")
    );
    compose_gen_is_quiet(&Bench::new(&[("compose.yml", text)]), "compose.yml");
}

#[test]
fn fetch_secrets_of_every_name_in_the_catalogue() {
    let keys = each(|name, value| format!("      {name}: {{dev: {value}}}\n"));
    let catalogue = format!("x-secrets:\n  app/web:\n    services: [web]\n    keys:\n{keys}");
    let wrong = [
        ("dev: canary", "dve: canary"),
        ("{dev: canary", "{dev: [canary"),
        ("canary", "'canary"),
        ("services: [web]", "services: web"),
    ];
    let all = wrong.iter().map(|(from, to)| catalogue.replacen(from, to, 1));
    for text in std::iter::once(catalogue.clone()).chain(all) {
        let bench = Bench::new(&[("platform/secrets.yaml", text)]);
        let spec = ["--spec", "platform"];
        for format in ["text", "json"] {
            let fetch = ["fetch", "--source", "dev", "--output-dir", "out", "--format", format];
            bench.quiet("fetch-secrets", &[&fetch[..], &spec].concat());
            bench.quiet("fetch-secrets", &[&fetch[..], &["--check"], &spec].concat());
            bench.quiet("fetch-secrets", &[&["list", "--format", format][..], &spec].concat());
            bench.quiet("fetch-secrets", &[&["seed", "--format", format][..], &spec].concat());
        }
        let print = [&["print", "--source", "dev", "--format", "docker"][..], &spec].concat();
        assert!(!bench.start("fetch-secrets", &print).stderr.contains(CANARY));
    }
}

#[track_caller]
fn kind_cluster_is_quiet(object: &str) {
    let bench = Bench::new(&overlay(object));
    bench.write("kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: demo\n");
    let shared =
        ["--overlay", "overlay", "--kind-config", "kind.yaml", "--name", "demo", "--dry-run"];
    for format in ["text", "json", "junit"] {
        for command in [
            &["deploy", "--no-image-check"][..],
            &["create", "--no-components"],
            &["load"],
            &["doctor"],
        ] {
            let arguments = [command, &shared, &["--format", format]].concat();
            bench.quiet("kind-cluster", &arguments);
        }
    }
}

#[test]
fn kind_cluster_of_every_place_in_an_overlay() {
    if peers::find("PEER_KUBECTL").is_some() {
        overlays().iter().for_each(|object| kind_cluster_is_quiet(object));
    }
}

#[test]
fn kind_cluster_of_an_overlay_with_mistakes() {
    if peers::find("PEER_KUBECTL").is_some() {
        broken_overlays().iter().for_each(|object| kind_cluster_is_quiet(object));
    }
}

/// Mistakes on a line of YAML with a value: how it begins instead.
const BROKEN_YAML: [(&str, &str); 12] = [
    (": canary", ": \"canary"),
    (": canary", ": [canary"),
    (": canary", ": {canary"),
    (": canary", ": a: canary"),
    (": canary", ": *canary"),
    (": canary", ": !!int canary"),
    (": canary", ": !unknown canary"),
    (": canary", ": 'a' canary"),
    (": canary", ": @canary"),
    (": canary", ": |canary"),
    (": canary", " canary"),
    (": canary", ":\tcanary: canary"),
];

/// Lines of env files that cannot be read.
fn broken_env_files() -> [String; 6] {
    [
        each(|name, value| format!("{name}=\"{value}\n")),
        each(|name, value| format!("{name}='{value}\n")),
        each(|name, value| format!("{name}=${{{value}\n")),
        each(|name, value| format!("{name}=${{{name}:?{value}}}\n")),
        each(|name, value| format!("{name}-{value}\n")),
        each(|name, value| format!("{name}: '{value}' {value}\n")),
    ]
}

fn broken(text: &str) -> impl Iterator<Item = String> {
    BROKEN_YAML.iter().map(move |(from, to)| {
        assert!(text.contains(from));
        text.replacen(from, to, 1)
    })
}

/// A Compose project whose file cannot be read, to both readers of such files.
#[track_caller]
fn project_is_quiet(files: &[(&'static str, String)]) {
    let mut files = files.to_vec();
    files.extend(overlay(&deployment("ports", "            - {containerPort: 80}\n")));
    let bench = Bench::new(&files);
    let spec = ["--spec", "compose.yml"];
    bench.quiet("compose-gen", &[&["generate", "--out", "out"][..], &spec].concat());
    bench.quiet("compose-gen", &[&["explain", "web"][..], &spec].concat());
    bench.quiet("compose-gen", &["import", "compose.yml", "--out", "imported"]);
    for format in FINDINGS {
        bench.quiet("kustomize-lint", &["overlay", "--compose", "compose.yml", "--format", format]);
    }
}

#[test]
fn a_compose_file_that_is_no_yaml() {
    let text = compose("environment", &each(|name, value| format!("      {name}: {value}\n")));
    broken(&text).for_each(|text| project_is_quiet(&[("compose.yml", text)]));
}

#[test]
fn an_env_file_beside_a_compose_file_that_cannot_be_read() {
    let used = each(|name, _| format!("      {name}: ${{{name}}}\n"));
    for env in broken_env_files() {
        project_is_quiet(&[(".env", env), ("compose.yml", compose("environment", &used))]);
    }
}

#[test]
fn an_env_file_of_a_service_that_cannot_be_read() {
    for env in broken_env_files() {
        project_is_quiet(&[
            ("web.env", env),
            ("compose.yml", compose("env_file", "      [web.env]\n")),
        ]);
    }
}

#[test]
fn a_specification_that_is_no_yaml() {
    let keys = each(|name, value| format!("      {name}:\n        dev: {value}\n"));
    let catalogue = format!("x-secrets:\n  app/web:\n    services: [web]\n    keys:\n{keys}");
    for text in broken(&catalogue) {
        let bench = Bench::new(&[("platform/secrets.yaml", text)]);
        bench.quiet("compose-gen", &["--spec", "platform", "--check"]);
        bench.quiet("fetch-secrets", &["list", "--spec", "platform"]);
        bench.quiet("fetch-secrets", &["--source", "dev", "--spec", "platform"]);
        bench.write("overlay/kustomization.yaml", "resources: []\n");
        bench.quiet("kind-cluster", &["deploy", "--spec", "platform", "--dry-run"]);
        bench.quiet("kustomize-lint", &["budget", "overlay", "--spec", "platform"]);
    }
}

#[test]
fn an_env_file_that_somebody_has_cut_or_edited() {
    let keys = each(|name, value| format!("      {name}: {{dev: {value}}}\n"));
    let catalogue = format!("x-secrets:\n  app/web:\n    services: [web]\n    keys:\n{keys}");
    let service =
        "services: {web: {image: 'example/web:1'}}\nx-env-files: {web: [app/web]}\n".to_owned();
    for env in broken_env_files() {
        let env = format!("# Generated by fetch-secrets, do not edit.\n{env}");
        let files = [("core", "core"), ("web", "web")];
        let bench = Bench::new(&[
            ("platform/secrets.yaml", catalogue.clone()),
            ("platform/web.yaml", service.clone()),
        ]);
        files.iter().for_each(|(name, _)| bench.write(&format!("out/{name}.env"), &env));
        for format in ["text", "json"] {
            let fetch = ["--check", "--source", "dev", "--output-dir", "out", "--format", format];
            bench.quiet("fetch-secrets", &[&fetch[..], &["--spec", "platform"]].concat());
        }
    }
}

#[test]
fn an_overlay_that_is_no_yaml() {
    let env =
        each(|name, value| format!("            - name: {name}\n              value: {value}\n"));
    for object in broken(&deployment("env", &env)) {
        lint_is_quiet(&Bench::new(&overlay(&object)), &[]);
        if peers::find("PEER_KUBECTL").is_some() {
            kind_cluster_is_quiet(&object);
        }
    }
}

#[test]
fn settings_of_a_cluster_that_are_no_yaml() {
    let patches = each(|name, value| format!("  {name}: {value}\n"));
    let config =
        format!("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: demo\nx:\n{patches}");
    let components = format!("components:\n{patches}");
    for (config, components) in broken(&config).zip(broken(&components)) {
        let bench =
            Bench::new(&overlay(&deployment("ports", "            - {containerPort: 80}\n")));
        bench.write("kind.yaml", &config);
        bench.write("components.yaml", &components);
        let create = ["create", "--kind-config", "kind.yaml", "--components", "components.yaml"];
        bench.quiet("kind-cluster", &[&create[..], &["--dry-run"]].concat());
    }
}

/// The variables of export-dbt's services, and addresses with a password in them.
const CREDENTIALS: [(&str, &str); 6] = [
    ("AWS_ACCESS_KEY_ID", "key"),
    ("AWS_SECRET_ACCESS_KEY", "canary-7Zq-s3"),
    ("AWS_SESSION_TOKEN", "canary-7Zq-token"),
    ("AWS_REGION", "us-east-1"),
    ("TRINO_PASSWORD", "canary-7Zq-trino"),
    ("EXPORT_RETRY_TIMEOUT", "1s"),
];

/// Every outcome of export-dbt on a table whose columns have the names of secrets.
#[test]
fn export_dbt_of_every_name_as_a_column() {
    let Some(python) = peers::find("PEER_READERS_PYTHON") else { return };
    let bench = Bench::new(&[]);
    let columns = NAMES.iter().enumerate();
    let columns: Vec<String> =
        columns.map(|(at, name)| format!("'{CANARY}{at}x' AS \"{name}\"")).collect();
    let sql = format!(
        "CREATE SCHEMA gold; CREATE TABLE gold.good AS SELECT {0};
         CREATE VIEW gold.wrong AS SELECT CAST(\"CREDS\" AS BIGINT) AS \"ROOT_PW\" FROM gold.good;",
        columns.join(", ")
    );
    let program = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute(sys.argv[2])";
    let database = bench.path("a.duckdb");
    run(Command::new(python).args(["-c", program]).arg(&database).arg(sql)).expect(0);
    let address = "http://user:canary-7Zq-url@127.0.0.1:1";
    let folder = format!("file://{}/lake/{{layer}}/{{table}}", bench.0.path().display());
    bench.write("text.json", &format!("{{\"nodes\": \"{CANARY}\"}}"));
    bench.write("node.json", &format!("{{\"nodes\": {{\"API_KEY\": \"{CANARY}\"}}}}"));
    bench.write("cut.json", &format!("{{\"nodes\": {{\"API_KEY\": {CANARY}"));
    for format in ["text", "json"] {
        for more in [
            &["--target", &folder, "--views"][..],
            &["--target", &folder, "--register", "https://user:canary-7Zq-url@127.0.0.1:1"],
            &["--register", "http://user:canary-7Zq-url@127.0.0.1:1"],
            &["--register", "user:canary-7Zq-url@127.0.0.1:1"],
            &["--s3-endpoint", address],
            &["--s3-endpoint", "http://user:canary-7Zq-url@no host"],
            &["--s3-endpoint", address, "--dry-run"],
            &["--manifest", "text.json"],
            &["--manifest", "node.json"],
            &["--manifest", "cut.json"],
        ] {
            let mut command = Command::new(tool("export-dbt"));
            command.arg("--duckdb").arg(&database).args(more).args([
                "--verbose",
                "--format",
                format,
            ]);
            command.current_dir(bench.0.path()).env("HOME", bench.0.path()).envs(CREDENTIALS);
            let said = run(command.env_remove("LD_LIBRARY_PATH")).transcript(&[]);
            assert!(!said.contains(CANARY), "{more:?}\n{said}");
        }
    }
}

/// The folder that a test looks into has the canary where it should be: the tests above would pass
/// on empty files, too.
#[test]
fn every_place_has_every_value() {
    let all: Vec<String> = compose_places().map(|(key, lines)| compose(key, &lines)).into();
    for text in all.iter().chain(&overlays()) {
        assert_eq!(text.matches(CANARY).count() % NAMES.len(), 0, "{text}");
        assert!(text.contains(CANARY), "{text}");
    }
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).is_dir());
}
