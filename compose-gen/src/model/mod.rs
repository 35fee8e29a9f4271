//! The platform in one form: the several forms of a Compose key are one type here, every
//! reference has been checked, and amounts are numbers.

mod amounts;
mod assembly;
pub(crate) mod budget;
mod builder;
mod checks;
pub(crate) mod config_maps;
mod depends;
mod file_secrets;
mod files;
pub(crate) mod health;
mod images;
mod load_balancer;
mod mounts;
pub(crate) mod names;
mod order;
pub(crate) mod outside;
mod patch;
mod platform;
mod pod;
mod ports;
mod profiles;
mod reporter;
mod restart;
mod secrets;
mod service;
mod uncarried;
mod variables;

use common::diagnostic::Report;

use crate::spec::Spec;

use builder::Builder;
pub(crate) use files::File;
pub(crate) use health::{Check, Health};
pub(crate) use mounts::{Mount, Origin};
pub(crate) use platform::{Amounts, Dependency, Platform, Restart, Service};
pub(crate) use pod::Pod;
pub(crate) use ports::Port;
use reporter::Reporter;
pub(crate) use uncarried::{CHANGED, NOT_CARRIED};

impl Platform {
    /// The platform of a specification, and the same for the Compose file. Every mistake goes
    /// to the report.
    pub(crate) fn build(spec: &Spec, report: &mut Report) -> (Platform, Platform) {
        let say = Reporter { sources: &spec.sources, report };
        let mut platform = Builder { spec, document: &spec.document, say }.platform();
        checks::all(&mut platform, spec, report);
        let mut quiet = Report::default();
        let say = Reporter { sources: &spec.sources, report: &mut quiet };
        let mut compose = Builder { spec, document: &spec.compose, say }.platform();
        secrets::late(&compose, spec, report);
        for (name, service) in &mut compose.services {
            service.wave = platform.services.get(name).map_or(0, |other| other.wave);
        }
        (platform, compose)
    }
}
