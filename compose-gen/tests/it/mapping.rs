//! The rules from Compose to Kubernetes, one by one.

use serde_json::{Value, json};

use crate::support::Bench;

/// The workload of service `a` whose keys are `keys`.
fn workload(keys: &str) -> Value {
    let bench =
        Bench::new(&format!("volumes: {{va: {{}}}}\nservices:\n  a: {{image: \"a:1\", {keys}}}\n"));
    bench.generate();
    bench.documents("kubernetes/base/default/a.yaml")[0].clone()
}

fn container(keys: &str) -> Value {
    workload(keys)["spec"]["template"]["spec"]["containers"][0].clone()
}

/// The first container of the file's first object.
fn first(bench: &Bench, service: &str) -> Value {
    bench.documents(&format!("kubernetes/base/default/{service}.yaml"))[0]["spec"]["template"]["spec"].clone()
}

#[test]
fn a_dollar_is_doubled_where_the_kubelet_reads_it_and_everywhere_for_compose() {
    let bench = Bench::new(
        "services:\n  a: {image: a, environment: {A: \"$$x $$(y) $$$$\"}, command: [\"$$(z)\"]}\n",
    );
    bench.generate();
    let container = &first(&bench, "a")["containers"][0];
    assert_eq!(container["env"][0]["value"], "$x $$(y) $$$");
    assert_eq!(container["args"], json!(["$$(z)"]));
    assert_eq!(bench.compose("a")["environment"]["A"], "$$x $$(y) $$$$");
}

#[test]
fn a_variable_comes_from_its_declaration_and_stays_one_only_where_that_says_so() {
    let bench = Bench::new(
        "x-variables: {TAG: v1, LEVEL: {default: info, at-up: true}}\n\
         services:\n  a: {image: \"a:${TAG}\", environment: {L: \"${LEVEL}\", D: \"${NONE:-d}\"}}\n",
    );
    bench.generate();
    assert_eq!(bench.compose("a")["image"], "a:v1");
    assert_eq!(bench.compose("a")["environment"], json!({"D": "d", "L": "${LEVEL:-info}"}));
    assert_eq!(
        first(&bench, "a")["containers"][0]["env"][1],
        json!({"name": "L", "value": "info"})
    );
}

#[test]
fn environment_wins_over_env_files_and_the_last_file_over_the_first() {
    let bench = Bench::new(
        "services:\n  a: {image: a, env_file: [one.env, two.env], environment: {C: own}}\n",
    );
    bench.write("platform/one.env", "A=1\nB=1\nC=1\n");
    bench.write("platform/two.env", "B=2\nC=2\n");
    bench.generate();
    let env = json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "own"}]);
    assert_eq!(first(&bench, "a")["containers"][0]["env"], env);
    assert_eq!(bench.compose("a")["environment"], json!({"A": "1", "B": "2", "C": "own"}));
}

#[test]
fn every_value_is_quoted_and_pods_get_no_service_links() {
    let bench = Bench::new("services:\n  a: {image: a, environment: {P: 8080, T: true}}\n");
    bench.generate();
    let text = bench.read("kubernetes/base/default/a.yaml");
    assert!(text.contains("value: \"8080\"") && text.contains("value: \"true\""), "{text}");
    assert_eq!(first(&bench, "a")["enableServiceLinks"], false);
}

#[test]
fn health_checks_become_probes() {
    let shell = container("healthcheck: {test: \"pg_isready -U $$USER\"}");
    assert_eq!(
        shell["readinessProbe"]["exec"]["command"],
        json!(["/bin/sh", "-c", "pg_isready -U $USER"])
    );
    // Compose's defaults, written out.
    assert_eq!(shell["readinessProbe"]["periodSeconds"], 30);
    assert_eq!(shell["readinessProbe"]["timeoutSeconds"], 30);
    assert_eq!(shell["readinessProbe"]["failureThreshold"], 3);
    assert_eq!(shell.get("startupProbe"), None);
    assert_eq!(shell.get("livenessProbe"), None, "Docker restarts nothing that is unhealthy");
    let words = container("healthcheck: {test: [CMD, redis-cli, ping]}");
    assert_eq!(words["readinessProbe"]["exec"]["command"], json!(["redis-cli", "ping"]));
    let http = container(
        "healthcheck: {test: [CMD, curl, -f, \"http://localhost:80/x\"]}, x-liveness: true",
    );
    assert_eq!(http["readinessProbe"]["httpGet"], json!({"path": "/x", "port": 80}));
    assert_eq!(http["livenessProbe"]["httpGet"], json!({"path": "/x", "port": 80}));
    for none in ["healthcheck: {test: [NONE]}", "healthcheck: {disable: true}", "tty: true"] {
        assert_eq!(container(none).get("readinessProbe"), None, "{none}");
    }
    let start = container("healthcheck: {test: x, start_period: 60s, interval: 10s, retries: 5}");
    assert_eq!(start["startupProbe"]["failureThreshold"], 11);
}

