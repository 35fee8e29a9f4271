//! An HTTP proxy in front of a store, that counts requests and spoils some.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes through.
    Pass,
    /// It is answered with this status and never reaches the store.
    Answer(u16),
    /// It reaches the store; the answer is lost.
    LoseAnswer,
    /// The connection is closed before the store hears of it.
    Refuse,
}

/// A request as the rule sees it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// How many requests with this method and target came before.
    pub(crate) earlier: usize,
    pub(crate) conditional: bool,
}

type Rule = dyn Fn(&Request) -> Fate + Send + Sync;

/// A proxy that listens until it is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    upstream: SocketAddr,
    rule: Box<Rule>,
    seen: Mutex<Vec<Request>>,
    closed: AtomicBool,
}

impl Proxy {
    pub(crate) fn new(
        upstream: SocketAddr,
        rule: impl Fn(&Request) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            upstream,
            rule: Box::new(rule),
            seen: Mutex::default(),
            closed: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.closed.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    // A client that goes away is part of the tests.
                    let _ = shared.serve(stream);
                });
            }
        });
        Self { address, state }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.seen.lock().expect("requests").clone()
    }

    /// How many requests there were of a method.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.method == method).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut client = stream;
        let (head, length) = read_head(&mut reader)?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mut words = head.split_whitespace();
        let (method, target) =
            (words.next().unwrap_or("").to_string(), words.next().unwrap_or("").to_string());
        let request = {
            let mut seen = self.seen.lock().expect("requests");
            let earlier = seen.iter().filter(|r| r.method == method && r.target == target).count();
            let conditional = head.to_lowercase().contains("\r\nif-none-match:");
            let request = Request { method, target, earlier, conditional };
            seen.push(request.clone());
            request
        };
        let fate = (self.rule)(&request);
        match fate {
            Fate::Refuse => return Ok(()),
            Fate::Answer(status) => {
                return write!(
                    client,
                    "HTTP/1.1 {status} Spoiled\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
            }
            Fate::Pass | Fate::LoseAnswer => {}
        }
        let mut upstream = TcpStream::connect(self.upstream)?;
        upstream.set_read_timeout(Some(Duration::from_secs(60)))?;
        // One request a connection keeps the proxy simple: the answer ends where it closes.
        let head = without(&head, "connection");
        write!(upstream, "{}\r\nConnection: close\r\n\r\n", head.trim_end())?;
        upstream.write_all(&body)?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        if fate == Fate::Pass {
            let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(answer.len());
            let head = String::from_utf8_lossy(&answer[..end]).into_owned();
            write!(client, "{}\r\nConnection: close", without(&head, "connection").trim_end())?;
            client.write_all(&answer[end..])?;
        }
        Ok(())
    }
}

/// The head without its empty line, and the length of the body.
fn read_head(reader: &mut impl BufRead) -> std::io::Result<(String, usize)> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim().is_empty() {
            return Ok((head, length));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
}

fn without(head: &str, header: &str) -> String {
    let keep = |line: &&str| !line.to_lowercase().starts_with(&format!("{header}:"));
    head.split("\r\n").filter(keep).collect::<Vec<_>>().join("\r\n")
}
