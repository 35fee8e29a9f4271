//! The committed checksums of the downloads: `SHA256  URL`, one a line.
//!
//! An entry is made once, when somebody asks for it, and never changed by this tool: a URL
//! must serve the same bytes later.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::fault;
use common::files::{Folder, folder_of, read_or_empty};
use common::stop::Stop;

const HEADER: &str = "# Checksums of the files that kind-cluster downloads. \
                      `kind-cluster create --update-lock` adds entries.\n";

/// Checksums by URL.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    entries: BTreeMap<String, String>,
}

impl Lock {
    /// Reads the lock beside the file of components; none is an empty one.
    pub(super) fn beside(components: &Path) -> Result<Self, Stop> {
        let path = components.with_extension("lock");
        let text = read_or_empty(&path).map_err(|error| {
            Stop::from(fault::unreadable("bad-lock", "lock", path.display(), &error))
        })?;
        let mut entries = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = line.split_once("  ").filter(|(sum, _)| is_checksum(sum));
            let Some((sum, url)) = entry else {
                let message = format!(
                    "{}:{}:1: not a checksum, two spaces and a URL: {line}",
                    path.display(),
                    number + 1
                );
                return Err(Stop::bad("bad-lock", message));
            };
            entries.insert(url.to_owned(), sum.to_owned());
        }
        Ok(Lock { path, entries })
    }

    /// Whether `sum` is what was recorded for `url`; records it when there is nothing and `add`.
    pub(super) fn check(&mut self, url: &str, sum: &str, add: bool) -> Result<(), Stop> {
        match self.entries.get(url) {
            Some(known) if known == sum => Ok(()),
            Some(known) => {
                let message = format!("{url} has SHA-256 {sum}, and {known} was recorded");
                Err(Stop::no("checksum-mismatch", message).hint(
                        "the content has changed since its checksum was recorded; if the change is wanted, remove its line from the lock",
                    ))
            }
            None if add => {
                self.entries.insert(url.to_owned(), sum.to_owned());
                self.write()
            }
            None => Err(self.unknown(url)),
        }
    }

    /// The checksum that was recorded.
    pub(super) fn get(&self, url: &str) -> Option<&str> {
        self.entries.get(url).map(String::as_str)
    }

    /// No checksum is known.
    pub(super) fn unknown(&self, url: &str) -> Stop {
        let message = format!("no checksum of {url} in {}", self.path.display());
        Stop::no("not-locked", message).hint(
                "`kind-cluster create --update-lock` records what is there now; look at it, and commit the lock",
            )
    }

    fn write(&self) -> Result<(), Stop> {
        let lines = self.entries.iter().map(|(url, sum)| format!("{sum}  {url}\n"));
        let text = format!("{HEADER}{}", lines.collect::<String>());
        let failed = |error: std::io::Error| {
            Stop::from(fault::unwritable("bad-lock", self.path.display(), &error))
        };
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let folder = Folder::lock(folder_of(&self.path), Instant::now() + Duration::from_secs(10))
            .map_err(failed)?;
        let staged = folder.stage(name, text.as_bytes(), 0o644).map_err(failed)?;
        folder.publish(vec![staged]).map_err(failed)
    }
}

fn is_checksum(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}