#[test]
fn parts_of_a_second_are_rounded_up_with_a_note() {
    let bench = Bench::new("services:\n  a: {image: a, healthcheck: {test: x, interval: 500ms}}\n");
    let run = bench.generate();
    assert!(run.stderr.contains("warning[rounded-up]"), "{}", run.stderr);
    assert_eq!(first(&bench, "a")["containers"][0]["readinessProbe"]["periodSeconds"], 1);
}

#[test]
fn restart_decides_between_servers_and_jobs() {
    for (keys, kind) in [
        ("restart: always", "Deployment"),
        ("restart: unless-stopped", "Deployment"),
        ("volumes: [\"va:/x\"]", "StatefulSet"),
        ("deploy: {mode: global}", "DaemonSet"),
        ("restart: \"no\"", "Job"),
    ] {
        assert_eq!(workload(keys)["kind"], kind, "{keys}");
    }
    let job = workload("restart: on-failure:3");
    assert_eq!((&job["spec"]["backoffLimit"], &job["kind"]), (&json!(3), &json!("Job")));
    assert_eq!(workload("restart: \"no\"")["spec"]["backoffLimit"], 0);
    assert_eq!(job["spec"]["template"]["spec"]["restartPolicy"], "Never");
}

#[test]
fn a_jobs_name_changes_with_what_it_is() {
    let name = |keys| workload(keys)["metadata"]["name"].as_str().unwrap().to_owned();
    let (one, two) = (name("restart: \"no\", command: [x]"), name("restart: \"no\", command: [z]"));
    assert!(one.starts_with("a-") && one != two, "{one} {two}");
    assert_eq!(one, name("command: [x], restart: \"no\""));
}

