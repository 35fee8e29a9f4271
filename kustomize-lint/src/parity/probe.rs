//! A health check's action, in one form for Compose and Kubernetes.

use crate::compose::Test;
use crate::tree::Node;
use crate::view::Container;

/// The question of a health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// A request for a path on a port.
    Http {
        /// The port.
        port: u16,
        /// The path, with its query.
        path: String,
    },
    /// Whether a port accepts connections.
    Tcp(u16),
    /// A program and its words.
    Words(Vec<String>),
}

impl Check {
    /// In a few words, for messages.
    pub(crate) fn show(&self) -> String {
        match self {
            Check::Http { port, path } => format!("GET :{port}{path}"),
            Check::Tcp(port) => format!("a connection to port {port}"),
            Check::Words(words) => format!("`{}`", words.join(" ")),
        }
    }
}

pub(crate) fn of_compose(test: &Test) -> Option<Check> {
    match test {
        Test::Words(words) => Some(of_words(words)),
        Test::Shell(line) => {
            let shell = ["/bin/sh".to_owned(), "-c".to_owned(), line.clone()];
            Some(of_words(&shell))
        }
        Test::Off => None,
    }
}

/// The check of a probe; `None` for one that cannot be compared, such as gRPC.
pub(crate) fn of_probe(probe: &Node, container: &Container<'_>) -> Option<Check> {
    if let Some(http) = probe.get("httpGet") {
        let port = number(http.get("port")?, container)?;
        let path = http.word_at(&["path"]).filter(|path| !path.is_empty()).unwrap_or("/");
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        return Some(Check::Http { port, path });
    }
    if let Some(socket) = probe.get("tcpSocket") {
        return Some(Check::Tcp(number(socket.get("port")?, container)?));
    }
    let words = probe.at(&["exec", "command"])?.items();
    let word = |node: &Node| node.scalar().map(|scalar| unescaped(&scalar.text));
    Some(of_words(&words.iter().map(word).collect::<Option<Vec<_>>>()?))
}

/// The kubelet's reading of a word without variables.
fn unescaped(text: &str) -> String {
    text.replace("$$", "$")
}

/// A port's number: also of one that is named.
fn number(node: &Node, container: &Container<'_>) -> Option<u16> {
    let text = &node.scalar()?.text;
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let ports = container.list("ports").iter();
    let named = ports.into_iter().find(|port| port.word_at(&["name"]) == Some(text))?;
    named.word_at(&["containerPort"])?.parse().ok()
}

fn of_words(words: &[String]) -> Check {
    let parts: Vec<&str> = words.iter().map(String::as_str).collect();
    let program = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    if let [shell, "-c", line] = parts.as_slice()
        && matches!(program(shell).as_str(), "sh" | "bash" | "ash" | "dash")
    {
        // `curl -f URL || exit 1` is what it is without the rest.
        let line = line.trim();
        let line = line.split_once("||").filter(|(_, rest)| rest.trim() == "exit 1");
        let line = line.map_or(parts[2].trim(), |(before, _)| before.trim());
        let inner: Vec<&str> = line.split_whitespace().collect();
        let simple = !line.contains(['|', '&', ';', '$', '`', '\'', '"', '<', '(']);
        if let Some(check) = request(&inner).filter(|_| simple) {
            return check;
        }
        return Check::Words(vec![program(shell), "-c".to_owned(), line.to_owned()]);
    }
    request(&parts).unwrap_or_else(|| Check::Words(words.to_vec()))
}

/// The request of `curl` or `wget` to the container itself.
fn request(words: &[&str]) -> Option<Check> {
    let (program, rest) = words.split_first()?;
    if !matches!(program.rsplit('/').next(), Some("curl" | "wget")) {
        return None;
    }
    // Other methods, headers and bodies are other requests.
    let special = ["-X", "--request", "-H", "--header", "-d", "--data", "-u", "--user"];
    if rest.iter().any(|word| special.contains(word) || word.starts_with("--post")) {
        return None;
    }
    let mut urls = rest.iter().filter(|word| word.contains("://"));
    let url = urls.next().filter(|_| urls.next().is_none())?;
    let (scheme, rest) = url.split_once("://")?;
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (host, if scheme == "https" { 443 } else { 80 }),
    };
    let is_local = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]");
    is_local.then(|| Check::Http { port, path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_seen_through_curl_and_wget() {
        let check = |line: &str| of_compose(&Test::Shell(line.to_owned())).unwrap();
        let http = |port, path: &str| Check::Http { port, path: path.to_owned() };
        assert_eq!(check("curl -f http://localhost:80/a?b || exit 1"), http(80, "/a?b"));
        assert_eq!(check("wget -q -O /dev/null http://127.0.0.1"), http(80, "/"));
        assert!(matches!(check("curl -X POST http://localhost/"), Check::Words(_)));
        assert!(matches!(check("curl http://db:80/"), Check::Words(_)));
        assert!(matches!(check("curl http://localhost/ | grep ok"), Check::Words(_)));
    }
}
