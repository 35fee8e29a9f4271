//! `explain`, `graph`, `import`, `schema`, the help.

use insta::assert_snapshot;
use rideshare_tests::run::run;

use crate::support::{Bench, tool};

const SPEC: &str = "name: shop
x-environments:
  local: {cluster: kind, namespace: shop, exposure: {gateway: {class: envoy}}}
  prod:
    cluster: eks
    namespace: shop-prod
    images: {prefix: shop/, registry: registry.example.com, tag: v2}
    exposure: {alb: {group: shop, domain: shop.example.com, certificate: 'arn:aws:acm:x'}}
services:
  web:
    image: shop/web
    profiles: [front]
    ports: ['8080:80']
    depends_on: {db: {condition: service_healthy}}
    environment: {LEVEL: debug, TITLE: shop}
    healthcheck: {test: [CMD, curl, -f, 'http://localhost:80/healthz']}
    x-environment: {prod: {LEVEL: warn}}
    x-routes: [{path: /, host: www, port: 80}]
  db:
    image: postgres:16
    profiles: [back]
    expose: ['5432']
    volumes: ['db-data:/data']
    healthcheck: {test: pg_isready}
    x-absent: {prod: Amazon RDS}
volumes: {db-data: {}}
";

#[test]
fn explain_shows_environments_side_by_side() {
    let bench = Bench::new(SPEC);
    assert_snapshot!(bench.run(&["explain", "web"]).expect(0).stdout);
    assert_snapshot!(bench.run(&["explain", "db"]).expect(0).stdout);
    assert_snapshot!(bench.run(&["explain", "wbe"]).expect(2).stderr);
    let json = bench.run(&["explain", "web", "--format", "json"]).expect(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["environments"]["prod"]["80 LEVEL"], "warn");
}

#[test]
fn graph_draws_every_service_and_dependency() {
    let bench = Bench::new(SPEC);
    assert_snapshot!(bench.run(&["graph", "--format", "mermaid"]).expect(0).stdout);
    assert_snapshot!(bench.run(&["graph", "--format", "dot"]).expect(0).stdout);
    let svg = bench.run(&["graph"]).expect(0).stdout;
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    for word in [">web<", ">db<", ">front<", ">back<", "marker-end"] {
        assert!(svg.contains(word), "{word}");
    }
}

#[test]
fn import_makes_a_specification_that_generates_and_reports_every_key() {
    let bench = Bench::new("services: {}\n");
    bench.write(
        "old/compose.yml",
        "version: '3.8'
services:
  # The shop's front.
  web:
    image: nginx:1
    container_name: web
    profiles: [front]
    ports: ['8080:80']
    volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']
    strange: true
  db:
    image: postgres:16
    environment: {POSTGRES_DB: shop}
    volumes: ['db-data:/var/lib/postgresql/data']
volumes:
  db-data:
secrets:
  key: {file: key.txt}
",
    );
    bench.write("old/nginx.conf", "events {}\n");
    let import = run(tool()
        .args(["import", "old/compose.yml", "--out", "new/platform"])
        .current_dir(bench.path()));
    assert_snapshot!(import.expect(0).stdout);
    assert_snapshot!(bench.read("new/platform/front.yaml"));
    run(tool().args(["--spec", "new/platform"]).current_dir(bench.path())).expect(0);
    assert!(
        bench.read("new/kubernetes/base/front/config/web-nginx-conf/nginx.conf").contains("events")
    );
    let again = run(tool()
        .args(["import", "old/compose.yml", "--out", "new/platform"])
        .current_dir(bench.path()));
    assert_snapshot!(again.expect(2).stderr);
}

