//! Programs that end with the test process, however that ends.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Starts each line of its input as a program. At the input's end it kills them and removes the folder.
const SCRIPT: &str = r#"
running=
while IFS= read -r line; do
    eval "exec $line" &
    running="$running $!"
done
kill -9 $running
wait
rm -rf "$1"
"#;

/// A folder, and the programs that use it.
#[derive(Debug)]
pub(super) struct Keeper {
    shell: Child,
    folder: PathBuf,
}

impl Keeper {
    pub(super) fn start() -> Keeper {
        let folder = tempfile::Builder::new().prefix("rideshare-kubernetes-").tempdir();
        // The shell removes it: this process may be killed.
        let folder = folder.expect("a temporary folder").keep();
        let shell = Command::new("setsid")
            .args(["sh", "-c", SCRIPT, "kubernetes"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("setsid runs");
        Keeper { shell, folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a program with long options; its output goes to a file of the folder.
    pub(super) fn spawn(&mut self, program: &Path, options: &[(&str, &str)]) {
        let name = program.file_name().expect("a program").to_string_lossy();
        let mut line = quote(&program.display().to_string());
        for (option, value) in options {
            line += &format!(" --{option}={}", quote(value));
        }
        let log = quote(&self.folder.join(format!("{name}.log")).display().to_string());
        let input = self.shell.stdin.as_mut().expect("a pipe");
        writeln!(input, "{line} >{log} 2>&1").expect("the shell reads");
    }

    /// The last lines of every program.
    pub(super) fn logs(&self) -> String {
        let mut text = String::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|end| end == "log") {
                let log = fs::read_to_string(entry.path()).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                let last = lines[lines.len().saturating_sub(20)..].join("\n");
                text += &format!("--- {}\n{last}\n", entry.file_name().display());
            }
        }
        text
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
