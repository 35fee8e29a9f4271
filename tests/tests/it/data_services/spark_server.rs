//! Spark's Thrift server with the generated settings, the metastore, a bucket of the lake, and the directory that it asks
//! for passwords.

use std::process::Command;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, port};

use rideshare_tests::services::directory::Directory;
use rideshare_tests::services::generated::{self, Service};
use rideshare_tests::services::metastore::{Metastore, lake};
use rideshare_tests::services::server::Server;

use super::hard;

/// A name with each special character that directory.sh takes.
pub(super) const USER: &str = "us er%$'@!&()*/:?[]^{|}~`.-_";

pub(super) const PASSWORD: &str = hard::EVERY;

/// Prints the rows of all statements. It is the client of dbt: beeline itself cannot take a name with a blank.
const SESSION: &str = "
import sys
from pyhive import hive
port, user, password, statements = sys.argv[1:]
session = hive.connect('127.0.0.1', port=int(port), username=user, password=password, auth='LDAP').cursor()
for statement in filter(None, map(str.strip, statements.split(';'))):
    session.execute(statement)
    for row in session.fetchall() if session.description else []:
        print(','.join(str(value).lower() if isinstance(value, bool) else str(value) for value in row))
";

pub(super) struct Spark {
    pub(super) port: u16,
    server: Server,
    _metastore: Metastore,
    _directory: Directory,
}

impl Spark {
    /// A server that listens; `None` when a part is not installed.
    pub(super) fn start() -> Option<Spark> {
        let home = peers::find("PEER_SPARK")?;
        let metastore = Metastore::start("metastore", "secret")?;
        let localstack = LocalStack::shared()?;
        let directory = Directory::start(USER, PASSWORD)?;
        let port = port::free();
        let conf = metastore.files.path("spark-conf");
        generated::config(
            "spark",
            &conf,
            &[
                ("hive-metastore:9083", &format!("127.0.0.1:{}", metastore.port)),
                ("<value>10000</value>", &format!("<value>{port}</value>")),
                ("<value>0.0.0.0</value>", "<value>127.0.0.1</value>"),
                ("openldap:389", &format!("127.0.0.1:{}", directory.port)),
            ],
        );
        let service = Service::named("spark-thrift-server");
        let words = service.command();
        assert_eq!(words[..2], ["/opt/entrypoint.sh", "/opt/spark/bin/spark-submit"]);
        let mut command = Command::new(home.join("bin/spark-submit"));
        command
            .args(&words[2..])
            .envs(service.environment())
            .env("SPARK_HOME", &home)
            .env("SPARK_CONF_DIR", &conf)
            .env("SPARK_LOCAL_IP", "127.0.0.1")
            // The sessions' zone is UTC all the same.
            .env("TZ", "America/Sao_Paulo")
            .current_dir(metastore.files.path("."));
        lake(&mut command, localstack);
        let mut server = Server::start(&mut command, &metastore.files.path("spark-log"));
        server.until_it_listens(port);
        Some(Spark { port, server, _metastore: metastore, _directory: directory })
    }

    /// The statements in a session of their own.
    pub(super) fn session(&self, statements: &str) -> Run {
        self.session_as(USER, PASSWORD, statements)
    }

    /// The statements in a session of another user.
    pub(super) fn session_as(&self, user: &str, password: &str, statements: &str) -> Run {
        let python = peers::find("PEER_DBT").unwrap().with_file_name("python");
        run(Command::new(python).args([
            "-c",
            SESSION,
            &self.port.to_string(),
            user,
            password,
            statements,
        ]))
    }

    pub(super) fn log(&self) -> String {
        self.server.log()
    }
}
