//! Settings that an ordinary Compose file leaves to Compose's defaults.

use serde_json::{Value, json};

use crate::support::Bench;

fn object(bench: &Bench, file: &str, kind: &str) -> Value {
    let path = format!("kubernetes/base/default/{file}.yaml");
    let found = bench.documents(&path).into_iter().find(|object| object["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {path}"))
}

fn object_of(bench: &Bench, file: &str) -> Value {
    bench.documents(file)[0].clone()
}

#[test]
fn a_service_without_ports_is_reachable_by_its_names() {
    let bench = Bench::new(
        "services:
  web: {image: web, links: ['db:database'], depends_on: {db: {condition: service_healthy}}}
  db: {image: db, container_name: shop-db, volumes: ['db_data:/data'], healthcheck: {test: x}}
volumes: {db_data: {labels: {team: shop}}}
",
    );
    bench.generate();
    let services: Vec<Value> = bench
        .documents("kubernetes/base/default/db.yaml")
        .into_iter()
        .filter(|object| object["kind"] == "Service")
        .collect();
    let names: Vec<&Value> = services.iter().map(|service| &service["metadata"]["name"]).collect();
    assert_eq!(names, ["database", "db", "shop-db"]);
    assert!(services.iter().all(|service| service["spec"]["clusterIP"] == "None"));
    // Its name resolves while a pod is ready.
    let wait = &object(&bench, "web", "Deployment")["spec"]["template"]["spec"]["initContainers"];
    assert_eq!(wait[0]["command"][2], "name");
    let claim = &object(&bench, "db", "StatefulSet")["spec"]["volumeClaimTemplates"][0];
    assert_eq!(claim["metadata"]["name"], "db-data");
    let volumes = &bench.documents("docker/compose.yaml")[0]["volumes"];
    assert_eq!(volumes["db_data"]["labels"], json!({"team": "shop"}));
}

#[test]
fn a_build_context_may_begin_with_a_variable_of_compose_up() {
    let bench = Bench::new(
        "x-variables: {APPS: {default: ../../apps, at-up: true}}
services:
  web: {image: web, profiles: [a], build: '${APPS}/web'}
  api: {image: api, profiles: [a], build: {context: '${APPS}/api', args: {FROM: '${APPS}'}}}
",
    );
    bench.run(&["--output-dir", "out/deep"]).expect(0);
    let services = &bench.documents("out/deep/docker/compose.yaml")[0]["services"];
    assert_eq!(services["web"]["build"], "${APPS:-../../../../apps}/web");
    assert_eq!(services["api"]["build"]["context"], "${APPS:-../../../../apps}/api");
    assert_eq!(services["api"]["build"]["args"]["FROM"], "${APPS:-../../apps}");
}

#[test]
fn what_others_wait_to_end_is_a_job_and_a_build_has_a_name() {
    let bench = Bench::new(
        "name: shop
services:
  web: {build: ./web, depends_on: {migrate: {condition: service_completed_successfully}}}
  migrate: {image: m}
",
    );
    bench.generate();
    object(&bench, "migrate", "Job");
    let web = object(&bench, "web", "Deployment");
    assert_eq!(web["spec"]["template"]["spec"]["containers"][0]["image"], "shop-web");
}

