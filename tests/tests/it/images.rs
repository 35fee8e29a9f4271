//! The images that Compose builds and pulls, the pins of each Dockerfile, and builds by a real engine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::dockerfile::Dockerfile;
use rideshare_tests::run::run;
use rideshare_tests::{peers, root, yaml};
use serde_json::Value;

const PROFILES: [&str; 4] = ["core", "data-pipeline", "monitoring", "spark-testing"];

/// Build arguments without a default, because no value is right for long.
const FROM_OUTSIDE: [&str; 2] = ["MAP_SHA256", "MAP_URL"];

/// Commands that pin a download's contents.
const CHECKS: [&str; 3] = ["sha256sum", "rev-parse", "pip install"];

fn folder() -> PathBuf {
    root().join("infrastructure/docker/dockerfiles")
}

fn compose_file() -> PathBuf {
    root().join("infrastructure/docker/compose.yaml")
}

/// A build of the generated Compose file.
struct Build {
    service: String,
    image: String,
    /// As written there.
    context: String,
    dockerfile: String,
    arguments: BTreeSet<String>,
}

impl Build {
    fn is_application(&self) -> bool {
        self.context.starts_with("${APPLICATION_DIR:-")
    }

    fn context(&self) -> PathBuf {
        root().join("infrastructure/docker").join(&self.context)
    }

    fn path(&self) -> PathBuf {
        self.context().join(&self.dockerfile).canonicalize().unwrap_or_else(|error| {
            panic!("{}: {}/{}: {error}", self.service, self.context, self.dockerfile)
        })
    }
}

fn services() -> Vec<(String, Value)> {
    let text = fs::read_to_string(compose_file()).unwrap();
    let file = yaml::documents(&text).remove(0);
    let services = file["services"].as_object().unwrap();
    services.iter().map(|(name, service)| (name.clone(), service.clone())).collect()
}

fn builds() -> Vec<Build> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let build = |(name, service): (String, Value)| {
        let build = &service["build"];
        let arguments = build["args"].as_object().into_iter().flatten();
        (!build.is_null()).then(|| Build {
            service: name,
            image: text(&service["image"]),
            context: build.as_str().map_or_else(|| text(&build["context"]), str::to_owned),
            dockerfile: build["dockerfile"].as_str().unwrap_or("Dockerfile").to_owned(),
            arguments: arguments.map(|(name, _)| name.clone()).collect(),
        })
    };
    services().into_iter().filter_map(build).collect()
}

fn dockerfiles() -> Vec<(PathBuf, Dockerfile)> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let paths = entries.map(|folder| folder.join("Dockerfile"));
    let mut all: Vec<_> = paths.map(|path| (path.clone(), Dockerfile::read(&path))).collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

/// Whether a tag or a digest says which release an image is. "16.4" is one; "16" and "8.0-alpine" are lines of releases,
/// whose image changes with each of them.
fn is_pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap();
    let tag = name.split_once(':').map_or("", |(_, tag)| tag);
    let digits = |part: &str| part.chars().any(|c| c.is_ascii_digit());
    // Trino numbers its releases; a date is one, too.
    let parts = tag.split('-').next().unwrap().split('.').filter(|part| digits(part)).count();
    let exact = match name.split(':').next().unwrap() {
        "trino" => parts == 1,
        "postgres" => parts == 2,
        "mc" => tag.starts_with("RELEASE."),
        _ => parts >= 3,
    };
    image.contains("@sha256:") || exact
}

#[test]
fn an_image_is_built_here_or_in_the_applications_repository_or_pinned() {
    let builds = builds();
    for (name, service) in services() {
        let image = service["image"].as_str().unwrap();
        let built: Vec<&Build> = builds.iter().filter(|build| build.image == image).collect();
        match built.as_slice() {
            [] => assert!(is_pinned(image), "{name}: {image} is neither built nor pinned"),
            built => assert!(
                built.iter().any(|build| build.service == name),
                "{name}: {image} is built by others only, and Compose would pull it"
            ),
        }
    }
    for build in &builds {
        if !build.is_application() {
            assert!(build.path().starts_with(folder()), "{}: {}", build.service, build.context);
        }
    }
}

#[test]
fn the_applications_are_those_of_the_contract() {
    let page = fs::read_to_string(root().join("infrastructure/docker/CONTRACT.md")).unwrap();
    let titles = page.lines().filter_map(|line| line.strip_prefix("## "));
    let promised: BTreeSet<String> = titles.map(str::to_owned).collect();
    let built = builds().into_iter().filter(Build::is_application).map(|build| build.service);
    assert_eq!(built.collect::<BTreeSet<_>>(), promised);
}

#[test]
fn each_dockerfile_is_some_services_build() {
    let built: BTreeSet<PathBuf> =
        builds().iter().filter(|build| !build.is_application()).map(Build::path).collect();
    let there: BTreeSet<PathBuf> = dockerfiles().into_iter().map(|(path, _)| path).collect();
    assert_eq!(there, built);
}

