//! The object stores behind the locations: one client a bucket, or the local file system.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use common::aws::{SdkConfig, Service, Settings};
use common::diagnostic::{Diagnostic, Report, causes};
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential};
use object_store::local::LocalFileSystem;
use object_store::{BackoffConfig, ClientOptions, CredentialProvider, ObjectStore, RetryConfig};

use crate::problem::{Advice, Problem};
use crate::s3::Bucket;
use crate::target::Location;

/// Deadline of one attempt of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Deadline of a connection's set-up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The S3 settings of a run.
#[derive(Debug, Clone)]
pub(crate) struct S3Settings {
    /// The endpoint of MinIO or LocalStack; none for what the AWS configuration says.
    pub(crate) endpoint: Option<String>,
    /// Deadline of a request with all its retries.
    pub(crate) retry_timeout: Duration,
}

/// The AWS configuration of the process, for both clients: the same credentials, region and
/// endpoint for data and for buckets.
struct Aws {
    config: SdkConfig,
    region: String,
    endpoint: Option<String>,
    /// AWS's own host; none with an endpoint.
    host: Option<String>,
    /// The endpoint for messages.
    shown: String,
    retry_timeout: Duration,
}

/// The service as the AWS configuration knows it.
const SERVICE: Service = Service { host: "s3", variable: "AWS_ENDPOINT_URL_S3", section: "s3" };

impl Aws {
    async fn load(settings: &S3Settings) -> Result<Self, StoreError> {
        let aws = Settings::load(settings.retry_timeout).await.map_err(StoreError::Aws)?;
        let (endpoint, shown) = match &settings.endpoint {
            Some(endpoint) => {
                common::aws::check(&"--s3-endpoint", endpoint).map_err(StoreError::Aws)?;
                (Some(endpoint.clone()), common::aws::without_user(endpoint))
            }
            None => {
                let endpoint = aws.endpoint(SERVICE).map_err(StoreError::Aws)?;
                (endpoint.url, endpoint.shown)
            }
        };
        let config = aws.at(endpoint.as_deref());
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let host = match endpoint {
            Some(_) => None,
            None => aws_host(&config).await,
        };
        let retry_timeout = settings.retry_timeout;
        Ok(Self { config, region, endpoint, host, shown, retry_timeout })
    }

    fn bucket(&self, name: &str) -> Bucket {
        let mut config = aws_sdk_s3::config::Builder::from(&self.config);
        // Path-style where an endpoint is set: LocalStack and MinIO have no name per bucket.
        config.set_force_path_style(Some(self.endpoint.is_some()));
        Bucket::new(name, Client::from_conf(config.build()), &self.region, &self.shown)
    }

    fn objects(&self, name: &str) -> Result<AmazonS3, object_store::Error> {
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(5),
                base: 2.0,
            },
            max_retries: 10,
            retry_timeout: self.retry_timeout,
        };
        let options = ClientOptions::new()
            .with_timeout(REQUEST_TIMEOUT)
            .with_connect_timeout(CONNECT_TIMEOUT);
        let mut builder = AmazonS3Builder::new()
            .with_client_options(options)
            .with_bucket_name(name)
            .with_region(&self.region)
            .with_retry(retry);
        if let Some(provider) = self.config.credentials_provider() {
            builder = builder.with_credentials(Arc::new(SdkCredentials(provider)));
        }
        if let Some(endpoint) = self.endpoint.as_ref().or(self.host.as_ref()) {
            builder = builder
                .with_endpoint(endpoint)
                .with_allow_http(endpoint.starts_with("http://"))
                .with_virtual_hosted_style_request(false);
        }
        builder.build()
    }
}

/// The host of AWS that the SDK takes, with FIPS, dual stack and the region's partition, none of which `object_store`
/// knows.
async fn aws_host(config: &SdkConfig) -> Option<String> {
    let parameters = Params::builder()
        .set_region(config.region().map(ToString::to_string))
        .set_use_fips(config.use_fips())
        .set_use_dual_stack(config.use_dual_stack())
        .build()
        .ok()?;
    let endpoint = DefaultResolver::new().resolve_endpoint(&parameters).await.ok()?;
    Some(endpoint.url().trim_end_matches('/').to_owned())
}

