//! The few S3 calls that `object_store` has no name for: does a bucket exist, create one, and
//! which multipart uploads are open.

use std::error::Error as StdError;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use common::aws::Unanswered;
use object_store::path::Path;
use tokio::sync::OnceCell;

use crate::problem::{Advice, Problem};

#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    region: String,
    endpoint: String,
    client: Client,
    uploads: OnceCell<Vec<OpenUpload>>,
}

/// Why a call on a bucket failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BucketError {
    #[error("there is no bucket \"{bucket}\"")]
    Missing { bucket: String },
    #[error("bucket {bucket}: access denied ({code})")]
    Denied { bucket: String, code: String },
    #[error("bucket {bucket}: {reason}")]
    Credentials { bucket: String, reason: String },
    #[error("bucket {bucket}: the credentials have expired ({code})")]
    Expired { bucket: String, code: String },
    #[error("bucket {bucket}: cannot reach {endpoint}: {detail}")]
    Unreachable { bucket: String, endpoint: String, detail: String },
    #[error("bucket {bucket} is in the region {region}, and was asked for in {asked}")]
    Region { bucket: String, region: String, asked: String },
    #[error("bucket {bucket}: {request} was answered with {status} {code}")]
    Refused { bucket: String, request: &'static str, status: u16, code: String },
}

impl BucketError {
    /// Whether the other side could not be reached, as opposed to having refused.
    pub(crate) fn is_unreachable(&self) -> bool {
        match self {
            BucketError::Unreachable { .. } => true,
            BucketError::Refused { status, .. } => *status >= 500,
            _ => false,
        }
    }
}

impl Problem for BucketError {
    fn advice(&self) -> Advice {
        match self {
            Self::Missing { .. } => ("no-bucket", "create it, or add --create-buckets"),
            Self::Denied { .. } => {
                ("access-denied", "check the AWS credentials and what they allow")
            }
            Self::Expired { .. } => {
                ("credentials", "renew them, for example with `aws sso login`, and run again")
            }
            Self::Credentials { .. } => (
                "credentials",
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run with a role",
            ),
            Self::Unreachable { .. } => {
                ("unreachable", "check S3_ENDPOINT or AWS_ENDPOINT_URL, AWS_REGION and the network")
            }
            Self::Region { .. } => ("wrong-region", "set AWS_REGION to the bucket's region"),
            Self::Refused { .. } => ("refused", ""),
        }
    }
}

/// A multipart upload that was never completed.
#[derive(Debug)]
pub(crate) struct OpenUpload {
    pub(crate) key: String,
    pub(crate) id: String,
    /// When it was started, in milliseconds since 1970.
    pub(crate) initiated: i64,
}

impl Bucket {
    /// The bucket `name`, for messages at `endpoint`.
    pub(crate) fn new(name: &str, client: Client, region: &str, endpoint: &str) -> Self {
        Self {
            name: name.into(),
            region: region.into(),
            endpoint: endpoint.into(),
            client,
            uploads: OnceCell::new(),
        }
    }

    /// Whether the bucket exists and may be listed.
    pub(crate) async fn check(&self) -> Result<(), BucketError> {
        let answer = self.client.head_bucket().bucket(&self.name).send().await;
        answer.map(|_| ()).map_err(|error| self.failed("HeadBucket", &error))
    }

    /// The names of the folders under a prefix. Says, too, whether the bucket exists and may be listed.
    pub(crate) async fn folders(&self, prefix: &Path) -> Result<Vec<String>, BucketError> {
        let prefix = folder(prefix);
        let mut names = Vec::new();
        let mut token = None;
        loop {
            let request = self.client.list_objects_v2().bucket(&self.name).delimiter("/");
            let request = request.prefix(&prefix).set_continuation_token(token);
            let page = request.send().await;
            let page = page.map_err(|error| self.failed("ListObjectsV2", &error))?;
            let found = page.common_prefixes().iter().filter_map(|found| found.prefix());
            names.extend(found.filter_map(|path| {
                Some(path.strip_prefix(&prefix)?.trim_end_matches('/').to_owned())
            }));
            if page.next_continuation_token().is_none() {
                return Ok(names);
            }
            token = page.next_continuation_token;
        }
    }

