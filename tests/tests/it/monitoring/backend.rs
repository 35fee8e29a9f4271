//! The stand-in for Loki and Tempo: takes what is pushed over HTTP, and keeps it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

type Pushed = Arc<Mutex<Vec<(String, Value)>>>;

/// A listening stand-in; the thread ends with the test process.
pub(super) struct Backend {
    pub(super) address: SocketAddr,
    pushed: Pushed,
}

impl Backend {
    pub(super) fn start() -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pushed = Pushed::default();
        let kept = Arc::clone(&pushed);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(&stream, &kept));
            }
        });
        Backend { address, pushed }
    }

    /// Every log record so far: service.name and text.
    pub(super) fn logs(&self) -> Vec<(String, String)> {
        let pushed = self.pushed.lock().unwrap();
        let bodies =
            pushed.iter().filter(|(path, _)| path == "/otlp/v1/logs").map(|request| &request.1);
        let mut all = Vec::new();
        for resource in bodies.flat_map(|body| list(&body["resourceLogs"])) {
            let service = attribute(&resource["resource"], "service.name");
            for record in list(&resource["scopeLogs"]).flat_map(|scope| list(&scope["logRecords"]))
            {
                let text = record["body"]["stringValue"].as_str().unwrap_or_default();
                all.push((service.clone(), text.to_owned()));
            }
        }
        all
    }

    /// Every span so far: service.name and the span's name.
    pub(super) fn spans(&self) -> Vec<(String, String)> {
        let pushed = self.pushed.lock().unwrap();
        let bodies =
            pushed.iter().filter(|(path, _)| path == "/v1/traces").map(|request| &request.1);
        let mut all = Vec::new();
        for resource in bodies.flat_map(|body| list(&body["resourceSpans"])) {
            let service = attribute(&resource["resource"], "service.name");
            for span in list(&resource["scopeSpans"]).flat_map(|scope| list(&scope["spans"])) {
                all.push((service.clone(), span["name"].as_str().unwrap_or_default().to_owned()));
            }
        }
        all
    }
}

fn serve(stream: &TcpStream, pushed: &Pushed) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut line, mut path, mut length) = (String::new(), String::new(), 0);
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let text = line.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            if let Some(value) = text.strip_prefix("content-length: ") {
                length = value.parse().unwrap_or(0);
            } else if path.is_empty() {
                path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let body = serde_json::from_slice(&body).expect("OTLP as JSON");
        pushed.lock().unwrap().push((path, body));
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn attribute(resource: &Value, key: &str) -> String {
    let found = list(&resource["attributes"]).find(|attribute| attribute["key"] == key);
    found
        .and_then(|attribute| attribute["value"]["stringValue"].as_str())
        .unwrap_or_default()
        .to_owned()
}
