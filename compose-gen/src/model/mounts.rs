//! What is mounted: volumes, files of the repository, folders of the host, memory.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Builder, is_label};
use crate::spec::text;
use crate::spec::types::{self, ConfigUse, Words};
use common::diagnostic::nearest;

/// What a ConfigMap holds at most.
const CONFIG_MAP: usize = 1 << 20;

/// A mount.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    pub(crate) origin: Origin,
    pub(crate) target: String,
    pub(crate) read_only: bool,
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
    /// Memory.
    Memory,
    /// Scratch space that ends with the container.
    Scratch,
}

/// A file that becomes a key of a ConfigMap.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
    pub(crate) executable: bool,
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
            let target = folder.split(':').next().unwrap_or_default().to_owned();
            mounts.push(Mount { origin: Origin::Memory, target, read_only: false });
        }
        for (index, used) in service.configs.iter().enumerate() {
            let index = index.to_string();
            mounts.extend(self.config(used, &["services", name, "configs", &index]));
        }
        mounts
    }

    fn mount(
        &mut self,
        mount: &types::Mount,
        service: &types::Service,
        path: &[&str],
    ) -> Option<Mount> {
        let (kind, source, target, read_only) = match mount {
            types::Mount::Text(text) => {
                let parts: Vec<&str> = text.split(':').collect();
                match parts.as_slice() {
                    [target] => ("", "", *target, false),
                    [source, target] => ("", *source, *target, false),
                    [source, target, mode] => {
                        ("", *source, *target, mode.split(',').any(|word| word == "ro"))
                    }
                    _ => {
                        let hint = "source:target, or source:target:ro";
                        self.error_hint("bad-mount", "this is no mount".into(), path, hint);
                        return None;
                    }
                }
            }
            types::Mount::Long(long) => (
                long.kind.as_str(),
                long.source.as_deref().unwrap_or_default(),
                long.target.as_str(),
                long.read_only.unwrap_or(false),
            ),
        };
        if !target.starts_with('/') {
            let message = format!("\"{target}\" is no absolute path in the container");
            self.error("bad-mount", message, path);
            return None;
        }
        let host = source.starts_with(['/', '~']);
        let file = source.starts_with('.');
        let origin = match kind {
            "tmpfs" => Origin::Memory,
            "" | "volume" | "bind" if source.is_empty() => Origin::Scratch,
            "" | "bind" if host => {
                if !service.host_paths {
                    self.error_hint(
                        "host-path",
                        format!("{source} belongs to the host"),
                        path,
                        "x-host-paths: true at the service allows it",
                    );
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
        Some(Mount { origin, target: target.to_owned(), read_only })
    }

    fn volume(&mut self, name: &str, path: &[&str]) -> Option<()> {
        let known = self.document.volumes.keys().map(String::as_str);
        if !self.document.volumes.contains_key(name) {
            let hint = match nearest(name, known) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "declare it under volumes:, or begin a path with ./".into(),
            };
            self.error_hint("unknown-volume", format!("no volume \"{name}\""), path, &hint);
            return None;
        }
        if name.len() == 1 || !is_label(name) {
            let message = format!("a volume cannot be called \"{name}\"");
            let hint = "at least two lower-case letters, digits and -: Compose takes one letter for a drive";
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
            let hint = match nearest(source, known) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "declare it under configs:".into(),
            };
            self.error_hint("unknown-config", format!("no config \"{source}\""), path, &hint);
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
        Some(Mount { origin, target, read_only: true })
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
        let name = name.to_owned();
        let content = content.as_bytes().to_vec();
        let file = File { name: name.clone(), content, executable: false };
        Some(Origin::Files { path: name, files: vec![file], single: true, inline: true })
    }

    /// The file or the files of a folder behind a relative path.
    fn files(&mut self, source: &str, read_only: bool, path: &[&str]) -> Option<Origin> {
        let full = self.spec.sources.base().join(source);
        let single = full.is_file();
        let mut names: Vec<String> = Vec::new();
        if single {
            names.extend(full.file_name().map(|name| name.to_string_lossy().into_owned()));
        } else if let Ok(entries) = fs::read_dir(&full) {
            names.extend(entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()));
            names.sort();
            if !read_only {
                let message =
                    format!("{source} cannot be written in Kubernetes, where it is a ConfigMap");
                self.warning("read-only", message, path);
            }
        } else {
            let hint = "Docker would make an empty folder of it";
            self.error_hint("no-file", format!("there is no {source}"), path, hint);
            return None;
        }
        let folder = if single { full.parent()?.to_owned() } else { full };
        let mut files = Vec::new();
        for name in names {
            files.push(self.file(&folder, &name, source, path)?);
        }
        let size: usize = files.iter().map(|file| file.content.len()).sum();
        if size > CONFIG_MAP {
            let message =
                format!("{source} has {size} bytes; a ConfigMap holds at most {CONFIG_MAP}");
            self.error("too-large", message, path);
        }
        Some(Origin::Files { path: source.to_owned(), files, single, inline: false })
    }

    fn file(&mut self, folder: &Path, name: &str, source: &str, path: &[&str]) -> Option<File> {
        let full = folder.join(name);
        if full.is_dir() {
            let message =
                format!("{source} has a folder \"{name}\", and a ConfigMap has no folders");
            self.error_hint("sub-folder", message, path, "mount that folder by itself");
            return None;
        }
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
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
