//! Backup and restore of data that real PostgreSQL and Redis servers have written. The servers run on the
//! volumes' folders while the API server says that their pods run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rideshare_tests::apiserver::{Change, Event, ExecCall, ExecOutcome, controllers};
use rideshare_tests::run::run;
use rideshare_tests::{peers, port};
use serde_json::Value;

use crate::backup::{archives, backup, folder, stateful, tree};
use crate::support::{Machine, overlay, until};

/// The user that both servers run as: nobody, because PostgreSQL wants one that has a name.
const USER: u32 = 65534;

/// A server on a volume's folder.
#[derive(Clone)]
struct Server {
    /// Where the programs are, and their libraries.
    bin: PathBuf,
    libraries: String,
    data: PathBuf,
    port: u16,
}

impl Server {
    fn new(program: &Path, data: PathBuf) -> Self {
        let root = program.ancestors().find(|above| above.ends_with("root")).unwrap();
        let libraries = ["usr/lib", "lib"].iter().flat_map(|lib| {
            let folders = fs::read_dir(root.join(lib)).into_iter().flatten();
            folders
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.display().to_string().ends_with("-linux-gnu"))
        });
        let libraries: Vec<String> = libraries.map(|path| path.display().to_string()).collect();
        fs::create_dir_all(&data).unwrap();
        chown(&data, Some(USER), Some(USER)).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
        Server {
            bin: program.parent().unwrap().into(),
            libraries: libraries.join(":"),
            data,
            port: port::free(),
        }
    }

    /// A program of the same folder, as the server's user.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command
            .args([&format!("--reuid={USER}"), &format!("--regid={USER}"), "--clear-groups"])
            .arg(self.bin.join(program))
            .env_clear()
            .env("LD_LIBRARY_PATH", &self.libraries)
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C")
            .current_dir(&self.data)
            .stdin(Stdio::null());
        command
    }

    /// Runs a script as if in the container, with the variables that the image has.
    fn exec(&self, call: &ExecCall, variables: &[(&str, &str)]) -> ExecOutcome {
        let mut command = Command::new("sh");
        command.args(&call.command[1..]).env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", self.bin.display()));
        command.env("LD_LIBRARY_PATH", &self.libraries).env("LC_ALL", "C");
        command.envs(variables.iter().copied());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let status = output.status.code().unwrap_or(255);
        ExecOutcome { stdout: output.stdout, stderr: output.stderr, status }
    }
}

fn sql(postgres: &Server, text: &str) -> String {
    let mut psql = postgres.command("psql");
    psql.args([
        "-h",
        "127.0.0.1",
        "-p",
        &postgres.port.to_string(),
        "-U",
        "admin",
        "-d",
        "postgres",
        "-At",
        "-c",
        text,
    ]);
    run(&mut psql).expect(0).stdout
}

