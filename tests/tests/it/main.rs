//! Tests that cross tools, and tests of the files that the tools generate and apply.

mod agreement_compose;
mod agreement_kubernetes;
mod agreement_secrets;
mod agreement_words;
mod canary;
mod contract;
mod custom_resources;
mod data_services;
mod database_users;
mod duckdb_version;
mod images;
mod kubernetes;
mod kubernetes_server;
mod layers;
mod monitoring;
mod parity;
mod peers_script;
mod readme;
mod register_tables;
mod secrets_init_image;
mod secrets_path;
mod terraform;
mod terraform_contract;
mod terraform_operator;
mod versions;
