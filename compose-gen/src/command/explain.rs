//! `explain`: the forms of a service in each environment, side by side.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use common::cli::Format;
use common::compose::variables::{Part, parts};
use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::fault;
use common::secrets::{MASK, is_hidden, mask};
use common::streams;
use serde_json::{Value, json};

use super::{Loaded, load};
use crate::cli::{Explain, Shared};
use crate::model::{Health, Origin, Service};
use crate::render::kubernetes::kind;
use crate::render::kubernetes::objects::job_names;
use crate::render::kubernetes::view::View;
use crate::spec::quantity::{bytes, millis};
use crate::spec::text::{self, Piece};

pub(crate) fn run(shared: &Shared, options: &Explain) -> Result<Status> {
    let loaded = load(shared)?;
    let Some(service) = loaded.platform.services.get(&options.service) else {
        let known = loaded.platform.services.keys().map(String::as_str);
        let hint = fault::available(&options.service, known);
        let message = fault::unknown("service", &options.service);
        bail!(Diagnostic::error("unknown-service", message).hint(hint));
    };
    let mut columns = vec![("compose".to_owned(), in_compose(&loaded, service))];
    for name in loaded.platform.environments.keys() {
        columns.push((name.clone(), in_kubernetes(&loaded, service, name)));
    }
    match options.format {
        Some(Format::Json) => {
            let all: Value = columns
                .iter()
                .map(|(name, facts)| {
                    let facts: Value = facts.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
                    (name.clone(), facts)
                })
                .collect();
            streams::json(&json!({"service": service.name, "environments": all}))?;
        }
        Some(Format::Text) | None => streams::output(&table(service, &columns))?,
    }
    Ok(Status::Done)
}

type Facts = BTreeMap<String, String>;

fn common(service: &Service, environment: Option<&str>) -> Facts {
    let mut facts = Facts::new();
    facts.insert("01 image".into(), service.image.clone());
    let words = |words: &Option<Vec<String>>| {
        words.as_ref().map(|words| mask(&words.join(" ")).into_owned())
    };
    for (key, value) in [("02 entrypoint", &service.entrypoint), ("03 command", &service.command)] {
        facts.extend(words(value).map(|words| (key.to_owned(), words)));
    }
    let amounts = service.amounts(environment);
    facts.extend(amounts.memory.map(|memory| ("04 memory".to_owned(), bytes(memory))));
    facts.extend(amounts.cpus.map(|cpus| ("05 cpus".to_owned(), millis(cpus))));
    facts.extend(amounts.memory_request.map(|m| ("04 memory request".to_owned(), bytes(m))));
    facts.extend(amounts.cpus_request.map(|c| ("05 cpus request".to_owned(), millis(c))));
    for (name, value) in service.variables(environment) {
        let pieces = text::pieces(value).into_iter().map(|piece| match piece {
            Piece::Literal(text) | Piece::Late(_, text) => text.to_owned(),
            Piece::Secret(name) => format!("${{{name}}}"),
        });
        let value = without_messages(&pieces.collect::<String>());
        let shown = if is_hidden(name, &value) { MASK.to_owned() } else { value };
        facts.insert(format!("80 {name}"), shown);
    }
    for (name, secret) in service.secret_variables(environment) {
        facts.insert(format!("80 {name}"), format!("secret {secret}"));
    }
    facts
}

fn in_compose(loaded: &Loaded, service: &Service) -> Facts {
    let mut facts = common(service, None);
    let profiles = loaded.platform.closed_profiles.get(&service.name).into_iter().flatten();
    facts.insert("00 becomes".into(), "service".into());
    let profiles: Vec<&str> = profiles.map(String::as_str).collect();
    facts.insert("06 profiles".into(), profiles.join(", "));
    let ports: Vec<String> = service.ports.iter().map(crate::model::Port::compose).collect();
    facts.insert("07 ports".into(), ports.join(", "));
    for (name, dependency) in &service.depends {
        facts.insert(format!("10 after {name}"), format!("{:?}", dependency.condition));
    }
    if let Health::Check(check) = &service.health {
        facts.insert("08 health".into(), mask(&check.command.join(" ")).into_owned());
    }
    facts.extend(service.mounts.iter().map(|m| (format!("09 {}", m.target), origin(&m.origin))));
    facts
}

