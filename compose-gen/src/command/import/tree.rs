//! The project on its way into a specification: its values, where each was written, and what
//! becomes of it.

use common::diagnostic::Place;
use common::project;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::scalar;

/// The fate of a key, the later the more there is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fate {
    /// It means the same in the specification.
    Carried,
    /// The project did not have it.
    Added,
    /// It is written otherwise, and means the same.
    #[serde(rename = "changed")]
    Rewritten,
    /// The Compose file has it, and Kubernetes has no such thing: nothing to be warned of.
    #[serde(rename = "not-carried")]
    ComposeOnly,
    /// Kubernetes has something else in its place.
    Changed,
    /// It has no effect, or only in the Compose file.
    NotCarried,
    /// A person has to decide.
    ToDo,
}

/// A value; the value of a key stands at its key.
#[derive(Clone)]
pub(super) struct Tree {
    pub(super) place: Place,
    /// Where the value begins: behind an alias, at its anchor.
    pub(super) anchor: usize,
    pub(super) value: Value,
    pub(super) fate: Fate,
    pub(super) why: String,
    /// Left out of the specification.
    pub(super) gone: bool,
    /// The project's own name for it, where the specification has another.
    pub(super) was: Option<String>,
}

#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    /// A number, true, false or nothing, and how it was written.
    Plain(Json, String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// A value of the project.
    pub(super) fn of(tree: &project::Tree) -> Self {
        let value = match &tree.value {
            project::Value::Text(text) => Value::Text(text.written().into_owned()),
            project::Value::Plain(scalar, raw) => Value::Plain(scalar::json(scalar), raw.clone()),
            project::Value::List(items) => Value::List(items.iter().map(Tree::of).collect()),
            project::Value::Map(members) => {
                let member =
                    |(key, value): &(String, project::Tree)| (key.clone(), Tree::of(value));
                Value::Map(members.iter().map(member).collect())
            }
        };
        Tree { anchor: tree.node.start, ..Tree::new(tree.at(&tree.key), value) }
    }

    pub(super) fn new(place: Place, value: Value) -> Self {
        let (fate, why) = (Fate::Carried, String::new());
        Tree { anchor: place.span.start, place, value, fate, why, gone: false, was: None }
    }

    /// A value that the import adds.
    pub(super) fn added(place: &Place, value: Value, why: impl Into<String>) -> Self {
        Tree { fate: Fate::Added, why: why.into(), ..Tree::new(place.clone(), value) }
    }

    /// Adds a fate and its reason. The heaviest fate is kept, and every reason.
    pub(super) fn say(&mut self, fate: Fate, why: impl Into<String>) {
        let why = why.into();
        self.fate = self.fate.max(fate);
        if self.why.is_empty() {
            self.why = why;
        } else if !why.is_empty() && !self.why.contains(&why) {
            self.why = format!("{}; {why}", self.why);
        }
    }

    /// Leaves it out of the specification.
    pub(super) fn leave(&mut self, why: impl Into<String>) {
        self.gone = true;
        self.say(Fate::NotCarried, why);
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Plain(Json::Null, _))
    }

    /// The members of a mapping that are not left out.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Tree)> {
        let all = match &self.value {
            Value::Map(members) => members.as_slice(),
            _ => &[],
        };
        all.iter().filter(|(_, tree)| !tree.gone).map(|(key, tree)| (key.as_str(), tree))
    }

    pub(super) fn members_mut(&mut self) -> impl Iterator<Item = (&mut String, &mut Tree)> {
        let all = match &mut self.value {
            Value::Map(members) => members.as_mut_slice(),
            _ => &mut [],
        };
        all.iter_mut().filter(|(_, tree)| !tree.gone).map(|(key, tree)| (key, tree))
    }

    /// The items of a list that are not left out.
    pub(super) fn items(&self) -> impl Iterator<Item = &Tree> {
        let all = match &self.value {
            Value::List(items) => items.as_slice(),
            _ => &[],
        };
        all.iter().filter(|item| !item.gone)
    }

    pub(super) fn items_mut(&mut self) -> impl Iterator<Item = &mut Tree> {
        let all = match &mut self.value {
            Value::List(items) => items.as_mut_slice(),
            _ => &mut [],
        };
        all.iter_mut().filter(|item| !item.gone)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Tree> {
        self.members().find(|(name, _)| *name == key).map(|(_, tree)| tree)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        self.members_mut().find(|(name, _)| *name == key).map(|(_, tree)| tree)
    }

    pub(super) fn insert(&mut self, key: &str, tree: Tree) {
        match &mut self.value {
            Value::Map(members) => members.push((key.to_owned(), tree)),
            value => *value = Value::Map(vec![(key.to_owned(), tree)]),
        }
    }

    /// The mapping under `key`, made where there is none.
    pub(super) fn section(&mut self, key: &str) -> &mut Tree {
        if self.get(key).is_none() {
            let tree = Tree::added(&self.place.clone(), Value::Map(Vec::new()), "");
            self.insert(key, tree);
        }
        let found = self.members_mut().find(|(name, _)| *name == key);
        found.map(|(_, tree)| tree).unwrap_or_else(|| unreachable!("it was made above"))
    }

    /// The value at a path of the written specification, as deep as it goes.
    pub(super) fn find_mut(&mut self, path: &[String]) -> &mut Tree {
        let Some((step, rest)) = path.split_first() else { return self };
        let index = match &self.value {
            Value::Map(members) => members.iter().position(|(key, tree)| key == step && !tree.gone),
            Value::List(items) => {
                let kept = items.iter().enumerate().filter(|(_, item)| !item.gone);
                step.parse().ok().and_then(|nth| kept.map(|(at, _)| at).nth(nth))
            }
            _ => None,
        };
        let Some(at) = index else { return self };
        match &mut self.value {
            Value::Map(members) => members[at].1.find_mut(rest),
            Value::List(items) => items[at].find_mut(rest),
            _ => unreachable!("only mappings and lists have an index"),
        }
    }

    /// Every text below, with the path to it.
    pub(super) fn texts(&mut self, visit: &mut impl FnMut(&[String], &mut Tree)) {
        self.walk(&mut Vec::new(), visit);
    }

    fn walk(&mut self, path: &mut Vec<String>, visit: &mut impl FnMut(&[String], &mut Tree)) {
        if self.gone {
            return;
        }
        if matches!(self.value, Value::Text(_)) {
            return visit(path, self);
        }
        match &mut self.value {
            Value::Map(members) => {
                for (key, tree) in members {
                    path.push(key.clone());
                    tree.walk(path, visit);
                    path.pop();
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    path.push(index.to_string());
                    item.walk(path, visit);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    /// The part of it that is written.
    pub(super) fn json(&self) -> Json {
        match &self.value {
            Value::Text(text) => Json::String(text.clone()),
            Value::Plain(json, _) => json.clone(),
            Value::List(_) => self.items().map(Tree::json).collect(),
            Value::Map(_) => {
                let members = self.members().map(|(key, tree)| (key.to_owned(), tree.json()));
                Json::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}
