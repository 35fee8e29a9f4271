//! README's examples are real: every `console` block is run, and prints what stands there.

use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, root};

#[test]
fn every_console_block_prints_what_readme_shows() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks: Vec<&str> = readme
        .split("```console\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a closed block").0)
        .collect();
    assert!(!blocks.is_empty(), "README has no console block");
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
        assert_eq!(shown, block, "README shows something else");
    }
}
