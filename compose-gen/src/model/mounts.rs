//! Mounts: volumes, files of the repository, folders of the host, memory.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Builder;
use super::names::{is_label, label};
use super::uncarried::NOT_CARRIED;
use crate::spec::types::{self, ConfigUse, Words};
use crate::spec::{MAYBE_SECRET, quantity, text};
use common::compose::mounts;
use common::diagnostic::did_you_mean;
use common::secrets::shows_secret;
use serde_json::{Map, Value};

/// The largest size of a ConfigMap, in bytes.
const CONFIG_MAP: usize = 1 << 20;
/// Names in a project's folder that no container needs; a ConfigMap is no place for a secret.
const PRIVATE: [&str; 2] = [".env", ".git"];
/// More files than anybody mounts as configuration.
const FILES: usize = 1000;

#[derive(Clone, Debug)]
pub(crate) struct Mount {
    pub(crate) origin: Origin,
    pub(crate) target: String,
    pub(crate) read_only: bool,
    /// The words behind the second colon, for Compose: ro, z, cached.
    pub(crate) mode: Vec<String>,
    /// The long form's own options, for Compose: bind, volume, tmpfs.
    pub(crate) options: Map<String, Value>,
}

/// Where a mount comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A named volume.
    Volume(String),
    /// A file or the files of a folder; the path starts at the specification's folder. `inline`
    /// is a config whose content stands in the specification, and the path then its name.
    Files { path: String, files: Vec<File>, single: bool, inline: bool },
    /// A path of the host.
    Host(String),
    /// Memory; the size in bytes, and the options as written.
    Memory { size: Option<u64>, options: String },
    /// Scratch space that ends with the container.
    Scratch,
}

/// A file that becomes a key of a ConfigMap.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its path below the folder that is mounted.
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
    pub(crate) executable: bool,
}

impl Mount {
    fn new(origin: Origin, target: &str) -> Self {
        let (mode, options) = (Vec::new(), Map::new());
        Mount { origin, target: target.to_owned(), read_only: false, mode, options }
    }
}

impl File {
    /// Its key in a ConfigMap, which has no folders.
    pub(crate) fn key(&self) -> String {
        self.name.replace('/', "__")
    }
}

