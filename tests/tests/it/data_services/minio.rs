//! minio-init's script with hard users and passwords. No registry has MinIO's client, so a program in its place writes its
//! arguments down; each part that signs with the password is tested where it runs (`object_store`).

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rideshare_tests::root;
use rideshare_tests::run::{Run, run};
use rideshare_tests::services::object_store;

fn create_buckets(user: &str, password: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let client = folder.path().join("mc");
    std::fs::write(&client, "#!/bin/sh\nprintf '[%s]' \"$@\" >&2\necho >&2\n").unwrap();
    std::fs::set_permissions(&client, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    run(Command::new("sh")
        .arg(root().join("infrastructure/config/minio/create-buckets.sh"))
        .env("PATH", path)
        .env("MINIO_URL", "http://minio:9000")
        .env("BUCKETS", "bronze silver")
        .env("MINIO_ROOT_USER", user)
        .env("MINIO_ROOT_PASSWORD", password))
}

#[test]
fn a_hard_user_and_password_are_no_options() {
    for (user, password) in [(object_store::USER, object_store::PASSWORD), ("-user", "--json")] {
        let said = create_buckets(user, password).expect(0).stderr;
        let login = format!("[alias][set][--][lake][http://minio:9000][{user}][{password}]\n");
        assert_eq!(
            said,
            login + "[mb][--ignore-existing][lake/bronze]\n[mb][--ignore-existing][lake/silver]\n"
        );
    }
}

#[test]
fn what_some_client_of_s3_reads_otherwise_is_refused_by_name() {
    let users = ["a b", "a,b", "a=b", "a/b", "a\"b", "a\nb", "ä"];
    let users = users.map(|user| (user, "password", "MINIO_ROOT_USER"));
    let passwords = [" outer", "outer ", "tab\t"].map(|text| ("user", text, "MINIO_ROOT_PASSWORD"));
    for (user, password, named) in users.into_iter().chain(passwords) {
        let refused = create_buckets(user, password);
        assert_eq!(refused.status, 1, "{user:?}, {password:?}");
        assert!(refused.stderr.starts_with(&format!("{named}: ")), "{}", refused.stderr);
    }
}
