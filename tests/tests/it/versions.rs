//! docs/versions.md has each version that the platform pins, and none that it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rideshare_tests::dockerfile::Dockerfile;
use rideshare_tests::{root, yaml};

/// A version that a file pins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pin {
    part: String,
    version: String,
    file: String,
}

fn pin(part: &str, version: &str, file: &str) -> Pin {
    Pin { part: part.to_owned(), version: version.to_owned(), file: file.to_owned() }
}

/// Repository and tag of an image; a digest only repeats what the tag says.
fn image(reference: &str, file: &str) -> Pin {
    let name = reference.split('@').next().unwrap();
    let (part, version) = name.rsplit_once(':').unwrap_or((name, "none"));
    pin(part, version, file)
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The files of a folder, from the project.
fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let name = |entry: fs::DirEntry| format!("{folder}/{}", entry.file_name().to_string_lossy());
    let mut files: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
    files.sort();
    files
}

fn specification(pins: &mut BTreeSet<Pin>) {
    for file in files("infrastructure/platform").iter().filter(|file| file.ends_with(".yaml")) {
        for document in yaml::documents(&read(file)) {
            for service in document["services"].as_object().into_iter().flat_map(|all| all.values())
            {
                let reference = service["image"].as_str().unwrap();
                if !reference.starts_with("rideshare/") {
                    pins.insert(image(reference, file));
                }
            }
            let environments = document["x-environments"].as_object().into_iter().flatten();
            for (_, environment) in environments {
                let node = environment["kind"]["node-image"].as_str();
                pins.extend(node.map(|node| image(node, file)));
            }
        }
    }
}

/// Base images, what build arguments name, what `go install` fetches, and jars.
fn dockerfiles(pins: &mut BTreeSet<Pin>) {
    for folder in files("infrastructure/docker/dockerfiles") {
        let path = format!("{folder}/Dockerfile");
        let file = Dockerfile::read(&root().join(&path));
        pins.extend(file.images().map(|reference| image(reference, &path)));
        for (name, default) in &file.arguments {
            let part = name.strip_suffix("_RELEASE").or_else(|| name.strip_suffix("_VERSION"));
            if let (Some(part), Some(version)) = (part, default) {
                pins.insert(pin(&part.to_ascii_lowercase(), version, &path));
            }
        }
        for word in file.runs.iter().flat_map(|command| command.split_whitespace()) {
            pins.extend(word.split_once("@v").map(|(part, version)| pin(part, version, &path)));
        }
        let path = format!("{folder}/jars.txt");
        if root().join(&path).exists() {
            for line in read(&path).lines().filter(|line| !line.starts_with('#')) {
                let parts: Vec<&str> = line.rsplit('/').collect();
                pins.insert(pin(parts[2], parts[1], &path));
            }
        }
    }
}

/// The collector's components have the release of the builder, but for those that count for themselves.
fn collector(pins: &mut BTreeSet<Pin>) {
    let file = "infrastructure/docker/dockerfiles/otel-collector/components.yaml";
    let components = yaml::documents(&read(file)).remove(0);
    let builder = "go.opentelemetry.io/collector/cmd/builder";
    pins.insert(pin(builder, components["dist"]["version"].as_str().unwrap(), file));
    for kind in ["extensions", "receivers", "processors", "exporters", "providers"] {
        for component in components[kind].as_array().unwrap() {
            let (module, version) = component["gomod"].as_str().unwrap().split_once(" v").unwrap();
            let separate = module.starts_with("go.opentelemetry.io/collector/confmap/");
            let part = if separate { "go.opentelemetry.io/collector/confmap" } else { builder };
            pins.insert(pin(part, version, file));
        }
    }
}

