//! Why a request failed, sorted by whom it concerns: one secret, the caller, or the endpoint.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use common::aws::{NoCredentials, Unanswered, is_too_long};
use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::fault;
use common::stop::Stop;

/// Longest part of a service's explanation that a message repeats, in characters.
const LONGEST: usize = 400;

/// A failed request. It never holds a value: of a service's answer only the code and the
/// sentence about the secret are kept, and of a write not even the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// This secret cannot be read.
    Secret {
        /// The service's error code, such as ResourceNotFoundException.
        code: String,
        /// Its explanation.
        message: String,
        why: Why,
    },
    /// The credentials are not accepted, or there are none; no other secret will fare better.
    Credentials(NoCredentials),
    /// The service asks for patience.
    Throttled(String),
    /// No answer, or none that is Secrets Manager's.
    Endpoint(String),
}

/// The fault of one secret. The service has fewer codes than reasons, so its explanation decides, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// There is no secret of this name.
    Missing,
    /// It exists and has no value, as after Terraform.
    NoValue,
    /// It is on its way to deletion.
    Deleted,
    /// The caller may not read it.
    Denied,
    /// The caller may not use the key that encrypts it.
    Key,
    /// The operation itself is unknown at this endpoint, or broken there.
    Unsupported,
    /// A secret of this name exists already.
    Exists,
    Other,
}

impl Why {
    fn of(code: &str, message: &str) -> Self {
        match code {
            "ResourceNotFoundException" if message.contains("secret value") => Why::NoValue,
            "ResourceNotFoundException" => Why::Missing,
            "InvalidRequestException" if message.contains("delet") => Why::Deleted,
            "AccessDeniedException" | "AccessDenied" if message.contains("KMS") => Why::Key,
            "AccessDeniedException" | "AccessDenied" => Why::Denied,
            "DecryptionFailure" | "EncryptionFailure" | "KMSAccessDeniedException" => Why::Key,
            "UnknownOperationException"
            | "InvalidAction"
            | "NotImplemented"
            | "InternalFailure"
            | "InternalError" => Why::Unsupported,
            "ResourceExistsException" => Why::Exists,
            _ => Why::Other,
        }
    }
}

impl Failure {
    /// An error that the service gave for one secret.
    pub(crate) fn of_secret(code: Option<&str>, message: Option<&str>) -> Self {
        let code = one_line(code.unwrap_or_default());
        let message = one_line(message.unwrap_or("no reason given"));
        let why = Why::of(&code, &message);
        Failure::Secret { code, message, why }
    }

    /// The secret came back without a value.
    pub(crate) fn no_value() -> Self {
        let message = "it has no value".to_owned();
        Failure::Secret { code: String::new(), message, why: Why::NoValue }
    }

    /// Nobody has answered for as long as the run may take.
    pub(crate) fn silent(deadline: Duration) -> Self {
        Failure::Endpoint(format!("no answer within {}", common::duration::show(deadline)))
    }

    /// The fault of the secret, if the failure concerns one.
    pub(crate) fn why(&self) -> Option<Why> {
        match self {
            Failure::Secret { why, .. } => Some(*why),
            _ => None,
        }
    }

    /// Whether another secret may fare better.
    pub(crate) fn concerns_one_secret(&self) -> bool {
        self.why().is_some()
    }

    /// Whether the operation itself is denied or unknown at this endpoint.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.why(), Some(Why::Denied | Why::Unsupported))
    }

    /// For writes: a service may repeat in its message what it was sent.
    pub(crate) fn without_message(self) -> Self {
        match self {
            Failure::Secret { code, why, .. } => {
                Failure::Secret { code, message: "cannot be written".into(), why }
            }
            other => other,
        }
    }

    /// The remedy for the secret of this name.
    pub(crate) fn hint(&self, name: &str) -> Option<String> {
        Some(match self.why()? {
            Why::Missing => {
                "create it, or look in another region or account (AWS_REGION, AWS_PROFILE); in \
                 development, fetch-secrets seed creates all of them"
                    .into()
            }
            Why::NoValue => format!(
                "a secret that Terraform made has none yet: aws secretsmanager put-secret-value \
                 --secret-id {name} --secret-string file://value.json"
            ),
            Why::Deleted => {
                format!("aws secretsmanager restore-secret --secret-id {name} brings it back")
            }
            Why::Denied => "allow secretsmanager:GetSecretValue on it".into(),
            Why::Key => {
                "allow kms:Decrypt on the key that encrypts it, in its key policy, too".into()
            }
            Why::Unsupported | Why::Exists | Why::Other => return None,
        })
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
            Failure::Throttled(_) => Stop::new(
                Status::Unfinished,
                Diagnostic::error("throttled", message)
                    .hint(fault::MORE_TIME),
            ),
            Failure::Credentials(reason) => {
                Stop::new(Status::Bad, Diagnostic::error("credentials", self.to_string()).hint(&reason.hint))
            }
            Failure::Secret { .. } => Stop::new(Status::No, Diagnostic::error("refused", message)),
        }
    }
}

