//! The same Kubernetes input to the built tools: a budget, an amount of memory and a need get the
//! same answer from each of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};

/// A tool that cargo has built beside this test.
fn tool(name: &str) -> Command {
    let test = std::env::current_exe().expect("this test is a file");
    let tool = test.ancestors().nth(2).expect("target/debug").join(name);
    assert!(tool.exists(), "cargo build -p {name} makes {}", tool.display());
    Command::new(tool)
}

const KIND: &str = "kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: agreement
nodes: [{role: control-plane}, {role: worker}]
";

/// A Deployment whose only pod uses 600 MiB; `more` is added to the pod's spec.
fn deployment(more: &str) -> String {
    format!(
        "apiVersion: v1
kind: Namespace
metadata: {{name: agreement}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: rides}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: rides}}}}
  template:
    metadata: {{labels: {{app: rides}}}}
    spec:
{more}      containers:
        - name: rides
          image: example/rides:1.0
          resources: {{limits: {{memory: 600Mi}}, requests: {{memory: 600Mi}}}}
"
    )
}

/// A specification whose service uses 600 MiB in an environment on EKS, where a Deployment
/// is replaced pod by pod.
fn specification(memory: &str) -> String {
    format!(
        "x-environments:
  local:
    cluster: eks
    namespace: agreement
    memory: {memory}
    nodes: 1
    kind: {{name: agreement, workers: 1}}
services:
  rides: {{image: \"example/rides:1.0\", mem_limit: 600m, ports: [\"8080\"]}}
"
    )
}

/// Every way in which the number of pods and the memory of one differ from what is written for a
/// container: 4 pods of 64 MiB, for they wait with more memory than they run with, 2 surge pods,
/// a pod on each of 3 nodes, and a pod that keeps its volume. That makes 514 MiB.
fn platform(budget: &str) -> String {
    format!(
        "x-environments:
  local:
    cluster: eks
    namespace: agreement
    memory: {{budget: {budget}}}
    nodes: 3
    kind: {{name: agreement, workers: 1}}
services:
  db:
    image: \"example/db:1.0\"
    mem_limit: 100m
    ports: [\"5432\"]
    volumes: [\"data:/data\"]
    healthcheck: {{test: [CMD, \"true\"]}}
  agent: {{image: \"example/agent:1.0\", mem_limit: 10m, deploy: {{mode: global}}}}
  rides:
    image: \"example/rides:1.0\"
    mem_limit: 48m
    ports: [\"8080\"]
    depends_on: {{db: {{condition: service_healthy}}}}
    x-replicas: {{local: 4}}
    x-patches:
      local: {{spec: {{strategy: {{type: RollingUpdate, rollingUpdate: {{maxSurge: 50%}}}}}}}}
volumes: {{data: }}
"
    )
}

/// A project with one overlay, and its specification.
struct Project {
    folder: tempfile::TempDir,
    kubectl: PathBuf,
    overlay: &'static str,
}

impl Project {
    /// `None` where kubectl is not installed; the skip has been counted.
    fn new(objects: &str, specification: &str) -> Option<Self> {
        let kubectl = peers::find("PEER_KUBECTL")?;
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let kustomization = "namespace: agreement\nresources: [all.yaml]\n";
        write("overlays/local/kustomization.yaml", kustomization);
        write("overlays/local/all.yaml", objects);
        write("spec/platform.yaml", specification);
        write("kind.yaml", KIND);
        write(".kustomize-lint.toml", "specification = \"spec\"\n");
        Some(Project { folder, kubectl, overlay: "overlays/local" })
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Run {
        let kubectl = self.kubectl.parent().unwrap().display();
        let path = format!("{kubectl}:{}", std::env::var("PATH").unwrap_or_default());
        let mut command = tool(name);
        run(command.args(arguments).current_dir(self.folder.path()).env("PATH", path))
    }

    fn lint(&self) -> Run {
        self.run("kustomize-lint", &[self.overlay])
    }

    fn budget(&self) -> Run {
        self.run("kustomize-lint", &["budget", self.overlay])
    }

    fn deploy(&self) -> Run {
        let overlay = ["--overlay", self.overlay, "--kind-config", "kind.yaml"];
        let arguments = ["deploy", "--dry-run", "--no-image-check", "--spec", "spec"];
        self.run("kind-cluster", &[arguments.as_slice(), &overlay].concat())
    }

    fn generate(&self) -> Run {
        let out = self.path("out");
        self.run("compose-gen", &["generate", "--spec", "spec", "--out", &out])
    }

    /// Writes the amounts of `{budget: 10g, reserved: 1g}` into the configuration of kustomize-lint.
    fn configure(&self, memory: &str) {
        let mut text = format!("[[environment]]\npath = {:?}\n", self.overlay);
        for pair in memory.trim_matches(['{', '}']).split(", ") {
            let (key, amount) = pair.split_once(": ").expect("a key and an amount");
            text.push_str(&format!("{key} = {amount:?}\n"));
        }
        fs::write(self.path(".kustomize-lint.toml"), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        Path::new(self.folder.path()).join(name).display().to_string()
    }
}

/// Asserts that every tool finds the budget exceeded, or that every tool finds that all fits.
#[track_caller]
fn every_budget(project: &Project, fits: bool) {
    let runs = [project.budget(), project.deploy(), project.generate()];
    let answers: Vec<bool> = runs
        .iter()
        .map(|run| {
            let text = format!("{}{}", run.stdout, run.stderr);
            // Other problems of the tools are no answer to the question about the budget.
            assert!(!text.contains("bad-quantity"), "{}", run.transcript(&[]));
            !(text.contains("too much") || text.contains("over-budget"))
        })
        .collect();
    let shown: Vec<String> = runs.iter().map(|run| run.transcript(&[])).collect();
    assert_eq!(answers, [fits; 3], "{}", shown.join("\n===\n"));
}

/// The question to each tool with the specification, and to kustomize-lint with the same texts in its
/// configuration.
#[track_caller]
fn budget(memory: &str, fits: bool) {
    let objects = deployment("");
    let Some(project) = Project::new(&objects, &specification(memory)) else { return };
    every_budget(&project, fits);
    project.configure(memory);
    let run = project.budget();
    assert_eq!(!run.stdout.contains("too much"), fits, "{}", run.transcript(&[]));
    assert_eq!(run.status, i32::from(!fits), "{}", run.transcript(&[]));
}

/// Asserts that no tool takes the text for an amount of memory.
#[track_caller]
fn refused(amount: &str) {
    let memory = format!("{{budget: {amount}}}");
    let Some(project) = Project::new(&deployment(""), &specification(&memory)) else { return };
    for run in [project.budget(), project.deploy(), project.generate()] {
        assert_eq!(run.status, 2, "{}", run.transcript(&[]));
        assert!(run.stderr.contains("spec/platform.yaml:5:22"), "{}", run.transcript(&[]));
    }
    project.configure(&memory.replace('"', ""));
    let run = project.budget();
    assert_eq!(run.status, 2, "{}", run.transcript(&[]));
    assert!(run.stderr.contains(".kustomize-lint.toml:3:10"), "{}", run.transcript(&[]));
}

#[test]
fn a_surge_pod_counts_in_every_budget() {
    budget("{budget: 1g}", false);
}

#[test]
fn a_budget_with_room_for_the_surge_pod_fits_in_every_tool() {
    budget("{budget: 1200m}", true);
}

#[test]
fn a_budget_may_be_written_as_kubernetes_does() {
    budget("{budget: 10Gi, reserved: 1Gi}", true);
}

#[test]
fn a_budget_may_be_written_as_compose_does() {
    budget("{budget: 1t, reserved: 1g}", true);
}

#[test]
fn a_capital_letter_is_the_same_unit() {
    budget("{budget: 2G, reserved: 849M}", false);
}

#[test]
fn nothing_may_be_reserved() {
    budget("{budget: 10g, reserved: 0}", true);
}

#[test]
fn a_number_is_bytes() {
    budget("{budget: 1300000000, reserved: 1000}", true);
}

#[test]
fn an_exponent_is_refused_by_every_tool() {
    refused("1e9");
}

#[test]
fn an_exponent_in_quotes_is_refused_by_every_tool() {
    refused("\"1e9\"");
}

#[test]
fn thousandths_of_a_byte_are_refused_by_every_tool() {
    refused("1000000000000000n");
}

#[test]
fn no_amount_of_memory_is_refused_by_every_tool() {
    let Some(project) = Project::new(&deployment(""), &specification("{budget: plenty}")) else {
        return;
    };
    for run in [project.budget(), project.deploy(), project.generate()] {
        assert_eq!(run.status, 2, "{}", run.transcript(&[]));
        let message = "error[bad-quantity]: \"plenty\" is not an amount of memory";
        assert!(run.stderr.contains(message), "{}", run.transcript(&[]));
        assert!(run.stderr.contains("write it like 10g, 512m or 10Gi"), "{}", run.transcript(&[]));
    }
}

/// The overlay that compose-gen makes, against a budget that was changed afterwards.
fn generated(budget: &str, fits: bool) {
    let Some(mut project) = Project::new("", &platform("10g")) else { return };
    project.generate().expect(0);
    project.overlay = "out/kubernetes/overlays/local";
    fs::write(project.path("spec/platform.yaml"), platform(budget)).unwrap();
    every_budget(&project, fits);
}

#[test]
fn a_generated_overlay_needs_what_its_specification_said() {
    generated("514m", true);
}

#[test]
fn a_generated_overlay_does_not_need_less() {
    generated("513m", false);
}

/// Asserts that both tools miss the object, or that neither does.
#[track_caller]
fn missing(objects: &str, kind: &str, name: &str, is_missing: bool) {
    let specification = specification("{budget: 10g}");
    let Some(project) = Project::new(objects, &specification) else { return };
    let (lint, deploy) = (project.lint(), project.deploy());
    let answers = [
        lint.stdout.contains(&format!("there is no {kind} {name}")),
        deploy.stderr.contains(&format!("{kind}/{name}, which is not in the overlay")),
    ];
    let shown = format!("{}\n===\n{}", lint.transcript(&[]), deploy.transcript(&[]));
    assert_eq!(answers, [is_missing; 2], "{shown}");
}

#[test]
fn a_pod_needs_its_image_pull_secret() {
    let objects = deployment("      imagePullSecrets: [{name: registry}]\n");
    missing(&objects, "Secret", "registry", true);
}

#[test]
fn an_image_pull_secret_of_the_overlay_is_found() {
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: registry}\n\
                  type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{}'}\n";
    let objects = deployment("      imagePullSecrets: [{name: registry}]\n") + secret;
    missing(&objects, "Secret", "registry", false);
}

#[test]
fn a_service_account_needs_its_image_pull_secret() {
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: rides}\n\
                   imagePullSecrets: [{name: registry}]\n";
    let objects = deployment("      serviceAccountName: rides\n") + account;
    missing(&objects, "Secret", "registry", true);
}

#[test]
fn an_optional_reference_is_no_need() {
    let volume = "      volumes: [{name: v, secret: {secretName: maybe, optional: true}}]\n";
    missing(&deployment(volume), "Secret", "maybe", false);
}

#[test]
fn a_projected_volume_needs_its_config_map() {
    let volume = "      volumes:\n      - name: v\n        projected: {sources: [{configMap: {name: settings}}]}\n";
    missing(&deployment(volume), "ConfigMap", "settings", true);
}

#[test]
fn the_cluster_brings_its_own_certificate_and_account() {
    let volume = "      serviceAccountName: default\n      volumes:\n      - {name: v, configMap: {name: kube-root-ca.crt}}\n";
    missing(&deployment(volume), "ConfigMap", "kube-root-ca.crt", false);
}

#[test]
fn a_claim_of_a_stateful_set_comes_with_its_pods() {
    let database = "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  \
                    selector: {matchLabels: {app: db}}\n  serviceName: db\n  template:\n    \
                    metadata: {labels: {app: db}}\n    spec: {containers: [{name: db, image: \"db:1.0\", resources: {limits: {memory: 1Mi}}}]}\n  \
                    volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]\n";
    let volume = "      volumes: [{name: v, persistentVolumeClaim: {claimName: data-db-0}}]\n";
    let objects = deployment(volume) + database;
    missing(&objects, "PersistentVolumeClaim", "data-db-0", false);
}

/// A RoleBinding of a Role to an account, each with what it is called.
fn binding(kind: &str, role: &str, account: &str) -> String {
    format!(
        "---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: rides}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: {role}}}
subjects: [{{kind: ServiceAccount, name: {account}, namespace: agreement}}]
"
    )
}

#[test]
fn a_role_binding_needs_its_service_account() {
    let objects = deployment("") + &binding("ClusterRole", "view", "rider");
    missing(&objects, "ServiceAccount", "rider", true);
}

#[test]
fn a_role_binding_may_be_for_the_account_of_the_namespace() {
    let objects = deployment("") + &binding("ClusterRole", "view", "default");
    missing(&objects, "ServiceAccount", "default", false);
}

#[test]
fn a_service_account_of_the_overlay_is_found_by_its_binding() {
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: rider}\n";
    let objects = deployment("") + &binding("ClusterRole", "view", "rider") + account;
    missing(&objects, "ServiceAccount", "rider", false);
}

#[test]
fn a_role_binding_needs_its_role() {
    let objects = deployment("") + &binding("Role", "reader", "default");
    missing(&objects, "Role", "reader", true);
}

#[test]
fn a_role_binding_needs_its_cluster_role() {
    let objects = deployment("") + &binding("ClusterRole", "reader", "default");
    missing(&objects, "ClusterRole", "reader", true);
}

#[test]
fn a_role_that_every_cluster_has_is_no_need() {
    let objects = deployment("") + &binding("ClusterRole", "view", "default");
    missing(&objects, "ClusterRole", "view", false);
}

/// An Ingress with a certificate and a Service behind it.
const INGRESS: &str = "---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  tls: [{hosts: [shop.example.com], secretName: web-tls}]
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
";

#[test]
fn an_ingress_needs_its_certificate() {
    missing(&(deployment("") + INGRESS), "Secret", "web-tls", true);
}

#[test]
fn an_ingress_needs_its_service() {
    missing(&(deployment("") + INGRESS), "Service", "web", true);
}

#[test]
fn the_service_of_an_ingress_is_found() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  \
                   selector: {app: rides}\n  ports: [{port: 80}]\n";
    missing(&(deployment("") + INGRESS + service), "Service", "web", false);
}

#[test]
fn an_ingress_needs_the_port_of_its_service() {
    for (port, is_missing) in [("80", false), ("81", true)] {
        let service = format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  \
             selector: {{app: rides}}\n  ports: [{{port: {port}}}]\n"
        );
        let objects = deployment("") + INGRESS + &service;
        let Some(project) = Project::new(&objects, &specification("{budget: 10g}")) else { return };
        let (lint, deploy) = (project.lint(), project.deploy());
        let answers = [
            lint.stdout.contains("has no port 80"),
            deploy.stderr.contains("Ingress/web needs port 80 of Service/web"),
        ];
        let shown = format!("{}\n===\n{}", lint.transcript(&[]), deploy.transcript(&[]));
        assert_eq!(answers, [is_missing; 2], "{shown}");
    }
}

#[test]
fn a_certificate_of_cert_manager_makes_its_secret() {
    let certificate = "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n\
                       spec: {secretName: web-tls, dnsNames: [shop.example.com], issuerRef: {name: ca}}\n";
    missing(&(deployment("") + INGRESS + certificate), "Secret", "web-tls", false);
}

#[test]
fn cert_manager_makes_the_secret_of_an_ingress_with_its_annotation() {
    let annotated = "metadata: {name: web, annotations: {cert-manager.io/issuer: ca}}";
    let ingress = INGRESS.replace("metadata: {name: web}", annotated);
    missing(&(deployment("") + &ingress), "Secret", "web-tls", false);
}

#[test]
fn an_ingress_of_the_aws_controller_needs_no_secret() {
    let ingress = INGRESS.replace("\nspec:\n", "\nspec:\n  ingressClassName: alb\n");
    missing(&(deployment("") + &ingress), "Secret", "web-tls", false);
}

/// A Gateway with a certificate.
const GATEWAY: &str = "---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: envoy
  listeners:
  - {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: edge-tls}]}}
";

#[test]
fn a_gateway_needs_its_certificate() {
    missing(&(deployment("") + GATEWAY), "Secret", "edge-tls", true);
}

#[test]
fn a_certificate_of_the_overlay_is_found_by_its_gateway() {
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: edge-tls}\n\
                  type: kubernetes.io/tls\nstringData: {tls.crt: a, tls.key: b}\n";
    missing(&(deployment("") + GATEWAY + secret), "Secret", "edge-tls", false);
}

/// A route behind a Gateway and before a Service.
const ROUTE: &str = "---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: edge}]
  rules:
  - backendRefs: [{name: web, port: 80}]
    filters: [{type: RequestMirror, requestMirror: {backendRef: {name: shadow, port: 80}}}]
";

#[test]
fn a_route_needs_its_gateway() {
    missing(&(deployment("") + ROUTE), "Gateway", "edge", true);
}

#[test]
fn a_route_needs_its_service() {
    missing(&(deployment("") + ROUTE), "Service", "web", true);
}

#[test]
fn a_route_needs_the_service_that_gets_copies() {
    missing(&(deployment("") + ROUTE), "Service", "shadow", true);
}

#[test]
fn a_gateway_of_the_overlay_is_found_by_its_route() {
    missing(&(deployment("") + ROUTE + GATEWAY), "Gateway", "edge", false);
}

/// A pod that reads a Secret which another object may make.
fn with_login(more: &str) -> String {
    let volume = "      volumes: [{name: v, secret: {secretName: login}}]\n";
    deployment(volume) + "---\n" + more
}

/// An ExternalSecret from a store.
fn external(policy: &str, store: &str) -> String {
    format!(
        "apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: rides-login}}
spec:
  secretStoreRef: {{kind: {store}, name: vault}}
  target: {{name: login, creationPolicy: {policy}}}
  data: [{{secretKey: PASSWORD, remoteRef: {{key: rides}}}}]
"
    )
}

#[test]
fn an_external_secret_makes_its_secret() {
    missing(&with_login(&external("Owner", "SecretStore")), "Secret", "login", false);
}

#[test]
fn an_external_secret_that_merges_makes_none() {
    missing(&with_login(&external("Merge", "SecretStore")), "Secret", "login", true);
}

#[test]
fn a_sealed_secret_makes_its_secret() {
    let sealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: login}\n\
                  spec: {encryptedData: {PASSWORD: AgBy}}\n";
    missing(&with_login(sealed), "Secret", "login", false);
}

#[test]
fn an_external_secret_needs_its_store() {
    missing(&with_login(&external("Owner", "SecretStore")), "SecretStore", "vault", true);
}

#[test]
fn an_external_secret_needs_its_store_of_the_cluster() {
    let objects = with_login(&external("Owner", "ClusterSecretStore"));
    missing(&objects, "ClusterSecretStore", "vault", true);
}

#[test]
fn a_store_of_the_cluster_is_found() {
    let store = "---\napiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\n\
                 metadata: {name: vault}\nspec: {provider: {fake: {data: []}}}\n";
    let objects = with_login(&external("Owner", "ClusterSecretStore")) + store;
    missing(&objects, "ClusterSecretStore", "vault", false);
}

#[test]
fn a_secret_store_needs_its_credentials() {
    let store = "---\napiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: vault}\n\
                 spec: {provider: {aws: {service: SecretsManager, auth: {secretRef: {accessKeyIDSecretRef: {name: aws-key, key: id}}}}}}\n";
    missing(&(deployment("") + store), "Secret", "aws-key", true);
}
