//! The commands of the pages' `sh` blocks exist: targets of the Makefile, subcommands and options of the tools.
//! The `console` blocks are run (`readme.rs`).

use std::collections::BTreeSet;
use std::process::Command;

use super::{Page, all};
use rideshare_tests::root;
use rideshare_tests::run::run;

const TOOLS: [&str; 5] =
    ["compose-gen", "export-dbt", "fetch-secrets", "kind-cluster", "kustomize-lint"];

/// The command lines of a page's `sh` blocks, without comments; a line that ends with `\` goes on.
pub(super) fn lines(page: &Page) -> Vec<String> {
    let blocks = page.text.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let lines = blocks.flat_map(|(block, _)| {
        block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let commands = lines.map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned());
    commands.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// The commands of a page's `sh` blocks, each with its words.
pub(super) fn commands(page: &Page) -> Vec<Vec<String>> {
    lines(page)
        .into_iter()
        .flat_map(|line| {
            line.split("&&")
                .flat_map(|part| part.split(['|', ';']))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .map(|command| {
            let words = command.split_whitespace();
            // Variables of the command's environment come first.
            words
                .skip_while(|word| word.contains('=') && !word.starts_with('-'))
                .map(str::to_owned)
                .collect()
        })
        .filter(|words: &Vec<String>| !words.is_empty())
        .collect()
}

fn make_targets() -> BTreeSet<String> {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let rules = makefile.lines().filter_map(|line| line.split("##").next());
    rules
        .filter(|line| !line.starts_with(['\t', '.', '#']) && !line.contains('='))
        .filter_map(|line| line.split_once(':'))
        .flat_map(|(names, _)| names.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The help of a tool, or of its subcommand.
fn help(tool: &str, subcommand: Option<&str>) -> Option<String> {
    let exe = std::env::current_exe().unwrap();
    let program = exe.parent().unwrap().parent().unwrap().join(tool);
    let ran = run(Command::new(program).args(subcommand).arg("--help").env("COLUMNS", "200"));
    (ran.status == 0).then_some(ran.stdout)
}

fn problem(words: &[String], targets: &BTreeSet<String>) -> Option<String> {
    let (program, rest) = words.split_first()?;
    if program == "make" {
        let unknown = |word: &&String| !word.contains('=') && !word.starts_with(['-', '\'', '"']);
        let target = rest.iter().find(unknown)?;
        return (!targets.contains(target)).then(|| format!("make has no target {target}"));
    }
    if !TOOLS.contains(&program.as_str()) {
        return None;
    }
    let top = help(program, None).unwrap_or_default();
    let subcommand = rest.first().filter(|word| top.contains(&format!("\n  {word} ")));
    let text = subcommand.map_or_else(|| Some(top.clone()), |word| help(program, Some(word)))?;
    let arguments = rest.iter().take_while(|word| *word != "--");
    let unknown = arguments
        .filter(|word| word.starts_with("--"))
        .map(|word| word.split('=').next().unwrap_or(word))
        .find(|option| !text.contains(option) && !top.contains(option))?;
    Some(format!("{program} has no option {unknown}"))
}

#[test]
fn commands_of_the_pages_exist() {
    let targets = make_targets();
    assert!(targets.contains("demo"), "the Makefile was not read");
    let mut found = Vec::new();
    let mut checked = 0;
    for page in all() {
        for words in commands(&page) {
            checked += 1;
            found.extend(
                problem(&words, &targets).map(|problem| format!("{}: {problem}", page.path)),
            );
        }
    }
    assert!(checked > 30, "only {checked} commands were read");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The usage errors of the AWS command line: of its parser, and of an operation's (`aws help return-codes`).
const AWS_USAGE: [i32; 2] = [2, 252];

/// The status of a command with `aws`, which asks a server that nobody runs.
fn aws_status(aws: &std::path::Path, line: &str) -> i32 {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &line.replacen("aws ", "\"$AWS\" ", 1)])
        .env("AWS", aws)
        .env("name", "airflow");
    shell.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").env("AWS_MAX_ATTEMPTS", "1");
    shell.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    run(shell.env("AWS_DEFAULT_REGION", "us-east-1").env("HTTPS_PROXY", "http://127.0.0.1:9"))
        .status
}

/// Without an account: services, operations and options are the ones of the AWS command line.
#[test]
fn the_aws_commands_of_the_pages_are_well_formed() {
    let Some(aws) = rideshare_tests::peers::find("PEER_AWS") else { return };
    for line in [
        "aws rds create-db-snapshot --no-such-option a",
        "aws rds no-such-operation",
        "aws no-such-service a",
    ] {
        assert!(AWS_USAGE.contains(&aws_status(&aws, line)), "{line}");
    }
    let lines = all().iter().flat_map(lines).collect::<Vec<_>>();
    let lines: Vec<&str> =
        lines.iter().map(|line| line.trim()).filter(|line| line.starts_with("aws ")).collect();
    assert!(lines.len() >= 8, "only {} commands were found", lines.len());
    for line in lines {
        // `rds wait` would ask for half an hour.
        let line = line.replace(" rds wait db-snapshot-available ", " rds describe-db-snapshots ");
        assert!(!AWS_USAGE.contains(&aws_status(&aws, &line)), "{line}");
    }
}

#[test]
fn a_wrong_command_is_found() {
    let page = Page {
        path: "a.md".into(),
        text:
            "```sh\nmake demo && make nothing # make x\nA=b fetch-secrets list --fromat json\n```\n"
                .into(),
    };
    let targets = make_targets();
    let found: Vec<String> =
        commands(&page).iter().filter_map(|words| problem(words, &targets)).collect();
    assert_eq!(found, ["make has no target nothing", "fetch-secrets has no option --fromat"]);
}
