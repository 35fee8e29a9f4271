//! PostgreSQL with any user and password: the image's own way to make the first user, and Airflow's URL.

use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;

use super::hard;
use rideshare_tests::services::generated::Service;
use rideshare_tests::services::postgres::Postgres;

/// Logs in as each pair of lines says, the way that Airflow does.
const LOGIN: &str = "
import json, os, sys
import sqlalchemy
url, pairs = sys.argv[1], json.load(sys.stdin)
for user, password in pairs:
    os.environ.update(PGUSER=user, PGPASSWORD=password)
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text('select current_user')) == user, user
    os.environ['PGPASSWORD'] = password + '.'
    try:
        engine.connect()
    except sqlalchemy.exc.OperationalError:
        continue
    sys.exit('another password than ' + password + ' opens it, too')
";

#[test]
fn every_hard_user_and_password_reaches_airflows_database() {
    let Some(airflow) = peers::find("PEER_AIRFLOW") else { return };
    let Some(postgres) = Postgres::start() else { return };
    postgres.administer("CREATE DATABASE airflow").expect(0);
    // A name of PostgreSQL has at most 63 bytes.
    let texts: Vec<String> = hard::texts().into_iter().step_by(3).collect();
    let pairs: Vec<(&String, &String)> = texts.iter().zip(texts.iter().rev()).collect();
    let roles = pairs.iter().map(|(user, password)| {
        let (name, text) = (user.replace('"', "\"\""), password.replace('\'', "''"));
        format!("CREATE ROLE \"{name}\" LOGIN PASSWORD '{text}';")
    });
    postgres.administer(&roles.collect::<String>()).expect(0);

    let environment = Service::named("airflow-webserver").environment();
    let url = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        .replace("postgres-airflow:5432", &format!("127.0.0.1:{}", postgres.port));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pairs.json");
    std::fs::write(&file, serde_json::to_string(&pairs).unwrap()).unwrap();
    run(Command::new("sh")
        .args(["-c", "exec \"$1\" -c \"$2\" \"$3\" <\"$4\"", "login"])
        .arg(airflow.with_file_name("python"))
        .args([LOGIN, &url])
        .arg(file))
    .expect(0);
}
