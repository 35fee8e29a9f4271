//! Spark's Thrift server with the generated settings, the metastore and a bucket of the lake.

use std::path::PathBuf;
use std::process::Command;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};

use rideshare_tests::services::generated::{self, Service};
use rideshare_tests::services::metastore::{Metastore, lake};
use rideshare_tests::services::server::{Server, free_port};

pub(super) struct Spark {
    home: PathBuf,
    pub(super) port: u16,
    server: Server,
    metastore: Metastore,
}

impl Spark {
    /// A server that listens; `None` when a part is not installed.
    pub(super) fn start() -> Option<Spark> {
        let home = peers::find("PEER_SPARK")?;
        let metastore = Metastore::start("metastore", "secret")?;
        let localstack = LocalStack::shared()?;
        let port = free_port();
        let conf = metastore.files.path("spark-conf");
        generated::config(
            "spark",
            &conf,
            &[
                ("hive-metastore:9083", &format!("127.0.0.1:{}", metastore.port)),
                ("<value>10000</value>", &format!("<value>{port}</value>")),
                ("<value>0.0.0.0</value>", "<value>127.0.0.1</value>"),
                // The directory is no part of these tests.
                ("<value>LDAP</value>", "<value>NONE</value>"),
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
        Some(Spark { home, port, server, metastore })
    }

    /// The statements in a session of their own.
    pub(super) fn session(&self, statements: &str) -> Run {
        run(Command::new(self.home.join("bin/beeline"))
            .args(["-u", &format!("jdbc:hive2://127.0.0.1:{}", self.port), "-n", "somebody"])
            .args(["--silent=true", "--outputformat=csv2", "--showHeader=false", "-e", statements])
            .env("SPARK_HOME", &self.home)
            .current_dir(self.metastore.files.path(".")))
    }

    pub(super) fn log(&self) -> String {
        self.server.log()
    }
}
