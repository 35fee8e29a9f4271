//! The HTTP client of the SDK: proxies, certificates, and a bound on answers.

use std::error::Error;
use std::path::PathBuf;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{LengthLimitError, Limited};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::profile::Profiles;
use super::setting::{unusable, variable};
use crate::diagnostic::Report;

/// The longest answer in bytes. Secrets Manager's longest is a batch of 20 values of 64 KiB, of which each
/// character may be escaped.
const LONGEST: usize = 16 << 20;

/// Variables that name a proxy. `http_proxy` and the others may be in lower case, too.
const PROXIES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// Hosts of a machine's or container's metadata service: no proxy reaches them.
const METADATA: [&str; 5] =
    ["169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]"];

/// # Errors
/// The certificates of `AWS_CA_BUNDLE` cannot be read, or a proxy is not a URL.
pub(super) fn client(profiles: &Profiles) -> Result<SharedHttpClient, Report> {
    let container = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let container = container.as_deref().and_then(authority).map(str::to_owned);
    Ok(SharedHttpClient::new(Client::new(trust(profiles)?, through_proxies()?, container)))
}

/// The host and port of a URL.
fn authority(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', '?', '#']).next()
}

fn through_proxies() -> Result<bool, Report> {
    let mut any = false;
    for name in PROXIES {
        // The lower-case form wins, as in curl and Python.
        let lower = name.to_ascii_lowercase();
        for name in [lower.as_str(), name] {
            let Some(proxy) = variable(name) else { continue };
            let host = proxy.split_once("://").map_or(proxy.as_str(), |(_, host)| host);
            if host.is_empty() || !proxy.chars().all(|c| c.is_ascii_graphic()) {
                let problem = "is not the address of a proxy, such as http://proxy:3128";
                return Err(unusable(name, problem));
            }
            any = true;
        }
    }
    Ok(any)
}

/// The certificates to trust: those of the bundle alone, or the machine's.
fn trust(profiles: &Profiles) -> Result<TrustStore, Report> {
    let (setting, path) = match ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"]
        .iter()
        .find_map(|name| Some(((*name).to_owned(), variable(name)?)))
    {
        Some(found) => found,
        None => match profiles.get("ca_bundle") {
            Some(path) => {
                (format!("ca_bundle of the profile \"{}\"", profiles.selected()), path.to_owned())
            }
            None => return Ok(TrustStore::default()),
        },
    };
    let path = PathBuf::from(path);
    let text = std::fs::read(&path).map_err(|error| {
        unusable(&setting, &format!("is {}, which cannot be read: {error}", path.display()))
    })?;
    let problem = |text: &str| unusable(&setting, &format!("is {}, which {text}", path.display()));
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|_| problem("is not a PEM file"))?;
    let (valid, invalid) = RootCertStore::empty().add_parsable_certificates(certificates);
    if valid == 0 {
        return Err(problem("holds no certificate"));
    }
    if invalid > 0 {
        return Err(problem("holds certificates that cannot be read"));
    }
    Ok(TrustStore::empty().with_pem_certificate(text))
}

/// One client for each way to a host. Each makes its connections when it is first taken: reading the
/// machine's certificates takes longer than all the rest of a run against a local endpoint.
#[derive(Clone, Debug)]
struct Client {
    plain: SharedHttpClient,
    direct: SharedHttpClient,
    /// None when no variable names a proxy.
    proxied: Option<SharedHttpClient>,
    /// Host and port of the container's credentials, which no proxy reaches.
    container: Option<String>,
}

impl Client {
    fn new(trust: TrustStore, through_proxies: bool, container: Option<String>) -> Self {
        let tls = Provider::Rustls(CryptoMode::Ring);
        let context = TlsContext::builder().with_trust_store(trust).build();
        // It fails for no rustls provider.
        let context = context.unwrap_or_default();
        let direct = Builder::new().tls_provider(tls.clone()).tls_context(context.clone());
        let proxied = through_proxies.then(|| {
            Builder::new().build_with_connector_fn(move |settings, components| {
                let mut connector = Connector::builder();
                connector.set_connector_settings(settings.cloned());
                connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
                connector
                    .proxy_config(ProxyConfig::from_env())
                    .tls_provider(tls.clone())
                    .tls_context(context.clone())
                    .build()
            })
        });
        Client {
            plain: Builder::new().build_http(),
            direct: direct.build_https(),
            proxied,
            container,
        }
    }

    /// The way to the host of a URL.
    fn way(&self, url: &str) -> &SharedHttpClient {
        let host = authority(url).unwrap_or_default();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let is_metadata = METADATA.contains(&name) || self.container.as_deref() == Some(host);
        match &self.proxied {
            Some(proxied) if !is_metadata => proxied,
            _ if url.starts_with("http://") => &self.plain,
            _ => &self.direct,
        }
    }
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded {
            client: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// A connector whose answers end at [`LONGEST`]: an endpoint that never stops sending would fill the memory.
#[derive(Debug)]
struct Bounded {
    client: Client,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Bounded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let way = self.client.way(request.uri());
        let answer = way.http_connector(&self.settings, &self.components).call(request);
        HttpConnectorFuture::new(async move {
            Ok(answer.await?.map(|body| SdkBody::from_body_1_x(Limited::new(body, LONGEST))))
        })
    }
}

/// Whether an answer was cut off because it was longer than any of the service.
pub fn is_too_long(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<LengthLimitError>() {
            return true;
        }
        next = cause.source();
    }
    false
}
