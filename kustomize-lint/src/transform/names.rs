//! References that follow the names of the objects they mean.

use std::collections::HashMap;

use crate::facts::{ProblemKind, StepKind};
use crate::id::{Id, fits};
use crate::object::Object;
use crate::objects::Objects;
use crate::render::Context;
use crate::schema::fields::{REFERENCES, Reference};
use crate::tree::{FieldSpec, Node, Place, Scalar, StepId, Touch, Walk};

/// An object as references see it.
struct Candidate {
    at: usize,
    now: Id,
    previous: Vec<Id>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// Updates every field that names an object whose name, or namespace, has changed.
pub(crate) fn apply(objects: &mut Objects, context: &mut Context) {
    // By kind and old name: only what has another name than before can be followed.
    let mut index: HashMap<(String, String), Vec<Candidate>> = HashMap::new();
    for (at, object) in objects.list.iter().enumerate() {
        let now = object.id();
        let mut names: Vec<&str> = object.previous.iter().map(|id| id.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let candidate = Candidate {
                at,
                now: now.clone(),
                previous: object.previous.clone(),
                prefixes: object.prefixes.clone(),
                suffixes: object.suffixes.clone(),
            };
            index.entry((now.kind.clone(), name.to_owned())).or_default().push(candidate);
        }
    }
    if index.is_empty() {
        return;
    }
    let mut fields: HashMap<&str, Vec<(&Reference, &FieldSpec)>> = HashMap::new();
    for reference in REFERENCES.iter() {
        for field in &reference.fields {
            fields.entry(&field.kind).or_default().push((reference, field));
        }
    }
    let mut follow = Follow { index, step: None, problems: Vec::new() };
    for (at, object) in objects.list.iter_mut().enumerate() {
        let Some(fields) = fields.get(object.kind()) else { continue };
        follow.object(at, object, fields, context);
    }
    for (place, message) in follow.problems {
        context.problem(ProblemKind::Build, Some(place), message);
    }
}

struct Follow {
    index: HashMap<(String, String), Vec<Candidate>>,
    step: Option<StepId>,
    problems: Vec<(Place, String)>,
}

impl Follow {
    fn object(
        &mut self,
        at: usize,
        object: &mut Object,
        fields: &[(&Reference, &FieldSpec)],
        context: &mut Context,
    ) {
        let id = object.id();
        let who = Referrer {
            at,
            prefixes: object.prefixes.clone(),
            suffixes: object.suffixes.clone(),
            role: object.node.get("roleRef").map(|role| {
                let text = |key: &str| role.str_at(&[key]).unwrap_or_default().to_owned();
                (text("apiGroup"), text("kind"))
            }),
            id: id.clone(),
        };
        let source = object.source;
        for (reference, field) in fields.iter().filter(|(_, field)| field.selects(&id)) {
            let step =
                *self.step.get_or_insert_with(|| context.step(StepKind::Reference, source, None));
            let mut visit = |node: &mut Node| self.field(node, reference, &who, step);
            Walk::mappings(&mut object.node, &field.path, None, &mut visit);
        }
    }

    /// A field with a name, a list of names, or a mapping with name and namespace.
    fn field(&mut self, node: &mut Node, reference: &Reference, who: &Referrer, step: StepId) {
        if let Some(items) = node.items_mut() {
            items.iter_mut().for_each(|item| self.field(item, reference, who, step));
        } else if node.is_mapping() {
            self.mapping(node, reference, who, step);
        } else if let Some(name) = node.as_str().map(str::to_owned) {
            let place = node.place();
            if let Some(now) = self.find(&name, None, reference, who, place) {
                node.change(Scalar::text(now.name), Touch { step, place });
            }
        }
    }

    fn mapping(&mut self, node: &mut Node, reference: &Reference, who: &Referrer, step: StepId) {
        let Some(name) = node.str_at(&["name"]).map(str::to_owned) else { return };
        let namespace = node.str_at(&["namespace"]).map(str::to_owned);
        let place = node.place();
        let Some(now) = self.find(&name, namespace, reference, who, place) else { return };
        let touch = Touch { step, place };
        if let Some(slot) = node.get_mut("name") {
            slot.change(Scalar::text(&now.name), touch);
        }
        if !now.namespace.is_empty() {
            Walk::scalars(node, "namespace", Some(touch), &mut |slot| {
                slot.change(Scalar::text(&now.namespace), touch);
            });
        }
    }

    /// Who the object that a reference means is now.
    fn find(
        &mut self,
        name: &str,
        namespace: Option<String>,
        reference: &Reference,
        who: &Referrer,
        place: Place,
    ) -> Option<Id> {
        let all = self.index.get(&(reference.kind.clone(), name.to_owned()))?;
        let mut found: Vec<&Candidate> = all
            .iter()
            .filter(|c| {
                fits(&reference.group, &c.now.group) && fits(&reference.version, &c.now.version)
            })
            .filter(|c| c.at != who.at || reference.kind != who.id.kind)
            .filter(|c| who.may_refer_to(c, &namespace, name))
            .filter(|c| who.wants_kind(c))
            .collect();
        // Prefer the candidates with the referrer's prefixes and suffixes. The first pass also accepts candidates
        // without any.
        for strict in [false, true] {
            if found.len() > 1 {
                found.retain(|c| {
                    alike(&c.prefixes, &who.prefixes, strict)
                        && alike(&c.suffixes, &who.suffixes, strict)
                });
            }
        }
        let first = *found.first()?;
        if found.iter().any(|c| c.now.name != first.now.name) {
            let message = format!("`{name}` may mean more than one {}", reference.kind);
            self.problems.push((place, message));
            return None;
        }
        Some(first.now.clone())
    }
}

/// Whether two lists of affixes end alike.
fn alike(a: &[String], b: &[String], strict: bool) -> bool {
    match (a.is_empty(), b.is_empty()) {
        (false, false) => a.ends_with(b) || b.ends_with(a),
        (a, b) => !strict || a == b,
    }
}

struct Referrer {
    at: usize,
    id: Id,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// Group and kind of a binding's role.
    role: Option<(String, String)>,
}

impl Referrer {
    fn may_refer_to(&self, candidate: &Candidate, namespace: &Option<String>, name: &str) -> bool {
        if let Some(namespace) = namespace {
            // A mapping says which namespace it means, now or before.
            let mut ids = candidate.previous.iter().chain([&candidate.now]);
            let or =
                |text: &str| if text.is_empty() { "default".to_owned() } else { text.to_owned() };
            return ids.any(|id| {
                id.name == name && (or(&id.namespace) == or(namespace) || !id.is_namespaced())
            });
        }
        !self.id.is_namespaced()
            || !candidate.now.is_namespaced()
            || candidate.now.same_namespace(&self.id)
    }

    fn wants_kind(&self, candidate: &Candidate) -> bool {
        let now = &candidate.now;
        match &self.role {
            Some((group, kind)) if matches!(now.kind.as_str(), "Role" | "ClusterRole") => {
                now.kind == *kind && (group.is_empty() || now.group == *group)
            }
            // kustomize does not look at the kind that an autoscaler scales.
            _ => true,
        }
    }
}
