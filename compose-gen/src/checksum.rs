//! A short checksum of a content.

use sha2::{Digest, Sha256};

/// Enough of a checksum to see that a person changed a file.
pub(crate) fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
