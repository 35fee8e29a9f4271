//! Rules between the parts of a catalogue.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::ExposeSecret;

use super::names;
use super::parse::Draft;
use super::types::{Catalogue, EnvFile, Key, Secret};
use crate::diagnostic::{Diagnostic, Place, Report, did_you_mean};

/// Sorts the draft and reports everything in it that does not fit together.
pub(super) fn catalogue(draft: Draft, report: &mut Report) -> Catalogue {
    let profiles = profiles_of_services(&draft);
    check_env_files(&draft, &profiles, report);
    check_services(&draft, &profiles, report);
    let mut secrets = draft.secrets;
    secrets.sort_by(|a, b| a.name.cmp(&b.name));
    check_secrets_unique(&secrets, report);
    check_variables_unique(&secrets, report);
    secrets.iter().for_each(|secret| check_keys_apart(secret, report));

    let mut env_files: Vec<EnvFile> = draft
        .env_files
        .into_iter()
        .map(|(name, served, _)| {
            let served: Vec<String> = served.into_iter().map(|(profile, _)| profile).collect();
            let used = |secret: &Secret| {
                secret.services.iter().any(|service| match profiles.get(service) {
                    Some(of) => of.is_empty() || served.iter().any(|profile| of.contains(profile)),
                    None => false,
                })
            };
            let secrets = (0..secrets.len()).filter(|&index| used(&secrets[index])).collect();
            EnvFile { name, profiles: served, secrets }
        })
        .collect();
    env_files.sort_by(|a, b| a.name.cmp(&b.name));
    Catalogue { secrets, env_files }
}

/// Service → its profiles, over all files; empty means all of them.
fn profiles_of_services(draft: &Draft) -> BTreeMap<String, BTreeSet<String>> {
    let mut map: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (service, profiles) in &draft.services {
        map.entry(service.clone()).or_default().extend(profiles.iter().cloned());
    }
    map
}

fn check_env_files(
    draft: &Draft,
    services: &BTreeMap<String, BTreeSet<String>>,
    report: &mut Report,
) {
    let known: BTreeSet<&str> = services.values().flatten().map(String::as_str).collect();
    let mut names: BTreeMap<&str, &Place> = BTreeMap::new();
    let mut served: BTreeMap<&str, &Place> = BTreeMap::new();
    for (name, profiles, place) in &draft.env_files {
        if let Some(first) = names.insert(name, place) {
            report.push(twice("duplicate-env-file", format!("env file \"{name}\""), first, place));
        }
        for (profile, place) in profiles {
            if !known.contains(profile.as_str()) {
                let message = format!("no service has the profile{}", shown(profile));
                report.push(unknown("unknown-profile", message, place, profile, &known));
            }
            if let Some(first) = served.insert(profile, place) {
                let label = format!("profile \"{profile}\"");
                report.push(twice("duplicate-profile", label, first, place));
            }
        }
    }
}

fn check_services(
    draft: &Draft,
    services: &BTreeMap<String, BTreeSet<String>>,
    report: &mut Report,
) {
    let known: BTreeSet<&str> = services.keys().map(String::as_str).collect();
    let served: BTreeSet<&String> =
        draft.env_files.iter().flat_map(|file| &file.1).map(|(profile, _)| profile).collect();
    for (service, place) in draft.uses.iter().flatten() {
        let Some(profiles) = services.get(service) else {
            let message = format!("there is no service{} in the specification", shown(service));
            report.push(unknown("unknown-service", message, place, service, &known));
            continue;
        };
        for profile in profiles.iter().filter(|profile| !served.contains(profile)) {
            let message = format!(
                "service \"{service}\" runs in the profile \"{profile}\", which has no env file"
            );
            let diagnostic = Diagnostic::error("no-env-file", message).at(place.clone(), "");
            report.push(diagnostic.hint("name the profile under x-env-files"));
        }
    }
}

fn check_secrets_unique(sorted: &[Secret], report: &mut Report) {
    for pair in sorted.windows(2).filter(|pair| pair[0].name == pair[1].name) {
        let label = format!("secret \"{}\"", pair[0].name);
        report.push(twice("duplicate-secret", label, &pair[0].place, &pair[1].place));
    }
}

/// One variable, one value: over the whole catalogue and not per file, so that profiles combine
/// and a secret may move to another file.
fn check_variables_unique(secrets: &[Secret], report: &mut Report) {
    let mut first: BTreeMap<&str, (&Secret, &str, &Place)> = BTreeMap::new();
    for secret in secrets {
        let keys = secret.keys.iter().map(|key| (key.variable.as_str(), key.label(), &key.place));
        let composed = secret.composed.iter();
        let composed =
            composed.map(|value| (value.variable.as_str(), "a composed value", &value.place));
        for (variable, label, place) in keys.chain(composed).filter(|of| !of.0.is_empty()) {
            let Some((other, earlier, taken)) = first.get(variable) else {
                first.insert(variable, (secret, label, place));
                continue;
            };
            let message = format!(
                "{earlier} of \"{}\" and {label} of \"{}\" both become the variable {variable}",
                other.name, secret.name
            );
            let diagnostic = Diagnostic::error("collision", message)
                .at(place.clone(), "change this one")
                .also((*taken).clone(), "already taken here");
            report.push(
                diagnostic.hint("give one of them another name; a key takes one with variable:"),
            );
        }
    }
}

/// A JSON object cannot hold two values for one key, nor a key inside a string.
fn check_keys_apart(secret: &Secret, report: &mut Report) {
    for (index, later) in secret.keys.iter().enumerate() {
        for earlier in &secret.keys[..index] {
            let (a, b) = (steps(earlier), steps(later));
            let both = format!("{} and {}", earlier.variable, later.variable);
            let (message, hint) = if a == b {
                if earlier.dev.expose_secret() != later.dev.expose_secret() {
                    let message = format!("{both} are the same key with two development values");
                    (message, "give both one value for dev:")
                } else if earlier.nested != later.nested {
                    let message =
                        format!("{both} are the same key, and only one of them is nested");
                    (message, "write nested: true on both or on neither")
                } else {
                    continue;
                }
            } else if b.starts_with(&a) && !earlier.nested || a.starts_with(&b) && !later.nested {
                let message = format!("of the keys of {both}, one is inside the other");
                (message, "write nested: true on the outer one to have it as JSON text")
            } else {
                continue;
            };
            let diagnostic = Diagnostic::error("key-conflict", message).at(later.place.clone(), "");
            report.push(diagnostic.also(earlier.place.clone(), "the other").hint(hint));
        }
    }
}

/// The way to a key through nested objects.
fn steps(key: &Key) -> Vec<&str> {
    if key.path { key.label().split('.').collect() } else { vec![key.label()] }
}

fn twice(code: &'static str, label: String, first: &Place, second: &Place) -> Diagnostic {
    Diagnostic::error(code, format!("{label} is a duplicate"))
        .at(second.clone(), "")
        .also(first.clone(), "first here")
}

/// A name for a message; nothing for a text that is none, because it may be a value that lost its place.
fn shown(name: &str) -> String {
    if names::is_lower(name) { format!(" \"{name}\"") } else { String::new() }
}

fn unknown(
    code: &'static str,
    message: String,
    place: &Place,
    name: &str,
    known: &BTreeSet<&str>,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(code, message).at(place.clone(), "");
    diagnostic.hint_if(did_you_mean(name, known.iter().copied()))
}
