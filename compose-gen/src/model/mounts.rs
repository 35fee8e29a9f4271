//! Mounts: volumes, files of the repository, folders of the host, memory.

use common::compose::mounts;
use common::diagnostic::did_you_mean;
use common::fault;
use common::project::paths::normal;
use common::secrets::shows_secret;
use serde_json::{Map, Value};

use super::Builder;
use super::files::{CONFIG_MAP, File, Mounted, keys};
use super::names::label;
use super::uncarried::NOT_CARRIED;
use crate::spec::types::{self, ConfigUse, Words};
use crate::spec::{MAYBE_SECRET, quantity, text};

#[derive(Clone, Debug)]
pub(crate) struct Mount {
    pub(crate) origin: Origin,
    pub(crate) target: String,
    pub(crate) read_only: bool,
    /// The words behind the second colon, for Compose: ro, z, cached.
    pub(crate) mode: Vec<String>,
    /// The long form's own options, for Compose: bind, volume, tmpfs.
    pub(crate) options: Map<String, Value>,
    /// A folder of the volume, instead of the whole.
    pub(crate) sub_path: Option<String>,
    /// Permission bits of files, where they are said.
    pub(crate) permissions: Option<u32>,
    /// Whether another key of the service than `volumes` has it in the Compose file.
    pub(crate) kept: bool,
}

/// Where a mount comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A named volume.
    Volume(String),
    /// A file or the files of a folder; the path starts at the specification's folder. `inline`
    /// is a config whose content stands in the specification, and the path then its name. `map` is
    /// the ConfigMap, or the Secret where a file is secret.
    Files { path: String, files: Vec<File>, single: bool, inline: bool, map: String, secret: bool },
    /// A key of a ConfigMap or Secret that a person makes.
    Made { secret: bool, name: String, key: String },
    /// The files of an image.
    Image(String),
    /// A path of the host.
    Host(String),
    /// Memory; the size in bytes, and the options as written.
    Memory { size: Option<u64>, options: String },
    /// Scratch space that ends with the container.
    Scratch,
}

impl Origin {
    /// The files behind a path.
    fn of(path: &str, mounted: Mounted) -> Self {
        let Mounted { files, single, secret } = mounted;
        let (path, map) = (path.to_owned(), String::new());
        Origin::Files { path, files, single, inline: false, map, secret }
    }
}

impl Mount {
    pub(super) fn new(origin: Origin, target: &str) -> Self {
        Mount {
            origin,
            target: target.to_owned(),
            read_only: false,
            mode: Vec::new(),
            options: Map::new(),
            sub_path: None,
            permissions: None,
            kept: false,
        }
    }

    /// The path in the container without what changes nothing.
    pub(crate) fn path(&self) -> String {
        normal(std::path::Path::new(&self.target)).display().to_string()
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
        mounts.extend(self.file_secrets(name));
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
                    self.say.warning(NOT_CARRIED, message, &["services", service, "tmpfs"]);
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
        let mut made = Mount::new(Origin::Scratch, "");
        let (kind, source, target) = match mount {
            types::Mount::Text(text) => {
                let mount = mounts::short(text);
                if !mount.is_valid() {
                    let hint = "source:target, or source:target:ro";
                    self.say.hinted("bad-mount", "this is not a mount".into(), path, hint);
                    return None;
                }
                made.mode = mount.words().map(str::to_owned).collect();
                made.read_only = mount.is_read_only();
                ("", mount.source.unwrap_or_default(), mount.target)
            }
            types::Mount::Long(long) => {
                let options = [
                    ("bind", &long.bind),
                    ("volume", &long.volume),
                    ("tmpfs", &long.tmpfs),
                    ("image", &long.image),
                ];
                let options = options
                    .into_iter()
                    .filter_map(|(key, value)| Some((key.into(), value.clone()?)));
                made.options.extend(options);
                made.read_only = long.read_only.unwrap_or(false);
                made.mode.extend(made.read_only.then(|| "ro".to_owned()));
                made.sub_path = self.sub_path(long, path);
                let source = long.source.as_deref().unwrap_or_default();
                (long.kind.as_str(), source, long.target.as_str())
            }
        };
        target.clone_into(&mut made.target);
        if !target.starts_with('/') {
            let message = format!("\"{target}\" is not an absolute path in the container");
            self.say.error("bad-mount", message, path);
            return None;
        }
        let host = source.starts_with(['/', '~']);
        let file = source.starts_with('.');
        made.origin = match kind {
            "tmpfs" => {
                let size = made.options.get("tmpfs").and_then(|tmpfs| tmpfs.get("size"));
                let text = |size: &Value| size.as_str().map_or(size.to_string(), str::to_owned);
                let size = size.map(text).and_then(|text| quantity::memory(&text));
                Origin::Memory { size, options: String::new() }
            }
            "image" => Origin::Image(source.to_owned()),
            "" | "volume" | "bind" if source.is_empty() => Origin::Scratch,
            "" | "bind" if host => {
                if !service.host_paths {
                    let message = format!("{source} belongs to the host");
                    let hint = "x-host-paths: true at the service allows it";
                    self.say.hinted("host-path", message, path, hint);
                }
                if source.starts_with('~') {
                    let why = "the home of a person is on no node";
                    let message = format!("{source} is not mounted in Kubernetes: {why}");
                    self.say.warning(NOT_CARRIED, message, path);
                }
                Origin::Host(source.to_owned())
            }
            "bind" => Origin::of(source, self.files(source, made.read_only, path)?),
            "" if file => Origin::of(source, self.files(source, made.read_only, path)?),
            "" | "volume" => {
                self.volume(source, kind.is_empty(), path)?;
                Origin::Volume(source.to_owned())
            }
            other => {
                let hint = "volume, bind, tmpfs or image";
                let message = format!("a mount cannot be of type \"{other}\"");
                self.say.hinted("unknown-value", message, path, hint);
                return None;
            }
        };
        Some(made)
    }

