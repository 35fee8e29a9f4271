//! Kafka's login with any user and password, and its topics.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, port, root};

use super::hard;
use rideshare_tests::services::generated::{self, Service};
use rideshare_tests::services::server::{Server, java};

pub(super) const HARD_USER: &str = "u@d = \"x\" ${y} \\z; !#%&'()*+,-./:<>?[]^_`{|}~";
pub(super) const HARD_PASSWORD: &str =
    "p \"w\" ${user.name} $HOME \\ ; @ = !#%&'()*+,-./:<>?[]^_`{|}~";

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data_services").join(name)
}

/// with-jaas.sh in front of `command`, with its file at `jaas`.
fn with_jaas(jaas: &Path, user: &str, password: &str, command: &[&str]) -> Command {
    let mut all = Command::new("bash");
    all.arg(root().join("infrastructure/config/kafka/with-jaas.sh"))
        .args(command)
        .env("RIDESHARE_JAAS", jaas)
        .env("KAFKA_SASL_USERNAME", user)
        .env("KAFKA_SASL_PASSWORD", password);
    all
}

#[test]
fn java_reads_every_hard_user_and_password_back() {
    let Some(mut java) = java() else { return };
    let folder = tempfile::tempdir().unwrap();
    let texts = hard::texts();
    let mut expected = BTreeSet::new();
    for (index, user) in texts.iter().enumerate() {
        let password = &texts[texts.len() - 1 - index];
        let jaas = folder.path().join(format!("{index}.conf"));
        run(&mut with_jaas(&jaas, user, password, &["true"])).expect(0);
        let account = format!("user_{user}");
        for (section, name, value) in [
            ("KafkaServer", "username", user),
            ("KafkaServer", "password", password),
            ("KafkaServer", account.as_str(), password),
            ("KafkaClient", "username", user),
            ("KafkaClient", "password", password),
        ] {
            let [name, value] = [name, value].map(|text| BASE64_STANDARD.encode(text));
            expected.insert(format!("{index} {section} {name} {value}"));
        }
    }
    let read = run(java
        .arg("-Drideshare.dollar=$")
        .arg(here("ReadJaas.java"))
        .arg(folder.path())
        .arg(texts.len().to_string()))
    .expect(0);
    let read: BTreeSet<String> = read.stdout.lines().map(str::to_owned).collect();
    let missing: Vec<_> = expected.difference(&read).collect();
    assert!(missing.is_empty(), "Java reads something else of {missing:?}");
}

#[test]
fn an_empty_user_or_password_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (user, password, named) in
        [("admin", "", "KAFKA_SASL_PASSWORD"), ("", "secret", "KAFKA_SASL_USERNAME")]
    {
        let jaas = folder.path().join("jaas.conf");
        let refused = run(&mut with_jaas(&jaas, user, password, &["true"]));
        assert_ne!(refused.status, 0);
        assert!(refused.stderr.contains(&format!("{named}: is empty")), "{}", refused.stderr);
        assert!(!jaas.exists());
    }
}

/// A broker with the generated environment and this account.
pub(super) struct Broker {
    folder: tempfile::TempDir,
    pub(super) address: String,
    jars: PathBuf,
    _server: Server,
}

impl Broker {
    pub(super) fn start(user: &str, password: &str) -> Option<Broker> {
        let jars = peers::find("PEER_KAFKA")?;
        java()?;
        let folder = tempfile::tempdir().unwrap();
        let ports = [port::free(), port::free(), port::free()];
        let [inside, outside, controller] = ports.map(|port| format!("127.0.0.1:{port}"));
        let service = Service::named("kafka");
        let mut words = service.command();
        assert_eq!(words.remove(0), "bash");
        assert_eq!(words.remove(0), "/etc/rideshare/kafka/with-jaas.sh");
        assert_eq!(words, ["/etc/confluent/docker/run"]);
        let run = here("confluent-run.sh").display().to_string();
        let (jar_folder, data) = (jars.display().to_string(), folder.path().display().to_string());
        let mut command = with_jaas(
            &folder.path().join("broker.conf"),
            user,
            password,
            &[&run, &jar_folder, &data],
        );
        for (name, value) in service.environment() {
            let value = value
                .replace("0.0.0.0:29092", &inside)
                .replace("kafka:29092", &inside)
                .replace("0.0.0.0:9092", &outside)
                .replace("localhost:9092", &outside)
                .replace("localhost:29093", &controller)
                .replace("/var/lib/kafka/data", &data);
            command.env(name, value);
        }
        let mut server = Server::start(&mut command, &folder.path().join("log"));
        server.until_it_listens(ports[0]);
        Some(Broker { folder, address: inside, jars, _server: server })
    }

