//! References that follow the names of the objects they mean.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use common::kubernetes::effective;

use crate::facts::{ProblemKind, StepKind};
use crate::id::{Id, fits};
use crate::load::Context;
use crate::object::Object;
use crate::objects::Objects;
use crate::schema::{Config, Reference};
use crate::tree::{FieldSpec, Node, Place, Scalar, StepId, Touch, Walk};

/// An object as references see it.
struct Candidate {
    now: Id,
    previous: Vec<Arc<Id>>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// Updates every field that names an object whose name, or namespace, has changed.
pub(crate) fn apply(objects: &mut Objects, config: &Config, context: &mut Context) {
    // By old name: only what has another name than before can be followed.
    let mut index: HashMap<String, Vec<Candidate>> = HashMap::new();
    for object in &objects.list {
        let now = object.id();
        let mut names: Vec<&str> = object.previous.iter().map(|id| id.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let candidate = Candidate {
                now: now.clone(),
                previous: object.previous.clone(),
                prefixes: object.prefixes.clone(),
                suffixes: object.suffixes.clone(),
            };
            index.entry(name.to_owned()).or_default().push(candidate);
        }
    }
    for object in objects.list.iter().filter(|object| object.kind() == "RoleBinding") {
        refuse_blank(object, context);
    }
    let mut fields: HashMap<&str, Vec<(&Reference, &FieldSpec)>> = HashMap::new();
    for reference in &config.references {
        for field in &reference.fields {
            fields.entry(&field.kind).or_default().push((reference, field));
        }
    }
    let of_all = fields.remove("").unwrap_or_default();
    let namespaced = objects.list.iter().filter(|object| object.first_id().is_namespaced());
    let moves = namespaced
        .map(|object| {
            let first = object.first_id().effective_namespace().to_owned();
            (first, object.namespace().to_owned())
        })
        .collect();
    let mut follow =
        Follow { index, moves, step: None, problems: Vec::new(), blocked: BTreeMap::new() };
    for object in &mut objects.list {
        let first = object.first_id();
        let by_kind = fields.get(first.kind.as_str()).into_iter().flatten();
        let selected: Vec<_> =
            by_kind.chain(&of_all).filter(|(_, field)| field.selects(&first)).copied().collect();
        if !selected.is_empty() {
            follow.object(object, &selected, context);
        }
    }
    for (place, path) in follow.blocked {
        context.blocked(&path, Some(place));
    }
    for (place, message) in follow.problems {
        context.problem(ProblemKind::Build, Some(place), message);
    }
}

/// Reports accounts whose namespace is there and says nothing, which kustomize refuses.
fn refuse_blank(object: &Object, context: &mut Context) {
    for subject in object.node.items_at(&["subjects"]) {
        let blank = subject.entry("namespace").filter(|entry| entry.value.is_null());
        if let (Some(entry), Some("ServiceAccount")) = (blank, subject.str_at(&["kind"])) {
            let message = format!("the namespace of this subject of {object} is empty");
            context.malformed(entry.origin.place(), message);
        }
    }
}

struct Follow {
    index: HashMap<String, Vec<Candidate>>,
    /// The first namespace of objects, and the present one.
    moves: HashSet<(String, String)>,
    step: Option<StepId>,
    problems: Vec<(Place, String)>,
    /// Values that are neither lists nor mappings, and a field behind each.
    blocked: BTreeMap<Place, String>,
}

/// The comparison by which candidates count as the same object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alike {
    /// Only the name is written.
    Name,
    /// The namespace is written, too.
    NameAndNamespace,
}

impl Follow {
    fn object(
        &mut self,
        object: &mut Object,
        fields: &[(&Reference, &FieldSpec)],
        context: &mut Context,
    ) {
        let id = object.id();
        let who = Referrer {
            prefixes: object.prefixes.clone(),
            suffixes: object.suffixes.clone(),
            namespaces: bound_namespaces(object),
            role: role(object),
            id: id.clone(),
        };
        let source = object.source;
        for (reference, field) in fields {
            let step =
                *self.step.get_or_insert_with(|| context.step(StepKind::Reference, source, None));
            let target = Target { reference, is_role: field.path.ends_with("roleRef/name") };
            let mut visit = |node: &mut Node| self.field(node, target, &who, step);
            let path = &field.path;
            let blocked = Walk::mappings(&mut object.node, path, None, &mut visit);
            // Many fields may lead through one value.
            self.blocked.extend(blocked.map(|place| (place, path.clone())));
        }
    }

    /// A field with a name, a list of names, or a mapping with name and namespace.
    fn field(&mut self, node: &mut Node, target: Target<'_>, who: &Referrer, step: StepId) {
        if let Some(items) = node.items_mut() {
            for item in items {
                if item.is_sequence() {
                    let message = "a list of lists has no names that kustomize can follow";
                    self.problems.push((item.place(), message.to_owned()));
                } else {
                    self.field(item, target, who, step);
                }
            }
        } else if node.is_mapping() {
            self.mapping(node, target, who, step);
        } else if let Some(name) = node.word().map(str::to_owned) {
            let place = node.place();
            let found = self.find(&name, None, target, who, place, Alike::Name);
            if let Some(now) = found.filter(|now| now.name != name) {
                node.change(Scalar::text(now.name), Touch { step, place });
            }
        }
    }

