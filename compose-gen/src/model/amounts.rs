//! Memory and CPUs: limits and requests.

use std::collections::BTreeMap;

use super::uncarried::CHANGED;
use super::{Amounts, Builder};
use crate::spec::quantity;
use crate::spec::types::{self, Scalar};

impl Builder<'_> {
    pub(super) fn memory(&mut self, value: Option<&Scalar>, path: &[&str]) -> Option<u64> {
        let text = value?.to_string();
        if text.trim() == "0" {
            return None;
        }
        let bytes = quantity::memory(&text);
        if bytes.is_none() {
            let message = format!("\"{text}\" is not an amount of memory");
            let hint = "write it like 512m or 1g, in powers of 1024";
            self.say.hinted("bad-quantity", message, path, hint);
        }
        bytes
    }

    pub(super) fn cpus(&mut self, value: Option<&Scalar>, path: &[&str]) -> Option<u64> {
        let text = value?.to_string();
        // Nothing, to Compose, is no limit.
        if text.trim().parse::<f64>().is_ok_and(|number| number == 0.0) {
            return None;
        }
        let millis = quantity::cpus(&text);
        if millis.is_none() {
            let message = format!("\"{text}\" is not a number of CPUs");
            self.say.hinted("bad-quantity", message, path, "write it like 0.5 or 2");
        }
        millis
    }

    /// Other amounts in an environment.
    pub(super) fn resources(
        &mut self,
        name: &str,
        service: &types::Service,
    ) -> BTreeMap<String, Amounts> {
        let mut all = BTreeMap::new();
        for (environment, resources) in &service.resources {
            let path = |field| ["services", name, "x-resources", environment.as_str(), field];
            let amounts = Amounts {
                memory: self.memory(resources.memory.as_ref(), &path("memory")),
                cpus: self.cpus(resources.cpus.as_ref(), &path("cpus")),
                memory_request: self
                    .memory(resources.memory_request.as_ref(), &path("memory-request")),
                cpus_request: self.cpus(resources.cpus_request.as_ref(), &path("cpus-request")),
            };
            all.insert(environment.clone(), amounts);
        }
        all
    }

    pub(super) fn amounts(&mut self, name: &str, service: &types::Service) -> Amounts {
        let s = ["services", name];
        let mut amounts = Amounts::default();
        if let Some(deploy) = &service.deploy {
            let (limits, requests) = (&deploy.resources.limits, &deploy.resources.reservations);
            let path = |part, field| [s[0], s[1], "deploy", "resources", part, field];
            let request = "reservations";
            amounts = Amounts {
                memory: self.memory(limits.memory.as_ref(), &path("limits", "memory")),
                cpus: self.cpus(limits.cpus.as_ref(), &path("limits", "cpus")),
                memory_request: self.memory(requests.memory.as_ref(), &path(request, "memory")),
                cpus_request: self.cpus(requests.cpus.as_ref(), &path(request, "cpus")),
            };
        }
        let memory = self.memory(service.mem_limit.as_ref(), &[s[0], s[1], "mem_limit"]);
        amounts.memory = memory.or(amounts.memory);
        let path = [s[0], s[1], "mem_reservation"];
        let request = self.memory(service.mem_reservation.as_ref(), &path);
        amounts.memory_request = request.or(amounts.memory_request);
        let cpus = self.cpus(service.cpus.as_ref(), &[s[0], s[1], "cpus"]);
        amounts.cpus = cpus.or(amounts.cpus);
        if let (Some(limit), Some(request)) = (amounts.memory, amounts.memory_request)
            && request > limit
        {
            let message = format!("service \"{name}\" requests more memory than its limit");
            self.say.error("bad-quantity", message, &s);
        }
        if let (Some(limit), Some(request)) = (amounts.cpus, amounts.cpus_request)
            && request > limit
        {
            let message =
                format!("service \"{name}\" requests more CPUs than its limit, and gets the limit");
            self.say.warning(
                CHANGED,
                message,
                &[s[0], s[1], "deploy", "resources", "reservations", "cpus"],
            );
            amounts.cpus_request = Some(limit);
        }
        amounts
    }
}