/// One line without control characters, whatever a service sends: logs are parsed, too.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(LONGEST).collect()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Secret { code, message, .. } if code.is_empty() => f.write_str(message),
            Failure::Secret { code, message, .. } => write!(f, "{message} ({code})"),
            Failure::Credentials(reason) => f.write_str(&reason.reason),
            Failure::Throttled(reason) | Failure::Endpoint(reason) => f.write_str(reason),
        }
    }
}

/// The run took longer than it may.
pub(super) fn deadline(endpoint: &str, deadline: Duration) -> Stop {
    Failure::silent(deadline).stop(endpoint)
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
            SdkError::ResponseError(_) | SdkError::DispatchFailure(_) if is_too_long(&error) => {
                Failure::Endpoint("the answer is longer than any of Secrets Manager".into())
            }
            SdkError::ResponseError(_) => {
                Failure::Endpoint("the answer is not one of Secrets Manager".into())
            }
            _ => match Unanswered::of(&error) {
                Unanswered::NoCredentials(reason) => Failure::Credentials(reason),
                Unanswered::Unreachable(reason) => {
                    Failure::Endpoint(format!("cannot be reached: {}", one_line(&reason)))
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
        | "IncompleteSignatureException" => Failure::Credentials(not_accepted(code, message)),
        "ThrottlingException"
        | "Throttling"
        | "TooManyRequestsException"
        | "RequestLimitExceeded" => Failure::Throttled(format!("too many requests ({code})")),
        _ if status == 429 => Failure::Throttled("too many requests (HTTP status 429)".into()),
        "" => Failure::Endpoint(format!("HTTP status {status} that is not Secrets Manager's")),
        _ if status >= 500 && Why::of(code, "") != Why::Unsupported => {
            let code = one_line(code);
            Failure::Endpoint(format!("failed with HTTP status {status} ({code})"))
        }
        _ => Failure::of_secret(Some(code), message),
    }
}

/// The first line alone of the explanation: those behind it repeat the request, with its session token.
fn not_accepted(code: &str, message: Option<&str>) -> NoCredentials {
    let first = message.unwrap_or_default().lines().next().unwrap_or_default();
    let explanation = match one_line(first) {
        first if first.is_empty() => String::new(),
        first => format!(": {first}"),
    };
    let hint = match code {
        "ExpiredTokenException" | "ExpiredToken" => "sign in again; the session has expired",
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "IncompleteSignatureException" => {
            "check AWS_SECRET_ACCESS_KEY, and this machine's clock"
        }
        _ => "check AWS_ACCESS_KEY_ID, or choose another AWS_PROFILE",
    };
    let reason = format!("the AWS credentials are not accepted{explanation} ({code})");
    NoCredentials { reason, hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_sorted_by_whom_they_concern() {
        assert_eq!(service(400, "ResourceNotFoundException", Some("x")).why(), Some(Why::Missing));
        assert!(service(400, "AccessDeniedException", None).is_refusal());
        assert!(matches!(service(400, "ExpiredTokenException", None), Failure::Credentials(_)));
        assert!(matches!(service(503, "", None), Failure::Endpoint(_)));
        assert!(matches!(service(500, "InternalServiceError", None), Failure::Endpoint(_)));
        assert!(matches!(service(400, "ThrottlingException", None), Failure::Throttled(_)));
    }

    #[test]
    fn one_code_has_several_reasons() {
        for (code, message, why) in [
            (
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
                Why::Deleted,
            ),
            (
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
                Why::NoValue,
            ),
            ("AccessDeniedException", "Access to KMS is not allowed", Why::Key),
            ("AccessDeniedException", "User: x is not authorized to perform: y", Why::Denied),
        ] {
            assert_eq!(service(400, code, Some(message)).why(), Some(why), "{message}");
        }
    }

    #[test]
    fn an_explanation_of_refused_credentials_ends_before_it_repeats_the_request() {
        let message = "The signature does not match.\n\nx-amz-security-token:canary";
        let failure = service(403, "SignatureDoesNotMatch", Some(message));
        assert_eq!(
            failure.to_string(),
            "the AWS credentials are not accepted: The signature does not match. (SignatureDoesNotMatch)"
        );
    }
}
