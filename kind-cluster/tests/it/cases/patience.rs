//! Faults that pass, faults that do not, and the reason of every timeout.

use super::*;

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_container_that_starts_at_the_third_time_is_waited_for() {
    let Some(case) = Case::new("third") else { return };
    let script = format!(
        "n=$(cat /data/n 2>/dev/null || echo 0); echo $((n+1)) >/data/n; [ $n -ge 2 ] || exit 1; {RUNS}"
    );
    let mut app = workload("Deployment", "app", &script);
    let pod = &mut app["spec"]["template"]["spec"];
    pod["volumes"] = json!([{"name": "data", "emptyDir": {}}]);
    pod["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    case.deploy(&[app], &[]).expect(0);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn restarts_are_tolerated_up_to_a_number() {
    let Some(case) = Case::new("restarts") else { return };
    let crashes = [workload("Deployment", "crashes", "echo no; exit 7")];
    let failed = case.deploy(&crashes, &["--tolerate-restarts", "0"]).expect(1);
    says(&failed, &["error[crash-loop]", "last exit status 7", "log crashes-"]);
    let late = case.deploy(&crashes, &["--timeout", "4s"]).expect(3);
    says(&late, &["error[not-ready]: Deployment/crashes", "has ended again", "log crashes-"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn room_that_a_pod_which_goes_still_takes_is_waited_for() {
    let Some(case) = Case::new("busy") else { return };
    let sized = |name: &str, script: &str| {
        let mut object = workload("Deployment", name, script);
        let node: Value =
            serde_json::from_str(&case.bench.kubectl(&["get", "nodes", "--output=json"])).unwrap();
        let cpus = node["items"][0]["status"]["allocatable"]["cpu"].as_str().unwrap();
        let most = format!("{}m", cpus.parse::<u64>().unwrap() * 1000 * 6 / 10);
        let pod = &mut object["spec"]["template"]["spec"];
        pod["terminationGracePeriodSeconds"] = 25.into();
        pod["containers"][0]["resources"]["requests"] = json!({"cpu": most, "memory": "8Mi"});
        object
    };
    case.deploy(&[sized("first", "trap '' TERM; while :; do sleep 1; done")], &[]).expect(0);
    case.kubectl(&["delete", "deployment", "first", "--wait=false"]);
    let done = case.deploy(&[sized("second", RUNS)], &[]).expect(0);
    says(&done, &["no node yet: Unschedulable"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_service_of_workloads_at_zero_is_not_waited_for() {
    let Some(case) = Case::new("zero") else { return };
    let mut web = workload("Deployment", "web", RUNS);
    web["spec"]["replicas"] = 0.into();
    let done = case.deploy(&[web, service("web")], &[]).expect(0);
    says(&done, &["no endpoint: Deployment/web has 0 replicas"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_deadline_names_the_quota() {
    let Some(case) = Case::new("quota") else { return };
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"},
                       "spec": {"hard": {"pods": "0"}}});
    let web = workload("Deployment", "web", RUNS);
    let late = case.deploy(&[quota, web], &["--timeout", "8s"]).expect(3);
    says(&late, &["Deployment/web is not ready", "exceeded quota: q"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_deadline_names_the_security_context() {
    let Some(case) = Case::new("nonroot") else { return };
    let mut web = workload("Deployment", "web", RUNS);
    web["spec"]["template"]["spec"]["securityContext"] = json!({"runAsNonRoot": true});
    let late = case.deploy(&[web], &["--timeout", "8s"]).expect(3);
    says(&late, &["CreateContainerConfigError in container main", "runAsNonRoot"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_deadline_names_the_probe_and_shows_the_log() {
    let Some(case) = Case::new("probe") else { return };
    let mut web = workload("Deployment", "web", &format!("echo listening elsewhere; {RUNS}"));
    web["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = json!({
        "exec": {"command": ["sh", "-c", "echo no route; exit 1"]}, "periodSeconds": 1});
    let late = case.deploy(&[web], &["--timeout", "10s"]).expect(3);
    says(
        &late,
        &["running, not ready yet", "Readiness probe failed: no route", "listening elsewhere"],
    );
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_deadline_names_the_missing_room() {
    let Some(case) = Case::new("room") else { return };
    let mut web = workload("Deployment", "web", RUNS);
    web["spec"]["template"]["spec"]["affinity"] = json!({"nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions":
            [{"key": "no", "operator": "In", "values": ["where"]}]}]}}});
    let late = case.deploy(&[web], &["--timeout", "5s"]).expect(3);
    says(&late, &["no node yet: Unschedulable", "affinity"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_paused_deployment_is_said_at_once() {
    let Some(case) = Case::new("paused") else { return };
    let mut web = workload("Deployment", "web", RUNS);
    web["spec"]["paused"] = true.into();
    let failed = case.deploy(&[web], &[]).expect(1);
    says(&failed, &["error[failed]: Deployment/web", "paused"]);
}

fn widgets() -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.tests.example"},
        "spec": {"group": "tests.example", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_custom_resource_that_is_not_ready_is_said_by_deploy_and_status() {
    let Some(case) = Case::new("widget") else { return };
    let widget = json!({"apiVersion": "tests.example/v1", "kind": "Widget",
                        "metadata": {"name": "w"}, "spec": {"size": 1}});
    case.deploy(&[widgets(), widget.clone()], &[]).expect(0);
    let status = json!({"conditions": [{"type": "Ready", "status": "False",
        "reason": "NoBackend", "message": "backend is not there"}]});
    case.patch_status("widget", "w", &status);
    let late = case.deploy(&[widgets(), widget], &["--timeout", "3s"]).expect(3);
    says(&late, &["Widget/w is not ready: NoBackend: backend is not there"]);
    let status = case.tool(&["status"]);
    says(&status, &["Widget/w (widget)[not-ready]: NoBackend"]);
}

/// Definitions of Gateway API's kinds, as a server needs them to keep such objects.
fn gateway_api() -> Vec<Value> {
    let kind = |kind: &str, version: &str, scope: &str| {
        let singular = kind.to_lowercase();
        let plural = format!("{singular}{}", if kind.ends_with('s') { "es" } else { "s" });
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.gateway.networking.k8s.io"),
                         "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"}},
            "spec": {"group": "gateway.networking.k8s.io", "scope": scope,
                "names": {"kind": kind, "plural": plural, "singular": singular, "listKind": format!("{kind}List")},
                "versions": [{"name": version, "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
    };
    let mut all = vec![kind("GatewayClass", "v1", "Cluster"), kind("Gateway", "v1", "Namespaced")];
    all.extend(ROUTES.map(|(name, version)| kind(name, version, "Namespaced")));
    all
}

const ROUTES: [(&str, &str); 5] = [
    ("HTTPRoute", "v1"),
    ("GRPCRoute", "v1"),
    ("TLSRoute", "v1alpha3"),
    ("TCPRoute", "v1alpha2"),
    ("UDPRoute", "v1alpha2"),
];

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn routes_of_every_protocol_wait_for_their_gateway() {
    let Some(case) = Case::new("routes") else { return };
    let of = |kind: &str, version: &str, name: &str, spec: Value| {
        json!({"apiVersion": format!("gateway.networking.k8s.io/{version}"), "kind": kind,
               "metadata": {"name": name}, "spec": spec})
    };
    let class = of("GatewayClass", "v1", "tests", json!({"controllerName": "tests.example/none"}));
    let mut objects = gateway_api();
    objects.push(of("Gateway", "v1", "door", json!({"gatewayClassName": "tests"})));
    let parents = json!({"parentRefs": [{"name": "door"}]});
    objects.extend(ROUTES.map(|(kind, version)| of(kind, version, "way", parents.clone())));
    // Without the class nobody will ever answer, and that is said by name.
    let skipped = case.deploy(&objects, &[]).expect(0);
    for (kind, _) in ROUTES {
        let row = skipped.stdout.lines().find(|line| line.contains(&format!("{kind}/way")));
        let row = row.unwrap_or_else(|| panic!("{kind}: {}", skipped.stdout));
        assert!(row.contains("skipped") && row.contains("there is no GatewayClass/tests"), "{row}");
    }
    objects.push(class);
    let overlay = case.overlay("one", &objects);
    let apply = case.run(&overlay, &["--timeout", "3s"]).expect(3);
    says(&apply, &["GatewayClass/tests is not ready: not Accepted yet"]);
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": "said",
               "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"})
    };
    let accepted = condition("Accepted", "True", "Accepted");
    case.patch_status("gatewayclass", "tests", &json!({"conditions": [accepted]}));
    let programmed = condition("Programmed", "True", "Programmed");
    case.patch_status("gateway", "door", &json!({"conditions": [accepted, programmed]}));
    let late = case.run(&overlay, &["--timeout", "3s"]).expect(3);
    for (kind, _) in ROUTES {
        says(&late, &[&format!("{kind}/way is not ready: Gateway/door has not answered yet")]);
    }
    let resolve = |references: Value| {
        for (kind, _) in ROUTES {
            case.patch_status(
                kind,
                "way",
                &json!({"parents": [{"parentRef": {"name": "door"}, "controllerName": "t/t",
                                    "conditions": [accepted, references]}]}),
            );
        }
    };
    resolve(condition("ResolvedRefs", "False", "BackendNotFound"));
    let failed = case.run(&overlay, &[]).expect(1);
    let status = case.tool(&["status"]);
    for (kind, _) in ROUTES {
        says(&failed, &[&format!("{kind}/way"), "BackendNotFound"]);
        says(
            &status,
            &[&format!("{kind}/way (routes)[failed]: Gateway/door: ResolvedRefs is False")],
        );
    }
    resolve(condition("ResolvedRefs", "True", "ResolvedRefs"));
    case.run(&overlay, &[]).expect(0);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_ingress_without_a_controller_is_said_with_its_class() {
    let Some(case) = Case::new("ingress") else { return };
    let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "way"},
        "spec": {"ingressClassName": "none-of-that-name", "defaultBackend":
            {"service": {"name": "web", "port": {"number": 80}}}}});
    let web = workload("Deployment", "web", RUNS);
    let done = case.deploy(&[ingress, web, service("web")], &[]).expect(0);
    says(&done, &["no ingress controller: there is no IngressClass/none-of-that-name"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_deployment_at_zero_is_ready_at_once() {
    let Some(case) = Case::new("nought") else { return };
    let kinds = ["Deployment", "StatefulSet"].map(|kind| {
        let mut object = workload(kind, &kind.to_lowercase(), RUNS);
        object["spec"]["replicas"] = 0.into();
        object
    });
    let mut all = kinds.to_vec();
    all[1]["spec"]["serviceName"] = "deployment".into();
    all.push(service("deployment"));
    let done = case.deploy(&all, &["--timeout", "30s"]).expect(0);
    says(&done, &["no endpoint: Deployment/deployment has 0 replicas"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_unknown_kind_is_waited_for_until_its_controller_has_seen_the_change() {
    let Some(case) = Case::new("stale") else { return };
    let widget = |size: u64| {
        json!({"apiVersion": "tests.example/v1", "kind": "Widget",
               "metadata": {"name": "w"}, "spec": {"size": size}})
    };
    let quiet = case.deploy(&[widgets(), widget(1)], &[]).expect(0);
    says(&quiet, &["no condition tells whether it is ready"]);
    let status = json!({"conditions": [{"type": "Ready", "status": "True", "reason": "Done",
        "message": "", "observedGeneration": 1}]});
    case.patch_status("widget", "w", &status);
    case.deploy(&[widgets(), widget(1)], &[]).expect(0);
    let late = case.deploy(&[widgets(), widget(2)], &["--timeout", "3s"]).expect(3);
    says(&late, &["Widget/w is not ready: its controller has not seen the change yet"]);
}

/// Kubernetes replaces no pod of a StatefulSet before the pod is ready, not even by one of a mended template.
#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_mended_stateful_set_gets_rid_of_the_pods_that_never_became_ready() {
    let Some(case) = Case::new("mended") else { return };
    let store = |image: &str| {
        let mut store = workload("StatefulSet", "store", RUNS);
        store["spec"].as_object_mut().unwrap().remove("serviceName");
        let container = &mut store["spec"]["template"]["spec"]["containers"][0];
        container["image"] = image.into();
        container["imagePullPolicy"] = "Never".into();
        store
    };
    case.deploy(&[store("busybox:1")], &[]).expect(0);
    let failed = case.deploy(&[store("nobody/none:1")], &[]).expect(1);
    says(&failed, &["error[image]: StatefulSet/store"]);
    case.deploy(&[store("busybox:1")], &["--timeout", "30s"]).expect(0);
    case.deploy(&[store("nobody/none:1")], &[]).expect(1);
    case.on_overlay(&["rollback", "store"]).expect(0);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_deadline_names_the_class_that_is_missing_and_the_init_container_that_does_not_end() {
    let Some(case) = Case::new("causes") else { return };
    let mut web = workload("Deployment", "web", RUNS);
    let mut init = web["spec"]["template"]["spec"]["containers"][0].clone();
    init["name"] = "first".into();
    init["command"] = json!(["sh", "-c", format!("echo store does not answer; {RUNS}")]);
    web["spec"]["template"]["spec"]["initContainers"] = json!([init]);
    let mut data = claim("data", "1Gi", "ReadWriteOnce");
    data["spec"]["storageClassName"] = "fast".into();
    let late = case.deploy(&[web, data], &["--timeout", "10s"]).expect(3);
    says(
        &late,
        &[
            "PersistentVolumeClaim/data is not ready: not bound yet: there is no StorageClass/fast",
            "init container first has not ended yet",
            "first: store does not answer",
        ],
    );
}

/// As the pods of a node that is gone, too.
#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_deadline_names_the_pod_that_does_not_go() {
    let Some(case) = Case::new("stays") else { return };
    let store = |value: &str| {
        let mut store = workload("StatefulSet", "store", RUNS);
        store["spec"].as_object_mut().unwrap().remove("serviceName");
        store["spec"]["template"]["metadata"]["finalizers"] = json!(["tests.example/hold"]);
        store["spec"]["template"]["spec"]["containers"][0]["env"] =
            json!([{"name": "STEP", "value": value}]);
        store
    };
    case.deploy(&[store("one")], &[]).expect(0);
    let late = case.deploy(&[store("two")], &["--timeout", "12s"]).expect(3);
    says(&late, &["pod store-0: terminating, held by the finalizer tests.example/hold"]);
    let free = "{\"metadata\":{\"finalizers\":null}}";
    case.kubectl(&["patch", "pod", "store-0", "--type=merge", "--patch", free]);
    case.deploy(&[store("two")], &[]).expect(0);
    case.kubectl(&["patch", "pod", "store-0", "--type=merge", "--patch", free]);
}
