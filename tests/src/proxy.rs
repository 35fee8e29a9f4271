//! An HTTP proxy in front of a real server: it records requests, and spoils some of them to show
//! what the real server cannot be made to show.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a client or the server may be silent on a busy machine.
const SILENCE: Duration = Duration::from_secs(60);

/// One request as the proxy saw it.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`, `PUT`, …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How many requests with this method and path came before.
    pub earlier: usize,
}

impl Request {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The operation of an AWS JSON protocol, such as `GetSecretValue`.
    pub fn operation(&self) -> &str {
        let target = self.header("x-amz-target").unwrap_or_default();
        target.rsplit('.').next().unwrap_or_default()
    }
}

/// The action for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Let the real server answer.
    Forward,
    /// Answer instead of the server: status and JSON body.
    Answer(u16, String),
    /// Answer instead of the server: status, one more header, and body.
    AnswerWith(u16, &'static str, String),
    /// Let the real server do it, and close the connection without its answer.
    LoseAnswer,
    /// Close the connection before the real server hears of it.
    Refuse,
}

/// A proxy that runs until the test process ends.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Arc<Request>>>>,
}

impl Proxy {
    /// Starts a proxy on a free port.
    ///
    /// # Panics
    /// No port is free.
    pub fn start(
        upstream: SocketAddr,
        decide: impl Fn(&Request) -> Action + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let proxy = Proxy { address, seen: Arc::clone(&seen) };
        let decide = Arc::new(decide);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, decide) = (Arc::clone(&seen), Arc::clone(&decide));
                // A client that goes away ends its connection, not the proxy.
                std::thread::spawn(move || serve(stream, upstream, &seen, &*decide));
            }
        });
        proxy
    }

    /// Its address as an endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The AWS operations seen so far, in order.
    pub fn operations(&self) -> Vec<String> {
        self.requests().iter().map(|request| request.operation().to_owned()).collect()
    }

    /// The requests seen so far, in order.
    pub fn requests(&self) -> Vec<Arc<Request>> {
        self.seen.lock().expect("not poisoned").clone()
    }

    /// How many requests of a method there were so far.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.method == method).count()
    }
}

fn serve(
    stream: TcpStream,
    upstream: SocketAddr,
    seen: &Mutex<Vec<Arc<Request>>>,
    decide: &dyn Fn(&Request) -> Action,
) -> Option<()> {
    stream.set_read_timeout(Some(SILENCE)).ok()?;
    let mut client = BufReader::new(stream);
    let mut request = read(&mut client)?;
    let request = {
        let mut seen = seen.lock().ok()?;
        let same = |other: &&Arc<Request>| {
            (&other.method, &other.path) == (&request.method, &request.path)
        };
        request.earlier = seen.iter().filter(same).count();
        let request = Arc::new(request);
        seen.push(Arc::clone(&request));
        request
    };
    let answer = match decide(&request) {
        Action::Refuse => return None,
        Action::LoseAnswer => {
            forward(&request, upstream)?;
            return None;
        }
        Action::Answer(status, body) => answered(status, "", &body),
        Action::AnswerWith(status, header, body) => {
            answered(status, &format!("{header}\r\n"), &body)
        }
        Action::Forward => forward(&request, upstream)?,
    };
    client.get_mut().write_all(&answer).ok()
}

fn answered(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} Scripted\r\nContent-Type: application/x-amz-json-1.1\r\n{headers}\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn read(client: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    client.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        client.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new(), earlier: 0 };
    if request.header("expect").is_some() {
        client.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    request.body.resize(length, 0);
    client.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// The server's answer. One request a connection keeps the proxy simple: the answer ends where
/// the connection does, for the client, too.
fn forward(request: &Request, upstream: SocketAddr) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).ok()?;
    server.set_read_timeout(Some(SILENCE)).ok()?;
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in
        request.headers.iter().filter(|(name, _)| name != "connection" && name != "expect")
    {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("connection: close\r\n\r\n");
    server.write_all(head.as_bytes()).ok()?;
    server.write_all(&request.body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let kept = head.split("\r\n").filter(|line| !line.to_lowercase().starts_with("connection:"));
    let mut closing = kept.collect::<Vec<_>>().join("\r\n").into_bytes();
    closing.extend(b"\r\nConnection: close");
    closing.extend(&answer[end..]);
    Some(closing)
}
