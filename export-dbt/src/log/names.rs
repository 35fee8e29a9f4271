//! The names of a log's files.

use object_store::path::Path;

/// The commit file of a version, relative to the table.
pub(super) fn commit_path(version: u64) -> Path {
    Path::from(format!("_delta_log/{version:020}.json"))
}

/// The version of a commit file or a checkpoint.
pub(super) fn version_of(name: &str) -> Option<u64> {
    let digits = name.get(..20)?;
    let rest = &name[20..];
    let known = rest == ".json" || rest.starts_with(".checkpoint.");
    (known && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_files() {
        assert_eq!(version_of("00000000000000000012.json"), Some(12));
        assert_eq!(version_of("00000000000000000010.checkpoint.parquet"), Some(10));
        assert_eq!(
            version_of("00000000000000000010.checkpoint.0000000001.0000000002.parquet"),
            Some(10)
        );
        assert_eq!(version_of("_last_checkpoint"), None);
        assert_eq!(version_of("00000000000000000012.json.tmp"), None);
        assert_eq!(commit_path(7).as_ref(), "_delta_log/00000000000000000007.json");
    }
}
