//! The LDAP directory with any password, and any name that can stand in a DN.

use rideshare_tests::port;
use rideshare_tests::run::run;
use rideshare_tests::services::directory::Directory;

use super::{hard, spark_server};

#[test]
fn hard_users_and_passwords_log_in() {
    for (user, password) in [
        (spark_server::USER, hard::EVERY),
        ("-D", "-w"),
        ("${user.name}", "${user.name}"),
        ("plain", " outer blanks "),
        ("admin", "admin"),
    ] {
        let Some(directory) = Directory::start(user, password) else { return };
        let said = directory.log_in(user, password).expect(0).stdout;
        assert_eq!(said, format!("dn:cn={user},dc=rideshare,dc=local\n"));
        directory.log_in("admin", "admin").expect(0);
        assert_ne!(directory.log_in(user, "another").status, 0, "{user} logs in with any password");
        assert!(!directory.server.log().contains(hard::EVERY), "the log has the password");
    }
}

#[test]
fn what_cannot_be_served_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("directory").display().to_string();
    let names = [",", "+", "\"", "\\", "<", ">", ";", "=", "#"].map(|c| format!("a{c}b"));
    let refused = names.iter().map(|user| (user.as_str(), "password", "HIVE_LDAP_USERNAME"));
    let empty = [("", "password", "HIVE_LDAP_USERNAME"), ("user", "", "HIVE_LDAP_PASSWORD")];
    for (user, password, named) in refused.chain(empty).chain([(" a", "b", "HIVE_LDAP_USERNAME")]) {
        let Some(mut command) = Directory::command(user, password, &place, port::free()) else {
            return;
        };
        let said = run(&mut command);
        assert_ne!(said.status, 0, "{user}");
        assert!(said.stderr.contains(&format!("{named}: ")), "{user}: {}", said.stderr);
    }
}
