//! Projects of several files, and keys that one service has from another.

use serde_json::json;

use super::Imported;

#[test]
fn extends_is_resolved_as_compose_does() {
    let files = [
        (
            "compose.yml",
            "services:
  base:
    image: base:1
    command: [a, b]
    environment: [A=1, B=2]
    env_file: a.env
    ports: ['80']
    volumes: ['./conf:/conf:ro', 'data:/data']
    expose: ['1000']
    labels: {a: b}
    healthcheck: {test: [CMD, 'true'], retries: 3}
    deploy: {resources: {limits: {memory: 1g}}}
    depends_on: [db]
    profiles: [front]
  web:
    extends: base
    command: [c]
    environment: {B: 3, C: 4}
    env_file: [b.env]
    ports: !!seq ['81:80']
    volumes: ['./other:/conf:ro']
    labels: [c=d]
    healthcheck: {test: [CMD, 'false']}
    deploy: {mode: replicated}
    depends_on: {db: {condition: service_healthy}}
  remote:
    extends: {file: common/base.yml, service: leaf}
    environment: {OWN: 1}
  self:
    extends: {file: compose.yml, service: db}
    container_name: self
  db:
    image: postgres:16
    healthcheck: {test: pg_isready}
volumes: {data: {}}
",
        ),
        (
            "common/base.yml",
            "services:
  root: {image: 'root:${TAG:-2}', env_file: root.env, volumes: ['./conf:/conf:ro']}
  leaf: {extends: {service: root}, build: {context: src}, restart: always}
  other: {image: other}
",
        ),
        ("common/root.env", "ROOT=1\n"),
        ("common/conf/r.conf", "r\n"),
        ("a.env", "X=1\nY=1\n"),
        ("b.env", "Y=2\n"),
        ("conf/a.conf", "a\n"),
        ("other/b.conf", "b\n"),
    ];
    let imported = Imported::new(&files).expect_same(&[]);
    imported.says("services.web.extends", "changed", "are in the service now");
    assert_eq!(imported.row("services.remote.image")["place"], "old/common/base.yml:2:10");
    let web = &imported.bench.documents("new/docker/compose.yaml")[0]["services"]["web"];
    assert_eq!(web["environment"], json!({"A": "1", "B": "3", "C": "4", "X": "1", "Y": "2"}));
    assert!(!imported.run.stdout.contains("services.other"));
}

/// Imports a file that cannot be read as a project.
#[track_caller]
fn refused(text: &str, place: &str) {
    let imported = Imported::new(&[("compose.yml", text)]);
    assert_eq!(imported.run.status, 2, "{text}");
    assert!(imported.run.stderr.contains(place), "{}", imported.run.stderr);
    assert!(!imported.bench.path().join("new/platform").exists());
}

#[test]
fn a_project_without_services_is_refused() {
    refused("services: []\n", "compose.yml has no services");
}

#[test]
fn an_include_that_is_no_list_has_its_place() {
    refused("include: a.yml\nservices:\n  a: {image: a}\n", "compose.yml:1:10");
}

#[test]
fn an_include_without_a_path_has_its_place() {
    refused("include: [{path: []}]\nservices:\n  a: {image: a}\n", "compose.yml:1:12");
}

#[test]
fn a_service_that_is_not_there_has_its_place() {
    refused("services:\n  a: {image: a, extends: bb}\n  b: {image: b}\n", "compose.yml:2:26");
}

#[test]
fn a_cycle_has_its_place_and_its_steps() {
    let text = "services:\n  a: {extends: b}\n  b: {extends: a}\n";
    refused(text, "compose.yml:2:16");
    refused(text, "a of compose.yml → b of compose.yml → a of compose.yml");
}

#[test]
fn a_missing_file_has_its_place() {
    refused("services:\n  a:\n    extends: {file: gone.yml, service: b}\n", "compose.yml:3:5");
}

#[test]
fn a_kind_that_overrides_another_has_its_place() {
    let text = "services:\n  b: {image: b, ports: ['80']}\n  a: {extends: b, ports: {x: y}}\n";
    refused(text, "compose.yml:3:19");
}

