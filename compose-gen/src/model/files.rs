//! Files of the project that services mount: each becomes a key of a ConfigMap or a Secret.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::fault;

use super::Builder;
use super::names::marked;
use crate::checksum::checksum;
use crate::header::HEADER;

/// The largest size of a ConfigMap, in bytes.
pub(super) const CONFIG_MAP: usize = 1 << 20;
/// Names in a project's folder that no container needs; a ConfigMap is no place for a secret.
const PRIVATE: [&str; 2] = [".env", ".git"];
/// More files than anybody mounts as configuration.
const FILES: usize = 1000;
/// The length of a key: it is a file's name, too, which is longer while the file is being written.
const KEY: usize = 200;
/// The first line of a private key in PEM.
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";

/// A file that becomes a key of a ConfigMap.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its path below the folder that is mounted.
    pub(crate) name: String,
    /// Its key in a ConfigMap, which has no folders and fewer letters.
    pub(crate) key: String,
    pub(crate) content: Vec<u8>,
    pub(crate) executable: bool,
}

/// The content of a mounted path.
pub(super) struct Mounted {
    pub(super) files: Vec<File>,
    /// Whether it is one file, and no folder.
    pub(super) single: bool,
    /// Whether a file is secret.
    pub(super) secret: bool,
}

/// The files of a folder, and its entries that are neither file nor folder.
#[derive(Default)]
struct Found {
    names: Vec<String>,
    /// Pipes, sockets, devices, and links that lead nowhere or back.
    other: Vec<String>,
    /// The folders above, with their links resolved.
    above: Vec<PathBuf>,
    /// The specification's folder, which is no configuration of a container.
    specification: Option<PathBuf>,
}

impl Builder<'_> {
    /// The file or the files of a folder behind a relative path.
    pub(super) fn files(
        &mut self,
        source: &str,
        read_only: bool,
        path: &[&str],
    ) -> Option<Mounted> {
        let full = self.spec.sources.base().join(source);
        let single = full.is_file();
        let specification = self.spec.sources.is_folder().then(|| self.spec.sources.base());
        let specification = specification.and_then(|base| base.canonicalize().ok());
        let mut found = Found { specification, ..Found::default() };
        if single {
            found.names.extend(full.file_name().map(|name| name.to_string_lossy().into_owned()));
        } else if full.is_dir() {
            found.below(&full, "");
            found.names.sort();
            if PRIVATE.iter().any(|name| full.join(name).exists()) {
                let message = format!("{source}: {} stay behind", PRIVATE.join(" and "));
                self.say.warning("left-out", message, path);
            }
        } else if full.exists() {
            let hint = "x-host-paths: true and an absolute path, if the cluster's nodes have it";
            let message = format!("{source} is neither a file nor a folder");
            self.say.hinted("no-file", message, path, hint);
            return None;
        } else {
            let hint = "Docker would make an empty folder of it: name a volume for data";
            let message = format!("there is no file or folder {source}");
            self.say.hinted("no-file", message, path, hint);
            return None;
        }
        let Found { mut names, mut other, .. } = found;
        let reserved = |name: &String| name.starts_with("..");
        other.extend(names.iter().filter(|name| !single && reserved(name)).cloned());
        names.retain(|name| single || !reserved(name));
        other.sort();
        if !other.is_empty() {
            let message = format!("{source}: {} cannot be in a ConfigMap", other.join(", "));
            self.say.warning("left-out", message, path);
        }
        if !read_only {
            let message =
                format!("{source} cannot be written in Kubernetes, where it is a ConfigMap");
            self.say.warning("read-only", message, path);
        }
        let folder = if single { full.parent()?.to_owned() } else { full };
        let size = |name: &String| fs::metadata(folder.join(name)).map_or(0, |about| about.len());
        let size: u64 = names.iter().map(size).sum();
        if size > CONFIG_MAP as u64 || names.len() > FILES {
            let count = names.len();
            let message = format!(
                "{source} has {count} files of {size} bytes; a ConfigMap holds at most {CONFIG_MAP}"
            );
            let hint = "name a volume for data, and put programs into the image";
            self.say.hinted("too-large", message, path, hint);
            return None;
        }
        let mut files: Vec<File> = Vec::new();
        let mut modes = BTreeSet::new();
        for name in names {
            let (file, mode) = self.file(&folder, name, source, path)?;
            modes.insert(mode);
            files.push(file);
        }
        self.permissions(source, &modes, path);
        keys(&mut files);
        let secret = files.iter().any(|file| {
            file.content.windows(PRIVATE_KEY.len()).any(|window| window == PRIVATE_KEY)
        });
        if secret {
            let message = format!("{source} has a private key: it is a Secret in Kubernetes");
            self.say.warning("private-key", message, path);
        }
        Some(Mounted { files, single, secret })
    }

    /// A ConfigMap's files all have the same permissions.
    fn permissions(&mut self, source: &str, modes: &BTreeSet<u32>, path: &[&str]) {
        let executable = modes.iter().any(|mode| mode & 0o111 != 0);
        let changed: Vec<String> = modes
            .iter()
            .filter(|mode| (**mode & 0o111 != 0) != executable || **mode & 0o044 != 0o044)
            .map(|mode| format!("{mode:04o}"))
            .collect();
        if !changed.is_empty() {
            let shown = if executable { "0555" } else { "0644" };
            let message = format!(
                "files of {source} with permissions {} have {shown} in Kubernetes",
                changed.join(" and ")
            );
            self.say.warning("permissions", message, path);
        }
    }

    fn file(
        &mut self,
        folder: &Path,
        name: String,
        source: &str,
        path: &[&str],
    ) -> Option<(File, u32)> {
        let full = folder.join(&name);
        match (fs::read(&full), fs::metadata(&full)) {
            (Ok(content), Ok(about)) => {
                let mode = about.permissions().mode() & 0o777;
                let executable = mode & 0o111 != 0;
                Some((File { name, key: String::new(), content, executable }, mode))
            }
            (Err(error), _) | (_, Err(error)) => {
                let shown = format!("{name} of {source}");
                self.say.push(fault::unreadable("unreadable", "file", shown, &error), path);
                None
            }
        }
    }
}