#[test]
fn each_base_image_is_pinned() {
    for (path, file) in dockerfiles() {
        assert!(!file.bases.is_empty(), "{} has no FROM", path.display());
        for image in file.images() {
            assert!(is_pinned(image), "{}: {image}", path.display());
        }
    }
    for floating in ["a:latest", "b", "c:5000/d:alpine", "redis:8.0-alpine", "postgres:16", "a:v1"]
    {
        assert!(!is_pinned(floating), "{floating}");
    }
    assert!(is_pinned("postgres:16.16") && is_pinned("c:5000/d@sha256:00"));
}

#[test]
fn what_a_dockerfile_copies_is_there() {
    for build in builds().iter().filter(|build| !build.is_application()) {
        for source in Dockerfile::read(&build.path()).copied {
            let path = build.context().join(&source);
            assert!(path.exists(), "{}: COPY {source}", build.dockerfile);
        }
    }
}

#[test]
fn each_build_argument_has_a_default_or_comes_from_compose() {
    for build in builds().iter().filter(|build| !build.is_application()) {
        let file = Dockerfile::read(&build.path());
        for (name, default) in &file.arguments {
            let given = build.arguments.contains(name);
            assert_eq!(default.is_none(), given, "{}: ARG {name}", build.service);
            assert_eq!(given, FROM_OUTSIDE.contains(&name.as_str()), "{}: {name}", build.service);
        }
        for name in &build.arguments {
            assert!(file.arguments.contains_key(name), "{}: no ARG {name}", build.service);
        }
    }
}

#[test]
fn what_a_dockerfile_downloads_is_checked() {
    let downloads = ["wget -", "curl -", "git fetch", "git clone", "https://"];
    for (path, file) in dockerfiles() {
        for command in &file.runs {
            let loads = downloads.iter().any(|word| command.contains(word));
            let checks = CHECKS.iter().any(|word| command.contains(word));
            assert!(!loads || checks, "{}: {command}", path.display());
        }
    }
}

#[test]
fn the_compiler_of_an_image_is_the_projects() {
    let toolchain = fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let (_, version) = toolchain.split_once("channel = \"").unwrap();
    let version = version.split('"').next().unwrap();
    for (path, file) in dockerfiles() {
        for tag in file.images().filter_map(|image| image.strip_prefix("rust:")) {
            assert!(tag.starts_with(&format!("{version}-")), "{}: rust:{tag}", path.display());
        }
    }
}

/// `docker compose config` for each combination of profiles: accepted without a warning, and each image is built
/// from a folder that is there, or pinned.
#[test]
fn compose_accepts_every_combination_of_profiles_and_can_have_each_image() {
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    let applications = tempfile::tempdir().unwrap();
    for build in builds().iter().filter(|build| build.is_application()) {
        let (_, below) = build.context.split_once("}/").unwrap();
        fs::create_dir_all(applications.path().join(below)).unwrap();
    }
    for mask in 1..1 << PROFILES.len() {
        let chosen: Vec<&str> = (0..PROFILES.len())
            .filter(|index| mask >> index & 1 == 1)
            .map(|index| PROFILES[index])
            .collect();
        let done = run(Command::new(&compose)
            .args(["config", "--format", "json"])
            .env_clear()
            .env("HOME", "/home/somebody")
            .env("COMPOSE_FILE", compose_file())
            .env("COMPOSE_PROFILES", chosen.join(","))
            .env("APPLICATION_DIR", applications.path()))
        .expect(0);
        assert_eq!(done.stderr, "", "{chosen:?}: a warning of Compose");
        let config: Value = serde_json::from_str(&done.stdout).unwrap();
        let services = config["services"].as_object().unwrap();
        assert!(!services.is_empty(), "{chosen:?}");
        for (name, service) in services {
            let image = service["image"].as_str().unwrap();
            match service["build"]["context"].as_str() {
                Some(context) => assert!(Path::new(context).is_dir(), "{name}: {context}"),
                None => assert!(is_pinned(image), "{name}: {image}"),
            }
        }
    }
}

#[test]
fn the_images_build_of_stand_ins_and_refuse_another_download() {
    let (Some(_), Some(_), Some(busybox)) =
        (peers::find("PEER_DOCKER"), peers::find("PEER_COMPOSE"), peers::find("PEER_BUSYBOX"))
    else {
        return;
    };
    insta::assert_snapshot!(in_an_engine("images.sh", &busybox));
}

#[test]
fn the_images_that_compile_build_of_stand_ins() {
    let (Some(_), Some(_), Some(busybox)) =
        (peers::find("PEER_DOCKER"), peers::find("PEER_COMPOSE"), peers::find("PEER_BUSYBOX"))
    else {
        return;
    };
    insta::assert_snapshot!(in_an_engine("compiled_images.sh", &busybox));
}

/// The output of a script beside this file, which has a Docker engine of its own.
fn in_an_engine(script: &str, busybox: &Path) -> String {
    let scratch = tempfile::tempdir().unwrap();
    run(Command::new(root().join("scripts/docker-engine"))
        .args(["run", "--"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(script))
        .args([busybox, scratch.path()])
        .current_dir(root()))
    .expect(0)
    .stdout
}
