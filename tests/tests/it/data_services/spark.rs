//! One session after another reads a Delta table of the lake.

use rideshare_tests::localstack::LocalStack;

use super::spark_server::{Spark, USER};
use rideshare_tests::services::metastore::bucket;

#[test]
fn every_session_reads_a_delta_table_of_the_lake() {
    let Some(spark) = Spark::start() else { return };
    bucket(LocalStack::shared().unwrap(), "spark-check");
    let first = spark.session(
        "create schema bronze location 's3a://spark-check/bronze';
         create table bronze.trips (id bigint, at timestamp) using delta;
         insert into bronze.trips values (7, timestamp '2024-07-01 00:00:00+00:00');
         select id, cast(at as string) from bronze.trips;",
    );
    assert!(
        first.stdout.contains("7,2024-07-01 00:00:00"),
        "{}\n{}",
        first.transcript(&[]),
        spark.log()
    );
    let stranger = spark.session_as(USER, "another password", "select 1;");
    assert!(!stranger.stdout.contains('1'), "{}", stranger.transcript(&[]));
    for _ in ["second", "third"] {
        let later = spark.session("select id, cast(at as string) from bronze.trips;");
        assert!(
            later.stdout.contains("7,2024-07-01 00:00:00"),
            "{}\n{}",
            later.transcript(&[]),
            spark.log()
        );
    }
}
