//! Writes the schemas that `kustomize-lint` has in its binary. `scripts/api-schemas` runs it.

mod generate;

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (message, code) = match run() {
        Ok(message) => (message, ExitCode::SUCCESS),
        Err(message) => (format!("error: {message}"), ExitCode::from(2)),
    };
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(io::stderr(), "api-schemas: {message}");
    code
}

fn run() -> Result<String, String> {
    let missing = "the schemas of Kubernetes are not there\nhint: scripts/peers install kubernetes-validate kubernetes-server";
    let sources = generate::Sources::find()?.ok_or(missing)?;
    let bytes = generate::bundle(&sources)?;
    let path = generate::committed();
    let shown = path.display();
    if std::fs::read(&path).is_ok_and(|old| old == bytes) {
        return Ok(format!("{shown} is up to date"));
    }
    let folder = path.parent().ok_or("the path has no folder")?;
    let write = || -> io::Result<()> {
        let readable = Permissions::from_mode(0o644);
        let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(folder)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|error| format!("{shown} cannot be written: {error}"))?;
    Ok(format!("wrote {shown}, {} bytes", bytes.len()))
}