/// The SDK's credentials, which it caches and renews, for `object_store`.
#[derive(Debug)]
struct SdkCredentials(SharedCredentialsProvider);

#[async_trait]
impl CredentialProvider for SdkCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let found = self.0.provide_credentials().await.map_err(|error| {
            object_store::Error::Unauthenticated { path: "AWS".into(), source: error.into() }
        })?;
        Ok(Arc::new(AwsCredential {
            key_id: found.access_key_id().into(),
            secret_key: found.secret_access_key().into(),
            token: found.session_token().map(Into::into),
        }))
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the AWS configuration cannot be used")]
    Aws(Report),
    #[error("cannot set up the object store")]
    Settings(#[from] object_store::Error),
}

impl Problem for StoreError {
    fn advice(&self) -> Advice {
        match self {
            Self::Aws(_) => ("aws-setting", ""),
            Self::Settings(_) => ("store", ""),
        }
    }

    fn diagnostic(&self) -> Diagnostic {
        let problem = match self {
            Self::Aws(report) => report.diagnostics().first().cloned(),
            Self::Settings(_) => None,
        };
        problem.unwrap_or_else(|| Diagnostic::error(self.advice().0, causes(self)))
    }
}

/// A store with the S3 calls that the generic interface lacks.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) objects: Arc<dyn ObjectStore>,
    /// For S3 only.
    pub(crate) bucket: Option<Arc<Bucket>>,
}

#[derive(Debug, Default)]
pub(crate) struct Stores {
    by_bucket: HashMap<Option<String>, Store>,
}

impl Stores {
    /// The stores of these locations.
    pub(crate) async fn open<'a>(
        locations: impl IntoIterator<Item = &'a Location>,
        settings: &S3Settings,
    ) -> Result<Self, StoreError> {
        let mut stores = Self::default();
        let mut aws = None;
        for location in locations {
            if stores.by_bucket.contains_key(&location.bucket) {
                continue;
            }
            let store = match &location.bucket {
                Some(name) => {
                    // Read only where a location needs it.
                    let aws = match &mut aws {
                        Some(aws) => aws,
                        none => none.insert(Aws::load(settings).await?),
                    };
                    Store {
                        objects: Arc::new(aws.objects(name)?),
                        bucket: Some(Arc::new(aws.bucket(name))),
                    }
                }
                None => Store { objects: Arc::new(LocalFileSystem::new()), bucket: None },
            };
            stores.by_bucket.insert(location.bucket.clone(), store);
        }
        Ok(stores)
    }

    /// The store of a location that was given to [`Stores::open`].
    pub(crate) fn get(&self, location: &Location) -> Option<&Store> {
        self.by_bucket.get(&location.bucket)
    }

    /// The buckets, in the order of their names.
    pub(crate) fn buckets(&self) -> Vec<Arc<Bucket>> {
        let mut buckets: Vec<_> =
            self.by_bucket.values().filter_map(|s| s.bucket.clone()).collect();
        buckets.sort_by(|a, b| a.name.cmp(&b.name));
        buckets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(region: &'static str, fips: bool, dual_stack: bool) -> Option<String> {
        let config = SdkConfig::builder()
            .region(aws_sdk_s3::config::Region::from_static(region))
            .use_fips(fips)
            .use_dual_stack(dual_stack)
            .build();
        futures::executor::block_on(aws_host(&config))
    }

    #[test]
    fn hosts_of_aws() {
        let is = |found: Option<String>, host: &str| {
            assert_eq!(found, Some(format!("https://{host}")));
        };
        is(host("us-east-1", false, false), "s3.us-east-1.amazonaws.com");
        is(host("us-east-1", true, false), "s3-fips.us-east-1.amazonaws.com");
        is(host("eu-west-1", false, true), "s3.dualstack.eu-west-1.amazonaws.com");
        is(host("cn-north-1", false, false), "s3.cn-north-1.amazonaws.com.cn");
    }
}
