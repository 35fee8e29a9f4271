//! What an environment's pods need at most, against what it has.

use super::Platform;
use crate::spec::quantity::memory;
use crate::spec::types::Condition;

/// What the init container that waits may use.
pub(crate) const WAIT_MEMORY: u64 = 64 << 20;

/// One service's part.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) service: String,
    /// Bytes of all its pods together.
    pub(crate) limit: u64,
}

/// An environment's sums, in bytes.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: u64,
    pub(crate) requests: u64,
    /// What pods may have together, where a budget is given.
    pub(crate) available: Option<u64>,
    /// Largest first.
    pub(crate) parts: Vec<Part>,
    /// Services without a limit.
    pub(crate) unlimited: Vec<String>,
}

impl Budget {
    /// Adds up an environment: for each pod the larger of its container and the init
    /// container that waits. A Job counts, because it may run beside everything else.
    pub(crate) fn of(platform: &Platform, name: &str) -> Budget {
        let environment = platform.environments.get(name);
        let mut budget = Budget {
            limits: 0,
            requests: 0,
            available: None,
            parts: Vec::new(),
            unlimited: Vec::new(),
        };
        for service in platform.services_in(Some(name)) {
            let amounts = service.amounts(Some(name));
            let pods = service.pods(environment, Some(name));
            let Some(limit) = amounts.memory else {
                budget.unlimited.push(service.name.clone());
                continue;
            };
            let waits = service.depends.iter().any(|(other, dependency)| {
                let other = platform.services.get(other);
                dependency.condition != Condition::ServiceStarted
                    && other.is_some_and(|other| platform.runs(other, Some(name)))
            });
            let floor = if waits { WAIT_MEMORY } else { 0 };
            let request = amounts.memory_request.unwrap_or(limit);
            let part =
                Part { service: service.name.clone(), limit: limit.max(floor) * u64::from(pods) };
            budget.limits += part.limit;
            budget.requests += request.max(floor) * u64::from(pods);
            budget.parts.push(part);
        }
        budget.parts.sort_by(|a, b| b.limit.cmp(&a.limit).then(a.service.cmp(&b.service)));
        let own = environment.and_then(|e| e.memory.as_ref());
        budget.available = own.and_then(|own| {
            let reserved = own.reserved.as_deref().map_or(Some(0), memory)?;
            memory(&own.budget)?.checked_sub(reserved)
        });
        budget
    }

    /// Whether everything fits.
    pub(crate) fn fits(&self) -> bool {
        self.available.is_none_or(|available| self.limits.max(self.requests) <= available)
    }
}
