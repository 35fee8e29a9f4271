//! A certificate for the loopback interface, its own authority.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) acceptor: TlsAcceptor,
}

pub(super) fn identity() -> Identity {
    let key = KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    parameters.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    parameters.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("an identity");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Identity { certificate: certificate.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) }
}
