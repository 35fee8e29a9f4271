//! LocalStack's S3 behind a check of each request's signature, as MinIO makes it: LocalStack itself takes any password.
//! The signature is AWS' version 4
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>).

use std::sync::OnceLock;

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use crate::localstack::LocalStack;
use crate::proxy::{Action, Proxy, Request};

/// A user with each special character that create-buckets.sh takes.
pub const USER: &str = "u.s_e~r@+:!*()-";

/// A password with every special character, and none of them at its ends that Java's clients would take off.
pub const PASSWORD: &str = "p!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ${user.name} $HOME %24x";

/// The address of the checked S3; started with the first call.
pub fn url(localstack: &LocalStack) -> String {
    static CHECKED: OnceLock<Proxy> = OnceLock::new();
    let address = localstack.address;
    CHECKED.get_or_init(|| Proxy::start(address, decide)).url()
}

fn decide(request: &Request) -> Action {
    match refusal(request, PASSWORD) {
        None => Action::Forward,
        Some(reason) => Action::Answer(
            403,
            format!("<Error><Code>SignatureDoesNotMatch</Code><Message>{reason}</Message></Error>"),
        ),
    }
}

/// The reason for which a request is not the user's.
fn refusal(request: &Request, password: &str) -> Option<&'static str> {
    let Some(header) = request.header("authorization") else { return Some("no signature") };
    let field = |name: &str| {
        let (_, rest) = header.split_once(&format!("{name}="))?;
        Some(rest.split(',').next()?.trim())
    };
    let (Some(credential), Some(signed), Some(signature)) =
        (field("Credential"), field("SignedHeaders"), field("Signature"))
    else {
        return Some("another kind of signature");
    };
    let Some(scope) = credential.strip_prefix(&format!("{USER}/")) else {
        return Some("another user");
    };
    (signature != sign(request, signed, scope, password)).then_some("another password")
}

/// The signature of a request over the headers `signed`, in hexadecimal.
fn sign(request: &Request, signed: &str, scope: &str, password: &str) -> String {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let path: Vec<String> = path.split('/').map(escaped).collect();
    let mut query: Vec<(String, String)> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (escaped(name), escaped(value)))
        .collect();
    query.sort_unstable();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut headers = String::new();
    for name in signed.split(';') {
        let value = request.header(name).unwrap_or_default();
        let words: Vec<&str> = value.split_whitespace().collect();
        headers.push_str(&format!("{name}:{}\n", words.join(" ")));
    }
    let body = request.header("x-amz-content-sha256").unwrap_or_default();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{signed}\n{body}",
        request.method,
        path.join("/"),
        query.join("&")
    );
    let time = request.header("x-amz-date").unwrap_or_default();
    let text =
        format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hexadecimal(&Sha256::digest(canonical)));
    let key = scope
        .split('/')
        .fold(format!("AWS4{password}").into_bytes(), |key, part| authenticated(&key, part));
    hexadecimal(&authenticated(&key, &text))
}

/// A part of an address as it is signed, however the client has written it.
fn escaped(part: &str) -> String {
    common::url::encode(&percent_decode_str(part).decode_utf8_lossy())
}

fn authenticated(key: &[u8], text: &str) -> Vec<u8> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    code.update(text.as_bytes());
    code.finalize().into_bytes().to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first example of AWS' page: a GET of an object with a range.
    #[test]
    fn the_signature_is_that_of_aws_own_example() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", empty),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let request = Request {
            method: "GET".to_owned(),
            path: "/test.txt".to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: Vec::new(),
            earlier: 0,
        };
        let signed = "host;range;x-amz-content-sha256;x-amz-date";
        let scope = "20130524/us-east-1/s3/aws4_request";
        assert_eq!(
            sign(&request, signed, scope, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        assert_eq!(refusal(&request, PASSWORD), Some("no signature"));
    }
}
