//! The names that a variable, a secret and an env file may have.

/// Variables that would change what the reader of an env file is, not only what it knows: the
/// shell's own, the loader's, those of the AWS client and of a GitHub runner. Bash ignores
/// an assignment to some of them and computes others anew at each read, so a value put there
/// would be lost. A `*` at the end stands for any rest.
pub const RESERVED: [&str; 52] = [
    "AWS_*",
    "BASH",
    "BASHOPTS",
    "BASHPID",
    "BASH_*",
    "CDPATH",
    "COMP_*",
    "DIRSTACK",
    "ENV",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "EXECIGNORE",
    "FETCH_SECRETS_BACKTICK",
    "FUNCNAME",
    "FUNCNEST",
    "GITHUB_*",
    "GLOBIGNORE",
    "GROUPS",
    "HISTCMD",
    "HOME",
    "HOSTNAME",
    "IFS",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "LD_*",
    "LINENO",
    "NODE_OPTIONS",
    "OLDPWD",
    "OPTARG",
    "OPTERR",
    "OPTIND",
    "PATH",
    "PIPESTATUS",
    "POSIXLY_CORRECT",
    "PPID",
    "PROMPT_COMMAND",
    "PS1",
    "PS2",
    "PS4",
    "PWD",
    "RANDOM",
    "RUNNER_*",
    "SECONDS",
    "SHELL",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "TMOUT",
    "UID",
    "_",
];

/// Why `name` cannot be a variable, or `None` if it can.
pub fn variable_problem(name: &str) -> Option<String> {
    let mut bytes = name.bytes();
    let starts_well = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if !starts_well || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Some("write letters, digits and _, and no digit first".into());
    }
    let reserved = RESERVED.iter().find(|reserved| match reserved.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => **reserved == name,
    })?;
    Some(format!("{reserved} belongs to the shell, the loader, AWS or the runner that reads it"))
}

/// Whether a text could be meant for the name of a variable.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a text could be meant for the name of a service or of a profile.
pub(super) fn is_lower(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Why `name` cannot be a secret of Secrets Manager, or `None` if it can.
pub(super) fn secret_problem(name: &str) -> Option<&'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/_+=.@-!:".contains(&b);
    if name.is_empty() || name.len() > 512 || !name.bytes().all(allowed) {
        return Some("write 1 to 512 letters, digits and /_+=.@-! (or an ARN)");
    }
    None
}

/// Why `name` cannot be an env file, or `None` if it can.
pub(super) fn file_problem(name: &str) -> Option<&'static str> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || name.starts_with('-') || !name.bytes().all(allowed) {
        return Some("write lower-case letters, digits and -");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_break_the_reader_are_refused() {
        for name in
            ["PATH", "LD_PRELOAD", "AWS_REGION", "GITHUB_TOKEN", "IFS", "1A", "A-B", "", "Ä", "A B"]
        {
            assert!(variable_problem(name).is_some(), "{name}");
        }
        for name in ["A", "_a1", "AIRFLOW__CORE__FERNET_KEY", "PATHS", "LDAP_USERNAME"] {
            assert_eq!(variable_problem(name), None, "{name}");
        }
    }
}