#[test]
fn contract_says_what_an_image_must_be_that_is_built_elsewhere() {
    let bench = Bench::new(
        "name: shop
x-environments:
  local: {cluster: kind, namespace: shop}
  prod: {cluster: eks, namespace: shop-prod}
x-variables:
  APPS: {default: ../../apps, at-up: true}
  LEVEL: {default: info, at-up: true}
x-secret-files: {service: secrets, volume: secrets, path: /secrets}
x-env-files: {all: [front]}
x-secrets:
  shop/key:
    description: A key
    services: [web]
    keys: {KEY: {dev: development}}
services:
  secrets: {image: s, profiles: [front], restart: 'no', volumes: ['secrets:/secrets'],
    x-absent: {local: operator, prod: operator}}
  cache: {image: redis:8, profiles: [front], expose: ['6379'], healthcheck: {test: [CMD, redis-cli, ping]}}
  web:
    image: shop/web
    build: ${APPS}/web
    profiles: [front]
    entrypoint: [python, -m, web]
    ports: ['8080:80']
    depends_on: {cache: {condition: service_healthy}}
    environment:
      LEVEL: ${LEVEL}
      URL: http://user:hunter2@cache/
      AUTH: Bearer ${KEY}
      PIPE: a|b
    healthcheck: {test: [CMD, curl, -f, 'http://localhost:80/healthz'], interval: 1500ms}
    volumes: ['web-data:/data']
    mem_limit: 128m
    stop_grace_period: 30s
    x-environment: {prod: {PIPE: null, LEVEL: warn}}
    x-resources: {prod: {memory: 1g}}
    x-contract:
      reads: {topics: [orders]}
      writes: {topics: [bills], tables: [bronze_orders]}
  page: {image: shop/page, profiles: [front], expose: ['80'], depends_on: {web: {condition: service_healthy}},
    x-absent: {prod: a bucket}, x-contract: {}}
volumes: {secrets: {}, web-data: {x-claim: {size: 3Gi}}}
",
    );
    let done = bench.run(&["contract"]).expect(0);
    assert_snapshot!(done.stdout);
    assert_eq!(done.stdout, bench.run(&["contract"]).expect(0).stdout, "byte for byte");
}

#[test]
fn an_unknown_word_of_a_contract_is_an_error_with_its_place() {
    let bench = Bench::new(
        "services:
  web: {image: shop/web, profiles: [front], x-contract: {reads: {topic: [orders]}}}
",
    );
    assert_snapshot!(bench.run(&["contract"]).expect(2).stderr);
}

#[test]
fn the_committed_contract_is_what_the_specification_says() {
    let root = rideshare_tests::root();
    let page = run(tool().arg("contract").current_dir(&root)).expect(0).stdout;
    let committed = std::fs::read_to_string(root.join("infrastructure/docker/CONTRACT.md"));
    assert!(page == committed.unwrap(), "`make generate` writes infrastructure/docker/CONTRACT.md");
}

#[test]
fn the_committed_schema_is_the_types() {
    let schema = run(tool().arg("schema")).expect(0).stdout;
    let path = rideshare_tests::root().join("infrastructure/platform/schema.json");
    assert_eq!(schema, std::fs::read_to_string(path).unwrap(), "`make generate` writes it");
    let value: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(value["$schema"], "http://json-schema.org/draft-07/schema#");
}

#[test]
fn every_key_of_the_vocabulary_is_documented() {
    let schema = run(tool().arg("schema")).expect(0).stdout;
    let text = include_str!("../../VOCABULARY.md");
    for word in schema.split('"').filter(|word| word.starts_with("x-")) {
        assert!(text.contains(word), "{word} is not in VOCABULARY.md");
    }
}

#[test]
fn the_platforms_files_are_up_to_date() {
    let root = rideshare_tests::root();
    let check = run(tool().arg("--check").current_dir(&root));
    assert_snapshot!(check.expect(0).stdout);
}

#[test]
fn help_has_examples_exit_status_and_environment() {
    assert_snapshot!(run(tool().arg("--help")).expect(0).stdout);
}

#[test]
fn options_stand_on_either_side_of_a_command() {
    let bench = Bench::new("services:\n  api: {image: a}\n");
    let told = |arguments: &[&str]| run(tool().args(arguments).current_dir(bench.path())).expect(0);
    let after = told(&["explain", "api", "--spec", "platform", "--format", "json"]).stdout;
    assert_eq!(told(&["--spec", "platform", "--format", "json", "explain", "api"]).stdout, after);
    told(&["--spec", "platform", "--only", "compose", "generate"]);
    assert!(!bench.path().join("kubernetes").exists());
    let both = ["--format", "json", "explain", "api", "--spec", "platform", "--format", "text"];
    assert!(told(&both).stdout.starts_with("api "), "the last one counts");
}

#[test]
fn an_option_that_the_command_does_not_have_is_refused_before_it() {
    let bench = Bench::new("services:\n  api: {image: a}\n");
    for (option, value, commands) in [
        ("--check", None, &["explain api", "graph", "contract", "schema", "import"][..]),
        ("--only", Some("kind"), &["explain api", "graph", "contract", "schema", "import"]),
        ("--output-dir", Some("out"), &["explain api", "graph", "contract", "schema"]),
        ("--format", Some("json"), &["graph", "contract", "schema"]),
    ] {
        for command in commands {
            let before = std::iter::once(option).chain(value);
            let arguments: Vec<&str> = before.chain(command.split(' ')).collect();
            let said = bench.run(&arguments).expect(2).stderr;
            assert!(said.contains(&format!("does not take {option} before it")), "{said}");
        }
    }
    let said = bench.run(&["--only", "kind", "--check", "graph"]).expect(2).stderr;
    assert!(said.contains("does not take --only, --check before it"), "{said}");
}

