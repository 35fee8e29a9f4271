//! The user's kubeconfig gets the cluster's context, and keeps its current one.
//!
//! kind itself makes its cluster the current context; whoever was about to type `kubectl delete`
//! for another cluster would be surprised.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::files::{Folder, folder_of, read_or_empty};
use common::stop::Stop;
use common::yaml::plain::{self, Mapping, Value};

use super::context_of;

const SECTIONS: [&str; 3] = ["clusters", "contexts", "users"];

/// The file that is written: the first of `KUBECONFIG`, or the one in the home folder.
pub(crate) fn path() -> Option<PathBuf> {
    let first = |list: std::ffi::OsString| std::env::split_paths(&list).next();
    let given = std::env::var_os("KUBECONFIG").and_then(first);
    given
        .filter(|path| !path.as_os_str().is_empty())
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".kube/config")))
}

/// Puts the entries of kind's own kubeconfig for cluster `name` into the user's. Entries with other names,
/// and the current context, stay as they are.
pub(crate) fn add(name: &str, kinds: &str) -> Result<(), Stop> {
    let new: Value = plain::from_str(kinds)
        .map_err(|error| Stop::bad("bad-kubeconfig", format!("kind's kubeconfig: {error}")))?;
    change(|config| {
        for section in SECTIONS {
            let entries = new.get(section).and_then(Value::as_sequence).cloned();
            let own = entries.unwrap_or_default().into_iter().filter(|e| named(e, name));
            replace(config, section, name, own.collect());
        }
    })
}

/// Takes the cluster's entries out again.
pub(crate) fn remove(name: &str) -> Result<(), Stop> {
    let context = context_of(name);
    if path().is_some_and(|path| !path.exists()) {
        return Ok(());
    }
    change(|config| {
        for section in SECTIONS {
            replace(config, section, name, Vec::new());
        }
        // It would lead nowhere.
        let current = config.get("current-context").and_then(Value::as_str);
        if current == Some(&context) {
            config.insert("current-context".into(), "".into());
        }
    })
}

fn change(edit: impl FnOnce(&mut Mapping)) -> Result<(), Stop> {
    let Some(path) = path() else {
        return Err(Stop::bad("no-kubeconfig", "neither KUBECONFIG nor HOME is set"));
    };
    let shown = path.display().to_string();
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        Stop::bad("kubeconfig", format!("cannot {what} the kubeconfig {shown}: {error}"))
    };
    let parent = folder_of(&path);
    let deadline = Instant::now() + Duration::from_secs(10);
    let folder = Folder::lock(parent, deadline).map_err(|error| failed("lock", &error))?;
    let text = read_or_empty(&path).map_err(|error| failed("read", &error))?;
    let mut config = match plain::from_str(&text) {
        Ok(Value::Mapping(config)) => config,
        Ok(Value::Null) => empty(),
        Ok(_) => return Err(failed("read", &"it is no mapping")),
        Err(_) => return Err(failed("read", &"it is no YAML")),
    };
    edit(&mut config);
    let text = plain::to_string(&config).map_err(|error| failed("write", &error))?;
    // A link stays one: what it leads to is what is replaced.
    let target = std::fs::canonicalize(&path).unwrap_or(path.clone());
    let (folder, name) = match target.parent() {
        Some(own) if own != parent => {
            let folder = Folder::lock(own, deadline).map_err(|error| failed("lock", &error))?;
            (folder, target.file_name())
        }
        _ => (folder, path.file_name()),
    };
    let Some(name) = name.and_then(|name| name.to_str()) else {
        return Err(failed("write", &"it has no usable name"));
    };
    let staged = folder.stage(name, text.as_bytes(), 0o600).map_err(|e| failed("write", &e))?;
    folder.publish(vec![staged]).map_err(|error| failed("write", &error))
}

fn empty() -> Mapping {
    let mut config = Mapping::new();
    config.insert("apiVersion".into(), "v1".into());
    config.insert("kind".into(), "Config".into());
    config
}

fn named(entry: &Value, cluster: &str) -> bool {
    entry.get("name").and_then(Value::as_str) == Some(&context_of(cluster))
}

fn replace(config: &mut Mapping, section: &str, cluster: &str, new: Vec<Value>) {
    let mut entries = config.get(section).and_then(Value::as_sequence).cloned().unwrap_or_default();
    entries.retain(|entry| !named(entry, cluster));
    entries.extend(new);
    config.insert(section.into(), Value::Sequence(entries));
}
