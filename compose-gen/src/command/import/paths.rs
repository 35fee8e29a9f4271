//! Relative paths: the files that a project names stay where they are, and paths lead to them
//! from the new folder.

use std::path::{Path, PathBuf};

use super::tree::{Tree, Value};
use super::variables::{Env, escape, fix};
use crate::path::{normal, relative};

/// Where relative paths start, and where they start from now on.
pub(super) struct Rebase<'a> {
    /// The folder of the project, or of the file that is included.
    pub(super) from: &'a Path,
    /// The specification's folder.
    pub(super) to: &'a Path,
    /// The project's variables.
    pub(super) env: &'a Env,
}

impl Rebase<'_> {
    /// Rewrites the paths of a file.
    pub(super) fn file(&self, root: &mut Tree) {
        if let Some(services) = root.get_mut("services") {
            services.members_mut().for_each(|(_, service)| self.service(service));
        }
        for section in ["configs", "secrets"] {
            let Some(section) = root.get_mut(section) else { continue };
            for (_, own) in section.members_mut() {
                own.get_mut("file").into_iter().for_each(|file| self.whole(file));
            }
        }
    }

    fn service(&self, service: &mut Tree) {
        if let Some(files) = service.get_mut("env_file") {
            self.whole(files);
            for item in files.items_mut() {
                self.whole(item);
                item.get_mut("path").into_iter().for_each(|path| self.whole(path));
            }
        }
        if let Some(build) = service.get_mut("build") {
            self.whole(build);
            build.get_mut("context").into_iter().for_each(|context| self.whole(context));
            let contexts = build.get_mut("additional_contexts").into_iter();
            for (_, path) in contexts.flat_map(Tree::members_mut) {
                self.whole(path);
            }
        }
        let watch = service.get_mut("develop").and_then(|develop| develop.get_mut("watch"));
        for rule in watch.into_iter().flat_map(Tree::items_mut) {
            rule.get_mut("path").into_iter().for_each(|path| self.whole(path));
        }
        for mount in service.get_mut("volumes").into_iter().flat_map(Tree::items_mut) {
            self.mount(mount);
        }
    }

    /// A text that is a path, or an address of a build context.
    fn whole(&self, tree: &mut Tree) {
        self.fix(tree);
        let Some(path) = tree.text() else { return };
        let address = ["git@", "service:"].iter().any(|own| path.starts_with(own));
        let address = address || path.contains("://");
        if !address && !path.starts_with(['/', '~']) && !path.contains("${") {
            tree.value = Value::Text(self.path(path));
        }
    }

    fn mount(&self, mount: &mut Tree) {
        self.fix(mount);
        if let Some(text) = mount.text() {
            if let Some((source, rest)) = text.split_once(':').filter(|(s, _)| s.starts_with('.')) {
                mount.value = Value::Text(format!("{}:{rest}", self.path(source)));
            }
            return;
        }
        for key in ["source", "target"] {
            mount.get_mut(key).into_iter().for_each(|own| self.fix(own));
        }
        let bind = mount.get("type").and_then(Tree::text) == Some("bind");
        if let Some(source) = mount.get_mut("source").filter(|_| bind) {
            self.whole(source);
        }
    }

    /// Resolves the variables of a path. `~` and the project's folder are the same for
    /// everybody, whatever `$HOME` and `$PWD` are.
    fn fix(&self, tree: &mut Tree) {
        let mut env = self.env.clone();
        env.entry("HOME".into()).or_insert_with(|| "~".into());
        env.entry("PWD".into()).or_insert_with(|| ".".into());
        fix(tree, &env);
    }

    fn path(&self, path: &str) -> String {
        let literal = path.replace("$$", "$");
        let target = normal(&self.from.join(literal));
        escape(&relative(&target, self.to))
    }
}

/// The absolute path, with the links of what exists of it resolved.
pub(super) fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let known = whole.ancestors().find_map(|own| Some((own, own.canonicalize().ok()?)));
    match known {
        Some((own, real)) => normal(&real.join(whole.strip_prefix(own).unwrap_or(Path::new("")))),
        None => normal(&whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_from_the_new_folder() {
        let env = Env::new();
        let rebase = Rebase { from: Path::new("/a/old"), to: Path::new("/a/new/spec"), env: &env };
        assert_eq!(rebase.path("./x/../y"), "../../old/y");
        assert_eq!(rebase.path("."), "../../old");
        assert_eq!(rebase.path("../new/spec/z"), "./z");
    }
}
