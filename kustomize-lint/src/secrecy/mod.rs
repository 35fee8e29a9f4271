//! Where the secrets of an object are. [`common::secrets`] decides which names and values
//! are secrets.

mod hide;
mod places;

use crate::listed::is_listed;

/// Keys of a Secret that say where something is, not how to get in.
const PUBLIC_KEYS: &str = "\
    ca.crt database db dbname email enablelfs endpoint host hostname insecure key-id name port \
    project region server tls.crt type uri url user user-name username";

/// Whether a Secret may have this key for everybody to read.
pub(crate) fn is_public_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let end = lower.rsplit('_').next().unwrap_or(&lower);
    is_listed(PUBLIC_KEYS, &lower)
        || is_listed(PUBLIC_KEYS, end)
        || lower.ends_with("-id")
        || lower.ends_with("_id")
}
