//! The questions that a tree of YAML or JSON must answer.

use std::borrow::Cow;

use crate::quantity::Quantity;

/// A value in a tree: a mapping, a list or a scalar.
pub trait Tree: Sized {
    /// The value under a key of a mapping.
    fn get(&self, key: &str) -> Option<&Self>;

    /// The items of a list; none for anything else.
    fn items(&self) -> &[Self];

    /// The keys of a mapping and their values; none for anything else.
    fn entries(&self) -> impl Iterator<Item = (&str, &Self)>;

    /// Whether it is `null`.
    fn is_null(&self) -> bool;

    /// The text of a scalar that can be a name; `None` for `null`.
    fn word(&self) -> Option<&str>;

    /// The text of any scalar: an amount or a count may be a number.
    fn literal(&self) -> Option<Cow<'_, str>> {
        self.word().map(Cow::Borrowed)
    }

    /// The value behind several keys of nested mappings.
    fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The name behind several keys.
    fn word_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.word()
    }

    /// The items of the list under a key.
    fn list(&self, key: &str) -> &[Self] {
        self.get(key).map_or(&[], Self::items)
    }

    /// The items of the list behind several keys.
    fn list_at(&self, path: &[&str]) -> &[Self] {
        self.at(path).map_or(&[], Self::items)
    }

    /// An annotation of an object.
    fn annotation(&self, key: &str) -> Option<&str> {
        self.word_at(&["metadata", "annotations", key])
    }

    /// A label of an object.
    fn label(&self, key: &str) -> Option<&str> {
        self.word_at(&["metadata", "labels", key])
    }

    /// The whole number behind several keys.
    fn number_at(&self, path: &[&str]) -> Option<i64> {
        self.at(path)?.literal()?.parse().ok()
    }

    /// Whether `true` is behind several keys.
    fn is_true(&self, path: &[&str]) -> bool {
        self.at(path).and_then(Self::literal).is_some_and(|text| text == "true")
    }

    /// The amount of a scalar, if it is one.
    fn quantity(&self) -> Option<Quantity> {
        Quantity::parse(&self.literal()?)
    }
}

#[cfg(feature = "json")]
impl Tree for serde_json::Value {
    fn get(&self, key: &str) -> Option<&Self> {
        self.get(key)
    }

    fn items(&self) -> &[Self] {
        self.as_array().map_or(&[], Vec::as_slice)
    }

    fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let map = self.as_object().into_iter().flatten();
        map.map(|(key, value)| (key.as_str(), value))
    }

    fn is_null(&self) -> bool {
        self.is_null()
    }

    fn word(&self) -> Option<&str> {
        self.as_str()
    }

    fn literal(&self) -> Option<Cow<'_, str>> {
        match self {
            serde_json::Value::String(text) => Some(Cow::Borrowed(text)),
            serde_json::Value::Number(_) | serde_json::Value::Bool(_) => {
                Some(Cow::Owned(self.to_string()))
            }
            _ => None,
        }
    }
}
