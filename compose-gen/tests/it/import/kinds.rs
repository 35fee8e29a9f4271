//! Kinds of files that were imported wrongly, or refused without a reason.

use std::process::Command;
use std::time::Duration;

use rideshare_tests::run::run;
use serde_json::{Value, json};

use super::Imported;

fn imported(text: &str) -> Imported {
    Imported::new(&[("compose.yml", text)])
}

impl Imported {
    /// An object of the base, by file and kind.
    fn object(&self, file: &str, kind: &str) -> Value {
        let path = format!("new/kubernetes/base/default/{file}.yaml");
        let found = self.bench.documents(&path).into_iter().find(|object| object["kind"] == kind);
        found.unwrap_or_else(|| panic!("no {kind} in {path}"))
    }

    fn pod(&self, file: &str, kind: &str) -> Value {
        self.object(file, kind)["spec"]["template"]["spec"].clone()
    }

    fn names(&self, file: &str, kind: &str) -> Vec<String> {
        let path = format!("new/kubernetes/base/default/{file}.yaml");
        let all = self.bench.documents(&path).into_iter().filter(|object| object["kind"] == kind);
        all.map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_default_with_spaces_is_split_as_compose_splits_it() {
    let project = imported(
        "services:
  web: {image: 'web:1', command: '${CMD:-npm run dev}', entrypoint: '${EP:-/bin/sh}'}
  api: {image: 'api:1', command: 'run ${NONE} --c', environment: ['${K:-A}=1']}
",
    )
    .expect_same(&[]);
    let web = project.pod("web", "Deployment")["containers"][0].clone();
    assert_eq!(web["args"], json!(["npm", "run", "dev"]));
    assert_eq!(project.pod("api", "Deployment")["containers"][0]["env"][0]["name"], "A");
    let compose = project.bench.read("new/docker/compose.yaml");
    assert!(!compose.contains(['\u{F0000}', '\u{F0001}']), "{compose}");
}

#[test]
fn a_server_that_stops_on_an_error_keeps_its_service() {
    let project = imported(
        "services:
  web: {image: 'web:1', depends_on: {db: {condition: service_healthy}}}
  db: {image: 'db:1', restart: on-failure, ports: ['5432:5432'], healthcheck: {test: x}}
  once: {image: 'once:1', restart: 'no'}
  many: {image: 'many:1', restart: 'no', deploy: {replicas: 3}}
",
    )
    .expect_same(&[]);
    assert_eq!(project.object("db", "Service")["spec"]["ports"][0]["port"], 5432);
    let wait = &project.pod("web", "Deployment")["initContainers"][0]["command"];
    assert_eq!((&wait[2], &wait[4]), (&json!("port"), &json!("5432")));
    project.object("once", "Job");
    assert_eq!(project.object("many", "Deployment")["spec"]["replicas"], 3);
    project.says("services.db.restart", "changed", "a server");
}

#[test]
fn texts_that_look_like_numbers_stay_texts() {
    let project = imported(
        "services:
  a:
    image: 'a:1'
    command: [sleep, infinity, 'inf', \"nan\"]
    environment: {BIG: 9223372036854775808, LARGE: 18446744073709551616, X: Infinity}
    healthcheck: {test: x, retries: 4294967295}
",
    )
    .expect_same(&["a.healthcheck"]);
    let container = project.pod("a", "Deployment")["containers"][0].clone();
    assert_eq!(container["args"], json!(["sleep", "infinity", "inf", "nan"]));
    let values: Vec<&Value> =
        container["env"].as_array().unwrap().iter().map(|variable| &variable["value"]).collect();
    assert_eq!(values, ["9223372036854775808", "1.8446744073709552e+19", "Infinity"]);
    assert_eq!(container["readinessProbe"]["failureThreshold"], i32::MAX);
}

#[test]
fn a_pipe_in_a_mounted_folder_is_left_out() {
    let text = "services: {web: {image: 'web:1', volumes: ['./conf:/conf:ro']}}\n";
    let bench = crate::support::Bench::new("services: {}\n");
    bench.write("old/compose.yml", text);
    bench.write("old/conf/a", "a");
    bench.write("old/real/b", "b");
    let conf = bench.path().join("old/conf");
    run(Command::new("mkfifo").arg(conf.join("pipe"))).expect(0);
    std::os::unix::fs::symlink("../real", conf.join("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", conf.join("gone")).unwrap();
    std::os::unix::fs::symlink(".", conf.join("circle")).unwrap();
    let mut import = Command::new("timeout");
    import
        .arg(Duration::from_secs(60).as_secs().to_string())
        .arg(env!("CARGO_BIN_EXE_compose-gen"));
    import.args(["import", "old/compose.yml", "--out", "new/platform"]).current_dir(bench.path());
    let done = run(&mut import).expect(0);
    assert!(done.stdout.contains("circle, gone, pipe cannot be in a ConfigMap"), "{}", done.stdout);
    run(crate::support::tool().args(["--spec", "new/platform"]).current_dir(bench.path()))
        .expect(0);
    assert_eq!(bench.read("new/kubernetes/base/default/config/web-conf/link__b"), "b");
}

#[test]
fn names_that_no_service_can_have_are_changed_everywhere() {
    let project = imported(
        "services:
  my_web:
    image: 'web:1'
    depends_on: [my_db]
    links: ['my_db:data']
    environment: {URL: 'postgres://u@my_db:5432/my_db', NAME: my_db, CACHE_HOST: the_cache}
  my_db: {image: 'db:1', expose: ['5432'], networks: {back: {aliases: [store]}}}
  Cache: {image: 'cache:1', container_name: the_cache, expose: ['1']}
networks: {back: {}}
",
    );
    project.run.clone().expect(0);
    project.generate().expect(0);
    project.says("services.my_web", "changed", "my-web now");
    assert_eq!(
        project.report["renamed"],
        json!({"Cache": "cache", "my_db": "my-db", "my_web": "my-web"})
    );
    let web = project.pod("my-web", "Deployment")["containers"][0].clone();
    let values: Vec<&Value> =
        web["env"].as_array().unwrap().iter().map(|variable| &variable["value"]).collect();
    assert_eq!(values, ["cache", "my_db", "postgres://u@my-db:5432/my_db"]);
    assert_eq!(project.names("my-db", "Service"), ["data", "my-db", "store"]);
    let compose = &project.bench.documents("new/docker/compose.yaml")[0]["services"];
    assert_eq!(compose["my-db"]["networks"]["back"]["aliases"], json!(["store", "my_db"]));
    assert_eq!(compose["my-web"]["depends_on"]["my-db"]["condition"], "service_started");
}

#[test]
fn an_alias_of_two_services_leads_to_both() {
    let project = imported(
        "services:
  a: {image: 'a:1', expose: ['80'], networks: {back: {aliases: [pool, no_name]}}}
  b: {image: 'b:1', expose: ['81'], networks: {back: {aliases: [pool]}}}
networks: {back: {}}
",
    )
    .expect_same(&[]);
    let path = "new/kubernetes/base/default/a.yaml";
    let all = project.bench.documents(path);
    let pool = all.iter().find(|object| object["metadata"]["name"] == "pool").unwrap();
    let label = "alias.compose-gen/pool";
    assert_eq!(pool["spec"]["selector"], json!({label: "true"}));
    assert_eq!(pool["spec"]["ports"].as_array().unwrap().len(), 2);
    for service in ["a", "b"] {
        let workload = project.object(service, "Deployment");
        assert_eq!(workload["spec"]["template"]["metadata"]["labels"][label], "true");
    }
    project.says("services.a.networks.back.aliases", "not-carried", "no_name");
}

#[test]
fn hosts_of_one_address_are_one_entry() {
    let hosts =
        "['db.local:10.0.0.5', 'cache.local:10.0.0.5', 'Some_Host:10.0.0.6', 'h:host-gateway']";
    let project = imported(&format!("services: {{a: {{image: 'a:1', extra_hosts: {hosts}}}}}\n"));
    let project = project.expect_same(&[]);
    let aliases = project.pod("a", "Deployment")["hostAliases"].clone();
    assert_eq!(aliases, json!([{"ip": "10.0.0.5", "hostnames": ["cache.local", "db.local"]}]));
    project.says("services.a.extra_hosts", "not-carried", "Some_Host");
    project.says("services.a.extra_hosts", "not-carried", "no address of its host");
}

#[test]
fn secrets_and_configs_are_mounted() {
    let project = Imported::new(&[
        (
            "compose.yml",
            "services:
  db:
    image: 'db:1'
    secrets: [pw, {source: token, target: /etc/tok, mode: 0400}]
    configs: [{source: app, target: /etc/app.conf}]
secrets: {pw: {file: pw.txt}, token: {external: true}}
configs: {app: {external: true}}
",
        ),
        ("pw.txt", "hunter2\n"),
    ])
    .expect_same(&["db.secrets", "db.configs"]);
    let pod = project.pod("db", "Deployment");
    let mounts: Vec<(&str, &str)> = pod["containers"][0]["volumeMounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mount| (mount["mountPath"].as_str().unwrap(), mount["subPath"].as_str().unwrap()))
        .collect();
    assert_eq!(
        mounts,
        [("/etc/app.conf", "app"), ("/run/secrets/pw", "pw"), ("/etc/tok", "token")]
    );
    let kustomization =
        &project.bench.documents("new/kubernetes/base/default/kustomization.yaml")[0];
    assert_eq!(kustomization["secretGenerator"][0]["name"], "db-pw");
    let token = json!({"secretName": "token", "defaultMode": 0o400});
    assert_eq!(pod["volumes"][2]["secret"], token);
    project.says("services.db.secrets.1", "changed", "kubectl create secret generic token");
    assert!(!project.run.stdout.contains("hunter2"));
}

#[test]
fn a_service_in_the_network_of_another_is_in_its_pod() {
    let project = imported(
        "services:
  vpn: {image: 'vpn:1', container_name: tunnel, cap_add: [net_admin], ports: ['8080:8080']}
  torrent: {image: 'torrent:1', network_mode: 'service:vpn', volumes: ['data:/d']}
  index: {image: 'index:1', network_mode: 'container:tunnel'}
volumes: {data: {}}
",
    );
    project.run.clone().expect(0);
    project.generate().expect(0);
    let pod = project.pod("vpn", "Deployment");
    let names: Vec<&Value> =
        pod["containers"].as_array().unwrap().iter().map(|container| &container["name"]).collect();
    assert_eq!(names, ["vpn", "index", "torrent"]);
    assert_eq!(pod["volumes"][0]["persistentVolumeClaim"]["claimName"], "data");
    assert_eq!(project.names("torrent", "PersistentVolumeClaim"), ["data"]);
    assert!(project.names("torrent", "Service").is_empty());
    project.says("services.torrent.network_mode", "changed", "in the Pod of vpn");
}

#[test]
fn a_profile_waits_until_somebody_asks() {
    let project = imported(
        "services:
  web: {image: 'web:1'}
  debug: {image: 'dbg:1', profiles: [debug]}
",
    )
    .expect_same(&[]);
    let root = &project.bench.documents("new/kubernetes/overlays/local/kustomization.yaml")[0];
    assert_eq!(root["resources"], json!(["cluster", "default"]));
    project.bench.read("new/kubernetes/overlays/local/debug/kustomization.yaml");
    project.says("services.debug.profiles", "carried", "kubectl apply -k");
}

#[test]
fn long_names_have_room_for_what_controllers_append() {
    let long = "a-service-with-a-name-of-exactly-fifty-five-characters-";
    let (set, job) = (format!("{long}set"), format!("{long}job"));
    let project = imported(&format!(
        "services:
  {set}: {{image: 'a:1', volumes: ['d1:/d'], depends_on: {{{job}: {{condition: service_completed_successfully}}}}}}
  {job}: {{image: 'b:1'}}
volumes: {{d1: {{}}}}
"
    ))
    .expect_same(&[]);
    let set = project.object(&set, "StatefulSet");
    assert!(set["metadata"]["name"].as_str().unwrap().len() <= 52);
    let wait = &set["spec"]["template"]["spec"]["initContainers"][0]["name"];
    assert!(wait.as_str().unwrap().len() <= 63);
    assert!(project.object(&job, "Job")["metadata"]["name"].as_str().unwrap().len() <= 63);
}

#[test]
fn nested_defaults_and_replacements_are_resolved() {
    let text = "services: {a: {image: 'a:1', environment: {A: '${A:-${B:-deep}}', B: '${C:+x}', D: '${D+${E}}'}}}\n";
    let project = Imported::new(&[("compose.yml", text), (".env", "C=1\n")]).expect_same(&[]);
    let env = project.pod("a", "Deployment")["containers"][0]["env"].clone();
    let values: Vec<&Value> =
        env.as_array().unwrap().iter().map(|variable| &variable["value"]).collect();
    assert_eq!(values, ["deep", "x", ""]);
}

#[test]
fn mounts_say_how_they_differ() {
    let project = Imported::new(&[
        (
            "compose.yml",
            "services:
  a:
    image: 'a:1'
    volumes:
      - ./app.db:/data/app.db
      - ./tls:/tls:ro
      - ./odd:/odd:ro
      - {type: volume, source: d1, target: /d, volume: {subpath: a/b}}
      - {type: tmpfs, target: /cache, tmpfs: {size: 64m}}
      - ~/.config:/config
    ports: ['132:132/sctp', '10000-10500:10000-10500/udp', '127.0.0.1:80:80']
volumes: {d1: {}}
",
        ),
        ("app.db", "x"),
        ("tls/tls.key", "-----BEGIN PRIVATE KEY-----\n"),
        ("odd/with space.txt", "1"),
    ])
    .expect_same(&["a.volumes", "a.ports"]);
    project.says("services.a.volumes.0", "changed", "cannot be written");
    project.says("services.a.volumes.1", "changed", "a Secret in Kubernetes");
    project.says("services.a.volumes.5", "not-carried", "on no node");
    project.says("services.a.ports.1", "not-carried", "501 ports");
    project.says("services.a.ports.2", "changed", "the host's in Compose only");
    let set = project.pod("a", "StatefulSet");
    let mounts = set["containers"][0]["volumeMounts"].as_array().unwrap();
    let at = |path: &str| mounts.iter().find(|mount| mount["mountPath"] == path).unwrap();
    assert_eq!(at("/d")["subPath"], "a/b");
    let memory = set["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|volume| volume["name"] == at("/cache")["name"]);
    assert_eq!(memory.unwrap()["emptyDir"]["sizeLimit"], "64Mi");
    let service = project.object("a", "Service");
    assert_eq!(service["spec"]["ports"].as_array().unwrap().len(), 2);
}

#[test]
fn compose_takes_more_words_for_a_switch_than_yaml() {
    let project = imported(
        "services:
  a:
    image: 'a:1'
    tty: yes
    stdin_open: 'on'
    privileged: \"no\"
    volumes: [{type: volume, source: data, target: /data, read_only: Yes}]
volumes: {data: {external: 'false'}}
",
    )
    .expect_same(&["a.privileged"]);
    let container = project.pod("a", "StatefulSet")["containers"][0].clone();
    assert_eq!((&container["tty"], &container["stdin"]), (&json!(true), &json!(true)));
    assert_eq!(container["volumeMounts"][0]["readOnly"], true);
}

#[test]
fn the_former_way_to_name_what_exists_already_is_read() {
    let project = imported(
        "services:
  a: {image: 'a:1', volumes: ['data:/data'], networks: [web]}
volumes: {data: {external: {name: shop_data}}}
networks: {web: {external: {name: proxy}}}
",
    )
    .expect_same(&[]);
    project.says("volumes.data.external", "changed", "its name beside it");
    assert!(project.bench.read("new/platform/shared.yaml").contains("name: shop_data"));
}

#[test]
fn a_dollar_that_begins_no_variable_stays() {
    let project = imported(
        "services:
  a:
    image: 'a:1'
    command: ['--exclude=^/(sys|proc)($|/)', '100$%']
    environment: ['PRICE=a$']
",
    )
    .expect_same(&[]);
    let container = project.pod("a", "Deployment")["containers"][0].clone();
    assert_eq!(container["args"], json!(["--exclude=^/(sys|proc)($|/)", "100$%"]));
    project.says("services.a.command.0", "changed", "begins no variable");
}

#[test]
fn a_volume_of_one_letter_has_the_long_form() {
    let project = imported(
        "services:
  a: {image: 'a:1', volumes: [{type: volume, source: d, target: /data}]}
volumes: {d: {}}
",
    )
    .expect_same(&[]);
    let mounts = project.pod("a", "StatefulSet")["containers"][0]["volumeMounts"].clone();
    assert_eq!(mounts[0]["mountPath"], "/data");
}

#[test]
fn a_profile_that_a_blank_variable_names_is_none() {
    let project = imported("services: {a: {image: 'a:1', profiles: ['${PROFILE:-}']}}\n");
    project.run.clone().expect(0);
    project.says("services.a.profiles.0", "not-carried", "without a name");
    project.generate().expect(0);
    project.object("a", "Deployment");
}

#[test]
fn one_file_has_the_same_answers_without_an_import() {
    let project = imported(
        "services:
  my_web:
    image: 'web:${TAG:-1}'
    depends_on: [db]
    volumes: ['./html:/html', '/etc/localtime:/etc/localtime:ro', './conf:/conf:ro']
    environment: {DEBUG: , MODE: yes}
    deploy: {restart_policy: {condition: on-failure}}
    x-mine: 1
  db: {image: 'db:1', networks: [back], tty: yes}
networks: {back: {internal: true}}
",
    );
    project.bench.write("old/conf/a", "a");
    let import = run(crate::support::tool()
        .args(["import", "old/compose.yml", "--out", "again/platform", "--format", "json"])
        .current_dir(project.bench.path()))
    .expect(0);
    run(crate::support::tool()
        .args(["--spec", "again/platform"])
        .current_dir(project.bench.path()))
    .expect(0);
    let direct = run(crate::support::tool()
        .args(["--spec", "old/compose.yml", "--out", "direct"])
        .current_dir(project.bench.path()))
    .expect(0);
    let body = |path: &str| {
        let text = project.bench.read(path);
        text.split_once('\n').unwrap().1.to_owned()
    };
    for file in ["my-web", "db"] {
        let path = format!("kubernetes/base/default/{file}.yaml");
        assert_eq!(body(&format!("again/{path}")), body(&format!("direct/{path}")));
    }
    // Each key that is not carried, or is another thing, has a warning at its place.
    let report: Value = serde_json::from_str(&import.stdout).unwrap();
    for row in report["keys"].as_array().unwrap() {
        let key = row["key"].as_str().unwrap();
        let reason = row["reason"].as_str().unwrap();
        if row["outcome"] == "not-carried" && !reason.starts_with("with ") {
            let place = row["place"].as_str().unwrap();
            assert!(direct.stderr.contains(place), "{key}: {}", direct.stderr);
        }
    }
    for said in ["my-web now", "reach the outside", "an empty folder of the host"] {
        assert!(direct.stderr.contains(said), "{said}: {}", direct.stderr);
    }
}
