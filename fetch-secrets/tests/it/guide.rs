//! The guide's commands do as it says: each `sh` block of docs/fetch-secrets.md is run against LocalStack. Its
//! example of a catalogue can be fetched.

use std::path::Path;
use std::process::Command;

use aws_sdk_secretsmanager::types::Tag;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::{run, until};

use crate::support::{Bench, Running, client, tool, wait};

/// The account of the guide's access key.
const ACCOUNT: &str = "000000000000";

/// The blocks of the page in a language.
fn blocks_in(language: &str) -> Vec<String> {
    let page = rideshare_tests::root().join("docs/fetch-secrets.md");
    let page = std::fs::read_to_string(page).unwrap();
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.to_owned()).collect()
}

fn blocks() -> Vec<String> {
    blocks_in("sh")
}

/// `sh` in the folder, with the tool in its path and the guide's credentials.
fn shell(folder: &Path, localstack: &LocalStack, script: &str) -> Command {
    let tool = Path::new(env!("CARGO_BIN_EXE_fetch-secrets")).parent().unwrap();
    let path = format!("{}:{}", tool.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).current_dir(folder).env_clear().env("PATH", path);
    shell.env("HOME", folder).env("AWS_ENDPOINT_URL", localstack.url());
    shell.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    shell.env("PLATFORM_SPEC", rideshare_tests::root().join("infrastructure/platform"));
    shell
}

#[test]
fn every_block_runs() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new("x-secrets: {}\n");
    let client = client(localstack, ACCOUNT);
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let create = client.create_secret().name("shop/prod/api-token").secret_string("t");
    wait(create.tags(tag("env", "prod")).tags(tag("team", "web")).send()).unwrap();
    bench.write("server", "#!/bin/sh\necho \"token $API_TOKEN\"\n");
    run(Command::new("chmod").args(["+x", "server"]).current_dir(bench.path())).expect(0);

    let (elsewhere, here): (Vec<String>, Vec<String>) = blocks()
        .into_iter()
        // An image needs an engine (`secrets_init_image`), and a watch does not end by itself.
        .partition(|block| block.contains("docker run") || block.contains("--watch"));
    assert_eq!(elsewhere.len(), 2, "{elsewhere:?}");
    let script = here.concat().replace("http://localhost:4566", &localstack.url());
    let script = script.replace("/secrets/core.env", "./secrets/core.env");
    let all = format!("{script}echo \"shell $REDIS_PASSWORD\"\n");
    let ran = run(&mut shell(bench.path(), localstack, &all)).expect(0);
    for said in ["secrets/core.env", "token t\n", "{\n  \"API_TOKEN\": \"t\"\n}", "shell admin\n"] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
}

#[test]
fn the_example_of_a_catalogue_is_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let page = blocks_in("yaml");
    let catalogue = page.iter().find(|block| block.starts_with("services:")).unwrap();
    std::fs::create_dir(folder.path().join("platform")).unwrap();
    std::fs::write(folder.path().join("platform/secrets.yaml"), catalogue).unwrap();
    let mut fetch = tool();
    fetch.args(["--source", "dev", "--spec", "platform", "--output-dir", "out"]);
    run(fetch.current_dir(folder.path())).expect(0);
    let file = std::fs::read_to_string(folder.path().join("out/core.env")).unwrap();
    assert!(file.contains("REDIS_PASSWORD=") && file.contains("secret"), "{file}");
}

#[test]
fn the_watch_signals_its_consumer() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench =
        Bench::new("x-secrets:\n  guide/watch: {services: [a], keys: {WATCHED: {dev: a}}}\n");
    let block = blocks().into_iter().find(|block| block.contains("--watch")).unwrap();
    let block = block.replace("5m", "200ms").replace("/run/app.pid", "app.pid");
    let block = format!("fetch-secrets seed; export SECRETS_OUTPUT_DIR=out\nexec {block}");
    let script = "trap 'echo again > heard' HUP; echo $$ > app.pid; while :; do sleep 0.05; done";
    let mut consumer = Command::new("sh");
    let _consumer =
        Running(consumer.args(["-c", script]).current_dir(bench.path()).spawn().unwrap());
    until("the consumer", || bench.path().join("app.pid").exists());
    let mut watch = shell(bench.path(), localstack, &block);
    let _watch = Running(watch.env("PLATFORM_SPEC", "spec").spawn().unwrap());
    until("the first files", || bench.out().join("core.env").exists());
    let put = client(localstack, ACCOUNT).put_secret_value().secret_id("guide/watch");
    wait(put.secret_string("{\"WATCHED\":\"b\"}").send()).unwrap();
    until("the signal", || bench.path().join("heard").exists());
}
