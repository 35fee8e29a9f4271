//! Credentials that can be sent, or the reason why there are none.

use std::env;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::error::ErrorMetadata;

use super::endpoint::{Endpoint, TOKENS, at};
use super::profile::Profiles;
use super::setting::{unusable, variable};
use crate::diagnostic::{Report, last_cause};

/// Longest part of another program's words that a message repeats, in characters.
const LONGEST_REASON: usize = 300;

/// Why there are no credentials: a sentence, and one thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCredentials {
    /// The reason.
    pub reason: String,
    /// The remedy.
    pub hint: String,
}

impl fmt::Display for NoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Error for NoCredentials {}

/// The provider of the SDK, whose failures name the setting that is to blame.
#[derive(Debug)]
pub(super) struct Checked {
    provider: SharedCredentialsProvider,
    profiles: Profiles,
}

impl Checked {
    pub(super) fn new(provider: SharedCredentialsProvider, profiles: Profiles) -> Self {
        Checked { provider, profiles }
    }

    async fn credentials(&self) -> provider::Result {
        match self.provider.provide_credentials().await {
            Ok(credentials) => match unsendable(&credentials) {
                None => Ok(credentials),
                Some(problem) => Err(CredentialsError::invalid_configuration(problem)),
            },
            Err(error) => Err(CredentialsError::provider_error(NoCredentials::because(
                &self.profiles,
                Some(&error),
            ))),
        }
    }
}

impl ProvideCredentials for Checked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.provider.fallback_on_interrupt()
    }
}

const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const WEB_IDENTITY: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";

/// Credentials are sent in headers, in which a line break ends the program: the SDK takes every text for a
/// header. A file that `echo` wrote and an env file with Windows' line ends have one. The secret key only signs: an
/// object store's own user may have a password with blanks in it.
fn unsendable(credentials: &Credentials) -> Option<NoCredentials> {
    let parts = [
        ("access key id", "AWS_ACCESS_KEY_ID", Some(credentials.access_key_id())),
        ("secret access key", SECRET_KEY, Some(credentials.secret_access_key())),
        ("session token", "AWS_SESSION_TOKEN", credentials.session_token()),
    ];
    parts.into_iter().find_map(|(part, variable, value)| {
        let value = value?;
        let usable = |c: char| c.is_ascii_graphic() || variable == SECRET_KEY && !c.is_control();
        let outer = |c: &char| value.trim() != value && c.is_whitespace();
        let odd = value.chars().find(|c| !usable(*c) || outer(c))?;
        let odd = match odd {
            '\n' | '\r' => "a line break",
            c if c.is_whitespace() => "a space",
            _ => "a character that no key has",
        };
        let hint = match env::var_os(variable) {
            Some(_) => format!("set {variable} to the key alone"),
            None => "correct it where it is configured".to_owned(),
        };
        Some(NoCredentials { reason: format!("the {part} holds {odd}"), hint })
    })
}

/// Refuses an access key ID without a secret key, as boto3 does: the SDK would take the credentials of somebody
/// else. boto3 and the SDK ignore a secret key without an ID, so that one is no error here.
///
/// # Errors
/// The environment has an ID and no secret key.
pub(super) fn check_variables() -> Result<(), Report> {
    if variable("AWS_ACCESS_KEY_ID").is_some() && variable(SECRET_KEY).is_none() {
        return Err(unusable("AWS_ACCESS_KEY_ID", "is set without AWS_SECRET_ACCESS_KEY"));
    }
    Ok(())
}

/// Whether the web identity of the environment comes before the credentials of the selected profile, as in
/// boto3 and not in the SDK for Rust: a pod's role counts, whatever an image has in `~/.aws`.
pub(super) fn is_web_identity_first(profiles: &Profiles) -> bool {
    let is_set = |name: &str| variable(name).is_some();
    let has = |key: &&str| profiles.get(key).is_some();
    let sources = ["aws_access_key_id", "credential_process", "sso_session", "sso_start_url"];
    [WEB_IDENTITY, ROLE].into_iter().all(is_set)
        && !["AWS_ACCESS_KEY_ID", SECRET_KEY].into_iter().all(is_set)
        && sources.iter().any(has)
        && !has(&"role_arn")
}