fn in_kubernetes(loaded: &Loaded, service: &Service, name: &str) -> Facts {
    let platform = &loaded.platform;
    if !platform.runs(service, Some(name)) {
        let why = match service.absent.get(name) {
            Some(instead) => format!("absent: {instead}"),
            None => format!("the profile {} does not run here", service.home()),
        };
        return Facts::from([("00 becomes".into(), why)]);
    }
    let mut facts = common(service, Some(name));
    let jobs = job_names(platform, &loaded.spec.catalogue);
    let view =
        View { platform, catalogue: &loaded.spec.catalogue, environment: Some(name), jobs: &jobs };
    let environment = platform.environments.get(name);
    let pods = service.pods(environment, Some(name));
    facts.insert("00 becomes".into(), format!("{} × {pods}", kind(&view, service)));
    if let Some(images) = environment.and_then(|e| e.images.as_ref())
        && service.image.starts_with(&images.prefix)
    {
        let image = service.image.split(':').next().unwrap_or_default();
        let full = format!("{}/{image}:{}", images.registry, images.tag);
        facts.insert("01 image".into(), full);
    }
    facts.insert("06 profiles".into(), service.home().to_owned());
    facts.extend(service.role.clone().map(|role| ("12 service account".to_owned(), role)));
    let patched = ["all", name].iter().any(|key| service.patches.contains_key(*key));
    facts.extend(patched.then(|| ("13 patched".to_owned(), "x-patches".to_owned())));
    let ports: Vec<String> = service.ports.iter().map(|port| port.target.to_string()).collect();
    facts.insert("07 ports".into(), ports.join(", "));
    if let Health::Check(check) = &service.health {
        let shown = match check.http() {
            Some((port, path)) => format!("http :{port}{path}"),
            None => mask(&check.command.join(" ")).into_owned(),
        };
        let kinds = [
            ("readiness", true),
            ("startup", check.start_period > 0),
            ("liveness", service.liveness),
        ];
        let kinds = kinds.iter().filter(|(_, on)| *on).map(|(kind, _)| *kind);
        let shown = format!("{} {shown}", kinds.collect::<Vec<_>>().join(", "));
        facts.insert("08 health".into(), shown);
    }
    for (other, dependency) in &service.depends {
        let there = platform.services.get(other).is_some_and(|o| platform.runs(o, Some(name)));
        if there {
            facts.insert(format!("10 after {other}"), format!("{:?}", dependency.condition));
        }
    }
    for mount in &service.mounts {
        let secrets = platform.secret_files.as_ref().map(|files| files.volume.as_str());
        let value = match &mount.origin {
            Origin::Volume(volume) if Some(volume.as_str()) == secrets => continue,
            Origin::Volume(volume) => format!("claim {volume}"),
            Origin::Files { path, .. } => format!("ConfigMap of {path}"),
            other => origin(other),
        };
        facts.insert(format!("09 {}", mount.target), value);
    }
    for (index, route) in service.routes.iter().enumerate() {
        let exposure = environment.and_then(|e| e.exposure.as_ref());
        let shown = match exposure {
            Some(e) if e.gateway.is_some() => route.path.clone(),
            Some(e) => {
                let domain = e.alb.as_ref().map_or("", |alb| alb.domain.as_str());
                route.host.as_ref().map(|host| format!("https://{host}.{domain}/"))
            }
            None => None,
        };
        let key = if index == 0 { "route".to_owned() } else { format!("route {}", index + 1) };
        facts.extend(shown.map(|shown| (format!("11 {key}"), shown)));
    }
    facts
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Volume(name) => format!("volume {name}"),
        Origin::Files { path, .. } => path.clone(),
        Origin::Host(path) => format!("host {path}"),
        Origin::Memory { .. } => "memory".into(),
        Origin::Made { secret, name, .. } => {
            format!("{} {name}", if *secret { "Secret" } else { "ConfigMap" })
        }
        Origin::Image(reference) => format!("image {reference}"),
        Origin::Scratch => "scratch".into(),
    }
}

/// Facts in rows, environments in columns; `"` stands for the same as on its left.
fn table(service: &Service, columns: &[(String, Facts)]) -> String {
    let mut keys: Vec<&String> = columns.iter().flat_map(|(_, facts)| facts.keys()).collect();
    keys.sort();
    keys.dedup();
    let absent: Vec<bool> = columns.iter().map(|(_, facts)| facts.len() == 1).collect();
    let mut rows = Vec::new();
    for key in keys {
        let mut row = vec![key.split_once(' ').map_or("", |(_, name)| name).to_owned()];
        let mut last: Option<&str> = None;
        for (index, (_, facts)) in columns.iter().enumerate() {
            let value = facts.get(key).map(String::as_str).unwrap_or_default();
            let missing = facts.get(key).is_none();
            row.push(match (missing, last) {
                (true, _) if absent[index] => String::new(),
                (true, _) => "-".into(),
                (false, Some(before)) if before == value && !value.is_empty() => "\"".into(),
                (false, _) => shorten(value),
            });
            if !missing {
                last = Some(value);
            }
        }
        rows.push(row);
    }
    let mut header = vec![service.name.as_str()];
    header.extend(columns.iter().map(|(name, _)| name.as_str()));
    common::table::render(&header, &rows, &[])
}

/// The first line, as far as a column goes; more is said by an ellipsis.
fn shorten(text: &str) -> String {
    if let Some((first, _)) = text.split_once('\n') {
        return format!("{}…", shorten(first).trim_end_matches('…'));
    }
    match text.char_indices().nth(57) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A value without the messages of its `${NAME:?message}`: people have put the secret there in place of a default.
fn without_messages(value: &str) -> String {
    let mut shown = String::new();
    let mut rest = value;
    while let Some(at) = rest.find("${") {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match parts(rest).first() {
            Some(Part::Reference(reference)) if reference.operator.ends_with('?') => {
                shown.push_str(&format!("${{{}{}…}}", reference.name, reference.operator));
                reference.span.end
            }
            _ => {
                shown.push_str("${");
                2
            }
        };
        rest = &rest[length..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::without_messages;

    #[test]
    fn messages_are_left_out() {
        for (value, shown) in [
            ("a ${A:?set it} b ${B?x}c", "a ${A:?…} b ${B?…}c"),
            ("${A:?${B} hunter2} ${C:-${D:?hunter2}}", "${A:?…} ${C:-${D:?…}}"),
            ("$${A:?hunter2} ${A#${B:?hunter2}} ${C", "$${A:?…} ${A#${B:?…}} ${C"),
            ("${A:-x?}", "${A:-x?}"),
            ("a?b $A ${A}", "a?b $A ${A}"),
        ] {
            assert_eq!(without_messages(value), shown);
        }
    }
}