#[test]
fn dependencies_become_waits_in_their_order() {
    let bench = Bench::new(
        "services:
  web: {image: web, depends_on: {db: {condition: service_healthy}, seed: {condition: service_completed_successfully}, log: {condition: service_started}}}
  db: {image: db, expose: ['5432'], healthcheck: {test: x}}
  seed: {image: seed, restart: 'no', depends_on: {db: {condition: service_healthy}}}
  log: {image: log}
",
    );
    bench.generate();
    let pod = first(&bench, "web");
    let waits: Vec<&str> = pod["initContainers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(waits, ["wait-for-db", "wait-for-seed"]);
    assert_eq!(pod["initContainers"][0]["image"], "web", "no image that the platform lacks");
    let command = pod["initContainers"][0]["command"].as_array().unwrap();
    let script = "/etc/wait-for/wait-for.sh";
    assert_eq!(command, &["/bin/sh", script, "port", "db", "5432", "600"]);
    let job = pod["initContainers"][1]["command"].as_array().unwrap();
    assert_eq!((&job[2], &job[3], &job[5]), (&json!("job"), &json!("seed"), &json!("600")));
    let map = &bench.documents("kubernetes/overlays/local/cluster/wait-for.yaml")[0];
    assert!(map["data"]["wait-for.sh"].as_str().unwrap().contains("was not there"));
    let wave = |service: &str| {
        bench.documents(&format!("kubernetes/base/default/{service}.yaml"))[0]["metadata"]["annotations"]
            ["argocd.argoproj.io/sync-wave"]
            .clone()
    };
    assert_eq!([wave("db"), wave("seed"), wave("web")], [json!("0"), json!("1"), json!("2")]);
    let role = bench.documents("kubernetes/base/default/web.yaml");
    let role = role.iter().find(|o| o["kind"] == "Role").unwrap();
    assert_eq!(role["rules"][0]["verbs"], json!(["get"]));
}

#[test]
fn what_is_not_required_is_waited_for_a_while_or_not_at_all() {
    let spec = |profiles: &str| {
        format!(
            "x-environments:\n  local: {{cluster: kind, namespace: ns, profiles: {profiles}}}\nservices:\n  a: {{image: a, profiles: [p], depends_on: {{b: {{condition: service_healthy, required: false}}}}}}\n  b: {{image: b, profiles: [q], expose: ['1'], healthcheck: {{test: x}}}}\n"
        )
    };
    let bench = Bench::new(&spec("[p, q]"));
    bench.generate();
    let text = bench.read("kubernetes/base/p/a.yaml");
    assert!(text.contains("- \"120\"\n            - optional"), "{text}");
    assert_eq!(bench.compose("a")["depends_on"]["b"]["required"], false);
    let bench = Bench::new(&spec("[p]"));
    bench.generate();
    let patch = bench.read("kubernetes/overlays/local/p/patches/a.yaml");
    assert!(patch.contains("initContainers: null"), "{patch}");
}

#[test]
fn memory_is_never_milli_and_a_missing_request_is_the_limit() {
    let short = container("mem_limit: 512m, cpus: 0.5");
    let amounts = json!({"cpu": "500m", "memory": "512Mi"});
    assert_eq!(short["resources"], json!({"limits": amounts, "requests": amounts}));
    let deploy =
        container("deploy: {resources: {limits: {memory: 1g}, reservations: {memory: 256m}}}");
    assert_eq!(
        deploy["resources"],
        json!({"limits": {"memory": "1Gi"}, "requests": {"memory": "256Mi"}})
    );
}

#[test]
fn a_volume_is_one_claim_and_it_is_mounted() {
    let workload = workload("volumes: [\"va:/data\"]");
    assert_eq!(workload["spec"]["volumeClaimTemplates"][0]["metadata"]["name"], "va");
    assert_eq!(
        workload["spec"]["template"]["spec"]["containers"][0]["volumeMounts"],
        json!([{"name": "va", "mountPath": "/data"}])
    );
    let bench = Bench::new(
        "volumes: {va: {}}\nservices:\n  a: {image: a, volumes: [\"va:/x\"]}\n  b: {image: b, volumes: [\"va:/y\"]}\n",
    );
    bench.generate();
    let all: Vec<Value> = ["a", "b"]
        .iter()
        .flat_map(|s| bench.documents(&format!("kubernetes/base/default/{s}.yaml")))
        .collect();
    let claims = all.iter().filter(|o| o["kind"] == "PersistentVolumeClaim").count();
    assert_eq!(claims, 1, "one shared volume is one claim");
    assert_eq!(first(&bench, "b")["volumes"][0]["persistentVolumeClaim"]["claimName"], "va");
}

#[test]
fn mounted_files_become_config_maps_that_keep_bytes_and_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new(
        "services:\n  a: {image: a, volumes: [\"./conf:/etc/a:ro\", \"./run.sh:/run.sh:ro\"]}\n",
    );
    bench.write("platform/conf/a.ini", "[x]\ny = $z\n");
    bench.write("platform/run.sh", "#!/bin/sh\n");
    let script = bench.path().join("platform/run.sh");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    bench.generate();
    assert_eq!(bench.read("kubernetes/base/default/config/a-conf/a.ini"), "[x]\ny = $z\n");
    let pod = first(&bench, "a");
    assert_eq!(pod["volumes"][1]["configMap"], json!({"name": "a-run-sh", "defaultMode": 0o555}));
    assert_eq!(pod["containers"][0]["volumeMounts"][1]["subPath"], "run.sh");
    let kustomization = &bench.documents("kubernetes/base/default/kustomization.yaml")[0];
    assert_eq!(
        kustomization["configMapGenerator"][0],
        json!({"name": "a-conf", "files": ["config/a-conf/a.ini"]})
    );
}