#[test]
fn extends_leads_back_to_the_first_file() {
    let files = [
        (
            "compose.yml",
            "services:\n  web: {extends: {file: other.yml, service: base}}\n  \
             common: {image: common, environment: {A: '1'}}\n",
        ),
        (
            "other.yml",
            "services:\n  base: {extends: {file: compose.yml, service: common}, environment: {B: '2'}}\n",
        ),
    ];
    let imported = Imported::new(&files).expect_same(&[]);
    let web = &imported.bench.documents("new/docker/compose.yaml")[0]["services"]["web"];
    assert_eq!(web["environment"], json!({"A": "1", "B": "2"}));
}

#[test]
fn the_words_of_merge_tags_are_texts_in_a_text() {
    let text =
        "services:\n  web: {image: web, command: [sh, -c, \"echo 'use !reset to clear'\"]}\n";
    Imported::new(&[("compose.yml", text)]).expect_same(&[]);
}

#[test]
fn merge_tags_are_followed() {
    let text = "services:
  base: {image: base, ports: ['80:80'], environment: {A: '1'}, command: [a]}
  web: {extends: base, ports: !reset [], environment: !override {B: '2'}}
";
    let imported = Imported::new(&[("compose.yml", text)]).expect_same(&[]);
    let web = &imported.bench.documents("new/docker/compose.yaml")[0]["services"]["web"];
    assert_eq!(web["environment"], json!({"B": "2"}));
    assert!(web.get("ports").is_none());
}

#[test]
fn nothing_over_a_variable_comes_from_outside() {
    let files = [
        (
            "compose.yml",
            "services:
  web:
    image: web:1
    extends: {file: base.yml, service: base}
    volumes: ['data2:/data']
    environment: {A: null}
volumes: {data2: {}}
",
        ),
        (
            "base.yml",
            "services:
  base:
    image: base:1
    volumes: ['data1:/data']
    ports: ['80:80']
    environment: {A: '1'}
",
        ),
    ];
    let imported = Imported::new(&files).expect_same(&[]);
    let why = "nothing in the project sets A";
    imported.says("services.web.environment.A", "not-carried", why);
}