    /// The folder below a volume that the long form names.
    fn sub_path(&mut self, long: &types::MountLong, path: &[&str]) -> Option<String> {
        let of = |options: &Option<Value>| {
            options.as_ref()?.get("subpath")?.as_str().map(|text| text.trim_matches('/').to_owned())
        };
        let folder =
            of(&long.volume).or_else(|| of(&long.image)).filter(|folder| !folder.is_empty())?;
        if folder.split('/').any(|step| step == "..") {
            let message = format!("the subpath \"{folder}\" leads out of the volume");
            self.say.error("bad-mount", message, path);
            return None;
        }
        Some(folder)
    }

    fn volume(&mut self, name: &str, short: bool, path: &[&str]) -> Option<()> {
        let known = self.document.volumes.keys().map(String::as_str);
        if !self.document.volumes.contains_key(name) {
            let declare = "declare it under volumes:, or begin a path with ./";
            let hint = did_you_mean(name, known).unwrap_or_else(|| declare.into());
            self.say.hinted("unknown-volume", fault::unknown("volume", name), path, hint);
            return None;
        }
        if short && name.len() == 1 {
            let message = format!("Compose takes \"{name}:\" for a drive");
            let hint = "a longer name, or the long form with type: volume";
            self.say.hinted("bad-name", message, path, hint);
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
            self.say.hinted("unknown-config", fault::unknown("config", source), path, hint);
            return None;
        };
        let target = target.unwrap_or_else(|| format!("/{source}"));
        let mut kept = false;
        let origin = match (&config.file, &config.content) {
            (Some(file), _) => Origin::of(file, self.files(file, true, path)?),
            (None, Some(content)) => self.inline(source, content)?,
            (None, None) if config.external == Some(true) => {
                kept = true;
                self.made(false, source, config.name.as_deref(), path)
            }
            (None, None) => {
                let message = format!("config \"{source}\" has neither a file nor content");
                let hint = "file: a path that begins at this folder; content: the text itself";
                self.say.hinted("no-file", message, &["configs", source], hint);
                return None;
            }
        };
        let mut mount =
            Mount { read_only: true, mode: vec!["ro".into()], ..Mount::new(origin, &target) };
        mount.permissions = permissions(used);
        mount.kept = kept;
        Some(mount)
    }

    /// A ConfigMap or Secret that somebody else makes.
    pub(super) fn made(
        &mut self,
        secret: bool,
        key: &str,
        name: Option<&str>,
        path: &[&str],
    ) -> Origin {
        let name = label(name.unwrap_or(key));
        let kind = if secret { "Secret" } else { "ConfigMap" };
        let create = if secret { "secret generic" } else { "configmap" };
        let message = format!(
            "the {kind} \"{name}\" must exist in the cluster: kubectl create {create} {name} --from-file={key}=PATH"
        );
        self.say.warning("external", message, path);
        Origin::Made { secret, name, key: key.to_owned() }
    }

    /// A config that is written in the specification itself.
    fn inline(&mut self, name: &str, content: &str) -> Option<Origin> {
        let path = ["configs", name, "content"];
        if !text::secrets(content).is_empty() {
            let hint = "give the service the variable, and let it read its environment";
            let message = format!("config \"{name}\" would show a secret to everybody");
            self.say.hinted("secret-in-config", message, &path, hint);
            return None;
        }
        if content.len() > CONFIG_MAP {
            let size = content.len();
            let message =
                format!("{name} has {size} bytes; a ConfigMap holds at most {CONFIG_MAP}");
            self.say.error("too-large", message, &path);
        }
        if shows_secret(content) {
            let message = format!("config \"{name}\" seems to show a secret to everybody");
            self.say.warning(MAYBE_SECRET, message, &path);
        }
        let name = name.to_owned();
        let content = content.as_bytes().to_vec();
        let file = File { name: name.clone(), key: String::new(), content, executable: false };
        let mut files = vec![file];
        keys(&mut files);
        let map = String::new();
        Some(Origin::Files { path: name, files, single: true, inline: true, map, secret: false })
    }
}

/// The permission bits of a config or secret: octal as a text, and a number as YAML has read it.
pub(super) fn permissions(used: &ConfigUse) -> Option<u32> {
    let ConfigUse::Long(long) = used else { return None };
    let bits = match long.mode.as_ref()? {
        types::Scalar::Text(text) => u32::from_str_radix(text.trim_start_matches("0o"), 8).ok(),
        types::Scalar::Number(number) => {
            number.as_u64().and_then(|number| u32::try_from(number).ok())
        }
        types::Scalar::Boolean(_) => None,
    };
    bits.filter(|bits| *bits <= 0o777)
}
