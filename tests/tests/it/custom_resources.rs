//! Custom resources against the types that their projects publish: an unknown field, or a
//! value of another form, is an error, as an API server with strict validation would say.

use std::collections::BTreeMap;
use std::process::Command;

use kcr_argoproj_io::v1alpha1::{applications::Application, appprojects::AppProject};
use kcr_external_secrets_io::v1::{externalsecrets::ExternalSecret, secretstores::SecretStore};
use kcr_gateway_networking_k8s_io::v1::{gateways::Gateway, httproutes::HttpRoute};
use rideshare_tests::run::run;
use rideshare_tests::{peers, root};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads the object as `T` and writes it again. A field that is lost on the way was not known to `T`.
fn strict<T: DeserializeOwned + Serialize>(object: &Value) -> Result<(), String> {
    let typed: T = serde_json::from_value(object.clone()).map_err(|error| error.to_string())?;
    let again = serde_json::to_value(typed).map_err(|error| error.to_string())?;
    match lost(object, &again, "") {
        Some(path) => Err(format!("{path} is not a field of the type")),
        None => Ok(()),
    }
}

/// The first path of `object` that `again` does not have.
fn lost(object: &Value, again: &Value, path: &str) -> Option<String> {
    match (object, again) {
        (Value::Object(fields), Value::Object(other)) => fields.iter().find_map(|(key, value)| {
            lost(value, other.get(key).unwrap_or(&Value::Null), &format!("{path}/{key}"))
        }),
        (Value::Array(items), Value::Array(other)) if items.len() == other.len() => {
            let pairs = items.iter().zip(other).enumerate();
            pairs.into_iter().find_map(|(at, (a, b))| lost(a, b, &format!("{path}/{at}")))
        }
        _ => (object != again).then(|| path.to_owned()),
    }
}

/// `None` for an object that is Kubernetes' own.
fn validate(object: &Value) -> Option<Result<(), String>> {
    let name = |key: &str| object[key].as_str().unwrap_or_default();
    Some(match (name("apiVersion"), name("kind")) {
        ("argoproj.io/v1alpha1", "Application") => strict::<Application>(object),
        ("argoproj.io/v1alpha1", "AppProject") => strict::<AppProject>(object),
        ("external-secrets.io/v1", "ExternalSecret") => strict::<ExternalSecret>(object),
        ("external-secrets.io/v1", "SecretStore") => strict::<SecretStore>(object),
        ("gateway.networking.k8s.io/v1", "Gateway") => strict::<Gateway>(object),
        ("gateway.networking.k8s.io/v1", "HTTPRoute") => strict::<HttpRoute>(object),
        (version, kind) => {
            let group = version.rsplit_once('/').map_or("", |(group, _)| group);
            let native = !group.contains('.') || group.ends_with(".k8s.io");
            if native && !group.starts_with("gateway.") {
                return None;
            }
            Err(format!("no type for {version} {kind}"))
        }
    })
}

fn objects(folder: &str) -> Option<Vec<Value>> {
    let kubectl = peers::find("PEER_KUBECTL")?;
    let folder = root().join("infrastructure/kubernetes").join(folder);
    let text = run(Command::new(kubectl).arg("kustomize").arg(folder)).expect(0).stdout;
    Some(rideshare_tests::yaml::documents(&text))
}

#[test]
fn every_custom_resource_has_the_form_of_its_type() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for folder in ["overlays/local", "overlays/production", "argocd"] {
        let Some(objects) = objects(folder) else { return };
        for object in &objects {
            let Some(result) = validate(object) else { continue };
            let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
            assert_eq!(result, Ok(()), "{folder}: {kind} {name}");
            *seen.entry(kind.as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    let kinds: Vec<&str> = seen.keys().map(String::as_str).collect();
    let all =
        ["AppProject", "Application", "ExternalSecret", "Gateway", "HTTPRoute", "SecretStore"];
    assert_eq!(kinds, all, "{seen:?}");
}

/// The validation itself: a field that is misspelt, of another form, or missing is refused.
#[test]
fn a_broken_custom_resource_is_refused() {
    let Some(objects) = objects("overlays/local") else { return };
    let route = objects.iter().find(|object| object["kind"] == "HTTPRoute").unwrap();
    let secret = objects.iter().find(|object| object["kind"] == "ExternalSecret").unwrap();
    let broken = |object: &Value, pointer: &str, change: fn(&mut Value)| {
        let mut object = object.clone();
        change(object.pointer_mut(pointer).unwrap());
        validate(&object).unwrap()
    };
    let misspelt = broken(route, "/spec", |spec| spec["hostname"] = "localhost".into());
    assert_eq!(misspelt, Err("/spec/hostname is not a field of the type".into()));
    let port = "/spec/rules/0/backendRefs/0";
    assert!(broken(route, port, |backend| backend["port"] = "http".into()).is_err());
    let nameless = broken(route, port, |backend| {
        backend.as_object_mut().unwrap().remove("name");
    });
    assert!(nameless.is_err());
    assert!(broken(secret, "", |object| object["kind"] = "ExternalSecrets".into()).is_err());
}