/// The credentials for the web identity of the environment. The SDK's provider would send the token to AWS itself
/// where a profile has an endpoint, and ignores FIPS and dual stack.
///
/// # Errors
/// The endpoint of the token service is not a URL.
pub(super) fn web_identity(
    profiles: &Profiles,
    sdk: &SdkConfig,
) -> Result<SharedCredentialsProvider, Report> {
    let url = Endpoint::of(TOKENS, profiles, sdk)?.url;
    let client = aws_sdk_sts::Client::new(&at(sdk, url.as_deref()));
    let provider = provide_credentials_fn(move || assume_role(client.clone()));
    Ok(SharedCredentialsProvider::new(provider))
}

async fn assume_role(client: aws_sdk_sts::Client) -> provider::Result {
    // The token is read each time: Kubernetes replaces it before it expires.
    let file = variable(WEB_IDENTITY).unwrap_or_default();
    let token = std::fs::read_to_string(file).map_err(CredentialsError::provider_error)?;
    let session = variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("web-identity-token-{}", now.as_millis())
    });
    let request = client.assume_role_with_web_identity().set_role_arn(variable(ROLE));
    let request = request.role_session_name(session).web_identity_token(token);
    let answer = request.send().await.map_err(CredentialsError::provider_error)?;
    let none = || CredentialsError::unhandled("the answer holds no credentials");
    let keys = answer.credentials.ok_or_else(none)?;
    let until = SystemTime::try_from(keys.expiration).map_err(CredentialsError::unhandled)?;
    let mut credentials = Credentials::builder()
        .access_key_id(keys.access_key_id)
        .secret_access_key(keys.secret_access_key)
        .session_token(keys.session_token)
        .expiry(until)
        .provider_name("WebIdentityToken");
    let role = answer.assumed_role_user.as_ref();
    let account = role.and_then(|role| role.arn.split(':').nth(4));
    credentials.set_account_id(account.map(Into::into));
    Ok(credentials.build())
}

/// A source of credentials that the user has configured.
enum Source {
    /// The file of this name holds a token for a role.
    WebIdentity(PathBuf),
    /// The container's endpoint.
    Container,
    /// A command of this profile.
    Process(String),
    /// `aws sso login` for this profile.
    Sso(String),
    /// `aws login` for this profile, which the SDK for Rust does not know.
    Login(String),
    /// A role of this profile, with a second factor or without.
    Role {
        profile: String,
        mfa: bool,
    },
    None,
}

impl Source {
    /// The source that the SDK takes: the environment, then the profile and those that it refers to.
    fn of(profiles: &Profiles) -> Self {
        let web_identity = || variable(WEB_IDENTITY).map(|file| Source::WebIdentity(file.into()));
        if is_web_identity_first(profiles)
            && let Some(source) = web_identity()
        {
            return source;
        }
        let mut name = profiles.selected().to_owned();
        let mut role = None;
        let mut seen = Vec::new();
        while let Some(profile) = profiles.profile(&name) {
            let has = |key: &str| profile.get(key).is_some();
            if let Some(file) = profile.get("web_identity_token_file") {
                return Source::WebIdentity(file.into());
            }
            if has("role_arn") && role.is_none() {
                role = Some(Source::Role { profile: name.clone(), mfa: has("mfa_serial") });
            }
            seen.push(name.clone());
            match profile.get("source_profile") {
                Some(next) if !seen.iter().any(|seen| seen == next) => {
                    name = next.to_owned();
                    continue;
                }
                _ => {}
            }
            if has("credential_process") {
                return Source::Process(name);
            }
            if has("sso_session") || has("sso_start_url") {
                return Source::Sso(name);
            }
            if has("login_session") {
                return Source::Login(name);
            }
            break;
        }
        if let Some(role) = role {
            return role;
        }
        if let Some(source) = web_identity() {
            return source;
        }
        let container =
            ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
        if container.into_iter().any(|name| variable(name).is_some()) {
            return Source::Container;
        }
        Source::None
    }
}

