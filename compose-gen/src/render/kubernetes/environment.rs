//! The objects of an environment besides its services: namespace, secret store, Gateway, StorageClass.

use serde_json::{Value, json};

use super::secrets::STORE;
use super::wait;
use crate::model::Platform;
use crate::spec::types::Environment;

/// The Secret with the keys that LocalStack accepts.
const LOCAL_KEYS: &str = "localstack-credentials";

/// The objects that the services of an environment need.
pub(super) struct Needs {
    /// A store for External Secrets.
    pub(super) secrets: bool,
    /// The script that waits for others.
    pub(super) waits: bool,
}

/// The objects by file.
pub(super) fn objects(
    platform: &Platform,
    environment: &Environment,
    needs: Needs,
) -> Vec<(&'static str, Vec<Value>)> {
    let mut files = vec![(
        "namespace",
        vec![json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": environment.namespace},
        })],
    )];
    if let Some(class) = &environment.storage_class
        && let Some(provisioner) = &class.provisioner
    {
        files.push((
            "storage-class",
            vec![json!({
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": class.name},
                "allowVolumeExpansion": true,
                "parameters": class.parameters,
                "provisioner": provisioner,
                "reclaimPolicy": "Delete",
                "volumeBindingMode": "WaitForFirstConsumer",
            })],
        ));
    }
    if needs.waits {
        files.push(("wait-for", vec![wait::script()]));
    }
    if needs.secrets {
        files.extend(secret_store(platform, environment).map(|objects| ("secret-store", objects)));
    }
    let gateway = environment.exposure.as_ref().and_then(|exposure| exposure.gateway.as_ref());
    if let Some(gateway) = gateway {
        files.push((
            "gateway",
            vec![json!({
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "Gateway",
                "metadata": {"name": platform.name},
                "spec": {
                    "gatewayClassName": gateway.class,
                    "listeners": [{
                        "name": "http",
                        "port": gateway.port.unwrap_or(80),
                        "protocol": "HTTP",
                        "allowedRoutes": {"namespaces": {"from": "Same"}},
                    }],
                },
            })],
        ));
    }
    files
}

/// External Secrets' store. Its controller takes an endpoint from its own environment
/// (`AWS_SECRETSMANAGER_ENDPOINT`); the annotation says which one it has to be.
fn secret_store(platform: &Platform, environment: &Environment) -> Option<Vec<Value>> {
    let store = environment.secret_store.as_ref()?;
    let mut aws = json!({"service": "SecretsManager", "region": store.region});
    let mut metadata = json!({"name": STORE});
    let mut objects = Vec::new();
    if let Some(endpoint) = &store.endpoint {
        let endpoint = qualified(endpoint, platform, &environment.namespace);
        metadata["annotations"] = json!({"compose-gen/secretsmanager-endpoint": endpoint});
        let key = |key: &str| json!({"name": LOCAL_KEYS, "key": key});
        aws["auth"] = json!({"secretRef": {
            "accessKeyIDSecretRef": key("access-key-id"),
            "secretAccessKeySecretRef": key("secret-access-key"),
        }});
        objects.push(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": LOCAL_KEYS},
            "stringData": {"access-key-id": "test", "secret-access-key": "test"},
        }));
    }
    objects.push(json!({
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": metadata,
        "spec": {"provider": {"aws": aws}},
    }));
    Some(objects)
}

/// An address in the platform as it is reached from another namespace, where the controller is.
fn qualified(endpoint: &str, platform: &Platform, namespace: &str) -> String {
    let Some((scheme, rest)) = endpoint.split_once("://") else { return endpoint.to_owned() };
    let end = rest.find([':', '/']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    match platform.services.contains_key(host) {
        true => format!("{scheme}://{host}.{namespace}.svc.cluster.local{rest}"),
        false => endpoint.to_owned(),
    }
}
