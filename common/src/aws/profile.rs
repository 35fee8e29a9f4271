//! The user's AWS configuration files: `~/.aws/config` and `~/.aws/credentials`.

use std::env;

use aws_runtime::env_config::error::EnvConfigFileLoadError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::{EnvConfigSections, Profile};
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};

use super::setting::{unusable, variable};
use crate::diagnostic::{Diagnostic, Report, causes, did_you_mean};

/// The variables that choose a profile, in the order of their precedence.
const CHOICE: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// The profiles of the user, with the selected name.
#[derive(Clone, Debug)]
pub struct Profiles {
    sections: EnvConfigSections,
    named: Option<String>,
}

impl Profiles {
    /// Reads the files. Files that do not exist have no profiles.
    ///
    /// # Errors
    /// A file is malformed, or the profile that a variable names is in none of them.
    pub(super) async fn load() -> Result<Self, Report> {
        let files = EnvConfigFiles::default();
        let broken = |error: EnvConfigFileLoadError| -> Report {
            // The parser's message has the line's number, and not the line.
            Diagnostic::error("aws-setting", format!("the AWS configuration: {}", causes(&error)))
                .into()
        };
        let source = source::load(&Env::real(), &Fs::real(), &files).await.map_err(broken)?;
        let sections = EnvConfigSections::parse(source).map_err(|error| broken(error.into()))?;
        let chosen = CHOICE.iter().find_map(|name| Some((*name, variable(name)?)));
        let named = chosen.as_ref().map(|(_, profile)| profile.clone());
        if let Some((variable, profile)) = chosen
            && profile != "default"
            && sections.get_profile(&profile).is_none()
        {
            let message =
                format!("{variable} names the profile \"{profile}\", which is not configured");
            let known: Vec<&str> = sections.profiles().collect();
            let hint = did_you_mean(&profile, known.iter().copied())
                .unwrap_or_else(|| "aws configure list-profiles shows the profiles".into());
            return Err(Diagnostic::error("no-profile", message).hint(hint).into());
        }
        let profiles = Profiles { sections, named };
        profiles.check_services()?;
        Ok(profiles)
    }

    /// The endpoint of a section that is not there, or that is written beside its service instead of below it,
    /// would be that of AWS. The SDK keeps neither the sections' names nor such settings.
    fn check_services(&self) -> Result<(), Report> {
        let Some(section) = self.get("services") else { return Ok(()) };
        let home = env::home_dir().unwrap_or_default();
        let path = match variable("AWS_CONFIG_FILE") {
            Some(path) => {
                path.strip_prefix("~/").map(|path| home.join(path)).unwrap_or(path.into())
            }
            None => home.join(".aws/config"),
        };
        // A file that cannot be read has no profile, either.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let Some(problem) = services_problem(&text, section) else { return Ok(()) };
        Err(unusable(&format!("services of the profile \"{}\"", self.selected()), problem))
    }

    /// The profile that a variable selects.
    pub(super) fn named(&self) -> Option<&str> {
        self.named.as_deref()
    }

    /// The name of the selected profile.
    pub fn selected(&self) -> &str {
        self.named.as_deref().unwrap_or("default")
    }

    /// A setting of the selected profile; an empty one is not set.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.of(self.selected(), key)
    }

    /// A setting of a profile.
    pub(super) fn of(&self, profile: &str, key: &str) -> Option<&str> {
        let value = self.profile(profile)?.get(key)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// A profile, if it is configured.
    pub(super) fn profile(&self, name: &str) -> Option<&Profile> {
        self.sections.get_profile(name)
    }

    /// A setting of the `sso-session` section that a profile refers to.
    pub(super) fn has_sso_session(&self, name: &str) -> bool {
        self.sections.sso_session(name).is_some()
    }

    /// A setting of the selected profile for one service, from the section `services` that it
    /// refers to; with the section's name.
    pub(super) fn of_service(&self, service: &str, key: &str) -> Option<(&str, &str)> {
        let section = self.get("services")?;
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(section)
            .property_name(service)
            .sub_property_name(key)
            .build()
            .ok()?;
        let value = self.sections.other_sections().get(&key)?.trim();
        Some((section, value))
    }
}

/// Why a section of services cannot be used.
fn services_problem(text: &str, section: &str) -> Option<&'static str> {
    let header = |line: &str| line.strip_prefix('[')?.split(']').next().map(str::to_owned);
    let mut is_found = false;
    let mut is_within = false;
    for line in text.lines() {
        if let Some(header) = header(line) {
            is_within = header.split_whitespace().eq(["services", section]);
            is_found |= is_within;
        } else if is_within && line.starts_with("endpoint_url") {
            return Some(
                "names a section whose endpoint_url is not indented below a service, such as secrets_manager =",
            );
        }
    }
    (!is_found).then_some("names a section [services …] that is not configured")
}

/// A setting that is `true` or `false`, of a variable or else of the selected profile.
///
/// # Errors
/// It is something else.
pub(super) fn flag(profiles: &Profiles, name: &str, key: &str) -> Result<bool, Report> {
    let (setting, value) = match (variable(name), profiles.get(key)) {
        (Some(value), _) => (name.to_owned(), value),
        (None, Some(value)) => {
            (format!("{key} of the profile \"{}\"", profiles.selected()), value.to_owned())
        }
        (None, None) => return Ok(false),
    };
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(unusable(&setting, "is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use super::services_problem;

    #[test]
    fn a_section_of_services_exists_and_its_endpoints_are_indented() {
        let good = "[profile p]\nservices = x\n[services  x] # c\r\ns3 =\r\n  endpoint_url = u\r\n[default]\nendpoint_url = v\n";
        assert_eq!(services_problem(good, "x"), None);
        assert!(services_problem(good, "y").is_some());
        assert!(services_problem("[services x]\ns3 =\nendpoint_url = u\n", "x").is_some());
    }
}
