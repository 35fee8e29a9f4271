//! The services that a service needs before it starts.

use std::collections::BTreeMap;

use super::Dependency;
use crate::spec::types::{self, Dependencies};

/// Each of them once, whatever form it has.
pub(super) fn depends(service: &types::Service) -> BTreeMap<String, Dependency> {
    match &service.depends_on {
        None => BTreeMap::new(),
        Some(Dependencies::List(names)) => {
            let started = Dependency {
                condition: types::Condition::ServiceStarted,
                required: true,
                restart: false,
            };
            names.iter().map(|name| (name.clone(), started)).collect()
        }
        Some(Dependencies::Map(map)) => map
            .iter()
            .map(|(name, dependency)| {
                let required = dependency.required.unwrap_or(true);
                let restart = dependency.restart.unwrap_or(false);
                (name.clone(), Dependency { condition: dependency.condition, required, restart })
            })
            .collect(),
    }
}