    fn mapping(&mut self, node: &mut Node, target: Target<'_>, who: &Referrer, step: StepId) {
        let place = node.place();
        let Some(name) = node.get("name").and_then(Node::scalar).map(|s| s.text.clone()) else {
            let message = "a reference without a `name` is not one that kustomize can follow";
            self.problems.push((place, message.to_owned()));
            return;
        };
        let namespace = node.get("namespace").and_then(Node::scalar).map(|s| s.text.clone());
        let alike = Alike::NameAndNamespace;
        let Some(now) = self.find(&name, namespace.as_deref(), target, who, place, alike) else {
            return;
        };
        let touch = Touch { step, place };
        node.edit("name", |slot| slot.change(Scalar::text(&now.name), touch));
        if !now.namespace.is_empty() {
            Walk::scalars(node, "namespace", Some(touch), &mut |slot| {
                slot.change(Scalar::text(&now.namespace), touch);
            });
        }
    }

    /// The present identity of the object that a reference means.
    fn find(
        &mut self,
        name: &str,
        namespace: Option<&str>,
        target: Target<'_>,
        who: &Referrer,
        place: Place,
        alike: Alike,
    ) -> Option<Id> {
        let all = self.index.get(name)?;
        let reachable: Vec<&Candidate> = all.iter().filter(|c| who.reaches(c)).collect();
        let mut found = self.in_namespace(reachable, namespace, who);
        found.retain(|c| {
            let is_target = |id: &Id| {
                let Reference { group, version, kind, .. } = target.reference;
                fits(kind, &id.kind) && fits(group, &id.group) && fits(version, &id.version)
            };
            c.previous.iter().any(|id| is_target(id))
                && who.wants_role(c, target)
                && who.shares_namespace(c)
        });
        // Prefer the candidate with the same prefixes and suffixes. The first pass also accepts
        // candidates without any.
        if found.len() != 1 {
            for strict in [false, true] {
                if !strict || found.len() > 1 {
                    found.retain(|c| {
                        let ends = |a: &[String], b: &[String], open: bool| open || same_end(a, b);
                        let open =
                            |a: &[String], b: &[String]| !strict && (a.is_empty() || b.is_empty());
                        ends(&c.prefixes, &who.prefixes, open(&c.prefixes, &who.prefixes))
                            && ends(&c.suffixes, &who.suffixes, open(&c.suffixes, &who.suffixes))
                    });
                }
            }
        }
        let first = *found.first()?;
        let differs = |c: &&Candidate| {
            c.now.name != first.now.name
                || alike == Alike::NameAndNamespace && c.now.namespace != first.now.namespace
        };
        if found.iter().any(differs) {
            let message = format!("`{name}` may mean more than one {}", target.reference.kind);
            self.problems.push((place, message));
            return None;
        }
        Some(first.now.clone())
    }

    /// The candidates of the namespace that a mapping says. Where any object was in that namespace at
    /// first, the first namespaces count, else the present ones.
    fn in_namespace<'a>(
        &self,
        mut all: Vec<&'a Candidate>,
        namespace: Option<&str>,
        who: &Referrer,
    ) -> Vec<&'a Candidate> {
        let Some(namespace) = namespace else { return all };
        let is_in = |id: &Id| id.is_namespaced() && id.effective_namespace() == namespace;
        let mut moves = self.moves.iter();
        let by_first = moves.any(|(first, now)| first == namespace && who.reaches_namespace(now));
        all.retain(|c| {
            if by_first { c.previous.first().is_some_and(|id| is_in(id)) } else { is_in(&c.now) }
        });
        all
    }
}

/// Whether the shorter list of affixes is the end of the longer.
fn same_end(a: &[String], b: &[String]) -> bool {
    match (a.is_empty(), b.is_empty()) {
        (false, false) => a.ends_with(b) || b.ends_with(a),
        (a, b) => a == b,
    }
}

/// The object that a field names.
#[derive(Clone, Copy)]
struct Target<'a> {
    reference: &'a Reference,
    /// Whether group and kind of the role stand beside the name.
    is_role: bool,
}

struct Referrer {
    id: Id,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// The namespaces whose accounts a RoleBinding names.
    namespaces: Vec<String>,
    /// Group and kind of a binding's role.
    role: Option<(String, String)>,
}

fn role(object: &Object) -> Option<(String, String)> {
    let role = object.node.get("roleRef")?;
    Some((role.word_at(&["apiGroup"])?.to_owned(), role.word_at(&["kind"])?.to_owned()))
}

fn bound_namespaces(object: &Object) -> Vec<String> {
    if object.kind() != "RoleBinding" {
        return Vec::new();
    }
    let subjects = object.node.items_at(&["subjects"]).iter();
    let accounts = subjects.filter(|one| one.str_at(&["kind"]) == Some("ServiceAccount"));
    accounts.filter_map(|one| one.str_at(&["namespace"]).map(str::to_owned)).collect()
}

impl Referrer {
    /// Whether kustomize lets the referrer name the candidate at all.
    fn reaches(&self, candidate: &Candidate) -> bool {
        !candidate.now.is_namespaced() || self.reaches_namespace(&candidate.now.namespace)
    }

    fn reaches_namespace(&self, namespace: &str) -> bool {
        !self.id.is_namespaced()
            || effective(namespace) == self.id.effective_namespace()
            || self.namespaces.iter().any(|bound| bound == namespace)
    }

    fn shares_namespace(&self, candidate: &Candidate) -> bool {
        let now = &candidate.now;
        !self.id.is_namespaced()
            || !now.is_namespaced()
            // A binding names accounts of other namespaces, too.
            || now.kind == "ServiceAccount"
            || now.same_namespace(&self.id)
    }

    fn wants_role(&self, candidate: &Candidate, target: Target<'_>) -> bool {
        let Some((group, kind)) = self.role.as_ref().filter(|_| target.is_role) else {
            return true;
        };
        candidate.previous.iter().any(|id| fits(kind, &id.kind) && fits(group, &id.group))
    }
}
