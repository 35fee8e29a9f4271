//! Redis with any password, and a limit of its memory.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, port};

use super::hard;
use rideshare_tests::services::generated::Service;
use rideshare_tests::services::server::Server;

/// A program of the image, as a shell script.
fn stand_in(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A server with the generated command.
pub(super) struct Redis {
    folder: tempfile::TempDir,
    pub(super) port: u16,
    _server: Server,
}

impl Redis {
    /// The generated command with this password, on a free port.
    pub(super) fn start(password: &str) -> Option<Redis> {
        let program = peers::find("PEER_REDIS")?;
        let folder = tempfile::tempdir().unwrap();
        let port = port::free();
        let bin = program.parent().unwrap().display().to_string();
        let libraries = program.ancestors().nth(3).unwrap().display();
        let path = "LD_LIBRARY_PATH=$(echo \"$LIBRARIES\"/usr/lib/*-linux-gnu) exec";
        stand_in(folder.path(), "docker-entrypoint.sh", "exec \"$@\"");
        let at = format!("--port {port} --bind 127.0.0.1 --dir {}", folder.path().display());
        stand_in(folder.path(), "redis-server", &format!("{path} {bin}/redis-server \"$@\" {at}"));
        stand_in(folder.path(), "redis-cli", &format!("{path} {bin}/redis-cli -p {port} \"$@\""));
        let service = Service::named("redis");
        let words = service.command();
        let mut command = environment(&words[0], folder.path(), password);
        command
            .args(&words[1..])
            .envs(service.environment())
            .env("LIBRARIES", libraries.to_string());
        let mut server = Server::start(&mut command, &folder.path().join("log"));
        server.until_it_listens(port);
        Some(Redis { folder, port, _server: server })
    }

    /// Commands in Redis' own form, without a shell between; the answers.
    pub(super) fn ask(&self, commands: &[&[&str]]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        for words in commands.iter().chain([&["QUIT"].as_slice()]) {
            write!(stream, "*{}\r\n", words.len()).unwrap();
            for word in *words {
                write!(stream, "${}\r\n{word}\r\n", word.len()).unwrap();
            }
        }
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        answers
    }

    /// The generated health check, which knows this password.
    fn check(&self, password: &str) -> Run {
        let service = Service::named("redis");
        let test = service.words("/healthcheck/test").remove(1);
        let (_, ping) = test.rsplit_once('\n').unwrap();
        let root = peers::find("PEER_REDIS").unwrap();
        run(environment("sh", self.folder.path(), password)
            .args(["-c", ping])
            .env("LIBRARIES", root.ancestors().nth(3).unwrap()))
    }
}

fn environment(program: &str, folder: &Path, password: &str) -> Command {
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let program = if program.contains(".sh") { folder.join(program) } else { program.into() };
    let mut command = Command::new(program);
    command.env("PATH", path).env("REDIS_PASSWORD", password);
    command
}

#[test]
fn every_hard_password_opens_redis_and_no_other_does() {
    for password in hard::texts().iter().step_by(4).map(String::as_str).chain([hard::EVERY]) {
        let Some(redis) = Redis::start(password) else { return };
        let opened = redis.ask(&[&["PING"], &["AUTH", password], &["PING"]]);
        assert!(opened.starts_with("-NOAUTH"), "{password}: {opened}");
        assert!(opened.contains("+OK\r\n+PONG"), "{password}: {opened}");
        assert!(redis.ask(&[&["AUTH", "other"]]).starts_with("-WRONGPASS"));
        redis.check(password).expect(0);
        assert_ne!(redis.check("other").status, 0);
    }
}

#[test]
fn an_empty_password_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    stand_in(folder.path(), "docker-entrypoint.sh", "exec \"$@\"");
    let words = Service::named("redis").command();
    let refused = run(environment(&words[0], folder.path(), "").args(&words[1..]));
    assert_ne!(refused.status, 0);
    assert!(refused.stderr.contains("REDIS_PASSWORD: is empty"), "{}", refused.stderr);
}

#[test]
fn a_full_redis_refuses_a_write_and_lives() {
    let Some(redis) = Redis::start("secret") else { return };
    let said = redis.ask(&[&["AUTH", "secret"], &["CONFIG", "GET", "maxmemory*"]]);
    assert!(said.contains("maxmemory\r\n$9\r\n167772160\r\n"), "{said}");
    assert!(said.contains("maxmemory-policy\r\n$10\r\nnoeviction\r\n"), "{said}");
    let full = redis.ask(&[
        &["AUTH", "secret"],
        &["CONFIG", "SET", "maxmemory", "1"],
        &["SET", "a", "b"],
        &["PING"],
    ]);
    assert!(full.contains("-OOM command not allowed"), "{full}");
    assert!(full.contains("+PONG"), "{full}");
}
