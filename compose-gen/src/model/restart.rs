//! Servers and jobs, by a service's restart policy, and the consequences.

use common::diagnostic::{Diagnostic, did_you_mean};

use super::depends::depends;
use super::uncarried::{CHANGED, NOT_CARRIED};
use super::{Builder, Health, Restart, Service};
use crate::spec::types::{self, Mode, Words};

impl Builder<'_> {
    /// Without a word Compose starts nothing again, but a service is a server unless it says no,
    /// or somebody waits for its end. A service with a port, a health check or several containers is a
    /// server whatever it says: as a Job, it would have no Service, and nobody would see that it is ready.
    pub(super) fn restart(
        &mut self,
        name: &str,
        service: &types::Service,
    ) -> (Restart, Option<String>) {
        let ends = self.document.services.values().any(|other| {
            let waits = depends(other).remove(name).map(|dependency| dependency.condition);
            waits == Some(types::Condition::ServiceCompletedSuccessfully)
        });
        let Some(word) = service.restart.clone() else {
            return (if ends { Restart::Job(0) } else { Restart::Always }, None);
        };
        let path = ["services", name, "restart"];
        let restart = match word.as_str() {
            "no" | "" => Restart::Job(0),
            "always" | "unless-stopped" => Restart::Always,
            "on-failure" => Restart::Job(6),
            other => match other.strip_prefix("on-failure:").and_then(|n| n.parse::<u32>().ok()) {
                Some(tries) => Restart::Job(tries.min(i32::MAX as u32)),
                None => {
                    let known = ["no", "always", "unless-stopped", "on-failure"];
                    let all = "no, always, unless-stopped, on-failure or on-failure:3";
                    let hint = did_you_mean(other, known).unwrap_or_else(|| all.into());
                    let message = format!("restart cannot be \"{other}\"");
                    self.say.hinted("unknown-value", message, &path, hint);
                    Restart::Always
                }
            },
        };
        if restart != Restart::Always && !ends && is_server(service) {
            let short = "it has a port, a health check or replicas: a server, which Kubernetes \
                         starts again whenever it ends";
            let message = format!("restart of \"{name}\": {short}");
            self.say.push(Diagnostic::warning(CHANGED, message).short(short), &path);
            return (Restart::Always, Some(word));
        }
        (restart, Some(word))
    }

    /// Reports the settings that a Job does not have.
    pub(super) fn ends(&mut self, service: &Service) {
        let name = service.name.as_str();
        if service.restart == Restart::Always {
            return;
        }
        if matches!(service.health, Health::Check(_)) {
            let message =
                format!("healthcheck of \"{name}\" is not carried: a Job is done when it ends");
            self.say.warning(NOT_CARRIED, message, &["services", name, "healthcheck"]);
        }
        if service.replicas != 1 {
            let message = format!("replicas of \"{name}\" are not carried: a Job runs once");
            self.say.warning(NOT_CARRIED, message, &["services", name, "deploy", "replicas"]);
        }
    }

    pub(super) fn mode(&mut self, name: &str, service: &types::Service) -> Mode {
        let mode = service.deploy.as_ref().and_then(|deploy| deploy.mode);
        let other = match mode.unwrap_or(Mode::Replicated) {
            Mode::ReplicatedJob => Mode::Replicated,
            Mode::GlobalJob => Mode::Global,
            mode => return mode,
        };
        let message =
            format!("mode of \"{name}\": only Docker Swarm makes jobs of it; see restart");
        self.say.warning(NOT_CARRIED, message, &["services", name, "deploy", "mode"]);
        other
    }
}

/// Whether a service has something that only a server has.
fn is_server(service: &types::Service) -> bool {
    let checked = service.healthcheck.as_ref().is_some_and(|check| {
        let none = matches!(&check.test, Some(Words::List(words)) if words.first().is_some_and(|word| word == "NONE"));
        check.disable != Some(true) && !none
    });
    let several =
        match (&service.replicas, service.deploy.as_ref().and_then(|deploy| deploy.replicas)) {
            (Some(types::Replicas::All(count)), _) => *count > 1,
            (_, count) => count.is_some_and(|count| count > 1),
        };
    !service.ports.is_empty() || !service.expose.is_empty() || checked || several
}
