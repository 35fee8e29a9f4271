//! Argo CD: its Applications, its projects, and what this checkout has for them.

mod application;
mod checkout;
mod project;
mod waves;

pub(crate) use application::{Application, is_application};
pub(crate) use checkout::{Checkout, Content};
pub(crate) use project::{Permission, Project};
pub(crate) use waves::{HOOK, WAVE, is_timed, moment};

use crate::lint::{Overlay, Run};
use crate::object::Object;
use crate::render::Rendering;
use crate::tree::Node;

/// One path that an Application deploys from this repository.
pub(crate) struct Deployment<'a> {
    pub(crate) overlay: &'a Overlay<'a>,
    pub(crate) application: Application<'a>,
    pub(crate) path: &'a Node,
    pub(crate) content: &'a Content,
    /// Whether the Application changes what is rendered: by names, a namespace, patches.
    pub(crate) is_changed: bool,
}

impl<'a> Deployment<'a> {
    /// The rendering of the path; `None` when that is not known completely.
    pub(crate) fn rendering(&self, run: &'a Run<'_>) -> Option<&'a Rendering> {
        let rendering = match self.content {
            Content::Root(at) => &run.overlays.get(*at)?.rendering,
            Content::Rendered(at) => run.checkout.rendering(*at)?,
            _ => return None,
        };
        rendering.problems.is_empty().then_some(rendering)
    }

    /// The path as text.
    pub(crate) fn path(&self) -> &'a str {
        self.path.scalar().map_or("", |scalar| scalar.text.as_str())
    }
}

/// The words for the objects that a message counts besides the object that it names.
pub(crate) fn others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " and one other object".to_owned(),
        more => format!(" and {more} other objects"),
    }
}

/// Every path that Applications deploy from this repository.
pub(crate) fn deployments<'a>(run: &'a Run<'a>) -> Vec<Deployment<'a>> {
    let mut all = Vec::new();
    for overlay in run.overlays {
        for object in overlay.of_kind("Application").filter(|object| is_application(object)) {
            let application = Application { object };
            for source in application.sources() {
                if let (Some(path), Some(content)) =
                    (source.path, run.checkout.content(object, &source))
                {
                    let is_changed = source.changes();
                    all.push(Deployment { overlay, application, path, content, is_changed });
                }
            }
        }
    }
    all
}

/// The project of an Application: the one beside it, else the only one of this name.
pub(crate) fn project_of<'a>(
    run: &'a Run<'a>,
    overlay: &'a Overlay<'a>,
    application: Application<'_>,
) -> Option<Project<'a>> {
    let name = application.project();
    let in_overlay = |overlay: &'a Overlay<'a>| {
        let fits = |object: &&Object| {
            object.name() == name
                && object
                    .node
                    .str_at(&["apiVersion"])
                    .is_some_and(|v| v.starts_with("argoproj.io/"))
        };
        overlay.of_kind("AppProject").filter(fits)
    };
    let beside = in_overlay(overlay).next();
    let object = beside.or_else(|| {
        let mut others = run.overlays.iter().flat_map(in_overlay);
        others.next().filter(|_| others.next().is_none())
    })?;
    Some(Project { object })
}