#[test]
fn a_source_of_two_services_is_copied_once() {
    let bench = Bench::new(
        "configs: {conf: {content: inline}}
services:
  a: {image: a, volumes: [\"./conf:/etc/a:ro\"]}
  b: {image: b, volumes: [\"./conf:/etc/b:ro\"], configs: [conf]}
",
    );
    bench.write("platform/conf/x.ini", "x = 1\n");
    bench.generate();
    let kustomization = &bench.documents("kubernetes/base/default/kustomization.yaml")[0];
    let maps = kustomization["configMapGenerator"].as_array().unwrap();
    let files = |name: &str| &maps.iter().find(|map| map["name"] == name).unwrap()["files"];
    assert_eq!(files("a-conf"), &json!(["config/a-conf/x.ini"]));
    assert_eq!(files("b-conf"), files("a-conf"));
    assert_eq!(maps.len(), 3, "{kustomization}");
    assert!(!bench.path().join("kubernetes/base/default/config/b-conf/x.ini").exists());
    // An inline config of that name is another source.
    let inline = maps.iter().find(|map| &map["files"] != files("a-conf")).unwrap();
    let path = inline["files"][0].as_str().unwrap();
    assert_eq!(bench.read(&format!("kubernetes/base/default/{path}")), "inline");
}

#[test]
fn a_config_map_holds_no_more_than_a_mebibyte() {
    let bench = Bench::new("services:\n  a: {image: a, volumes: [\"./big:/big:ro\"]}\n");
    bench.write("platform/big", &"x".repeat((1 << 20) + 1));
    assert!(bench.run(&[]).expect(2).stderr.contains("error[too-large]"));
}

#[test]
fn the_process_is_the_one_that_compose_starts() {
    let process =
        container("entrypoint: \"run --name 'a b'\", command: [x, \"y z\"], working_dir: /w");
    assert_eq!(process["command"], json!(["run", "--name", "a b"]));
    assert_eq!(process["args"], json!(["x", "y z"]));
    assert_eq!(process["workingDir"], "/w");
    let line = container("command: \"serve --all\"");
    assert_eq!(line["args"], json!(["serve", "--all"]), "no implied shell");
    assert_eq!(line.get("command"), None);
}

#[test]
fn a_command_ends_where_compose_ends_it_and_not_without_a_word() {
    let bench = Bench::new("services:\n  a: {image: a, command: \"a 'b && c' && d\"}\n");
    let run = bench.run(&[]).expect(0);
    assert!(run.stderr.contains("warning[command-ends]"), "{}", run.stderr);
    assert_eq!(first(&bench, "a")["containers"][0]["args"], json!(["a", "b && c"]));
}

#[test]
fn users_and_capabilities_become_a_security_context() {
    let container = container(
        "user: \"1000:1001\", cap_add: [CAP_NET_ADMIN], cap_drop: [ALL], privileged: true, read_only: true",
    );
    assert_eq!(
        container["securityContext"],
        json!({"runAsUser": 1000, "runAsGroup": 1001, "privileged": true, "readOnlyRootFilesystem": true,
               "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}})
    );
}

#[test]
fn the_grace_period_is_written_on_both_sides() {
    let bench =
        Bench::new("services:\n  a: {image: a}\n  b: {image: b, stop_grace_period: 1m30s}\n");
    bench.generate();
    assert_eq!(first(&bench, "a")["terminationGracePeriodSeconds"], 10);
    assert_eq!(first(&bench, "b")["terminationGracePeriodSeconds"], 90);
    assert_eq!(bench.compose("a")["stop_grace_period"], "10s");
}

#[test]
fn a_services_port_is_the_containers_and_aliases_are_services() {
    let bench = Bench::new(
        "networks: {net: {}}\nservices:\n  a: {image: a, ports: [\"8085:8081\"], networks: {net: {aliases: [other]}}}\n",
    );
    bench.generate();
    let all = bench.documents("kubernetes/base/default/a.yaml");
    let services: Vec<&Value> = all.iter().filter(|o| o["kind"] == "Service").collect();
    assert_eq!(services.len(), 2);
    for service in services {
        assert_eq!(service["spec"]["ports"][0]["port"], 8081);
        assert_eq!(service["spec"]["ports"][0]["targetPort"], 8081);
    }
    assert_eq!(bench.compose("a")["ports"], json!(["8085:8081"]));
}

#[test]
fn routes_are_sorted_by_length_and_rewritten() {
    let bench = Bench::new(
        "name: shop\nx-environments:\n  local: {cluster: kind, namespace: ns, exposure: {gateway: {class: g}}}\n\
         services:\n  a: {image: a, ports: [\"80\"], x-routes: [{path: /}, {path: /api/, rewrite: /}]}\n",
    );
    bench.generate();
    let route = &bench.documents("kubernetes/overlays/local/default/routes.yaml")[0];
    let rules = &route["spec"]["rules"];
    assert_eq!(rules[0]["matches"][0]["path"], json!({"type": "PathPrefix", "value": "/api/"}));
    assert_eq!(rules[0]["filters"][0]["urlRewrite"]["path"]["replacePrefixMatch"], "/");
    assert_eq!(rules[1]["backendRefs"], json!([{"name": "a", "port": 80}]));
}

#[test]
fn an_alb_has_a_host_and_the_health_checks_path() {
    let bench = Bench::new(
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c}}}\n\
         services:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}], healthcheck: {test: \"curl -f http://localhost:80/up\"}}\n",
    );
    bench.generate();
    let ingress = &bench.documents("kubernetes/overlays/prod/default/routes.yaml")[0];
    let notes = &ingress["metadata"]["annotations"];
    assert_eq!(notes["alb.ingress.kubernetes.io/healthcheck-path"], "/up");
    assert_eq!(notes["alb.ingress.kubernetes.io/group.name"], "g");
    assert_eq!(notes["alb.ingress.kubernetes.io/ssl-redirect"], "443");
    assert_eq!(ingress["spec"]["rules"][0]["host"], "www.d.example");
}

/// An environment with a load balancer, `alb` added to it, and a service behind each of the two hosts.
fn behind_an_alb(alb: &str) -> Bench {
    Bench::new(&format!(
        "x-environments:\n  prod: {{cluster: eks, namespace: ns, exposure: {{alb: {{group: g, domain: d.example, certificate: c, {alb}}}}}}}\n\
         services:\n  a: {{image: a, ports: [\"80\"], x-routes: [{{host: www}}]}}\n  b: {{image: b, ports: [\"80\"], x-routes: [{{host: api}}]}}\n",
    ))
}

fn annotations(bench: &Bench, name: &str) -> Value {
    let all = bench.documents("kubernetes/overlays/prod/default/routes.yaml");
    let ingress = all.into_iter().find(|one| one["metadata"]["name"] == name).unwrap();
    ingress["metadata"]["annotations"].clone()
}

#[test]
fn each_host_of_an_alb_is_reached_from_its_sources_alone() {
    let bench = behind_an_alb("sources: {www: \"203.0.113.0/24,198.51.100.7/32\", api: 0.0.0.0/0}");
    bench.generate();
    let condition = |name: &str| {
        let notes = annotations(&bench, name);
        let text = notes[format!("alb.ingress.kubernetes.io/conditions.{name}")].clone();
        serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap()[0]["sourceIpConfig"].clone()
    };
    assert_eq!(condition("a"), json!({"values": ["203.0.113.0/24", "198.51.100.7/32"]}));
    assert_eq!(condition("b"), json!({"values": ["0.0.0.0/0"]}));
}

#[test]
fn an_alb_asks_for_all_hosts_but_those_that_are_left_out() {
    let provider = r#"{"userPoolARN":"p","userPoolClientID":"c","userPoolDomain":"d"}"#;
    let bench = behind_an_alb(&format!(
        "authentication: {{type: cognito, provider: '{provider}', except: [api]}}"
    ));
    bench.generate();
    let asked = annotations(&bench, "a");
    assert_eq!(asked["alb.ingress.kubernetes.io/auth-type"], "cognito");
    assert_eq!(asked["alb.ingress.kubernetes.io/auth-idp-cognito"], provider);
    assert_eq!(asked["alb.ingress.kubernetes.io/auth-on-unauthenticated-request"], "authenticate");
    let open = annotations(&bench, "b");
    assert_eq!(open["alb.ingress.kubernetes.io/auth-type"], Value::Null);
}

#[test]
fn an_alb_without_authentication_asks_nobody() {
    let bench = behind_an_alb("authentication: {type: none, provider: \"{}\"}");
    bench.generate();
    let notes = annotations(&bench, "a");
    assert!(notes.as_object().unwrap().keys().all(|key| !key.contains("/auth-")), "{notes}");
}

#[test]
fn argo_cd_gets_one_application_for_each_profile_and_allows_what_is_used() {
    let spec = |sync: &str| {
        format!(
            "x-environments:\n  prod: {{cluster: eks, namespace: ns, argocd: {{repository: 'https://x.example/r', revision: main, project: p, sync: {sync}}}}}\nservices:\n  a: {{image: a, profiles: [one]}}\n  b: {{image: b, profiles: [two]}}\n"
        )
    };
    let bench = Bench::new(&spec("automated"));
    bench.generate();
    let application = &bench.documents("kubernetes/argocd/one.yaml")[0];
    assert_eq!(
        application["spec"]["source"]["path"],
        "infrastructure/kubernetes/overlays/prod/one"
    );
    let policy = &application["spec"]["syncPolicy"];
    assert_eq!(policy["automated"], json!({"prune": true, "selfHeal": true}));
    assert_eq!(
        policy["retry"],
        json!({"limit": 5, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"}})
    );
    let project = &bench.documents("kubernetes/argocd/project.yaml")[0];
    assert_eq!(
        project["spec"]["namespaceResourceWhitelist"],
        json!([{"group": "", "kind": "Service"}, {"group": "apps", "kind": "Deployment"}])
    );
    assert_eq!(project["spec"]["sourceRepos"], json!(["https://x.example/r"]));
    assert!(bench.path().join("kubernetes/argocd/two.yaml").exists());
    bench.write("platform/services.yaml", &spec("manual"));
    bench.generate();
    let application = &bench.documents("kubernetes/argocd/one.yaml")[0];
    assert_eq!(application["spec"]["syncPolicy"].get("automated"), None);
}

#[test]
fn a_key_that_kubernetes_cannot_carry_stays_and_is_reported() {
    let bench = Bench::new("services:\n  a: {image: a, container_name: x, ulimits: {nofile: 5}}\n");
    let run = bench.generate();
    assert_eq!(run.stderr.matches("warning[not-carried]").count(), 2, "{}", run.stderr);
    assert_eq!(bench.compose("a")["container_name"], "x");
    assert_eq!(bench.compose("a")["ulimits"]["nofile"], 5);
}

#[test]
fn secrets_have_the_same_names_on_both_sides() {
    let bench = Bench::new(
        "x-env-files: {core: [core]}
x-secret-files: {service: init, volume: vs, path: /s}
volumes: {vs: {}}
x-secrets:
  shop/db: {services: [a], keys: {USER: {variable: DB_USER, dev: u}, PASSWORD: {variable: DB_PASSWORD, dev: p}}}
services:
  a: {image: a, profiles: [core], entrypoint: [run], command: [x], environment: {URL: \"db://${DB_USER}:${DB_PASSWORD}@db/$$x\"}}
  init: {image: i, restart: \"no\", profiles: [core], volumes: [\"vs:/s\"], x-absent: {local: External Secrets}}
",
    );
    bench.generate();
    let container =
        bench.documents("kubernetes/base/core/a.yaml")[0]["spec"]["template"]["spec"]["containers"]
            [0]
        .clone();
    let key = |name: &str| json!({"name": name, "valueFrom": {"secretKeyRef": {"name": "shop-db", "key": name}}});
    assert_eq!(
        container["env"],
        json!([key("DB_PASSWORD"), key("DB_USER"), {"name": "URL", "value": "db://$(DB_USER):$(DB_PASSWORD)@db/$x"}])
    );
    let external = &bench.documents("kubernetes/base/core/secrets.yaml")[0];
    assert_eq!(
        external["spec"]["data"][0],
        json!({"secretKey": "DB_USER", "remoteRef": {"key": "shop/db", "property": "USER"}})
    );
    let compose = bench.compose("a");
    let script = "set -eu\n. /s/core.env\nexport DB_PASSWORD DB_USER\n\
                  export URL='db://'\"$${DB_USER}\"':'\"$${DB_PASSWORD}\"'@db/$$x'\nexec \"$$@\"\n";
    assert_eq!(compose["entrypoint"], json!(["/bin/sh", "-c", script, "a", "run"]));
    assert_eq!(compose["depends_on"]["init"]["condition"], "service_completed_successfully");
    assert_eq!(compose["volumes"], json!(["vs:/s:ro"]));
}

#[test]
fn a_composed_variable_is_a_template_of_the_external_secret() {
    let bench = Bench::new(
        "x-env-files: {core: [core]}
x-secret-files: {service: init, volume: vs, path: /s}
volumes: {vs: }
x-secrets:
  shop/db:
    services: [a]
    keys: {USER: {variable: DB_USER, dev: u}, PASSWORD: {variable: DB_PASSWORD, dev: p}}
    composed:
      DATABASE_URL: {url: \"db://${DB_USER}:${DB_PASSWORD}@${DB_USER:raw}/{{x}}?cost=$$5\"}
      HEADER: {text: \"Basic ${DB_PASSWORD}\"}
      JSON: {text: '{${DB_USER}} {{${DB_USER}}} {{{${DB_USER}}}}'}
services:
  a: {image: a, entrypoint: [a], profiles: [core]}
  init: {image: i, restart: \"no\", profiles: [core], volumes: [\"vs:/s\"], x-absent: {local: External Secrets}}
",
    );
    bench.generate();
    let external = &bench.documents("kubernetes/base/core/secrets.yaml")[0];
    let encoded = |name: &str| format!("{{{{ .{name} | urlquery | replace \"+\" \"%20\" }}}}");
    let (user, password) = (encoded("DB_USER"), encoded("DB_PASSWORD"));
    assert_eq!(
        external["spec"]["target"]["template"]["data"],
        json!({
            "DATABASE_URL": format!("db://{user}:{password}@{{{{ .DB_USER }}}}/{{{{ \"{{{{\" }}}}x}}}}?cost=$5"),
            "DB_PASSWORD": "{{ .DB_PASSWORD }}",
            "DB_USER": "{{ .DB_USER }}",
            "HEADER": "Basic {{ .DB_PASSWORD }}",
            "JSON": "{{ \"{\" }}{{ .DB_USER }}} {{ \"{{\" }}{{ .DB_USER }}}} \
                     {{ \"{{\" }}{{ \"{\" }}{{ .DB_USER }}}}}",
        })
    );
    let a = &bench.documents("kubernetes/base/core/a.yaml")[0];
    let env = &a["spec"]["template"]["spec"]["containers"][0]["env"];
    let url = json!({"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "shop-db", "key": "DATABASE_URL"}}});
    assert!(env.as_array().unwrap().contains(&url), "{env}");
    let start = bench.compose("a")["entrypoint"].to_string();
    assert!(start.contains("export DATABASE_URL DB_PASSWORD DB_USER HEADER JSON"), "{start}");
}

#[test]
fn an_environment_changes_values_and_says_so_in_a_patch() {
    let bench = Bench::new(
        "x-environments:\n  prod: {cluster: eks, namespace: ns}\n  local: {cluster: kind, namespace: ns}\n\
         services:\n  a: {image: a, environment: {A: '1', B: '2'}, x-environment: {prod: {A: '3', B: null}}}\n",
    );
    bench.generate();
    let patch = &bench.documents("kubernetes/overlays/prod/default/patches/a.yaml")[0];
    assert_eq!(
        patch["spec"]["template"]["spec"]["containers"][0]["env"],
        json!([{"name": "A", "value": "3"}, {"name": "B", "$patch": "delete"}])
    );
    // The local cluster runs what the base says; it only has no room for two of a kind.
    let patch = &bench.documents("kubernetes/overlays/local/default/patches/a.yaml")[0];
    assert_eq!(patch["spec"], json!({"strategy": {"type": "Recreate"}}));
}
