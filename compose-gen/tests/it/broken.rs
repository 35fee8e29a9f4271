//! Broken specifications: the messages about each, and their places. Nothing is written for any.

use insta::assert_snapshot;

use crate::support::Bench;

/// Each specification with the mistake's name; `…` stands for a sound service.
const BROKEN: &[(&str, &str)] = &[
    ("unknown key at the top", "sevices: {}\nservices:\n  a: {image: a}\n"),
    ("unknown x-key at the top", "x-enviroments: {}\nservices:\n  a: {image: a}\n"),
    ("unknown key of a service", "services:\n  a: {image: a, enviroment: {A: b}}\n"),
    ("unknown x-key of a service", "services:\n  a: {image: a, x-rotues: []}\n"),
    (
        "unknown key of a health check",
        "services:\n  a: {image: a, healthcheck: {test: x, intervall: 1s}}\n",
    ),
    ("a list where a mapping must be", "services: [a]\n"),
    ("a mapping where a string must be", "services:\n  a: {image: {name: a}}\n"),
    ("a boolean where a list must be", "services:\n  a: {image: a, ports: true}\n"),
    ("a number that readers dispute", "services:\n  a: {image: a, environment: {VERSION: 1.10}}\n"),
    ("a port that YAML 1.1 takes for a time", "services:\n  a: {image: a, ports: [22:22]}\n"),
    ("yes is no boolean", "services:\n  a: {image: a, privileged: yes}\n"),
    ("a syntax error", "services:\n  a: {image: a\n"),
    ("a key twice", "services:\n  a: {image: a}\n  a: {image: b}\n"),
    ("no image", "services:\n  a: {command: [x]}\n"),
    ("a service name that is no host name", "services:\n  Spark_Master: {image: a}\n"),
    ("a profile name that is no folder", "services:\n  a: {image: a, profiles: [Core Stuff]}\n"),
    ("an undeclared variable", "services:\n  a: {image: \"a:${TAG}\"}\n"),
    (
        "a misspelt variable",
        "x-variables: {IMAGE_TAG: v1}\nservices:\n  a: {image: \"a:${IMAGE_TGA}\"}\n",
    ),
    ("a dollar that is no variable", "services:\n  a: {image: a, command: \"echo $5 $(date)\"}\n"),
    ("a brace that does not end", "services:\n  a: {image: a, environment: {A: \"${B\"}}\n"),
    ("a value from outside", "services:\n  a: {image: a, environment: [HOME]}\n"),
    ("a quote that does not end", "services:\n  a: {image: a, command: \"echo 'x\"}\n"),
    ("a variable's name", "services:\n  a: {image: a, environment: {\"ü\": x}}\n"),
    ("an env file that is not there", "services:\n  a: {image: a, env_file: a.env}\n"),
    ("memory in no unit", "services:\n  a: {image: a, mem_limit: 512x}\n"),
    ("cpus in words", "services:\n  a: {image: a, cpus: two}\n"),
    (
        "a request above its limit",
        "services:\n  a: {image: a, mem_limit: 1m, mem_reservation: 2m}\n",
    ),
    (
        "a duration without a unit",
        "services:\n  a: {image: a, healthcheck: {test: x, interval: \"30\"}}\n",
    ),
    ("a test without CMD", "services:\n  a: {image: a, healthcheck: {test: [curl, x]}}\n"),
    ("a grace period", "services:\n  a: {image: a, stop_grace_period: long}\n"),
    ("a port out of range", "services:\n  a: {image: a, ports: [\"80:70000\"]}\n"),
    (
        "a port published twice",
        "services:\n  a: {image: a, ports: [\"80:1\"]}\n  b: {image: b, ports: [\"80:2\"]}\n",
    ),
    ("an exposed word", "services:\n  a: {image: a, expose: [http]}\n"),
    ("an unknown restart", "services:\n  a: {image: a, restart: unless-stoped}\n"),
    (
        "an unknown condition",
        "services:\n  a: {image: a, depends_on: {b: {condition: service_healty}}}\n  b: {image: b}\n",
    ),
    (
        "an unknown dependency",
        "services:\n  kafka: {image: a}\n  b: {image: b, depends_on: [kafak]}\n",
    ),
    ("extends", "services:\n  a: {image: a, extends: {service: bb}}\n  b: {image: b}\n"),
    (
        "the end of a server",
        "services:\n  a: {image: a, restart: always}\n  b: {image: b, depends_on: {a: {condition: service_completed_successfully}}}\n",
    ),
    (
        "a cycle",
        "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [c]}\n  c: {image: c, depends_on: [a]}\n",
    ),
    ("itself", "services:\n  a: {image: a, depends_on: [a]}\n"),
    (
        "an undeclared volume",
        "volumes: {data-a: {}}\nservices:\n  a: {image: a, volumes: [\"dta-a:/x\"]}\n",
    ),
    (
        "a volume of one letter",
        "volumes: {d: {}}\nservices:\n  a: {image: a, volumes: [\"d:/x\"]}\n",
    ),
    (
        "a relative target",
        "volumes: {data-a: {}}\nservices:\n  a: {image: a, volumes: [\"data-a:x\"]}\n",
    ),
    ("a file that is not there", "services:\n  a: {image: a, volumes: [\"./nothing:/x\"]}\n"),
    (
        "a socket of the host",
        "services:\n  a: {image: a, volumes: [\"/var/run/docker.sock:/x\"]}\n",
    ),
    (
        "two mounts at one place",
        "volumes: {va: {}, vb: {}}\nservices:\n  a: {image: a, volumes: [\"va:/x\", \"vb:/x\"]}\n",
    ),
    (
        "a claim's size",
        "volumes: {va: {x-claim: {size: big}}}\nservices:\n  a: {image: a, volumes: [\"va:/x\"]}\n",
    ),
    (
        "an unknown config",
        "configs: {one: {file: x}}\nservices:\n  a: {image: a, configs: [onne]}\n",
    ),
    (
        "a cluster of another kind",
        "x-environments:\n  local: {cluster: knid, namespace: ns}\nservices:\n  a: {image: a}\n",
    ),
    (
        "an environment without a namespace",
        "x-environments:\n  local: {cluster: kind}\nservices:\n  a: {image: a}\n",
    ),
    (
        "an unknown environment",
        "x-environments:\n  local: {cluster: kind, namespace: ns}\nservices:\n  a: {image: a, x-absent: {locla: x}}\n",
    ),
    (
        "an unknown profile",
        "x-environments:\n  local: {cluster: kind, namespace: ns, profiles: [cor]}\nservices:\n  a: {image: a, profiles: [core]}\n",
    ),
    (
        "another value for an unknown variable",
        "x-environments:\n  local: {cluster: kind, namespace: ns}\nservices:\n  a: {image: a, environment: {LEVEL: x}, x-environment: {local: {LEVLE: low}}}\n",
    ),
    (
        "a patch of what has a place of its own",
        "x-environments:\n  local: {cluster: kind, namespace: ns}\nservices:\n  a: {image: a, x-patches: {local: {metadata: {namespace: x}, spec: {replicas: 9, template: {spec: {containers: [{name: a, resources: {}}, {name: b, $patch: delete}]}}}}}}\n",
    ),
    (
        "a patch for a place where the service is not",
        "x-environments:\n  local: {cluster: kind, namespace: ns}\nservices:\n  a: {image: a, x-absent: {local: x}, x-patches: {local: {spec: {minReadySeconds: 3}}}}\n  b: {image: b}\n",
    ),
    (
        "a text of a secret that is replaced",
        "x-env-files: {core: [core]}\nx-environments:\n  local: {cluster: kind, namespace: ns}\nx-secret-files: {service: init, volume: vs, path: /s}\nvolumes: {vs: {}}\nx-secrets:\n  s: {services: [a], keys: {P: {dev: x}}}\nservices:\n  a: {image: a, profiles: [core], entrypoint: [x], environment: {Q: \"${P}\"}, x-environment: {local: {P: null}}}\n  init: {image: i, restart: \"no\", profiles: [core], volumes: [\"vs:/s\"]}\n",
    ),
    (
        "a default that Compose would cut",
        "x-variables: {L: {default: \"a}b\", at-up: true}}\nservices:\n  a: {image: a, environment: {L: \"${L}\"}}\n",
    ),
    (
        "a route to no port",
        "services:\n  a: {image: a, ports: [\"80:8080\"], x-routes: [{path: /, port: 80}]}\n",
    ),
    (
        "a route without a slash",
        "services:\n  a: {image: a, ports: [\"80\"], x-routes: [{path: api}]}\n",
    ),
    (
        "a route twice",
        "services:\n  a: {image: a, ports: [\"80\"], x-routes: [{path: /}]}\n  b: {image: b, ports: [\"80\"], x-routes: [{path: /}]}\n",
    ),
    (
        "a host without sources",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c, sources: {www: 203.0.113.0/24}}}}\nservices:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}, {host: web}]}\n",
    ),
    (
        "sources that are no blocks",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c, sources: {www: \"203.0.113.7/24,everywhere\", web: \"203.0.113.7/24,everywhere\"}}}}\nservices:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}, {host: web}]}\n",
    ),
    (
        "too many sources",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c, sources: {www: \"10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,13.0.0.0/8\", web: \"10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,13.0.0.0/8\"}}}}\nservices:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}, {host: web}]}\n",
    ),
    (
        "sources of a host that is not there",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c, sources: {www: 10.0.0.0/8, web: 10.0.0.0/8, wob: 10.0.0.0/8}}}}\nservices:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}, {host: web}]}\n",
    ),
    (
        "two hosts of a service that differ",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c, authentication: {type: none, provider: \"{}\", except: [www]}}}}\nservices:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}, {host: web}]}\n",
    ),
    (
        "an unknown way to ask",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c, authentication: {type: oidcc, provider: \"{}\"}}}}\nservices:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}, {host: web}]}\n",
    ),
    (
        "a provider of another type",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c, authentication: {type: oidc, provider: \"{}\"}}}}\nservices:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}, {host: web}]}\n",
    ),
    (
        "a provider that is no JSON",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, exposure: {alb: {group: g, domain: d.example, certificate: c, authentication: {type: none, provider: x, except: [wwe]}}}}\nservices:\n  a: {image: a, ports: [\"80\"], x-routes: [{host: www}, {host: web}]}\n",
    ),
    (
        "a patch of the image",
        "services:\n  a: {image: a, x-patches: {all: {spec: {template: {spec: {containers: [{name: a, image: b}]}}}}}}\n",
    ),
    (
        "values that are missing",
        "x-environments:\n  prod: {cluster: eks, namespace: ns, values: values.txt, images: {prefix: r/, registry: \"${REGISTRY}\", tag: \"${TAG}\"}}\nservices:\n  a: {image: r/a}\n",
    ),
    (
        "a shared volume on EKS",
        "x-environments:\n  prod: {cluster: eks, namespace: ns}\nvolumes: {va: {}}\nservices:\n  a: {image: a, volumes: [\"va:/x\"]}\n  b: {image: b, volumes: [\"va:/x\"]}\n",
    ),
    (
        "a budget",
        "x-environments:\n  local: {cluster: kind, namespace: ns, memory: {budget: 1g, reserved: 512m}}\nservices:\n  a: {image: a, mem_limit: 300m}\n  b: {image: b, mem_limit: 400m}\n",
    ),
    (
        "no limit under a budget",
        "x-environments:\n  local: {cluster: kind, namespace: ns, memory: {budget: 1g}}\nservices:\n  a: {image: a}\n",
    ),
    (
        "secrets without an entrypoint",
        "x-env-files: {core: [core]}\nx-secret-files: {service: init, volume: vs, path: /s}\nvolumes: {vs: {}}\nx-secrets:\n  s: {services: [a], keys: {P: {dev: x}}}\nservices:\n  a: {image: a, profiles: [core]}\n  init: {image: i, restart: \"no\", profiles: [core], volumes: [\"vs:/s\"]}\n",
    ),
    (
        "a secret of somebody else",
        "x-env-files: {core: [core]}\nx-secrets:\n  s: {services: [b], keys: {P: {dev: x}}}\nservices:\n  a: {image: a, profiles: [core], environment: {Q: \"${P}\"}}\n  b: {image: b, profiles: [core], entrypoint: [x]}\n",
    ),
    (
        "a secret in a command",
        "x-env-files: {core: [core]}\nx-secret-files: {service: init, volume: vs, path: /s}\nvolumes: {vs: {}}\nx-secrets:\n  s: {services: [a], keys: {P: {dev: x}}}\nservices:\n  a: {image: a, profiles: [core], entrypoint: [x], command: [\"${P}\"]}\n  init: {image: i, restart: \"no\", profiles: [core], volumes: [\"vs:/s\"]}\n",
    ),
    (
        "a secret in a label, a folder, a port and a key of Compose's own",
        "x-env-files: {core: [core]}\nx-secret-files: {service: init, volume: vs, path: /s}\nvolumes: {vs: {}}\nx-secrets:\n  s: {services: [a], keys: {P: {dev: x}}}\nservices:\n  a: {image: a, profiles: [core], entrypoint: [x], labels: {l: \"${P}\"}, tmpfs: [\"/${P}\"], ports: [\"${P}:80\"], hostname: \"${P}\"}\n  init: {image: i, restart: \"no\", profiles: [core], volumes: [\"vs:/s\"]}\n",
    ),
    (
        "a default for a secret",
        "x-env-files: {core: [core]}\nx-secret-files: {service: init, volume: vs, path: /s}\nvolumes: {vs: {}}\nx-secrets:\n  s: {services: [a], keys: {P: {dev: x}}}\nservices:\n  a: {image: a, profiles: [core], entrypoint: [x], environment: {Q: \"${P:-none}\"}}\n  init: {image: i, restart: \"no\", profiles: [core], volumes: [\"vs:/s\"]}\n",
    ),
    (
        "characters that stand for something else here",
        "services:\n  a: {image: a, environment: {A: \"\\U000F0000sP\\U000F0001\", B: \"a\\x7fb\"}}\n",
    ),
    ("a profile that is a folder already", "services:\n  a: {image: a, profiles: [cluster]}\n"),
    (
        "another word for a variable of docker compose up",
        "x-variables: {L: {default: x, at-up: true}}\nservices:\n  a: {image: a, environment: {A: \"${L:+y}\"}}\n",
    ),
    ("no service", "services: {}\n"),
    ("an unknown waiting service", "x-wait: bb\nservices:\n  b: {image: b}\n"),
];

#[test]
fn each_mistake_has_its_message_its_code_and_its_place() {
    assert!(BROKEN.len() >= 50);
    let mut all = String::new();
    for (name, text) in BROKEN {
        let bench = Bench::new(text);
        bench.write("platform/values.txt", "REGISTRY: ''\n");
        let result = bench.run(&[]);
        assert_eq!(result.status, 2, "{name}: {}", result.transcript(&[]));
        assert!(bench.files().is_empty(), "{name}: something was written");
        assert!(result.stderr.contains("services.yaml:"), "{name}: no place: {}", result.stderr);
        all.push_str(&format!("=== {name}\n{}\n", result.stderr));
    }
    assert_snapshot!(all);
}

#[test]
fn all_mistakes_of_a_folder_are_reported_in_one_run() {
    let bench = Bench::new(
        "services:\n  a: {image: a, enviroment: {}, mem_limit: lots}\n  b: {depends_on: [c]}\n",
    );
    bench
        .write("platform/more.yaml", "services:\n  a: {image: other}\n  d: {image: d, cpus: -1}\n");
    let result = bench.run(&["--check"]).expect(2);
    assert_snapshot!(result.stderr);
}
