//! The Compose side.

use std::collections::HashMap;

use common::diagnostic;

use crate::compose::{Field, Project, Service};
use crate::tree::{FileId, Files, Place};

/// A Compose project whose files are among those of the run, so that findings can name them.
#[derive(Debug)]
pub(crate) struct Compose<'a> {
    pub(crate) project: &'a Project,
    files: HashMap<String, FileId>,
}

impl<'a> Compose<'a> {
    /// Adds the project's files to those of the run. Hidden values stay hidden.
    pub(crate) fn new(project: &'a Project, files: &mut Files) -> Self {
        let mut ids = HashMap::new();
        for place in project.services.iter().flat_map(places) {
            let source = &place.source;
            ids.entry(source.path.clone())
                .or_insert_with(|| files.add(source.path.as_ref(), source.text()));
        }
        Compose { project, files: ids }
    }

    /// A place as findings name it.
    pub(crate) fn place(&self, place: &diagnostic::Place) -> Option<Place> {
        Some(Place::new(*self.files.get(&place.source.path)?, &place.span))
    }
}

fn field<T>(field: &Option<Field<T>>) -> Option<&diagnostic::Place> {
    field.as_ref().map(|field| &field.place)
}

/// The places that a rule may name.
fn places(service: &Service) -> Vec<&diagnostic::Place> {
    let mut all = vec![&service.place];
    all.extend(field(&service.image));
    all.extend(service.environment.iter().map(|variable| &variable.place));
    all.extend(service.ports.iter().map(|port| &port.place));
    if let Some(check) = &service.healthcheck {
        all.extend(field(&check.test));
        all.extend([&check.interval, &check.timeout, &check.retries].into_iter().flat_map(field));
        all.extend(field(&check.start_period));
    }
    all
}
