//! Where the requests of a service go.
//!
//! The precedence is that of the AWS tools: the variable of the service, `AWS_ENDPOINT_URL`, the
//! section `services` that the profile refers to, `endpoint_url` of the profile. The SDK for Rust
//! looks for the section under another name than all the rest, so the address is found here.

use std::env;
use std::fmt;

use aws_config::{Region, SdkConfig};
use aws_types::origin::Origin;

use super::profile::{Profiles, flag};
use super::setting::DEFAULT_REGION;
use crate::diagnostic::{Diagnostic, Report};

/// A service of AWS, for its address.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// As in its host name, such as `secretsmanager`.
    pub host: &'static str,
    /// The environment variable that moves this service alone.
    pub variable: &'static str,
    /// Its name in a `services` section, such as `secrets_manager`.
    pub section: &'static str,
}

/// The token service, which knows the account of the credentials, and gives those of a role.
pub const TOKENS: Service =
    Service { host: "sts", variable: "AWS_ENDPOINT_URL_STS", section: "sts" };

const GLOBAL: &str = "AWS_ENDPOINT_URL";
/// The switch for leaving configured endpoints unused, and its key in a profile.
const IGNORE: [&str; 2] =
    ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"];

/// The address of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL that is configured; none for AWS.
    pub url: Option<String>,
    /// The setting that it comes from.
    pub setting: Option<Setting>,
    /// The address for messages, without a password.
    pub shown: String,
}

/// The setting that names an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// An environment variable.
    Variable(&'static str),
    /// The section `services` of this name.
    Services(String),
    /// `endpoint_url` of this profile.
    Profile(String),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Variable(name) => f.write_str(name),
            Setting::Services(name) => write!(f, "endpoint_url of the section [services {name}]"),
            Setting::Profile(name) => write!(f, "endpoint_url of the profile \"{name}\""),
        }
    }
}

impl Endpoint {
    /// # Errors
    /// The endpoint is not a URL. An empty variable is refused as well, because falling back to AWS
    /// would send development traffic to production.
    pub(super) fn of(
        service: Service,
        profiles: &Profiles,
        config: &SdkConfig,
    ) -> Result<Self, Report> {
        if flag(profiles, IGNORE[0], IGNORE[1])? {
            return Ok(Endpoint::aws(service, config));
        }
        let Some((setting, url)) = configured(service, profiles) else {
            return Ok(Endpoint::aws(service, config));
        };
        check(&setting, &url)?;
        let shown = without_user(&url);
        Ok(Endpoint { url: Some(url), setting: Some(setting), shown })
    }

    fn aws(service: Service, config: &SdkConfig) -> Self {
        let region = config.region().map_or(DEFAULT_REGION, Region::as_ref);
        let fips = if config.use_fips() == Some(true) { "-fips" } else { "" };
        let domain =
            if config.use_dual_stack() == Some(true) { "api.aws" } else { "amazonaws.com" };
        let shown = format!("https://{}{fips}.{region}.{domain}", service.host);
        Endpoint { url: None, setting: None, shown }
    }
}

/// The configuration of clients whose requests go to this URL, or to AWS.
pub(super) fn at(sdk: &SdkConfig, url: Option<&str>) -> SdkConfig {
    let mut builder = sdk.to_builder();
    builder.set_endpoint_url(url.map(str::to_owned));
    // Else the SDK would look for the endpoint of each service itself.
    builder.insert_origin("endpoint_url", Origin::shared_config());
    if url.is_some() {
        builder.set_use_fips(Some(false)).set_use_dual_stack(Some(false));
    }
    builder.build()
}

fn configured(service: Service, profiles: &Profiles) -> Option<(Setting, String)> {
    for name in [service.variable, GLOBAL] {
        if let Some(value) = env::var_os(name) {
            let url = value.into_string().unwrap_or_default();
            return Some((Setting::Variable(name), url));
        }
    }
    if let Some((section, url)) = profiles.of_service(service.section, "endpoint_url") {
        return Some((Setting::Services(section.to_owned()), url.to_owned()));
    }
    let url = profiles.get("endpoint_url")?;
    Some((Setting::Profile(profiles.selected().to_owned()), url.to_owned()))
}

/// Checks the endpoint that a setting names.
///
/// # Errors
/// The text is not a URL of a server.
pub fn check(setting: &impl fmt::Display, url: &str) -> Result<(), Report> {
    let Some(problem) = problem(url) else { return Ok(()) };
    let message = format!("{setting} {problem}, and not a URL such as http://localhost:4566");
    let diagnostic = Diagnostic::error("bad-endpoint", message);
    Err(diagnostic.hint("remove the setting to talk to AWS itself").into())
}

/// Why a text is no endpoint. The text is never repeated, because it may hold a password.
fn problem(url: &str) -> Option<&'static str> {
    if url.is_empty() {
        return Some("is empty");
    }
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let Some(rest) = rest else {
        return Some("does not begin with http:// or https://");
    };
    if !rest.chars().all(|c| c.is_ascii_graphic()) {
        return Some("has a space, a line break or another character that a URL cannot have");
    }
    if rest.contains('\\') {
        return Some("has a backslash, which a URL cannot have");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A slash in a password ends the host for every client, so the rest of the password would be a path.
    if rest[authority.len()..].contains('@') {
        return Some(
            "has an @ behind its host: write / as %2F, ? as %3F and # as %23 in a password",
        );
    }
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user.contains('@') {
        return Some("has two @: write @ as %40 in a password");
    }
    let (host, port) = host
        .strip_prefix('[')
        .and_then(|host| host.split_once(']'))
        .unwrap_or_else(|| host.split_at(host.find(':').unwrap_or(host.len())));
    if host.is_empty() {
        return Some("has no host");
    }
    let number = |port: &str| port.is_empty() || port.parse::<u16>().is_ok();
    let sound = port.is_empty() || port.strip_prefix(':').is_some_and(number);
    (!sound).then_some("has a port that is not a number")
}

/// A URL for messages: scheme, host and port.
pub fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return String::new() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_secret() {
        for url in [
            "http://user:p%40ss@host:1/path?token=x#y",
            "http://host:1/?token=x",
            "http://host:1#x",
        ] {
            assert_eq!(without_user(url), "http://host:1");
        }
    }

    #[test]
    fn an_endpoint_is_a_url_with_a_host() {
        for good in ["http://localhost:4566", "https://u:p@h/x", "http://[::1]:4566"] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in
            ["", "localhost:4566", "ftp://x", "http://", "http://u:p@", "http://:1", "http://a b"]
        {
            assert!(problem(bad).is_some(), "{bad}");
        }
        // A password whose signs are not encoded.
        for bad in [
            "http://u:p/w@h",
            "http://u:12/w@h:1",
            "http://u:p?w@h",
            "http://u:p#w@h",
            "http://u:p\\w@h",
            "http://u:p@w@h",
            "http://h:p",
            "http://h:99999",
            "http://[::1]x",
        ] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }
}
