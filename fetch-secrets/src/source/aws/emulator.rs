//! Whether an endpoint is a stand-in for AWS: it is asked, and has to say so.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_secretsmanager::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_secretsmanager::error::BoxError;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use super::session::Session;

/// A stand-in for AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emulator {
    LocalStack,
    Moto,
}

/// The answer of each emulator on a path that AWS does not know.
const PAGES: [(Emulator, &str); 2] =
    [(Emulator::LocalStack, "/_localstack/health"), (Emulator::Moto, "/moto-api/config")];

impl Emulator {
    /// Asks the endpoint of `session` what it is. No answer, or one of another kind, is no stand-in.
    pub(crate) async fn at(session: &Session) -> Option<Self> {
        for (emulator, path) in PAGES {
            if page(session, path).await.is_some_and(|page| emulator.wrote(&page)) {
                return Some(emulator);
            }
        }
        None
    }

    fn wrote(self, page: &Value) -> bool {
        match self {
            Emulator::LocalStack => {
                page["services"]["secretsmanager"].is_string() && page["version"].is_string()
            }
            Emulator::Moto => page["batch"]["use_docker"].is_boolean(),
        }
    }
}

/// Fetches a page in the way in which every other request goes, by the same proxy and to the same host: an
/// answer from elsewhere would prove nothing.
async fn page(session: &Session, path: &'static str) -> Option<Value> {
    let url = format!("{}{path}", session.url.as_deref()?.trim_end_matches('/'));
    let answer = Answer::default();
    let request = session
        .client()
        .list_secrets()
        .customize()
        .mutate_request(move |request| {
            // An address that is no URI keeps the request that it had, which is not an emulator's page.
            if request.set_uri(url.as_str()).is_ok() && request.set_method("GET").is_ok() {
                for header in ["x-amz-target", "content-length", "content-type"] {
                    request.headers_mut().remove(header);
                }
                *request.body_mut() = SdkBody::empty();
            }
        })
        .interceptor(answer.clone());
    // The page is no list of secrets, so the outcome says nothing.
    let _ = request.send().await;
    let bytes = answer.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    serde_json::from_slice(&bytes).ok()
}

/// Keeps the bytes of an answer that is a success: moto's page has status 201.
#[derive(Clone, Debug, Default)]
struct Answer(Arc<Mutex<Option<Vec<u8>>>>);

impl Intercept for Answer {
    fn name(&self) -> &'static str {
        "Answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if response.status().is_success() {
            let bytes = response.body().bytes().map(<[u8]>::to_vec);
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
        }
        Ok(())
    }
}