fn start_postgres(server: &Server) {
    let options =
        format!("-p {} -k {} -h 127.0.0.1 -c fsync=on", server.port, server.data.display());
    let log = server.data.join("log");
    let mut start = server.command("pg_ctl");
    start
        .args(["start", "--wait", "--silent", "-D"])
        .arg(server.data.join("db"))
        .arg("-l")
        .arg(log)
        .args(["-o", &options]);
    assert!(start.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
}

fn stop_postgres(server: &Server) {
    let mut stop = server.command("pg_ctl");
    run(stop.args(["stop", "--wait", "--mode=fast", "-D"]).arg(server.data.join("db")));
}

fn redis(server: &Server, arguments: &[&str]) -> String {
    let mut cli = server.command("redis-cli");
    cli.args(["-p", &server.port.to_string(), "-a", "admin", "--no-auth-warning"]).args(arguments);
    run(&mut cli).stdout
}

fn start_redis(server: &Server) {
    let mut start = server.command("redis-server");
    let port = server.port.to_string();
    start
        .args([
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--requirepass",
            "admin",
            "--appendonly",
            "yes",
            "--daemonize",
            "yes",
            "--dir",
        ])
        .arg(&server.data);
    run(&mut start).expect(0);
    until("Redis", || redis(server, &["ping"]) == "PONG\n");
}

fn stop_redis(server: &Server) {
    redis(server, &["shutdown", "save"]);
    until("the end of Redis", || redis(server, &["ping"]) != "PONG\n");
}

#[test]
fn what_postgresql_and_redis_have_written_comes_back() {
    let Some(postgres) = peers::find("PEER_POSTGRES") else { return };
    if !rustix::process::geteuid().is_root() {
        return peers::skip("root, for servers of another user,");
    }
    let Some(machine) = Machine::with_cluster() else { return };
    let (_copy, postgres) = peers::for_any_user(&postgres);
    let redis_program =
        postgres.ancestors().find(|above| above.ends_with("usr")).unwrap().join("bin/redis-server");
    fs::set_permissions(machine.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let postgres = Server::new(&postgres, folder(&machine, "sql"));
    let store = Server::new(&redis_program, folder(&machine, "cache"));
    let mut init = postgres.command("initdb");
    init.args(["--username=admin", "--auth=trust", "--data-checksums", "--no-sync", "-D"])
        .arg(postgres.data.join("db"));
    run(&mut init).expect(0);

    // The kubelet's part: a server runs while its workload has a pod.
    let trees: Arc<Mutex<BTreeMap<String, Value>>> = Arc::default();
    let (sql_server, cache_server, seen) = (postgres.clone(), store.clone(), Arc::clone(&trees));
    let volumes = machine.path("volumes").display().to_string();
    machine.server.behave(move |event: &Event| {
        let object = &event.object;
        if object["kind"] == "StatefulSet" && event.fresh && event.change != Change::Deleted {
            let name = object["metadata"]["name"].as_str().unwrap();
            let of_sql = name == "sql";
            match (of_sql, object["spec"]["replicas"] != 0) {
                (true, true) => start_postgres(&sql_server),
                (false, true) => start_redis(&cache_server),
                (true, false) => stop_postgres(&sql_server),
                (false, false) => stop_redis(&cache_server),
            }
            if object["spec"]["replicas"] == 0 {
                let data = if of_sql { &sql_server.data } else { &cache_server.data };
                let tree = serde_json::to_value(tree(data)).unwrap();
                // The first time is the backup's.
                seen.lock().unwrap().entry(name.to_owned()).or_insert(tree);
            }
        }
        controllers::usual_at(&volumes, event)
    });
    let (sql_server, cache_server) = (postgres.clone(), store.clone());
    machine.server.on_exec(move |call| match call.pod.as_str() {
        "sql-0" => {
            let port = sql_server.port.to_string();
            sql_server.exec(
                call,
                &[
                    ("POSTGRES_USER", "admin"),
                    ("POSTGRES_PASSWORD", "admin"),
                    ("PGHOST", "127.0.0.1"),
                    ("PGPORT", &port),
                ],
            )
        }
        _ => {
            // redis-cli takes its port from the command line only.
            let port = cache_server.port.to_string();
            let mut call = call.clone();
            let script = call.command.last_mut().unwrap();
            *script = script.replace("redis-cli", &format!("redis-cli -p {port}"));
            cache_server.exec(&call, &[("REDIS_PASSWORD", "admin")])
        }
    });
    let sets = [stateful("sql", "postgres:16"), stateful("cache", "redis:8.0-alpine")];
    let small = overlay(&machine, "small", &sets).display().to_string();
    run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
    for claim in ["data-sql-0", "data-cache-0"] {
        machine
            .server
            .wait("PersistentVolumeClaim", "small", claim, |c| c["status"]["phase"] == "Bound");
    }
    sql(
        &postgres,
        "create table trips (id int primary key, note text); \
                    insert into trips select n, repeat(md5(n::text), 20) from generate_series(1, 5000) n",
    );
    for n in 0..100 {
        redis(&store, &["set", &format!("driver:{n}"), &"x".repeat(n)]);
    }
    let rows = "select count(*), sum(hashtext(note)::bigint) from trips";
    let before =
        (sql(&postgres, rows), redis(&store, &["dbsize"]), redis(&store, &["get", "driver:99"]));

    run(&mut backup(&machine)).expect(0);
    let archive = archives(&machine).pop().unwrap();
    let text = fs::read(&archive).unwrap();
    let holds = |needle: &str| text.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(
        holds("PostgreSQL database cluster dump") && holds("COPY public.trips"),
        "its own dump, too"
    );
    assert!(holds("REDIS0"), "and Redis' snapshot");
    assert_eq!(sql(&postgres, rows), before.0, "it runs again");

    sql(&postgres, "drop table trips");
    redis(&store, &["flushall"]);
    let archive = archive.display().to_string();
    let mut restore =
        machine.tool(&["restore", &archive, "--force", "--no-smoke", "--overlay", &small]);
    run(&mut restore).expect(0);
    let after =
        (sql(&postgres, rows), redis(&store, &["dbsize"]), redis(&store, &["get", "driver:99"]));
    assert_eq!(after, before);

    // Byte for byte: the archive has the files that the stopped servers had left.
    let out = machine.path("out");
    fs::create_dir(&out).unwrap();
    run(Command::new("tar").args(["--extract", "--file", &archive, "--directory"]).arg(&out))
        .expect(0);
    for name in ["sql", "cache"] {
        let target = out.join(name);
        fs::create_dir(&target).unwrap();
        let member = out.join(format!("volumes/small/data-{name}-0.tar"));
        let mut extract = Command::new("tar");
        extract.args(["--extract", "--same-owner", "--numeric-owner", "--file"]).arg(member);
        run(extract.arg("--directory").arg(&target)).expect(0);
        let same = serde_json::to_value(tree(&target)).unwrap() == trees.lock().unwrap()[name];
        assert!(same, "{name}: the archive's files are those of the stopped server");
    }
    stop_postgres(&postgres);
    stop_redis(&store);
    let mut checksums = postgres.command("pg_checksums");
    run(checksums.args(["--check", "-D"]).arg(postgres.data.join("db"))).expect(0);
}
