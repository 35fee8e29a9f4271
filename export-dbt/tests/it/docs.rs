//! The man page and the completions that `make install` puts beside the program: every option, variable and
//! exit status is there.

use std::fs;

use export_dbt::command::command;

/// Variables that no option of clap reads: the SDK's and the password.
const OTHER_VARIABLES: [&str; 3] = ["AWS_ENDPOINT_URL", "AWS_REGION", "TRINO_PASSWORD"];

#[test]
fn completions_and_the_man_page_are_complete() {
    let prefix = tempfile::tempdir().unwrap();
    common::docs::install(command(), prefix.path()).unwrap();
    let read = |path: &str| fs::read_to_string(prefix.path().join(path)).unwrap();
    let page = read("share/man/man1/export-dbt.1").replace('\\', "");
    let completions = [
        "share/bash-completion/completions/export-dbt",
        "share/zsh/site-functions/_export-dbt",
        "share/fish/vendor_completions.d/export-dbt.fish",
    ]
    .map(read);
    let guide = include_str!("../../../docs/export-dbt.md");
    for argument in command().get_arguments() {
        let Some(option) = argument.get_long() else { continue };
        assert!(page.contains(&format!("--{option}")), "--{option}");
        for text in &completions {
            assert!(text.contains(option), "--{option}");
        }
        if let Some(variable) = argument.get_env() {
            let variable = variable.to_str().unwrap();
            assert!(page.contains(variable), "{variable} is not in the man page");
            assert!(
                guide.contains(&format!("`{variable}`")),
                "{variable} is not in docs/export-dbt.md"
            );
        }
    }
    let compare = read("share/man/man1/export-dbt-compare.1").replace('\\', "");
    let tool = command();
    let below = tool.find_subcommand("compare").expect("compare");
    for option in below.get_arguments().filter_map(|argument| argument.get_long()) {
        assert!(compare.contains(&format!("--{option}")), "--{option}");
        assert!(guide.contains(&format!("`--{option}")), "--{option} is not in docs/export-dbt.md");
        for text in &completions {
            assert!(text.contains(option), "--{option}");
        }
    }
    for variable in OTHER_VARIABLES {
        assert!(page.contains(variable), "{variable} is not in the man page");
        assert!(guide.contains(variable), "{variable} is not in docs/export-dbt.md");
    }
    let status = page.split("Exit status").nth(1).expect("the exit status is in the man page");
    for code in ["0", "1", "2", "3", "130"] {
        assert!(
            status.lines().any(|line| line.split_whitespace().next() == Some(code)),
            "exit status {code}: {status}"
        );
    }
}
