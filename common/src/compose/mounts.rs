//! The short form of a mount: `[source:]target[:mode]`.

/// The parts of a mount's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'t> {
    /// A path of the host, or the name of a volume.
    pub source: Option<&'t str>,
    /// The path in the container.
    pub target: &'t str,
    /// Everything behind the second colon.
    mode: &'t str,
}

/// Splits a text. Compose refuses one whose mode has a colon.
pub fn short(text: &str) -> Mount<'_> {
    let Some((source, rest)) = text.split_once(':') else {
        return Mount { source: None, target: text, mode: "" };
    };
    let (target, mode) = rest.split_once(':').unwrap_or((rest, ""));
    Mount { source: Some(source), target, mode }
}

impl<'t> Mount<'t> {
    /// The words of the mode, such as `ro` and `z`.
    pub fn words(self) -> impl Iterator<Item = &'t str> {
        self.mode.split(',').filter(|word| !word.is_empty())
    }

    /// Whether the container may not write to it.
    pub fn is_read_only(self) -> bool {
        self.words().any(|word| word == "ro")
    }

    /// Whether Compose accepts the number of colons.
    pub fn is_valid(self) -> bool {
        !self.mode.contains(':')
    }

    /// The target, and the mode with its colon.
    pub fn behind_source(self) -> String {
        let colon = if self.mode.is_empty() { "" } else { ":" };
        format!("{}{colon}{}", self.target, self.mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_two_and_three_parts() {
        assert_eq!(short("/data"), Mount { source: None, target: "/data", mode: "" });
        assert_eq!(short("db:/data").behind_source(), "/data");
        let mount = short("./a:/data:z,ro");
        assert_eq!((mount.source, mount.target), (Some("./a"), "/data"));
        assert!(mount.is_read_only() && mount.is_valid());
        assert_eq!(mount.words().collect::<Vec<_>>(), ["z", "ro"]);
        assert_eq!(mount.behind_source(), "/data:z,ro");
    }

    #[test]
    fn a_fourth_part_is_refused() {
        assert!(!short("a:/b:ro:z").is_valid());
    }
}
