//! The files that a rendering may read beside the folder of its kustomization.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

/// Options of rendering.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Files that kustomizations may read, as in `kustomize build --load-restrictor`
    #[arg(long, value_name = "RESTRICTION", value_enum, default_value_t = Restriction::RootOnly)]
    pub load_restrictor: Restriction,
    /// Folder with copies of remote bases and files, such as
    /// `FOLDER/github.com/ORG/REPO@REF/PATH`, or the same without `@REF`
    #[arg(long, value_name = "FOLDER")]
    pub remote_from: Option<PathBuf>,
    /// Folder with the rendered objects of each Helm chart: `FOLDER/RELEASE.yaml`, or
    /// `FOLDER/CHART.yaml`
    #[arg(long, value_name = "FOLDER")]
    pub rendered_chart: Option<PathBuf>,
}

/// Which files kustomizations may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Restriction {
    /// Files in the folder of the kustomization and below it
    #[default]
    #[value(name = "LoadRestrictionsRootOnly", alias = "root-only")]
    RootOnly,
    /// All files
    #[value(name = "LoadRestrictionsNone", alias = "none")]
    None,
}

impl Options {
    /// The local copy of a remote base or file, if there is one.
    pub(crate) fn copy_of(&self, address: &str) -> Option<PathBuf> {
        let folder = self.remote_from.as_ref()?;
        let candidates = copies(address);
        candidates.into_iter().map(|path| folder.join(path)).find(|path| path.exists())
    }

    /// The rendered objects of a chart, if they are there.
    pub(crate) fn chart(&self, release: &str, name: &str) -> Option<PathBuf> {
        let folder = self.rendered_chart.as_ref()?;
        let names = [release, name].into_iter().filter(|name| !name.is_empty());
        names.map(|name| folder.join(format!("{name}.yaml"))).find(|path| path.is_file())
    }
}

/// Where a copy of an address may lie, the exact version first.
fn copies(address: &str) -> Vec<PathBuf> {
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let reference = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("ref=").or_else(|| pair.strip_prefix("version=")));
    let address = address.strip_prefix("git::").unwrap_or(address);
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.strip_prefix("git@").unwrap_or(rest).replacen(".com:", ".com/", 1);
    let (repository, path) = parts(&rest);
    let repository = repository.trim_end_matches('/').trim_end_matches(".git");
    // An address is never a way out of the folder.
    if Path::new(repository).join(path).components().any(|part| part.as_os_str() == "..") {
        return Vec::new();
    }
    let exact = reference.map(|reference| format!("{repository}@{reference}"));
    let roots = exact.into_iter().chain([repository.to_owned()]);
    roots.map(|root| Path::new(&root).join(path)).collect()
}

/// The repository and the path in it. Without `//` they part behind the third name, as on GitHub.
fn parts(address: &str) -> (&str, &str) {
    if let Some((repository, path)) = address.split_once("//") {
        return (repository, path);
    }
    if let Some((repository, path)) = address.split_once(".git/") {
        return (repository, path);
    }
    match address.match_indices('/').nth(2) {
        Some((at, _)) => (&address[..at], &address[at + 1..]),
        None => (address, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::copies;

    #[test]
    fn addresses_lead_to_folders() {
        for (address, wanted) in [
            ("https://github.com/o/r//base?ref=v1", "github.com/o/r@v1/base"),
            ("github.com/o/r/a/b?ref=v1", "github.com/o/r@v1/a/b"),
            ("git@github.com:o/r.git//base?ref=main", "github.com/o/r@main/base"),
            (
                "https://example.com/releases/v1/install.yaml",
                "example.com/releases/v1/install.yaml",
            ),
            ("git::https://example.com/o/r.git?ref=v2", "example.com/o/r@v2"),
        ] {
            let found: Vec<String> =
                copies(address).iter().map(|path| path.display().to_string()).collect();
            assert_eq!(found[0].trim_end_matches('/'), wanted, "{address}");
        }
        assert!(copies("https://example.com/a/b//../../etc?ref=1").is_empty());
    }
}
