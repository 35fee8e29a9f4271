//! Reading a TOML table key by key, so that everything wrong with it is reported at once.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use common::diagnostic::{Diagnostic, Place, Report, Source, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// A table that is being read.
pub(crate) struct Table<'a, 'r> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    asked: HashSet<&'static str>,
    source: Arc<Source>,
    report: &'r mut Report,
}

impl<'a, 'r> Table<'a, 'r> {
    pub(crate) fn new(
        table: &'a Spanned<DeTable<'a>>,
        source: Arc<Source>,
        report: &'r mut Report,
    ) -> Self {
        Self::of(table.get_ref(), table.span(), source, report)
    }

    fn of(
        table: &'a DeTable<'a>,
        span: Range<usize>,
        source: Arc<Source>,
        report: &'r mut Report,
    ) -> Self {
        Table { table, span, asked: HashSet::new(), source, report }
    }

    /// Reports something wrong at `span`.
    pub(crate) fn complain(&mut self, span: Range<usize>, message: impl Into<String>) {
        let place = Place { source: Arc::clone(&self.source), span };
        self.report.push(Diagnostic::error("configuration", message).at(place, ""));
    }

    /// The whole table.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'a Value<'a>> {
        self.asked.insert(key);
        self.table.get(key)
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.get(key)?;
        self.expect_text(value, key)
    }

    /// A whole number.
    pub(crate) fn number(&mut self, key: &'static str) -> Option<Spanned<i64>> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.complain(value.span(), format!("`{key}` must be a whole number"));
        }
        Some(Spanned::new(value.span(), number?))
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Spanned<String>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.complain(value.span(), format!("`{key}` must be a list of texts"));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.expect_text(item, key)).collect()
    }

    fn expect_text(&mut self, value: &Value<'_>, key: &str) -> Option<Spanned<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(Spanned::new(value.span(), text.to_string())),
            _ => {
                self.complain(value.span(), format!("`{key}` must be text"));
                None
            }
        }
    }

    /// Reads each table of an array of tables.
    pub(crate) fn tables(&mut self, key: &'static str, mut read: impl FnMut(&mut Table<'_, '_>)) {
        let Some(value) = self.get(key) else { return };
        let items = match value.get_ref() {
            DeValue::Array(items) => items,
            _ => return self.complain(value.span(), format!("write `[[{key}]]`")),
        };
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(table) => {
                    let mut inner =
                        Table::of(table, item.span(), Arc::clone(&self.source), self.report);
                    read(&mut inner);
                    inner.finish();
                }
                _ => self.complain(item.span(), format!("an item of `{key}` must be a table")),
            }
        }
    }

    /// The entries of a table whose keys are free.
    pub(crate) fn pairs(&mut self, key: &'static str) -> Vec<(Spanned<String>, Spanned<String>)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            self.complain(value.span(), format!("`{key}` must be a table"));
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for (name, value) in table.iter() {
            if let Some(text) = self.expect_text(value, name.get_ref()) {
                pairs.push((Spanned::new(name.span(), name.get_ref().to_string()), text));
            }
        }
        pairs
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(mut self) {
        let unknown: Vec<_> = self
            .table
            .keys()
            .filter(|key| !self.asked.contains(key.get_ref().as_ref()))
            .map(|key| (key.span(), key.get_ref().to_string()))
            .collect();
        for (span, key) in unknown {
            let mut message = format!("unknown key `{key}`");
            if let Some(near) = nearest(&key, self.asked.iter().copied()) {
                message = format!("{message}; did you mean `{near}`?");
            }
            self.complain(span, message);
        }
    }
}
