//! The variables of a service: of env files, of `environment`, and of secrets.

use std::collections::BTreeMap;

use common::fault;

use super::Builder;
use crate::spec::dotenv::{self, Form};
use crate::spec::text;
use crate::spec::types::{self, EnvFile, EnvFiles, Pairs};

impl Builder<'_> {
    /// The variables: env files in their order, then `environment`, which wins.
    pub(super) fn environment(
        &mut self,
        name: &str,
        service: &types::Service,
    ) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        let files: Vec<(String, bool, Form)> = match &service.env_file {
            None => Vec::new(),
            Some(EnvFiles::One(path)) => vec![(path.clone(), true, Form::Compose)],
            Some(EnvFiles::List(list)) => list
                .iter()
                .map(|file| match file {
                    EnvFile::Path(path) => (path.clone(), true, Form::Compose),
                    EnvFile::Long(long) => {
                        let raw = long.format.as_deref() == Some("raw");
                        let form = if raw { Form::Raw } else { Form::Compose };
                        (long.path.clone(), long.required.unwrap_or(true), form)
                    }
                })
                .collect(),
        };
        for (index, (file, required, form)) in files.into_iter().enumerate() {
            let index = index.to_string();
            let path = ["services", name, "env_file", &index];
            let full = self.spec.sources.base().join(&file);
            if !required && !full.exists() {
                continue;
            }
            match dotenv::read(&full, form, &self.spec.variables, self.say.report) {
                Ok(pairs) => all.extend(pairs),
                Err(error) => {
                    self.say.push(fault::unreadable("no-file", "env file", &file, &error), &path);
                }
            }
        }
        let pairs = self.pairs(name, "environment", Some(&service.environment));
        all.extend(pairs);
        for variable in all.keys() {
            let good = |c: char| c == ' ' || c.is_ascii_graphic() && c != '=';
            if variable.is_empty() || !variable.chars().all(good) {
                let path = ["services", name, "environment", variable];
                let message = format!("a variable cannot be called \"{variable}\"");
                self.say.error("bad-name", message, &path);
            }
        }
        all
    }

    pub(super) fn pairs(
        &mut self,
        name: &str,
        key: &str,
        pairs: Option<&Pairs>,
    ) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for (variable, value) in pairs.map(Pairs::entries).unwrap_or_default() {
            let variable = text::settled(&variable);
            if value.is_none() && key == "environment" {
                let message =
                    format!("{variable} has no value: Compose would take it from whoever runs it");
                let path = ["services", name, key, &variable];
                let hint =
                    format!("declare it under x-variables and write {variable}: ${{{variable}}}");
                self.say.hinted("from-outside", message, &path, hint);
                continue;
            }
            all.insert(variable, value.unwrap_or_default());
        }
        all
    }

    /// Variable → secret, for the secrets that list the service.
    pub(super) fn secrets(&self, name: &str) -> BTreeMap<String, String> {
        let uses = self.catalogue().secrets.iter().filter(|s| s.services.iter().any(|s| s == name));
        uses.flat_map(|secret| {
            secret.variables().map(|variable| (variable.to_owned(), secret.name.clone()))
        })
        .collect()
    }

    /// The first env file that holds all of a service's secrets.
    pub(super) fn env_file(
        &self,
        secrets: &BTreeMap<String, String>,
        service: &types::Service,
    ) -> Option<String> {
        let catalogue = self.catalogue();
        let has = |file: &common::catalogue::EnvFile, name: &String| {
            file.secrets.iter().any(|index| catalogue.secrets[*index].name == *name)
        };
        let home = |file: &&common::catalogue::EnvFile| {
            service.profiles.first().is_some_and(|p| file.profiles.contains(p))
        };
        let all = |file: &&common::catalogue::EnvFile| secrets.values().all(|name| has(file, name));
        if secrets.is_empty() {
            return None;
        }
        let files = &catalogue.env_files;
        let found = files.iter().filter(home).find(all).or_else(|| files.iter().find(all))?;
        Some(found.name.clone())
    }
}
