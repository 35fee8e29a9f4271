//! Dockerfiles as far as tests look at them: stages, build arguments, copied files and commands.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A Dockerfile.
#[derive(Debug, Default)]
pub struct Dockerfile {
    /// The image or the stage that each stage begins with, with build arguments replaced by their defaults.
    pub bases: Vec<String>,
    /// The names of its stages.
    pub stages: Vec<String>,
    /// Build arguments and their defaults.
    pub arguments: BTreeMap<String, Option<String>>,
    /// The paths of the build context that COPY and ADD take.
    pub copied: Vec<String>,
    /// The commands of RUN, each in one line.
    pub runs: Vec<String>,
}

impl Dockerfile {
    /// Reads a Dockerfile.
    ///
    /// # Panics
    /// The file cannot be read, or has an instruction that is not known here.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut file = Dockerfile::default();
        for line in instructions(&text) {
            let (instruction, rest) = line.split_once(' ').unwrap_or((&line, ""));
            file.add(&instruction.to_ascii_uppercase(), rest.trim());
        }
        file
    }

    /// The images that a registry must give: no stage, and not the empty one.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        let given =
            |base: &&str| *base != "scratch" && !self.stages.iter().any(|stage| stage == base);
        self.bases.iter().map(String::as_str).filter(given)
    }

    fn add(&mut self, instruction: &str, rest: &str) {
        match instruction {
            "FROM" => {
                let words: Vec<&str> =
                    rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                self.bases.push(self.filled(words[0]));
                self.stages.extend(words.get(2).map(|name| (*name).to_owned()));
            }
            "ARG" => {
                let (name, default) = match rest.split_once('=') {
                    Some((name, default)) => (name, Some(default.trim_matches('"').to_owned())),
                    None => (rest, None),
                };
                // A stage repeats the name alone to see a default from above the first FROM.
                let known = self.arguments.entry(name.to_owned()).or_default();
                *known = default.or(known.take());
            }
            "COPY" | "ADD" => {
                let (options, mut words): (Vec<&str>, Vec<&str>) =
                    rest.split_whitespace().partition(|word| word.starts_with("--"));
                words.pop();
                if !options.iter().any(|option| option.starts_with("--from=")) {
                    self.copied.extend(words.into_iter().map(str::to_owned));
                }
            }
            "RUN" => self.runs.push(rest.to_owned()),
            "CMD" | "ENTRYPOINT" | "ENV" | "EXPOSE" | "HEALTHCHECK" | "LABEL" | "SHELL"
            | "STOPSIGNAL" | "USER" | "VOLUME" | "WORKDIR" => {}
            other => panic!("no instruction {other}"),
        }
    }

    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, default) in &self.arguments {
            let default = default.as_deref().unwrap_or_default();
            text = text.replace(&format!("${{{name}}}"), default);
        }
        text
    }
}

/// The instructions of a Dockerfile, each in one line, without comments.
fn instructions(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = String::new();
    for line in
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        match line.strip_suffix('\\') {
            Some(part) => open.push_str(part),
            None => all.push(std::mem::take(&mut open) + line),
        }
    }
    assert!(open.is_empty(), "the last line goes on");
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dockerfile_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Dockerfile");
        let text = "# a comment\nARG TAG=1.2\nFROM --platform=x busybox:${TAG} AS tools\nARG TAG\nARG SUM\n\
                    COPY --chown=1 a b/ /to/\nRUN one \\\n    # why\n    && two\n\n\
                    FROM tools\nCOPY --from=tools /x /y\nFROM scratch\n";
        fs::write(&path, text).unwrap();
        let file = Dockerfile::read(&path);
        assert_eq!(file.bases, ["busybox:1.2", "tools", "scratch"]);
        assert_eq!(file.images().collect::<Vec<_>>(), ["busybox:1.2"]);
        assert_eq!(file.copied, ["a", "b/"]);
        assert_eq!(file.runs, ["one && two"]);
        assert_eq!(file.arguments["TAG"].as_deref(), Some("1.2"));
        assert_eq!(file.arguments["SUM"], None);
    }
}