#[test]
fn a_name_without_a_value_is_absent_on_both_sides_and_the_report_says_so() {
    let text = "services:
  web: {image: 'web:1', environment: [A, B=1]}
  api: {image: 'api:1', environment: {A: , B: 1}}
";
    let imported = Imported::new(&[("compose.yml", text)]).expect_same(&[]);
    let why = "nothing in the project sets A";
    imported.says("services.web.environment.0", "not-carried", why);
    imported.says("services.api.environment.A", "not-carried", why);
    for service in ["web", "api"] {
        let path = format!("new/kubernetes/base/default/{service}.yaml");
        let pod = &imported.bench.documents(&path)[0]["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["env"], json!([{"name": "B", "value": "1"}]));
    }
}

#[test]
fn a_name_that_the_env_file_of_the_project_sets_has_its_value() {
    let text = "services: {web: {image: 'web:1', environment: [A]}}\n";
    let files = [("compose.yml", text), (".env", "A=1\n")];
    let imported = Imported::new(&files).expect_same(&[]);
    imported.says("services.web.environment.0", "changed", "a name without a value");
    imported.says("x-variables.A", "added", "the value of .env");
}

#[test]
fn a_variable_in_a_text_without_a_value_is_blank_as_compose_takes_it() {
    let text = "services: {web: {image: 'web:1', environment: {A: '$A'}}}\n";
    let imported = Imported::new(&[("compose.yml", text)]).expect_same(&[]);
    imported.says("x-variables.A", "added", "blank, as Compose takes it");
}

#[test]
fn an_address_in_both_forms_is_written_once() {
    let text = "services:
  base: {image: base, extra_hosts: {h: 1.1.1.1}}
  web: {extends: base, extra_hosts: ['h=1.1.1.1', 'g:2.2.2.2']}
";
    let imported = Imported::new(&[("compose.yml", text)]).expect_same(&[]);
    let web = &imported.bench.documents("new/docker/compose.yaml")[0]["services"]["web"];
    assert_eq!(web["extra_hosts"], json!(["g=2.2.2.2", "h=1.1.1.1"]));
}

#[test]
fn a_reset_item_leaves_the_entry_of_the_base() {
    let text = "services:
  web: {extends: {file: base.yml, service: base}, ports: [!reset '80:80', '82:82']}
";
    let base = "services: {base: {image: base, ports: ['80:80', '81:81']}}\n";
    let files = [("compose.yml", text), ("base.yml", base)];
    let imported = Imported::new(&files).expect_same(&[]);
    let web = &imported.bench.documents("new/docker/compose.yaml")[0]["services"]["web"];
    assert_eq!(web["ports"].as_array().map(Vec::len), Some(3));
}

#[test]
fn an_address_of_the_base_stays_beside_that_of_the_service() {
    let text = "services:
  base: {image: base, extra_hosts: ['h:1.2.3.4']}
  web: {extends: base, extra_hosts: ['h=5.6.7.8']}
";
    Imported::new(&[("compose.yml", text)]).expect_same(&[]);
}

#[test]
fn the_name_of_the_environment_counts_before_that_of_the_file() {
    let files = [
        (
            "compose.yml",
            "name: written\nservices: {a: {image: a, volumes: ['data:/v']}}\nvolumes: {data: {}}\n",
        ),
        (".env", "COMPOSE_PROJECT_NAME=given\n"),
    ];
    let imported = Imported::new(&files).expect_same(&[]);
    imported.says("name", "changed", "counts before it");
}

#[test]
fn included_files_come_with_their_own_folders_and_variables() {
    let files = [
        (
            "compose.yml",
            "include:
  - db/compose.yml
  - path: [cache.yml, cache.override.yml]
services:
  web: {image: 'web:${TAG}', depends_on: [db, cache], ports: ['80:80']}
",
        ),
        (".env", "TAG=main\n"),
        (
            "db/compose.yml",
            "services:
  # Comes along.
  db:
    image: db:${TAG}-${SIZE}
    env_file: db.env
    volumes: ['./conf:/conf:ro', db_data:/data]
    ports: ['5432:5432']
volumes: {db_data: {labels: {a: b}}}
",
        ),
        ("db/.env", "TAG=included\nSIZE=big\n"),
        ("db/db.env", "A=1\n"),
        ("db/conf/a.conf", "a\n"),
        ("cache.yml", "services:\n  cache: {image: redis, command: [a]}\n"),
        ("cache.override.yml", "services:\n  cache: {command: [b], profiles: [p]}\n"),
    ];
    let imported = Imported::new(&files).expect_same(&[]);
    imported.says("include", "changed", "is in this file now");
    assert_eq!(imported.row("services.db.image")["place"], "old/db/compose.yml:4:5");
    imported.says("services.db.image", "changed", ".env is resolved");
    let services = imported.bench.read("new/platform/services.yaml");
    assert!(
        services.contains("  # Comes along.\n  db:\n    image: \"db:${TAG}-big\"\n"),
        "{services}"
    );
    assert!(services.contains("env_file: ../../old/db/db.env\n"), "{services}");

    let twice = [
        ("compose.yml", "include: [a.yml]\nservices:\n  a: {image: x}\n"),
        ("a.yml", "services:\n  a: {image: y}\n"),
    ];
    let imported = Imported::new(&twice);
    assert_eq!(imported.run.status, 2);
    assert!(imported.run.stderr.contains("a.yml:2:3"), "{}", imported.run.stderr);
}

#[test]
fn a_service_with_the_name_of_a_key_is_overridden_key_by_key() {
    let files = [
        ("compose.yml", "include: [{path: [a.yml, b.yml]}]\nservices: {web: {image: w}}\n"),
        ("a.yml", "services:\n  test: {image: redis, command: [a], ports: ['80:80']}\n"),
        ("b.yml", "services:\n  test: {command: [b]}\n"),
    ];
    Imported::new(&files).expect_same(&[]);
}

#[test]
fn a_bad_line_of_an_env_file_is_told_without_its_value() {
    let files = [
        ("compose.yml", "services:\n  a: {image: \"a:${TAG}\"}\n"),
        (".env", "TAG=1\nA B=hunter2\n"),
    ];
    let run = Imported::new(&files).run;
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("error[bad-env-file]"), "{}", run.stderr);
    assert!(run.stderr.contains(".env:2:1") && !run.stderr.contains("hunter2"), "{}", run.stderr);
}