#[test]
fn an_output_folder_of_the_environment_is_only_the_default() {
    let bench = Bench::new("services:\n  api: {image: a}\n");
    bench.write("old/compose.yml", "services:\n  api: {image: a}\n");
    run(tool()
        .args(["import", "compose.yml"])
        .env("COMPOSE_GEN_OUT", "../variable")
        .current_dir(bench.path().join("old")))
    .expect(0);
    let told = |arguments: &[&str], out: &str| {
        run(bench.tool(arguments).env("COMPOSE_GEN_OUT", out)).expect(0);
    };
    let there = |path: &str| bench.path().join(path).exists();
    told(&["--output-dir", "before", "generate"], "variable");
    told(&["generate", "--output-dir", "behind"], "variable");
    told(&["explain", "api"], "variable");
    assert!(there("before/docker/compose.yaml") && there("behind/docker/compose.yaml"));
    assert!(there("old/platform/services.yaml") && !there("variable"));
    told(&["generate"], "");
    assert!(there("docker/compose.yaml"));
    told(&["generate"], "variable");
    assert!(there("variable/docker/compose.yaml"));
}

#[test]
fn warnings_are_counted_where_nothing_changes_and_said_by_a_check() {
    let bench = Bench::new("services:\n  api: {image: a, init: true, platform: linux/amd64}\n");
    let first = bench.generate();
    assert_eq!(first.stderr.matches("warning[").count(), 2, "{}", first.stderr);
    let second = bench.generate();
    assert_eq!(second.stderr.matches("warning[").count(), 1, "{}", second.stderr);
    assert!(second.stderr.contains("2 warnings; the files are up to date"), "{}", second.stderr);
    let check = bench.run(&["--check"]).expect(0);
    assert_eq!(check.stderr.matches("warning[").count(), 2, "{}", check.stderr);
    let verbose = bench.run(&["--verbose"]).expect(0);
    assert_eq!(verbose.stderr.matches("warning[").count(), 2, "{}", verbose.stderr);
}

#[test]
fn a_hint_says_the_right_word() {
    let bench = Bench::new(
        "services:\n  api: {image: a, x-liveness: yes, tty: 'false', healthcheck: {test: x, interval: 5}}\n",
    );
    let said = bench.run(&[]).expect(2).stderr;
    assert!(said.contains("hint: write true"), "{said}");
    assert!(said.contains("and this is a string") && said.contains("hint: write false"), "{said}");
    assert!(said.contains("a unit is missing, such as 5s"), "{said}");
}

#[test]
fn import_finds_the_files_that_compose_would_read() {
    let bench = Bench::new("services: {}\n");
    bench.write("old/docker-compose.yml", "services: {a: {image: 'a:1'}}\n");
    bench.write("old/docker-compose.override.yml", "services: {a: {environment: {A: '1'}}}\n");
    bench.write("old/more.yml", "services: {b: {image: 'b:1'}}\n");
    let imported = |arguments: &[&str], file: Option<&str>, out: &str| {
        let mut import = tool();
        import.args(["import", "--out", out]).args(arguments).current_dir(bench.path());
        if let Some(file) = file {
            import.env("COMPOSE_FILE", file);
        }
        let run = run(&mut import).expect(0);
        (bench.read(&format!("{out}/services.yaml")), run.stdout)
    };
    let (folder, said) = imported(&["old"], None, "one");
    assert!(folder.contains("A: \"1\""), "{folder}");
    assert!(said.contains("Next: compose-gen --spec one"), "{said}");
    let (named, _) = imported(&[], Some("old/docker-compose.yml:old/more.yml"), "two");
    assert!(named.contains("b:1") && !named.contains("A:"), "{named}");
    let (several, _) =
        imported(&["-f", "old/docker-compose.yml", "-f", "old/more.yml"], None, "three");
    assert_eq!(several, named);
    let nothing = run(tool().arg("import").current_dir(bench.path())).expect(2);
    assert!(nothing.stderr.contains("no Compose file in ."), "{}", nothing.stderr);
}
