//! The kinds that are no workloads.

use serde_json::{Value, json};

use super::{State, World, assess, conditions, object, table};

#[test]
fn claims() {
    let claim = |phase: &str| {
        object("v1", "PersistentVolumeClaim", "c", json!({"status": {"phase": phase}}))
    };
    let mut class = object(
        "storage.k8s.io/v1",
        "StorageClass",
        "standard",
        json!({
        "metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "volumeBindingMode": "WaitForFirstConsumer"}),
    );
    class["metadata"].as_object_mut().unwrap().remove("namespace");
    let mut at_once = class.clone();
    at_once["volumeBindingMode"] = json!("Immediate");
    let pod = |phase: &str| {
        object(
            "v1",
            "Pod",
            "p",
            json!({"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "c"}}]},
                                        "status": {"phase": phase}}),
        )
    };
    let of = |class: &str| {
        let mut claim = claim("Pending");
        claim["spec"]["storageClassName"] = class.into();
        claim
    };
    let mut no_default = class.clone();
    no_default["metadata"].as_object_mut().unwrap().remove("annotations");
    table(&[
        ("class", of("fast"), vec![class.clone()], ("waiting", "there is no StorageClass/fast")),
        (
            "no class",
            of(""),
            vec![class.clone()],
            ("waiting", "no PersistentVolume without a class fits"),
        ),
        ("default", claim("Pending"), vec![no_default], ("waiting", "there is no default one")),
        ("unread classes", of("fast"), vec![], ("waiting", "not bound yet")),
        ("bound", claim("Bound"), vec![], ("ready", "")),
        ("lost", claim("Lost"), vec![], ("failed", "Lost")),
        ("unused is not pending", claim("Pending"), vec![class.clone()], ("skipped", "unused")),
        ("used", claim("Pending"), vec![class.clone(), pod("Pending")], ("waiting", "not bound")),
        (
            "used by one that has ended",
            claim("Pending"),
            vec![class, pod("Succeeded")],
            ("skipped", "unused"),
        ),
        ("bound at once", claim("Pending"), vec![at_once], ("waiting", "not bound")),
    ]);
}

#[test]
fn services() {
    let service = |spec| object("v1", "Service", "s", json!({"spec": spec}));
    let selects = || service(json!({"selector": {"app": "s"}}));
    let slice = |endpoints: Value| {
        object(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            "s-1",
            json!({
            "metadata": {"labels": {"kubernetes.io/service-name": "s"}}, "endpoints": endpoints}),
        )
    };
    table(&[
        ("no slice", selects(), vec![], ("waiting", "no ready endpoint")),
        (
            "nobody ready",
            selects(),
            vec![slice(json!([{"conditions": {"ready": false}}]))],
            ("waiting", "no ready endpoint"),
        ),
        (
            "one ready",
            selects(),
            vec![slice(json!([{"conditions": {"ready": false}}, {"conditions": {"ready": true}}]))],
            ("ready", ""),
        ),
        ("unsaid is ready", selects(), vec![slice(json!([{"conditions": {}}]))], ("ready", "")),
        ("selects nothing", service(json!({})), vec![], ("ready", "")),
        (
            "a name elsewhere",
            service(json!({"type": "ExternalName", "selector": {"a": "b"}})),
            vec![],
            ("ready", ""),
        ),
    ]);
}

#[test]
fn definitions() {
    let crd = |all: &[(&str, &str, &str)]| {
        object(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "things.g",
            json!({
            "spec": {"group": "g", "names": {"kind": "Thing"}}, "status": {"conditions": conditions(all)}}),
        )
    };
    let established = [("NamesAccepted", "True", ""), ("Established", "True", "")];
    table(&[
        ("new", crd(&[]), vec![], ("waiting", "not Established")),
        ("not in discovery", crd(&established), vec![], ("waiting", "discovery")),
        (
            "names taken",
            crd(&[("NamesAccepted", "False", "KindConflict")]),
            vec![],
            ("failed", "KindConflict"),
        ),
    ]);
    let mut world = World::default();
    world.served.insert(("g".into(), "Thing".into()));
    assert_eq!(assess(&crd(&established), &world), State::Ready);
}

const GATEWAY: &str = "gateway.networking.k8s.io/v1";

fn class(all: &[(&str, &str, &str)]) -> Value {
    let mut class = object(
        GATEWAY,
        "GatewayClass",
        "envoy",
        json!({"status": {"conditions": conditions(all)}}),
    );
    class["metadata"].as_object_mut().unwrap().remove("namespace");
    class
}

fn current(all: &[(&str, &str, &str)], generation: i64) -> Value {
    let mut list = conditions(all);
    for condition in list.as_array_mut().into_iter().flatten() {
        condition["observedGeneration"] = json!(generation);
    }
    list
}

#[test]
fn gateway_classes() {
    table(&[
        ("accepted", class(&[("Accepted", "True", "Accepted")]), vec![], ("ready", "")),
        ("nobody yet", class(&[]), vec![], ("waiting", "not Accepted")),
        (
            "pending",
            class(&[("Accepted", "False", "Pending")]),
            vec![],
            ("waiting", "not Accepted"),
        ),
        (
            "refused",
            class(&[("Accepted", "False", "InvalidParameters")]),
            vec![],
            ("failed", "InvalidParameters"),
        ),
    ]);
}

#[test]
fn gateways() {
    let accepted = || vec![class(&[("Accepted", "True", "Accepted")])];
    let gateway = |list: Value| {
        object(
            GATEWAY,
            "Gateway",
            "g",
            json!({"spec": {"gatewayClassName": "envoy"}, "status": {"conditions": list}}),
        )
    };
    let both = [("Accepted", "True", ""), ("Programmed", "True", "")];
    let mut listener = gateway(current(&both, 2));
    listener["status"]["listeners"] = json!([{"name": "https", "conditions": conditions(&[("ResolvedRefs", "False", "InvalidCertificateRef")])}]);
    table(&[
        ("programmed", gateway(current(&both, 2)), accepted(), ("ready", "")),
        (
            "of an older generation",
            gateway(current(&both, 1)),
            accepted(),
            ("waiting", "not Accepted"),
        ),
        (
            "not programmed",
            gateway(current(&both[..1], 2)),
            accepted(),
            ("waiting", "not Programmed"),
        ),
        (
            "refused",
            gateway(current(&[("Accepted", "False", "Invalid")], 2)),
            accepted(),
            ("failed", "Invalid"),
        ),
        (
            "not looked at",
            gateway(current(&[("Accepted", "False", "Pending")], 2)),
            accepted(),
            ("waiting", "Pending"),
        ),
        ("a listener", listener, accepted(), ("failed", "listener https")),
        ("no class", gateway(json!([])), vec![], ("skipped", "no GatewayClass/envoy")),
        (
            "no controller",
            gateway(json!([])),
            vec![class(&[("Accepted", "Unknown", "Pending")])],
            ("skipped", "no controller"),
        ),
    ]);
}

#[test]
fn routes() {
    for (version, kind) in [
        ("v1", "HTTPRoute"),
        ("v1", "GRPCRoute"),
        ("v1alpha3", "TLSRoute"),
        ("v1", "TLSRoute"),
        ("v1alpha2", "TCPRoute"),
        ("v1alpha2", "UDPRoute"),
    ] {
        routes_of(&format!("gateway.networking.k8s.io/{version}"), kind);
    }
}

fn routes_of(version: &str, kind: &str) {
    let gateway = object(GATEWAY, "Gateway", "g", json!({"spec": {"gatewayClassName": "envoy"}}));
    let around = || vec![class(&[("Accepted", "True", "Accepted")]), gateway.clone()];
    let route = |parents: Value| {
        object(
            version,
            kind,
            "r",
            json!({"spec": {"parentRefs": [{"name": "g"}]}, "status": {"parents": parents}}),
        )
    };
    let answer = |list: Value| json!([{"parentRef": {"name": "g"}, "conditions": list}]);
    let both = [("Accepted", "True", ""), ("ResolvedRefs", "True", "")];
    let lost = [("Accepted", "True", ""), ("ResolvedRefs", "False", "BackendNotFound")];
    table(&[
        ("accepted", route(answer(current(&both, 2))), around(), ("ready", "")),
        ("no answer", route(json!([])), around(), ("waiting", "has not answered")),
        (
            "of an older generation",
            route(answer(current(&both, 1))),
            around(),
            ("waiting", "not Accepted"),
        ),
        (
            "refused",
            route(answer(current(&[("Accepted", "False", "NoMatchingParent")], 2))),
            around(),
            ("failed", "NoMatchingParent"),
        ),
        ("backend", route(answer(current(&lost, 2))), around(), ("failed", "BackendNotFound")),
        (
            "no class",
            route(json!([])),
            vec![gateway.clone()],
            ("skipped", "there is no GatewayClass/envoy"),
        ),
        (
            "no controller",
            route(json!([])),
            vec![gateway.clone(), class(&[("Accepted", "Unknown", "Pending")])],
            ("skipped", "no controller has answered for GatewayClass/envoy"),
        ),
    ]);
}

#[test]
fn secrets() {
    let version = "external-secrets.io/v1";
    let secret = |list: Value| {
        object(
            version,
            "ExternalSecret",
            "e",
            json!({"spec": {"target": {"name": "t"}}, "status": {"conditions": list}}),
        )
    };
    let ready = || conditions(&[("Ready", "True", "SecretSynced")]);
    let target = object("v1", "Secret", "t", json!({}));
    let store =
        |list: Value| object(version, "SecretStore", "s", json!({"status": {"conditions": list}}));
    table(&[
        ("synced", secret(ready()), vec![target.clone()], ("ready", "")),
        ("its Secret is missing", secret(ready()), vec![], ("waiting", "Secret/t does not exist")),
        (
            "not synced",
            secret(conditions(&[("Ready", "False", "SecretSyncedError")])),
            vec![target],
            ("waiting", "SecretSyncedError"),
        ),
        ("no controller yet", secret(json!([])), vec![], ("waiting", "has not answered")),
        ("store", store(ready()), vec![], ("ready", "")),
        (
            "store not ready",
            store(conditions(&[("Ready", "False", "InvalidProviderConfig")])),
            vec![],
            ("waiting", "InvalidProviderConfig"),
        ),
    ]);
}

#[test]
fn nodes() {
    let node = |list: Value| object("v1", "Node", "n", json!({"status": {"conditions": list}}));
    table(&[
        ("ready", node(conditions(&[("Ready", "True", "KubeletReady")])), vec![], ("ready", "")),
        (
            "not ready",
            node(conditions(&[("Ready", "False", "KubeletNotReady")])),
            vec![],
            ("waiting", "KubeletNotReady"),
        ),
        ("no answer", node(json!([])), vec![], ("waiting", "has not answered")),
        (
            "pressure",
            node(conditions(&[("Ready", "True", ""), ("MemoryPressure", "True", "x")])),
            vec![],
            ("waiting", "MemoryPressure"),
        ),
    ]);
}
