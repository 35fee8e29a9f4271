//! Requests to an API server, through `kubectl proxy`: without TLS, and without a kubectl for each.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};

use common::url;
use rideshare_tests::kubernetes::Server;
use serde_json::Value;

pub(crate) struct Proxy {
    child: Child,
    address: String,
    /// Kept open, because the proxy writes to it.
    _output: BufReader<ChildStdout>,
    /// The resources of an API version: the plural of each kind, and whether it has a namespace.
    resources: HashMap<String, HashMap<String, (String, bool)>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It has ended, or it ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Proxy {
    pub(crate) fn start(server: &Server) -> Self {
        let mut command = server.kubectl(&["proxy", "--port=0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("kubectl");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        output.read_line(&mut line).expect("its address");
        let address = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        let proxy = Proxy { child, address, _output: output, resources: HashMap::new() };
        // A Pod is refused without the account of its namespace.
        let account =
            r#"{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}"#;
        proxy.request(
            "POST",
            "/api/v1/namespaces/default/serviceaccounts",
            "application/json",
            account,
        );
        proxy
    }

    /// Whether the server would take the object: `Ok`, or its message.
    pub(crate) fn apply(&mut self, object: &Value) -> Result<(), String> {
        let api = object["apiVersion"].as_str().unwrap_or_default();
        let base = if api.contains('/') { format!("/apis/{api}") } else { format!("/api/{api}") };
        let kind = object["kind"].as_str().unwrap_or_default();
        let (plural, namespaced) =
            self.resource(api, &base, kind).ok_or_else(|| format!("no kind {kind}"))?;
        let namespace = object["metadata"]["namespace"].as_str();
        let namespace = namespace.filter(|name| !name.is_empty()).unwrap_or("default");
        let within = if namespaced {
            format!("/namespaces/{}", url::encode(namespace))
        } else {
            String::new()
        };
        let query = "dryRun=All&fieldValidation=Strict&fieldManager=mutations";
        let body = object.to_string();
        let name = object["metadata"]["name"].as_str().filter(|name| !name.is_empty());
        let (status, answer) = match name {
            Some(name) => {
                let path =
                    format!("{base}{within}/{plural}/{}?{query}&force=true", url::encode(name));
                self.request("PATCH", &path, "application/apply-patch+yaml", &body)
            }
            None => {
                let path = format!("{base}{within}/{plural}?{query}");
                self.request("POST", &path, "application/json", &body)
            }
        };
        if (200..300).contains(&status) {
            return if has_node_ports(object) {
                self.create(&base, &within, &plural, &body)
            } else {
                Ok(())
            };
        }
        Err(message(&answer))
    }

    /// Creates an object and deletes it: the server allocates no port in a dry run.
    fn create(&self, base: &str, within: &str, plural: &str, body: &str) -> Result<(), String> {
        let path = format!("{base}{within}/{plural}");
        let (status, answer) = self.request("POST", &path, "application/json", body);
        let created: Value = serde_json::from_str(&answer).unwrap_or_default();
        if !(200..300).contains(&status) {
            return Err(message(&answer));
        }
        let name = created["metadata"]["name"].as_str().unwrap_or_default();
        let path = format!("{path}/{}", url::encode(name));
        self.request("DELETE", &path, "application/json", "");
        Ok(())
    }

    fn resource(&mut self, api: &str, base: &str, kind: &str) -> Option<(String, bool)> {
        if !self.resources.contains_key(api) {
            let (_, answer) = self.request("GET", base, "application/json", "");
            let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
            let mut known = HashMap::new();
            for resource in answer["resources"].as_array().into_iter().flatten() {
                let name = resource["name"].as_str().unwrap_or_default().to_owned();
                if !name.contains('/') {
                    let kind = resource["kind"].as_str().unwrap_or_default().to_owned();
                    known.insert(kind, (name, resource["namespaced"] == true));
                }
            }
            self.resources.insert(api.to_owned(), known);
        }
        self.resources[api].get(kind).cloned()
    }

    fn request(&self, method: &str, path: &str, content: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("the proxy");
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: {content}\r\n\
             Accept: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        // The proxy refuses some paths before it has read all; its answer counts all the same.
        let _ = stream.write_all(head.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_default(), body.to_owned())
    }
}

fn has_node_ports(object: &Value) -> bool {
    let mut ports = object["spec"]["ports"].as_array().into_iter().flatten();
    object["kind"] == "Service" && ports.any(|port| port["nodePort"].is_number())
}

/// The message of an answer that is an error.
fn message(answer: &str) -> String {
    let parsed: Value = serde_json::from_str(answer).unwrap_or_default();
    parsed["message"].as_str().unwrap_or(answer).to_owned()
}
