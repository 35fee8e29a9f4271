//! The versions of Kubernetes whose schemas are known.

use std::fmt;
use std::str::FromStr;

/// A minor version of Kubernetes 1 whose schemas are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(u8);

/// A version whose schemas are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schemas of Kubernetes {found} are not known here; known are {}", known())]
pub struct UnknownVersion {
    /// The version as it was written.
    pub found: String,
}

impl Version {
    /// Every known version, in order.
    pub const KNOWN: [Version; 9] = [
        Version(29),
        Version(30),
        Version(31),
        Version(32),
        Version(33),
        Version(34),
        Version(35),
        Version(36),
        Version(37),
    ];

    /// The minor version: 32 for Kubernetes 1.32.
    pub fn minor(self) -> u8 {
        self.0
    }

    /// The position in [`Version::KNOWN`].
    pub(super) fn index(self) -> usize {
        usize::from(self.0 - Self::KNOWN[0].0)
    }
}

/// 1.35, the version of this project's clusters, where no configuration names another.
impl Default for Version {
    fn default() -> Self {
        Version(35)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// Reads `1.32`, `v1.32` and `1.32.4`.
impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let number = text.strip_prefix('v').unwrap_or(text);
        let minor = number.strip_prefix("1.").and_then(|rest| match rest.split_once('.') {
            Some((minor, patch)) => patch.parse::<u16>().ok().and(minor.parse().ok()),
            None => rest.parse().ok(),
        });
        minor
            .map(Version)
            .filter(|version| Self::KNOWN.contains(version))
            .ok_or_else(|| UnknownVersion { found: text.to_owned() })
    }
}

fn known() -> String {
    Version::KNOWN.map(|version| version.to_string()).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_people_write_them() {
        for text in ["1.31", "v1.31", "1.31.0", "v1.31.14"] {
            assert_eq!(text.parse(), Ok(Version(31)), "{text}");
        }
        for text in ["", "1", "1.28", "1.38", "2.31", "1.31.x", "1.31.0.1", "1.31-eks"] {
            assert_eq!(text.parse::<Version>().unwrap_err().found, text);
        }
        let message = "1.20".parse::<Version>().unwrap_err().to_string();
        assert!(
            message.ends_with("known are 1.29, 1.30, 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, 1.37"),
            "{message}"
        );
    }

    #[test]
    fn the_index_is_the_position() {
        for (at, version) in Version::KNOWN.into_iter().enumerate() {
            assert_eq!(version.index(), at);
        }
    }
}