    /// kafka-init's command, with a file of topics.
    pub(super) fn create_topics(&self, user: &str, password: &str, topics: Option<&str>) -> Run {
        let config = self.folder.path().join("config");
        generated::config("kafka", &config, &[]);
        if let Some(topics) = topics {
            fs::write(config.join("topics.txt"), topics).unwrap();
        }
        let service = Service::named("kafka-init");
        let words = service.command();
        assert_eq!(words, ["python3", "/etc/rideshare/kafka/create_topics.py"]);
        run(Command::new("python3")
            .arg(config.join("create_topics.py"))
            .envs(service.environment())
            .env("KAFKA_BOOTSTRAP_SERVERS", &self.address)
            .env("KAFKA_SASL_USERNAME", user)
            .env("KAFKA_SASL_PASSWORD", password))
    }

    /// The topics as Kafka's own client lists them, which logs in with the JAAS file's other half.
    fn partitions(&self, user: &str, password: &str) -> BTreeSet<String> {
        let client = self.folder.path().join("client.properties");
        fs::write(&client, "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n").unwrap();
        let script = "exec java $KAFKA_OPTS -cp \"$1/*\" org.apache.kafka.tools.TopicCommand --describe \
             --bootstrap-server \"$2\" --command-config \"$3\"";
        let words = ["bash", "-c", script, "topics"];
        let said = run(with_jaas(&self.folder.path().join("client.conf"), user, password, &words)
            .arg(&self.jars)
            .arg(&self.address)
            .arg(client))
        .expect(0);
        let word = |line: &str, label: &str| {
            let (_, rest) = line.split_once(label)?;
            rest.split_whitespace().next().map(str::to_owned)
        };
        let lines = said.stdout.lines();
        lines
            .filter_map(|line| {
                Some(format!("{} {}", word(line, "Topic: ")?, word(line, "PartitionCount: ")?))
            })
            .collect()
    }
}

#[test]
fn a_broker_lets_its_user_in_and_has_the_topics_of_the_file() {
    let Some(broker) = Broker::start(HARD_USER, HARD_PASSWORD) else { return };
    let made = broker.create_topics(HARD_USER, HARD_PASSWORD, None).expect(0);
    assert!(made.stdout.contains("gps_pings: made, 8 partitions\n"), "{}", made.transcript(&[]));
    let text = fs::read_to_string(root().join("infrastructure/config/kafka/topics.txt")).unwrap();
    let wanted: BTreeSet<String> =
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    assert_eq!(broker.partitions(HARD_USER, HARD_PASSWORD), wanted);

    let again = broker.create_topics(HARD_USER, HARD_PASSWORD, None).expect(0);
    assert!(again.stdout.lines().all(|line| line.ends_with(": there already")), "{}", again.stdout);
    assert_eq!(again.stderr, "");

    let more = broker.create_topics(HARD_USER, HARD_PASSWORD, Some("trips 6\n")).expect(0);
    assert!(
        more.stderr
            .starts_with("trips: has 4 partitions, topics.txt says 6\nhint: kafka-topics --alter")
    );

    let wrong = broker.create_topics(HARD_USER, "other", None).expect(1);
    assert!(wrong.stderr.starts_with("Kafka refuses: Authentication failed"), "{}", wrong.stderr);
    let unknown = broker.create_topics("somebody", HARD_PASSWORD, None).expect(1);
    assert!(
        unknown.stderr.starts_with("Kafka refuses: Authentication failed"),
        "{}",
        unknown.stderr
    );
}
