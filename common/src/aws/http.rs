//! The HTTP client of the SDK: proxies, certificates, and a bound on answers.

use std::env;
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

/// Hosts of a machine's or container's metadata service: no proxy reaches them.
const METADATA: [&str; 5] =
    ["169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]"];

/// # Errors
/// The certificates of `AWS_CA_BUNDLE` cannot be read, or a proxy is not a URL.
pub(super) fn client(profiles: &Profiles) -> Result<SharedHttpClient, Report> {
    let container = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let container = container.as_deref().and_then(authority).map(str::to_owned);
    let proxies = [proxy("http")?, proxy("https")?];
    Ok(SharedHttpClient::new(Client::new(trust(profiles)?, proxies, container)))
}

/// The host and port of a URL.
fn authority(url: &str) -> Option<&str> {
    url.split_once("://")?.1.split(['/', '?', '#']).next()
}

/// A variable about proxies, and its name. As in Python, the lower-case name wins, and an empty lower-case variable
/// hides the other.
fn lower_case_first(lower: &str) -> Option<(String, String)> {
    let names = [lower.to_owned(), lower.to_ascii_uppercase()];
    let mut set = names.into_iter().filter_map(|name| Some((env::var_os(&name)?, name)));
    let (value, name) = set.next()?;
    (!value.is_empty()).then(|| (name, value.to_string_lossy().into_owned()))
}

/// The proxy for URLs of a scheme.
fn proxy(scheme: &str) -> Result<Option<ProxyConfig>, Report> {
    let Some((name, url)) = lower_case_first(&format!("{scheme}_proxy")) else {
        return Ok(None);
    };
    let url = if url.contains("://") { url } else { format!("http://{url}") };
    let sound = authority(&url).is_some_and(|host| !host.is_empty())
        && url.chars().all(|c| c.is_ascii_graphic());
    let config = sound.then(|| ProxyConfig::all(url).ok()).flatten();
    let problem = "is not the address of a proxy, such as http://proxy:3128";
    let config = config.ok_or_else(|| unusable(&name, problem))?;
    // For the library, which also knows networks, `*` in a list means all hosts.
    let not_proxied = not_proxied();
    let not_proxied: Vec<&str> =
        not_proxied.split(',').filter(|entry| entry.trim() != "*").collect();
    Ok(Some(config.no_proxy(not_proxied.join(","))))
}

/// The hosts that no proxy reaches.
fn not_proxied() -> String {
    lower_case_first("no_proxy").map(|(_, value)| value).unwrap_or_default()
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

/// Whether the text of `NO_PROXY` names this host and port, or all hosts: the library looks for hosts without a port
/// alone. `*` means all hosts only as the whole text, as in Python.
fn is_direct(host: &str, not_proxied: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let is_named = |entry: &str| {
        let entry = entry.trim().trim_start_matches('.').to_ascii_lowercase();
        !entry.is_empty()
            && (host == entry || host.strip_suffix(&entry).is_some_and(|of| of.ends_with('.')))
    };
    not_proxied == "*" || not_proxied.split(',').any(is_named)
}

/// One client for each way to a host. Each makes its connections when it is first taken: reading the
/// machine's certificates takes longer than all the rest of a run against a local endpoint.
#[derive(Clone, Debug)]
struct Client {
    plain: SharedHttpClient,
    direct: SharedHttpClient,
    /// For URLs of http and of https, where a variable names a proxy.
    proxied: [Option<SharedHttpClient>; 2],
    /// Host and port of the container's credentials, which no proxy reaches.
    container: Option<String>,
}

impl Client {
    fn new(
        trust: TrustStore,
        proxies: [Option<ProxyConfig>; 2],
        container: Option<String>,
    ) -> Self {
        let tls = Provider::Rustls(CryptoMode::Ring);
        let context = TlsContext::builder().with_trust_store(trust).build();
        // It fails for no rustls provider.
        let context = context.unwrap_or_default();
        let direct = Builder::new().tls_provider(tls.clone()).tls_context(context.clone());
        let proxied = proxies.map(|proxy| {
            let (proxy, tls, context) = (proxy?, tls.clone(), context.clone());
            Some(Builder::new().build_with_connector_fn(move |settings, components| {
                let mut connector = Connector::builder();
                connector.set_connector_settings(settings.cloned());
                connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
                connector
                    .proxy_config(proxy.clone())
                    .tls_provider(tls.clone())
                    .tls_context(context.clone())
                    .build()
            }))
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
        let is_plain = url.starts_with("http://");
        match &self.proxied[usize::from(!is_plain)] {
            Some(proxied) if !is_metadata && !is_direct(host, &not_proxied()) => proxied,
            _ if is_plain => &self.plain,
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

#[cfg(test)]
mod tests {
    use super::is_direct;

    #[test]
    fn no_proxy_names_hosts_in_any_letters_and_all_hosts_only_by_a_lone_star() {
        for (host, not_proxied) in [
            ("Secrets.Test:4566", "other.test, SECRETS.test:4566"),
            ("a.Secrets.test", ".secrets.TEST"),
            ("secrets.test", "*"),
        ] {
            assert!(is_direct(host, not_proxied), "{host} {not_proxied}");
        }
        for not_proxied in ["", "*,other.test", " *", "ecrets.test", "secrets.test:1"] {
            assert!(!is_direct("secrets.test:4566", not_proxied), "{not_proxied}");
        }
        assert!(!is_direct("secrets.test.", ""));
    }
}
