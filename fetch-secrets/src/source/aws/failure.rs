//! Why a request failed, sorted by whom it concerns: one secret, the caller, or the endpoint.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use common::aws::Unanswered;
use common::diagnostic::Diagnostic;
use common::exit::Status;

use common::stop::Stop;

/// A failed request. It never holds a value: of a service's answer only the code and the
/// sentence about the secret are kept, and of a write not even the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// This secret cannot be read: missing, deleted, forbidden, undecryptable.
    Secret {
        /// The service's error code, such as ResourceNotFoundException.
        code: String,
        /// Its explanation.
        message: String,
    },
    /// The credentials are not accepted, or there are none; no other secret will fare better.
    Credentials(String),
    /// No answer, or none that is Secrets Manager's.
    Endpoint(String),
}

impl Failure {
    /// An error that the service gave for one secret.
    pub(crate) fn of_secret(code: Option<&str>, message: Option<&str>) -> Self {
        let code = code.unwrap_or_default().to_owned();
        // One line without control characters, whatever the service sends: logs are parsed, too.
        let message = message.unwrap_or("no reason given");
        let words: Vec<&str> = message
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        Failure::Secret { code, message: words.join(" ") }
    }

    /// Whether another secret may fare better.
    pub(crate) fn concerns_one_secret(&self) -> bool {
        matches!(self, Failure::Secret { .. })
    }

    /// Whether the operation itself is denied or unknown at this endpoint.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Failure::Secret { code, .. } => matches!(
                code.as_str(),
                "AccessDeniedException"
                    | "AccessDenied"
                    | "UnknownOperationException"
                    | "InvalidAction"
                    | "NotImplemented"
                    | "InternalFailure"
            ),
            _ => false,
        }
    }

    /// Whether the secret does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Failure::Secret { code, .. } if code == "ResourceNotFoundException")
    }

    /// Whether a secret of this name exists already.
    pub(crate) fn is_there_already(&self) -> bool {
        matches!(self, Failure::Secret { code, .. } if code == "ResourceExistsException")
    }

    /// For writes: a service may repeat in its message what it was sent.
    pub(crate) fn without_message(self) -> Self {
        match self {
            Failure::Secret { code, .. } => {
                Failure::of_secret(Some(&code), Some("could not be written"))
            }
            other => other,
        }
    }

    /// Whether the secret is on its way to deletion.
    pub(crate) fn is_deleted(&self) -> bool {
        let Failure::Secret { code, message } = self else { return false };
        code == "InvalidRequestException" && message.contains("delet")
    }

    /// The hint for a secret that cannot be read.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        let Failure::Secret { code, .. } = self else { return None };
        if self.is_deleted() {
            return Some("restore it with aws secretsmanager restore-secret");
        }
        match code.as_str() {
            "ResourceNotFoundException" => {
                Some("create it; in development, fetch-secrets seed creates all of them")
            }
            "AccessDeniedException" => Some("allow secretsmanager:GetSecretValue on it"),
            "DecryptionFailure" => Some("allow kms:Decrypt on the key that encrypts it"),
            _ => None,
        }
    }

    /// The end of the run, for a failure that concerns more than one secret.
    pub(crate) fn stop(&self, endpoint: &str) -> Stop {
        let message = format!("Secrets Manager at {endpoint}: {self}");
        match self {
            Failure::Endpoint(_) => Stop::new(
                Status::Unfinished,
                Diagnostic::error("unreachable", message)
                    .hint("check AWS_ENDPOINT_URL (LocalStack, a VPC endpoint), AWS_REGION and the network"),
            ),
            Failure::Credentials(_) => Stop::new(
                Status::Bad,
                Diagnostic::error("credentials", message).hint(
                    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; \
                     LocalStack takes any, such as test and test",
                ),
            ),
            Failure::Secret { .. } => Stop::new(Status::No, Diagnostic::error("refused", message)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Secret { code, message } if code.is_empty() => f.write_str(message),
            Failure::Secret { code, message } => write!(f, "{message} ({code})"),
            Failure::Credentials(reason) | Failure::Endpoint(reason) => f.write_str(reason),
        }
    }
}

/// The run took longer than it may.
pub(super) fn deadline(endpoint: &str, deadline: Duration) -> Stop {
    let time = common::duration::show(deadline);
    let reason = format!("no answer within {time}");
    Failure::Endpoint(reason).stop(endpoint)
}

impl<E> From<SdkError<E, HttpResponse>> for Failure
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match &error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                let code = answer.err().code().unwrap_or_default();
                service(status, code, answer.err().message())
            }
            SdkError::TimeoutError(_) => Failure::Endpoint("no answer in time".into()),
            SdkError::ResponseError(_) => {
                Failure::Endpoint("the answer is not one of Secrets Manager".into())
            }
            _ => match Unanswered::of(&error) {
                Unanswered::NoCredentials => {
                    Failure::Credentials("there are no usable AWS credentials".into())
                }
                Unanswered::Unreachable(reason) => {
                    Failure::Endpoint(format!("could not be reached: {reason}"))
                }
            },
        }
    }
}

fn service(status: u16, code: &str, message: Option<&str>) -> Failure {
    let code = code.rsplit('#').next().unwrap_or_default();
    match code {
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignatureException" => {
            Failure::Credentials(format!("the AWS credentials are not accepted ({code})"))
        }
        "ThrottlingException" | "TooManyRequestsException" | "RequestLimitExceeded" => {
            Failure::Endpoint(format!("too many requests, also after a pause ({code})"))
        }
        "" => Failure::Endpoint(format!("HTTP status {status} that is not Secrets Manager's")),
        _ if status >= 500 && code != "InternalFailure" => {
            Failure::Endpoint(format!("failed with HTTP status {status} ({code})"))
        }
        _ => Failure::of_secret(Some(code), message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_sorted_by_whom_they_concern() {
        assert!(service(400, "ResourceNotFoundException", Some("x")).is_missing());
        assert!(service(400, "AccessDeniedException", None).is_refusal());
        assert!(matches!(service(400, "ExpiredTokenException", None), Failure::Credentials(_)));
        assert!(matches!(service(503, "", None), Failure::Endpoint(_)));
        assert!(matches!(service(500, "InternalServiceError", None), Failure::Endpoint(_)));
        let deleted =
            "You can't perform this operation on the secret because it was marked for deletion.";
        assert!(service(400, "InvalidRequestException", Some(deleted)).is_deleted());
    }
}
