//! Each way to no credentials, and to no value, has a message that names its cause.

use insta::assert_snapshot;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::run;

use crate::support::{Bench, aws};

const CONFIG: &str = "\
[profile procslow]
credential_process = sleep 60
[profile procfail]
credential_process = sh -c 'echo \"session expired\" >&2; exit 3'
[profile procjson]
credential_process = echo hunter2
[profile sso]
sso_session = corp
sso_account_id = 000000000000
sso_role_name = dev
[sso-session corp]
sso_start_url = https://corp.example/start
sso_region = us-east-1
[profile sso-lost]
sso_session = none
sso_account_id = 000000000000
sso_role_name = dev
[profile login]
login_session = arn:aws:iam::000000000000:user/me
[profile role]
role_arn = arn:aws:iam::000000000001:role/x
source_profile = base
[profile mfa]
role_arn = arn:aws:iam::000000000001:role/x
mfa_serial = arn:aws:iam::000000000001:mfa/me
source_profile = base
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
[profile empty]
region = us-east-1
";

/// The messages of a run whose environment has `variables`, and whose token service refuses.
fn said(variables: &[(&str, &str)]) -> String {
    let bench = Bench::with_values([("A", "dev")]);
    bench.write("config", CONFIG);
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: u is not \
                  authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
    let tokens =
        Proxy::start(([127, 0, 0, 1], 1).into(), move |_| Action::Answer(403, denied.into()));
    let mut command = bench.tool(&["print", "--timeout", "4s"]);
    command.env("AWS_CONFIG_FILE", bench.path().join("config")).env("HOME", bench.path());
    command.env("AWS_ENDPOINT_URL", tokens.url());
    command.envs(variables.iter().copied());
    let folder = bench.path().display().to_string();
    let failed = run(&mut command).expect(2);
    failed.stderr.replace(&tokens.url(), "ENDPOINT").replace(&folder, "HOME")
}

#[test]
fn every_source_of_credentials_is_named_when_it_fails() {
    let mut all = String::new();
    for profile in [
        "procslow", "procfail", "procjson", "sso", "sso-lost", "login", "role", "mfa", "empty",
        "bas", "none",
    ] {
        all.push_str(&format!("## {profile}\n{}", said(&[("AWS_PROFILE", profile)])));
    }
    for (name, variables) in [
        (
            "no token file",
            &[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"),
                ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
            ][..],
        ),
        (
            "token refused",
            &[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", "/etc/hostname"),
                ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
            ],
        ),
        ("container", &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/creds")]),
        ("line break", &[("AWS_ACCESS_KEY_ID", "a\rb"), ("AWS_SECRET_ACCESS_KEY", "s")]),
        ("attempts", &[("AWS_MAX_ATTEMPTS", "many")]),
        ("mode", &[("AWS_RETRY_MODE", "fast")]),
        ("bundle", &[("AWS_CA_BUNDLE", "/nonexistent/ca.pem")]),
        ("no bundle", &[("AWS_CA_BUNDLE", "/etc/hostname")]),
        ("ignore", &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "maybe")]),
    ] {
        all.push_str(&format!("## {name}\n{}", said(variables)));
    }
    assert!(!all.contains("hunter2"), "{all}");
    assert_snapshot!(all);
}

/// The messages of a run when Secrets Manager answers each secret with an error of its own.
#[test]
fn every_reason_for_no_value_has_its_remedy() {
    let errors = [
        (
            "a/denied",
            "AccessDeniedException",
            "User: u is not authorized to perform: secretsmanager:GetSecretValue",
        ),
        ("a/key", "AccessDeniedException", "Access to KMS is not allowed"),
        (
            "a/undecryptable",
            "DecryptionFailure",
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
        ),
        (
            "a/deleted",
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        ),
        (
            "a/missing",
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret.",
        ),
        (
            "a/no-value",
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        ),
    ];
    let mut catalogue = String::from("x-secrets:\n");
    let mut listed = Vec::new();
    for (at, (name, code, message)) in errors.into_iter().enumerate() {
        catalogue.push_str(&format!("  {name}: {{services: [a], keys: {{K{at}: {{dev: x}}}}}}\n"));
        listed.push(format!(
            "{{\"SecretId\":\"{name}\",\"ErrorCode\":\"{code}\",\"Message\":\"{message}\"}}"
        ));
    }
    let values = [
        ("b/case", "json", "{\\\"user\\\":\\\"x\\\"}"),
        ("b/no-json", "json", "plain"),
        ("b/text", "text", "{\\\"A\\\":\\\"x\\\"}"),
        ("b/binary", "base64", "plain"),
    ];
    let mut found = Vec::new();
    for (at, (name, format, value)) in values.into_iter().enumerate() {
        let entry = match format {
            "json" => format!("keys: {{USER: {{variable: V{at}, dev: x}}}}"),
            _ => format!("format: {format}, variable: V{at}, dev: AAAA"),
        };
        catalogue.push_str(&format!("  {name}: {{services: [a], {entry}}}\n"));
        found.push(format!("{{\"Name\":\"{name}\",\"SecretString\":\"{value}\"}}"));
    }
    let bench = Bench::new(&catalogue);
    let answer =
        format!("{{\"SecretValues\":[{}],\"Errors\":[{}]}}", found.join(","), listed.join(","));
    let service = Proxy::start(([127, 0, 0, 1], 1).into(), move |request| {
        match request.operation() {
            "BatchGetSecretValue" => Action::Answer(200, answer.clone()),
            _ => Action::Answer(200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000042</Account>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>".into()),
        }
    });
    let mut command = bench.tool(&[]);
    let failed = run(aws(&mut command, &service.url(), "000000000042")).expect(1);
    assert_snapshot!(failed.transcript(&[(&service.url(), "ENDPOINT")]));
}

#[test]
fn a_throttled_request_is_sent_again_until_the_deadline() {
    let bench = Bench::with_values([("A", "dev")]);
    let throttled = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    let value = r#"{"SecretValues":[{"Name":"test/all","SecretString":"{\"A\":\"x\"}"}]}"#;
    let service = Proxy::start(([127, 0, 0, 1], 1).into(), move |request| match request.earlier {
        0..6 => Action::Answer(400, throttled.into()),
        _ => Action::Answer(200, value.into()),
    });
    let mut command = bench.tool(&["print", "--profile", "core"]);
    run(aws(&mut command, &service.url(), "000000000001")).expect(0);

    let busy =
        Proxy::start(([127, 0, 0, 1], 1).into(), move |_| Action::Answer(400, throttled.into()));
    let mut command = bench.tool(&["print", "--timeout", "5s"]);
    let failed = run(aws(&mut command, &busy.url(), "000000000001")).expect(3);
    assert!(failed.stderr.contains("error[throttled]"), "{}", failed.stderr);
    assert!(busy.requests().len() > 4, "{}", busy.requests().len());
}

#[test]
fn an_endless_answer_is_cut_off() {
    let bench = Bench::with_values([("A", "dev")]);
    let long = "a".repeat(20 << 20);
    let service = Proxy::start(([127, 0, 0, 1], 1).into(), move |_| {
        Action::Answer(200, format!("{{\"SecretValues\":[\"{long}\"]}}"))
    });
    let mut command = bench.tool(&["print"]);
    let failed = run(aws(&mut command, &service.url(), "000000000001")).expect(3);
    assert!(failed.stderr.contains("longer than any of Secrets Manager"), "{}", failed.stderr);
}