impl NoCredentials {
    /// The reason of a failure, or of no answer at all when there is no error.
    pub fn because(profiles: &Profiles, error: Option<&CredentialsError>) -> Self {
        let words = match error {
            Some(error) => words(error),
            None => "no answer in time".to_owned(),
        };
        let (reason, hint) = match Source::of(profiles) {
            Source::WebIdentity(file) => match std::fs::metadata(&file) {
                Err(error) => (
                    format!("the web identity token {} cannot be read: {error}", file.display()),
                    "check AWS_WEB_IDENTITY_TOKEN_FILE, and that the token is mounted".to_owned(),
                ),
                Ok(_) => (
                    format!("the role of the web identity token cannot be assumed: {words}"),
                    "check AWS_ROLE_ARN, and that the role trusts the token's issuer".to_owned(),
                ),
            },
            Source::Container => (
                format!("the container's credentials cannot be fetched: {words}"),
                "check AWS_CONTAINER_CREDENTIALS_FULL_URI, and the task's or pod's role".to_owned(),
            ),
            Source::Process(profile) => (
                format!("the credential_process of the profile \"{profile}\" failed: {words}"),
                "run that command in a shell".to_owned(),
            ),
            Source::Sso(profile) => {
                let session = profiles.of(&profile, "sso_session");
                match session.filter(|session| !profiles.has_sso_session(session)) {
                    Some(session) => (
                        format!(
                            "the profile \"{profile}\" refers to [sso-session {session}], which is not configured"
                        ),
                        "aws configure sso-session writes it".to_owned(),
                    ),
                    None => (
                        format!(
                            "the SSO session of the profile \"{profile}\" has no valid token: {words}"
                        ),
                        format!("aws sso login --profile {profile}"),
                    ),
                }
            }
            Source::Login(profile) => (
                format!(
                    "the profile \"{profile}\" signs in with aws login, whose sessions only newer AWS tools read"
                ),
                format!(
                    "eval \"$(aws configure export-credentials --profile {profile} --format env)\""
                ),
            ),
            Source::Role { profile, mfa: true } => (
                format!(
                    "the role of the profile \"{profile}\" needs a code of a second factor (mfa_serial): {words}"
                ),
                format!(
                    "eval \"$(aws configure export-credentials --profile {profile} --format env)\" asks for the code"
                ),
            ),
            Source::Role { profile, mfa: false } => (
                format!("the role of the profile \"{profile}\" cannot be assumed: {words}"),
                "check role_arn and source_profile, and that the role trusts this caller"
                    .to_owned(),
            ),
            Source::None => match profiles.named() {
                Some(profile) => (
                    format!("the profile \"{profile}\" has no usable AWS credentials"),
                    "aws configure writes them".to_owned(),
                ),
                None => return NoCredentials::unknown(),
            },
        };
        NoCredentials { reason, hint }
    }

    pub(super) fn unknown() -> Self {
        NoCredentials {
            reason: "there are no usable AWS credentials".into(),
            hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; \
                   LocalStack takes any, such as test and test"
                .into(),
        }
    }
}

/// The deepest cause in one line, cut at a length.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut next = Some(error);
    let mut answer = None;
    while let Some(cause) = next {
        answer = answer.or(cause.downcast_ref::<ErrorMetadata>());
        next = cause.source();
    }
    let text = match answer.map(|answer| (answer.message(), answer.code())) {
        Some((Some(message), Some(code))) => format!("{message} ({code})"),
        _ => last_cause(error),
    };
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(LONGEST_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(id: &str, secret: &str) -> Option<String> {
        unsendable(&Credentials::new(id, secret, None, None, "test")).map(|none| none.reason)
    }

    #[test]
    fn a_secret_key_may_have_blanks_within_and_an_id_none() {
        assert_eq!(refused("id", "a b ä~"), None);
        for secret in [" a", "a ", "a\tb", "a\nb"] {
            assert!(refused("id", secret).is_some(), "{secret:?}");
        }
        for id in ["a b", "ä", "a\r"] {
            assert!(refused(id, "secret").is_some(), "{id:?}");
        }
        assert_eq!(refused("id", "a "), Some("the secret access key holds a space".to_owned()));
    }
}
