//! How every AWS client here is set up.
//!
//! `AWS_ENDPOINT_URL` alone switches between AWS and something that speaks its protocol on
//! another address; nothing asks which of the two it is. Region, credentials, profiles, proxies and
//! certificates come from where every AWS tool takes them.

mod credentials;
mod endpoint;
mod http;
mod profile;
mod retries;
mod setting;
mod unanswered;

use std::time::Duration;

pub use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};

pub use credentials::NoCredentials;
pub use endpoint::{Endpoint, Service, TOKENS, check, without_user};
pub use http::is_too_long;
pub use profile::Profiles;
pub use unanswered::Unanswered;

use crate::diagnostic::Report;
use setting::{DEFAULT_REGION, variable};

/// A host that does not accept a connection within this time is taken for down.
const CONNECT: Duration = Duration::from_millis(3100);
/// One attempt: long enough for a throttled service, short enough to try again.
const ATTEMPT: Duration = Duration::from_secs(10);

/// The AWS configuration of this process.
#[derive(Debug)]
pub struct Settings {
    /// For the clients of the SDK.
    pub sdk: SdkConfig,
    /// The user's configuration files.
    pub profiles: Profiles,
    /// Whether the user says how often a request is tried.
    pub attempts_are_set: bool,
}

impl Settings {
    /// Reads the environment and the configuration files. No call takes longer than `total`,
    /// its retries included.
    ///
    /// # Errors
    /// A setting that cannot be used. An AWS tool that went on without it would talk to another
    /// account, region or host than its user means.
    pub async fn load(total: Duration) -> Result<Self, Report> {
        Self::load_for(total, None).await
    }

    /// As [`Settings::load`], for another region than the configured one.
    ///
    /// # Errors
    /// As those of [`Settings::load`].
    pub async fn load_for(total: Duration, region: Option<&str>) -> Result<Self, Report> {
        let profiles = Profiles::load().await?;
        credentials::check_variables()?;
        let retries = retries::of(&profiles)?;
        // Not the SDK's default chain: its last link asks an EC2 instance's metadata service, which
        // costs seconds wherever there is none.
        let region = region
            .map(str::to_owned)
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"))
            .or_else(|| profiles.get("region").map(str::to_owned));
        let region = region.map_or(Region::from_static(DEFAULT_REGION), Region::new);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT.min(total))
            .operation_attempt_timeout(ATTEMPT.min(total))
            .operation_timeout(total)
            .build();
        let http = http::client(&profiles)?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(region)
            .timeout_config(timeouts)
            .retry_config(retries.config);
        if let Some(profile) = profiles.named() {
            loader = loader.profile_name(profile);
        }
        let mut sdk = loader.load().await;
        if credentials::is_web_identity_first(&profiles) {
            let provider = credentials::web_identity(&profiles, &sdk)?;
            sdk = sdk.to_builder().credentials_provider(provider).build();
        }
        let sdk = match sdk.credentials_provider() {
            Some(provider) => {
                let checked = credentials::Checked::new(provider, profiles.clone());
                let checked =
                    aws_credential_types::provider::SharedCredentialsProvider::new(checked);
                sdk.to_builder().credentials_provider(checked).build()
            }
            None => sdk,
        };
        Ok(Settings { sdk, profiles, attempts_are_set: retries.are_set })
    }

    /// The configuration of clients whose requests go to this URL, or to AWS. The URL is taken as it is, and the SDK
    /// refuses a URL beside FIPS or dual stack, because these two choose among the hosts of AWS.
    pub fn at(&self, url: Option<&str>) -> SdkConfig {
        endpoint::at(&self.sdk, url)
    }

    /// Where the requests of `service` go.
    ///
    /// # Errors
    /// The endpoint that is configured is not a URL.
    pub fn endpoint(&self, service: Service) -> Result<Endpoint, Report> {
        Endpoint::of(service, &self.profiles, &self.sdk)
    }
}
