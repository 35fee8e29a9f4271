//! Secrets: who may mention which, and where.

use common::diagnostic::{Diagnostic, Report};
use common::secrets::{is_secret, shows_secret};

use super::checks::Checks;
use super::{Health, Platform, Service};
use crate::spec::text::{self, Piece};
use crate::spec::{MAYBE_SECRET, MAYBE_SECRET_HINT, Spec, at};

/// A value that `docker compose up` may change stands in the Compose file, where a shell that puts
/// secrets together cannot read it safely.
pub(super) fn late(compose: &Platform, spec: &Spec, report: &mut Report) {
    for (name, service) in &compose.services {
        for (variable, value) in &service.environment {
            let pieces = text::pieces(value);
            let has = |wanted: fn(&Piece<'_>) -> bool| pieces.iter().any(wanted);
            if has(|p| matches!(p, Piece::Late(..))) && has(|p| matches!(p, Piece::Secret(_))) {
                let message =
                    format!("{variable} has a secret beside a variable of docker compose up");
                let hint = "give each a variable of its own, or leave at-up away";
                let path = ["services", name, "environment", variable];
                let diagnostic = Diagnostic::error("late-beside-secret", message).hint(hint);
                report.push(at(diagnostic, &spec.sources, &path));
            }
        }
    }
}

/// The text with a reference in the place of every secret from the catalogue.
fn without_secrets(text: &str) -> String {
    let piece = |piece| match piece {
        Piece::Literal(text) | Piece::Late(_, text) => text.to_owned(),
        Piece::Secret(name) => format!("$({name})"),
    };
    text::pieces(text).into_iter().map(piece).collect()
}

impl Checks<'_> {
    pub(super) fn secrets(&mut self) {
        let platform = self.platform;
        let known: Vec<&str> = platform.services.keys().map(String::as_str).collect();
        if let Some(files) = &platform.secret_files {
            if !known.contains(&files.service.as_str()) {
                let path = ["x-secret-files", "service"];
                self.say.unknown("unknown-service", "service", &files.service, &known, &path);
            }
            let volumes: Vec<&str> = platform.volumes.keys().map(String::as_str).collect();
            if !volumes.contains(&files.volume.as_str()) {
                let path = ["x-secret-files", "volume"];
                self.say.unknown("unknown-volume", "volume", &files.volume, &volumes, &path);
            }
            if !files.path.starts_with('/') {
                let message = "the env files need an absolute path in the container".to_owned();
                self.say.error("bad-mount", message, &["x-secret-files", "path"]);
            }
        }
        for secret in &self.spec.catalogue.secrets {
            for composed in &secret.composed {
                let text = composed.template.written(str::to_owned, |name, _| format!("$({name})"));
                let variable = composed.variable.as_str();
                self.literal(variable, &text, &["x-secrets", &secret.name, "composed", variable]);
            }
        }
        for (name, service) in &platform.services {
            if !service.secrets.is_empty() {
                self.secret_user(name, service);
            }
            for (variable, text) in &service.environment {
                let path = ["services", name, "environment", variable];
                self.mentioned(service, text, &path);
                self.literal(variable, text, &path);
            }
            for (environment, variables) in &service.overrides {
                for (variable, text) in variables {
                    let path = ["services", name, "x-environment", environment, variable];
                    let text = text.as_deref().unwrap_or_default();
                    self.mentioned(service, text, &path);
                    self.literal(variable, text, &path);
                }
            }
            for (key, words) in [("entrypoint", &service.entrypoint), ("command", &service.command)]
            {
                self.command(key, words.as_deref().unwrap_or_default(), name);
            }
            if let Health::Check(check) = &service.health {
                self.command("healthcheck", &check.command, name);
            }
            let environments = platform.environments.keys().map(|name| Some(name.as_str()));
            for environment in std::iter::once(None).chain(environments) {
                self.replaced(service, environment);
            }
        }
    }

    /// A value that everybody who reads the generated files sees.
    fn literal(&mut self, variable: &str, text: &str, path: &[&str]) {
        if is_secret(variable, &without_secrets(text)) {
            let message =
                format!("{variable} looks like a secret and is written to the generated files");
            self.maybe_secret(message, path);
        }
    }

    fn command(&mut self, key: &str, words: &[String], service: &str) {
        if shows_secret(&without_secrets(&words.join(" "))) {
            let message = format!("the {key} of \"{service}\" seems to contain a secret");
            self.maybe_secret(message, &["services", service, key]);
        }
    }

    fn maybe_secret(&mut self, message: String, path: &[&str]) {
        let diagnostic = Diagnostic::warning(MAYBE_SECRET, message).hint(MAYBE_SECRET_HINT);
        self.say.push(diagnostic, path);
    }

    fn secret_user(&mut self, name: &str, service: &Service) {
        if self.platform.secret_files.is_none() {
            let message =
                format!("\"{name}\" uses secrets, and nothing says how Compose gets them");
            let hint = "x-secret-files: {service, volume, path}";
            self.say.hinted("no-secret-files", message, &["services", name], hint);
        } else if service.entrypoint.as_ref().is_none_or(Vec::is_empty) {
            let message = format!("\"{name}\" uses secrets and has no entrypoint");
            let hint = "write the image's own entrypoint (and command): it starts through a shell that reads the env file";
            self.say.hinted("no-entrypoint", message, &["services", name], hint);
        }
        if let Some(files) = &self.platform.secret_files
            && files.service == name
        {
            let message = format!("\"{name}\" writes the secrets and cannot read them before");
            self.say.error("conflict", message, &["services", name]);
        }
    }

    fn mentioned(&mut self, service: &Service, text: &str, path: &[&str]) {
        for variable in crate::spec::text::secrets(text) {
            if service.secrets.contains_key(variable) {
                continue;
            }
            let secrets = &self.spec.catalogue.secrets;
            let of = secrets.iter().find(|s| s.variables().any(|name| name == variable));
            let of = of.map_or("", |secret| secret.name.as_str());
            let message =
                format!("{variable} belongs to \"{of}\", which does not list \"{}\"", service.name);
            let hint = format!("add {} to its services: in x-secrets", service.name);
            self.say.hinted("secret-not-listed", message, path, hint);
        }
    }

    /// A text that mentions a secret whose variable has another value, or none, in the place.
    fn replaced(&mut self, service: &Service, environment: Option<&str>) {
        let there = service.secret_variables(environment);
        for (variable, text) in service.variables(environment) {
            let mentioned = crate::spec::text::secrets(text);
            let gone = mentioned.into_iter().find(|secret| {
                service.secrets.contains_key(*secret)
                    && !there.contains_key(secret)
                    && *secret != variable
            });
            let Some(secret) = gone else { continue };
            let place = environment.map_or(String::new(), |name| format!(" in \"{name}\""));
            let message =
                format!("{variable} is made of {secret}, which is not the secret's{place}");
            let hint = match environment {
                Some(name) => {
                    format!("give {variable} a value of its own under x-environment.{name}")
                }
                None => format!("use another name than {secret} for the service's own value"),
            };
            let path = ["services", &service.name, "environment", variable];
            self.say.hinted("secret-replaced", message, &path, hint);
        }
    }
}
