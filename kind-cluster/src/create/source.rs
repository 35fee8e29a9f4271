//! Getting a component's file: from a folder, from the cache, or from its URL.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::fault;
use common::files::Folder;
use common::quantity;
use common::stop::Stop;
use sha2::{Digest, Sha256};

use super::lock::Lock;
use crate::cluster::chain;
use crate::digest::hex;

/// More is no manifest and no chart.
const LARGEST: u64 = 64 << 20;
const LIMIT: Duration = Duration::from_secs(120);

/// The bytes behind `url`, checked against the lock before anybody reads them.
pub(super) async fn get(
    url: &str,
    folder: Option<&Path>,
    lock: &mut Lock,
    add: bool,
) -> Result<Vec<u8>, Stop> {
    if lock.get(url).is_none() && !add {
        return Err(lock.unknown(url));
    }
    if let Some(sum) = lock.get(url).filter(|_| folder.is_none())
        && let Some(bytes) = cached(sum)
    {
        return Ok(bytes);
    }
    let bytes = match folder {
        Some(folder) => from_file(&folder.join(file_name(url)), url)?,
        None => match url.strip_prefix("file://") {
            Some(path) => from_file(Path::new(path), url)?,
            None => download(url).await?,
        },
    };
    let sum = checksum(&bytes);
    lock.check(url, &sum, add)?;
    keep(&sum, &bytes);
    Ok(bytes)
}

/// The last part of a URL: the file's name in `--manifest-dir`.
pub(super) fn file_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn checksum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn from_file(path: &Path, url: &str) -> Result<Vec<u8>, Stop> {
    std::fs::read(path).map_err(|error| {
        let file = format!("{} for {url}", path.display());
        Stop::from(fault::unreadable("no-manifest", "file", file, &error))
    })
}

async fn download(url: &str) -> Result<Vec<u8>, Stop> {
    let failed = |why: String| {
        Stop::unfinished("download-failed", format!("cannot download {url}: {why}"))
            .hint("without a network, name a folder that holds the files with --manifest-dir")
    };
    let client = reqwest::Client::builder()
        .timeout(LIMIT)
        .connect_timeout(Duration::from_secs(10))
        .build()
        .map_err(|error| failed(chain(&error)))?;
    let response = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
    let mut response = response.map_err(|error| failed(chain(&error)))?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(chain(&error)))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > LARGEST {
            return Err(failed(format!("it is larger than {}", quantity::show(LARGEST))));
        }
    }
    Ok(bytes)
}

fn cache() -> Option<PathBuf> {
    let base =
        std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    Some(base.join("kind-cluster"))
}

/// A file of the cache, if it still is what its name says.
fn cached(sum: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(cache()?.join(sum)).ok()?;
    (checksum(&bytes) == sum).then_some(bytes)
}

/// A cache that cannot be written costs the next run a download, and this one nothing.
fn keep(sum: &str, bytes: &[u8]) {
    let keep = || -> Option<()> {
        let folder = Folder::lock(&cache()?, Instant::now() + Duration::from_secs(1)).ok()?;
        let staged = folder.stage(sum, bytes, 0o644).ok()?;
        folder.publish(vec![staged]).ok()
    };
    keep();
}
