//! A value that is easy to find is looked for in every output of every path.

use std::process::Command;

use aws_sdk_secretsmanager::primitives::Blob;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::{Run, run};

use crate::support::{Bench, aws, client, wait};

/// No output may hold this, nor its base64.
const CANARY: &str = "Canary7VeryS3cret";
const CANARY_BASE64: &str = "Q2FuYXJ5N1ZlcnlTM2NyZXQ=";

#[track_caller]
fn quiet(command: &mut Command) -> Run {
    // Every library is asked for all its log lines.
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("AWS_LOG", "trace");
    let result = run(command);
    let said = result.transcript(&[]);
    assert!(!said.contains(CANARY) && !said.contains(CANARY_BASE64), "{command:?}\n{said}");
    result
}

fn catalogue() -> String {
    format!(
        "x-secrets:
  c/json: {{services: [a], keys: {{A: {{dev: {CANARY}}}, B: {{dev: \"{CANARY}\\n{CANARY}\"}}}}}}
  c/text: {{services: [a, b], format: text, variable: C, dev: {CANARY}}}
  c/binary: {{services: [b], format: base64, variable: D, dev: {CANARY_BASE64}}}
"
    )
}

#[test]
fn when_everything_goes_well() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(&catalogue());
    let account = LocalStack::account();
    let live = |arguments: &[&str]| {
        let mut command = bench.tool(arguments);
        quiet(aws(&mut command, &localstack.url(), &account))
    };
    live(&["seed", "--set", &format!("A={CANARY}2")]).expect(0);
    live(&["seed", "--format", "json"]).expect(0);
    live(&["--check"]).expect(1);
    live(&[]).expect(0);
    assert!(bench.read("out/core.env").contains(CANARY), "the canary is really there");
    live(&["--format", "json"]).expect(0);
    live(&["--check", "--format", "json"]).expect(0);
    live(&["list"]).expect(0);
    live(&["list", "--format", "json"]).expect(0);
    live(&["exec", "--", "true"]).expect(0);
    for arguments in [&["--source", "dev"][..], &["--source", "dev", "--check"]] {
        quiet(&mut bench.tool(arguments)).expect(0);
    }
}

#[test]
fn when_secrets_are_not_as_they_should_be() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(&catalogue());
    let account = LocalStack::account();
    let client = client(localstack, &account);
    let values = [
        CANARY.to_owned(),
        format!("[\"{CANARY}\"]"),
        format!("{{\"A\": \"{CANARY}\""),
        format!("{{\"A\": {{\"{CANARY}\": 1}}, \"B\": [\"{CANARY}\"]}}"),
        format!("{{\"A\": \"{CANARY}\\ud800\", \"B\": \"{CANARY}\\u0000\"}}"),
        format!("\"{CANARY}\""),
        format!("{{\"A\": {CANARY}}}"),
    ];
    wait(async {
        client.create_secret().name("c/json").secret_string("{}").send().await.unwrap();
        let bytes = Blob::new(CANARY.as_bytes().to_vec());
        client.create_secret().name("c/text").secret_binary(bytes).send().await.unwrap();
        client.create_secret().name("c/binary").secret_string(CANARY).send().await.unwrap();
    });
    for value in values {
        wait(client.put_secret_value().secret_id("c/json").secret_string(&value).send()).unwrap();
        for arguments in [&[][..], &["--check"], &["print"], &["exec", "--", "true"]] {
            let mut command = bench.tool(arguments);
            quiet(aws(&mut command, &localstack.url(), &account)).expect(1);
        }
    }
}

#[test]
fn when_the_endpoint_fails() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::new(&catalogue());
    let account = LocalStack::account();
    // Answers that repeat what was sent, and values in the shape of something else.
    for (status, body) in [
        (
            400,
            format!(
                "{{\"__type\":\"ValidationException\",\"message\":\"Value '{CANARY}' at 'secretString'\"}}"
            ),
        ),
        (
            200,
            format!("{{\"SecretValues\":[{{\"Name\":\"c/json\",\"SecretString\":\"{CANARY}\"}}],"),
        ),
        (200, format!("{{\"SecretValues\":\"{CANARY}\"}}")),
        (500, format!("<html>{CANARY}</html>")),
        (403, CANARY.to_owned()),
    ] {
        let answer = body.clone();
        let proxy = Proxy::start(localstack.address, move |request| match request.operation() {
            "GetSecretValue" | "BatchGetSecretValue" if status == 400 => Action::Forward,
            _ => Action::Answer(status, answer.clone()),
        });
        for arguments in [&["seed"][..], &["fetch"]] {
            let mut command = bench.tool(arguments);
            let failed = quiet(aws(&mut command, &proxy.url(), &account));
            assert_ne!(failed.status, 0, "{status} {body}");
        }
    }
}

#[test]
fn when_the_input_is_wrong() {
    let cases = [
        catalogue().replace("services: [a]", "services: a"),
        catalogue().replace("dev:", "dve:"),
        catalogue().replace("x-secrets", "x-secretz"),
        catalogue().replace("format: text", "format: txt"),
        catalogue() + "  c/json: {}\n",
        catalogue() + "]\n",
        catalogue() + "---\nsecond: 1\n",
        format!("x-secrets:\n  a: {CANARY}\n"),
        format!("x-secrets: {CANARY}\n"),
        format!("x-secrets:\n  a: {{services: [a], keys: {{K: {CANARY}}}}}\n"),
        format!("x-secrets:\n  a: {{services: [a], keys: [{CANARY}]}}\n"),
        format!("x-secrets:\n  a: {{services: [a], keys: {{K: {{dev: [{CANARY}]}}}}}}\n"),
        format!("x-secrets:\n  a: {{services: [a], keys: {{K: {{dev: |\n    {CANARY}\n"),
        // A piece of a value where a key should be, or a comment.
        format!("x-secrets:\n  a: {{services: [a], keys: {{K: {{dev: x,{CANARY}}}}}}}\n"),
        format!("x-secrets:\n  a: {{services: [a], keys: {{K: x,{CANARY}}}}}\n"),
        format!("x-secrets:\n  a: {{services: [a], keys: {{K: {{dev: {{{CANARY}}}}}}}}}\n"),
        format!(
            "x-secrets:\n  a: {{services: [a], keys: {{K: {{dev: {{{CANARY}, {CANARY}}}}}}}}}\n"
        ),
        format!("x-secrets:\n  a: {{services: [a], keys: {{K: {{dev: 12 #{CANARY}\n}}}}}}\n"),
        format!("x-secrets:\n  a: {{services: [a], keys: {{K: {{<<: {CANARY}, dve: x}}}}}}\n"),
        format!(
            "xsecrets:\n  a: {{services: [a], keys: {{K: {{dev: {CANARY}, dev: {CANARY}2}}}}}}\n"
        ),
        format!(
            "x-secrets:\n  a:\n    services: [a]\n    keys:\n      K:\n        dev:\n          {CANARY}: x\n"
        ),
        format!("{{\"dev\" : \"{CANARY}\", \"y\" \"z\"}}\n"),
    ];
    for text in cases {
        let bench = Bench::new(&text);
        for arguments in [&["list"][..], &["--source", "dev"]] {
            let result = quiet(&mut bench.tool(arguments));
            assert_eq!(result.status, 2, "{text}");
        }
    }
    let bench = Bench::new(&catalogue());
    for arguments in [
        &["seed", "--set", CANARY][..],
        &["seed", "--account", "000000000001", "--set", CANARY],
        &["seed", "--set", "A", CANARY],
        &["seed", &format!("A={CANARY}")],
        &["seed", "--set", &format!("{CANARY}=")],
        &["seed", &format!("--sett=A={CANARY}")],
        &["print", "--source", "dev", "--format", "docker"],
        &["exec", "--source", "dev", "--", "/no/such/program"],
    ] {
        let failed = quiet(&mut bench.tool(arguments));
        assert_ne!(failed.status, 0, "{arguments:?}");
    }
}

#[test]
fn when_credentials_and_endpoints_are_malformed() {
    let bench = Bench::new(&catalogue());
    let endpoints = [
        format!("http://user:{CANARY}@"),
        format!("http://user:{CANARY} x@host"),
        format!("user:{CANARY}@host:4566"),
        format!("https://{CANARY}\n"),
        CANARY.to_owned(),
        format!("http://127.0.0.1:1/?token={CANARY}"),
        format!("http://user:{CANARY}@127.0.0.1:1"),
        format!("http://user:{CANARY}%zz@127.0.0.1:1"),
        format!("http://user:p@{CANARY}@127.0.0.1:1"),
        format!("http://user:{CANARY}/x@127.0.0.1:1"),
        format!("http://user:12/{CANARY}@127.0.0.1:1"),
        format!("http://user:p?{CANARY}@127.0.0.1:1"),
        format!("http://user:p#{CANARY}@127.0.0.1:1"),
        format!("http://user\\{CANARY}@127.0.0.1:1"),
        format!("http://127.0.0.1:{CANARY}"),
    ];
    for endpoint in &endpoints {
        for arguments in [&["print"][..], &["seed"], &["--check"]] {
            let mut command = bench.tool(arguments);
            command.args(["--timeout", "3s"]);
            let failed = quiet(aws(&mut command, endpoint, "000000000001"));
            assert!([2, 3].contains(&failed.status), "{}", failed.transcript(&[]));
        }
    }
    for name in ["HTTP_PROXY", "https_proxy", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_PROFILE"] {
        let mut command = bench.tool(&["print", "--timeout", "2s"]);
        let value = match name {
            // A profile is a name, and a message has to say which one is missing.
            "AWS_PROFILE" => "none".to_owned(),
            _ => format!("user:{CANARY} x@host"),
        };
        let command = aws(&mut command, "http://127.0.0.1:1", "000000000001").env(name, value);
        quiet(command).expect(2);
    }
}

#[test]
fn when_credentials_hold_line_breaks() {
    let bench = Bench::new(&catalogue());
    for end in ["\n", "\r", "\r\n", " x", "\t", "\u{1}", "é"] {
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            for arguments in [&["print"][..], &["seed"], &["exec", "--", "true"]] {
                let mut command = bench.tool(arguments);
                aws(&mut command, "http://127.0.0.1:1", "000000000001");
                // Where the SDK cuts the end off, the request is sent, and nobody answers.
                let failed = quiet(command.env(name, format!("{CANARY}{end}")));
                assert!([2, 3].contains(&failed.status), "{}", failed.transcript(&[]));
            }
        }
    }
}

/// An endpoint of which the host and the path alone may be shown.
const ENDPOINT: &str = "https://Canary71:Canary72@host.example:4566/path?token=Canary74#Canary75";

#[test]
fn no_slip_in_an_endpoint_shows_its_password() {
    for at in 0..ENDPOINT.len() {
        let (before, after) = ENDPOINT.split_at(at);
        let behind = &after[1..];
        let mut slips = vec![format!("{before}{behind}")];
        for sign in ":/@?#[]\\ %.,;\n\t\u{1}é".chars() {
            slips.push(format!("{before}{sign}{after}"));
            slips.push(format!("{before}{sign}{behind}"));
        }
        for url in slips {
            let shown = match common::aws::check(&"AWS_ENDPOINT_URL", &url) {
                Ok(()) => common::aws::without_user(&url),
                Err(report) => report.render(),
            };
            assert!(!shown.contains("Canary7"), "{url}\n{shown}");
        }
    }
}
