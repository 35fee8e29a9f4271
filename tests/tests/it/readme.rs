//! The pages' examples are real: every `console` block is run, and prints the lines that stand there.

use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

/// Runs the blocks of `page` in the project's folder.
#[track_caller]
fn console_blocks_are_real(page: &str) {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let blocks: Vec<&str> = text
        .split("```console\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a closed block").0)
        .collect();
    assert!(!blocks.is_empty(), "{page} has no console block");
    // The folder of the tools is the one above this test's own.
    let exe = std::env::current_exe().unwrap();
    let tools = exe.parent().unwrap().parent().unwrap().display().to_string();
    let Some(kubectl) = peers::find("PEER_KUBECTL") else { return };
    let kubectl = kubectl.parent().unwrap().display().to_string();
    let path = format!("{tools}:{kubectl}:{}", std::env::var("PATH").unwrap());
    for block in blocks {
        let mut shown = String::new();
        for line in block.lines() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let ran = run(Command::new("sh")
                .args(["-c", &format!("{command} 2>&1")])
                .current_dir(root())
                .env("PATH", &path)
                .env("NO_COLOR", "1")
                .env_remove("AWS_ENDPOINT_URL"));
            shown.push_str(&format!("$ {command}\n{}", ran.stdout));
        }
        assert_eq!(shown, block, "{page} shows something else");
    }
}

#[test]
fn compose_gen() {
    console_blocks_are_real("docs/compose-gen.md");
}

#[test]
fn fetch_secrets() {
    console_blocks_are_real("docs/fetch-secrets.md");
}

#[test]
fn kind_cluster() {
    console_blocks_are_real("docs/kind-cluster.md");
}

#[test]
fn kustomize_lint() {
    console_blocks_are_real("docs/kustomize-lint.md");
}

/// A page with an example that nobody runs would go stale.
#[test]
fn every_page_with_a_console_block_is_here() {
    let with = crate::pages::all()
        .into_iter()
        .filter(|page| page.text.contains("```console\n"))
        .map(|page| page.path)
        .collect::<Vec<_>>();
    let here = ["compose-gen", "fetch-secrets", "kind-cluster", "kustomize-lint"];
    assert_eq!(with, here.map(|tool| format!("docs/{tool}.md")));
}