#[test]
fn every_form_of_a_port_stays_as_compose_reads_it() {
    let ports = ["127.0.0.1::80", "8000-8010:81", "82/UDP", "83", "[::1]:84:84"];
    let bench = Bench::new(&format!("services:\n  a: {{image: a, ports: {}}}\n", json!(ports)));
    bench.generate();
    let written = bench.compose("a")["ports"].clone();
    assert_eq!(written, json!(["127.0.0.1::80", "8000-8010:81", "82/udp", "83", "[::1]:84:84"]));
    let service = object(&bench, "a", "Service");
    let targets: Vec<i64> = service["spec"]["ports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["port"].as_i64().unwrap())
        .collect();
    assert_eq!(targets, [80, 81, 82, 83, 84]);
    let two = "services:\n  a: {image: a, ports: ['127.0.0.1:90:90']}\n  b: {image: b, ports: ['127.0.0.2:90:90']}\n";
    Bench::new(two).generate();
    let same = two.replace("127.0.0.2:", "");
    Bench::new(&same).run(&[]).expect(2);
    // Nobody asks for both at the same time.
    let apart = same.replace("image: a,", "image: a, profiles: [one],");
    Bench::new(&apart.replace("image: b,", "image: b, profiles: [two],")).generate();
}

#[test]
fn what_only_compose_reads_stays_there_and_is_reported() {
    let bench = Bench::new("");
    bench.write(
        "compose.yml",
        "x-common: &common {tmpfs: ['/run:size=64m,mode=1777']}
services:
  a:
    <<: *common
    image: a
    group_add: [audio, '44']
    extra_hosts: ['host.docker.internal:host-gateway', 'fixed:10.0.0.1']
    volumes:
      - ./conf:/conf:ro,z
      - {type: volume, source: va, target: /va, volume: {nocopy: true}}
    secrets: [token]
    build: {context: ., additional_contexts: {other: ./o}, secrets: [token]}
    develop: {watch: [{path: ./src, action: rebuild}]}
    healthcheck: {test: x, start_interval: 2s}
    deploy:
      restart_policy: {condition: any}
      resources: {reservations: {devices: [{capabilities: [gpu]}]}}
secrets: {token: {file: ./token.txt}}
volumes: {va: {}}
",
    );
    bench.write("conf/sub/a.conf", "1\n");
    bench.write("conf/.env", "PASSWORD=hunter2\n");
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(0);
    for expected in [
        "group \"audio\"",
        "mode=1777",
        "the Secret \"token\" must exist",
        "volumes.1.volume.nocopy",
        ".env and .git stay",
    ] {
        assert!(run.stderr.contains(expected), "{expected}: {}", run.stderr);
    }
    let whole = &bench.documents("out/docker/compose.yaml")[0];
    let service = &whole["services"]["a"];
    assert_eq!(service["tmpfs"], json!(["/run:size=64m,mode=1777"]));
    assert_eq!(service["group_add"], json!(["audio", "44"]));
    assert_eq!(service["volumes"][0], "../../conf:/conf:ro,z");
    assert_eq!(service["volumes"][1]["volume"], json!({"nocopy": true}));
    assert_eq!(service["build"]["additional_contexts"], json!({"other": "../../o"}));
    assert_eq!(service["develop"]["watch"][0]["path"], "../../src");
    assert_eq!(service["healthcheck"]["start_interval"], "2s");
    // Compose takes the policy for a restart.
    assert_eq!(service["restart"], "always");
    let devices = &service["deploy"]["resources"]["reservations"]["devices"];
    assert_eq!(devices, &json!([{"capabilities": ["gpu"]}]));
    assert_eq!(whole["secrets"], json!({"token": {"file": "../../token.txt"}}));
    let pods = bench.documents("out/kubernetes/base/default/a.yaml");
    let pod = &pods[0]["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["supplementalGroups"], json!([44]));
    assert_eq!(pod["hostAliases"], json!([{"ip": "10.0.0.1", "hostnames": ["fixed"]}]));
    // A ConfigMap has no folders, its volume has.
    let volumes = pod["volumes"].as_array().unwrap();
    let conf = volumes.iter().find(|volume| volume["name"] == "a-conf").unwrap();
    let items = json!([{"key": "sub__a.conf", "path": "sub/a.conf"}]);
    assert_eq!(conf["configMap"]["items"], items);
    assert_eq!(bench.read("out/kubernetes/base/default/config/a-conf/sub__a.conf"), "1\n");
    let memory = volumes.iter().find(|volume| volume["name"] == "memory-2").unwrap();
    assert_eq!(memory["emptyDir"], json!({"medium": "Memory", "sizeLimit": "64Mi"}));
}

#[test]
fn the_projects_own_env_file_declares_its_variables() {
    let bench = Bench::new("");
    bench.write(
        "compose.yml",
        "services:\n  a: {image: 'a:${TAG}', environment: {L: '${L:-low}'}}\n",
    );
    bench.write(".env", "TAG=3\n");
    bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(0);
    let service = bench.documents("out/docker/compose.yaml")[0]["services"]["a"].clone();
    assert_eq!(
        (&service["image"], &service["environment"]["L"]),
        (&json!("a:${TAG:-3}"), &json!("${L:-low}"))
    );
    let pod = object_of(&bench, "out/kubernetes/base/default/a.yaml");
    assert_eq!(pod["spec"]["template"]["spec"]["containers"][0]["image"], "a:3");
    bench.write(".env", "TAG=3\nSECRET hunter2\n");
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(2);
    assert!(run.stderr.contains(".env:2:1") && !run.stderr.contains("hunter2"), "{}", run.stderr);
}

#[test]
fn a_profile_brings_what_its_services_need() {
    let bench = Bench::new(
        "x-environments:
  all: {cluster: kind, namespace: ns, profiles: [core, monitoring]}
  small: {cluster: kind, namespace: ns, profiles: [monitoring]}
services:
  store: {image: s, profiles: [core], expose: ['1'], healthcheck: {test: x}}
  api: {image: a, profiles: [core]}
  board: {image: b, profiles: [monitoring], depends_on: {store: {condition: service_healthy}}}
",
    );
    bench.generate();
    assert_eq!(bench.compose("store")["profiles"], json!(["core", "monitoring"]));
    // The base has what both have, the overlay of the larger one the rest.
    bench.read("kubernetes/base/core/store.yaml");
    bench.read("kubernetes/overlays/all/core/api.yaml");
    assert!(!bench.path().join("kubernetes/overlays/small/core/api.yaml").exists());
    let small = bench.documents("kubernetes/overlays/small/kustomization.yaml");
    assert_eq!(small[0]["resources"], json!(["cluster", "core", "monitoring"]));
}

#[test]
fn a_service_wins_over_the_env_file_that_it_sources() {
    let bench = Bench::new(
        "x-env-files: {core: [core]}
x-secret-files: {service: init, volume: vs, path: /s}
volumes: {vs: {}}
x-secrets:
  one: {services: [b], keys: {BB: {dev: x}}}
  two: {services: [other], keys: {API_KEY: {dev: z}}}
services:
  b: {image: b, profiles: [core], entrypoint: [b], environment: {API_KEY: \"it's mine\"}}
  other: {image: o, profiles: [core], entrypoint: [o]}
  init: {image: i, restart: 'no', profiles: [core], volumes: ['vs:/s']}
",
    );
    bench.generate();
    bench.write("core.env", "BB='secret'\nAPI_KEY='not yours'\n");
    let script = bench.compose("b")["entrypoint"][2].as_str().unwrap().replace("$$", "$");
    let file = bench.path().join("core.env");
    let script = script.replace("/s/core.env", &file.display().to_string());
    let mut shell = std::process::Command::new("/bin/sh");
    shell.env_clear().env("PATH", "/usr/bin:/bin").env("API_KEY", "it's mine");
    let seen = rideshare_tests::run::run(shell.args(["-c", &script, "b", "env"])).expect(0).stdout;
    let lines: Vec<&str> = seen.lines().filter(|line| line.contains("API_KEY")).collect();
    assert_eq!(lines, ["API_KEY=it's mine"]);
    assert!(seen.contains("BB=secret"), "{seen}");
}

#[test]
fn a_job_has_another_name_when_its_files_or_patches_change() {
    let spec = "services:\n  a: {image: a, restart: 'no', volumes: ['./conf:/conf:ro']}\n";
    let name = |spec: &str, text: &str| {
        let bench = Bench::new(spec);
        bench.write("platform/conf/topics.txt", text);
        bench.generate();
        object(&bench, "a", "Job")["metadata"]["name"].clone()
    };
    let patched = spec.replace("image: a", "image: a, x-patches: {all: {spec: {completions: 1}}}");
    let names = [name(spec, "one\n"), name(spec, "two\n"), name(&patched, "one\n")];
    assert!(names[0] != names[1] && names[0] != names[2], "{names:?}");
    assert_eq!(names[0], name(spec, "one\n"));
}

#[test]
fn an_empty_entrypoint_clears_the_images_own() {
    let bench = Bench::new("services:\n  a: {image: a, entrypoint: [], command: [run, it]}\n");
    bench.generate();
    assert_eq!(bench.compose("a")["entrypoint"], json!([]));
    let pod = object(&bench, "a", "Deployment");
    let container = &pod["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&container["command"], container.get("args")), (&json!(["run", "it"]), None));
}

#[test]
fn a_volume_in_two_places_is_one_claim() {
    let bench = Bench::new(
        "services:\n  a: {image: a, volumes: ['data:/a', 'data:/b']}\nvolumes: {data: {}}\n",
    );
    bench.generate();
    let set = object(&bench, "a", "StatefulSet");
    assert_eq!(set["spec"]["volumeClaimTemplates"].as_array().unwrap().len(), 1);
    let mounts = &set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"];
    assert_eq!((&mounts[0]["mountPath"], &mounts[1]["mountPath"]), (&json!("/a"), &json!("/b")));
}

#[test]
fn a_variable_of_docker_compose_up_keeps_what_its_place_says() {
    let bench = Bench::new(
        "x-variables: {U: {default: '', at-up: true}, V: {default: set, at-up: true}}
services:
  a: {image: a, environment: {A: '${U:-other}', B: '${V:-other}', C: '${U-other}', D: '$V'}}
",
    );
    bench.generate();
    let environment = bench.compose("a")["environment"].clone();
    let wanted = json!({"A": "${U:-other}", "B": "${V:-set}", "C": "${U:-}", "D": "${V:-set}"});
    assert_eq!(environment, wanted);
    let pod = object(&bench, "a", "Deployment");
    assert_eq!(pod["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"], "other");
}

#[test]
fn what_no_annotation_can_be_called_stays_in_compose() {
    let bench = Bench::new(
        "services:
  a:
    image: a
    labels: {'traefik.http.routers.a.rule': x, 'tls.domains[0].main': example}
    networks: {back: {ipv4_address: 10.9.0.3}}
    depends_on: {b: {condition: service_started, restart: true}}
  b: {image: b}
networks: {back: {ipam: {config: [{subnet: 10.9.0.0/24}]}}}
",
    );
    let run = bench.generate();
    assert!(run.stderr.contains("tls.domains[0].main"), "{}", run.stderr);
    let pod = object(&bench, "a", "Deployment");
    let annotations = &pod["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(annotations, &json!({"traefik.http.routers.a.rule": "x"}));
    let service = bench.compose("a");
    assert_eq!(service["labels"]["tls.domains[0].main"], "example");
    assert_eq!(service["networks"]["back"]["ipv4_address"], "10.9.0.3");
    assert_eq!(service["depends_on"]["b"]["restart"], true);
}

#[test]
fn what_no_service_says_of_its_logs_is_said_once_for_all() {
    let bench = Bench::new(
        "x-logging: {driver: json-file, options: {labels: com.docker.compose.service}}\n\
         services:\n  a: {image: a}\n  b: {image: b, logging: {driver: none}}\n",
    );
    bench.generate();
    let all = json!({"driver": "json-file", "options": {"labels": "com.docker.compose.service"}});
    assert_eq!(bench.compose("a")["logging"], all);
    assert_eq!(bench.compose("b")["logging"], json!({"driver": "none"}));
    assert!(!bench.read("kubernetes/base/default/a.yaml").contains("json-file"));
}