fn cluster(pins: &mut BTreeSet<Pin>) {
    let file = "infrastructure/config/kind/components.yaml";
    for component in yaml::documents(&read(file))[0]["components"].as_array().unwrap() {
        let text = |key: &str| component[key].as_str().unwrap().to_owned();
        pins.insert(pin(&text("name"), &text("version"), file));
    }
    let file = "scripts/eks";
    for line in read(file).lines().filter_map(|line| line.trim().strip_prefix("chart ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        pins.insert(pin(&format!("chart {}", words[0]), words[3], file));
    }
    let file = "infrastructure/terraform/environments/prod/platform.tfvars";
    pins.insert(pin("EKS", quoted(&read(file), "kubernetes_version"), file));
}

fn tools(pins: &mut BTreeSet<Pin>) {
    for layer in ["bootstrap", "foundation", "platform"] {
        let file = format!("infrastructure/terraform/{layer}/versions.tf");
        let text = read(&file);
        let (_, provider) = text.split_once("\"hashicorp/aws\"").expect("the provider");
        pins.insert(pin("hashicorp/aws", quoted(provider, "version"), &file));
    }
    for file in [files(".github/workflows"), files(".github/actions/terraform")].concat() {
        for line in read(&file).lines() {
            if let Some((_, version)) = line.split_once("terraform_version: ") {
                pins.insert(pin("Terraform", version, &file));
            }
        }
    }
    pins.insert(pin(
        "Rust",
        quoted(&read("rust-toolchain.toml"), "channel"),
        "rust-toolchain.toml",
    ));
}

/// The text in quotes behind `key =`.
fn quoted<'a>(text: &'a str, key: &str) -> &'a str {
    let (_, rest) = text.split_once(key).unwrap_or_else(|| panic!("no {key}"));
    rest.split('"').nth(1).unwrap()
}

fn pins() -> BTreeSet<Pin> {
    let mut pins = BTreeSet::new();
    specification(&mut pins);
    dockerfiles(&mut pins);
    collector(&mut pins);
    cluster(&mut pins);
    tools(&mut pins);
    pins
}

/// A row of the table.
struct Row {
    part: String,
    version: String,
    files: Vec<String>,
    newest: String,
    why: String,
}

fn rows() -> Vec<Row> {
    let text = read("docs/versions.md");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [part, version, files, newest, why] = cells.as_slice() else {
            panic!("five cells: {line}");
        };
        let plain = |cell: &str| cell.trim_matches('`').to_owned();
        Row {
            part: plain(part),
            version: plain(version),
            files: files.split(", ").map(plain).collect(),
            newest: plain(newest),
            why: (*why).to_owned(),
        }
    };
    rows.map(row).collect()
}

fn listed() -> BTreeSet<Pin> {
    let rows = rows();
    let pins =
        rows.iter().flat_map(|row| row.files.iter().map(|f| pin(&row.part, &row.version, f)));
    pins.collect()
}

#[test]
fn each_version_that_is_pinned_is_in_the_table() {
    let listed = listed();
    let missing: Vec<Pin> = pins().into_iter().filter(|pin| !listed.contains(pin)).collect();
    assert!(missing.is_empty(), "docs/versions.md lacks {missing:#?}");
}

#[test]
fn each_row_of_the_table_is_pinned_where_it_says() {
    let pins = pins();
    let stale: Vec<Pin> = listed().into_iter().filter(|pin| !pins.contains(pin)).collect();
    assert!(stale.is_empty(), "docs/versions.md has {stale:#?}");
}

#[test]
fn a_row_whose_version_is_not_the_newest_says_why() {
    for row in rows() {
        let older = row.newest != row.version;
        assert!(
            !older || !row.why.is_empty(),
            "{} {}: why not {}?",
            row.part,
            row.version,
            row.newest
        );
    }
}

/// `3.14-alpine` and `3.14-slim` are one release.
#[test]
fn a_part_has_one_version() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Pin { part, version, .. } in pins() {
        let release = version.split('-').next().unwrap().to_owned();
        versions.entry(part).or_default().insert(release);
    }
    // Hive's and Spark's images each need the version of their Hadoop.
    versions.remove("hadoop-aws");
    versions.retain(|_, releases| releases.len() > 1);
    assert!(versions.is_empty(), "{versions:?}");
}
