//! The Pods that controllers would make of workloads, named and labelled as they do it: an API server
//! accepts a workload whose Pods it refuses.

use serde_json::{Map, Value, json};

/// The objects in a namespace, each workload followed by one Pod of it.
pub fn with_pods(objects: &[Value], namespace: &str) -> Vec<Value> {
    let each = |object: &Value| {
        let mut object = object.clone();
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        let kind = kind.as_str();
        if kind == "Namespace" {
            object["metadata"]["name"] = json!(namespace);
        } else if !["AppProject", "Application", "StorageClass"].contains(&kind) {
            object["metadata"]["namespace"] = json!(namespace);
        }
        let subjects = object.pointer_mut("/subjects").and_then(Value::as_array_mut);
        for subject in subjects.into_iter().flatten() {
            subject["namespace"] = json!(namespace);
        }
        let pod = pod(&object);
        std::iter::once(object).chain(pod)
    };
    objects.iter().flat_map(each).collect()
}

fn pod(object: &Value) -> Option<Value> {
    let kind = object["kind"].as_str()?;
    let name = object["metadata"]["name"].as_str()?;
    let mut template =
        object.pointer("/spec/template").filter(|template| template["spec"].is_object())?.clone();
    let mut labels = template["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    let mut label = |key: &str, value: String| labels.insert(key.to_owned(), json!(value));
    let hash = "5d4f8c7b69";
    let pod = match kind {
        "StatefulSet" => {
            label("statefulset.kubernetes.io/pod-name", format!("{name}-0"));
            label("apps.kubernetes.io/pod-index", "0".into());
            label("controller-revision-hash", format!("{name}-{hash}"));
            let volumes = object.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
            for claim in volumes.into_iter().flatten() {
                let claim = claim["metadata"]["name"].as_str().unwrap_or_default();
                let source = json!({"claimName": format!("{claim}-{name}-0")});
                let volume = json!({"name": claim, "persistentVolumeClaim": source});
                let spec = template["spec"].as_object_mut()?;
                let all = spec.entry("volumes").or_insert_with(|| json!([]));
                all.as_array_mut()?.push(volume);
            }
            template["spec"]["hostname"] = json!(format!("{name}-0"));
            format!("{name}-0")
        }
        "Deployment" => {
            label("pod-template-hash", hash.into());
            generated(&format!("{name}-{hash}"))
        }
        "DaemonSet" => {
            label("controller-revision-hash", hash.into());
            generated(name)
        }
        "Job" => {
            label("batch.kubernetes.io/job-name", name.to_owned());
            label("job-name", name.to_owned());
            generated(name)
        }
        _ => return None,
    };
    let spec: &mut Map<String, Value> = template["spec"].as_object_mut()?;
    // The account is one of the objects, which a dry run does not make.
    spec.remove("serviceAccountName");
    let namespace = &object["metadata"]["namespace"];
    Some(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": pod, "namespace": namespace, "labels": labels,
            "annotations": template["metadata"]["annotations"],
        },
        "spec": template["spec"],
    }))
}

/// A controller shortens the part before the random letters.
fn generated(base: &str) -> String {
    format!("{}-x7k2p", &base[..base.len().min(57)])
}
