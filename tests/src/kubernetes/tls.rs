//! The keys of a server: for its address and for its service accounts' tokens.

use std::fs;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair, SanType};

pub(super) fn write(folder: &Path) {
    let write = |name: &str, text: String| {
        fs::write(folder.join(name), text).expect("a file in the server's folder");
    };
    let key = KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    parameters.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
    let certificate = parameters.self_signed(&key).expect("a certificate");
    write("server.crt", certificate.pem());
    write("server.key", key.serialize_pem());
    let accounts = KeyPair::generate().expect("a key");
    write("accounts.key", accounts.serialize_pem());
    write("accounts.pub", accounts.public_key_pem());
}
