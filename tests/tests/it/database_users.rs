//! The users that `make eks-database-users` makes, in a real PostgreSQL: they log in with the secret's
//! password, own their database, and a second run changes the password alone.

use std::process::Command;

use rideshare_tests::root;
use rideshare_tests::run::{Run, run};
use rideshare_tests::services::postgres::{Postgres, libraries};
use serde_json::json;

/// Writes the program for a service's secret, and runs it as the pod would.
fn make_user(postgres: &Postgres, user: &str, password: &str) -> Run {
    let master = json!({"username": "rideshare_master", "password": "it's $master"});
    let service = json!({"POSTGRES_USER": user, "POSTGRES_PASSWORD": password});
    let secrets = postgres.folder.path().join("secrets");
    std::fs::write(&secrets, format!("{master}\n{service}\n")).unwrap();
    let script = "python3 \"$1\" 127.0.0.1 airflow <\"$2\" | bash -s";
    let path = format!("{}:{}", postgres.bin.display(), std::env::var("PATH").unwrap());
    run(Command::new("bash")
        .args(["-o", "pipefail", "-c", script, "make-user"])
        .arg(root().join("scripts/lib/database_users.py"))
        .arg(&secrets)
        .env("LD_LIBRARY_PATH", libraries(&postgres.bin))
        .env("PATH", path)
        .env("PGPORT", postgres.port.to_string())
        .env("PGSSLMODE", "disable"))
}

#[test]
fn a_service_logs_in_with_its_secret_and_owns_its_database() {
    let Some(postgres) = Postgres::start() else { return };
    for sql in [
        "CREATE ROLE rideshare_master LOGIN CREATEROLE CREATEDB PASSWORD 'it''s $master'",
        "CREATE DATABASE airflow OWNER rideshare_master",
    ] {
        postgres.administer(sql).expect(0);
    }
    let service = |password: &str, sql: &str| {
        postgres.psql("127.0.0.1", "uab\"c'd", password, "airflow", sql)
    };
    make_user(&postgres, "uab\"c'd", "p'a\"s $(id) \\ w").expect(0);
    service("p'a\"s $(id) \\ w", "CREATE TABLE dags (id int); INSERT INTO dags VALUES (1)")
        .expect(0);
    assert_ne!(service("other", "SELECT 1").status, 0);

    make_user(&postgres, "uab\"c'd", "changed").expect(0);
    assert_eq!(service("changed", "SELECT count(*) FROM dags").expect(0).stdout, "1\n");
    assert_ne!(service("p'a\"s $(id) \\ w", "SELECT 1").status, 0);
    let owner = postgres
        .administer("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'airflow'");
    assert_eq!(owner.stdout, "uab\"c'd\n");
}
