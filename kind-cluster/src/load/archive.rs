//! The identity of the image in an archive that an engine has saved.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use tar::Archive;

use crate::object::text;

/// Larger members are layers.
const LARGEST: u64 = 8 << 20;

/// The digest of the configuration of an archive's only image, which containerd calls the image's id. `None`
/// where the archive does not say, or has several images.
pub(super) fn configuration(path: &Path) -> Option<String> {
    // Docker's own list of images stands in archives of all engines but those in OCI's layout alone.
    if let Some(list) = member(path, "manifest.json") {
        let images = list.as_array()?;
        let [image] = images.as_slice() else { return None };
        return digest(text(image, "/Config"));
    }
    let index = member(path, "index.json")?;
    let [image] = index["manifests"].as_array()?.as_slice() else { return None };
    let blob = text(image, "/digest").replace(':', "/");
    let manifest = member(path, &format!("blobs/{blob}"))?;
    let config = text(&manifest, "/config/digest");
    (!config.is_empty()).then(|| config.to_owned())
}

/// `blobs/sha256/HEX` or `HEX.json`, as the engines name the file of a configuration.
fn digest(file: &str) -> Option<String> {
    let name = file.rsplit('/').next()?;
    let hex = name.strip_suffix(".json").unwrap_or(name);
    let is_digest = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| format!("sha256:{hex}"))
}

/// A member of the archive as JSON.
fn member(path: &Path, name: &str) -> Option<Value> {
    let mut archive = Archive::new(File::open(path).ok()?);
    for entry in archive.entries_with_seek().ok()? {
        let mut entry = entry.ok()?;
        let is_wanted = entry.path().ok()?.to_str()?.trim_start_matches("./") == name;
        if is_wanted && entry.size() <= LARGEST {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).ok()?;
            return serde_json::from_slice(&bytes).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn archive(members: &[(&str, Value)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = tar::Builder::new(file.reopen().unwrap());
        for (name, value) in members {
            let bytes = value.to_string().into_bytes();
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            writer.append_data(&mut header, name, bytes.as_slice()).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    #[test]
    fn every_engine_names_the_configuration_in_its_way() {
        let hex = "a".repeat(64);
        let id = Some(format!("sha256:{hex}"));
        for config in
            [format!("blobs/sha256/{hex}"), format!("{hex}.json"), format!("sha256/{hex}")]
        {
            let file =
                archive(&[("layer", json!(1)), ("manifest.json", json!([{"Config": config}]))]);
            assert_eq!(configuration(file.path()), id);
        }
        let layout = archive(&[
            ("blobs/sha256/m", json!({"config": {"digest": format!("sha256:{hex}")}})),
            ("index.json", json!({"manifests": [{"digest": "sha256:m"}]})),
        ]);
        assert_eq!(configuration(layout.path()), id);
    }

    #[test]
    fn an_archive_that_does_not_say_has_no_identity() {
        let both = archive(&[("manifest.json", json!([{"Config": "a"}, {"Config": "b"}]))]);
        assert_eq!(configuration(both.path()), None);
        assert_eq!(configuration(archive(&[]).path()), None);
        assert_eq!(configuration(Path::new("/dev/null")), None);
    }
}
