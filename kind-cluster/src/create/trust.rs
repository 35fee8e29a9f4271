//! Certificate authorities that the nodes trust besides the public ones, such as a company's that opens TLS
//! connections to registries.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use sha2::{Digest, Sha256};

use crate::digest::hex;
use crate::nodes::Node;
use crate::{engine, process};

/// Containers go on while containerd starts again. The mark is written last: a run that was killed before is done
/// again.
const TRUST: &str = r#"set -eu
folder=/usr/local/share/ca-certificates file=$folder/kind-cluster-$1.crt
mkdir -p "$folder"
cat >"$file.new"
if [ -e "$file.done" ] && [ "$(cat "$file")" = "$(cat "$file.new")" ]; then
    rm "$file.new"
    echo same
    exit 0
fi
rm -f "$file.done"
mv "$file.new" "$file"
update-ca-certificates >/dev/null
systemctl restart containerd
touch "$file.done"
echo changed
"#;

/// A file of certificates.
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) path: PathBuf,
    text: String,
}

/// Reads the files; all problems are said at once.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Authority>, Stop> {
    let mut report = Report::default();
    let mut all = Vec::new();
    for path in paths {
        match certificates(path) {
            Ok(text) => all.push(Authority { path: path.clone(), text }),
            Err(why) => {
                let message = format!("{}: {why}", path.display());
                let hint = "--ca-file takes certificates in PEM: `openssl x509 -in FILE -out FILE.pem` converts one";
                report.push(Diagnostic::error("bad-ca-file", message).hint(hint));
            }
        }
    }
    match report.diagnostics().is_empty() {
        true => Ok(all),
        false => Err(Stop { status: Status::Bad, report }),
    }
}

/// The certificates of a file, and nothing else of it: a private key has no place on a node.
fn certificates(path: &Path) -> Result<String, String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let Some((body, after)) = after.split_once(END) else {
            return Err("a certificate has no end".into());
        };
        let body: String = body.split_whitespace().collect();
        let decoded =
            STANDARD.decode(&body).map_err(|_| "a certificate is no base64".to_owned())?;
        // Every certificate is a sequence, in DER.
        if decoded.first() != Some(&0x30) {
            return Err("a certificate is not in the form DER".into());
        }
        out.push_str(&format!("{BEGIN}\n{body}\n{END}\n"));
        rest = after;
    }
    match out.is_empty() {
        true => Err("it has no certificate".into()),
        false => Ok(wrapped(&out)),
    }
}

/// Lines of 64 characters, as PEM has them.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let characters: Vec<char> = line.chars().collect();
        for part in characters.chunks(64) {
            out.extend(part);
            out.push('\n');
        }
    }
    out
}

impl Authority {
    /// The certificates in PEM.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A name that does not depend on where the file is.
    pub(super) fn id(&self) -> String {
        hex(&Sha256::digest(self.text.as_bytes())[..6])
    }
}

/// How long a node may take to start containerd again, on a busy machine.
pub(super) const RESTART: Duration = Duration::from_secs(180);

/// Makes a node trust an authority. Returns whether that is new.
pub(super) async fn install(
    authority: &Authority,
    node: &Node,
    limit: Duration,
) -> Result<bool, Stop> {
    let id = authority.id();
    let arguments = ["exec", "--interactive", &node.name, "sh", "-c", TRUST, "sh", &id];
    let program = engine::client().await?.program;
    let input = Some(authority.text.as_bytes());
    let output = process::with_input(program, &arguments, input, limit.min(RESTART)).await?;
    match output.success {
        true => Ok(output.text().trim() == "changed"),
        false => {
            Err(engine::failed(&["exec", &node.name, "update-ca-certificates"], &output).await)
        }
    }
}

/// Runs a node's script on this machine, with stubs in front of its programs, and returns its output where it has
/// succeeded.
#[cfg(test)]
pub(super) fn on_this_machine(
    script: &str,
    argument: &str,
    input: &str,
    stubs: &Path,
) -> Option<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let path = format!("{}:{}", stubs.display(), std::env::var("PATH").unwrap());
    let output = std::process::Command::new("sh")
        .args(["-c", script, "sh", argument])
        .env("PATH", path)
        .stdin(std::fs::File::open(file.path()).unwrap())
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_script_is_done_again_until_containerd_has_started_again() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, stubs) = (dir.path().join("certificates"), dir.path().join("stubs"));
        let script =
            TRUST.replace("/usr/local/share/ca-certificates", &folder.display().to_string());
        assert_ne!(script, TRUST);
        fs::create_dir(&stubs).unwrap();
        // Links, because a program that another thread's child still has open for writing cannot be run.
        let stub = |name: &str, program: &str| {
            let _ = fs::remove_file(stubs.join(name));
            symlink(format!("/bin/{program}"), stubs.join(name)).unwrap();
        };
        let run = |input: &str| on_this_machine(&script, "a", input, &stubs);
        let done = folder.join("kind-cluster-a.crt.done");
        stub("update-ca-certificates", "true");
        stub("systemctl", "false");
        assert_eq!(run("one\n"), None);
        assert!(!done.exists());
        stub("systemctl", "true");
        assert_eq!(run("one\n").as_deref(), Some("changed\n"));
        assert!(done.exists());
        assert_eq!(run("one\n").as_deref(), Some("same\n"));
        assert_eq!(run("two\n").as_deref(), Some("changed\n"));
        assert_eq!(fs::read_to_string(folder.join("kind-cluster-a.crt")).unwrap(), "two\n");
        // A change that fails takes the mark of the one before away.
        stub("update-ca-certificates", "false");
        assert_eq!(run("three\n"), None);
        assert!(!done.exists());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn only_certificates_leave_the_file() {
        let body = STANDARD.encode([&[0x30u8][..], &[7; 100]].concat());
        let certificate =
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        let found =
            certificates(file(&format!("subject=x\n{key}{certificate}{certificate}")).path());
        let found = found.unwrap();
        assert_eq!(found.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(!found.contains("PRIVATE") && !found.contains("c2VjcmV0"));
        assert!(found.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        for (text, why) in [
            ("", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\nMIIB", "no end"),
            ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "no base64"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "DER"),
        ] {
            let refused = certificates(file(text).path()).unwrap_err();
            assert!(refused.contains(why), "{text:?}: {refused}");
        }
    }
}
