//! A stand-in for Trino: it keeps the statements that it gets, and answers as a test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The status and body for a statement that has come so many times.
pub(crate) type Answer = fn(&str, usize) -> (u16, String);

/// A running stand-in; it ends with the test process.
pub(crate) struct Trino {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Trino {
    pub(crate) fn start(answer: Answer) -> Trino {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &server, answer);
            }
        });
        Trino { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The statements so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// An empty result.
pub(crate) fn fine() -> (u16, String) {
    (200, "{}".to_owned())
}

/// An error of Trino's.
pub(crate) fn refused(message: &str) -> (u16, String) {
    let error = serde_json::json!({"message": message, "errorName": "GENERIC_USER_ERROR"});
    (200, serde_json::json!({"error": error}).to_string())
}

/// Serves one request of a connection; `Connection: close` ends it.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: Answer) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let statement = String::from_utf8(body).unwrap();
    let (status, body) = {
        let mut seen = seen.lock().unwrap();
        seen.push(statement.clone());
        let times = seen.iter().filter(|one| **one == statement).count();
        answer(&statement, times)
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}
