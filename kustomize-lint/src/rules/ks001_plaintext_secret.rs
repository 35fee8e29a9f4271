use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::secrets::{has_password, is_placeholder, is_secret};

use super::prelude::*;
use crate::secrecy::is_public_key;
use crate::tracked::Tracked;
use crate::tree::Entry;

rule! {
    /// A secret in plain text: in a Secret, a generator, or a variable of a container.
    ///
    /// Everyone who can read the repository, or its history, has it; Base64 is no protection. Looked at are
    /// the values of Secrets and of `secretGenerator`, variables whose names say so (`PASSWORD`,
    /// `PASSPHRASE`, `GITHUB_TOKEN`, `FERNET_KEY`), and values that are secrets whatever their name:
    /// addresses with a password, private keys, JSON Web Tokens, keys that AWS or GitHub issued.
    ///
    /// Quiet are: files that git ignores; placeholders and references (`<token>`, `${TOKEN}`,
    /// `$(TOKEN)`, `REPLACE_ME`), dummies (`test`), what SOPS has encrypted; keys of Secrets that
    /// only say where something is (`host`, `username`, `ca.crt`). A password that everybody may
    /// know, as in a demonstration, is suppressed with that as the reason. Values are never shown.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [secret.yaml]
    /// -- secret.yaml --
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: {name: db}
    /// stringData:
    ///   username: app
    ///   password: correct-horse
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [secret.yaml]
    /// -- secret.yaml --
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: {name: db}
    /// spec:
    ///   secretStoreRef: {name: vault}
    ///   data: [{secretKey: password, remoteRef: {key: db, property: password}}]
    /// ```
    KS001 "plaintext-secret" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let sources = Sources::of(overlay);
    for object in overlay.of_kind("Secret").filter(|object| object.id().group.is_empty()) {
        secret(object, &sources, findings);
    }
    for (workload, container) in overlay.containers() {
        for variable in container.list("env") {
            let Some(label) = variable.get("name") else { continue };
            let (Some(name), Some(node)) = (label.word(), variable.get("value")) else { continue };
            let Some(scalar) = node.scalar() else { continue };
            let value = scalar.text.as_str();
            if !is_secret(name, value)
                || sources.names.contains(value)
                || sources.are_ignored(node.place())
            {
                continue;
            }
            let (verb, who) = (if has_password(value) { "has" } else { "is" }, container.name());
            let message = format!(
                "variable {name} in container {who} of {workload} {verb} a secret in plain text"
            );
            let hint = "take it from a Secret with `valueFrom.secretKeyRef`";
            // At the name: the value is not to be shown.
            findings.at(label.place(), message).about(workload.object, hint);
        }
    }
}

fn secret(object: &Object, sources: &Sources<'_>, findings: &mut Findings<'_>) {
    // Encrypted as a whole by SOPS; kustomize gets it decrypted from somebody else.
    if object.node.get("sops").is_some() {
        return;
    }
    // The metadata of a dotenv file that SOPS has encrypted become keys.
    let is_encrypted =
        ["data", "stringData"].iter().any(|field| object.node.at(&[field, "sops_mac"]).is_some());
    let plain = |entry: &&Entry, encoded: bool| {
        let is_public = is_public_key(&entry.key) || is_encrypted && entry.key.starts_with("sops_");
        !is_public
            && value(&entry.value, encoded)
                .is_some_and(|value| !is_placeholder(&value) && !is_harmless(&entry.key, &value))
            && !sources.are_ignored(entry.value.place())
    };
    let mut found: Vec<&Entry> = Vec::new();
    for (field, encoded) in [("data", true), ("stringData", false)] {
        let entries = object.node.entries_at(&[field]);
        found.extend(entries.iter().filter(|entry| plain(entry, encoded)));
    }
    let Some(first) = found.first() else { return };
    let keys: Vec<&str> = found.iter().map(|entry| entry.key.as_str()).collect();
    let message = format!("{object} has its secrets in plain text: {}", keys.join(", "));
    let finding = findings.at(place(object, first), message);
    finding.about(object,
        "let an ExternalSecret or a SealedSecret make it, or generate it from a file that git ignores",
    );
    let mut files = HashSet::from([place(object, first).file]);
    for entry in &found {
        let also = place(object, entry);
        if files.insert(also.file) {
            finding.also(also, format!("{}, too", entry.key));
        }
    }
}

/// Whether a value only says where something is, or where the secret itself is: a path, an address, a
/// version, a certificate, a reference to a store.
fn is_harmless(key: &str, value: &str) -> bool {
    let (key, value) = (key.to_ascii_lowercase(), value.trim());
    let references = ["op://", "ref+", "<path:", "vault:", "secretref+"];
    let inner = value.trim_start_matches(['{', ' ']);
    if references.iter().any(|start| inner.starts_with(start)) {
        return true;
    }
    if value.starts_with("-----BEGIN CERTIFICATE") || value.starts_with("-----BEGIN PUBLIC KEY") {
        return true;
    }
    // A file that SOPS has encrypted.
    if value.contains("sops") && value.contains("ENC[AES256_GCM,") {
        return true;
    }
    if has_password(value) {
        return false;
    }
    if ["path", "version", "url", "uri", "name"].iter().any(|end| key.ends_with(end)) {
        return true;
    }
    // A file of settings counts by its lines.
    let settings = [".properties", ".conf", ".ini", ".cnf"].iter().any(|end| key.ends_with(end));
    settings
        && value.lines().all(|line| match line.split_once('=') {
            Some((name, value)) => !is_secret(name.trim(), value.trim()),
            None => !has_password(line),
        })
}

/// A value of a resource is pointed at by its key, because the value must not be shown; a generated
/// or patched value by the line that it comes from.
fn place(object: &Object, entry: &Entry) -> Place {
    let by_value = object.generator.is_some() || entry.value.origin.last.is_some();
    if by_value { entry.value.place() } else { entry.place() }
}

/// The text of a value. Binary values are values, too.
fn value(node: &Node, encoded: bool) -> Option<String> {
    let text = &node.scalar()?.text;
    if !encoded {
        return Some(text.clone());
    }
    let compact: String = text.split_whitespace().collect();
    match STANDARD.decode(compact) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        // Somebody forgot to encode it, or wrote a placeholder.
        Err(_) => Some(text.clone()),
    }
}

/// The files that values come from.
struct Sources<'a> {
    overlay: &'a Overlay<'a>,
    tracked: Tracked,
    /// Files of generators, by the entries that name them.
    named: HashMap<Place, PathBuf>,
    /// Names of Secrets, which a variable may give to a program that reads them itself.
    names: HashSet<&'a str>,
}

impl<'a> Sources<'a> {
    fn of(overlay: &'a Overlay<'a>) -> Self {
        let mut named = HashMap::new();
        for root in &overlay.rendering.roots {
            let generators = root.kustomization.secrets.iter();
            for file in generators.flat_map(|generator| &generator.files) {
                let path = file.value.rsplit('=').next().unwrap_or_default();
                named.insert(file.place, root.canonical.join(path));
            }
        }
        let names = overlay.of_kind("Secret").map(Object::name).collect();
        Sources { overlay, tracked: Tracked::default(), named, names }
    }

    /// Whether git ignores the file of a value.
    fn are_ignored(&self, place: Place) -> bool {
        let file = || &self.overlay.files.get(place.file).path;
        self.tracked.ignores(self.named.get(&place).unwrap_or_else(file))
    }
}
