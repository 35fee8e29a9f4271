//! One run against Secrets Manager: where it is, who asks, and until when.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use common::aws::{NoCredentials, Service, Settings, TOKENS};
use common::retry::poll;
use tokio::task::LocalSet;
use tokio::time::{timeout, timeout_at};

use super::failure::{self, Failure};

/// The service as the AWS configuration knows it.
const SERVICE: Service = Service {
    host: "secretsmanager",
    variable: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    section: "secrets_manager",
};
/// How long a message may wait for the account's number.
const ACCOUNT: Duration = Duration::from_secs(3);

/// Domains of AWS's hosts in all of its partitions. A stand-in that is reached by such a name through a changed
/// name service is not told from AWS by the next machine that runs the same command.
const DOMAINS: [&str; 8] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "amazonwebservices.com.cn",
    "aws",
    "on.aws",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
];

/// The settings of a run, and its clients.
#[derive(Debug)]
pub(crate) struct Session {
    settings: Settings,
    client: Client,
    /// The URL that is configured; none for AWS.
    pub(crate) url: Option<String>,
    /// The address for messages.
    pub(crate) endpoint: String,
    /// The region.
    pub(crate) region: String,
    account: Option<String>,
    /// Until when a throttled request is asked again; none where the user limits the attempts.
    patience: Option<Instant>,
    deadline: Duration,
}

/// Runs `work` with a session of `region`, or of the configured one, within `deadline`.
///
/// # Errors
/// A setting that cannot be used, the deadline, or what `work` fails with.
pub(crate) fn with_session<T, F>(
    deadline: Duration,
    region: Option<&str>,
    work: impl FnOnce(Session) -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start")?;
    // One thread, so that requests under way at once need not be sent between threads.
    let outcome = LocalSet::new().block_on(&runtime, async {
        let mut endpoint = "AWS".to_owned();
        let working = async {
            let session = Session::open(deadline, region).await?;
            endpoint.clone_from(&session.endpoint);
            work(session).await
        };
        timeout(deadline, working)
            .await
            .unwrap_or_else(|_| Err(failure::deadline(&endpoint, deadline).into()))
    });
    // A name look-up may still hang on a thread of its own; nobody waits for it.
    runtime.shutdown_background();
    outcome
}

impl Session {
    async fn open(deadline: Duration, region: Option<&str>) -> Result<Self> {
        // The last answer has to be there before the run's own deadline hides it.
        let patience = Instant::now() + deadline.mul_f64(0.9);
        let settings = Settings::load_for(deadline, region).await?;
        let endpoint = settings.endpoint(SERVICE)?;
        let region = settings.sdk.region().map(ToString::to_string).unwrap_or_default();
        let shown = match &endpoint.url {
            Some(_) => endpoint.shown,
            None => aws_host(&settings).await.unwrap_or(endpoint.shown),
        };
        Ok(Session {
            client: Client::new(&settings.at(endpoint.url.as_deref())),
            url: endpoint.url,
            endpoint: shown,
            region,
            account: None,
            patience: (!settings.attempts_are_set).then_some(patience),
            deadline,
            settings,
        })
    }

