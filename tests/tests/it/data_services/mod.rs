//! The data services as the specification generates them, started on the real parts that `make peers` brings.

mod airflow;
mod airflow_server;
mod bronze;
mod dags;
mod generated;
mod hard;
mod hive;
mod image_build;
mod images;
mod kafka;
mod localstack;
mod metastore;
mod postgres;
mod redis;
mod server;
mod settings;
mod spark;
mod spark_server;
mod stand_ins;
mod two_engines;
