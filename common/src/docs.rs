//! Shell completions and man pages, made from a command line's own definition.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Command;
use clap_complete::{Shell, generate_to};

/// The main function of `TOOL-docs`: writes the completions and man pages of `command` below the folder that the
/// first argument names.
///
/// # Errors
/// There is no argument, or a folder or file cannot be written.
pub fn main(command: Command) -> anyhow::Result<()> {
    let usage = || format!("usage: {}-docs PREFIX", command.get_name());
    let prefix = std::env::args_os().nth(1).filter(|argument: &OsString| !argument.is_empty());
    let prefix = PathBuf::from(prefix.with_context(usage)?);
    let failed = || format!("cannot write completions and man pages below {}", prefix.display());
    install(command, &prefix).with_context(failed)
}

/// Writes under `prefix` what belongs to `command`: man pages in `share/man/man1` and
/// completions for bash, zsh and fish where those shells look for them.
///
/// # Errors
/// A folder or file that cannot be written.
pub fn install(mut command: Command, prefix: &Path) -> anyhow::Result<()> {
    let name = command.get_name().to_owned();
    for (shell, folder) in [
        (Shell::Bash, "share/bash-completion/completions"),
        (Shell::Zsh, "share/zsh/site-functions"),
        (Shell::Fish, "share/fish/vendor_completions.d"),
    ] {
        let folder = prefix.join(folder);
        fs::create_dir_all(&folder)?;
        let written = generate_to(shell, &mut command, &name, &folder)?;
        // bash-completion loads a file by the command's own name.
        if shell == Shell::Bash {
            fs::rename(written, folder.join(&name))?;
        }
    }
    let folder = prefix.join("share/man/man1");
    fs::create_dir_all(&folder)?;
    clap_mangen::generate_to(command, &folder)?;
    Ok(())
}
