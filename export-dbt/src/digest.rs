//! The digest of a data file's bytes, which tells whether any of them has changed.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

/// XXH64: it finds damage, and not a change on purpose, which can put another digest into the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Digest(u64);

impl From<Digest> for String {
    fn from(Digest(sum): Digest) -> Self {
        format!("{sum:016x}")
    }
}

impl TryFrom<String> for Digest {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(Self)
    }
}

/// Takes a file's bytes in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Digester(XxHash64);

impl Digester {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest(self.0.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_the_bytes_in_any_pieces() {
        let mut digester = Digester::default();
        for piece in ["The quick brown fox ", "", "jumps over the lazy dog"] {
            digester.add(piece.as_bytes());
        }
        let text = String::from(digester.digest());
        // As `xxh64sum` prints it.
        assert_eq!(text, "0b242d361fda71bc");
        assert_eq!(Digest::try_from(text), Ok(digester.digest()));
    }
}