#[test]
fn nginx_has_long_forms_and_files_of_the_project() {
    let files = [
        (
            "compose.yml",
            "services:
  proxy:
    image: nginx:1.27
    ports:
      - name: web
        target: 80
        published: '8080'
        protocol: tcp
        app_protocol: http
        mode: host
        host_ip: 127.0.0.1
      - {target: '443', published: 8443}
    volumes:
      - type: bind
        source: conf/nginx.conf
        target: /etc/nginx/nginx.conf
        read_only: true
        bind: {create_host_path: false}
      - {type: volume, source: web_cache, target: /var/cache, volume: {nocopy: true}}
      - ./html:/usr/share/nginx/html:ro
    configs:
      - {source: site, target: /etc/nginx/conf.d/site.conf, mode: 0444, uid: '101'}
    env_file: [nginx.env, {path: missing.env, required: false}]
    tmpfs: /run
    stop_grace_period: 1m
    privileged: '${PRIVILEGED:-false}'
    depends_on: {app: {condition: service_started, restart: true, required: true}}
    networks: {front: {aliases: [www], priority: 10}}
    x-own: 1
  app:
    image: app
    expose: ['9000']
    pull_policy: always
    networks: [front]
    init: true
    command: ['php-fpm', '-R']
    scale: 2
configs: {site: {file: conf/site.conf}}
volumes: {web_cache: {driver: local, driver_opts: {type: tmpfs, device: tmpfs}}}
networks: {front: {internal: false}}
",
        ),
        ("conf/nginx.conf", "events {}\n"),
        ("conf/site.conf", "server {}\n"),
        ("html/index.html", "<p>\n"),
        ("nginx.env", "A=1\n"),
    ];
    // A config that is a file is a mount of that file, which is what Compose makes of it.
    let imported = Imported::new(&files).expect_same(&["proxy.configs", "proxy.volumes"]);
    for (key, outcome, reason) in [
        ("services.proxy.ports.0.target", "carried", ""),
        ("services.proxy.ports.0.name", "not-carried", "protocol and number"),
        ("services.proxy.ports.0.mode", "not-carried", "Swarm"),
        ("services.proxy.ports.1.target", "changed", "without quotes"),
        ("services.proxy.volumes.0.bind", "not-carried", "belong to the engine"),
        ("services.proxy.volumes.0.bind.create_host_path", "not-carried", "with services."),
        ("services.proxy.volumes.1.source", "carried", ""),
        ("services.proxy.configs.0.uid", "not-carried", "belong to root"),
        ("services.proxy.configs.0.mode", "carried", ""),
        ("services.proxy.privileged", "changed", "$PRIVILEGED"),
        ("services.proxy.depends_on.app.restart", "not-carried", "not passed on"),
        ("services.proxy.networks.front.priority", "not-carried", "addresses"),
        ("services.proxy.x-own", "not-carried", "Compose ignores"),
        ("services.app.scale", "changed", "x-replicas now"),
        ("volumes.web_cache.driver_opts.type", "not-carried", "not what these options name"),
    ] {
        imported.says(key, outcome, reason);
    }
}

#[test]
fn several_files_are_one_over_the_other() {
    let files = [
        (
            "compose.yml",
            "services: {web: {image: 'web:1', environment: {A: '1'}, ports: ['80:80']}}\n",
        ),
        (
            "compose.override.yml",
            "services: {web: {image: 'web:2', environment: {B: '2'}, ports: ['81:81']}}\n",
        ),
    ];
    let imported = Imported::merged(&files, &["compose.yml", "compose.override.yml"]);
    let imported = imported.expect_same(&[]);
    let web = &imported.bench.documents("new/docker/compose.yaml")[0]["services"]["web"];
    assert_eq!(web["image"], "web:2");
    assert_eq!(web["environment"], json!({"A": "1", "B": "2"}));
    let row = imported.row("services.web.environment.B");
    assert_eq!(row["place"], "old/compose.override.yml:1:48");
}

#[test]
fn an_override_of_an_included_service_is_merged_with_it() {
    let files = [
        ("a.yml", "services: {db: {image: 'db:1', environment: {X: '1'}}}\n"),
        ("compose.yml", "include: [a.yml]\nservices: {web: {image: 'web:1'}}\n"),
        ("compose.override.yml", "services: {db: {environment: {A: '1'}}}\n"),
    ];
    let compose = ["compose.yml", "compose.override.yml"];
    let imported = Imported::merged(&files, &compose).expect_same(&[]);
    let db = &imported.bench.documents("new/docker/compose.yaml")[0]["services"]["db"];
    assert_eq!(db["environment"], json!({"A": "1", "X": "1"}));
}
