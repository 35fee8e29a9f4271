//! Paths as text: the way from one folder to another.

use std::path::Path;

/// `target` as it is reached from the folder `from`, with `./` or `../` at its beginning.
pub(crate) fn relative(target: &Path, from: &Path) -> String {
    let shared = target.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let mut parts: Vec<String> = from.components().skip(shared).map(|_| "..".to_owned()).collect();
    if parts.is_empty() {
        parts.push(".".to_owned());
    }
    let below = target.components().skip(shared);
    parts.extend(below.map(|part| part.as_os_str().to_string_lossy().into_owned()));
    parts.join("/")
}