impl Found {
    /// Adds the files of a folder and of its folders, with their paths below it. Stops early: more than
    /// fit are too many anyway.
    fn below(&mut self, folder: &Path, prefix: &str) {
        let Ok(real) = folder.canonicalize() else { return };
        if self.specification.as_ref() == Some(&real) || is_generated(&real) {
            return;
        }
        if self.above.contains(&real) {
            self.other.push(prefix.trim_end_matches('/').to_owned());
            return;
        }
        self.above.push(real);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if self.names.len() > FILES {
                break;
            }
            if PRIVATE.iter().any(|private| entry.file_name() == *private) {
                continue;
            }
            // A link counts as its target.
            match fs::metadata(entry.path()) {
                Ok(about) if about.is_dir() => self.below(&entry.path(), &format!("{name}/")),
                Ok(about) if about.is_file() => self.names.push(name),
                _ => self.other.push(name),
            }
        }
        self.above.pop();
    }
}

/// Whether a folder is the output of an earlier run, which would otherwise be a part of the next one.
fn is_generated(folder: &Path) -> bool {
    let base = folder.file_name().is_some_and(|name| name == "kubernetes");
    let compose = folder.file_name().is_some_and(|name| name == "docker");
    let headed = |path: PathBuf| {
        let mut first = vec![0; HEADER.len()];
        let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
        read.is_ok() && first == HEADER.as_bytes()
    };
    let mut profiles = fs::read_dir(folder.join("base")).into_iter().flatten().flatten();
    base && profiles.any(|profile| headed(profile.path().join("kustomization.yaml")))
        || compose && headed(folder.join("compose.yaml"))
}

/// Gives each file a key of its own.
pub(super) fn keys(files: &mut [File]) {
    let good = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for file in files {
        let flat: String = file.name.replace('/', "__").chars().map(good).collect();
        let whole = flat == file.name.replace('/', "__") && flat.len() <= KEY;
        let usable = whole && !flat.starts_with("..") && flat != "." && !taken.contains(&flat);
        file.key = match usable {
            true => flat,
            false => marked(flat.trim_start_matches('.'), &file.name, KEY),
        };
        while !taken.insert(file.key.clone()) {
            file.key = format!(
                "{}-{}",
                &file.key[..file.key.len().min(KEY - 9)],
                &checksum(file.key.as_bytes())[..8]
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_key_of_its_own() {
        let names = ["a/b", "a__b", "with space.txt", "ünï.txt", "..x", &"l".repeat(254), ".env.d"];
        let file = |name: &&str| File {
            name: (*name).to_owned(),
            key: String::new(),
            content: Vec::new(),
            executable: false,
        };
        let mut files: Vec<File> = names.iter().map(file).collect();
        keys(&mut files);
        let keys: BTreeSet<&str> = files.iter().map(|file| file.key.as_str()).collect();
        assert_eq!(keys.len(), names.len());
        assert!(keys.contains("a__b") && keys.contains(".env.d"), "{keys:?}");
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        for key in keys {
            assert!(key.chars().all(good) && key.len() <= KEY && !key.starts_with(".."), "{key}");
        }
    }
}
