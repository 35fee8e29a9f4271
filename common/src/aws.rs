//! How every AWS client here is set up.
//!
//! `AWS_ENDPOINT_URL` alone switches between AWS and something that speaks its protocol on
//! another address; nothing asks which of the two it is. Region, credentials and profiles
//! come from where every AWS tool takes them.

use std::env;
use std::error::Error;
use std::time::Duration;

pub use aws_config::SdkConfig;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::{Builder, tls};

use crate::secrets::MASK;

/// Where requests go when nothing names a region.
const DEFAULT_REGION: &str = "us-east-1";
/// A host that does not accept a connection within this time is taken for down.
const CONNECT: Duration = Duration::from_millis(3100);
/// One attempt: long enough for a throttled service, short enough to try again.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Tries for one call, with growing, random pauses between them.
const ATTEMPTS: u32 = 4;

/// A service of AWS, for its address.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// As in its host name, such as `secretsmanager`.
    pub host: &'static str,
    /// The environment variable that moves this service alone.
    pub variable: &'static str,
}

const GLOBAL: &str = "AWS_ENDPOINT_URL";
/// The SDK's own switch for leaving endpoints of the environment unused.
const IGNORE: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

impl Service {
    /// The endpoint that the environment names, if any and if it is not to be ignored.
    ///
    /// # Errors
    /// It is not a URL. An empty one is refused as well, because falling back to AWS would send
    /// development traffic to production. A text that may hold a password is not repeated.
    pub fn endpoint_from_environment(self) -> Result<Option<String>, String> {
        if env::var(IGNORE).is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        for name in [self.variable, GLOBAL] {
            let Some(value) = env::var_os(name) else { continue };
            let url = value.to_str().unwrap_or_default();
            let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
            return match host {
                Some(host) if !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic()) => {
                    Ok(Some(url.to_owned()))
                }
                _ => {
                    let shown = if url.contains('@') { MASK } else { url };
                    Err(format!(
                        "{name} is \"{shown}\", and not a URL such as http://localhost:4566"
                    ))
                }
            };
        }
        Ok(None)
    }

    /// The address that calls go to, for messages.
    pub fn endpoint(self, config: &SdkConfig) -> String {
        let url = match self.endpoint_from_environment() {
            Ok(Some(url)) => url,
            _ => config.endpoint_url().map_or_else(|| self.default_endpoint(config), str::to_owned),
        };
        without_user(&url)
    }

    fn default_endpoint(self, config: &SdkConfig) -> String {
        let region = config.region().map_or(DEFAULT_REGION, Region::as_ref);
        format!("https://{}.{region}.amazonaws.com", self.host)
    }
}

/// A URL for messages: without user and password.
pub fn without_user(url: &str) -> String {
    match url.split_once("://").map(|(scheme, rest)| (scheme, rest.rsplit_once('@'))) {
        Some((scheme, Some((_, host)))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

/// Reads the AWS configuration of this process. No call takes longer than `total`,
/// its retries included.
pub async fn config(total: Duration) -> SdkConfig {
    // Not the whole default chain: its last link asks an EC2 instance's metadata service, which
    // costs seconds wherever there is none. A variable that is set to nothing is not set.
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|region| !region.is_empty()));
    let region = match named {
        Some(name) => Some(Region::new(name)),
        None => ProfileFileRegionProvider::new().region().await,
    };
    let region = region.unwrap_or(Region::from_static(DEFAULT_REGION));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT.min(total))
        .operation_attempt_timeout(ATTEMPT.min(total))
        .operation_timeout(total)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(200));
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(
            Builder::new()
                .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
                .build_https(),
        )
        .region(region)
        .timeout_config(timeouts)
        .retry_config(retries)
        .load()
        .await
}

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// It was not sent: there are no usable credentials.
    NoCredentials,
    /// Nobody was reached, in the operating system's words, such as "Connection refused".
    Unreachable(String),
}

impl Unanswered {
    /// Sorts an SDK's error that has no response.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut last = error;
        while let Some(cause) = last.source() {
            if cause.is::<CredentialsError>() {
                return Unanswered::NoCredentials;
            }
            last = cause;
        }
        // The last cause is the operating system's.
        Unanswered::Unreachable(last.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt;

    #[derive(Debug)]
    struct Because(&'static str, Option<Box<dyn Error>>);

    impl fmt::Display for Because {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Because {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref()
        }
    }

    fn because(text: &'static str, cause: impl Error + 'static) -> Because {
        Because(text, Some(Box::new(cause)))
    }

    #[test]
    fn the_deepest_cause_is_told() {
        let refused = because("dispatch", because("connect", Because("Connection refused", None)));
        assert_eq!(Unanswered::of(&refused), Unanswered::Unreachable("Connection refused".into()));
        let alone = Because("timeout", None);
        assert_eq!(Unanswered::of(&alone), Unanswered::Unreachable("timeout".into()));
    }

    #[test]
    fn credentials_are_told_by_their_type() {
        let missing = CredentialsError::not_loaded("the chain has none");
        assert_eq!(Unanswered::of(&because("dispatch", missing)), Unanswered::NoCredentials);
        let words = because("dispatch", Because("no credentials at proxy", None));
        assert_eq!(
            Unanswered::of(&words),
            Unanswered::Unreachable("no credentials at proxy".into())
        );
    }
}
