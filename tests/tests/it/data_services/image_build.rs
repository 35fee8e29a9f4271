//! The Dockerfiles of Hive and Spark are built by a real engine, and refuse what does not fit.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

/// A context whose big jars are left out: an SDK of half a gigabyte shows nothing here.
struct Contexts {
    folder: tempfile::TempDir,
    repository: tempfile::TempDir,
}

impl Contexts {
    fn new() -> Option<Contexts> {
        let contexts = Contexts {
            folder: tempfile::tempdir().unwrap(),
            repository: tempfile::tempdir().unwrap(),
        };
        for (name, peer, jars) in
            [("hive-metastore", "PEER_HIVE_METASTORE", "lib"), ("spark", "PEER_SPARK", "jars")]
        {
            let installed = peers::find(peer)?.join(jars);
            let from = root().join("infrastructure/docker/dockerfiles").join(name);
            let to = contexts.folder.path().join(name);
            fs::create_dir(&to).unwrap();
            fs::copy(from.join("Dockerfile"), to.join("Dockerfile")).unwrap();
            let mut list = String::new();
            for line in fs::read_to_string(from.join("jars.txt")).unwrap().lines() {
                let Some((_, path)) = line.split_once("  ") else { continue };
                let jar = installed.join(path.rsplit('/').next().unwrap());
                if fs::metadata(&jar).is_ok_and(|jar| jar.len() < 20 << 20) {
                    let place = contexts.repository.path().join(path);
                    fs::create_dir_all(place.parent().unwrap()).unwrap();
                    fs::copy(jar, place).unwrap();
                    list += &format!("{line}\n");
                }
            }
            fs::write(to.join("jars.txt"), list).unwrap();
        }
        Some(contexts)
    }

    fn jars(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name).join("jars.txt")).unwrap()
    }

    /// Builds both, for Hadoops of these versions.
    fn build(&self, hive: &str, spark: &str) -> Option<String> {
        let (_, busybox) = (peers::find("PEER_DOCKER")?, peers::find("PEER_BUSYBOX")?);
        let scratch = tempfile::tempdir().unwrap();
        let script = "tests/it/data_services/image_build.sh";
        let done = run(Command::new(root().join("scripts/docker-engine"))
            .args(["run", "--"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script))
            .args([busybox.as_path(), self.repository.path(), self.folder.path(), scratch.path()])
            .args([hive, spark])
            .current_dir(root()))
        .expect(0);
        Some(done.stdout)
    }
}

/// The version of hadoop-aws in a list of jars.
fn hadoop(list: &str) -> String {
    let (_, rest) = list.split_once("/hadoop-aws/").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn images_are_built_with_every_jar_of_the_list() {
    let Some(contexts) = Contexts::new() else { return };
    let lists = ["hive-metastore", "spark"].map(|name| contexts.jars(name));
    let Some(said) = contexts.build(&hadoop(&lists[0]), &hadoop(&lists[1])) else { return };
    let mut expected = String::new();
    for (name, list) in ["hive-metastore", "spark"].iter().zip(&lists) {
        let mut jars: Vec<&str> =
            list.lines().map(|line| line.rsplit('/').next().unwrap()).collect();
        jars.sort_unstable();
        expected += &format!("{name} is built\n{}\n", jars.join("\n"));
    }
    assert_eq!(said, expected);
}

#[test]
fn another_hadoop_and_another_jar_are_refused() {
    let Some(contexts) = Contexts::new() else { return };
    let list = contexts.jars("spark");
    let (sum, rest) = list.split_at(64);
    let wrong = format!("{}{rest}", sum.chars().rev().collect::<String>());
    fs::write(contexts.folder.path().join("spark/jars.txt"), wrong).unwrap();
    let Some(said) = contexts.build("3.4.1", &hadoop(&list)) else { return };
    assert!(
        said.starts_with(
            "hive-metastore is refused\nhadoop-aws is 3.3.6, the image has Hadoop 3.4.1\n"
        ),
        "{said}"
    );
    assert!(said.contains(".jar: FAILED\n"), "{said}");
}