    /// Finds the credentials, once for all requests: a source that hangs or fails is then told from an
    /// endpoint that does.
    ///
    /// # Errors
    /// There are none, or they cannot be sent.
    pub(crate) async fn sign_in(&mut self) -> Result<()> {
        let failed = |reason| Failure::Credentials(reason).stop(&self.endpoint);
        let Some(provider) = self.settings.sdk.credentials_provider() else { return Ok(()) };
        let found = timeout(self.deadline.mul_f64(0.9), provider.provide_credentials()).await;
        let credentials = match found {
            Ok(Ok(credentials)) => credentials,
            Ok(Err(error)) => {
                return Err(failed(NoCredentials::of(&error)).into());
            }
            Err(_) => {
                return Err(failed(NoCredentials::because(&self.settings.profiles, None)).into());
            }
        };
        self.account = credentials.account_id().map(|account| account.as_str().to_owned());
        self.settings.sdk = self
            .settings
            .sdk
            .to_builder()
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                credentials,
            ))
            .build();
        self.client = Client::new(&self.settings.at(self.url.as_deref()));
        Ok(())
    }

    /// The client, for one request of [`Session::ask`].
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request, again while the service asks for patience and there is time.
    ///
    /// # Errors
    /// The last failure.
    pub(crate) async fn ask<T, E>(
        &self,
        mut request: impl AsyncFnMut(&Client) -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let Some(until) = self.patience else {
            return request(&self.client).await.map_err(Failure::from);
        };
        let throttled = |answer: &Result<T, Failure>| matches!(answer, Err(Failure::Throttled(_)));
        let mut last = None;
        let asking = poll(until, throttled, async || {
            let answer = request(&self.client).await.map_err(Failure::from);
            last = answer.as_ref().err().cloned();
            answer
        });
        // An attempt under way may take longer than what is left, and the reason is known already.
        match timeout_at(until.into(), asking).await {
            Ok(answer) => answer,
            Err(_) => match last {
                Some(failure) => Err(failure),
                None => Err(Failure::silent(self.deadline)),
            },
        }
    }

    /// The account of the credentials, asked of the token service if nothing else says it.
    ///
    /// # Errors
    /// The token service does not answer.
    pub(crate) async fn account(&self) -> Result<String, Failure> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        self.verified_account().await
    }

    /// The account of the credentials, as the token service at the same side says it.
    ///
    /// # Errors
    /// The token service does not answer.
    pub(crate) async fn verified_account(&self) -> Result<String, Failure> {
        // A stand-in that has only Secrets Manager's address is asked there: AWS would answer for another account.
        let named = self.settings.endpoint(TOKENS).ok().and_then(|endpoint| endpoint.url);
        let url = named.or_else(|| self.url.clone().filter(|_| !self.is_of_aws()));
        let client = aws_sdk_sts::Client::new(&self.settings.at(url.as_deref()));
        let answer = client.get_caller_identity().send().await?;
        answer.account.ok_or_else(|| Failure::Endpoint("the answer names no account".into()))
    }

    /// Whether requests go to AWS, directly or to an endpoint in a private network.
    pub(crate) fn is_of_aws(&self) -> bool {
        self.url.as_deref().is_none_or(is_of_aws)
    }

    /// Region, account and endpoint, for messages about what is not there.
    pub(crate) async fn place(&self) -> String {
        let account = match timeout(ACCOUNT, self.account()).await {
            Ok(Ok(account)) => format!("account {account}"),
            Ok(Err(_)) | Err(_) => "an unknown account".into(),
        };
        format!("region {}, {account}, at {}", self.region, self.endpoint)
    }
}

/// The host of AWS that the SDK takes, with dual stack, FIPS and the region's partition.
async fn aws_host(settings: &Settings) -> Option<String> {
    let sdk = &settings.sdk;
    let parameters = Params::builder()
        .set_region(sdk.region().map(ToString::to_string))
        .set_use_fips(sdk.use_fips())
        .set_use_dual_stack(sdk.use_dual_stack())
        .build()
        .ok()?;
    let endpoint = DefaultResolver::new().resolve_endpoint(&parameters).await.ok()?;
    Some(endpoint.url().trim_end_matches('/').to_owned())
}

fn is_of_aws(url: &str) -> bool {
    let shown = common::aws::without_user(url);
    let host = shown.split_once("://").map_or(shown.as_str(), |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_aws_are_known_whatever_is_before_and_behind() {
        for host in [
            "https://secretsmanager.us-east-1.amazonaws.com",
            "https://vpce-0a.secretsmanager.us-east-1.vpce.amazonaws.com",
            "https://SecretsManager.us-east-1.AmazonAWS.com.:443/",
            "http://user:password@secretsmanager.cn-north-1.amazonaws.com.cn",
            "https://secretsmanager.us-east-1.api.aws",
        ] {
            assert!(is_of_aws(host), "{host}");
        }
        for host in ["http://localhost:4566", "http://localstack", "http://notamazonaws.com"] {
            assert!(!is_of_aws(host), "{host}");
        }
    }
}