    /// Creates the bucket; one that is ours already is as good.
    pub(crate) async fn create(&self) -> Result<(), BucketError> {
        // us-east-1 is the one region that must not be named.
        let place = (self.region != "us-east-1").then(|| {
            let region = BucketLocationConstraint::from(self.region.as_str());
            CreateBucketConfiguration::builder().location_constraint(region).build()
        });
        let request = self.client.create_bucket().bucket(&self.name);
        match request.set_create_bucket_configuration(place).send().await {
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => Ok(()),
            answer => answer.map(|_| ()).map_err(|error| self.failed("CreateBucket", &error)),
        }
    }

    /// The multipart uploads that are open under a prefix. The bucket is asked once in a run.
    pub(crate) async fn open_uploads(
        &self,
        prefix: &Path,
    ) -> Result<impl Iterator<Item = &OpenUpload>, BucketError> {
        let folder = folder(prefix);
        let all = self.uploads.get_or_try_init(|| self.list_uploads()).await?;
        Ok(all.iter().filter(move |upload| upload.key.starts_with(&folder)))
    }

    async fn list_uploads(&self) -> Result<Vec<OpenUpload>, BucketError> {
        let mut open = Vec::new();
        let (mut key, mut id) = (None, None);
        loop {
            let request = self.client.list_multipart_uploads().bucket(&self.name);
            let page = request
                .set_key_marker(key)
                .set_upload_id_marker(id)
                .send()
                .await
                .map_err(|error| self.failed("ListMultipartUploads", &error))?;
            open.extend(page.uploads().iter().filter_map(|upload| {
                Some(OpenUpload {
                    key: upload.key()?.into(),
                    id: upload.upload_id()?.into(),
                    initiated: upload.initiated()?.to_millis().ok()?,
                })
            }));
            if page.is_truncated() != Some(true) || page.next_key_marker().is_none() {
                return Ok(open);
            }
            (key, id) = (page.next_key_marker, page.next_upload_id_marker);
        }
    }

    /// Aborts an upload of [`Bucket::open_uploads`]; one that is gone already does not matter.
    pub(crate) async fn abort(&self, upload: &OpenUpload) -> Result<(), BucketError> {
        let request = self.client.abort_multipart_upload().bucket(&self.name);
        match request.key(&upload.key).upload_id(&upload.id).send().await {
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(()),
            answer => {
                answer.map(|_| ()).map_err(|error| self.failed("AbortMultipartUpload", &error))
            }
        }
    }

    /// Whether the store answers that it has no conditional writes. The object is made where it has them, and was not
    /// there.
    pub(crate) async fn refuses_conditions(&self, key: String, bytes: Vec<u8>) -> bool {
        let request = self.client.put_object().bucket(&self.name).key(key).if_none_match("*");
        let answer = request.body(bytes.into()).send().await;
        let status = answer.err().and_then(|error| Some(error.raw_response()?.status().as_u16()));
        status == Some(501)
    }

    fn failed<E>(&self, request: &'static str, error: &SdkError<E, HttpResponse>) -> BucketError
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let bucket = self.name.clone();
        let Some(answer) = error.raw_response() else {
            let endpoint = self.endpoint.clone();
            return match Unanswered::of(error) {
                Unanswered::NoCredentials(why) => {
                    BucketError::Credentials { bucket, reason: why.reason }
                }
                Unanswered::Unreachable(detail) => {
                    BucketError::Unreachable { bucket, endpoint, detail }
                }
            };
        };
        let status = answer.status().as_u16();
        let code = error.code().unwrap_or_default().to_owned();
        let region = answer.headers().get("x-amz-bucket-region").unwrap_or(&self.region);
        match status {
            _ if matches!(
                &*code,
                "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired"
            ) =>
            {
                BucketError::Expired { bucket, code }
            }
            301 | 307 | 400 if region != self.region => BucketError::Region {
                bucket,
                region: region.to_owned(),
                asked: self.region.clone(),
            },
            404 => BucketError::Missing { bucket },
            // The answer to a HEAD has no body, and so no code.
            401 | 403 if code.is_empty() => {
                BucketError::Denied { bucket, code: status.to_string() }
            }
            401 | 403 => BucketError::Denied { bucket, code },
            _ => BucketError::Refused { bucket, request, status, code },
        }
    }
}

/// A prefix with the slash, so that the table `trips` does not stand for `trips_daily`. Empty for a bucket's root.
pub(crate) fn folder(prefix: &Path) -> String {
    match prefix.as_ref() {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    }
}
