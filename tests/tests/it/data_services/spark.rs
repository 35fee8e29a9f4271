//! Spark's Thrift server with the generated settings, the metastore and the lake: one session after another.

use std::process::Command;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};

use super::generated::{self, Service};
use super::metastore::{Metastore, bucket, lake};
use super::server::{Server, free_port};

#[test]
fn every_session_reads_a_delta_table_of_the_lake() {
    let Some(spark) = peers::find("PEER_SPARK") else { return };
    let Some(metastore) = Metastore::start("metastore", "secret") else { return };
    let localstack = LocalStack::shared().unwrap();
    bucket(localstack, "spark-check");
    let port = free_port();
    let conf = metastore.files.path("spark-conf");
    generated::config(
        "spark",
        &conf,
        &[
            ("hive-metastore:9083", &format!("127.0.0.1:{}", metastore.port)),
            ("<value>10000</value>", &format!("<value>{port}</value>")),
            ("<value>0.0.0.0</value>", "<value>127.0.0.1</value>"),
            // The directory is no part of this test.
            ("<value>LDAP</value>", "<value>NONE</value>"),
        ],
    );
    let service = Service::named("spark-thrift-server");
    let words = service.command();
    assert_eq!(words[..2], ["/opt/entrypoint.sh", "/opt/spark/bin/spark-submit"]);
    let mut command = Command::new(spark.join("bin/spark-submit"));
    command
        .args(&words[2..])
        .envs(service.environment())
        .env("SPARK_HOME", &spark)
        .env("SPARK_CONF_DIR", &conf)
        .env("SPARK_LOCAL_IP", "127.0.0.1")
        // The sessions' zone is UTC all the same.
        .env("TZ", "America/Sao_Paulo")
        .current_dir(metastore.files.path("."));
    lake(&mut command, localstack);
    let mut server = Server::start(&mut command, &metastore.files.path("spark-log"));
    server.until_it_listens(port);

    let session = |statements: &str| -> Run {
        run(Command::new(spark.join("bin/beeline"))
            .args(["-u", &format!("jdbc:hive2://127.0.0.1:{port}"), "-n", "somebody"])
            .args(["--silent=true", "--outputformat=csv2", "--showHeader=false", "-e", statements])
            .env("SPARK_HOME", &spark)
            .current_dir(metastore.files.path(".")))
    };
    let first = session(
        "create schema bronze location 's3a://spark-check/bronze';
         create table bronze.trips (id bigint, at timestamp) using delta;
         insert into bronze.trips values (7, timestamp '2024-07-01 00:00:00+00:00');
         select id, cast(at as string) from bronze.trips;",
    );
    assert!(
        first.stdout.contains("7,2024-07-01 00:00:00"),
        "{}\n{}",
        first.transcript(&[]),
        server.log()
    );
    for _ in ["second", "third"] {
        let later = session("select id, cast(at as string) from bronze.trips;");
        assert!(
            later.stdout.contains("7,2024-07-01 00:00:00"),
            "{}\n{}",
            later.transcript(&[]),
            server.log()
        );
    }
}
