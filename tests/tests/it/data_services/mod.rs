//! The data services as the specification generates them, started on the real parts that `make peers` brings.

mod airflow;
mod airflow_server;
mod bronze;
mod dags;
mod directory;
mod every_type;
mod glue;
mod grafana;
mod hard;
mod hive;
mod image_build;
mod images;
mod kafka;
mod localstack;
mod minio;
mod partitions;
mod postgres;
mod redis;
mod schema_registry;
mod settings;
mod spark;
mod spark_server;
mod stand_ins;
mod trino;
mod two_engines;
