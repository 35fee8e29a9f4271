//! Trino with the generated configuration, on a metastore and LocalStack's S3.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::generated::{self, Service};
use super::metastore::{Metastore, bucket, lake};
use super::server::Server;
use crate::localstack::LocalStack;
use crate::{peers, port};

/// A running Trino, whose catalog is `delta`.
#[derive(Debug)]
pub struct Trino {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// The program.
    pub server: Server,
    /// The limit of its container in bytes, as the Compose file or `memory` says.
    pub memory: u64,
    _folder: tempfile::TempDir,
}

impl Trino {
    /// Starts it with a metastore on this port, in so many MiB of memory, and waits until it answers queries.
    /// `None` when a part is not installed.
    ///
    /// # Panics
    /// It refuses its configuration.
    pub fn start(metastore: u16, memory: u64) -> Option<Trino> {
        let address = format!("127.0.0.1:{metastore}");
        Self::with(&[("hive-metastore:9083", &address)], memory)
    }

    /// As [`Trino::start`], with AWS Glue at this endpoint in place of the metastore.
    ///
    /// # Panics
    /// It refuses its configuration.
    pub fn on_glue(endpoint: &str) -> Option<Trino> {
        // The client `glue` of Trino 449 takes an endpoint for a proxy.
        let glue = format!(
            "hive.metastore=glue-v1\nhive.metastore.glue.endpoint-url={endpoint}\nhive.metastore.glue.region=us-east-1"
        );
        let hive = "hive.metastore.uri=thrift://hive-metastore:9083";
        Self::with(&[(hive, &glue), ("hive.metastore.thrift.client.read-timeout=60s", "")], 2048)
    }

    /// Starts it with these words of its catalog replaced.
    fn with(catalog: &[(&str, &str)], memory: u64) -> Option<Trino> {
        let java = peers::find("PEER_TRINO_JAVA")?;
        let installed = peers::find("PEER_TRINO")?;
        let localstack = LocalStack::shared()?;
        let folder = tempfile::tempdir().unwrap();
        let (port, etc) = (port::free(), folder.path().join("etc"));
        let listen = port.to_string();
        generated::config("trino", &etc, &[("8080", &listen)]);
        generated::config("trino/catalog", &etc.join("catalog"), catalog);
        let service = Service::named("trino");
        assert_eq!(service.command(), ["/usr/lib/trino/bin/run-trino"]);
        let mut command = Command::new(java);
        command
            .args(options(&etc.join("jvm.config")))
            // In place of the container's limit.
            .arg(format!("-XX:MaxRAM={memory}m"))
            .args(properties(&etc.join("node.properties"), folder.path()))
            .arg("-Dnode.internal-address=127.0.0.1")
            .arg(format!("-Dconfig={}", etc.join("config.properties").display()))
            .arg(format!("-Dlog.levels-file={}", etc.join("log.properties").display()))
            .arg(format!("-Dplugin.dir={}", installed.join("plugin").display()))
            .args(["-cp", &format!("{0}:{0}/*", installed.join("jars").display())])
            .args(["StartTrino", &version(&installed)])
            .envs(service.environment())
            .current_dir(folder.path());
        lake(&mut command, localstack);
        let mut server = Server::start(&mut command, &folder.path().join("log"));
        server.until("a Trino that has started", || {
            get(port, "/v1/info").is_some_and(|info| info["starting"] == false)
        });
        let trino = Trino { port, server, memory: memory << 20, _folder: folder };
        trino.until_it_has_a_node();
        Some(trino)
    }

    /// Trino has started before its own node takes queries.
    fn until_it_has_a_node(&self) {
        let end = Instant::now() + Duration::from_secs(120);
        while let Err(message) = self.ask("SELECT count(*) FROM system.runtime.nodes") {
            assert!(Instant::now() < end, "{message}\n{}", self.server.log());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The rows that a statement answers, or Trino's message.
    ///
    /// # Errors
    /// Trino refuses the statement.
    ///
    /// # Panics
    /// Trino does not answer.
    pub fn ask(&self, statement: &str) -> Result<Vec<Vec<Value>>, String> {
        let mut rows = Vec::new();
        let mut answer = request(self.port, "POST", "/v1/statement", statement);
        loop {
            let page = answer.unwrap_or_else(|| panic!("no answer\n{}", self.server.log()));
            if let Some(message) = page["error"]["message"].as_str() {
                return Err(message.to_owned());
            }
            for row in page["data"].as_array().into_iter().flatten() {
                rows.push(row.as_array().cloned().unwrap_or_default());
            }
            let Some(next) = page["nextUri"].as_str() else { return Ok(rows) };
            let path = next.splitn(4, '/').nth(3).unwrap();
            answer = get(self.port, &format!("/{path}"));
        }
    }

    /// The most memory that the process has had, in bytes.
    ///
    /// # Panics
    /// The process has ended.
    pub fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }
}

/// The lake as one: the metastore on a database of its own, Trino, and the buckets in LocalStack.
#[derive(Debug)]
pub struct Lake {
    /// The query engine.
    pub trino: Trino,
    /// The metastore, which knows its tables.
    pub metastore: Metastore,
    /// Where its buckets are.
    pub localstack: &'static LocalStack,
}

impl Lake {
    /// Starts all parts, with these buckets; `None` when a part is not installed.
    pub fn start(buckets: &[&str]) -> Option<Lake> {
        peers::find("PEER_TRINO")?;
        let metastore = Metastore::start("metastore", "secret")?;
        let localstack = LocalStack::shared()?;
        for name in buckets {
            bucket(localstack, name);
        }
        let trino = Trino::start(metastore.port, 2048)?;
        Some(Lake { trino, metastore, localstack })
    }
}

/// The words of a jvm.config.
fn options(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().filter(|line| line.starts_with('-')).map(str::to_owned).collect()
}

/// A properties file as the image's launcher passes it on; its folder is below `folder`.
fn properties(file: &Path, folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let place = |value: &str| match value.strip_prefix('/') {
        Some(below) => folder.join(below).display().to_string(),
        None => value.to_owned(),
    };
    lines.map(|(name, value)| format!("-D{}={}", name.trim(), place(value.trim()))).collect()
}

/// The version of the installed Trino.
fn version(installed: &Path) -> String {
    let jars = fs::read_dir(installed.join("jars")).unwrap();
    let names = jars.map(|jar| jar.unwrap().file_name().to_string_lossy().into_owned());
    let mut versions = names.filter_map(|name| {
        Some(name.strip_prefix("trino-main-")?.strip_suffix(".jar")?.to_owned())
    });
    versions.next().expect("trino-main")
}

fn get(port: u16, path: &str) -> Option<Value> {
    request(port, "GET", path, "")
}

/// One request, over HTTP 1.0, whose answers come in one piece.
fn request(port: u16, method: &str, path: &str, body: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nX-Trino-User: test\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}