impl Builder<'_> {
    pub(super) fn mounts(&mut self, name: &str, service: &types::Service) -> Vec<Mount> {
        let mut mounts = Vec::new();
        for (index, mount) in service.volumes.iter().enumerate() {
            let index = index.to_string();
            let path = ["services", name, "volumes", index.as_str()];
            mounts.extend(self.mount(mount, service, &path));
        }
        let folders = match &service.tmpfs {
            Some(Words::Line(one)) => vec![one.clone()],
            Some(Words::List(many)) => many.clone(),
            None => Vec::new(),
        };
        for folder in folders {
            mounts.push(self.memory_folder(name, &folder));
        }
        for (index, used) in service.configs.iter().enumerate() {
            let index = index.to_string();
            mounts.extend(self.config(used, &["services", name, "configs", &index]));
        }
        mounts
    }

    /// `target[:size=64m,mode=1777]`
    fn memory_folder(&mut self, service: &str, text: &str) -> Mount {
        let (target, options) = text.split_once(':').unwrap_or((text, ""));
        let mut size = None;
        for option in options.split(',').filter(|option| !option.is_empty()) {
            size = match option.strip_prefix("size=").and_then(quantity::memory) {
                Some(size) => Some(size),
                None => {
                    let message = format!("{option} of the tmpfs {target} is not carried");
                    self.warning(NOT_CARRIED, message, &["services", service, "tmpfs"]);
                    size
                }
            };
        }
        Mount::new(Origin::Memory { size, options: options.to_owned() }, target)
    }

    fn mount(
        &mut self,
        mount: &types::Mount,
        service: &types::Service,
        path: &[&str],
    ) -> Option<Mount> {
        let mut words = Vec::new();
        let mut options = Map::new();
        let (kind, source, target, read_only) = match mount {
            types::Mount::Text(text) => {
                let mount = mounts::short(text);
                if !mount.is_valid() {
                    let hint = "source:target, or source:target:ro";
                    self.error_hint("bad-mount", "this is no mount".into(), path, hint);
                    return None;
                }
                words = mount.words().map(str::to_owned).collect();
                ("", mount.source.unwrap_or_default(), mount.target, mount.is_read_only())
            }
            types::Mount::Long(long) => {
                let own = [("bind", &long.bind), ("volume", &long.volume), ("tmpfs", &long.tmpfs)];
                let own = own.into_iter().filter_map(|(key, own)| Some((key.into(), own.clone()?)));
                options.extend(own);
                let read_only = long.read_only.unwrap_or(false);
                words.extend(read_only.then(|| "ro".to_owned()));
                let source = long.source.as_deref().unwrap_or_default();
                (long.kind.as_str(), source, long.target.as_str(), read_only)
            }
        };
        if !target.starts_with('/') {
            let message = format!("\"{target}\" is no absolute path in the container");
            self.error("bad-mount", message, path);
            return None;
        }
        let host = source.starts_with(['/', '~']);
        let file = source.starts_with('.');
        let origin = match kind {
            "tmpfs" => Origin::Memory { size: None, options: String::new() },
            "" | "volume" | "bind" if source.is_empty() => Origin::Scratch,
            "" | "bind" if host => {
                if !service.host_paths {
                    let message = format!("{source} belongs to the host");
                    let hint = "x-host-paths: true at the service allows it";
                    self.error_hint("host-path", message, path, hint);
                }
                Origin::Host(source.to_owned())
            }
            "bind" => self.files(source, read_only, path)?,
            "" if file => self.files(source, read_only, path)?,
            "" | "volume" => {
                self.volume(source, path)?;
                Origin::Volume(source.to_owned())
            }
            other => {
                let hint = "volume, bind or tmpfs";
                let message = format!("a mount cannot be of type \"{other}\"");
                self.error_hint("unknown-value", message, path, hint);
                return None;
            }
        };
        Some(Mount { origin, target: target.to_owned(), read_only, mode: words, options })
    }

    fn volume(&mut self, name: &str, path: &[&str]) -> Option<()> {
        let known = self.document.volumes.keys().map(String::as_str);
        if !self.document.volumes.contains_key(name) {
            let declare = "declare it under volumes:, or begin a path with ./";
            let hint = did_you_mean(name, known).unwrap_or_else(|| declare.into());
            self.error_hint("unknown-volume", format!("no volume \"{name}\""), path, hint);
            return None;
        }
        let twin = known.clone().find(|other| *other != name && label(other) == label(name));
        if let Some(twin) = twin {
            let message = format!("the claims of \"{name}\" and \"{twin}\" would have one name");
            self.error("bad-name", message, path);
            return None;
        }
        if name.len() == 1 || !is_label(&label(name)) {
            let message = format!("a volume cannot be called \"{name}\"");
            let hint = match name.len() {
                1 => "at least two letters: Compose takes one letter for a drive",
                _ => "letters, digits, -, _ and . only, and a letter or digit at both ends",
            };
            self.error_hint("bad-name", message, path, hint);
            return None;
        }
        Some(())
    }

    fn config(&mut self, used: &ConfigUse, path: &[&str]) -> Option<Mount> {
        let (source, target) = match used {
            ConfigUse::Name(name) => (name, None),
            ConfigUse::Long(long) => (&long.source, long.target.clone()),
        };
        let Some(config) = self.document.configs.get(source) else {
            let known = self.document.configs.keys().map(String::as_str);
            let hint = did_you_mean(source, known);
            let hint = hint.unwrap_or_else(|| "declare it under configs:".into());
            self.error_hint("unknown-config", format!("no config \"{source}\""), path, hint);
            return None;
        };
        let target = target.unwrap_or_else(|| format!("/{source}"));
        let origin = match (&config.file, &config.content) {
            (Some(file), _) => self.files(file, true, path)?,
            (None, Some(content)) => self.inline(source, content)?,
            (None, None) => {
                let message = format!("config \"{source}\" has neither a file nor content");
                let hint = "file: a path that begins at this folder; content: the text itself";
                self.error_hint("no-file", message, &["configs", source], hint);
                return None;
            }
        };
        Some(Mount { read_only: true, mode: vec!["ro".into()], ..Mount::new(origin, &target) })
    }

    /// A config that is written in the specification itself.
    fn inline(&mut self, name: &str, content: &str) -> Option<Origin> {
        let path = ["configs", name, "content"];
        if !text::secrets(content).is_empty() {
            let hint = "give the service the variable, and let it read its environment";
            let message = format!("config \"{name}\" would show a secret to everybody");
            self.error_hint("secret-in-config", message, &path, hint);
            return None;
        }
        if content.len() > CONFIG_MAP {
            let size = content.len();
            let message =
                format!("{name} has {size} bytes; a ConfigMap holds at most {CONFIG_MAP}");
            self.error("too-large", message, &path);
        }
        if shows_secret(content) {
            let message = format!("config \"{name}\" seems to show a secret to everybody");
            self.warning(MAYBE_SECRET, message, &path);
        }
        let name = name.to_owned();
        let content = content.as_bytes().to_vec();
        let file = File { name: name.clone(), content, executable: false };
        Some(Origin::Files { path: name, files: vec![file], single: true, inline: true })
    }

    /// The file or the files of a folder behind a relative path.
    fn files(&mut self, source: &str, read_only: bool, path: &[&str]) -> Option<Origin> {
        let full = self.spec.sources.base().join(source);
        let single = full.is_file();
        let mut names = Vec::new();
        if single {
            names.extend(full.file_name().map(|name| name.to_string_lossy().into_owned()));
        } else if full.is_dir() {
            below(&full, "", &mut names);
            names.sort();
            if PRIVATE.iter().any(|name| full.join(name).exists()) {
                let message = format!("{source}: {} stay behind", PRIVATE.join(" and "));
                self.warning("left-out", message, path);
            }
            if !read_only {
                let message =
                    format!("{source} cannot be written in Kubernetes, where it is a ConfigMap");
                self.warning("read-only", message, path);
            }
        } else {
            let hint = "Docker would make an empty folder of it: name a volume for data";
            self.error_hint("no-file", format!("there is no {source}"), path, hint);
            return None;
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
            self.error_hint("too-large", message, path, hint);
            return None;
        }
        let mut files: Vec<File> = Vec::new();
        for name in names {
            let file = self.file(&folder, &name, source, path)?;
            if files.iter().any(|other| other.key() == file.key()) {
                let message = format!("{source} has two files that would be {}", file.key());
                self.error("bad-name", message, path);
            }
            files.push(file);
        }
        Some(Origin::Files { path: source.to_owned(), files, single, inline: false })
    }

    fn file(&mut self, folder: &Path, name: &str, source: &str, path: &[&str]) -> Option<File> {
        let full = folder.join(name);
        let good = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if !name.chars().all(good) {
            let message = format!("\"{name}\" cannot be a key of a ConfigMap");
            self.error_hint("bad-name", message, path, "letters, digits, -, _ and . only");
            return None;
        }
        match (fs::read(&full), fs::metadata(&full)) {
            (Ok(content), Ok(about)) => {
                let executable = about.permissions().mode() & 0o111 != 0;
                Some(File { name: name.to_owned(), content, executable })
            }
            (Err(error), _) | (_, Err(error)) => {
                self.error("unreadable", format!("cannot read {source}: {error}"), path);
                None
            }
        }
    }
}

/// The files of a folder and of its folders, with their paths below it. Stops early: more than
/// fit are too many anyway.
fn below(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if names.len() > FILES {
            return;
        }
        if PRIVATE.iter().any(|private| entry.file_name() == *private) {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => below(&entry.path(), &format!("{name}/"), names),
            _ => names.push(name),
        }
    }
}
