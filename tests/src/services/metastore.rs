//! A Hive metastore of one test: the generated environment and hive-site.xml, a PostgreSQL behind it, and
//! LocalStack's S3, with its check of signatures, in place of the object store.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::generated::{self, Service};
use super::object_store;
use super::postgres::Postgres;
use super::server::{Server, java};
use crate::localstack::LocalStack;
use crate::run::run;
use crate::{peers, port, root};

/// In place of the image's entrypoint: the schema, then the service.
const ENTRYPOINT: &str = r#"#!/bin/sh
set -eu
export METASTORE_HOME="$HIVE"
java -cp "$CONF:$HIVE/lib/*" org.apache.hadoop.hive.metastore.tools.schematool.MetastoreSchemaTool \
    -dbType postgres -initOrUpgradeSchema
exec java $SERVICE_OPTS -cp "$CONF:$HIVE/lib/*" org.apache.hadoop.hive.metastore.HiveMetaStore -p "$PORT"
"#;

/// In place of the image's `hadoop`.
const HADOOP: &str = r#"#!/bin/sh
[ "$1" = credential ] && shift
exec java -cp "$HIVE/lib/*" org.apache.hadoop.security.alias.CredentialShell "$@"
"#;

/// The files of a metastore's container.
#[derive(Debug)]
pub struct Files {
    folder: tempfile::TempDir,
    /// The installed metastore.
    pub hive: PathBuf,
}

impl Files {
    /// `None` when no metastore or no Java is installed.
    pub fn new() -> Option<Files> {
        let hive = peers::find("PEER_HIVE_METASTORE")?;
        java()?;
        let folder = tempfile::tempdir().unwrap();
        let credentials = folder.path().join("metastore.jceks").display().to_string();
        let warehouse = folder.path().join("warehouse").display().to_string();
        generated::config(
            "hive",
            &folder.path().join("conf"),
            &[
                ("/tmp/rideshare-metastore.jceks", &credentials),
                ("/opt/hive/data/warehouse", &warehouse),
                // The server alone lacks what the whole of Hive has as its default.
                (
                    "<configuration>",
                    "<configuration><property><name>metastore.expression.proxy</name>\
              <value>org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy</value></property>",
                ),
            ],
        );
        let files = Files { folder, hive };
        files.program("hadoop", HADOOP);
        files.program("entrypoint.sh", ENTRYPOINT);
        Some(files)
    }

    /// The place of a file of this metastore.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a program that the metastore finds first.
    pub fn program(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path("bin")).unwrap();
        let path = self.path("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The generated command with another program in place of the image's entrypoint.
    pub fn command(&self, user: &str, password: &str, program: &[&str]) -> Command {
        let service = Service::named("hive-metastore");
        let words = service.command();
        assert_eq!(words, ["bash", "/etc/rideshare/hive/with-credentials.sh", "/entrypoint.sh"]);
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command
            .arg(root().join("infrastructure/config/hive/with-credentials.sh"))
            .args(program)
            .envs(service.environment())
            .env("PATH", path)
            .env("HIVE", &self.hive)
            .env("CONF", self.path("conf"))
            .env("RIDESHARE_CREDENTIALS", self.path("metastore.jceks"))
            .env("POSTGRES_METASTORE_USER", user)
            .env("POSTGRES_METASTORE_PASSWORD", password);
        command
    }
}

/// A running metastore.
#[derive(Debug)]
pub struct Metastore {
    /// Its files.
    pub files: Files,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// The program.
    pub server: Server,
    _postgres: Postgres,
}

impl Metastore {
    /// Starts it with this login of its database; `None` when a part is not installed.
    pub fn start(user: &str, password: &str) -> Option<Metastore> {
        let files = Files::new()?;
        let localstack = LocalStack::shared()?;
        let postgres = Postgres::start()?;
        postgres.add(user, password, "metastore");
        let port = port::free();
        let entrypoint = files.path("bin/entrypoint.sh").display().to_string();
        let url = Service::named("hive-metastore").environment()["METASTORE_DB_URL"]
            .replace("postgres-metastore:5432", &format!("127.0.0.1:{}", postgres.port));
        let mut command = files.command(user, password, &[&entrypoint]);
        command.env("METASTORE_DB_URL", url).env("PORT", port.to_string());
        lake(&mut command, localstack);
        let mut server = Server::start(&mut command, &files.path("log"));
        server.until_it_listens(port);
        Some(Metastore { files, port, server, _postgres: postgres })
    }
}

/// The object store's variables, with a hard user and password.
pub fn lake(command: &mut Command, localstack: &LocalStack) {
    command
        .env("AWS_ENDPOINT_URL_S3", object_store::url(localstack))
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", object_store::USER)
        .env("AWS_SECRET_ACCESS_KEY", object_store::PASSWORD);
}

/// Makes a bucket.
pub fn bucket(localstack: &LocalStack, name: &str) {
    let url = format!("{}/{name}", localstack.url());
    let script = "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], method='PUT'))";
    run(Command::new("python3").args(["-c", script, &url])).expect(0);
}
