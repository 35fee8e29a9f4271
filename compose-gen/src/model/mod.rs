//! The platform in one form: what Compose writes in several ways is one thing here, every
//! reference has been checked, and amounts are numbers.

mod assembly;
pub(crate) mod budget;
mod builder;
mod checks;
pub(crate) mod config_maps;
mod health;
mod mounts;
pub(crate) mod names;
mod order;
mod patch;
mod platform;
mod ports;
mod profiles;
mod secrets;
mod service;
mod uncarried;

use common::diagnostic::Report;

use crate::spec::Spec;

use builder::Builder;
pub(crate) use health::{Check, Health};
pub(crate) use mounts::{File, Mount, Origin};
pub(crate) use platform::{Amounts, Dependency, Platform, Restart, Service};
pub(crate) use ports::Port;
pub(crate) use uncarried::NOT_CARRIED;

impl Platform {
    /// The platform of a specification, and the same for the Compose file. Every mistake goes
    /// to the report.
    pub(crate) fn build(spec: &Spec, report: &mut Report) -> (Platform, Platform) {
        let mut platform = Builder { spec, document: &spec.document, report }.platform();
        checks::all(&mut platform, spec, report);
        let mut quiet = Report::default();
        let mut compose = Builder { spec, document: &spec.compose, report: &mut quiet }.platform();
        secrets::late(&compose, spec, report);
        for (name, service) in &mut compose.services {
            service.wave = platform.services.get(name).map_or(0, |other| other.wave);
        }
        (platform, compose)
    }
}
