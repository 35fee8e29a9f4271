//! The parts of a platform that every form of the picture draws.

use crate::model::{Platform, Service};
use crate::spec::types::Condition;

/// The dependencies worth drawing. The service that all services with secrets need is left out.
pub(super) fn edges(platform: &Platform) -> Vec<(&str, &str, Condition, bool)> {
    let files = platform.secret_files.as_ref().map(|files| files.service.as_str());
    let mut edges = Vec::new();
    for service in platform.services.values() {
        for (other, dependency) in &service.depends {
            let drawn = Some(other.as_str()) != files && platform.services.contains_key(other);
            if drawn {
                edges.push((
                    other.as_str(),
                    service.name.as_str(),
                    dependency.condition,
                    dependency.required,
                ));
            }
        }
    }
    edges
}

/// The services of a profile.
pub(super) fn of<'a>(platform: &'a Platform, home: &'a str) -> impl Iterator<Item = &'a Service> {
    platform.services.values().filter(move |service| service.home() == home)
}
